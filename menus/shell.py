"""The session loop: sign in, ask for a command, run it, and go on whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

from crm import monitoring
from crm.errors import Conflict, CrmError, Unavailable
from crm.fields import DEPARTMENT_NAMES, Reading
from crm.session import Session
from menus.actions import Action, Command, command_of
from menus.cards import CardPlace
from menus.forms import finder
from menus.home import Home
from menus.i18n import _, current
from menus.lists import ListPlace
from menus.matching import ANYWHERE, BEGINNING, named_first
from menus.messages import sentence
from menus.palette import options, resolve
from menus.places import Place
from menus.terminal import Abandon, Back, Leave, Option, Terminal
from menus.written import time_left

SignIn = Callable[["Shell"], None]


class Shell:
    """One person at one terminal."""

    def __init__(
        self, session: Session, terminal: Terminal, actions: tuple[Action, ...], sign_in: SignIn, where: str
    ) -> None:
        """`sign_in`: how people come in here; it leaves the session open, or raises.

        `where`: the database, for the toolbar.
        """
        self.session = session
        self.terminal = terminal
        self.actions = actions
        self.where = where
        self._sign_in = sign_in
        self._places: list[Place] = [Home()]
        self._companion: Session | None = None
        self._looking_up = Lock()

    def run(self) -> int:
        """Until somebody leaves; the exit status: 0, or 1 when a line of a pipe was refused."""
        try:
            while True:
                self._step()
        except Leave:
            pass
        return 1 if self.terminal.refusals and not self.terminal.interactive else 0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone(current().zone).date()

    def reading(self) -> Reading:
        """How to read what this person types, now."""
        language = current()
        return Reading(language.code, language.zone, self.now())

    def say(self, line: str) -> None:
        self.terminal.show(line)

    def sign_in(self) -> None:
        """Until somebody is in. Raises Leave."""
        self._companion = None
        self._sign_in(self)

    def open_list(self, entity: str, title: str, records: Any, *filters: str) -> None:
        """`filters`: those of `menus.filters` that are on in the beginning, like "unsigned"."""
        self._go([Home(), ListPlace(entity, title, records, *filters)])

    def open_card(self, entity: str, number: int) -> None:
        below = [place for place in self._places if not isinstance(place, CardPlace)]
        self._go([*below, CardPlace(entity, number)])

    def close_card(self) -> None:
        """Back from the card of a record that is no more."""
        self._places = [place for place in self._places if not isinstance(place, CardPlace)]

    def pick(self, label: str, entity: str) -> Any:
        """A record of `entity`, looked up among all that can be read."""
        return self.pick_among(label, lambda session, typed: session.of(entity).visible().matching(typed))

    def pick_for(self, action: Action, typed: str = "") -> Any:
        """A record that `action` can work on: the one that `typed` names, or one that is asked for."""
        label = _(str(action.on)).capitalize()
        if typed:
            found = action.candidates(self.session, typed)
            if found:
                return self.pick_among(label, lambda _session, _typed: found, typed)
            self.terminal.refuse(_("Nothing here matches “{typed}”.").format(typed=typed))
            if not self.terminal.interactive:  # the next line is a command again, not another try
                raise Back
        return self.pick_among(label, action.candidates)

    def pick_among(self, label: str, find: Callable[[Session, str], list[Any]], typed: str = "") -> Any:
        """One of the records that `find` gives for what is typed; it runs on a second session, in other threads."""
        options, found = finder(lambda text: self._look_up(find, text))
        return found[self.terminal.look_up(label, options, typed)]

    def commands(self) -> Iterator[Command]:
        """What can be chosen here and now: the steps of this place first, then the menu of the department."""
        here = list(self._places[-1].commands(self))
        yield from here
        taken = {command.msgid for command in here}
        at_home = len(self._places) == 1
        for action in self.actions:
            if action.name not in taken and action.allowed(self.session):
                yield command_of(self, action, offered=at_home)

    def toolbar(self) -> str:
        """Who, department, where, how long still."""
        if not self.session.is_open:
            return ""
        identity = self.session.identity
        parts = [
            identity.name,
            _(DEPARTMENT_NAMES[identity.department]),
            self.where,
            time_left(identity.expires_at, self.now()),
        ]
        return " " + " · ".join(parts)

    def _step(self) -> None:
        try:
            if not self.session.is_open:
                self.sign_in()
                self._places = [Home()]
            commands = self._offered()
            typed = self._ask_for_command(commands)
            if typed.strip():
                self._run(typed, commands)
        except Back:
            self._answering(self._go_back)
        except Abandon:
            self.say(_("Nothing was saved. (Ctrl-D leaves the program.)"))
        except CrmError as error:
            self.terminal.refuse(sentence(error))

    def _offered(self) -> list[Command]:
        """The commands; without a database that tells the rights those that need none, so that one can try again."""
        try:
            return list(self.commands())
        except Unavailable as error:
            self.terminal.refuse(sentence(error))
            return [command_of(self, action) for action in self.actions if action.needs is None]

    def _ask_for_command(self, commands: list[Command]) -> str:
        place = self._places[-1]
        return self.terminal.command(
            place.prompt, place.hint, lambda text: options(text, commands, self._lookups), self.toolbar, place.keys
        )

    def _run(self, typed: str, commands: list[Command]) -> None:
        meant = resolve(typed, commands, ANYWHERE if self.terminal.interactive else BEGINNING)
        if meant is None:
            with suppress(Back):
                self._answering(lambda: self._not_in_the_menu(typed.strip()))
            return
        command, argument = meant
        with suppress(Back):  # out of the command's questions: one step back is this place
            self._answering(lambda: command.run(argument))

    def _not_in_the_menu(self, typed: str) -> None:
        """A number of a record in front, or else a refusal that says which kind it is."""
        if typed.isascii() and typed.isdigit() and self._places[-1].open_number(self, int(typed[:9])):
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
            self._answering(lambda: self._places[-1].show(self))  # as it is now: the next try starts from there
        except CrmError as error:
            self.terminal.refuse(sentence(error))
        except Exception as error:
            reference = monitoring.unexpected(error)
            line = _("Something unexpected went wrong; it was noted as {reference}. You can go on.")
            self.terminal.refuse(line.format(reference=reference))

    def _go(self, places: list[Place]) -> None:
        places[-1].show(self)  # first: a place that cannot be shown is not gone to
        self._places = places

    def _go_back(self) -> None:
        if len(self._places) > 1:
            self._places.pop()
            self._places[-1].show(self)

    def _look_up(self, find: Callable[[Session, str], list[Any]], typed: str) -> list[Any]:
        """On a connection of its own: this runs in other threads, while somebody types."""
        with self._looking_up:
            if self._companion is None or self._companion.database.token != self.session.database.token:
                self._companion = self.session.companion()
            return find(self._companion, typed)

    def _lookups(self, command: Command, typed: str) -> list[Option]:
        actions = (action.candidates for action in self.actions if action.name == command.msgid and action.on)
        candidates = command.candidates or next(actions, None)
        if candidates is None:
            return []
        options, _found = finder(lambda text: self._look_up(candidates, text))
        name = command.names[0]
        return [Option(f"{name} {option.key}", f"{name} {option.label}", option.about) for option in options(typed)]
