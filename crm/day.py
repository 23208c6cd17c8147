"""My day: what waits for this employee, as numbers with the records behind them, in one round trip.

Rights choose what is on it: `Part.needs` are rows of crm.permission.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from peewee import SQL, Select

from crm.day_lines import LINES
from crm.day_parts import Clock, Line, Row, row
from crm.day_series import SERIES
from crm.session import Session


@dataclass(frozen=True)
class Tally:
    """A line with its numbers. `count` beyond BOUND: more than that."""

    line: Line
    count: int
    amount: Decimal | None
    soonest: datetime | None


@dataclass(frozen=True)
class Day:
    """What was read. `rows`: those of each series allowed, in the order of time; none for the others."""

    clock: Clock
    tallies: Sequence[Tally]
    rows: Mapping[str, Sequence[Row]]

    @property
    def is_empty(self) -> bool:
        """Does nothing wait? How many people work here is not waiting."""
        return not any(tally.count for tally in self.tallies if tally.line.waits)


def read(session: Session, clock: Clock, charts: bool = False) -> Day:
    """The day of whoever is signed in, in one statement; `charts`: with everything that can be drawn.

    Raises SignedOut, Unavailable.
    """
    lines = [line for line in LINES if line.allowed(session)]
    series = [part for part in SERIES if part.allowed(session) and (charts or part.glance)]
    rows: dict[str, list[Row]] = {"actor": []}
    for found in _read(session, [part.query(session, clock) for part in (*lines, *series)]):
        rows.setdefault(found.part, []).append(found)
    if rows["actor"][0].number is None:
        session.verify()  # to a dead token everything is empty
    tallies = [_tally(line, rows[line.key][0]) for line in lines]
    return Day(clock, tallies, {part.key: _in_time(rows.get(part.key, [])) for part in series})


def _read(session: Session, queries: Sequence[Any]) -> list[Row]:
    parts = reduce(lambda all_rows, rows: all_rows.union_all(rows), queries, ACTOR)
    statement = Select((parts.alias("day"),), (SQL("*"),))  # it starts with SELECT: Database may repeat it
    return session.answer(lambda: [Row(*values) for values in statement.tuples().execute(session.database)])


ACTOR = row("actor", number=SQL("(SELECT crm.actor_id())"))


def _tally(line: Line, found: Row) -> Tally:
    return Tally(line, found.number or 0, found.amount, found.at)


def _in_time(rows: Sequence[Row]) -> Sequence[Row]:
    return sorted(rows, key=lambda found: found.at or datetime.min.replace(tzinfo=UTC))
