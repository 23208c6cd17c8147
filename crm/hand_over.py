"""What somebody who leaves is responsible for, and somebody else is to take over."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from peewee import SQL, fn

from crm.models import Employee
from crm.records import ClientRecords, ContractRecords, EventRecords
from crm.session import Session


class Portfolio(NamedTuple):
    """How many clients, contracts of theirs, and events not over yet."""

    clients: int
    contracts: int
    events: int


def portfolio(session: Session, employee: Employee, now: datetime) -> Portfolio:
    """What a hand-over of `employee` would move at this moment; one statement."""
    parts = (clients(session, employee), contracts(session, employee), coming_events(session, employee, now))
    counts = [part.bare(fn.COUNT(SQL("*"))) for part in parts]
    query = Employee.select(*counts).from_(Employee).where(Employee.id == employee.id).tuples()
    rows: list[Any] = session.answer(lambda: list(query.execute(session.database)))
    return Portfolio(*rows[0]) if rows else Portfolio(0, 0, 0)


def clients(session: Session, employee: Employee) -> ClientRecords:
    """Those whose commercial contact `employee` is."""
    return session.clients.visible().of_colleague(employee.id)


def contracts(session: Session, employee: Employee) -> ContractRecords:
    """Theirs."""
    return session.contracts.visible().of_colleague(employee.id)


def coming_events(session: Session, employee: Employee, now: datetime) -> EventRecords:
    """Those that `employee` still has to run."""
    return session.events.visible().of_colleague(employee.id).coming(now)
