"""My day as a screen or as lines: what each line is called, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.bar import Bar
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crm.day import Day, Tally
from crm.day_parts import BOUND
from crm.fields import DEPARTMENT_NAMES, Field, Kind
from crm.models import SignIn
from menus.charts import LONGEST, SHORTEST, Calendar, Chart, glance
from menus.i18n import N_, _, colon, current
from menus.views import Listing
from menus.written import visible

BETWEEN = 3  # cells between the lines and the chart


class LineText(NamedTuple):
    """What a line of the day is called: on the screen, as a command, in the menu."""

    label: str
    name: str
    description: str


TEXTS = {
    "unsigned": LineText(
        N_("My unsigned contracts"),
        N_("contracts to sign"),
        N_("My clients' contracts that wait for a signature"),
    ),
    "outstanding": LineText(
        N_("Outstanding on my contracts"),
        N_("contracts outstanding"),
        N_("My clients' signed contracts not fully paid"),
    ),
    "without event": LineText(
        N_("Signed, but without an event"),
        N_("contracts without event"),
        N_("Signed contracts with nothing organised yet"),
    ),
    "untouched": LineText(
        N_("Clients not touched for more than 90 days"),
        N_("clients not touched"),
        N_("My clients, those left alone for longest first"),
    ),
    "coming": LineText(N_("My coming events"), N_("events mine coming"), N_("The events I run, the soonest first")),
    "without location": LineText(
        N_("Location missing"), N_("location missing"), N_("My coming events without a location")
    ),
    "without attendees": LineText(
        N_("Attendees missing"),
        N_("attendees missing"),
        N_("My coming events, number of people not known"),
    ),
    "without notes": LineText(N_("Notes missing"), N_("notes missing"), N_("My coming events without notes")),
    "to assign": LineText(
        N_("Events without support"), N_("events to assign"), N_("Coming events that nobody runs, soonest first")
    ),
    "unsigned young": LineText(
        N_("Unsigned for less than 30 days"),
        N_("unsigned under 30 days"),
        N_("Contracts written less than 30 days ago"),
    ),
    "unsigned middling": LineText(
        N_("Unsigned for 30 to 90 days"),
        N_("unsigned 30 to 90 days"),
        N_("Contracts that have waited for 30 to 90 days"),
    ),
    "unsigned old": LineText(
        N_("Unsigned for more than 90 days"),
        N_("unsigned over 90 days"),
        N_("Contracts that have waited for over 90 days"),
    ),
    "outstanding young": LineText(
        N_("Outstanding for less than 30 days"),
        N_("unpaid under 30 days"),
        N_("Signed less than 30 days ago, not fully paid"),
    ),
    "outstanding middling": LineText(
        N_("Outstanding for 30 to 90 days"),
        N_("unpaid 30 to 90 days"),
        N_("Signed 30 to 90 days ago, not fully paid"),
    ),
    "outstanding old": LineText(
        N_("Outstanding for more than 90 days"),
        N_("unpaid over 90 days"),
        N_("Signed more than 90 days ago, not fully paid"),
    ),
    "people": LineText(N_("Active employees"), N_("employees active"), N_("Everybody whose account is open")),
    "one-time passwords": LineText(
        N_("One-time passwords not changed yet"),
        N_("one-time passwords"),
        N_("Who has not chosen a password of their own yet"),
    ),
    "sign-ins": LineText(N_("Sign-ins of the last 7 days"), N_("sign-ins"), N_("Who signed in when")),
    "locked": LineText(N_("Locked accounts"), N_("locked accounts"), N_("Who typed too many wrong passwords")),
}
"""Line.key -> its texts."""


class DayLine(NamedTuple):
    """A line as it is written."""

    label: str
    count: str
    detail: str
    quiet: bool
    amount: float = 0.0


@dataclass(frozen=True)
class DayView:
    """The lines, numbered as the menu is, with a chart beside them where the screen is wide enough."""

    title: str
    lines: Sequence[DayLine]
    notes: Sequence[str] = ()
    chart: Chart | None = None
    """None: what the lines add up is drawn behind each of them."""
    whole: bool = False
    """Without room beside the lines the chart goes below, instead of nowhere."""

    def on_screen(self, width: int) -> RenderableType:
        title = Text(visible(self.title), style="bold")
        if self.chart is None:
            taken = self._width()
            return Group(title, self._lines(details=taken <= width, bars=min(LONGEST, width - taken - 4)))
        # A calendar says what the details do.
        for details in (True, False) if isinstance(self.chart, Calendar) else (True,):
            taken = self._width(details)
            if taken + BETWEEN + self.chart.least <= width:
                both = Table.grid(padding=(0, BETWEEN, 0, 0))
                both.add_column(width=taken)
                both.add_row(self._lines(details), self.chart.on_screen(width - taken - BETWEEN))
                return Group(title, both)
        below = [Text(), self.chart.on_screen(width)] if self.whole else []
        return Group(title, self._lines(details=self._width() <= width), *below)

    def as_lines(self) -> Iterator[str]:
        yield visible(self.title)
        for number, line in enumerate(self.lines, 1):
            numbers = ", ".join(part for part in (line.count, visible(line.detail)) if part)
            yield f"{number}. {colon(line.label)} {numbers}"
        yield from map(visible, self.notes)
        if self.chart is not None and self.whole:
            yield from self.chart.as_lines()

    def _lines(self, details: bool = True, bars: int = 0) -> RenderableType:
        details = details and any(line.detail for line in self.lines)
        table = Table.grid(padding=(0, 2, 0, 0))
        largest = max((line.amount for line in self.lines), default=0.0)
        for number, line in enumerate(self.lines, 1):
            style = "dim" if line.quiet else ""
            cells: list[RenderableType] = [
                Text(f"{number:>2}", style=style),
                Text(line.label, style=style, no_wrap=True, overflow="ellipsis"),
                Text(line.count, style=style, justify="right", no_wrap=True),
            ]
            if details:
                cells.append(Text(visible(line.detail), style=style, justify="right", no_wrap=True))
            if largest and bars >= SHORTEST:
                cells.append(Bar(largest, 0, line.amount, width=bars))
            table.add_row(*cells)
        return Group(table, *(Text(visible(note), style="dim") for note in self.notes))

    def _width(self, details: bool = True) -> int:
        """Cells of the lines."""
        columns = list(zip(*(line[:3] for line in self.lines), strict=True))
        return 2 + sum(2 + max(map(cell_len, column)) for column in (columns if details else columns[:2]))


def day_view(day: Day, whole: bool = False) -> DayView:
    title = _("My day · {day}").format(day=current().whole_day(day.clock.today))
    lines = [_line(tally, day) for tally in day.tallies]
    return DayView(title, lines, list(_notes(day)), glance(day), whole)


def sign_in_table(found: Sequence[SignIn]) -> Listing:
    """Who signed in when, newest first."""
    columns = (
        Field("at", N_("When"), Kind.MOMENT, rank=1),
        Field("employee", N_("Name"), Kind.LINE, rank=1),
        Field("department", N_("Department"), Kind.LINE, rank=2),
    )
    rows = [
        (
            current().moment(sign_in.created_at),
            sign_in.employee.full_name,
            _(DEPARTMENT_NAMES[sign_in.employee.department]),
        )
        for sign_in in found
    ]
    return Listing(_("Sign-ins of the last 7 days"), columns, rows)


def _line(tally: Tally, day: Day) -> DayLine:
    language = current()
    count = language.number(tally.count)
    if tally.count > BOUND and tally.line.amount is None:
        count = _("more than {number}").format(number=language.number(BOUND))
    detail = ""
    if tally.amount is not None:
        detail = language.amount(tally.amount)
    elif tally.soonest is not None and tally.soonest < day.clock.now:
        detail = _("under way")
    elif tally.soonest is not None:
        detail = _("soonest: {day}").format(day=language.weekday(day.clock.day_of(tally.soonest)))
    return DayLine(_(TEXTS[tally.line.key].label), count, detail, tally.count == 0, float(tally.amount or 0))


def _notes(day: Day) -> Iterator[str]:
    """What belongs to a line but does not fit into it."""
    if day.is_empty:
        yield _("Nothing waits for you.")
    for row in day.rows.get("locked until", ()):
        if row.until is not None:
            line = _("{name} may try to sign in again at {time}.")
            yield line.format(name=row.label, time=current().time(row.until))
    if "staff" in day.rows:
        counts = {row.label: row.number or 0 for row in day.rows["staff"]}
        yield " · ".join(f"{_(name)} {current().number(counts.get(key, 0))}" for key, name in DEPARTMENT_NAMES.items())
