"""Whoever sits there: they sign in, are asked again when their session ends, and are told before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from crm.errors import CrmError, SignedOut
from crm.identity import Identity
from crm.session import Session
from menus.messages import sentence
from menus.terminal import Abandon, Terminal, Toolbar
from menus.toolbar import toolbar

if TYPE_CHECKING:
    from menus.shell import Shell


class SignIn(Protocol):
    """How people come in: it leaves the session open, or raises."""

    def __call__(self, shell: Shell, again: Identity | None = None) -> None:
        """`again`: whose session is over in the middle of something; raises Abandon if they rather leave that."""


class Presence:
    """What a Shell knows of who is there."""

    session: Session
    terminal: Terminal
    where: str
    _sign_in: SignIn
    _arriving: bool
    now: Callable[[], datetime]
    start_over: Callable[[], None]

    def sign_in(self) -> None:
        """Until somebody is in. Raises Leave.

        Whose session ended by itself goes on where they were with their password alone, or is somebody else instead.
        """
        interrupted = self.session.interrupted
        if interrupted is not None:
            with suppress(Abandon):
                self._sign_in(self, interrupted)  # type: ignore[arg-type]
        if not self.session.is_open:
            self._sign_in(self)  # type: ignore[arg-type]
        if interrupted is None or self.session.identity.employee_id != interrupted.employee_id:
            self.start_over()
        self._arriving = True

    def sign_in_again(self, somebody: Identity) -> None:
        """The same person, in the middle of something; Abandon if it is somebody else who comes in."""
        self._sign_in(self, somebody)  # type: ignore[arg-type]
        if self.session.identity.employee_id != somebody.employee_id:
            self.start_over()
            raise Abandon

    def toolbar(self) -> Toolbar:
        """Who, department, where, how long still."""
        if not self.session.is_open:
            return Toolbar("")
        return toolbar(self.session.identity, self.where, self.now())

    def signed_in(self, command: Callable[[], None]) -> None:
        """Run it; once more, if the session was over and its owner has signed in again. All that writes asks before."""
        try:
            command()
        except SignedOut as over:
            interrupted = self.session.interrupted
            if interrupted is None:
                raise
            self.refuse(over)
            self.sign_in()
            if self.session.identity.employee_id == interrupted.employee_id:
                self._arriving = False
                command()

    def refuse(self, error: CrmError) -> None:
        """Say why not; but in a terminal the question for the password says itself that the session is over."""
        if not (isinstance(error, SignedOut) and self.terminal.interactive):
            self.terminal.refuse(sentence(error))
