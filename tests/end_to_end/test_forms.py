"""Forms under somebody's fingers: what is said meanwhile, few keys, and nothing lost whatever comes in between."""

from __future__ import annotations

import re
import time

import pytest

from tests.company import PASSWORD, Office
from tests.end_to_end.conftest import Sit
from tests.end_to_end.terminal import BACKSPACE, CTRL_C, CTRL_S, CTRL_U, END, ENTER, ESCAPE, LEFT, UP, Terminal

HINT = "Enter: next · Esc: back · Ctrl-S: done · Ctrl-C: abandon"
OVER = "UPDATE crm.session SET {}"


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def last(seat: Terminal, beginning: str) -> str:
    """The last line of the screen that begins so."""
    return [line.strip() for line in seat.lines if line.strip().startswith(beginning)][-1]


def clients(office: Office) -> list[tuple[object, ...]]:
    return office.as_owner("SELECT full_name, email FROM crm.client WHERE id > 2000")


def half_a_client(seat: Terminal) -> None:
    """A new client up to the summary."""
    seat.say("client new")
    seat.say("Late Client")
    seat.wait_for("Email:")
    seat.press("late@client.example", CTRL_S)
    seat.wait_for("New client", "Save")


def test_an_event_takes_five_keys_beyond_its_contents(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    keys = [
        ("", "event new 700", ENTER),  # on its card it is one key
        ("Title:", "Launch", ENTER),
        ("Start:", "4 Jun 2027 @ 1PM", ENTER),
        ("End:", "5 Jun 2027 @ 2AM", CTRL_S),
        ("Save", "", ENTER),
    ]
    for question, contents, key in keys:
        seat.wait_for(question)
        seat.press(*filter(None, (contents,)), key)
    seat.wait_for("Saved: event 2001.")
    assert len(keys) <= 5
    assert office.as_owner(
        "SELECT title, (end_date AT TIME ZONE 'Europe/Paris')::text, location, notes FROM crm.event WHERE id > 2000"
    ) == [("Launch", "2027-06-05 02:00:00", "", "")]


def test_what_is_typed_is_understood_quietly_and_refused_only_when_it_is_an_answer(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("event new 700")
    assert "For example: Cool Startup LLC General Assembly" in seat.text and HINT in seat.text
    seat.say("Launch")
    seat.press("4 june 202")
    seat.wait_for("Please write a day and a time")
    assert "!" not in last(seat, "Please write")
    seat.press("7")
    seat.wait_for("Please add the time, for example 04/06/2027 14:30.")
    seat.press(ENTER)
    seat.wait_for("! Please add the time")
    seat.press(" 1pm")
    seat.wait_for("Friday 4 June 2027, 13:00")
    assert "!" not in seat.text[seat.text.rindex("Start:") :]
    seat.press(ENTER)
    seat.wait_for("End: 04/06/2027 17:00", "Friday 4 June 2027, 17:00")
    seat.press("3 june 2027 noon")
    seat.wait_for("The end must come after the start.")
    assert last(seat, "End:") == "End: 3 june 2027 noon"  # it took the place of what was offered
    seat.press(ENTER)
    seat.wait_for("! The end must come after the start.")
    seat.press(CTRL_U, "5 june 2027 2am", ENTER)
    seat.wait_for("Location:", "this may stay empty")
    assert HINT not in seat.text[: seat.text.rindex("Location:")]  # an answered question is one line


def test_a_guess_can_be_edited_too(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("event new 700")
    seat.say("Launch")
    seat.wait_for("Start:")
    seat.say("4 june 2027 1pm")
    seat.wait_for("End: 04/06/2027 17:00")
    seat.press(LEFT, LEFT, LEFT, BACKSPACE, "9", CTRL_S)
    seat.wait_for("End: 4 Jun 2027 19:00")


def test_done_leads_to_what_is_still_missing(office: Office, sit: Sit) -> None:
    seat = sit("Gina Comptoir")
    seat.say("employee new")
    seat.wait_for("Full name:")
    seat.press(CTRL_S)
    seat.wait_for("! This cannot stay empty")
    seat.press("Zoë Née", CTRL_S)
    seat.wait_for("Email:")
    seat.press("zoe@epic.example", ENTER)
    seat.wait_for("Department:", "Support")
    seat.press("2", CTRL_S)
    seat.wait_for("New employee", "Department: Support")
    seat.press(ENTER)
    seat.wait_for("Saved: employee 2001.")


def test_what_was_typed_is_there_when_the_form_is_opened_again(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("client new")
    seat.say("Zoë Née")
    seat.press("zoe@half", CTRL_C)
    seat.wait_for("Nothing was saved. Open the form again to go on with what you typed.")
    seat.say("client new")
    seat.wait_for("Go on with what you typed before?")
    seat.press(ENTER)
    seat.wait_for("Email: zoe@half")
    seat.press(".example", CTRL_S)
    seat.wait_for("New client", "Full name: Zoë Née")
    seat.press(ENTER)
    seat.wait_for("Saved: client 2001.")
    assert clients(office) == [("Zoë Née", "zoe@half.example")]


def test_leaving_an_untouched_form_asks_and_says_nothing(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    for command in ("client new", "client update 1", "event new 700"):
        seat.say(command)
        seat.press(ESCAPE)
        assert "Nothing was saved" not in seat.text
    seat.say("client new")
    seat.wait_for("Full name:")
    assert "Go on with" not in seat.text


@pytest.mark.parametrize("end", ["revoked_at = now()", "expires_at = now() - interval '1 second'"])
def test_the_session_ends_in_the_middle(office: Office, sit: Sit, end: str) -> None:
    seat = sit("Bill Boquet")
    half_a_client(seat)
    office.as_owner(OVER.format(end))
    seat.press(ENTER)
    seat.answer("Your session is over. Your password, Bill Boquet:", "wrong")
    seat.wait_for("do not go together")
    seat.answer("Your session is over. Your password, Bill Boquet:", PASSWORD)
    seat.wait_for("Saved: client")
    assert clients(office) == [("Late Client", "late@client.example")]
    assert "\n Email:" not in seat.text[seat.text.index("Your session is over") :]
    assert PASSWORD not in seat.everything


@pytest.mark.parametrize("key", [ESCAPE, CTRL_C], ids=["Esc", "Ctrl-C"])
def test_who_signs_in_later_goes_on_and_nobody_else(office: Office, sit: Sit, key: str) -> None:
    seat = sit("Bill Boquet")
    half_a_client(seat)
    office.as_owner(OVER.format("revoked_at = now()"))
    seat.press(ENTER)
    seat.wait_for("Your password, Bill Boquet:")
    seat.press(key)
    seat.wait_for("Nothing was saved")
    for name, offered, before in (("dawn", False, "Bill Boquet"), ("bill", True, "Dawn Lefèvre")):
        seat.wait_until(lambda before=before: f"Your password, {before}:" in seat.lines[seat.row], "the password alone")
        seat.press(ESCAPE)
        seat.answer("Email:", f"{name}@epic.example")
        seat.answer("Password:", PASSWORD)
        seat.wait_for(f"Hello {name.title()}")
        seat.say("client new")
        seat.wait_for("Start afresh" if offered else HINT)
        assert ("Go on with what you typed before?" in seat.text) is offered
        if not offered:
            seat.press(ESCAPE)
            office.as_owner(OVER.format("revoked_at = now()"))
            seat.say("clients")
    seat.press(ENTER)
    seat.wait_for("New client", "Email: late@client.example")
    seat.press(ENTER)
    seat.wait_for("Saved: client")


def test_a_connection_that_is_lost_loses_nothing(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    half_a_client(seat)
    office.as_owner("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'epic_app'")
    seat.press(ENTER)
    seat.wait_for("The connection was lost while saving", "Full name: Late Client")
    seat.press(ENTER)
    seat.wait_for("Saved: client")
    assert clients(office) == [("Late Client", "late@client.example")]


def test_the_differences_are_read_at_a_glance(office: Office, sit: Sit) -> None:
    seat = sit("Kate Hastroff", columns=80, rows=24)
    seat.say("event update 109")
    seat.wait_for("Save", "Notes:")
    seat.press("7", ENTER)
    seat.wait_for("reception starts at 5PM.")
    seat.press(" " + "And so on. " * 20, CTRL_S)
    seat.press("2", ENTER)
    seat.wait_for(HINT)
    seat.press(CTRL_U, "Ouick Wedding", ENTER)
    seat.wait_for("Title: John Ouick Wedding → Ouick Wedding")
    assert last(seat, "7) Notes") == "7) Notes: … at 5PM. → … at 5PM. And so on. And so…"
    dim = "".join(re.findall(r"\x1b\[[\d;]*38;5;244m([^\x1b]*)", seat.everything))
    assert "6) Attendees: 75" in dim and "2) Title: John Ouick Wedding →" not in dim


class TestNotes:
    def test_pasted_edited_and_kept_as_they_are(self, office: Office, sit: Sit) -> None:
        office.as_owner("UPDATE crm.event SET notes = '' WHERE id = 109")
        seat = sit("Kate Hastroff", columns=80, rows=24)
        seat.say("event update 109")
        seat.wait_for("Save")
        seat.press("7", ENTER)
        seat.wait_for("Enter: new line · Ctrl-S: done · Esc: back · Ctrl-C: abandon")
        seat.press(pasted("First line 👩‍👧\r\nSecond linr\r\n" + "long " * 60), UP, END, BACKSPACE, "e", CTRL_S)
        seat.wait_for("Save", "Notes: – → First line")
        seat.press(ENTER)
        seat.wait_for("Saved: event 109.")
        ((notes,),) = office.as_owner("SELECT notes FROM crm.event WHERE id = 109")
        assert notes == "First line 👩‍👧\nSecond line\n" + ("long " * 60).strip()

    def test_ten_thousand_characters_and_a_few_more(self, office: Office, sit: Sit) -> None:
        office.as_owner("UPDATE crm.event SET notes = '' WHERE id = 109")
        seat = sit("Kate Hastroff", columns=80, rows=24)
        seat.say("event update 109")
        seat.wait_for("Save")
        seat.press("7", ENTER)
        seat.wait_for("Ctrl-S: done")
        seat.press(pasted(("word " * 19 + "end.\n") * 100 + "x" * 10))
        seat.wait_for("This is too long: please write at most 10000 characters.", "Ctrl-S: done")
        began = time.monotonic()
        seat.press(BACKSPACE * 10)
        assert time.monotonic() - began < 5  # hundreds of lines are drawn for each key, and it still does not drag
        seat.press(CTRL_S)
        seat.wait_for("Save", "Notes:")
        seat.press(ENTER)
        seat.wait_for("Saved: event 109.")
        ((length,),) = office.as_owner("SELECT length(notes) FROM crm.event WHERE id = 109")
        assert length == 9_999

    def test_alt_with_a_letter_is_no_step_back(self, office: Office, sit: Sit) -> None:
        seat = sit("Bill Boquet")
        seat.say("client new")
        seat.wait_for("Full name:")
        seat.press("Zoe Nee", "\x1bb", "X", ENTER)
        seat.wait_for("Full name: Zoe XNee", "Email:")
        seat.press("zoe@nee.example", "\x1b\r")
        seat.wait_for("Phone:")


class TestBadInput:
    def test_what_is_pasted_into_one_line(self, office: Office, sit: Sit) -> None:
        seat = sit("Bill Boquet")
        seat.say("client new")
        seat.wait_for("Full name:")
        seat.press(pasted("\nZoë Née\r\n"), ENTER)
        seat.wait_for("Full name: Zoë Née", "Email:")
        seat.press(pasted("zoe@nee.example\nand more"))
        seat.wait_for("Please write this on a single line.")
        seat.press(ENTER)
        seat.wait_for("! Please write this on a single line.")
        seat.press(CTRL_U, BACKSPACE, CTRL_U, "zoe@nee.example", ENTER)
        seat.wait_for("Phone:")
        seat.press(pasted("+33\x1b[31m6"), ENTER)
        seat.wait_for("! Please write a telephone number")
        seat.press(CTRL_U, ENTER)
        seat.wait_for("Company:")
        seat.press(pasted("x" * 10_000), ENTER)
        seat.wait_for("! This is too long: please write at most 100 characters.")
        seat.press(CTRL_U, "🎉 O'Brien; DROP TABLE crm.client", CTRL_S)
        seat.wait_for("New client")
        seat.press(ENTER)
        seat.wait_for("Saved: client 2001.")
        assert office.as_owner("SELECT company_name FROM crm.client WHERE id > 2000") == [
            ("🎉 O'Brien; DROP TABLE crm.client",)
        ]

    @pytest.mark.parametrize("more", [{}, {"NO_COLOR": "1"}], ids=["colours", "NO_COLOR"])
    def test_a_narrow_window(self, office: Office, sit: Sit, more: dict[str, str]) -> None:
        seat = sit("Bill Boquet", columns=40, rows=12, **more)
        seat.say("event new 700")
        seat.wait_for("Title:", "Ctrl-C: abandon")
        seat.say("A title that is longer than the window is wide")
        seat.wait_for("Start:", "tomorrow 14:00.")
        seat.press("31/02/2027 12:00", ENTER)
        seat.wait_for("! The calendar has no such day:", "Ctrl-C: abandon")
        seat.press(CTRL_U, "4/6/2027 13:00", CTRL_S)
        seat.wait_for("Save", "Abandon", "End: 4 Jun 2027 17:00")
        seat.press(ENTER)
        seat.wait_for("Saved: event 2001.")
        assert "NO_COLOR" not in more or not re.search(r"\x1b\[[\d;]*(?:3[1-8]|4[1-8])[;m]", seat.everything)


def test_in_french(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet", columns=80, rows=24, EPICEVENTS_LANG="fr")
    seat.say("event new 700")
    seat.wait_for("Par exemple : Assemblée générale – Cool Startup LLC", "Entrée : suite · Échap : retour")
    seat.say("Fête")
    seat.press("4 juin 2027 à 13h")
    seat.wait_for("vendredi 4 juin 2027, 13:00")
    seat.press(ENTER, "3 juin 2027 13h", ENTER)
    seat.wait_for("! La fin doit venir après le début.")
    seat.press(CTRL_C)
    seat.wait_for("Rien n’a été enregistré. Rouvrez le formulaire pour reprendre")
    seat.say("event new 700")
    seat.wait_for("Reprendre ce que vous aviez saisi")
    seat.press(ENTER)
    seat.wait_for("Fin : 3 juin 2027 13h")
    seat.press(CTRL_U, "5 juin 2027 2h", CTRL_S)
    seat.wait_for("Fin : 5 juin 2027 02:00")
    office.as_owner(OVER.format("revoked_at = now()"))
    seat.press(ENTER)
    seat.answer("Votre session est terminée. Votre mot de passe, Bill Boquet :", PASSWORD)
    seat.wait_for("Événement 2002 enregistré.")  # the number was used up when the session turned out to be over
