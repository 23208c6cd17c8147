"""What is held on a client: all of it at once, and how it is taken away for good.

Both are procedures of schema.sql, which also write who asked into the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.errors import Conflict, Unavailable, Unsaved
from crm.models import Client, Contract, Event
from crm.session import Session

Row = dict[str, Any]
"""Column -> value, as JSON has it: days and moments are ISO 8601, moments in UTC; people are names."""

REMOVED = {"removed": True}
"""Stands in the history for a value that was taken away."""


@dataclass(frozen=True)
class Export:
    """Everything held on one client.

    `history`: every change of the client, its contracts and events, deleted ones too, from the first on;
    the last line is that it was exported.
    """

    client: Row
    contracts: list[Row]
    events: list[Row]
    history: list[Row]


@dataclass(frozen=True)
class Running:
    """What keeps a client from being anonymised: contracts unsigned or with something left to pay, coming events."""

    contracts: list[Contract]
    events: list[Event]

    def __bool__(self) -> bool:
        return bool(self.contracts or self.events)


def export(session: Session, client: Client) -> Export:
    """Everything held on `client`; that I asked for it stands in the history from then on."""
    try:
        cursor = session.call("export_client", client.id)
    except Unsaved as error:  # to ask once more does no harm
        raise Unavailable from error
    (held,) = cursor.fetchone()
    return Export(**held)


def running(session: Session, client: Client, now: datetime) -> Running:
    """What of `client` is not settled yet, the newest first, so many of each as one page has."""
    unsettled = (Contract.status == "unsigned") | (Contract.amount_to_be_paid > 0)
    contracts = session.contracts.visible().of_client(client).where(unsettled)
    events = session.events.visible().of_client(client).coming(now)
    return Running(contracts.page().rows, events.page().rows)


def anonymise(session: Session, client: Client) -> Client:
    """Take the personal data of `client` away, as I saw it, for good; the client as it is now.

    Name, email, phone and company, titles, places and notes of events, also in the history. Figures, dates and numbers
    stay. Raises Invalid while contracts are running or when it was done already, Conflict when the client was changed.
    """
    try:
        session.call("anonymise_client", client.id, client.version)
    except Conflict:
        raise session.clients.since(client, session.clients.get(client.id), {}) from None
    return session.clients.get(client.id)
