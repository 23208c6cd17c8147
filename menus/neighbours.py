"""What stands around a record: a client's contracts, a contract's client and events. Each opens with one key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm import hand_over
from crm.models import Client, Contract, Employee, Event, Record
from crm.records import Records
from crm.session import Session
from menus.hand_over import clients_held, events_held
from menus.i18n import N_, _
from menus.written import beside, label

if TYPE_CHECKING:
    from menus.shell import Shell

MOST = 4
"""Of one kind on a card, so that one digit is enough for everything on it."""


@dataclass(frozen=True)
class Neighbour:
    """A line on a card that leads to another place."""

    heading: str
    """The msgid of what it stands under."""
    name: str
    """What can be typed for it."""
    line: str
    open: Callable[[Shell], None]


def neighbours(session: Session, record: Record, now: datetime) -> list[Neighbour]:
    """The nearest records, what needs doing first; where there are more, the list of all."""
    match record:
        case Client():
            contracts = session.contracts.visible().of_client(record).unsigned_first()
            events = session.events.visible().of_client(record)
            return [*_nearest("contract", contracts, record, now), *_nearest("event", events, record, now)]
        case Contract():
            events = session.events.visible().of_contract(record)
            return [_one("client", N_("Client"), record.client, now), *_nearest("event", events, record, now)]
        case Event():
            contract = record.contract
            return [
                _one("contract", N_("Contract"), contract, now),
                _one("client", N_("Client"), contract.client, now, label(contract.client)),
            ]
        case Employee():
            return list(_held(session, record, now))
    return []


def _nearest(entity: str, records: Records[Any], around: Record, now: datetime) -> Iterator[Neighbour]:
    heading = {"contract": N_("Contracts"), "event": N_("Events")}[entity]
    found = records.page(size=MOST)
    shown = found.rows[: MOST - 1] if found.has_next else found.rows
    yield from (_one(entity, heading, record, now) for record in shown)
    if found.has_next:
        yield _all(entity, heading, records, around)


def _held(session: Session, employee: Employee, now: datetime) -> Iterator[Neighbour]:
    """What an employee is responsible for, counted; each with the list of it."""
    held = hand_over.portfolio(session, employee, now)
    if held.clients:
        clients = hand_over.clients(session, employee)
        yield _list(
            N_("Clients"), N_("all clients"), clients_held(held), "client", _("Clients of {name}"), clients, employee
        )
    if held.events:
        events = hand_over.coming_events(session, employee, now).soonest_first()
        yield _list(
            N_("Events"),
            N_("coming events"),
            events_held(held),
            "event",
            _("Coming events of {name}"),
            events,
            employee,
        )


def _list(
    heading: str, name: str, line: str, entity: str, title: str, records: Records[Any], of: Employee
) -> Neighbour:
    whose = title.format(name=of.full_name)
    return Neighbour(heading, _(name), line, lambda shell: shell.open_list_here(entity, whose, records))


def _one(entity: str, heading: str, record: Record, now: datetime, line: str = "") -> Neighbour:
    name = f"{_(entity)} {record.id}"
    return Neighbour(heading, name, line or beside(record, now), lambda shell: shell.open_card(entity, record.id))


def _all(entity: str, heading: str, records: Records[Any], around: Record) -> Neighbour:
    name, title = {
        "contract": (N_("all contracts"), _("Contracts of {name}")),
        "event": (N_("all events"), _("Events of {name}")),
    }[entity]
    whose = title.format(name=label(around))
    return Neighbour(heading, name, f"… {_(name)}", lambda shell: shell.open_list_here(entity, whose, records))
