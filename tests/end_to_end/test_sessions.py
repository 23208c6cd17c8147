"""Sessions that end: announced, asked for in place, gone on with; and ended from another terminal."""

from __future__ import annotations

import re

import pytest

from tests.company import PASSWORD, Office
from tests.end_to_end.conftest import Pipe, Sit
from tests.end_to_end.terminal import ENTER, ESCAPE

EXPIRED = "UPDATE crm.session SET expires_at = clock_timestamp() WHERE employee_id = 2"
ASKED = "Your session is over. Your password, Bill Boquet:"


def test_it_expires_in_the_middle_of_a_form(office: Office, sit: Sit) -> None:
    """At a question that looks something up, and again at saving: the password alone, and nothing typed twice."""
    seat = sit("Bill Boquet")
    seat.say("client new")
    for answer in ("Late Client", "late@client.example", "", "", ""):
        seat.say(answer)
    seat.wait_for("Save")
    office.as_owner(EXPIRED)
    seat.press(ENTER)
    seat.answer(ASKED, PASSWORD)
    seat.wait_for("Saved: client")
    assert office.as_owner("SELECT full_name, commercial_contact_id FROM crm.client WHERE id > 2000") == [
        ("Late Client", 2)
    ]
    assert "Email:" not in seat.lines[-1] and PASSWORD not in seat.everything


def test_it_expires_at_the_menu_and_the_command_goes_on(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("clients mine")
    seat.wait_for("Clients · mine ›")
    office.as_owner(EXPIRED)
    seat.say("contracts mine")
    seat.answer(ASKED, "wrong password")
    seat.wait_for("do not go together")
    seat.answer(ASKED, PASSWORD)
    seat.wait_for("Contracts · mine ›", "412")
    assert seat.everything.count("Hello") == 1


def test_somebody_else_takes_over(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("clients mine")
    seat.wait_for("Clients · mine ›")
    office.as_owner(EXPIRED)
    seat.say("contracts mine")
    seat.wait_for(ASKED)
    seat.press(ESCAPE)
    seat.wait_for("Email:")
    seat.say("kate@epic.example")
    seat.answer("Password:", PASSWORD)
    seat.wait_for("Hello Kate Hastroff (Support)", "epic events ›")


def test_the_administration_ends_it_from_another_terminal(office: Office, sit: Sit) -> None:
    bill, ada = sit("Bill Boquet"), sit("Ada Racine")
    ada.say("employee sessions bill")
    ada.wait_for("Sessions of Bill Boquet ›")
    ada.say("1")
    ada.wait_for("End the session of Bill Boquet", "End it")
    ada.press(ENTER)
    ada.wait_for("The session is over.", "Nobody is signed in here.")
    bill.say("clients")
    bill.wait_for(ASKED)


def test_a_new_password_ends_the_session_of_another_terminal(office: Office, sit: Sit) -> None:
    here, there = sit("Bill Boquet"), sit("Bill Boquet")
    new = "seven brass lanterns"
    here.say("password")
    here.answer("Your present password", PASSWORD)
    here.answer("New password", "Bill.Boquet.2026")
    here.wait_for("too easy to guess, because anybody would try “")
    for label in ("New password", "The new password again"):
        here.answer(label, new)
    here.wait_for("Your password is changed; your other sessions are over.")
    there.say("clients")
    there.answer(ASKED, PASSWORD)
    there.wait_for("do not go together")
    there.answer(ASKED, new)
    there.wait_for("Clients ›", "Kevin Casey")
    here.say("contracts")
    here.wait_for("Contracts ›")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("columns", [80, 100])
def test_the_last_minutes_are_announced(sit: Sit, language: str, columns: int) -> None:
    seat = sit("Gina Comptoir", columns, 24, left="7 minutes", EPICEVENTS_LANG=language)
    seat.settle()
    announced = {
        "en": r"Your session ends in [67] min: then sign in again to go on$",
        "fr": r"Fin de session dans [67] min : reconnectez-vous ensuite$",
    }
    toolbar = re.sub("[\xa0\u202f]", " ", [line for line in seat.lines if line.strip()][-1]).rstrip()
    assert re.search(announced[language], toolbar), toolbar
    assert len(toolbar) <= columns
    row = max(number for number, line in enumerate(seat.lines) if line.strip())
    cell = seat.screen.buffer[row][1]
    assert (cell.bg, cell.bold) == ("5f0000", True)


def test_what_is_typed_survives_a_refresh_of_the_last_line(sit: Sit) -> None:
    """It is drawn anew every so often, so that the minutes count down while nobody does anything."""
    seat = sit("Bill Boquet", left="90 seconds")
    seat.wait_for("Your session ends in 2 min")
    seat.child.send("client kev")
    seat.wait_until(lambda: "Your session ends in 1 min" in seat.lines[-1], "a minute later", patience=75)
    assert "client kev" in "\n".join(seat.lines)
    seat.press(ENTER)
    seat.wait_for("client 1 ›", "Kevin Casey")


def test_line_by_line_an_empty_password_goes_back(office: Office, pipe: Pipe) -> None:
    ended = pipe(
        None, "bill@epic.example", PASSWORD, "sessions", "end all", "1", "dawn@epic.example", PASSWORD, "sessions"
    )
    assert "My sessions" in ended.output and "You are signed out." in ended.output
    assert "Hello Dawn Lefèvre" in ended.output and ended.errors == ""
