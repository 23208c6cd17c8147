"""The menu that opens and what Enter means are one rule; digits pick; nouns look records up."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus.actions import Command
from menus.matching import BEGINNING
from menus.palette import digits, options, resolve
from menus.terminal import Option
from tests.company import Office
from tests.menus.test_shell import desk, speaking

RAN: list[str] = []


def command(name: str, about: str = "", takes_argument: bool = False, offered: bool = True) -> Command:
    return Command(name, about, RAN.append, takes_argument, offered)


CLIENTS = command("clients", "All clients")
CLIENT = command("client", "Open a client: client kev, client 12", takes_argument=True)
NEW = command("client new", "Add a client")
UPDATE = command("client update", "Change a client's details", takes_argument=True)
HIDDEN = command("employees", "Everybody who works here", offered=False)
UNNUMBERED = Command("next", "The next page", RAN.append, numbered=False)
ROW = command("652", "contract 652 of John Ouick", offered=False)
MENU = [CLIENTS, CLIENT, HIDDEN, NEW, UPDATE, ROW]


def nothing(command: Command, typed: str) -> list[Option]:
    return []


def kevins(command: Command, typed: str) -> list[Option]:
    return [Option(f"{command.msgid} 1", f"{command.msgid} 1  Kevin Casey for “{typed}”")]


def names(typed: str) -> list[str]:
    return [option.key for option in options(typed, MENU, nothing)]


class TestResolve:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("clients", (CLIENTS, "")),
            ("client", (CLIENT, "")),
            ("client kev", (CLIENT, "kev")),
            ("client update 3", (UPDATE, "3")),
            ("client new", (NEW, "")),
            ("client new york", (CLIENT, "new york")),  # a new client takes no name
            ("cl", (CLIENTS, "")),
            ("update", (UPDATE, "")),
            ("everybody", (HIDDEN, "")),
            ("CLIÉNTS", (CLIENTS, "")),
            ("clients of mine", None),  # clients take no argument
            ("zzz", None),
        ],
    )
    def test_what_is_meant(self, typed: str, meant: tuple[Command, str] | None) -> None:
        assert resolve(typed, MENU) == meant

    def test_without_a_menu_in_sight_only_names_and_their_beginnings_count(self) -> None:
        assert resolve("clien", MENU, BEGINNING) == (CLIENTS, "")
        assert resolve("client kev", MENU, BEGINNING) == (CLIENT, "kev")
        assert resolve("everybody", MENU, BEGINNING) is None
        assert resolve("update", MENU, BEGINNING) is None


class TestDigits:
    @pytest.mark.parametrize(
        ("typed", "meant"), [("1", CLIENTS), ("2", CLIENT), ("3", NEW), (" 4 ", UPDATE), ("04", UPDATE)]
    )
    def test_they_pick_among_the_lines_that_are_shown(self, typed: str, meant: Command) -> None:
        assert resolve(typed, MENU) == (meant, "")
        assert [option.key for option in options(typed, MENU, nothing)] == [meant.msgid]

    @pytest.mark.parametrize("typed", ["0", "5", "12", "65", "6521", "99999999999999999999", "-1", "٣"])
    def test_a_number_that_is_no_line_and_no_record_is_nothing_else(self, typed: str) -> None:
        """ "65" is in an example ("contract 652") of the menu: nobody who types a number means that."""
        assert resolve(typed, MENU) is None
        assert options(typed, MENU, nothing) == []

    def test_a_record_in_front_goes_before_the_line_of_that_place(self) -> None:
        row = command("1", "Kevin Casey", offered=False)
        assert resolve("1", [CLIENTS, row]) == (row, "")
        assert resolve("652", MENU) == (ROW, "")

    def test_where_numbers_mean_records_no_digit_picks_a_line(self) -> None:
        menu = [UNNUMBERED, CLIENTS]
        assert resolve("1", menu) == (CLIENTS, "") and resolve("2", menu) is None
        assert [option.label for option in options("", menu, nothing)] == ["   next", " 1 clients"]

    def test_the_menu_shows_the_digit_that_picks(self) -> None:
        shown = {option.key: option.label for option in options("", MENU, nothing)}
        assert shown == {
            "clients": " 1 clients",
            "client": " 2 client",
            "client new": " 3 client new",
            "client update": " 4 client update",
        }
        assert digits(HIDDEN, MENU) == ""
        assert options("emplo", MENU, nothing) == [Option("employees", "   employees", "Everybody who works here")]


class TestOptions:
    def test_nothing_typed_opens_what_is_offered(self) -> None:
        assert names("") == names("  ") == ["clients", "client", "client new", "client update"]

    def test_typing_narrows_and_finds_what_was_not_offered(self) -> None:
        assert names("client u") == ["client update"]
        assert names("who works") == ["employees"]
        assert names("zzz") == []
        assert names("clinets") == ["clients"]  # a slip of the fingers

    def test_a_noun_followed_by_letters_looks_records_up(self) -> None:
        found = options("client kev", MENU, kevins)
        assert found[0] == Option("client 1", "client 1  Kevin Casey for “kev”")
        assert options("client update kev", MENU, kevins)[0].key == "client update 1"

    def test_a_name_may_begin_like_a_command(self) -> None:
        assert options("client new york", MENU, kevins)[0].key == "client 1"
        assert [option.key for option in options("client new", MENU, kevins)] == ["client new"]

    def test_a_noun_and_a_space_look_up_too_before_the_commands(self) -> None:
        assert [option.key for option in options("client ", MENU, kevins)] == [
            "client 1",
            "client",
            "clients",
            "client new",
            "client update",
        ]
        assert "client 1" not in [option.key for option in options("client", MENU, kevins)]

    def test_a_command_without_records_looks_nothing_up(self) -> None:
        assert options("clients kev", MENU, kevins) == []


TYPED = st.one_of(
    st.text(min_size=1, max_size=12),
    st.text(alphabet="acdeilmnoprstuvwy 0123456789", min_size=1, max_size=12),
    st.sampled_from(
        ["client", "contracts mine", "event new", "sign out", "?", "évé", "contrat", "CLIENTS", "contract 65"]
    ),
)


class TestOneRule:
    def test_enter_takes_the_first_of_what_is_shown(self, office: Office, subtests: pytest.Subtests) -> None:
        for name, place in itertools.product(
            ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine"), ("", "clients", "client 1")
        ):
            menu = list(desk(office, name, place).work().commands())

            @given(st.just(menu), TYPED)
            @settings(max_examples=100, deadline=None)
            def same_rule(menu: list[Command], typed: str) -> None:
                typed = typed.strip() or "x"
                shown, meant = options(typed, menu, kevins), resolve(typed, menu)
                if meant is None:
                    assert shown == []
                    return
                meant_command, argument = meant
                if argument and meant_command.takes_argument:
                    assert shown[0] == kevins(meant_command, argument)[0]
                else:
                    assert shown[0].key == meant_command.names[0]

            with subtests.test(f"{name}: {place or 'home'}"):
                same_rule()

    def test_every_line_is_taken_by_its_name_in_french_and_in_english(self, office: Office) -> None:
        with speaking("fr"):
            for name in ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine"):
                menu = list(desk(office, name).shell.commands())
                for line in menu:
                    for written in line.names:
                        assert resolve(written, menu) == (line, ""), written
