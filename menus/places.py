"""Where somebody is: at home, in a list, on a card. Each place shows itself and offers its own steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from menus.actions import Command
from menus.terminal import Keys

if TYPE_CHECKING:
    from menus.shell import Shell


class Place(Protocol):
    """Somewhere to be."""

    @property
    def prompt(self) -> str: ...
    @property
    def hint(self) -> str: ...
    @property
    def keys(self) -> Keys:
        """One press instead of a command: prompt_toolkit's name of the key -> the line it stands for here."""

    def show(self, shell: Shell) -> None: ...
    def commands(self, shell: Shell) -> Iterator[Command]: ...
    def open_number(self, shell: Shell, number: int) -> bool:
        """Open the record that this number means here; False if it means none."""
