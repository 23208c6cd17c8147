"""Which records a list shows, in which order, and what that is called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from crm.records import Records
from menus.filters import Chosen, Filter
from menus.i18n import _
from menus.sorting import Sorting, sorting

if TYPE_CHECKING:
    from menus.shell import Shell


@dataclass(frozen=True)
class Selection:
    """Records with filters on, sorted; immutable, every choice gives a new one."""

    entity: str
    title: str
    records: Records[Any]
    """All there is before somebody filters or sorts."""
    filters: tuple[Chosen, ...] = ()
    chosen_order: tuple[str, bool] | None = None
    """(field, descending)"""

    @property
    def named(self) -> str:
        """What is in it: Contracts · mine · unsigned."""
        return " · ".join([self.title, *(chosen.title for chosen in self.filters)])

    @property
    def titled(self) -> str:
        """The same, with its order when that is not the usual one."""
        known = sorting(self.entity, self.order[0])
        if known is None or self.order == self._usual_order:
            return self.named
        return f"{self.named} · {_(known.title(self.order[1]))}"

    @property
    def order(self) -> tuple[str, bool]:
        """What somebody chose, or what a filter brings along, or the usual one."""
        brought = [chosen.filter.order for chosen in self.filters if chosen.filter.order is not None]
        return self.chosen_order or (brought[0] if brought else self._usual_order)

    def current(self, shell: Shell) -> Records[Any]:
        """What to read pages of."""
        records = self.records
        for chosen in self.filters:
            records = chosen.filter.narrow(records, shell, chosen.value)
        return records if self.order == self._usual_order else records.sorted_by(*self.order)

    def sorted_by(self, known: Sorting) -> Self:
        """In that order; the other way round if it is that order already."""
        field, descending = self.order
        turned = not descending if field == known.field else known.largest_first
        return replace(self, chosen_order=(known.field, turned))

    def on(self, known: Filter) -> Chosen | None:
        """The filter as it is on, if it is."""
        return next((chosen for chosen in self.filters if chosen.filter is known), None)

    def toggled(self, known: Filter, value: Any = None) -> Self:
        """With that filter; without it if it is on with that value, or if none is given."""
        others = tuple(chosen for chosen in self.filters if not known.replaces(chosen.filter))
        before = self.on(known)
        if before is not None and value in (None, before.value):
            return replace(self, filters=others)
        return replace(self, filters=(*others, Chosen(known, value)))

    def unfiltered(self) -> Self:
        return replace(self, filters=())

    @property
    def _usual_order(self) -> tuple[str, bool]:
        return self.records.sorted_on, self.records.descending
