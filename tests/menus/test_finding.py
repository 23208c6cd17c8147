"""What is typed without a command finds records; the menu and Enter agree; the newest text wins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import product

import pytest
from prompt_toolkit.application import Application, create_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.layout import BufferControl, Layout, Window
from prompt_toolkit.output import DummyOutput

from menus.actions import Action, all_actions
from menus.interactive import Completions
from menus.shell import Shell
from menus.terminal import Option
from tests.company import Office
from tests.menus.test_shell import after, desk, many_clients, prompts, speaking, typed

KEVIN = ["client 1", "contract 700", "contract 10"]


def menu(shell: Shell, text: str) -> list[str]:
    return [option.key for option in shell._menu(text, list(shell.commands()))]


class TestMenu:
    def test_records_where_no_command_begins_so(self, office: Office) -> None:
        shell = desk(office, "Kate Hastroff").shell
        assert menu(shell, "kevin ca") == KEVIN
        assert menu(shell, "casey kev") == KEVIN
        assert menu(shell, "#652") == ["contract 652"]

    def test_commands_that_are_begun_go_before_records_others_after(self, office: Office) -> None:
        office.as_owner("UPDATE crm.client SET full_name = 'Cleo Events Signature' WHERE id = 3")
        shell = desk(office, "Kate Hastroff").shell
        assert menu(shell, "cl")[:3] == ["clients", "client", "client 3"]
        assert menu(shell, "ouick")[:2] == ["client 2", "contract 652"]
        assert menu(shell, "signature")[0] == "client 3"
        assert menu(shell, "signature")[-1] == "contracts unsigned"  # whose explanation has the word
        assert not {"contract", "event"} & set(menu(shell, "ouick"))  # an example is no explanation
        assert "client 3" not in menu(shell, "events mi")

    def test_one_letter_and_names_of_commands_look_for_nothing(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        for text in ("k", "é", "", " ", "clients", "clients kev", "client", "employee new kevin", "contracts mine x"):
            assert not [key for key in menu(shell, text) if key[-1].isdigit()], text

    def test_a_number_at_home_looks_for_records_unless_it_is_a_line(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        assert menu(shell, "652") == ["contract 652"]
        assert menu(shell, "10") == [list(shell.commands())[9].names[0]]
        listing = after(office, "Bill Boquet", "contracts mine").shell
        assert menu(listing, "652") == []  # there Enter opens number 652 of the list

    def test_a_record_of_the_list_in_front_goes_first(self, office: Office) -> None:
        listing = after(office, "Dawn Lefèvre", "clients").shell
        assert menu(listing, "kevin")[:2] == ["1", "client 1"]

    def test_what_tells_them_apart_is_shown(self, office: Office) -> None:
        shell = desk(office, "Kate Hastroff").shell
        lines = shell._menu("ouick", list(shell.commands()))
        assert [(line.label, line.about) for line in lines[:2]] == [
            ("client 2  John Ouick", "john.ouick@gmail.com · +1 234 567 8901"),
            ("contract 652  John Ouick", "signed · €8,000.00 · john.ouick@gmail.com"),
        ]
        assert (
            lines[4].label == "event 109  John Ouick Wedding" and "John Ouick · john.ouick@gmail.com" in lines[4].about
        )

    def test_in_french_too(self, office: Office) -> None:
        with speaking("fr"):
            shell = desk(office, "Kate Hastroff").shell
            assert menu(shell, "ouïck")[:4] == ["client 2", "contrat 652", "contrat 11", "événement 1024"]
            assert menu(shell, "kévin CA") == ["client 1", "contrat 700", "contrat 10"]

    def test_never_raises(self, office: Office) -> None:
        shell = desk(office, "Gina Comptoir").shell
        for text in ("\x00\x00", "''", "%%", "\\\\", "\ud800x", "x" * 10_000, "\u202e\u202e", "((", "🎉🎉", "[/red]"):
            assert not [key for key in menu(shell, text) if key[-1].isdigit()], ascii(text)


class TestEnter:
    @pytest.mark.parametrize("text", ["kevin ca", "casey kev", "KÉVIN", "startup", "#652", "chateau", "ouick", "652"])
    def test_does_what_the_first_line_of_the_menu_does(self, office: Office, text: str) -> None:
        first = menu(desk(office, "Kate Hastroff").shell, text)[0]
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            shell = typed(office, "Kate Hastroff", f"{text}\r")  # in one burst: no menu has been drawn
        assert prompts(shell)[1] == f"{first} ›"

    def test_a_command_that_is_begun_is_still_meant(self, office: Office) -> None:
        office.as_owner("UPDATE crm.client SET full_name = 'Clients Mine Ltd' WHERE id = 2")
        assert "Clients · mine ›" in after(office, "Bill Boquet", "clients mi").output

    def test_line_by_line_the_only_one_is_opened(self, office: Office) -> None:
        worked = after(office, "Kate Hastroff", "chateau")
        assert worked.errors == "" and "event 109 ›" in worked.output

    def test_line_by_line_one_of_several_is_asked_for(self, office: Office) -> None:
        worked = after(office, "Kate Hastroff", "kevin ca", "2")
        assert "Which one?\n  1. client 1  Kevin Casey · Cool Startup LLC" in worked.output
        assert "contract 700 ›" in worked.output
        assert "contract 10 ›" in after(office, "Kate Hastroff", "kevin ca", "contract 10").output
        back = after(office, "Kate Hastroff", "kevin ca", "<", "clients")
        assert back.errors == "" and "Lou Bouzin" in back.output

    def test_nothing_found_is_said_as_ever(self, office: Office) -> None:
        assert after(office, "Kate Hastroff", "zzz").errors == "“zzz” is not in the menu; ? shows what is.\n"
        assert "not yours to do" in after(office, "Kate Hastroff", "employee kevin").errors

    def test_what_cannot_be_asked_is_refused_in_a_sentence(self, office: Office) -> None:
        worked = after(office, "Kate Hastroff", "kev\x00in", "chateau")
        assert worked.errors.startswith("The database refused a value") and "event 109 ›" in worked.output


class TestCandidates:
    """`among` narrows the lookup, `fits` judges the record in front: they say the same."""

    VARIANTS = """
        INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, status, signed_at)
        SELECT 1, 100, due, status, CASE WHEN status = 'signed' THEN now() END
        FROM unnest(ARRAY[0, 50, 100]) AS due, unnest(ARRAY['signed', 'unsigned']) AS status;
        INSERT INTO crm.event (contract_id, title, start_date, end_date, support_contact_id, cancelled_at)
        SELECT 700, 'Variant', now() + days, now() + days + '1 hour', support, cancelled
        FROM unnest(ARRAY['-2 days', '2 days']::interval[]) AS days, unnest(ARRAY[NULL, 4]) AS support,
             unnest(ARRAY[NULL, now()]) AS cancelled
    """
    ON_RECORDS = tuple(action for action in all_actions() if action.on)

    @pytest.mark.parametrize("action", ON_RECORDS, ids=lambda action: action.name)
    def test_what_a_lookup_gives_is_what_would_be_accepted(self, office: Office, action: Action) -> None:
        office.as_owner(self.VARIANTS)
        for name in ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine"):
            session = office.session(name)
            accepted = {
                record.id for record in session.of(str(action.on)).visible() if action.offered_on(session, record)
            }
            assert {record.id for record in action.candidates(session, "")} == accepted
            for number in accepted:
                assert action.candidates(session, f"#{number}")[0].id == number

    def test_none_is_missed_behind_many_that_do_not_fit(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, status)"
            " SELECT 1, 100, 0, 'signed' FROM generate_series(1, 60)"
        )
        worked = after(office, "Bill Boquet", "contract sign kevin", "1")
        assert worked.errors == ""
        assert office.as_owner("SELECT status FROM crm.contract WHERE id = 10") == [("signed",)]


def narrowing(slow: str, seconds: float, seen: list[str]) -> Callable[[str], list[Option]]:
    """A lookup that answers with what was typed; of `slow` it takes its time."""

    def find(text: str) -> list[Option]:
        seen.append(text)
        if text == slow:
            time.sleep(seconds)
        return [Option(f"found {text}", f"found {text}")]

    return find


class TestTheNewestTextWins:
    """The buffer of prompt_toolkit and our completer, without a terminal."""

    async def menu_after(self, buffer: Buffer, *edits: Callable[[], None]) -> tuple[str, float]:
        """The first line of the menu once all edits were made, 50 ms apart, and the seconds it took after the last."""
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            app: Application[None] = Application(Layout(Window(BufferControl(buffer))))
            running = asyncio.ensure_future(app.run_async())
            await asyncio.sleep(0.05)
            for edit in edits:
                edit()
                edited = time.monotonic()
                await asyncio.sleep(0.05)
            while not (state := buffer.complete_state) or not state.completions:
                await asyncio.sleep(0.005)
            taken = time.monotonic() - edited
            app.exit()
            await running
            return state.completions[0].text, taken

    @pytest.mark.parametrize("last", ["letter", "deleted", "replaced"])
    def test_a_slow_lookup_holds_nobody_up(self, last: str) -> None:
        seen: list[str] = []
        buffer = Buffer(completer=Completions(narrowing("ke", 2, seen)), complete_while_typing=True)

        def insert(text: str) -> Callable[[], None]:
            return lambda: buffer.insert_text(text)

        def delete() -> None:
            buffer.delete_before_cursor()
            buffer.start_completion()

        def replaced() -> None:
            buffer.text = "x"
            buffer.start_completion()

        edit = {"letter": insert("v"), "deleted": delete, "replaced": replaced}[last]
        first, taken = asyncio.run(self.menu_after(buffer, insert("k"), insert("e"), edit))
        assert first == {"letter": "found kev", "deleted": "found k", "replaced": "found x"}[last]
        assert taken < 1, taken
        assert seen[:2] == ["k", "ke"]

    def test_leaving_waits_for_no_lookup(self) -> None:
        buffer = Buffer(completer=Completions(narrowing("k", 3, [])), complete_while_typing=True)

        async def leave() -> None:
            with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
                app: Application[None] = Application(Layout(Window(BufferControl(buffer))))
                running = asyncio.ensure_future(app.run_async())
                await asyncio.sleep(0.05)
                buffer.insert_text("k")
                await asyncio.sleep(0.1)
                app.exit()
                await running

        started = time.monotonic()
        asyncio.run(leave())
        assert time.monotonic() - started < 2


def test_many_namesakes_are_few_lines(office: Office) -> None:
    many_clients(office, 30)
    keys = menu(desk(office, "Kate Hastroff").shell, "client number")
    assert all(key.startswith("client 10000") for key in keys[:20])  # `client` is a command: its lookup is longer
    assert menu(desk(office, "Kate Hastroff").shell, "number") == ["client 1000001", "client 1000010", "client 1000011"]


def test_every_combination_of_two_words(office: Office) -> None:
    """Whatever its words' order, accents and case, a name finds its client."""
    shell = desk(office, "Kate Hastroff").shell
    for first, second in product(("kevin", "KÉV", "casey"), ("cas", "Kevin", "startup.io")):
        assert menu(shell, f"{first} {second}")[0] == "client 1"
