"""One person at one terminal: what they see, where they go, and that nothing ends the loop but leaving."""

from __future__ import annotations

import gc
import io
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from crm.database import Database
from crm.preferences import Preferences
from crm.session import Session
from crm.token_file import TokenFile
from menus import entrance, i18n
from menus.actions import all_actions
from menus.interactive import Completions, InteractiveTerminal, fitting
from menus.palette import options, resolve
from menus.plain import PlainTerminal
from menus.shell import Shell
from menus.terminal import Find, Option
from tests.company import PASSWORD, Office
from tests.security.raw_sql import MOVE_BILL


@dataclass
class Desk:
    """Somebody's shell, line by line: what it said, and what it refused."""

    shell: Shell
    said: io.StringIO
    refused: io.StringIO
    status: int | None = None

    def work(self) -> Shell:
        """Until the lines end."""
        self.status = self.shell.run()
        return self.shell

    @property
    def output(self) -> str:
        return self.said.getvalue()

    @property
    def errors(self) -> str:
        return self.refused.getvalue()


def desk(office: Office, full_name: str | None, *lines: str) -> Desk:
    """A shell with `lines` on their way into it; `full_name` None: nobody has signed in."""
    said, refused = io.StringIO(), io.StringIO()
    terminal = PlainTerminal(io.StringIO("".join(f"{line}\n" for line in lines)), said, refused)
    session = Session(
        Database({**office.application, "host": str(cable(office))}), TokenFile(office.directory / "token")
    )
    if full_name:
        session.adopt(office.token(full_name))
        session.verify()
    preferences = Preferences(office.directory / "preferences.json")
    shell = Shell(session, terminal, all_actions(), entrance.with_password, office.name, preferences)
    return Desk(shell, said, refused)


@contextmanager
def speaking(code: str, zone: str = "Europe/Paris") -> Iterator[i18n.Language]:
    """Everything in that language meanwhile."""
    before, language = i18n.current(), i18n.Language(code, ZoneInfo(zone))
    i18n.use(language)
    try:
        yield language
    finally:
        i18n.use(before)


class Meanwhile(io.StringIO):
    """Lines to be typed; where one of them is a callable, that happens before the next one is read."""

    def __init__(self, *answers: str | Callable[[], object]) -> None:
        super().__init__()
        self._answers = iter(answers)

    def readline(self, size: int | None = -1, /) -> str:
        for answer in self._answers:
            if isinstance(answer, str):
                return f"{answer}\n"
            answer()
        return ""


def meanwhile(office: Office, full_name: str, *answers: str | Callable[[], object]) -> Desk:
    """The desk once all lines were worked through, while other things happened between them."""
    worked = desk(office, full_name)
    worked.shell.terminal.stdin = Meanwhile(*answers)  # type: ignore[attr-defined]
    worked.work()
    return worked


def cable(office: Office) -> Path:
    """What a desk's connection goes through: a link to the directory of the server's socket."""
    link = office.directory / "cable"
    if not link.is_symlink():
        link.symlink_to(office.application["host"])
    return link


def shut(office: Office) -> None:
    """The server is gone: every connection ends, and there is nothing to connect to."""
    cable(office).unlink()
    office.as_owner(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'epic_app' AND datname = current_database()"
    )


def reopen(office: Office) -> None:
    cable(office)


