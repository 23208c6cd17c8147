"""What a form knows of its record: as it was, what was answered since, what is typed but not answered yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm.conflicts import Elsewhere
from crm.errors import Conflict, Invalid
from crm.fields import Field, Reading
from crm.models import Record
from menus.drafts import Draft

Offer = Callable[[Mapping[str, Any]], Any]
"""What was answered so far -> the value to offer for another field, or None."""


class Answers:
    """The values of some fields of one record, new or not."""

    def __init__(
        self,
        fields: Sequence[Field],
        record: Record | None,
        reading: Callable[[], Reading],
        offers: Mapping[str, Offer],
        known: Mapping[str, Any],
    ) -> None:
        """`offers`: field -> what is offered for it; `known`: values known beforehand."""
        self.fields = fields
        self.new = record is None
        self.offers = offers
        self.drafts: dict[str, str] = {}
        self.clashes: dict[str, Elsewhere] = {}
        """Fields that somebody else changed too, until it is settled what counts."""
        self._reading = reading
        self.before = self._values_of(record) if record is not None else {}
        self.values = {**self.before, **known}
        self._known = dict(self.values)
        self._answered: set[str] = set()

    @property
    def touched(self) -> bool:
        """Whether there is anything that could be lost."""
        return self.values != self._known or any(self.drafts.values())

    def changes(self) -> dict[str, Any]:
        """What differs from the record."""
        return {name: value for name, value in self.values.items() if self.new or value != self.before.get(name)}

    def read(self, field: Field, typed: str) -> Any:
        """The value that `typed` stands for, if it goes with the others; Invalid otherwise."""
        value = field.read(typed, self._reading())
        field.agree(value, self.values)
        return value

    def offered(self, field: Field, anew: bool = False) -> tuple[Any, bool]:
        """What to offer for `field`, and whether that is a guess; `anew`: rather a guess than the present value."""
        guess = self.offers[field.name](self.values) if field.name in self.offers else None
        if field.name in self.values and (not anew or guess is None):
            return self.values[field.name], self.new and field.name not in self._answered
        return guess, guess is not None

    def answer(self, field: Field, value: Any) -> None:
        """Take what somebody answered."""
        self._answered.add(field.name)
        self.clashes.pop(field.name, None)
        self._take(field, value)

    def missing(self) -> int:
        """The place of the first field that has to be asked for, though all take what is offered; or their number."""
        return next((place for place, field in enumerate(self.fields) if not self._filled(field)), len(self.fields))

    def disagreement(self) -> Invalid | None:
        """Why some value does not go with another one."""
        for field in self.fields:
            try:
                field.agree(self.values.get(field.name), self.values)
            except Invalid as invalid:
                return invalid
        return None

    def take_over(self, conflict: Conflict) -> None:
        """Go on from what somebody else saved, with what was answered on top of it; clashes wait to be settled."""
        mine, theirs = self.changes(), {} if self.new else self._values_of(conflict.current)
        self.before, self.values = theirs, {**theirs, **mine}
        self._known |= theirs
        asked = {field.name for field in self.fields}
        self.clashes |= {clash.name: clash for clash in conflict.clashes if clash.name in asked}

    def learn(self, **known: Any) -> None:
        """What is known by now beside what was asked for."""
        self.values |= known
        self._known |= known

    def drop(self) -> None:
        """Nothing of it is wanted any more."""
        self.values, self.drafts, self.clashes = dict(self._known), {}, {}

    def put_aside(self, asked: int, seen: Record | None) -> Draft:
        values = {name: value for name, value in self.values.items() if value != self._known.get(name)}
        return Draft(values, dict(self.drafts), seen, asked)

    def take_up(self, draft: Draft) -> None:
        """Go on with `draft`, on top of what the record is by now."""
        self.values |= draft.values
        self._answered |= draft.values.keys()
        self.drafts |= draft.typed

    def _filled(self, field: Field) -> bool:
        """Whether `field` has a value, by now: what was typed, known or offered, or nothing if it may stay empty."""
        typed = self.drafts.get(field.name)
        value, _guessed = self.offered(field)
        try:
            if typed is not None or value is None:
                value = self.read(field, typed or "")
        except Invalid:
            return False
        self._take(field, value)
        return value != "" or not field.required

    def _take(self, field: Field, value: Any) -> None:
        """Keep a value; what was offered because of the one before, and kept, follows."""
        followers = [name for name, offer in self.offers.items() if self.new and self._is(name, offer(self.values))]
        self.values[field.name] = value
        self.drafts.pop(field.name, None)
        self.values |= {name: self.offers[name](self.values) for name in followers if name != field.name}

    def _is(self, name: str, value: object) -> bool:
        return value is not None and self.values.get(name) == value

    def _values_of(self, record: Record) -> dict[str, Any]:
        now = self._reading().now
        return {field.name: field.of(record, now) for field in self.fields}
