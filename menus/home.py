"""Where one starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from menus.actions import Command
from menus.i18n import _
from menus.terminal import NO_KEYS, Keys

if TYPE_CHECKING:
    from menus.shell import Shell


class Home:
    """Where one starts: everything I may do, and nothing in front of me."""

    prompt = "epic events ›"
    keys: Keys = NO_KEYS

    @property
    def hint(self) -> str:
        return _("type what you want to do")

    def show(self, shell: Shell) -> None:
        """Nothing: the menu that opens says it all."""

    def commands(self, shell: Shell) -> Iterator[Command]:
        return iter(())

    def open_number(self, shell: Shell, number: int) -> bool:
        return False
