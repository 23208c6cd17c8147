"""Everything that can be chosen, named, explained and permitted in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm.permissions import Right
from crm.session import Session
from menus.i18n import N_, _, in_every_language

if TYPE_CHECKING:
    from menus.shell import Shell

GROUPS = {
    "client": N_("Clients"),
    "contract": N_("Contracts"),
    "event": N_("Events"),
    "employee": N_("Employees"),
    "session": N_("Sessions"),
    "": N_("My account"),
}
"""Entity -> the heading of its actions in the menu; "": what needs no right."""

Fits = Callable[[Session, Any], bool]
Among = Callable[[Any], Any]
Candidates = Callable[[Session, str], list[Any]]
"""On that session, the records that match what is typed, best first."""


def any_record(session: Session, record: Any) -> bool:
    """For actions that work on every record in reach."""
    return True


def all_records(records: Any) -> Any:
    """The same of a query."""
    return records


@dataclass(frozen=True)
class Action:
    """Something a signed-in employee can choose; the only place where it is named, explained and permitted."""

    name: str
    description: str
    needs: Right | None
    """(entity, action) of crm.permission; None: everybody."""
    run: Callable[..., None]
    """Called with the shell and, for an action on a record, with the record."""
    on: str | None = None
    """The entity whose records it works on: on a card, that one; elsewhere it is looked up."""
    fits: Fits = any_record
    """Which of the records in reach it makes sense for: said of the one in front."""
    among: Among = all_records
    """The same said of a query, which a lookup narrows: its best hits all fit."""
    scopes: tuple[str, ...] = ("own", "all")
    """How far the right must go for the action to be worth offering."""

    @property
    def group(self) -> str:
        """The heading it stands under in the menu."""
        return GROUPS[self.needs[0] if self.needs else ""]

    def allowed(self, session: Session) -> bool:
        return self.needs is None or session.permissions.scope(*self.needs) in self.scopes

    def offered_on(self, session: Session, record: Any) -> bool:
        """Would `record` accept this?"""
        if self.on is None or self.needs is None:
            return False
        entity, action = self.needs
        return bool(session.of(self.on).may(record, action, entity)) and self.fits(session, record)

    def candidates(self, session: Session, typed: str) -> list[Any]:
        """The records that match `typed` and would accept this, best first."""
        if self.on is None or self.needs is None:
            raise TypeError(f"{self.name} works on no record")
        entity, action = self.needs
        found = self.among(session.of(self.on).scope(action, entity)).matching(typed, action, entity=entity)
        return [record for record in found if self.fits(session, record)]


def all_actions() -> tuple[Action, ...]:
    """The table, in the order of the menu."""
    from menus import account, clients, contracts, employees, events, home, sessions

    of_records = (*clients.ACTIONS, *contracts.ACTIONS, *events.ACTIONS, *employees.ACTIONS)
    return (*of_records, *sessions.ACTIONS, *home.ACTIONS, *account.ACTIONS)


@dataclass(frozen=True)
class Command:
    """A line of the menu as it stands now: an action, or a step in a list."""

    msgid: str
    description: str
    run: Callable[[str], None]
    """Called with what was typed after the name."""
    takes_argument: bool = False
    offered: bool = True
    """False: waits to be typed, so that the menu that opens stays short."""
    numbered: bool = True
    """False: no digit picks it, because numbers mean records here."""
    group: str = ""
    """The heading of those it belongs to, in English."""
    key: str = ""
    """The one key that stands for it here, without Enter."""
    on_screen: bool = False
    """True: it stands with its digit on the screen already, so the menu that opens does not repeat it."""
    candidates: Candidates | None = None
    """What can follow the name, looked up while it is typed."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called here, then in the other languages: all of them always work."""
        return in_every_language(self.msgid)

    @property
    def about(self) -> str:
        return _(self.description)


def command_of(shell: Shell, action: Action, record: Any = None, offered: bool = True) -> Command:
    """`action` as a line of the menu; `record`: the one on the card in front."""

    def run(argument: str) -> None:
        if action.on is None:
            action.run(shell)
        elif record is not None and not argument:
            action.run(shell, record)
        else:
            action.run(shell, shell.pick_for(action, argument))

    return Command(
        action.name, action.description, run, takes_argument=action.on is not None, offered=offered, group=action.group
    )
