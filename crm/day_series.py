"""The series of the day: what is drawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from peewee import SQL, Select, fn

from crm import sign_ins
from crm.day_parts import ALL, ANY, COUNT, MINE, Clock, Series, row
from crm.models import Contract, Employee, Event, SignIn
from crm.permissions import Right
from crm.session import Session

CALENDAR_WEEKS = 4
WEEKS = 8
MONTHS = 12
MOST_EVENTS = 500  # in the calendar


def _of(session: Session, entity: str, right: Right) -> Any:
    """The records of `entity` as far as `right` goes."""
    manager = session.of(entity)
    return manager.visible() if session.permissions.scope(*right) == "all" else manager.mine()


def _months(session: Session, clock: Clock) -> Any:
    """Amounts signed in this month and those before."""
    first = clock.today.replace(day=1)
    for _month in range(MONTHS - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    signed = _of(session, "contract", ("contract", "update")).signed()
    recent = signed.where(Contract.signed_at >= clock.midnight(first))
    month = clock.truncated("month", Contract.signed_at).alias("at")
    return _grouped("months", recent.bare(month, Contract.total_amount.alias("amount")), amount=fn.SUM(SQL("amount")))


def _weeks(session: Session, clock: Clock) -> Any:
    """Events that start in this week and those after."""
    last = clock.midnight(clock.monday + timedelta(weeks=WEEKS))
    events = _of(session, "event", ("event", "update")).where(
        Event.start_date >= clock.midnight(clock.monday), Event.start_date < last, Event.cancelled_at.is_null()
    )
    return _grouped("weeks", events.bare(clock.truncated("week", Event.start_date).alias("at")), number=COUNT)


def _calendar(session: Session, clock: Clock) -> Any:
    """When my coming events start and end."""
    last = clock.midnight(clock.monday + timedelta(weeks=CALENDAR_WEEKS))
    coming = session.events.mine().coming(clock.now).where(Event.start_date < last)
    events = coming.bare(Event.start_date, Event.end_date).limit(MOST_EVENTS)
    return row("calendar", events, at=SQL("start_date"), until=SQL("end_date"))


def _sign_in_days(session: Session, clock: Clock) -> Any:
    day = clock.truncated("day", SignIn.created_at).alias("at")
    return _grouped("sign-in days", sign_ins.since(clock).select(day), number=COUNT)


def _staff(session: Session, clock: Clock) -> Any:
    active = session.employees.visible().active().bare(Employee.department)
    return row("staff", active, label=SQL("department"), number=COUNT).group_by(SQL("department"))


def _locked(session: Session, clock: Clock) -> Any:
    """Whose sign-in is locked until when."""
    locked = Select(
        (SQL("crm.locked_accounts() AS l JOIN crm.colleague AS c ON c.id = l.employee_id"),),
        (SQL("c.full_name"), SQL("l.until")),
    )
    return row("locked until", locked, label=SQL("full_name"), until=SQL("until"))


def _grouped(part: str, source: Any, **values: Any) -> Any:
    return row(part, source, at=SQL("at"), **values).group_by(SQL("at"))


SERIES: tuple[Series, ...] = (
    Series("months", ("contract", "update"), MINE, _months),
    Series("months", ("contract", "update"), ALL, _months, glance=False),  # of everybody: too many for a glance
    Series("calendar", ("event", "update"), MINE, _calendar),
    Series("weeks", ("event", "update"), ANY, _weeks, glance=False),
    Series("sign-in days", ("session", "read"), ALL, _sign_in_days),
    Series("staff", ("session", "read"), ALL, _staff),
    Series("locked until", ("session", "read"), ALL, _locked),
)