def after(office: Office, full_name: str, *lines: str) -> Desk:
    """The desk once all `lines` were worked through."""
    worked = desk(office, full_name, *lines)
    worked.work()
    return worked


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every SQL statement that is sent meanwhile."""
    sent: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sent.append(str(record.msg))

    listener, logger = Listener(), logging.getLogger("peewee")
    before = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    try:
        yield sent
    finally:
        logger.removeHandler(listener)
        logger.setLevel(before)


def many_clients(office: Office, count: int, of: int = 2) -> None:
    """`count` more clients, numbered from 1000001 on."""
    office.as_owner(
        "INSERT INTO crm.client (id, full_name, email, first_contact, commercial_contact_id)"
        " SELECT 1000000 + n, 'Client Number ' || n, 'client' || n || '@many.example', '2024-01-01', %s FROM generate_series(1, %s) AS n",
        of,
        count,
    )


def give(shell: Shell, *lines: str) -> str:
    """What `shell` says to these lines; it stays open."""
    terminal = shell.terminal
    assert isinstance(terminal, PlainTerminal)
    said = io.StringIO()
    terminal.stdin, terminal.stdout = io.StringIO("".join(f"{line}\n" for line in lines)), said
    shell.run()
    return said.getvalue()


def completions(shell: Shell) -> Find:
    """What the palette opens, here and now."""
    commands = list(shell.commands())
    return lambda typed: options(typed, commands, shell.lookups)


def numbers(output: str) -> list[str]:
    """The ids in the lines of the last table, behind the places."""
    table = output[output.rindex("Client ID |") :]
    return re.findall(r"^\d* \| (\d+) \|", table, re.MULTILINE)


class TestPages:
    def test_next_previous_and_a_page_by_its_number(self, office: Office) -> None:
        many_clients(office, 57)  # 60 in all: three pages
        first = [str(1000057 - n) for n in range(20)]
        second = [str(1000037 - n) for n in range(20)]
        third = [*(str(1000017 - n) for n in range(17)), "3", "2", "1"]
        shell = desk(office, "Bill Boquet").shell

        def turned(*lines: str) -> tuple[str, list[str]]:
            said = give(shell, *lines)
            return said[said.rindex("Page") :].split("\n")[0], numbers(said)

        assert turned("clients") == ("Page 1", first)
        assert turned("next") == ("Page 2", second)
        assert turned("n") == ("Page 3", third)
        assert turned("previous") == ("Page 2", second)
        assert turned("prev") == ("Page 1", first)
        assert turned("page 3") == ("Page 3", third)
        assert turned("page 02") == ("Page 2", second)
        assert shell.terminal.refusals == 0

    def test_steps_are_offered_only_where_they_lead_somewhere(self, office: Office) -> None:
        many_clients(office, 37)  # two full pages
        shell = desk(office, "Bill Boquet").shell

        def offered(*lines: str) -> list[str]:
            give(shell, *lines)
            return [line.msgid for line in shell.commands() if line.offered]

        assert offered("clients") == ["next", "page", "sort", "filter"]
        assert offered("next") == ["previous", "page", "sort", "filter"]
        assert offered("next") == ["previous", "page", "sort", "filter"]  # refused: there is no third page
        assert offered("events") == ["sort", "filter"]

    def test_page_500_is_reached_by_its_number(self, office: Office) -> None:
        many_clients(office, 500 * 20)
        worked = after(office, "Bill Boquet", "clients", "page 500", "previous", "next")
        assert worked.errors == "" and worked.output.count("Page 500\n") == 2
        assert numbers(worked.output) == [str(1000020 - n) for n in range(20)]

    def test_bad_page_numbers(self, office: Office) -> None:
        many_clients(office, 20)
        wrong = ["0", "-1", "three", "1.5", "", "²", "9" * 30, "2; DROP TABLE crm.client", "1000001"]
        worked = after(office, "Bill Boquet", "clients", *(f"page {number}" for number in wrong))
        assert worked.errors.splitlines() == ["Type the number of a page, like: page 12"] * len(wrong)
        beyond = after(office, "Bill Boquet", "clients", "next", "page 3", "page 500", "page 1000000", "previous")
        assert beyond.errors.splitlines() == [f"There is no page {number}." for number in (3, 500, 1000000)]
        assert beyond.output.count("Page 1\n") == 2  # at first, and from page 2 back again

    def test_pages_that_vanish_while_somebody_reads_them(self, office: Office) -> None:
        many_clients(office, 57)

        def emptied() -> None:
            office.as_owner("ALTER TABLE crm.client DISABLE TRIGGER USER; DELETE FROM crm.client WHERE id > 1000010")

        worked = meanwhile(office, "Bill Boquet", "clients", "page 2", emptied, "next", "previous")
        assert worked.errors == ""
        assert len(numbers(worked.output)) == 13  # nothing was left in front of it: the first page again
        worked = meanwhile(office, "Bill Boquet", "clients", "clients mine", "next")
        assert worked.errors == "This is the last page.\n"

    def test_a_page_that_is_no_more_is_the_first_one_when_one_comes_back(self, office: Office) -> None:
        many_clients(office, 57)

        def emptied() -> None:
            office.as_owner("ALTER TABLE crm.client DISABLE TRIGGER USER; DELETE FROM crm.client WHERE id > 1000010")

        worked = meanwhile(office, "Bill Boquet", "clients", "page 3", "client 1", emptied, "<")
        assert worked.errors == ""
        assert len(numbers(worked.output)) == 13

    def test_a_list_of_nothing_says_so(self, office: Office) -> None:
        office.as_owner("DELETE FROM crm.event")
        worked = after(office, "Gina Comptoir", "events", "events coming", "events without support", "next")
        assert worked.output.count("Nothing here.") == 3
        assert worked.errors.count("This is the last page.") == 1

    def test_coming_events_begin_with_the_soonest(self, office: Office) -> None:
        lines = after(office, "Kate Hastroff", "events coming").output.splitlines()
        assert [line.split(" | ")[1] for line in lines if " | " in line][1:] == ["1023", "109", "1024"]


class TestPlaces:
    def test_a_row_is_opened_by_its_number_and_back_is_the_same_page(self, office: Office) -> None:
        many_clients(office, 57)
        worked = after(office, "Bill Boquet", "clients", "page 2", "1000030", "<", "<", "events")
        assert worked.errors == ""
        assert "Full name: Client Number 30" in worked.output
        assert worked.output.count("Page 2\n") == 2 and "Page 1\n" in worked.output
        prompts = re.findall(r"^(.*›)", worked.output, re.MULTILINE)
        assert prompts == [
            "epic events ›",
            "Clients ›",
            "Clients ›",
            "client 1000030 ›",
            "Clients ›",
            "epic events ›",
            "Events ›",
        ]

    def test_a_number_in_a_list_is_a_record_of_its_kind_on_whatever_page(self, office: Office) -> None:
        many_clients(office, 57)
        worked = after(office, "Bill Boquet", "clients", "1000002", "<", "contracts", "77", "652")
        assert (
            worked.errors == "There is no such record, or it is gone.\n"
        )  # no contract 77, and no line of the menu instead
        assert "Full name: Client Number 2" in worked.output and "Contract ID: 652" in worked.output
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["Contracts ›", "contract 652 ›"]

    def test_a_number_on_a_card_is_what_the_card_shows(self, office: Office) -> None:
        worked = after(office, "Dawn Lefèvre", "client 2", "652", "109", "7000")
        assert worked.errors == "“7000” is not in the menu; ? shows what is.\n"
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[1:4] == [
            "client 2 ›",
            "contract 652 ›",
            "event 109 ›",
        ]

    def test_numbers_at_home_are_lines_of_the_menu_or_of_records_and_nothing_looser(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "65", "0", "652")
        assert worked.errors.count("is not in the menu") == 2
        assert "contract 652 ›" in worked.output

    def test_what_is_not_mine_to_do_is_told_apart(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "employee new", "employees")
        assert worked.errors == (
            "“employee new” is not yours to do, or not with this record; ? shows what is.\n"
            "“employees” is not yours to do, or not with this record; ? shows what is.\n"
        )

    def test_one_goes_back_the_way_one_came(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "clients", "1", "contract 10", "event 109", "<", "<", "<", "<", "<")
        prompts = re.findall(r"^(.*›)", worked.output, re.MULTILINE)
        assert prompts[3:] == [
            "contract 10 ›", "event 109 ›", "contract 10 ›", "client 1 ›", "Clients ›", "epic events ›", "epic events ›"
        ]  # fmt: skip

    def test_a_card_that_lies_below_comes_up_again(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client 1", "contract 10", "client 1", "<", "quit")
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["client 1 ›", "epic events ›"]

    def test_back_over_a_card_whose_record_is_gone(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        gone = lambda: gina.contracts.delete(gina.contracts.get(10))  # noqa: E731
        worked = meanwhile(office, "Gina Comptoir", "contracts", "10", "client 1", gone, "<", "quit")
        assert worked.errors == ""
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-1] == "Contracts ›"

    def test_digits_lead_from_a_card_to_what_stands_beside_it(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client 2", "1", "1")
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["contract 11 ›", "client 2 ›"]

    def test_the_list_of_all_neighbours_leads_back_to_the_card(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) SELECT 1, 1, 1 FROM generate_series(1, 5)"
        )
        worked = after(office, "Bill Boquet", "client 1", "all contracts", "<")
        assert "4  … all contracts" in worked.output and "Contracts of Kevin Casey" in worked.output
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["Contracts of Kevin Casey ›", "client 1 ›"]

    def test_out_of_a_question_one_step_back_is_the_card(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "events", "1024", "event assign", "<", "event assign", "kate", "<")
        assert worked.errors == ""
        prompts = re.findall(r"^(.*›)", worked.output, re.MULTILINE)
        assert prompts == ["epic events ›", "Events ›", "event 1024 ›", "event 1024 ›", "event 1024 ›", "Events ›"]
        assert office.as_owner("SELECT support_contact_id FROM crm.event WHERE id = 1024") == [(4,)]

    def test_the_card_of_a_deleted_record_closes(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contracts unsigned", "10", "contract delete", "1", "<")
        assert "Deleted: contract 10." in worked.output
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["Contracts · unsigned ›", "epic events ›"]

    def test_a_card_that_cannot_be_shown_is_not_gone_to(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        worked = meanwhile(
            office, "Gina Comptoir", "contracts", lambda: gina.contracts.delete(gina.contracts.get(10)), "10", "11"
        )
        assert worked.errors == "There is no such record, or it is gone.\n"
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE) == [
            "epic events ›",
            "Contracts ›",
            "Contracts ›",
            "contract 11 ›",
        ]

    def test_help_says_every_line_with_what_picks_it(self, office: Office) -> None:
        home = after(office, "Kate Hastroff", "?").output
        assert re.search(r"^  5  clients +All clients, the newest first$", home, re.MULTILINE)
        assert "You are at home" in home and "\nMy account\n" in home
        assert re.search(r"^ 2\d  quit", home, re.MULTILINE)
        card = after(office, "Bill Boquet", "client 1", "?").output
        assert "You are looking at one record." in card
        assert re.search(r"^  1  contract 10 ", card, re.MULTILINE)
        assert re.search(r"^  3  client update", card, re.MULTILINE)
        assert re.search(r"^     clients ", card, re.MULTILINE)  # to be typed, not picked


class TestLookups:
    def test_the_only_match_is_opened_at_once(self, office: Office) -> None:
        assert "Full name: Kevin Casey" in after(office, "Bill Boquet", "client kev").output
        assert "Full name: Lou Bouzin" in after(office, "Bill Boquet", "CLIENT  BOUZÏN").output

    def test_of_several_one_is_asked_for(self, office: Office) -> None:
        many_clients(office, 3)
        worked = after(office, "Bill Boquet", "client number", "2")
        assert (
            "Which one?\n"
            "  1. 1000001  Client Number 1 · client1@many.example\n"
            "  2. 1000002  Client Number 2 · client2@many.example\n"
        ) in worked.output
        assert "Full name: Client Number 2" in worked.output

    def test_none_is_told_and_the_next_line_is_a_command_again(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client zzz", "client kev")
        assert worked.errors == "Nothing here matches “zzz”.\n"
        assert "Full name: Kevin Casey" in worked.output

    def test_a_number_is_that_record_though_others_hold_the_digit(self, office: Office) -> None:
        office.as_owner("UPDATE crm.employee SET email = 'ada2@epic.example' WHERE id = 1")
        assert "Full name: Bill Boquet" in after(office, "Ada Racine", "employee 2").output

    def test_only_records_that_fit_are_found(self, office: Office) -> None:
        worked = after(
            office, "Bill Boquet", "contract sign 412", "<", "contract sign 11", "<", "client update ouick", "<"
        )
        assert (
            worked.errors == "Nothing here matches “412”.\nNothing here matches “11”.\nNothing here matches “ouick”.\n"
        )

    def test_completions_show_records_and_never_raise(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        found = completions(shell)
        assert [option.key for option in found("client kev")] == ["client 1", "client"]
        assert found("contract sign ")[0] == Option(
            "contract sign 10", "contract sign 10  Kevin Casey", "unsigned · €1,000.00 · Cool Startup LLC"
        )
        assert found("event ")[0].key == "event 1024"
        shut(office)
        assert [option.key for option in found("client kev")] == ["client"]
        assert found("contract sign ")[0].key == "contract sign"
        reopen(office)
        assert found("client kev")[0].key == "client 1"

    def test_completions_never_raise_whatever_is_typed(self, office: Office, subtests: pytest.Subtests) -> None:
        found = completions(desk(office, "Gina Comptoir").shell)
        for typed in ("\x00", "'", "%", "\\", "\ud800", "x" * 10_000, "\u202e", "((", "[/red]", "日本"):
            for noun in ("client", "contract pay", "event", "employee"):
                with subtests.test(f"{noun} {typed[:10]!a}"):
                    assert isinstance(found(f"{noun} {typed}"), list)
        assert found("client kev")[0].key == "client 1"

    def test_completions_of_somebody_whose_session_is_over(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        found = completions(shell)
        assert found("client kev")[0].key == "client 1"
        office.as_owner("UPDATE crm.session SET revoked_at = now()")
        assert [option.key for option in found("client kev")] == ["client"]
        assert shell.session.is_open  # the next command will tell

    def test_completions_go_on_after_a_new_password(self, office: Office) -> None:
        worked = desk(office, "Bill Boquet", "password", PASSWORD, "a quite new password", "a quite new password")
        assert completions(worked.shell)("client kev")[0].key == "client 1"
        worked.work()
        assert worked.errors == ""
        assert completions(worked.shell)("client kev")[0].key == "client 1"
        assert worked.shell.session.token_file.read() == worked.shell.session.database.token


class TestOneStatement:
    """A screen is one round trip."""

    def test_every_list_is_one_statement_its_menu_included(self, office: Office, subtests: pytest.Subtests) -> None:
        many_clients(office, 57)
        for name in ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine"):
            shell = desk(office, name).shell
            lists = [
                line.msgid
                for line in shell.commands()
                if re.match(r"(clients|contracts|events|employees)\b", line.msgid)
            ]
            give(shell)  # the day
            for line in lists:
                with subtests.test(f"{name}: {line}"):
                    with statements() as sent:
                        said = give(shell, line)
                        assert list(shell.commands()) and completions(shell)("") is not None
                    assert " | " in said and "Nothing here." not in said
                    assert len(sent) == 1, sent

    def test_every_page_is_one_statement(self, office: Office) -> None:
        many_clients(office, 57)
        shell = desk(office, "Bill Boquet").shell
        give(shell, "clients")
        for turn in ("next", "next", "previous", "page 3", "page 2"):
            with statements() as sent:
                give(shell, turn)
            assert len(sent) == 1, turn

    def test_cards_take_few(self, office: Office, subtests: pytest.Subtests) -> None:
        office.as_owner(
            "INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (412, 'Second', '2027-01-01', '2027-01-02')"
        )
        for name, card, number, most in (
            ("Bill Boquet", "client", 3, 4),  # the client, its history, contracts, events
            ("Bill Boquet", "contract", 412, 3),
            ("Kate Hastroff", "event", 109, 2),
            ("Ada Racine", "employee", 2, 3),  # what he holds, in numbers
            ("Gina Comptoir", "employee", 2, 2),  # no history for her
        ):
            with subtests.test(f"{name}: {card}"):
                shell = desk(office, name).shell
                give(shell, "?")
                with statements() as sent:
                    shell.open_card(card, number)
                    assert list(shell.commands())
                assert len(sent) == most, sent


class TestEndurance:
    def test_2000_commands_in_one_session(self, office: Office) -> None:
        visit = ["clients", "1", "?", "<", "<", *["nonsense", "", "<", "9999", "zzz"] * 3]
        shell = desk(office, "Bill Boquet").shell
        asked, depths = shell.terminal.command, []

        def command(*arguments: Any) -> str:
            depths.append(len(list(traceback.walk_stack(None))))
            return asked(*arguments)

        shell.terminal.command = command  # type: ignore[method-assign]  # only listens
        give(shell, *visit * 3)
        before = sys.getallocatedblocks()
        give(shell, *visit * 100)
        gc.collect()
        assert len(depths) >= 2000 and len(set(depths)) == 1
        assert sys.getallocatedblocks() - before < 5_000

    def test_the_places_behind_do_not_pile_up(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        for _time in range(20):
            give(shell, "clients", "1", "contract 10", "contracts", "events", "event 109")
        said = give(shell, "<", "<", "<")
        assert re.findall(r"^(.*›)", said, re.MULTILINE) == [
            "event 109 ›",
            "Events ›",
            "epic events ›",
            "epic events ›",
        ]


class TestTrouble:
    def test_a_database_that_goes_away_and_comes_back(self, office: Office) -> None:
        worked = meanwhile(
            office,
            "Bill Boquet",
            "clients",
            lambda: shut(office),
            "contracts",
            "?",
            lambda: reopen(office),
            "contracts",
        )
        assert worked.errors == "The database does not answer. Please try again in a moment.\n"
        assert "Contracts\n" in worked.output and worked.output.rstrip().endswith("Contracts ›")

    def test_without_rights_to_read_the_menu_is_what_needs_none(self, office: Office) -> None:
        """The rights are read again after an empty list; should the database go away just then, nobody is asked in a circle."""
        shell = desk(office, "Bill Boquet").shell
        shut(office)
        menu = [option.key for option in options("", shell._offered(), shell.lookups)]
        assert menu == ["my day", "charts", "language", "password", "sign out", "?", "quit"]
        give(shell, "clients", "quit")
        assert shell.terminal.refusals == 4  # three times the menu, and the clients
        reopen(office)
        assert "Kevin Casey" in give(shell, "clients")

    def test_a_session_that_is_over_leads_to_the_door(self, office: Office) -> None:
        over = lambda: office.as_owner("UPDATE crm.session SET revoked_at = now()")  # noqa: E731
        worked = meanwhile(office, "Bill Boquet", "clients", over, "contracts", PASSWORD)
        assert worked.errors == "Your session is over: please sign in again.\n"
        assert worked.output.count("Your session is over. Your password, Bill Boquet: ") == 1
        assert "Email:" not in worked.output
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["Clients ›", "Contracts ›"]

    def test_a_session_that_is_over_can_be_somebody_elses_next(self, office: Office) -> None:
        over = lambda: office.as_owner("UPDATE crm.session SET expires_at = clock_timestamp()")  # noqa: E731
        worked = meanwhile(
            office, "Bill Boquet", "clients", over, "contracts", "", "dawn@epic.example", PASSWORD, "contracts"
        )
        assert worked.errors == "Your session is over: please sign in again.\n"
        assert "Hello Dawn Lefèvre (Sales)." in worked.output
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["epic events ›", "Contracts ›"]

    def test_whoever_signs_out_is_asked_for_everything(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "sign out", "bill@epic.example", PASSWORD)
        assert "Your session is over" not in worked.output and "Hello Bill Boquet" in worked.output

    def test_a_department_that_changes_changes_the_menu(self, office: Office) -> None:
        """The rights are those of the table, not of the token; what is refused tells the menu."""
        moved = lambda: office.as_owner(MOVE_BILL)  # noqa: E731
        worked = meanwhile(office, "Bill Boquet", "client update 1", "company", "X", moved, "save", "abandon", "?")
        assert "not allowed" in worked.errors
        assert "client new" not in worked.output[worked.output.rindex("epic events ›") :]

    def test_what_nobody_foresaw_is_noted_and_the_next_command_works(self, office: Office) -> None:
        office.as_owner("ALTER TABLE crm.contract RENAME COLUMN status TO phase")
        worked = after(office, "Bill Boquet", "contracts", "clients")
        assert re.fullmatch(  # the day, and the contracts
            r"(Something unexpected went wrong; it was noted as [0-9a-f]{8}\. You can go on\.\n){2}", worked.errors
        )
        assert "Kevin Casey" in worked.output

    def test_lines_that_end_in_a_form_leave_and_write_nothing(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client new", "Half")
        assert worked.status == 0
        assert office.as_owner("SELECT count(*) FROM crm.client") == [(3,)]

    def test_hostile_lines_are_told_in_a_sentence(self, office: Office) -> None:
        hostile = [
            "\x1b[2J",
            "[/red]",
            "%s %(x)s {0}",
            "'; DROP TABLE crm.client; --",
            "x" * 10_000,
            "\u202e",
            "\x00",
            "-",
            "日本語",
        ]
        worked = after(office, "Bill Boquet", *hostile)
        assert worked.errors.count("is not in the menu; ? shows what is.") == len(hostile)
        assert "\x1b" not in worked.errors and "\u202e" not in worked.errors


class TestComingIn:
    def test_with_a_password(self, office: Office) -> None:
        worked = desk(office, None, "bill@epic.example", "wrong", "", PASSWORD, "clients")
        worked.work()
        assert worked.errors == "This email and password do not go together.\n"
        assert "Email [bill@epic.example]: " in worked.output
        assert "Hello Bill Boquet (Sales). Type what you want to do; ? explains." in worked.output
        assert PASSWORD not in worked.output

    def test_back_asks_for_the_email_again(self, office: Office) -> None:
        worked = desk(office, None, "<", "bill@epic.example", PASSWORD)
        worked.work()
        assert worked.output.count("Email: ") == 2 and "Hello Bill" in worked.output

    def test_an_unavailable_database_is_told_and_asked_again(self, office: Office) -> None:
        worked = desk(office, None, "bill@epic.example", PASSWORD, "", PASSWORD)
        shut(office)
        worked.work()
        assert worked.errors == "The database does not answer. Please try again in a moment.\n" * 2
        assert "Email [bill@epic.example]: " in worked.output
        assert worked.status == 1

    def test_a_one_time_password_is_replaced_first(self, office: Office) -> None:
        password = office.session("Gina Comptoir").employees.reset_password(
            office.session("Gina Comptoir").employees.get(4)
        )
        new = "kate has a new password"
        worked = desk(
            office, None, "kate@epic.example", password, "short", new, "another password", new, new, "events mine"
        )
        worked.work()
        assert worked.errors.splitlines()[0].startswith("A password has at least 12 characters")
        assert worked.errors.splitlines()[1] == "These were two different passwords."
        assert "Your password is changed" in worked.output and "John Ouick Wedding" in worked.output

    def test_the_one_time_password_itself_is_no_new_one(self, office: Office) -> None:
        password = office.session("Gina Comptoir").employees.reset_password(
            office.session("Gina Comptoir").employees.get(4)
        )
        worked = desk(
            office, None, "kate@epic.example", password, password, "kate has a new password", "kate has a new password"
        )
        worked.work()
        assert worked.errors == "Somebody else knows this one: please choose another password.\n"
        assert "Hello Kate Hastroff" in worked.output

    def test_whoever_left_before_replacing_it_is_asked_for_it_again(self, office: Office) -> None:
        password = office.session("Gina Comptoir").employees.reset_password(
            office.session("Gina Comptoir").employees.get(4)
        )
        desk(office, None, "kate@epic.example", password).work()  # the line ends: as if the window was closed
        new = "kate has a new password"
        again = desk(office, None, "kate@epic.example", password, new, new, "events mine")
        entrance.come_in(again.shell)
        assert not again.shell.session.is_open
        again.work()
        assert again.errors == "" and "John Ouick Wedding" in again.output

    def test_the_session_of_last_time_goes_on(self, office: Office) -> None:
        again = desk(office, "Bill Boquet", "clients")
        again.shell.session.database.carry(None)
        entrance.come_in(again.shell)
        again.work()
        assert again.output.startswith("Hello Bill Boquet (Sales).") and "Kevin Casey" in again.output

    def test_a_token_that_cannot_be_trusted_is_told(self, office: Office) -> None:
        unsafe = desk(office, "Bill Boquet")
        unsafe.shell.session.token_file.path.chmod(0o644)
        entrance.come_in(unsafe.shell)
        assert "Others can read your token file" in unsafe.errors

    def test_in_the_demo_one_chooses_whom_to_be(self, office: Office) -> None:
        people = {
            "2": ("Bill Boquet", "sales", office.token("Bill Boquet")),
            "4": ("Kate Hastroff", "support", office.token("Kate Hastroff")),
        }
        demo = desk(office, None, "kate", "events mine", "sign out", "1", "clients mine")
        demo.shell._sign_in = entrance.as_anybody(people)
        demo.work()
        assert demo.errors == ""
        assert "Hello Kate Hastroff (Support)." in demo.output and "Hello Bill Boquet (Sales)." in demo.output
        demo = desk(office, None, "<")
        demo.shell._sign_in = entrance.as_anybody(people)
        demo.work()
        assert demo.status == 0 and "Hello" not in demo.output


class TestAccount:
    def test_a_new_password_takes_the_present_one(self, office: Office) -> None:
        new = "a quite new password"
        worked = after(
            office,
            "Bill Boquet",
            "password",
            "wrong",
            "password",
            PASSWORD,
            new,
            new,
            "clients",
            "sign out",
            "bill@epic.example",
            new,
        )
        assert worked.errors == "This email and password do not go together.\n"
        assert "Your password is changed; your other sessions are over." in worked.output
        assert "You are signed out." in worked.output and "Hello Bill Boquet" in worked.output

    def test_signing_out_revokes_the_token_and_removes_it(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "sign out")
        assert worked.shell.session.token_file.read() is None
        assert office.as_owner("SELECT count(*) FROM crm.session WHERE revoked_at IS NULL") == [(0,)]
        assert worked.output.rstrip().endswith("Email:")

    def test_quit_leaves_the_session_open(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "quit", "clients")
        assert worked.status == 0 and "Kevin" not in worked.output
        assert worked.shell.session.token_file.read() is not None


class TestToolbar:
    def test_who_where_and_how_long_still(self, office: Office) -> None:
        for name, department in (
            ("Bill Boquet", "Sales"),
            ("Kate Hastroff", "Support"),
            ("Gina Comptoir", "Management"),
            ("Ada Racine", "Administration"),
        ):
            *who, left = desk(office, name).shell.toolbar().text.strip().split(" · ")
            assert who == [name, department, office.name]
            assert re.fullmatch(r"7 h 5\d left|8 h 00 left", left)
        assert desk(office, None).shell.toolbar().text == ""  # nobody is nobody
        with speaking("fr"):
            assert desk(office, "Gina Comptoir").shell.toolbar().text.strip().startswith("Gina Comptoir · ")


class Fingers(InteractiveTerminal):
    """Somebody presses keys: some for each prompt and question in turn, as soon as it is there; in the end Ctrl-D."""

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self.prompts: list[str] = []
        self._left = iter(keys)

    def command(self, prompt: str, *more: Any) -> str:
        self.prompts.append(prompt)
        self._press()
        return super().command(prompt, *more)

    def _ask(self, *question: Any, **more: Any) -> str:
        self._press()
        return super()._ask(*question, **more)

    def _press(self) -> None:
        get_app_session().input.send_text(next(self._left, "\x04"))  # type: ignore[attr-defined]


def typed(office: Office, full_name: str, *keys: str) -> Shell:
    """The shell of somebody who pressed these keys and left."""
    shell = desk(office, full_name).shell
    shell.terminal = Fingers(*keys)
    assert shell.run() == 0
    return shell


def prompts(shell: Shell) -> list[str]:
    assert isinstance(shell.terminal, Fingers)
    return shell.terminal.prompts


@pytest.fixture
def keyboard() -> Iterator[None]:
    """prompt_toolkit reads from a pipe, and draws on nothing."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield


