"""Records that are meant by what is typed alone, without a command: one rule for the menu that opens and for Enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from crm import monitoring
from crm.errors import CrmError
from crm.models import Record
from menus.actions import Command
from menus.i18n import _
from menus.matching import ANYWHERE, BEGINNINGS, best, fold, named_first
from menus.messages import sentence
from menus.terminal import Find, Option
from menus.written import called, details, entity_of

FAILURE = "!"
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


def finder(
    find: Callable[[str], Sequence[Record]],
    line: Callable[[Record], Option] = entry,
    failed: dict[str, CrmError] | None = None,
) -> tuple[Find, Mapping[str, Record]]:
    """Records as options, and the records behind the keys given out so far. Never raises.

    `failed`: where given, what goes wrong is an option too, and its error stands there by the option's key.
    """
    found: dict[str, Record] = {}

    def options(answer: str) -> list[Option]:
        try:
            records = find(answer)
        except CrmError as error:
            if failed is None:
                return []
            failed[FAILURE] = error
            return [Option(FAILURE, sentence(error))]
        except Exception as error:  # a completer that raises would take the prompt down with it
            monitoring.unexpected(error)
            return []
        lines = [line(record) for record in records]
        found.update({option.key: record for option, record in zip(lines, records, strict=True)})
        return lines

    return options, found
