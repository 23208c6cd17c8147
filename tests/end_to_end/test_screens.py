"""Every department on large, usual and small screens: the next step is in sight, nothing overflows, nothing crashes."""

from __future__ import annotations

import re

import pytest

from tests.company import PASSWORD, Office
from tests.end_to_end.conftest import Pipe, Sit
from tests.end_to_end.terminal import CTRL_D, ENTER, ESCAPE, Terminal
from tests.menus.test_shell import many_clients

SIZES = ((100, 30), (80, 24), (60, 22))
WORK = {
    "Bill Boquet": ("clients mine", ("3", "1"), "client 1", "Kevin Casey", "3 client update"),
    "Kate Hastroff": ("events mine", ("109",), "event 109", "John Ouick Wedding", "3 event update"),
    "Gina Comptoir": (
        "contracts unpaid",
        ("700", "412", "11", "10"),
        "contract 412",
        "Lou Bouzin",
        "3 contract update",
    ),
    "Ada Racine": (
        "employees",
        ("1", "2", "3", "4", "5", "6", "7", "8"),
        "employee bill",
        "bill@epic.example",
        "2 employee update",
    ),
}
"""Whom, a list and the numbers on it, a card, what is on it, and what may be done with it."""


def below(seat: Terminal, start: str) -> list[str]:
    """The screen from the last line on that starts so."""
    place = max(place for place, line in enumerate(seat.lines) if line.startswith(start))
    return seat.lines[place:]


def assert_nothing_overflows(seat: Terminal, columns: int) -> None:
    """Rows of tables are single lines, frames are closed, and the last line is the toolbar, whole."""
    seat.settle()  # the toolbar goes to the last line once the program knows where the cursor is
    for line in seat.lines:
        assert len(line) <= columns
        if line.startswith("│"):
            assert line.endswith("│"), line
    toolbar = [line for line in seat.lines if line][-1]
    assert re.search(r" · \d h \d\d left$", toolbar), toolbar


def enter(seat: Terminal, line: str, *wanted: str) -> None:
    """Type a command by its whole name, and wait for what it shows."""
    seat.child.send(line + ENTER)
    seat.wait_for(*wanted)


@pytest.mark.parametrize("name", WORK)
def test_first_screen_a_list_and_a_card(office: Office, sit: Sit, subtests: pytest.Subtests, name: str) -> None:
    for columns, rows in SIZES:
        with subtests.test(f"{columns} by {rows}"):
            if columns == 100:
                seat = sit(columns=columns, rows=rows)
                seat.sign_in(office.email(name), PASSWORD)
            else:
                seat = sit(name, columns=columns, rows=rows)
            look_around(seat, name, columns)
            assert "Traceback" not in seat.everything and PASSWORD not in seat.everything


def look_around(seat: Terminal, name: str, columns: int) -> None:
    line, numbers, card, shown, step = WORK[name]
    seat.wait_for("epic events › ", "a line of my day", "My day · ", "clients", " left")
    assert_nothing_overflows(seat, columns)

    enter(seat, line, "number: open", "Esc: back", " left")
    assert_nothing_overflows(seat, columns)
    table = below(seat, " ──")
    for row, number in zip(table[1:], numbers, strict=False):  # one line each
        assert number in row.split()[:2]  # behind its place, if that is shown
    assert table[len(numbers) + 2].split()[0] == str(len(numbers))  # how many there are
    assert "›" in table[len(numbers) + 3] and table[len(numbers) + 3].endswith("Esc: back")

    enter(seat, card, step, "Esc: back", " left")
    assert_nothing_overflows(seat, columns)
    assert shown in (seat.text if columns > 60 else seat.everything)  # the top of a card may be above a low window
    prompt = below(seat, f"{card.split()[0]} ")
    assert "›" in prompt[0] and step in prompt[1]

    seat.child.send(ESCAPE)
    seat.wait_for("number: open")
    seat.child.send(CTRL_D)
    assert seat.end() == 0


def test_a_page_is_seen_whole_and_leaves_room_for_what_comes_next(office: Office, sit: Sit) -> None:
    many_clients(office, 57)
    seat = sit("Bill Boquet", columns=80, rows=24)
    enter(seat, "clients", "next    The next page", "page    A page by its number", "number: open", " left")
    assert_nothing_overflows(seat, 80)
    assert "Clients" in seat.lines[:2] and "1–11 of 60 · Page 1" in seat.text
    seat.child.send("cont")
    seat.wait_for("contracts", "contracts unsigned")


