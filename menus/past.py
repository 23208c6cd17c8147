"""How a change of the history is written: on one line, and field by field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from crm.fields import DEED_NAMES, ENTITIES, Field, Kind, described
from crm.history import NO_NAMES, REFERENCES, Names
from crm.models import Change
from crm.personal_data import REMOVED
from menus.differences import difference
from menus.i18n import N_, _, current
from menus.written import NOTHING, when, written


class Deed(NamedTuple):
    """What an action of the history is called, to be translated."""

    sentence: str
    """On the card of the record, after the name of somebody."""
    name: str
    """In a list."""


DEEDS = {
    "create": Deed(N_("{who} created it, {when}"), DEED_NAMES["create"]),
    "update": Deed(N_("{who} changed {what}, {when}"), DEED_NAMES["update"]),
    "delete": Deed(N_("{who} deleted it, {when}"), DEED_NAMES["delete"]),
    "export": Deed(N_("{who} exported everything held on it, {when}"), DEED_NAMES["export"]),
    "unlock": Deed(N_("{who} unlocked the account, {when}"), DEED_NAMES["unlock"]),
    "anonymise": Deed(N_("{who} anonymised it, {when}"), DEED_NAMES["anonymise"]),
}
"""Action of a change -> its words."""
SAID_BY_THE_LINE = {"signed_at": False, "cancelled_at": True}
"""Moments that are those of the change itself -> whether a line names them all the same, because nothing else does."""
SIDE_BY_SIDE = 56
"""Letters of two values that stand on one line, where there is room for more."""


class Difference(NamedTuple):
    """A value before and after, as people read them; "" for none."""

    label: str
    old: str
    new: str


def change_line(change: Change, now: datetime, names: Names = NO_NAMES) -> str:
    """Who did what, field by field, and how long ago."""
    sentence = _(DEEDS[str(change.action)].sentence)
    return sentence.format(who=who(change), when=when(change.at, now), what=_on_one_line(change, names))


def who(change: Change) -> str:
    return change.actor.full_name if change.actor is not None else _("The installation")


def deed(change: Change, names: Names) -> str:
    """What was done, on one line; of an update, field by field."""
    return _on_one_line(change, names) if change.action == "update" else _(DEEDS[str(change.action)].name)


def called(entity: str, number: int, names: Names) -> str:
    """A record by its number and name: contract 652 · John Ouick."""
    name = names.of(entity, number)
    return " · ".join(part for part in (f"{_(entity)} {number}", name) if part)


def name_of(change: Change, names: Names) -> str:
    """What the record that was changed is called; one that is gone, as it was called last, or like its client."""
    fields = dict(change.fields)
    values = (value for key in ("title", "full_name") for value in reversed(fields.get(key, ())))
    recorded = (value for value in values if value and value != REMOVED)
    whose = names.of("client", change.client) if change.client is not None else ""
    return names.of(str(change.entity), int(change.entity_id)) or next(recorded, whose)


def differences(change: Change, names: Names) -> Iterator[Difference]:
    """Every value that was changed, whole, in the order of a card."""
    for key, (old, new) in _in_order(change):
        field = described(str(change.entity), _name(key))
        yield Difference(_(field.label), *_values(field, key, old, new, names))


def in_full(change: Change, names: Names) -> Iterator[tuple[str, str]]:
    """A label and a line for each value, nothing cut: old → new, on two lines where they are long."""
    for label, old, new in differences(change, names):
        if change.action == "create":
            yield label, new or NOTHING
        elif change.action == "delete":
            yield label, old or NOTHING
        elif "\n" in old + new or len(old) + len(new) > SIDE_BY_SIDE:
            yield label, old or NOTHING
            yield label, f"→ {new or NOTHING}"
        else:
            yield label, f"{old or NOTHING} → {new or NOTHING}"


def _on_one_line(change: Change, names: Names) -> str:
    return ", ".join(_briefly(change, names))


def _briefly(change: Change, names: Names) -> Iterator[str]:
    for key, (old, new) in _in_order(change):
        field = described(str(change.entity), _name(key))
        label = _(field.label).lower()
        if key not in SAID_BY_THE_LINE:
            before, after = _values(field, key, old, new, names)
            yield f"{label} {difference(*_times(field, before, after, old, new))}"
        elif SAID_BY_THE_LINE[key]:
            yield label


def _in_order(change: Change) -> list[tuple[str, Any]]:
    order = [field.name for field in ENTITIES[str(change.entity)]]
    found = dict(change.fields)

    def place(key: str) -> int:
        name = _name(key)
        return order.index(name) if name in order else len(order)

    return [(key, found[key]) for key in sorted(found, key=place)]


def _name(key: str) -> str:
    """Of the field, for a column."""
    return key.removesuffix("_id")


def _values(field: Field, key: str, old: Any, new: Any, names: Names) -> tuple[str, str]:
    if key in REFERENCES:
        return _reference(REFERENCES[key], old, names), _reference(REFERENCES[key], new, names)
    return _written(field, old), _written(field, new)


def _reference(entity: str, number: int | None, names: Names) -> str:
    """People by their names, anything else by its number too."""
    if number is None:
        return _("nobody") if entity == "employee" else ""
    return (entity == "employee" and names.of(entity, number)) or called(entity, number, names)


def _written(field: Field, value: Any) -> str:
    if field.kind is Kind.CHOICE and str(value) not in field.choices:
        return "" if value is None else str(value)
    return written(field, _recorded(field, value))


def _times(field: Field, before: str, after: str, old: Any, new: Any) -> tuple[str, str]:
    """Of a moment that stays on its day, the times."""
    if field.kind is not Kind.MOMENT or old is None or new is None:
        return before, after
    language, earlier, later = current(), datetime.fromisoformat(old), datetime.fromisoformat(new)
    if language.day(earlier) != language.day(later):
        return before, after
    return language.time(earlier), language.time(later)


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
