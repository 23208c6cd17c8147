"""My day on the screens of each department, in both languages: what waits is in sight, and one key opens it."""

from __future__ import annotations

import re

import pytest

from tests.company import Office
from tests.end_to_end.conftest import Pipe, Sit
from tests.end_to_end.terminal import CTRL_C, CTRL_D, ENTER, ESCAPE, Terminal
from tests.end_to_end.test_screens import enter

SIZES = ((100, 30), (80, 24))
LINES = {
    "Bill Boquet": {
        "en": ("My unsigned contracts", "Clients not touched for more than 90 days", 4, "2", "Outstanding on my contracts ›"),
        "fr": ("Mes contrats non signés", "Clients sans suivi depuis plus de 90 jours", 4, "2", "À encaisser sur mes contrats ›"),
    },
    "Kate Hastroff": {
        "en": ("My coming events", "Notes missing", 4, "1", "My coming events ›"),
        "fr": ("Mes événements à venir", "Notes manquantes", 4, "1", "Mes événements à venir ›"),
    },
    "Gina Comptoir": {
        "en": ("Events without support", "Outstanding for more than 90 days", 7, "1", "Events without support ›"),
        "fr": ("Événements sans support", "À encaisser depuis plus de 90 jours", 7, "1", "Événements sans support ›"),
    },
    "Ada Racine": {
        "en": ("Active employees", "Locked accounts", 4, "1", "Active employees ›"),
        "fr": ("Collaborateurs actifs", "Comptes bloqués", 4, "1", "Collaborateurs actifs ›"),
    },
}  # fmt: skip
"""The first line, the last, how many there are; a digit and the list it opens."""
TITLE = {"en": "My day · ", "fr": "Ma journée · "}


def on_the_screen(seat: Terminal, title: str) -> list[str]:
    """The day: from its title to the prompt."""
    start = max(place for place, line in enumerate(seat.lines) if line.startswith(title))
    end = next(place for place, line in enumerate(seat.lines) if place > start and line.startswith("epic events ›"))
    return seat.lines[start:end]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", LINES)
def test_a_digit_opens_what_waits(sit: Sit, subtests: pytest.Subtests, name: str, language: str) -> None:
    first, last, count, digit, opened = LINES[name][language]
    for columns, rows in SIZES:
        with subtests.test(f"{columns} by {rows}"):
            seat = sit(name, columns=columns, rows=rows, EPICEVENTS_LANG=language)
            seat.wait_for(TITLE[language], first, last, f"{count + 1} clients")
            shown = on_the_screen(seat, TITLE[language])
            numbered = [match[1] for line in shown if (match := re.match(r" (\d)  \S", line))]
            assert numbered == [str(number) for number in range(1, count + 1)]
            assert all(len(line) <= columns for line in seat.lines)
            assert "…" not in "".join(shown)

            enter(seat, digit, opened)
            seat.press(ESCAPE)
            seat.wait_for(TITLE[language], first, f"{count + 1} clients")
            seat.press(CTRL_D)
            assert seat.end() == 0
            assert "Traceback" not in seat.everything and "\N{REPLACEMENT CHARACTER}" not in seat.everything


@pytest.mark.parametrize(("name", "drawn"), [("Bill Boquet", "█"), ("Kate Hastroff", "["), ("Gina Comptoir", "█"), ("Ada Racine", "█")])  # fmt: skip
def test_what_is_drawn_needs_no_colour(sit: Sit, name: str, drawn: str) -> None:
    seat = sit(name, columns=100, rows=30, NO_COLOR="1")
    seat.wait_for("My day · ", "clients")
    assert drawn in "".join(on_the_screen(seat, "My day · "))
    assert not re.search(r"\x1b\[[0-9;]*(3[0-8]|4[0-8]|9[0-7])[;m]", seat.everything)


def test_support_has_its_calendar_at_eighty_columns(office: Office, sit: Sit) -> None:
    office.as_owner("UPDATE crm.event SET start_date = now(), end_date = now() + interval '1 minute' WHERE id = 109")
    for language, weekday in (("en", "Mon"), ("fr", "lun")):
        seat = sit("Kate Hastroff", columns=80, rows=24, EPICEVENTS_LANG=language)
        seat.wait_for(TITLE[language], weekday, "5 clients")
        assert re.search(r"\[[ \d]\d\]•", "\n".join(on_the_screen(seat, TITLE[language])))


def test_charts_and_the_way_home(sit: Sit) -> None:
    seat = sit("Gina Comptoir", columns=80, rows=40)
    enter(seat, "charts", "Amounts outstanding, by time since the signature", "Events per week, from Monday")
    assert all(len(line) <= 80 for line in seat.lines)
    enter(seat, "contracts", "Contracts ›")
    enter(seat, "my day", "My day · ", "epic events ›", "8 clients")
    seat.press(CTRL_C)
    seat.wait_for("Ctrl-D leaves the program", "8 clients")


def test_plain_lines(pipe: Pipe) -> None:
    said = pipe("Kate Hastroff", "ma journée", "1", "<", "graphiques", EPICEVENTS_LANG="fr")
    assert said.status == 0 and said.errors == ""
    assert said.output.count("Ma journée · ") == 3
    assert re.search(r"^1\. Mes événements à venir.: 1, dès le ven. 4 juin$", said.output, re.MULTILINE)
    assert "John Ouick Wedding" in said.output and "Événements par semaine" in said.output


def test_digits_go_on_below_the_day(sit: Sit) -> None:
    seat = sit("Bill Boquet", columns=100, rows=30)
    seat.wait_for("1 to 4: a line of my day", "5 clients")
    assert "1 contracts mine unsigned" not in seat.text  # it stands above, with its number
    seat.child.send("clients")
    seat.wait_for("4 clients not touched")
    seat.press(ESCAPE)
    seat.wait_for("1 to 4: a line of my day")
    seat.child.send("5" + ENTER)
    seat.wait_for("Clients ›", "Kevin Casey")
