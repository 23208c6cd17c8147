"""How a change of the history is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crm.fields import ENTITIES, Field, Kind
from crm.models import Change
from crm.personal_data import REMOVED
from menus.i18n import N_, _, current
from menus.written import when, written

SENTENCES = {
    "create": N_("{who} created it, {when}"),
    "update": N_("{who} changed {what}, {when}"),
    "delete": N_("{who} deleted it, {when}"),
    "export": N_("{who} exported everything held on it, {when}"),
    "anonymise": N_("{who} anonymised it, {when}"),
}
"""Action of a change -> what a card says of it."""
UNLISTED = {"cancelled_at": N_("Cancellation"), "must_change_password": N_("One-time password")}
"""What the history calls values that are no fields of a form or a card."""
SAID_BY_THE_LINE = ("signed_at",)
"""Moments that are those of the change itself, whose other fields say what happened."""


def change_line(change: Change, now: datetime) -> str:
    """Who did what, field by field, and how long ago."""
    who = change.actor.full_name if change.actor is not None else _("The installation")
    sentence = _(SENTENCES[str(change.action)])
    return sentence.format(who=who, when=when(change.at, now), what=", ".join(_differences(change)))


def _differences(change: Change) -> Iterator[str]:
    by_name = {field.name: field for field in ENTITIES[str(change.entity)]}
    for name, (old, new) in dict(change.fields).items():
        if name in SAID_BY_THE_LINE:
            continue
        described = by_name.get(name.removesuffix("_id"))
        title = _(described.label if described else UNLISTED.get(name, name.replace("_", " "))).lower()
        if described is not None and described.kind not in (Kind.LINES, Kind.RECORD):
            title += f" {_difference(described, old, new)}"
        yield title


def _difference(field: Field, old: Any, new: Any) -> str:
    """Old → new, as people read them; of a moment that stays on its day, the times."""
    before, after = _recorded(field, old), _recorded(field, new)
    language = current()
    if isinstance(before, datetime) and isinstance(after, datetime) and language.day(before) == language.day(after):
        return f"{language.time(before)} → {language.time(after)}"
    return f"{written(field, before) or '–'} → {written(field, after) or '–'}"


def _recorded(field: Field, value: Any) -> Any:
    """A value of the history, which keeps JSON, as the model has it."""
    if value is None:
        return None
    if value == REMOVED:
        return _("removed")
    match field.kind:
        case Kind.AMOUNT:
            return Decimal(str(value))
        case Kind.DAY:
            return date.fromisoformat(value)
        case Kind.MOMENT:
            return datetime.fromisoformat(value)
    return value
