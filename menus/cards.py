"""A record in front, with what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from menus.actions import Command, command_of
from menus.i18n import _
from menus.neighbours import as_lines, neighbours
from menus.terminal import NO_KEYS, Keys
from menus.views import card

if TYPE_CHECKING:
    from menus.shell import Shell


@dataclass
class CardPlace:
    """One record, and what may be done with it."""

    entity: str
    number: int
    record: Any = None
    near: Sequence[tuple[str, Sequence[Any]]] = ()

    @property
    def prompt(self) -> str:
        return f"{_(self.entity)} {self.number} ›"

    @property
    def hint(self) -> str:
        return _("a number on the card: open · anything from the menu · Esc: back")

    @property
    def keys(self) -> Keys:
        return NO_KEYS

    def show(self, shell: Shell) -> None:
        manager = shell.session.of(self.entity)
        self.record = manager.get(self.number)
        changes = manager.history(self.record) if shell.session.permissions.allow((self.entity, "history")) else []
        self.near = neighbours(shell.session, self.record)
        shell.terminal.show(card(self.entity, self.record, shell.now(), as_lines(self.record, self.near), changes))

    def open_number(self, shell: Shell, number: int) -> bool:
        """One of the neighbours that the card shows."""
        for entity, records in self.near:
            if number in [record.id for record in records]:
                shell.open_card(entity, number)
                return True
        return False

    def commands(self, shell: Shell) -> Iterator[Command]:
        for action in shell.actions:
            if (
                action.on == self.entity
                and action.name != self.entity
                and action.offered_on(shell.session, self.record)
            ):
                yield command_of(shell, action, self.record)
