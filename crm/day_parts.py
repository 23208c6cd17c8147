"""What the day is made of: lines to count, series to draw, each for whoever has the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import peewee
from peewee import SQL, Select, Value, fn

from crm.permissions import Right
from crm.records import Records
from crm.session import Session

BOUND = 1000
"""No line counts further than that, unless it adds up amounts."""
MINE, ALL, ANY = ("own",), ("all",), ("own", "all")
COUNT = fn.COUNT(SQL("*"))


@dataclass(frozen=True)
class Clock:
    """Now (aware), and the time zone whose days, weeks and months are meant."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def monday(self) -> date:
        return self.today - timedelta(days=self.today.weekday())

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def truncated(self, unit: str, moment: Any) -> Any:
        """SQL: when the "day", "week" or "month" of `moment` began here."""
        zone = str(self.zone)
        return fn.timezone(zone, fn.date_trunc(unit, fn.timezone(zone, moment)))


Narrow = Callable[[Any, Clock], Any]
"""Records -> those of them that a line is about, in the order of their list."""


class Row(NamedTuple):
    """A row of the one statement; what its values mean depends on the part."""

    part: str
    label: str | None = None
    number: int | None = None
    amount: Decimal | None = None
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Part:
    """Something that is read for whoever has a right that goes far enough."""

    key: str
    needs: Right
    scopes: tuple[str, ...]

    def allowed(self, session: Session) -> bool:
        return session.permissions.scope(*self.needs) in self.scopes

    def query(self, session: Session, clock: Clock) -> Any:
        """A SELECT of `row`."""
        raise NotImplementedError


@dataclass(frozen=True)
class Line(Part):
    """Records that wait for somebody: how many they are, and the list of exactly these."""

    entity: str
    narrow: Narrow
    amount: peewee.Field[Any] | None = None
    """What is added up, if anything."""
    soonest: peewee.Field[Any] | None = None
    waits: bool = True
    """False: good to know, but nothing to do about."""

    def records(self, session: Session, clock: Clock) -> Records[Any]:
        """The list behind the number; one's own where the line is for those whose right goes no further."""
        manager = session.of(self.entity)
        records: Records[Any] = self.narrow(manager.visible() if "all" in self.scopes else manager.mine(), clock)
        return records

    def query(self, session: Session, clock: Clock) -> Any:
        """Counted by the conditions of the list, so that both always agree."""
        records = self.records(session, clock)
        counted = records.bare(_or_null(self.amount, "numeric", "amount"), _or_null(self.soonest, "timestamptz", "at"))
        if self.amount is None:  # the soonest is among the first in any case
            counted = counted.order_by(*records.order).limit(BOUND + 1)
        return row(self.key, counted, number=COUNT, amount=fn.SUM(SQL("amount")), at=fn.MIN(SQL("at")))


@dataclass(frozen=True)
class Series(Part):
    """Values to be drawn: `rows` gives a SELECT of `row`."""

    rows: Callable[[Session, Clock], Any]
    glance: bool = True
    """False: only when charts are asked for."""

    def query(self, session: Session, clock: Clock) -> Any:
        return self.rows(session, clock)


def _or_null(column: peewee.Field[Any] | None, type_name: str, alias: str) -> Any:
    return (SQL(f"NULL::{type_name}") if column is None else column).alias(alias)


def row(part: str, source: Any = None, **values: Any) -> Any:
    """A SELECT of one Row for each row of `source`, or for each group; all of one shape, to be put together."""
    columns = [
        values.get(name, SQL("NULL")).cast(kind)
        for name, kind in zip(Row._fields[1:], ("text", "bigint", "numeric", "timestamptz", "timestamptz"), strict=True)
    ]
    return Select((source.alias("t"),) if source is not None else (), (Value(part).cast("text"), *columns))