@pytest.mark.usefixtures("keyboard")
class TestKeys:
    """The terminal of menus, without a terminal: faster; tests/end_to_end has one."""

    def test_opening_and_going_back_a_hundred_times(self, office: Office) -> None:
        shell = typed(office, "Bill Boquet", *["clients\r", "1\r", "\x1b", "\x1b"] * 25)
        assert prompts(shell) == ["epic events ›", "Clients ›", "client 1 ›", "Clients ›"] * 25 + ["epic events ›"]

    def test_a_form_from_the_first_key_to_the_last(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        answers = ("Zoë\r", "zoe@nee.example\r", "\r", "\r", "\r")
        typed(office, "Bill Boquet", "client new\r", *answers, "3\r", "\x15zoe@mended.example\r", "1\r")
        assert "Saved: client" in capsys.readouterr().out
        assert office.as_owner("SELECT full_name, email FROM crm.client WHERE id > 2000") == [
            ("Zoë", "zoe@mended.example")
        ]

    def test_notes_end_with_ctrl_s(self, office: Office) -> None:
        office.as_owner("UPDATE crm.event SET notes = '' WHERE id = 109")
        typed(office, "Kate Hastroff", "event update 109\r", "7\r", "One.\rTwo.\x13", "1\r")
        assert office.as_owner("SELECT notes FROM crm.event WHERE id = 109") == [("One.\nTwo.",)]

    def test_a_lookup_takes_the_best(self, office: Office) -> None:
        shell = typed(
            office,
            "Gina Comptoir",
            "event assign 1024\r",
            "zzz\r\x15kate\r",
            "contract sign kevin\r",
            "1\r",
            "employee kate@\r",
        )
        assert prompts(shell) == ["epic events ›", "event 1024 ›", "contract 10 ›", "employee 4 ›"]
        assert office.as_owner("SELECT support_contact_id FROM crm.event WHERE id = 1024") == [(4,)]

    def test_of_several_matches_enter_takes_the_first_as_shown(self, office: Office) -> None:
        many_clients(office, 3)
        assert completions(desk(office, "Bill Boquet").shell)("client number")[0].key == "client 1000001"
        shell = typed(
            office,
            "Bill Boquet",
            "client number\r",
            "client \r",
            "\x1b",
            "client 1000003\r",
            "client\r",
            "number\r",
            "client zzz\r",
            "ouick\r",
        )
        assert prompts(shell)[1:] == [
            "client 1000001 ›",
            "client 1000001 ›",
            "client 1000003 ›",
            "client 1000001 ›",
            "client 2 ›",
        ]

    def test_a_password_is_asked_for_unseen(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        new = "a quite new password"
        shell = typed(
            office,
            "Bill Boquet",
            "password\r",
            f"{PASSWORD}\r",
            f"{new}\r",
            f"{new}\r",
            "sign out\r",
            "bill@epic.example\r",
            f"{new}\r",
        )
        assert "Hello Bill Boquet" in capsys.readouterr().out
        assert shell.session.is_open

    def test_every_question_can_be_left_by_every_key(self, office: Office, subtests: pytest.Subtests) -> None:
        for key in ("\x1b", "\x03", "\x04"):
            for questions in (
                ["client new\r"],
                ["client update 1\r"],
                ["contract sign 10\r"],
                ["client \r"],
                ["password\r"],
                ["client update 1\r", "2\r"],
            ):
                with subtests.test(f"{questions[-1]!a} {key!a}"):
                    shell = typed(office, "Bill Boquet", *questions, key, *[key] * (len(questions) - 1))
                    assert prompts(shell)[:2] == ["epic events ›"] * 2
        assert office.as_owner("SELECT count(*) FROM crm.change WHERE actor_id IS NOT NULL") == [(0,)]

    def test_what_is_typed_goes_before_one_does(self, office: Office) -> None:
        shell = typed(office, "Bill Boquet", "clients\r", "something\x03\x03", "\x03", "\x1b")
        assert prompts(shell) == ["epic events ›", "Clients ›", "Clients ›", "Clients ›", "epic events ›"]

    def test_nothing_is_printed_that_a_terminal_would_act_upon(self, capsys: pytest.CaptureFixture[str]) -> None:
        terminal = InteractiveTerminal()
        terminal.show("[/red] \x1b]0;owned\x07 :smile:")
        terminal.refuse("“\x1b[2J[bold]” is not in the menu")
        said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
        assert "[/red]" in said and "[bold]" in said and ":smile:" in said
        assert "\x1b" not in said and "\x07" not in said
        (line,) = Completions(lambda typed: [Option("1", "\x1b[31mred", "\u202eback")]).get_completions(
            Document("x"), CompleteEvent()
        )
        assert "\x1b" not in line.display_text and "\u202e" not in line.display_meta_text

    @pytest.mark.parametrize(
        ("width", "shown"),
        [(60, "number: open · anything · Esc: back"), (30, "number: open · Esc: back"), (20, "Esc: back"), (5, "")],
    )
    def test_hints_give_way_from_the_middle(self, width: int, shown: str) -> None:
        assert fitting("number: open · anything · Esc: back", width) == shown


class TestLanguage:
    def test_it_changes_at_once_and_stays(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("EPICEVENTS_LANG", raising=False)
        with speaking("en"):
            worked = after(office, "Bill Boquet", "language", "Français", "clients", "langue", "english")
            assert "Le programme parle maintenant français." in worked.output
            assert "Tous les clients" not in worked.errors and "Contact commercial" in worked.output
            assert "The program now speaks English." in worked.output
            assert worked.shell.preferences.language == "en"

    def test_the_environment_decides_again_and_that_is_said(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EPICEVENTS_LANG", "en")
        with speaking("en"):
            worked = after(office, "Bill Boquet", "language", "1")
        assert "EPICEVENTS_LANG is set on this machine" in worked.output

    def test_a_choice_that_cannot_be_kept_still_counts_now(self, office: Office) -> None:
        (office.directory / "preferences.json").mkdir()
        with speaking("en"):
            worked = after(office, "Bill Boquet", "language", "Français", "clients")
        assert "Ce choix ne peut pas être conservé" in worked.errors and "Nom complet" in worked.output

    def test_names_of_both_languages_work_in_both(self, office: Office) -> None:
        menu = list(desk(office, "Bill Boquet").shell.commands())
        for code in ("en", "fr"):
            with speaking(code):
                for line in menu:
                    assert set(line.names) == {line.msgid, i18n.in_every_language(line.msgid)[0], *line.names}
                assert resolve("nouveau client", menu) == resolve("client new", menu) is not None
