"""The session loop: sign in, ask for a command, run it, and go on whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Protocol

from crm import monitoring
from crm.errors import Conflict, CrmError, SignedOut, Unavailable
from crm.fields import Reading
from crm.identity import Identity
from crm.preferences import Preferences
from crm.session import Session
from menus.actions import Action, Command, command_of
from menus.drafts import Drafts
from menus.finding import begun, looks_for, with_records
from menus.i18n import _, current
from menus.matching import ANYWHERE, BEGINNING, named_first
from menus.messages import sentence
from menus.palette import options, resolve
from menus.picking import Picking
from menus.terminal import Abandon, Back, Leave, Option, Terminal, Toolbar
from menus.toolbar import toolbar
from menus.way import Way
from menus.written import entity_of

HELP = "?"
"""The key and the name of what explains where one is."""


class SignIn(Protocol):
    """How people come in: it leaves the session open, or raises."""

    def __call__(self, shell: Shell, again: Identity | None = None) -> None:
        """`again`: whose session is over in the middle of something; raises Abandon if they rather leave that."""


class Shell(Picking, Way):
    """One person at one terminal."""

    def __init__(
        self,
        session: Session,
        terminal: Terminal,
        actions: tuple[Action, ...],
        sign_in: SignIn,
        where: str,
        preferences: Preferences,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`where`: the database, for the toolbar; `preferences`: where what somebody chooses for themselves is kept.
        `clock`: what is now, aware.
        """
        Picking.__init__(self, session, terminal, actions)
        Way.__init__(self)
        self.where = where
        self.preferences = preferences
        self._clock = clock
        self.drafts: Drafts = {}
        self._sign_in = sign_in
        self._arriving = True

    def run(self) -> int:
        """Until somebody leaves; the exit status: 0, or 1 when a line of a pipe was refused."""
        try:
            while True:
                with suppress(KeyboardInterrupt):  # Ctrl-C between two prompts: the next one comes all the same
                    self._step()
        except Leave:
            pass
        return 1 if self.terminal.refusals and not self.terminal.interactive else 0

    def now(self) -> datetime:
        return self._clock()

    def today(self) -> date:
        return self.now().astimezone(current().zone).date()

    def reading(self) -> Reading:
        """How to read what this person types, now."""
        language = current()
        return Reading(language.code, language.zone, self.now())

    def say(self, line: str) -> None:
        self.terminal.show(line)

    def sign_in(self) -> None:
        """Until somebody is in. Whose session ended by itself goes on where they were with their password alone,
        unless they would rather be somebody else. Raises Leave.
        """
        interrupted = self.session.interrupted
        if interrupted is not None:
            with suppress(Abandon):
                self._sign_in(self, interrupted)
        if not self.session.is_open:
            self._sign_in(self)
        if interrupted is None or self.session.identity.employee_id != interrupted.employee_id:
            self.start_over()

    def sign_in_again(self, somebody: Identity) -> None:
        """The same person, in the middle of something; Abandon if it is somebody else who comes in."""
        self._sign_in(self, somebody)
        if self.session.identity.employee_id != somebody.employee_id:
            self.start_over()
            raise Abandon

    def commands(self) -> Iterator[Command]:
        """What can be chosen here and now: the steps of this place first, then the menu of the department."""
        here = list(self.place.commands(self))
        yield from here
        taken = {command.msgid for command in here}
        at_home = self.at_home
        for action in self.actions:
            if action.name not in taken and action.allowed(self.session):
                yield command_of(self, action, offered=at_home)

    @property
    def about(self) -> str:
        """Where one is, in a sentence."""
        return self.place.about

    def toolbar(self) -> Toolbar:
        """Who, department, where, how long still."""
        if not self.session.is_open:
            return Toolbar("")
        return toolbar(self.session.identity, self.where, self.now())

    def _step(self) -> None:
        try:
            if not self.session.is_open:
                self.sign_in()
                self._arriving = True
            commands = self._offered()
            typed = self._ask_for_command(commands)
            if typed.strip():
                self._run(typed, commands)
        except Back:
            self._answering(self.go_back)
        except Abandon as abandon:
            kept = _("Nothing was saved. Open the form again to go on with what you typed.")
            self.say(kept if abandon.kept else _("Nothing was saved. (Ctrl-D leaves the program.)"))
        except CrmError as error:
            self.terminal.refuse(sentence(error))

    def _offered(self) -> list[Command]:
        """The commands; without a database that tells the rights those that need none, so that one can try again."""
        try:
            self._arrive()
            return list(self.commands())
        except Unavailable as error:
            self.terminal.refuse(sentence(error))
            return [command_of(self, action) for action in self.actions if action.needs is None]

    def _arrive(self) -> None:
        """Show home: at the start, after a sign-in, and as soon as the database answers again."""
        if not self._arriving:
            return
        self._arriving = False
        try:
            self.place.show(self)
            self.session.keep_alive(self.now())
        except Unavailable:
            self._arriving = True
            raise
        except KeyboardInterrupt:
            raise Abandon from None
        except CrmError:
            raise
        except Exception as error:
            self._unexpected(error)

    def _ask_for_command(self, commands: list[Command]) -> str:
        place = self.place
        keys = {HELP: HELP, **place.keys}
        return self.terminal.command(
            place.prompt, place.hint, lambda text: self._menu(text, commands), self.toolbar, keys
        )

    def _menu(self, typed: str, commands: list[Command]) -> list[Option]:
        lines = options(typed, commands, self.lookups)
        records = self.find_everywhere(typed) if self._looks_for_records(typed, commands) else []
        return with_records(lines, records, typed, commands)

    def _run(self, typed: str, commands: list[Command]) -> None:
        with suppress(Back):  # out of the command's questions: one step back is this place
            self._answering(lambda: self._do(typed, commands))

    def _do(self, typed: str, commands: list[Command]) -> None:
        """What is meant; and whoever does something is still there."""
        self._find_and_do(typed, commands)
        self.session.keep_alive(self.now())

    def _find_and_do(self, typed: str, commands: list[Command]) -> None:
        """The command that is begun, else the record that is found, else the command that comes nearest."""
        worst = ANYWHERE if self.terminal.interactive else BEGINNING
        if self._belongs_to_others(typed, commands):
            self._not_in_the_menu(typed.strip())
            return
        if not begun(typed, commands, worst) and self._looks_for_records(typed, commands):
            record = self.pick_found(typed)
            if record is not None:
                self.open_card(entity_of(record), record.id)
                return
        meant = resolve(typed, commands, worst)
        if meant is None:
            self._not_in_the_menu(typed.strip())
        else:
            command, argument = meant
            command.run(argument)

    def _looks_for_records(self, typed: str, commands: list[Command]) -> bool:
        """A bare number does so only where numbers mean nothing else."""
        if typed.strip().isdigit() and (not self.at_home or resolve(typed, commands) is not None):
            return False
        return looks_for(typed, self._everything(commands))

    def _belongs_to_others(self, typed: str, commands: list[Command]) -> bool:
        """Is this all of a name, and not of a command here? Then it means nothing else: `contract new` is no lookup."""
        named = named_first(typed, self._everything(commands))
        return named is not None and not named[1] and named[0] not in commands

    def _everything(self, commands: list[Command]) -> list[Command]:
        """What can be chosen here, then what others may do."""
        return [*commands, *(command_of(self, action) for action in self.actions)]

    def _not_in_the_menu(self, typed: str) -> None:
        """A number of a record in front, or else a refusal that says which kind it is."""
        if typed.isascii() and typed.isdigit() and self.place.open_number(self, int(typed[:9])):
            return
        everything = [command_of(self, action) for action in self.actions]
        refusal = _("“{typed}” is not in the menu; ? shows what is.")
        if named_first(typed, everything) is not None:
            refusal = _("“{typed}” is not yours to do, or not with this record; ? shows what is.")
        self.terminal.refuse(refusal.format(typed=typed))

    def _answering(self, work: Callable[[], None]) -> None:
        """Whatever a command does wrong, the next one can be typed."""
        try:
            work()
        except (Back, Abandon, Leave, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            raise Abandon from None
        except Conflict as conflict:
            self.terminal.refuse(sentence(conflict))
            self._answering(lambda: self.place.show(self))  # as it is now: the next try starts from there
        except CrmError as error:
            if not (
                isinstance(error, SignedOut) and self.terminal.interactive
            ):  # there the question that follows says so
                self.terminal.refuse(sentence(error))
        except Exception as error:
            self._unexpected(error)

    def _unexpected(self, error: Exception) -> None:
        reference = monitoring.unexpected(error)
        line = _("Something unexpected went wrong; it was noted as {reference}. You can go on.")
        self.terminal.refuse(line.format(reference=reference))
