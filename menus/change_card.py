"""A change in front: who, when, and every value before and after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crm.history import Names
from crm.models import Change
from menus.cards import ALL_CHANGES, CardPlace
from menus.i18n import N_, _, current
from menus.neighbours import Neighbour
from menus.past import DEEDS, called, in_full, who
from menus.views import Card, Row

if TYPE_CHECKING:
    from menus.shell import Shell

NAME = N_("change")
RECORD = N_("Record")


class ChangePlace(CardPlace):
    """One change; digits lead to the record it was of and to the client it is about, 0 to the record's whole past."""

    @property
    def prompt(self) -> str:
        return f"{_(NAME)} {self.number} ›"

    def show(self, shell: Shell) -> None:
        """A record that is gone stands there all the same, by its number."""
        self.record = shell.session.history.get(self.number)
        self.has_past = True
        names = shell.session.history.names([self.record])
        self.near = list(_around(shell, self.record, names))
        shell.terminal.show(_card(self.record, names, self._beside()))

    def _open_history(self, shell: Shell) -> None:
        entity, number = str(self.record.entity), int(self.record.entity_id)
        names = shell.session.history.names([self.record])
        shell.open_history(entity, number, called(entity, number, names))


def _around(shell: Shell, change: Change, names: Names) -> Iterator[Neighbour]:
    """What can be opened: the record, and its client."""
    around = [(RECORD, str(change.entity), int(change.entity_id))]
    if change.client is not None and change.entity != "client":
        around.append((N_("Client"), "client", int(change.client)))
    for heading, entity, number in around:
        if names.has(entity, number) and shell.session.permissions.allow((entity, "read")):
            yield _leading(heading, entity, number, names)


def _leading(heading: str, entity: str, number: int, names: Names) -> Neighbour:
    return Neighbour(
        heading,
        f"{_(entity)} {number}",
        called(entity, number, names),
        lambda shell: shell.open_card(entity, number),
    )


def _card(change: Change, names: Names, beside: list[Row]) -> Card:
    entity, number = str(change.entity), int(change.entity_id)
    record = called(entity, number, names)
    if not any(row.name == _(RECORD) for row in beside):  # nothing to open
        gone = "" if names.has(entity, number) else _("{record}, deleted").format(record=record)
        beside = [Row(_(RECORD), gone or record), *beside]
    rows = [
        Row(_("When"), current().spelled_moment(change.at)),
        Row(_("Who"), who(change)),
        *beside,
        Row(_("Change"), _(DEEDS[str(change.action)].name)),
        *(Row(label, text) for label, text in in_full(change, names)),
        Row(_("History"), _("all changes of it"), ALL_CHANGES),
    ]
    return Card(record, rows)
