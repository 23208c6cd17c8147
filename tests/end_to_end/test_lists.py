"""A long list in a real terminal: turn its pages, open a row by its number, and find the way back."""

from __future__ import annotations

import re

from tests.company import Office
from tests.end_to_end.conftest import Sit
from tests.end_to_end.terminal import DOWN, ENTER, ESCAPE, TAB, UP, Terminal
from tests.menus.test_shell import many_clients


def rows(seat: Terminal) -> list[int]:
    """The numbers of the records in the last table on the screen."""
    rule = max(place for place, line in enumerate(seat.lines) if line.startswith(" ──"))
    found = [re.match(r" +(?:\d+ {3,})?(\d+)   ", line) for line in seat.lines[rule + 1 : rule + 21]]
    return [int(match[1]) for match in found if match]


def enter(seat: Terminal, line: str, *wanted: str) -> None:
    """Type a command by its whole name, and wait for what it shows."""
    seat.child.send(line + ENTER)
    seat.wait_for(*wanted)


def test_pages_a_row_by_its_number_and_the_way_back(office: Office, sit: Sit) -> None:
    many_clients(office, 57)
    seat = sit("Bill Boquet", columns=100, rows=40)
    enter(seat, "clients", "Page 1", "Clients ›", "next", "page")
    assert rows(seat) == [1000057 - n for n in range(20)]

    enter(seat, "next", "Page 2", "previous", "page")
    assert rows(seat) == [1000037 - n for n in range(20)]

    enter(seat, "page 3", "Page 3", "previous")
    assert rows(seat) == [*(1000017 - n for n in range(17)), 3, 2, 1]

    enter(seat, "1000005", "Client Number 5", "client5@many.example", "client 1000005 ›", "1 client update")

    seat.press(ESCAPE)
    seat.wait_for("Page 3", "Clients ›", "previous")
    assert rows(seat) == [*(1000017 - n for n in range(17)), 3, 2, 1]

    seat.press(ESCAPE)
    seat.wait_for("epic events ›", "5 clients")
    seat.press(ESCAPE)  # there is nowhere to go back to
    seat.wait_for("epic events ›", "5 clients")


def test_digits_pick_lines_at_home_and_records_in_a_list(office: Office, sit: Sit) -> None:
    many_clients(office, 57)
    seat = sit("Bill Boquet", columns=100, rows=40)
    enter(seat, "10", "Contracts ›", "652")
    enter(seat, "652", "contract 652 ›", "John Ouick Wedding")
    enter(seat, "109", "event 109 ›", "Kate Hastroff")
    enter(seat, "clients", "Page 1", "Clients ›")
    enter(seat, "1", "client 1000057 ›", "Client Number 57")  # its place


def test_bad_page_numbers_and_page_500(office: Office, sit: Sit) -> None:
    many_clients(office, 500 * 20)
    seat = sit("Bill Boquet", columns=100, rows=40)
    enter(seat, "clients", "Page 1")
    enter(seat, "page 0", "Type the number of a page")
    enter(seat, "page 99999", "There is no page 99999.")
    enter(seat, "page 500", "Page 500", "Clients ›")
    assert rows(seat) == [1000020 - n for n in range(20)]


def test_arrows_and_tab_choose(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.wait_for("5 clients", "13 contracts mine")
    seat.press(DOWN)
    seat.wait_for("epic events › clients")
    seat.press(DOWN)
    seat.wait_for("epic events › clients mine")
    seat.press(UP)
    assert "epic events › clients mine" not in seat.text
    seat.press(ENTER)
    seat.wait_for("Clients ›", "John Ouick")

    seat.child.send("contracts un")
    seat.wait_for("contracts unsigned", "contracts unpaid")
    seat.press(TAB)
    seat.wait_for("Clients › contracts unsigned")
    seat.press(TAB)
    seat.wait_for("Clients › contracts unpaid")
    seat.press(ENTER)
    seat.wait_for("Contracts · unpaid ›")

    seat.child.send("client kev")
    seat.wait_for("client 1  Kevin Casey")
    seat.press(TAB, ENTER)
    seat.wait_for("client 1 ›", "Cool Startup LLC")


def test_enter_takes_the_best_match_and_backspace_opens_the_menu_again(sit: Sit) -> None:
    seat = sit("Gina Comptoir")
    seat.child.send("cóntr")
    seat.wait_for("contracts unsigned")
    assert "employees" not in seat.text
    seat.press(*["\x7f"] * 5)
    seat.wait_for("8 clients", "16 contract sign")
    seat.child.send("zzz")
    seat.settle()
    assert "8 clients" not in seat.text
    seat.press(ESCAPE)  # what was typed goes first
    seat.wait_for("epic events › type what you want to do", "8 clients")
    seat.say("EVERYBODY")  # a word of the explanation is enough
    seat.wait_for("Employees ›", "kate@epic.example")


def test_a_lookup_in_a_question_takes_the_best_too(office: Office, sit: Sit) -> None:
    seat = sit("Gina Comptoir")
    enter(seat, "event assign 1024", "Support contact for John Ouick Brunch:", "Kate Hastroff", "Aliénor Vichum")
    seat.child.send("nobody")
    seat.settle()
    seat.press(ENTER)
    seat.wait_for("Nothing here matches “nobody”")
    seat.press(*["\x7f"] * 6)
    seat.child.send("alienor")
    seat.wait_for("5  Aliénor Vichum")
    seat.press(ENTER)
    seat.wait_for("Saved: event 1024.", "event 1024 ›")
    assert office.as_owner("SELECT support_contact_id FROM crm.event WHERE id = 1024") == [(5,)]
