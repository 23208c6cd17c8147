"""A record in front, with what stands around it and what may be done with it: one key each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from menus.actions import Action, Command, command_of
from menus.history import HISTORY
from menus.i18n import N_, _
from menus.neighbours import Neighbour, neighbours
from menus.standing import standing
from menus.terminal import Keys
from menus.views import Row, card
from menus.written import label

if TYPE_CHECKING:
    from menus.shell import Shell

DIGITS = "123456789"
ALL_CHANGES = "0"
"""The key that leads to all changes of the record."""
MOST_CHANGES = 5


@dataclass
class CardPlace:
    """One record; digits lead from it, the neighbours' first, then those of what may be done."""

    entity: str
    number: int
    record: Any = None
    near: Sequence[Neighbour] = ()
    actions: Sequence[Action] = ()
    has_past: bool = False
    """Whether its history may be read."""

    @property
    def prompt(self) -> str:
        return f"{_(self.entity)} {self.number} ›"

    @property
    def hint(self) -> str:
        return _("a digit: at once · anything from the menu · Esc: back")

    @property
    def about(self) -> str:
        return _("You are looking at one record. A digit opens what stands beside it, or does what it stands for.")

    @property
    def keys(self) -> Keys:
        """A digit for each neighbour and each action; what it stands for appears as if it had been typed."""
        names = [*(neighbour.name for neighbour in self.near), *(_(action.name) for action in self.actions)]
        past = {ALL_CHANGES: _(HISTORY)} if self.has_past else {}
        return dict(zip(DIGITS, names, strict=False)) | past

    def show(self, shell: Shell) -> None:
        manager = shell.session.of(self.entity)
        self.record = manager.get(self.number)
        self.has_past = shell.session.permissions.allow((self.entity, "history"))
        changes = manager.history(self.record, MOST_CHANGES) if self.has_past else []
        names = shell.session.history.values(changes)
        self.near = neighbours(shell.session, self.record, shell.now())
        offered = [action for action in shell.actions if self._offers(shell, action)]
        self.actions = sorted(offered, key=lambda action: action.seldom)
        beside = [*self._beside(), *standing(self.record, shell.now())]
        more = ALL_CHANGES if self.has_past else ""
        shell.terminal.show(card(self.entity, self.record, shell.now(), beside, changes, names, more))

    def commands(self, shell: Shell) -> Iterator[Command]:
        digits = iter(DIGITS)
        for neighbour in self.near:
            yield _leading_to(shell, neighbour, next(digits, ""))
        for action in self.actions:
            yield replace(command_of(shell, action, self.record), key=next(digits, ""), numbered=False)
        if self.has_past:
            yield Command(
                HISTORY,
                N_("Everything that was ever changed of it"),
                lambda _typed: self._open_history(shell),
                offered=False,
                numbered=False,
                key=ALL_CHANGES,
            )

    def open_number(self, shell: Shell, number: int) -> bool:
        """One of the records beside it, by its own number."""
        for neighbour in self.near:
            if neighbour.name.split()[-1] == str(number):
                neighbour.open(shell)
                return True
        return False

    def is_of(self, entity: str, number: int) -> bool:
        return (self.entity, self.number) == (entity, number)

    def _open_history(self, shell: Shell) -> None:
        shell.open_history(self.entity, self.number, label(self.record))

    def _offers(self, shell: Shell, action: Action) -> bool:
        on_this = action.on == self.entity and action.name != self.entity
        return on_this and action.offered_on(shell.session, self.record)

    def _beside(self) -> list[Row]:
        return [Row(_(near.heading), near.line, key) for key, near in zip(DIGITS, self.near, strict=False)]


def _leading_to(shell: Shell, neighbour: Neighbour, key: str) -> Command:
    return Command(
        neighbour.name, neighbour.line, lambda _typed: neighbour.open(shell), offered=False, numbered=False, key=key
    )
