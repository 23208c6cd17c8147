"""How values are written for people, and offered for change."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from crm.fields import DEPARTMENT_NAMES, Field, Kind
from crm.models import Client, Colleague, Contract, Event, Record
from menus.i18n import _, current

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


def label(record: Record) -> str:
    """What a record is called in a sentence."""
    match record:
        case Contract():
            return _("contract {number} of {client}").format(number=record.id, client=record.client.full_name)
        case Event():
            return str(record.title)
    return str(record.full_name)


def details(record: Record) -> str:
    """What tells two namesakes apart."""
    match record:
        case Client():
            parts = [record.company_name, record.email, record.phone]
        case Contract():
            language = current()
            parts = [_("signed") if record.is_signed else _("unsigned"), language.amount(record.total_amount)]
        case Event():
            parts = [current().moment(record.start_date), record.contract.client.full_name]
        case Colleague():
            parts = [_(DEPARTMENT_NAMES[record.department])]
        case _other:
            parts = [record.email]
    return " · ".join(part for part in parts if part)


def time_left(expires_at: datetime, now: datetime) -> str:
    """How long the session still lasts: 7 h 32."""
    minutes = max(0, int((expires_at - now).total_seconds() // 60))
    return _("{hours} h {minutes:02d} left").format(hours=minutes // 60, minutes=minutes % 60)
