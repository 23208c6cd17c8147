"""What stands around a record: a client's contracts, a contract's events."""

from __future__ import annotations

from collections.abc import Sequence

from crm.models import Client, Contract, Event, Record
from crm.session import Session
from menus.i18n import _
from menus.written import details, label

MOST = 10


def neighbours(session: Session, record: Record) -> list[tuple[str, Sequence[Record]]]:
    """Their entity and, newest first, the records."""
    match record:
        case Client():
            contracts = session.contracts.visible().of_client(record).page(size=MOST).rows
            events = session.events.visible().of_client(record).page(size=MOST).rows
            return [("contract", contracts), ("event", events)]
        case Contract():
            events = session.events.visible().of_contract(record).page(size=MOST).rows
            return [("event", events)]
        case Event():
            return [("contract", [record.contract])]
    return []


def as_lines(record: Record, near: Sequence[tuple[str, Sequence[Record]]]) -> list[tuple[str, Sequence[str]]]:
    """Headings and lines for the card of `record`: each line begins with the number that opens it."""
    if isinstance(record, Event):  # its contract stands among its values
        return []
    headings = {"contract": _("Contracts"), "event": _("Events")}
    return [(headings[entity], [_line(neighbour) for neighbour in neighbours]) for entity, neighbours in near]


def _line(record: Record) -> str:
    return f"{record.id}  {label(record)} · {details(record)}"
