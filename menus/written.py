"""How values are written for people, and offered for change."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from rich.cells import cell_len, set_cell_size

from crm.fields import DEPARTMENT_NAMES, STATE_NAMES, STATUS_NAMES, Field, Kind
from crm.models import Client, Colleague, Contract, Event, Record
from menus.i18n import _, current

NOTHING = "–"
JOINERS = "\u200c\u200d"
"""They join letters and emoji; terminals disagree on how wide the result is, so lines would come out too long."""


def visible(text: str) -> str:
    """`text` without anything that would move the cursor, colour the screen or turn a line around."""
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter == "\n" or letter.isprintable() or unicodedata.category(letter) == "Zs":  # French is full of spaces
        return letter
    return "" if letter in JOINERS else "\N{REPLACEMENT CHARACTER}"


def written(field: Field, value: object) -> str:
    """A value as a table or a card shows it; "" for nothing."""
    language = current()
    if value is None:
        return ""
    match field.kind:
        case Kind.AMOUNT:
            return language.amount(value)
        case Kind.COUNT:
            return language.number(value)
        case Kind.DAY:
            return language.day(value)
        case Kind.MOMENT:
            return language.moment(value)
        case Kind.CHOICE:
            return _(field.choices[str(value)])
        case Kind.RECORD:
            return label(value)
    return str(value)


def typed(field: Field, value: object) -> str:
    """A value as a form offers it for change: reading it back gives the same value."""
    language = current()
    if value is None:
        return ""
    match field.kind:
        case Kind.AMOUNT:
            return language.typed_amount(value)
        case Kind.DAY:
            return language.typed_day(value)
        case Kind.MOMENT:
            return language.typed_moment(value)
    return str(value)


def understood(field: Field, value: object) -> str:
    """How a value was read, spelled out: the day of the week tells a wrong date at once. "" for a text as it stands."""
    language = current()
    match field.kind:
        case Kind.DAY:
            return language.whole_day(value) if value is not None else ""
        case Kind.MOMENT:
            return language.spelled_moment(value) if value is not None else ""
        case Kind.LINE | Kind.LINES:
            return ""
    return written(field, value)


def on_one_line(text: str) -> str:
    return " ⏎ ".join(text.split("\n"))


def shortened(text: str, cells: int) -> str:
    """`text`, or its beginning and "…" where it is wider than `cells`."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(0, cells - 1)).rstrip() + "…"


def label(record: Record) -> str:
    """What a record is called in a sentence."""
    match record:
        case Contract():
            return _("contract {number} of {client}").format(number=record.id, client=record.client.full_name)
        case Event():
            return str(record.title)
    return str(record.full_name)


def called(record: Record) -> str:
    """What stands beside a record's number where one looks for it: a contract's client, or its own name."""
    return str(record.client.full_name) if isinstance(record, Contract) else label(record)


def entity_of(record: Record) -> str:
    """ "client", "contract", "event" or "employee"."""
    return str(record._meta.table_name)  # type: ignore[attr-defined]


def details(record: Record) -> str:
    """What tells two namesakes apart."""
    match record:
        case Client():
            parts = [record.company_name, record.email, record.phone]
        case Contract():
            client = record.client
            status = _("signed") if record.is_signed else _("unsigned")
            parts = [status, current().amount(record.total_amount), client.company_name or client.email]
        case Event():
            client = record.contract.client
            parts = [current().moment(record.start_date), client.full_name, client.company_name or client.email]
        case Colleague():
            parts = [_(DEPARTMENT_NAMES[record.department])]
        case _other:
            parts = [record.email]
    return " · ".join(part for part in parts if part)


def beside(record: Record, now: datetime) -> str:
    """A record as the card of another shows it: what it is, then what one wants to know of it from there."""
    language = current()
    match record:
        case Contract():
            due = _("{amount} to be paid").format(amount=language.amount(record.amount_to_be_paid))
            parts = [
                _("contract {number}").format(number=record.id),
                _(STATUS_NAMES[record.status]),
                language.amount(record.total_amount),
                "" if record.is_paid else due,
            ]
        case Event():
            state = _(STATE_NAMES[record.state(now)])
            parts = [str(record.title), language.moment(record.start_date), state]
        case _other:
            parts = [label(record), details(record)]
    return " · ".join(part for part in parts if part)


def when(moment: datetime, now: datetime) -> str:
    """How long ago: minutes within the hour, today, yesterday, then the date."""
    language = current()
    day, today = (point.astimezone(language.zone).date() for point in (moment, now))
    if now - moment < timedelta(minutes=1):
        return _("just now")
    if now - moment < timedelta(hours=1):
        return language.ago(now - moment)
    if day == today:
        return _("today at {time}").format(time=language.time(moment))
    if day == today - timedelta(days=1):
        return _("yesterday at {time}").format(time=language.time(moment))
    return language.moment(moment)