def test_a_tiny_terminal(sit: Sit) -> None:
    seat = sit("Kate Hastroff", columns=40, rows=12)
    seat.wait_for("epic events ›", "5 clients")
    for line, shown in (
        ("events mine", "Events · mine ›"),
        ("event 109", "event 109 ›"),
        ("client kev", "client 1 ›"),
        ("contracts", "Contracts ›"),
    ):
        enter(seat, line, shown, "Esc: back", " left")
    enter(seat, "event update 109", "1) Save", "8) Abandon")
    seat.press("2", ENTER)
    seat.wait_for("Title: John Ouick Wedding")
    seat.press(ESCAPE, ESCAPE)
    seat.wait_for("Contracts ›")  # nothing was typed: nothing to speak of
    seat.press(CTRL_D)
    assert seat.end() == 0
    assert "Traceback" not in seat.everything


def test_a_window_that_changes_its_size(sit: Sit) -> None:
    seat = sit("Gina Comptoir", columns=100, rows=30)
    enter(seat, "contracts", "Contracts ›", "Commercial contact")
    seat.child.setwinsize(16, 40)
    seat._screen.resize(16, 40)
    seat.settle()
    enter(seat, "contracts", "652   John Ouick    signed", "number: open · Esc: back")
    assert not any("Commercial contact" in line for line in below(seat, "Contracts"))


def test_hostile_records_on_the_screen(office: Office, sit: Sit) -> None:
    """The database keeps out what moves a cursor; what it lets in is shown as typed."""
    names = {1: "[/red]", 2: "[bold]x[/bold]", 3: "日本語 🎉 " + "漢" * 60}
    for number, name in names.items():
        office.as_owner("UPDATE crm.client SET full_name = %s, company_name = %s WHERE id = %s", name, name, number)
    seat = sit("Bill Boquet", columns=80, rows=28)
    enter(seat, "clients", "[/red]", "[bold]x[/bold]", "Clients ›")
    assert_nothing_overflows(seat, 80)
    assert [row.split()[0] for row in below(seat, " ──")[1:4]] == ["3", "2", "1"]
    seat.child.send("client [")
    seat.wait_for("client 1  [/red]", "client 2  [bold]x[/bold]")
    seat.press(*["\x7f"] * 8)
    enter(seat, "client 1", "╭─ [/red]", "client 1 ›")
    enter(seat, "client update", "Change [/red]", "Full name: [/red]")
    seat.press(ESCAPE)
    seat.say("[/red]\u202e")
    seat.wait_for("“[/red]\N{REPLACEMENT CHARACTER}” is not in the menu")


def test_without_colours(sit: Sit) -> None:
    seat = sit("Bill Boquet", NO_COLOR="1")
    enter(seat, "client 1", "client 1 ›", "3 client update")
    enter(seat, "nonsense", "is not in the menu")
    assert not re.search(r"\x1b\[[0-9;]*(3[0-8]|4[0-8]|9[0-7])[;m]", seat.everything)


def test_a_dumb_terminal_gets_plain_lines(sit: Sit) -> None:
    seat = sit("Bill Boquet", TERM="dumb")
    seat.wait_for("epic events ›")
    enter(seat, "clients mine", "3 | Lou Bouzin", "Clients · mine ›")
    enter(seat, "<", "epic events ›")
    seat.child.send("quit\n")
    assert seat.end() == 0
    assert "\x1b" not in seat.everything


def test_plain_lines_on_request_in_french(pipe: Pipe) -> None:
    said = pipe("Kate Hastroff", "events mine", "109", "quit", EPICEVENTS_LANG="fr")
    assert said.status == 0 and said.errors == ""
    assert "John Ouick Wedding" in said.output and "4 juin 2027" in said.output


def test_french_screens(sit: Sit) -> None:
    seat = sit("Gina Comptoir", columns=80, rows=24, EPICEVENTS_LANG="fr")
    seat.wait_for("Gina Comptoir", "›")
    enter(seat, "contracts", "700   Kevin Casey", "4 000,00 €")  # the English name works as well
    enter(seat, "contract 412", "1\u202f250,00\xa0€", "412 ›")
    assert "\N{REPLACEMENT CHARACTER}" not in seat.everything
    assert all(line.endswith("│") for line in seat.lines if line.startswith("│"))
    seat.press(CTRL_D)
    assert seat.end() == 0
