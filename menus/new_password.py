"""Choosing a password, wherever one is chosen."""

from __future__ import annotations

from collections.abc import Iterable

from crm import passwords
from crm.errors import Invalid
from menus.i18n import _
from menus.messages import sentence
from menus.terminal import Terminal


def ask_new_password(terminal: Terminal, known: Iterable[str], one_time: str | None = None) -> str:
    """A password that may become one and is not the `one_time` one, typed twice. Raises Back, Abandon.

    `known`: words that count for nothing in it.
    """
    while True:
        new = terminal.secret(_("New password, at least {shortest} characters").format(shortest=passwords.SHORTEST))
        try:
            passwords.check_new(new, known)
        except Invalid as invalid:
            terminal.refuse(sentence(invalid))
            continue
        if new == one_time:
            terminal.refuse(_("Somebody else knows this one: please choose another password."))
            continue
        if terminal.secret(_("The new password again")) == new:
            return new
        terminal.refuse(_("These were two different passwords."))
