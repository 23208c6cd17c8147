"""A long list in a real terminal: turn its pages, open a row by its number, and find the way back."""

from __future__ import annotations

import re

import pytest

from tests.company import Office
from tests.end_to_end.conftest import Pipe, Sit
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
    seat.press("3")  # the third thing that stands on the card, at once
    seat.wait_for("event 109 ›", "Kate Hastroff")
    enter(seat, "#412", "contract 412 ›", "Lou Bouzin")
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
    seat.wait_for("8 clients", "18 contract sign")
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


PAGE_UP, PAGE_DOWN = "\x1b[5~", "\x1b[6~"
SPOKEN = {
    "en": {
        "contracts": "contracts", "sort": "sort total amount", "sorted": "Contracts · by total amount, largest first",
        "filter": "filter unpaid", "filtered": "Contracts · unpaid · by total amount", "of": "filter client casey",
        "empty": "Nothing here. “filter signed” takes the last filter off, “filter none”", "signed": "filter signed",
        "none": "filter none", "clients": "clients", "first": "of 60 · Page 1", "second": "of 60 · Page 2", "unsigned": "filter unsigned",
    },
    "fr": {
        "contracts": "contrats", "sort": "trier par montant total", "sorted": "Contrats · par montant total, le plus grand d’abord",
        "filter": "filtrer impayés", "filtered": "Contrats · impayés · par montant total", "of": "filtrer client casey",
        "empty": "Rien à afficher. « filtrer signés » retire le dernier filtre,", "signed": "filtrer signés",
        "none": "sans filtre", "clients": "clients", "first": "sur 60 · Page 1", "second": "sur 60 · Page 2", "unsigned": "filtrer non signés",
    },
}  # fmt: skip


def table(seat: Terminal) -> list[str]:
    """The rows of the last table on the screen."""
    rule = max(place for place, line in enumerate(seat.lines) if line.startswith(" ──"))
    below = seat.lines[rule + 1 :]
    return below[: below.index("")]


def shows(seat: Terminal, *numbers: str) -> None:
    """Wait for these records in the last table: its title stands there before its rows do."""

    def seen() -> bool:
        return [row.split()[1] for row in table(seat)] == list(numbers)

    seat.wait_until(seen, numbers)


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("columns", [80, 100, 140])
def test_sorted_and_filtered_on_every_width(office: Office, sit: Sit, columns: int, language: str) -> None:
    many_clients(office, 57)
    said = SPOKEN[language]
    seat = sit("Bill Boquet", columns=columns, rows=30, EPICEVENTS_LANG=language)
    enter(seat, said["contracts"], "652")
    enter(seat, said["sort"], said["sorted"])
    shows(seat, "652", "700", "412", "10", "11")
    assert len({len(re.split(r"\s{2,}", row.strip())) for row in table(seat)}) == 1  # as many columns in every row
    enter(seat, said["filter"], said["filtered"])
    shows(seat, "700", "412", "10", "11")
    enter(seat, said["of"], "Kevin Casey · ")
    shows(seat, "700", "10")
    enter(seat, said["unsigned"])
    enter(seat, said["signed"], said["empty"].replace("« ", "«\xa0").replace(" »", "\xa0»"))
    enter(seat, said["none"], "412")
    assert all(len(line) <= columns for line in seat.lines)
    enter(seat, said["clients"], said["first"])
    seat.press(PAGE_DOWN)
    seat.wait_for(said["second"])
    assert all(len(line) <= columns for line in seat.lines)
    seat.press(PAGE_UP)
    seat.wait_for(said["first"])


def test_what_was_seen_stays_above(office: Office, sit: Sit) -> None:
    """The palette erases nothing but itself."""
    many_clients(office, 57)
    seat = sit("Bill Boquet", columns=100, rows=30)
    enter(seat, "clients", "Page 1")
    for page in ("Page 2", "Page 3", "Page 4"):
        seat.press(PAGE_DOWN)
        seat.wait_for(page)
    seat.press("fil", ESCAPE)  # a menu that opens and closes
    enter(seat, "sort first contact", "by first contact, newest first")
    above = ["".join(line[cell].data for cell in range(100)).rstrip() for line in seat._screen.history.top]
    everything = "\n".join([*above, seat.text])
    for number in (*range(1000001, 1000058), 1, 2, 3):
        assert re.search(rf"^ *(\d+ +)?{number} ", everything, re.MULTILINE), number
    assert [line for line in everything.splitlines() if line.startswith("Clients ›")][:3] == ["Clients › next"] * 3
    assert "fil" not in "\n".join(above) and "› fil" not in everything  # the menu of now may stand below


def test_a_row_by_its_place(office: Office, sit: Sit) -> None:
    many_clients(office, 57)
    seat = sit("Bill Boquet", columns=100, rows=30)
    enter(seat, "clients", " #        ID", "Page 1", "filter  Fewer rows", " left")
    enter(seat, "3", "client 1000055 ›", "Client Number 55")


def test_a_client_to_filter_by_is_found_while_typing(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet", columns=100, rows=30)
    enter(seat, "contracts", "652", "filter  Fewer rows", " left")
    seat.child.send("filter client oui")
    seat.wait_for("filter client 2  John Ouick", "john.ouick@gmail.com")
    seat.press(TAB, ENTER)
    seat.wait_for("Contracts · John Ouick ›", "2 contracts")
    seat.say("filter")
    seat.wait_for("Filter: (arrows or digits, Enter)", "filter client         on: Contracts of that client")
    seat.press(ESCAPE)
    enter(seat, "filter colleague kate", "Nothing here.")


def test_lists_line_by_line(pipe: Pipe) -> None:
    lines = ["contracts", "sort total", "filter unsigned", "filter", "8", "29/03/2023", "1", "<", "next", "quit"]
    said = pipe("Gina Comptoir", *lines)
    assert "Contracts · unsigned · by total amount, largest first\n# | Contract ID | Client |" in said.output
    assert "1 | 10 | Kevin Casey | " in said.output and "2 contracts\n" in said.output
    assert "Contracts · unsigned · until 29 Mar 2023 · by total amount, largest first\n" in said.output
    assert "Contract ID: 10" in said.output
    assert said.errors == "This is the last page.\n" and said.status == 1
