"""The menu as completions of the prompt, and what Enter means: one rule for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from menus.actions import Command
from menus.matching import ANYWHERE, best, named_first
from menus.terminal import Option

Lookups = Callable[[Command, str], list[Option]]
"""A command and what was typed after its name -> records it can work on."""


def resolve(typed: str, commands: Sequence[Command], worst: int = ANYWHERE) -> tuple[Command, str] | None:
    """The command meant, and its argument: a digit of the menu, a name and what follows it, or the best match.

    `worst`: how loose the match may be; somebody who sees no menu must be meant more exactly.
    """
    if (numbered := _by_digit(typed, commands)) is not None:
        return numbered, ""
    named = named_first(typed, commands)
    if named is not None and (named[0].takes_argument or not named[1]):
        return named
    matching = best(typed, commands, worst)
    return (matching[0], "") if matching else None


def options(typed: str, commands: Sequence[Command], lookups: Lookups) -> list[Option]:
    """The lines of the menu for what is typed: commands that match, then records if a command takes one."""
    if (numbered := _by_digit(typed, commands)) is not None:
        return [_line(numbered, commands)]
    matching = best(typed, commands) if typed.strip() else [command for command in commands if command.offered]
    lines = [_line(command, commands) for command in matching]
    named = named_first(typed, commands)
    if named is not None and named[0].takes_argument and (named[1] or typed.endswith(" ")):
        lines = lookups(*named) + lines
    return lines


def _by_digit(typed: str, commands: Sequence[Command]) -> Command | None:
    """The command of that place in the menu; a record of that number in front goes first."""
    digits = typed.strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    named = named_first(digits, commands)
    if named is not None:
        return named[0]
    index = int(digits[:9]) - 1
    return commands[index] if 0 <= index < len(commands) else None


def _line(command: Command, commands: Sequence[Command]) -> Option:
    place = commands.index(command) + 1
    return Option(command.names[0], f"{place:>2} {command.names[0]}", command.about)
