"""Records that are meant by what is typed alone, without a command: one rule for the menu that opens and for Enter."""

from __future__ import annotations

from collections.abc import Sequence

from crm.models import Record
from menus.actions import Command
from menus.i18n import _
from menus.matching import ANYWHERE, BEGINNINGS, best, fold, named_first
from menus.terminal import Option
from menus.written import called, details, entity_of

SHORTEST = 2
"""So many letters, before anything is looked for."""


def looks_for(typed: str, commands: Sequence[Command]) -> bool:
    """Is this the text of a record, not the name of a command and what follows it?"""
    return len(fold(typed)) >= SHORTEST and named_first(typed, commands) is None


def begun(typed: str, commands: Sequence[Command], worst: int = ANYWHERE) -> list[Command]:
    """The commands that go before any record: whose names begin as typed, and records of the list in front."""
    rows = [command for command in best(typed, commands) if command.msgid.isdigit()] if worst >= ANYWHERE else []
    return [*best(typed, commands, min(worst, BEGINNINGS)), *rows]


def with_records(
    lines: Sequence[Option], records: Sequence[Option], typed: str, commands: Sequence[Command]
) -> list[Option]:
    """The menu: commands that are begun, then records, then commands that match more loosely."""
    first = {command.names[0] for command in begun(typed, commands)}
    before = [line for line in lines if line.key in first]
    return [*before, *records, *(line for line in lines if line.key not in first)]


def entry(record: Record) -> Option:
    """A record among others of its entity: its number is typed for it."""
    return Option(str(record.id), f"{record.id}  {called(record)}", details(record))


def named_entry(record: Record) -> Option:
    """A record among those of other entities: `client 12` is typed for it."""
    name = f"{_(entity_of(record))} {record.id}"
    return Option(name, f"{name}  {called(record)}", details(record))
