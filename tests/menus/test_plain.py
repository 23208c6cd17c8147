"""Line by line: answers in the order of the questions, refusals to standard error."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from menus.plain import PlainTerminal, pick
from menus.terminal import Back, Leave, Option
from tests.company import Office
from tests.menus.test_shell import after, speaking

CHOICES = (
    Option("save", "Save"),
    Option("email", "Email: kevin@startup.io"),
    Option("end", "End: 4 Jun"),
    Option("abandon", "Abandon"),
)


class Lines:
    """A plain terminal with these lines on their way in."""

    def __init__(self, *lines: str) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.terminal = PlainTerminal(io.StringIO("".join(f"{line}\n" for line in lines)), self.out, self.err)

    @property
    def left(self) -> str:
        return self.terminal.stdin.read()


def fine(typed: str) -> str | None:
    return None


def required(typed: str) -> str | None:
    return None if typed else "This cannot stay empty."


class TestText:
    def test_an_answer_is_a_line(self) -> None:
        lines = Lines("Kevin Casey", "next question")
        assert lines.terminal.text("Full name", "", fine, "") == "Kevin Casey"
        assert lines.left == "next question\n"
        assert lines.out.getvalue() == "Full name: \n"

    def test_an_empty_line_keeps_what_is_offered(self) -> None:
        lines = Lines("")
        assert lines.terminal.text("Email", "kevin@startup.io", fine, "") == "kevin@startup.io"
        assert "Email [kevin@startup.io]: " in lines.out.getvalue()

    def test_a_dash_empties_it(self) -> None:
        assert Lines("-").terminal.text("Phone", "+678 123", fine, "") == ""

    def test_an_example_is_shown_where_nothing_is_offered(self) -> None:
        lines = Lines("x", "x")
        lines.terminal.text("Phone", "", fine, "+678 123")
        lines.terminal.text("Phone", "+33 1", fine, "+678 123")
        assert lines.out.getvalue() == "Phone (for example +678 123): \nPhone [+33 1]: \n"

    def test_a_refused_answer_is_asked_for_again(self) -> None:
        lines = Lines("", "-", "Kevin")
        assert lines.terminal.text("Full name", "", required, "") == "Kevin"
        assert lines.err.getvalue() == "This cannot stay empty.\n" * 2
        assert lines.terminal.refusals == 2

    def test_back_and_the_end(self) -> None:
        with pytest.raises(Back):
            Lines("<").terminal.text("Email", "", fine, "")
        with pytest.raises(Leave):
            Lines().terminal.text("Email", "", fine, "")

    def test_bytes_that_are_no_text_are_an_answer_like_another(self) -> None:
        stdin = io.TextIOWrapper(io.BytesIO(b"caf\xe9 \xff\nfine\n"), encoding="utf-8")
        terminal = PlainTerminal(stdin, io.StringIO(), io.StringIO())
        assert terminal.text("Name", "", lambda typed: None if typed.isprintable() else "no", "") != ""


class TestLines:
    def test_until_a_single_dot(self) -> None:
        lines = Lines("Wedding at 3PM.", "", "Catering: ..", ".", "next")
        assert lines.terminal.lines("Notes", "", fine) == "Wedding at 3PM.\n\nCatering: .."
        assert lines.left == "next\n"

    def test_a_dot_alone_keeps_what_is_there_and_shows_it(self) -> None:
        lines = Lines(".")
        assert lines.terminal.lines("Notes", "old notes\nmore", fine) == "old notes\nmore"
        assert "old notes\nmore" in lines.out.getvalue()

    def test_a_dash_alone_empties_it(self) -> None:
        assert Lines("-", ".").terminal.lines("Notes", "old notes", fine) == ""

    def test_back_is_only_the_first_line(self) -> None:
        with pytest.raises(Back):
            Lines("<").terminal.lines("Notes", "", fine)
        assert Lines("a", "<", ".").terminal.lines("Notes", "", fine) == "a\n<"

    def test_refused_notes_are_asked_for_again(self) -> None:
        lines = Lines("bad", ".", "good", ".")
        assert lines.terminal.lines("Notes", "", lambda typed: "no" if "bad" in typed else None) == "good"
        assert lines.err.getvalue() == "no\n"

    def test_the_end_in_the_middle(self) -> None:
        with pytest.raises(Leave):
            Lines("half a note").terminal.lines("Notes", "", fine)


class TestChoose:
    @pytest.mark.parametrize("typed", ["email", "EMAIL", "2", "02", "Email: kevin@startup.io", "em", "#email"])
    def test_by_key_place_label_or_beginning(self, typed: str) -> None:
        assert Lines(typed).terminal.choose("Summary", CHOICES, "") == "email"

    def test_enter_takes_what_is_offered(self) -> None:
        lines = Lines("")
        assert lines.terminal.choose("Summary", CHOICES, "save") == "save"
        assert "number or name [Save]: " in lines.out.getvalue()
        assert "Summary:\n  1. Save\n  2. Email: kevin@startup.io\n" in lines.out.getvalue()

    @pytest.mark.parametrize("typed", ["", "0", "5", "99999999999999999999", "e", "-", "x" * 10_000, "²"])
    def test_what_is_no_choice_is_asked_for_again(self, typed: str) -> None:
        lines = Lines(typed, "save")
        assert lines.terminal.choose("Summary", CHOICES, "") == "save"
        assert lines.terminal.refusals == 1

    def test_the_number_in_front_goes_before_a_key(self) -> None:
        """Records have numbers for keys; what counts is what is shown."""
        records = (Option("2", "2  Kevin"), Option("1", "1  John"), Option("412", "412  Lou"))
        assert [pick(typed, records) for typed in ("1", "2", "412", "0000000002")] == ["2", "1", "412", None]

    def test_back(self) -> None:
        with pytest.raises(Back):
            Lines("<").terminal.choose("Summary", CHOICES, "save")

    def test_a_question_needs_no_colon(self) -> None:
        lines = Lines("1")
        lines.terminal.choose("Has Kevin signed?", CHOICES, "")
        assert lines.out.getvalue().startswith("Has Kevin signed?\n")


class TestLookUp:
    @staticmethod
    def find(*found: Option) -> Callable[[str], list[Option]]:
        return lambda typed: [option for option in found if typed.strip().lower() in option.label.lower()]

    KEVIN, KEVINA, JOHN = Option("1", "1  Kevin"), Option("12", "12  Kevina"), Option("3", "3  John")

    def test_the_only_one_is_taken(self) -> None:
        assert Lines("john").terminal.look_up("Client", self.find(self.KEVIN, self.KEVINA, self.JOHN)) == "3"

    def test_its_number_is_exact(self) -> None:
        assert Lines("1").terminal.look_up("Client", self.find(self.KEVIN, self.KEVINA)) == "1"

    def test_several_are_listed_and_one_is_asked_for(self) -> None:
        lines = Lines("kev", "2")
        assert lines.terminal.look_up("Client", self.find(self.KEVIN, self.KEVINA)) == "12"
        assert "Which one?\n  1. 1  Kevin\n  2. 12  Kevina\n" in lines.out.getvalue()

    def test_none_is_told_and_asked_again(self) -> None:
        lines = Lines("zoe", "john")
        assert lines.terminal.look_up("Client", self.find(self.JOHN)) == "3"
        assert lines.err.getvalue() == "Nothing here matches “zoe”.\n"

    def test_what_was_typed_already_is_not_asked_for(self) -> None:
        lines = Lines("2", "next")
        assert lines.terminal.look_up("Client", self.find(self.KEVIN, self.KEVINA), "kev") == "12"
        assert lines.left == "next\n"

    def test_back(self) -> None:
        with pytest.raises(Back):
            Lines("<").terminal.look_up("Client", self.find(self.JOHN))


class TestSecretsAndShowing:
    def test_a_password_may_be_anything_back_included(self) -> None:
        assert Lines("<").terminal.secret("Password") == "<"

    def test_nothing_reaches_the_terminal_that_it_would_act_upon(self) -> None:
        lines = Lines("a")
        lines.terminal.show("\x1b[31mred\x1b[0m [/red]")
        lines.terminal.refuse("“\x1b]0;owned\x07” is not in the menu")
        lines.terminal.text("Name", "\x1b[2J", fine, "")
        assert "\x1b" not in lines.out.getvalue() + lines.err.getvalue()
        assert "[31mred" in lines.out.getvalue() and "[/red]" in lines.out.getvalue()


class TestShell:
    """The same terminal with a shell behind it."""

    def test_answers_in_the_order_of_the_questions(self, office: Office) -> None:
        worked = after(
            office,
            "Bill Boquet",
            "client new",
            "Zoë Née",
            "zoe@nee.example",
            "-",
            "Née & Cie",
            "18/04/2021",
            "save",
            "quit",
        )
        assert worked.status == 0 and worked.errors == ""
        assert office.as_owner(
            "SELECT full_name, email, phone, company_name, first_contact::text FROM crm.client WHERE id > 2000"
        ) == [("Zoë Née", "zoe@nee.example", "", "Née & Cie", "2021-04-18")]

    def test_refused_lines_go_to_standard_error_and_the_status_says_so(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "nonsense", "clients", "quit")
        assert worked.status == 1
        assert worked.errors == "“nonsense” is not in the menu; ? shows what is.\n"
        assert "nonsense" not in worked.output and "Kevin Casey" in worked.output

    def test_only_names_and_their_beginnings_count(self, office: Office) -> None:
        """Nobody sees a menu here: what is taken for a command must look like one."""
        worked = after(office, "Bill Boquet", "everything", "newest", "update", "mine")
        assert worked.status == 1 and worked.errors.count("is not in the menu") == 4
        assert "Clients" in after(office, "Bill Boquet", "clien").output

    def test_french_answers(self, office: Office) -> None:
        with speaking("fr"):
            sold = after(office, "Gina Comptoir", "contract new kevin", "1 234,56 €", "1.234,5", "save")
            assert sold.errors == ""
            made = after(
                office,
                "Bill Boquet",
                "event new 700",
                "Fête de Zoë",
                "4 juin 2027 à 13h",
                "5 juin 2027 à 2h30",
                "",
                "1 200",
                "Apporter :",
                "- la table",
                ".",
                "save",
            )
            assert made.errors == ""
            met = after(office, "Bill Boquet", "client new", "Zoë", "zoe@nee.example", "", "", "18/04/2021", "save")
            assert met.errors == ""
        assert office.as_owner(
            "SELECT total_amount::text, amount_to_be_paid::text FROM crm.contract WHERE id > 2000"
        ) == [("1234.56", "1234.50")]
        assert office.as_owner(
            "SELECT title, start_date AT TIME ZONE 'Europe/Paris' = '2027-06-04 13:00', end_date AT TIME ZONE 'Europe/Paris' = '2027-06-05 02:30',"
            " attendees, notes FROM crm.event WHERE id > 2000"
        ) == [("Fête de Zoë", True, True, 1200, "Apporter :\n- la table")]
        assert office.as_owner("SELECT first_contact::text FROM crm.client WHERE id > 2000") == [("2021-04-18",)]
