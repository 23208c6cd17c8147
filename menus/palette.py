"""The menu as completions of the prompt, and what Enter means: one rule for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from menus.actions import Command
from menus.i18n import _
from menus.matching import ANYWHERE, HUMPS, best, named_first
from menus.terminal import Option

Lookups = Callable[[Command, str], list[Option]]
"""A command and what was typed after its name -> records it can work on."""


def resolve(typed: str, commands: Sequence[Command], worst: int = ANYWHERE) -> tuple[Command, str] | None:
    """The command meant, and its argument: a digit of the menu, a name and what follows it, or the best match.

    `worst`: how loose the match may be; somebody who sees no menu must be meant more exactly.
    """
    if _is_number(typed):
        numbered = _by_number(typed, commands)
        return (numbered, "") if numbered is not None else None
    named = _named(typed, commands)
    if named is not None:
        return named
    matching = best(typed, commands, worst)
    return (matching[0], "") if matching else None


def options(typed: str, commands: Sequence[Command], lookups: Lookups) -> list[Option]:
    """The lines of the menu for what is typed: records, if a command takes one, then commands that match."""
    if _is_number(typed):
        numbered = _by_number(typed, commands)
        return [_line(numbered, commands)] if numbered is not None else []
    if not typed.strip():
        return _opened(commands)
    named = _named(typed, commands)
    followed = named is not None and bool(named[1])  # then nothing that only resembles the whole of it is meant
    meant = best(typed, commands, HUMPS if followed else ANYWHERE) or ([named[0]] if named else [])
    lines = [_line(command, commands) for command in meant]
    if named is not None and named[0].takes_argument and (named[1] or typed.endswith(" ")):
        lines = lookups(*named) + lines
    return lines


def _opened(commands: Sequence[Command]) -> list[Option]:
    """The menu before anything is typed: what is offered, each group under its heading."""
    lines, above = [], ""
    for command in commands:
        if command.offered and not command.on_screen:
            lines.append(replace(_line(command, commands), group=_(command.group) if command.group != above else ""))
            above = command.group
    return lines


def digits(command: Command, commands: Sequence[Command]) -> str:
    """What picks `command`: its key, or its place in the menu that opens; "" for a line that only its name picks."""
    if command.key:
        return command.key
    picked = [line for line in commands if line.offered and line.numbered]
    return str(picked.index(command) + 1) if command in picked else ""


def _named(typed: str, commands: Sequence[Command]) -> tuple[Command, str] | None:
    """The command of that name, and what follows it; `client new york` is no new client but one from there."""
    named = named_first(typed, commands)
    if named is None or named[0].takes_argument or not named[1]:
        return named
    return named_first(typed, [command for command in commands if command.takes_argument])


def _is_number(typed: str) -> bool:
    return typed.strip().isascii() and typed.strip().isdigit()


def _by_number(typed: str, commands: Sequence[Command]) -> Command | None:
    """The record of that number in front, else the line of that place in the menu; nothing looser."""
    named = named_first(typed, commands)
    if named is not None:
        return named[0]
    place = typed.strip().lstrip("0") or "0"
    return next((command for command in commands if digits(command, commands) == place), None)


def _line(command: Command, commands: Sequence[Command]) -> Option:
    return Option(command.names[0], f"{digits(command, commands):>2} {command.names[0]}", command.about)
