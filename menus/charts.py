"""Charts: bars and a calendar of weeks, drawn with rich; readable without colour, and as plain lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from rich.bar import Bar
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crm.day import Day
from crm.day_parts import Clock
from crm.day_series import CALENDAR_WEEKS, MONTHS, WEEKS
from crm.fields import DEPARTMENT_NAMES
from crm.sign_ins import DAYS
from menus.i18n import N_, _, colon, current, ngettext

SHORTEST, LONGEST = 10, 40  # of a bar, in cells
GLANCE_MONTHS = 6
NIGHT_ENDS = 6
"""What ends before that hour belongs to the evening before."""
AGES = (
    ("outstanding young", N_("Less than 30 days")),
    ("outstanding middling", N_("30 to 90 days")),
    ("outstanding old", N_("More than 90 days")),
)


class Chart(Protocol):
    """A View that knows how narrow it may become."""

    @property
    def least(self) -> int:
        """Cells it needs."""

    def on_screen(self, width: int) -> RenderableType: ...
    def as_lines(self) -> Iterator[str]: ...


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, each with its label in front and its value, written out, behind."""

    title: str
    bars: Sequence[tuple[str, float, str]]
    """Label, length, value as written."""

    @property
    def least(self) -> int:
        return max(cell_len(self.title), self._texts + SHORTEST)

    def on_screen(self, width: int) -> RenderableType:
        longest = max((size for _label, size, _value in self.bars), default=0) or 1
        room = min(LONGEST, max(SHORTEST, width - self._texts))
        table = Table.grid(padding=(0, 1))
        for label, size, value in self.bars:
            table.add_row(Text(label), Bar(longest, 0, size, width=room), Text(value, justify="right"))
        return Group(Text(self.title, style="bold"), table)

    def as_lines(self) -> Iterator[str]:
        yield colon(self.title)
        for label, _size, value in self.bars:
            yield f"  {colon(label)} {value}"

    @property
    def _texts(self) -> int:
        """Cells for everything but the bars."""
        return sum(max((cell_len(bar[part]) for bar in self.bars), default=0) for part in (0, 2)) + 2


@dataclass(frozen=True)
class Calendar:
    """Weeks as rows, days as columns: a dot for each event of a day, today between brackets."""

    title: str
    monday: date
    today: date
    busy: Counter[date]
    weeks: int = CALENDAR_WEEKS

    @property
    def least(self) -> int:
        sundays = [self.busy[self.monday + timedelta(days=6, weeks=number)] for number in range(self.weeks)]
        return max(cell_len(self.title), self._label + 1 + 6 * self._cell + 4 + max(sundays))

    def on_screen(self, width: int) -> RenderableType:
        heading = "".join(f"{name:>{3}}".ljust(self._cell) for name in self._weekdays)
        lines = [Text(" " * (self._label + 1) + heading.rstrip(), style="dim")]
        for number in range(self.weeks):
            first = self.monday + timedelta(weeks=number)
            label = current().short_day(first).rjust(self._label)
            lines.append(Text(f"{label} " + "".join(map(self._day, self._days(first))).rstrip()))
        return Group(Text(self.title, style="bold"), *lines)

    def as_lines(self) -> Iterator[str]:
        """The busy days only."""
        yield colon(self.title)
        for day in sorted(day for day in self.busy if day >= self.today):
            count = self.busy[day]
            events = ngettext("{count} event", "{count} events", count).format(count=count)
            yield f"  {colon(current().weekday(day))} {events}"

    def _day(self, day: date) -> str:
        number = f"[{day.day:2}]" if day == self.today else f" {day.day:2}"
        return (number + "•" * self.busy[day]).ljust(self._cell)

    def _days(self, first: date) -> list[date]:
        return [first + timedelta(days=number) for number in range(7)]

    @property
    def _weekdays(self) -> list[str]:
        return [name.rstrip(".") for name in current().weekdays()]

    @property
    def _cell(self) -> int:
        """Number, brackets, the dots of the busiest day."""
        return 4 + max([1, *self.busy.values()])

    @property
    def _label(self) -> int:
        firsts = [self.monday + timedelta(weeks=number) for number in range(self.weeks)]
        return max(cell_len(current().short_day(first)) for first in firsts)


