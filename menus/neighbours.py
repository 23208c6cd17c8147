"""What stands around a record: a client's contracts, a contract's events."""

from __future__ import annotations

from collections.abc import Sequence

from crm.models import Client, Contract, Record
from crm.session import Session
from menus.i18n import _
from menus.written import details, label

MOST = 10


def neighbours(session: Session, record: Record) -> list[tuple[str, Sequence[str]]]:
    """Headings and lines: each line is a neighbour with its number."""
    match record:
        case Client():
            contracts = session.contracts.visible().of_client(record).page(size=MOST).rows
            events = session.events.visible().of_client(record).page(size=MOST).rows
            return [(_("Contracts"), _lines(contracts)), (_("Events"), _lines(events))]
        case Contract():
            return [(_("Events"), _lines(session.events.visible().of_contract(record).page(size=MOST).rows))]
    return []


def _lines(records: Sequence[Record]) -> list[str]:
    return [f"{record.id}  {label(record)} · {details(record)}" for record in records]
