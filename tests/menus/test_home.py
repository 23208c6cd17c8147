"""Home is my day: numbered lines that open what was counted, charts that need no colour, and no screen too narrow."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from crm import day_lines
from crm.day import Day, Tally
from crm.day_parts import Clock, Row
from menus.charts import Bars, Calendar, calendar
from menus.day_view import TEXTS, DayLine, DayView, day_view
from menus.home import Home
from menus.palette import digits
from menus.terminal import View
from tests.company import Office
from tests.menus.test_shell import after, desk, give, meanwhile, reopen, shut, speaking

PARIS = ZoneInfo("Europe/Paris")
PEOPLE = {"Bill Boquet": 4, "Kate Hastroff": 4, "Gina Comptoir": 7, "Ada Racine": 4}


def drawn(view: View, width: int) -> list[str]:
    """What a screen without colour shows."""
    screen = Console(file=io.StringIO(), width=width, color_system=None, markup=False, highlight=False, emoji=False)
    screen.print(view.on_screen(width))
    return screen.file.getvalue().splitlines()  # type: ignore[attr-defined]


BARS = Bars("Signed", [("Jan 2026", 100.0, "€100"), ("Feb 2026", 0.0, "€0"), ("Mar 2026", 50.0, "€50")])
CALENDAR = Calendar(
    "My events",
    date(2026, 11, 23),
    date(2026, 11, 25),
    Counter({date(2026, 11, 25): 2, date(2026, 12, 6): 1, date(2026, 11, 24): 1}),
)
LINES = [DayLine("Unsigned", "3", "€1,200.00", False, 1200.0), DayLine("Missing", "0", "", True)]


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with speaking(request.param):
        yield request.param


class TestCharts:
    def test_bars_stand_in_proportion_with_their_values_beside_them(self) -> None:
        title, january, february, march = drawn(BARS, 60)
        assert title.strip() == "Signed"
        assert january.count("█") == 2 * march.count("█") > 0 == february.count("█")
        assert [line.split()[-1] for line in (january, february, march)] == ["€100", "€0", "€50"]

    def test_nothing_at_all_is_drawn_as_nothing(self) -> None:
        assert "█" not in "".join(drawn(Bars("Signed", [("Jan", 0.0, "€0")]), 60))
        assert "".join(drawn(Bars("Signed", []), 60)).strip() == "Signed"

    @pytest.mark.parametrize("width", [BARS.least, 40, 80, 140])
    def test_bars_fit(self, width: int) -> None:
        assert all(cell_len(line) <= width for line in drawn(BARS, width))
        assert all("…" not in line for line in drawn(BARS, width))

    def test_a_calendar_shows_today_and_busy_days_without_colour(self) -> None:
        lines = [line.rstrip() for line in drawn(CALENDAR, 80)]
        assert lines[1].split() == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        assert lines[2] == "23 Nov  23    24•  [25]•• 26    27    28    29"
        assert lines[3].endswith(" 5     6•")
        assert len(lines) == 6

    def test_a_calendar_fits_into_what_it_asks_for(self, language: str) -> None:
        lines = drawn(CALENDAR, CALENDAR.least)
        assert len(lines) == 6
        assert all(cell_len(line) <= CALENDAR.least for line in lines)

    def test_weeks_begin_with_monday_in_french_too(self) -> None:
        with speaking("fr"):
            assert drawn(CALENDAR, 80)[1].split() == ["lun", "mar", "mer", "jeu", "ven", "sam", "dim"]
            assert list(CALENDAR.as_lines())[1] == "  mer. 25 nov.\u00a0: 2 événements"

    def test_plain_lines_are_label_and_value(self) -> None:
        assert list(BARS.as_lines()) == ["Signed:", "  Jan 2026: €100", "  Feb 2026: €0", "  Mar 2026: €50"]
        assert list(CALENDAR.as_lines()) == ["My events:", "  Wed 25 Nov: 2 events", "  Sun 6 Dec: 1 event"]


class TestView:
    def test_the_chart_stands_beside_the_lines_where_there_is_room(self) -> None:
        view = DayView("My day", LINES, chart=BARS)
        wide = drawn(view, 100)
        assert len(wide) == 5 and "Unsigned" in wide[1] and "Signed" in wide[1]
        assert len(drawn(view, 50)) == 3  # only the lines
        assert "█" in drawn(DayView("My day", LINES, chart=BARS, whole=True), 50)[-1]  # or below them, when asked for

    def test_without_a_chart_amounts_are_drawn_behind_their_lines(self) -> None:
        title, first, second = drawn(DayView("My day", LINES), 80)
        assert "€1,200.00  █" in first and "█" not in second and title.strip() == "My day"

    @pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 100, 140])
    @pytest.mark.parametrize("chart", [None, BARS, CALENDAR], ids=["none", "bars", "calendar"])
    def test_one_row_for_each_line_whatever_the_width(self, width: int, chart: Bars | Calendar | None) -> None:
        screen = drawn(DayView("My day", LINES, chart=chart), width)
        assert all(cell_len(line) <= width for line in screen)
        assert [line[:3].strip() for line in screen if line.strip()][1:3] == ["1", "2"]

    def test_plain_lines_are_numbered_too(self) -> None:
        view = DayView("My day", LINES, ["A note."], BARS)
        assert list(view.as_lines()) == ["My day", "1. Unsigned: 3, €1,200.00", "2. Missing: 0", "A note."]
        assert list(DayView("My day", LINES, [], BARS, whole=True).as_lines())[3] == "Signed:"

    def test_what_colleagues_wrote_is_shown_as_typed(self) -> None:
        view = DayView("My day", LINES, ["\x1b[2J[/red]"], None)
        assert "\x1b" not in "".join([*view.as_lines(), *drawn(view, 80)])


class TestHome:
    @pytest.mark.parametrize("name", PEOPLE)
    def test_numbers_on_the_screen_are_those_that_pick(self, office: Office, name: str) -> None:
        shell = desk(office, name).shell
        said = give(shell)
        commands = list(shell.commands())
        numbered = re.findall(r"^(\d+)\. (.*?):", said, re.MULTILINE)
        assert len(numbered) == PEOPLE[name]
        for command, (number, label) in zip(commands, numbered, strict=False):
            assert digits(command, commands) == number
            (text,) = (text for text in TEXTS.values() if text.label == label)
            assert command.msgid == text.name
        assert digits(commands[PEOPLE[name]], commands) == str(PEOPLE[name] + 1)

    @pytest.mark.parametrize("name", PEOPLE)
    def test_each_line_opens_the_list_behind_it(
        self, office: Office, name: str, subtests: pytest.Subtests, language: str
    ) -> None:
        shell = desk(office, name).shell
        give(shell)
        for number, command in enumerate(list(shell.commands())[: PEOPLE[name]], 1):
            for typed in (str(number), *command.names):
                with subtests.test(typed):
                    worked = after(office, name, typed)
                    assert worked.errors == ""
                    assert " | " in worked.output or re.search("Nothing here|Rien", worked.output)

    def test_numbers_and_lists_agree(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "2", "<", "contracts without event", "<", "clients not touched")
        assert "2. Outstanding on my contracts: 2, €5,250.00" in worked.output
        assert worked.output.count("Outstanding on my contracts ›") == 1
        opened = worked.output.split("Outstanding on my contracts\n")[1].split("›")[0]
        assert re.findall(r"^\d+ \| (\d+) \|", opened, re.MULTILINE) == ["412", "700"]

    def test_coming_back_reads_it_again(self, office: Office) -> None:
        signed = lambda: office.as_owner("UPDATE crm.contract SET status = 'signed' WHERE id = 10")  # noqa: E731
        worked = meanwhile(office, "Bill Boquet", "contracts", signed, "<")
        assert re.findall(r"1\. My unsigned contracts: (.*)", worked.output) == ["1, €1,000.00", "0"]

    def test_my_day_from_anywhere(self, office: Office) -> None:
        worked = after(office, "Kate Hastroff", "events", "109", "my day", "<")
        assert worked.errors == ""
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-2:] == ["epic events ›"] * 2
        assert worked.output.count("My day · ") == 2
        with speaking("fr"):
            assert after(office, "Kate Hastroff", "ma journée").output.count("Ma journée · ") == 2

    @pytest.mark.parametrize(
        ("name", "titles"),
        [
            ("Bill Boquet", ["Amounts signed per month"]),
            ("Kate Hastroff", ["My events of the next weeks", "Events per week, from Monday"]),
            (
                "Gina Comptoir",
                [
                    "Amounts signed per month",
                    "Amounts outstanding, by time since the signature",
                    "Events per week, from Monday",
                ],
            ),
            ("Ada Racine", ["Sign-ins per day", "Active employees per department"]),
        ],
    )
    def test_charts_are_those_of_ones_rights(self, office: Office, name: str, titles: list[str]) -> None:
        said = after(office, name, "charts").output
        assert re.findall(r"^(\S.*):$", said.split("epic events ›")[1], re.MULTILINE) == titles

    def test_sign_ins_are_a_table_of_the_administrations(self, office: Office) -> None:
        worked = after(office, "Ada Racine", "sign-ins")
        assert "When | Name | Department" in worked.output and " | Ada Racine | Administration" in worked.output
        assert "is not in the menu" in after(office, "Bill Boquet", "sign-ins").errors

    def test_a_locked_account_is_named_with_the_time_it_opens(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.login_throttle (email_hash, not_before)"
            " VALUES (crm.email_hash('bill@epic.example'), now() + interval '20 minutes')"
        )
        worked = after(office, "Ada Racine", "locked accounts")
        assert re.search(r"^Bill Boquet may try to sign in again at \d\d:\d\d\.$", worked.output, re.MULTILINE)
        assert "2 | Bill Boquet" in worked.output
        assert "Nothing waits" not in worked.output

    def test_an_empty_day_says_so(self, office: Office, language: str) -> None:
        office.as_owner("DELETE FROM crm.event")
        said = after(office, "Kate Hastroff").output
        assert ("Nothing waits for you." if language == "en" else "Rien ne vous attend.") in said

    def test_more_than_a_thousand_is_enough_to_know(self) -> None:
        by_key = {line.key: line for line in day_lines.LINES}
        tallies = [Tally(by_key["untouched"], 1001, None, None), Tally(by_key["unsigned"], 1001, Decimal(5), None)]
        with speaking("fr"):
            view = day_view(Day(Clock(datetime(2026, 11, 24, tzinfo=UTC), PARIS), tallies, {}))
        assert [line[1:3] for line in view.lines] == [("plus de 1\u202f000", ""), ("1\u202f001", "5,00\xa0€")]


class TestTrouble:
    def test_without_a_database_it_is_told_once_and_comes_when_that_is_back(self, office: Office) -> None:
        worked = meanwhile(office, "Bill Boquet", "contracts", lambda: shut(office), "<", "quit")
        assert "Traceback" not in worked.output + worked.errors
        assert set(worked.errors.splitlines()) == {"The database does not answer. Please try again in a moment."}
        shell = desk(office, "Bill Boquet").shell
        shut(office)
        assert "My day" not in give(shell, "quit")
        assert shell.terminal.refusals == 1
        reopen(office)
        assert "1. My unsigned contracts: 1" in give(shell)

    def test_what_was_not_read_has_no_numbers(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        assert isinstance(shell.place, Home)
        commands = list(shell.commands())
        assert digits(commands[0], commands) == "1" and commands[0].msgid == "clients"

    def test_a_session_that_is_over_leads_to_the_door(self, office: Office) -> None:
        over = lambda: office.as_owner("UPDATE crm.session SET revoked_at = now()")  # noqa: E731
        worked = meanwhile(office, "Bill Boquet", "contracts", over, "<", "")
        assert worked.errors == "Your session is over: please sign in again.\n"
        assert worked.output.endswith("Your session is over. Your password, Bill Boquet: \nEmail: ")


def test_night_belongs_to_the_evening_before() -> None:
    """A wedding from Saturday to Sunday, two in the morning, makes a busy Saturday."""
    saturday = datetime(2026, 11, 28, 13, 0, tzinfo=PARIS)
    rows = [
        Row("calendar", at=saturday, until=saturday + timedelta(hours=13)),
        Row("calendar", at=saturday + timedelta(days=2), until=saturday + timedelta(days=3)),
    ]
    drawn_calendar = calendar(Day(Clock(datetime(2026, 11, 24, tzinfo=UTC), PARIS), [], {"calendar": rows}))
    assert drawn_calendar is not None
    assert sorted(drawn_calendar.busy.elements()) == [date(2026, 11, 28), date(2026, 11, 30), date(2026, 12, 1)]