def glance(day: Day) -> Chart | None:
    """The one chart that stands beside the lines; None where these have their own."""
    if "calendar" in day.rows:
        return calendar(day)
    if "months" in day.rows:
        return signed_per_month(day, GLANCE_MONTHS)
    if "sign-in days" in day.rows:
        return sign_ins_per_day(day)
    return None


def charts(day: Day) -> list[Chart]:
    """Everything that can be drawn of a day read with charts."""
    made = (calendar(day), signed_per_month(day), outstanding_by_age(day), events_per_week(day))
    return [chart for chart in (*made, sign_ins_per_day(day), staff(day)) if chart is not None]


def calendar(day: Day) -> Calendar | None:
    if "calendar" not in day.rows:
        return None
    busy: Counter[date] = Counter()
    for row in day.rows["calendar"]:
        if row.at is None or row.until is None:
            continue
        first, last = day.clock.day_of(row.at), day.clock.day_of(row.until - timedelta(hours=NIGHT_ENDS))
        for number in range(max(0, (last - first).days) + 1):
            busy[first + timedelta(days=number)] += 1
    monday = day.clock.monday
    shown = Counter({at: count for at, count in busy.items() if 0 <= (at - monday).days < 7 * CALENDAR_WEEKS})
    return Calendar(_("My events of the next weeks"), monday, day.clock.today, shown)


def signed_per_month(day: Day, most: int = MONTHS) -> Bars | None:
    if "months" not in day.rows:
        return None
    amounts = {_local(day.clock, row.at): row.amount or Decimal(0) for row in day.rows["months"]}
    months = [day.clock.today.replace(day=1)]
    while len(months) < most:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    signed = [(month, amounts.get(month, Decimal(0))) for month in reversed(months)]
    language = current()
    bars = [(language.month(month), float(amount), language.round_amount(amount)) for month, amount in signed]
    return Bars(_("Amounts signed per month"), bars)


def outstanding_by_age(day: Day) -> Bars | None:
    amounts = {tally.line.key: tally.amount or Decimal(0) for tally in day.tallies}
    bars = [
        (_(label), float(amounts[key]), current().round_amount(amounts[key])) for key, label in AGES if key in amounts
    ]
    return Bars(_("Amounts outstanding, by time since the signature"), bars) if bars else None


def events_per_week(day: Day) -> Bars | None:
    if "weeks" not in day.rows:
        return None
    counts = {_local(day.clock, row.at): row.number or 0 for row in day.rows["weeks"]}
    weeks = [day.clock.monday + timedelta(weeks=number) for number in range(WEEKS)]
    bars = [(current().short_day(week), counts.get(week, 0), current().number(counts.get(week, 0))) for week in weeks]
    return Bars(_("Events per week, from Monday"), bars)


def sign_ins_per_day(day: Day) -> Bars | None:
    if "sign-in days" not in day.rows:
        return None
    counts = {_local(day.clock, row.at): row.number or 0 for row in day.rows["sign-in days"]}
    days = [day.clock.today - timedelta(days=number) for number in reversed(range(DAYS))]
    bars = [(current().weekday(at), counts.get(at, 0), current().number(counts.get(at, 0))) for at in days]
    return Bars(_("Sign-ins per day"), bars)


def staff(day: Day) -> Bars | None:
    if "staff" not in day.rows:
        return None
    counts = {row.label: row.number or 0 for row in day.rows["staff"]}
    bars = [
        (_(name), counts.get(key, 0), current().number(counts.get(key, 0))) for key, name in DEPARTMENT_NAMES.items()
    ]
    return Bars(_("Active employees per department"), bars)


def _local(clock: Clock, moment: datetime | None) -> date | None:
    return clock.day_of(moment) if moment is not None else None
