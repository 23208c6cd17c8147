"""The session loop: sign in, ask for a command, run it, and go on whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import takewhile
from typing import Any, Protocol

from crm import monitoring
from crm.errors import Conflict, CrmError, NotFound, Unavailable
from crm.fields import DEPARTMENT_NAMES, Reading
from crm.preferences import Preferences
from crm.search import Lookups
from crm.session import Identity, Session
from menus.actions import Action, Command, command_of
from menus.cards import CardPlace
from menus.drafts import Drafts
from menus.finding import begun, entry, looks_for, named_entry, with_records
from menus.forms import finder
from menus.home import Home
from menus.i18n import _, current
from menus.lists import ListPlace
from menus.matching import ANYWHERE, BEGINNING, named_first
from menus.messages import sentence
from menus.palette import options, resolve
from menus.places import Place
from menus.terminal import Abandon, Back, Leave, Option, Terminal
from menus.written import entity_of, time_left

HELP = "?"
"""The key and the name of what explains where one is."""


class SignIn(Protocol):
    """How people come in: it leaves the session open, or raises."""

    def __call__(self, shell: Shell, again: Identity | None = None) -> None:
        """`again`: whose session is over in the middle of something; raises Abandon if they rather leave that."""


class Shell:
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
        self.session = session
        self.terminal = terminal
        self.actions = actions
        self.where = where
        self.preferences = preferences
        self._clock = clock
        self.drafts: Drafts = {}
        self._sign_in = sign_in
        self._places: list[Place] = [Home()]
        self._while_typing = Lookups(session)
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
        """Until somebody is in. Raises Leave."""
        self._sign_in(self)

    def go_home(self, home: Home | None = None) -> None:
        self._go([home or Home()])

    def sign_in_again(self, somebody: Identity) -> None:
        """The same person, in the middle of something; Abandon if it is somebody else who comes in."""
        self._sign_in(self, somebody)
        if self.session.identity.employee_id != somebody.employee_id:
            self._places = [Home()]
            raise Abandon

    def open_list(self, entity: str, title: str, records: Any, *filters: str) -> None:
        """`filters`: those of `menus.filters` that are on in the beginning, like "unsigned"."""
        self._go([Home(), ListPlace(entity, title, records, *filters)])

    def open_list_here(self, entity: str, title: str, records: Any) -> None:
        """A list that belongs to the card in front: Esc leads back to it."""
        self._go([*self._places, ListPlace(entity, title, records)])

    def open_card(self, entity: str, number: int) -> None:
        """On top of what is in front; the card of a record that is already below comes up again."""
        self._go([*self._below(entity, number), CardPlace(entity, number)])

    def close_card(self, entity: str, number: int) -> None:
        """Back from the card of a record that is no more."""
        self._places = self._below(entity, number)
        self._places[-1].show(self)

    def pick(self, label: str, entity: str, known: Any = None) -> Any:
        """A record of `entity`, looked up among all that can be read; typing nothing keeps `known`."""

        def find(session: Session, typed: str) -> list[Any]:
            keep = known is not None and not typed.strip()
            return [known] if keep else session.of(entity).visible().matching(typed)

        return self.pick_among(label, find)

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
        return self._pick_found(label, lambda text: self._look_up(find, text), entry, typed)

    def _pick_found(
        self, label: str, find: Callable[[str], list[Any]], line: Callable[[Any], Option], typed: str
    ) -> Any:
        failed: dict[str, CrmError] = {}
        options, found = finder(find, line, failed)
        key = self.terminal.look_up(label, options, typed)
        if key in failed:
            self.session.verify()  # it was found out on another session
            raise failed[key]
        return found[key]

    def commands(self) -> Iterator[Command]:
        """What can be chosen here and now: the steps of this place first, then the menu of the department."""
        here = list(self._places[-1].commands(self))
        yield from here
        taken = {command.msgid for command in here}
        at_home = len(self._places) == 1
        for action in self.actions:
            if action.name not in taken and action.allowed(self.session):
                yield command_of(self, action, offered=at_home)

    @property
    def about(self) -> str:
        """Where one is, in a sentence."""
        return self._places[-1].about

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
                self._places, self._arriving = [Home()], True
            commands = self._offered()
            typed = self._ask_for_command(commands)
            if typed.strip():
                self._run(typed, commands)
        except Back:
            self._answering(self._go_back)
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
            self._places[-1].show(self)
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
        place = self._places[-1]
        keys = {HELP: HELP, **place.keys}
        return self.terminal.command(
            place.prompt, place.hint, lambda text: self._menu(text, commands), self.toolbar, keys
        )

    def _menu(self, typed: str, commands: list[Command]) -> list[Option]:
        lines = options(typed, commands, self._lookups)
        records = self._find_everywhere(typed) if self._looks_for_records(typed, commands) else []
        return with_records(lines, records, typed, commands)

    def _run(self, typed: str, commands: list[Command]) -> None:
        with suppress(Back):  # out of the command's questions: one step back is this place
            self._answering(lambda: self._do(typed, commands))

    def _do(self, typed: str, commands: list[Command]) -> None:
        """The command that is begun, else the record that is found, else the command that comes nearest."""
        worst = ANYWHERE if self.terminal.interactive else BEGINNING
        if not begun(typed, commands, worst) and self._looks_for_records(typed, commands) and self._open_found(typed):
            return
        meant = resolve(typed, commands, worst)
        if meant is None:
            self._not_in_the_menu(typed.strip())
        else:
            command, argument = meant
            command.run(argument)

    def _looks_for_records(self, typed: str, commands: list[Command]) -> bool:
        """A bare number does so only where numbers mean nothing else."""
        if typed.strip().isdigit() and (len(self._places) > 1 or resolve(typed, commands) is not None):
            return False
        everything = [*commands, *(command_of(self, action) for action in self.actions)]
        return looks_for(typed, everything)

    def _open_found(self, typed: str) -> bool:
        """The card of the best client, contract or event that matches; who sees no menu is asked which."""
        found = self.session.search(typed)
        if found:
            record = self._pick_found(typed, lambda _text: found, named_entry, typed)
            self.open_card(entity_of(record), record.id)
        return bool(found)

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
            self._unexpected(error)

    def _unexpected(self, error: Exception) -> None:
        reference = monitoring.unexpected(error)
        line = _("Something unexpected went wrong; it was noted as {reference}. You can go on.")
        self.terminal.refuse(line.format(reference=reference))

    def _go(self, places: list[Place]) -> None:
        places[-1].show(self)  # first: a place that cannot be shown is not gone to
        self._places = places

    def _go_back(self) -> None:
        """One place up; over the cards of records that are gone."""
        while len(self._places) > 1:
            self._places.pop()
            with suppress(NotFound):
                self._places[-1].show(self)
                return

    def _below(self, entity: str, number: int) -> list[Place]:
        """The places under the card of that record; all of them, if it lies nowhere yet."""
        cards = (place for place in self._places if isinstance(place, CardPlace) and place.is_of(entity, number))
        known = next(cards, None)
        return list(takewhile(lambda place: place is not known, self._places))

    def _look_up(self, find: Callable[[Session, str], list[Any]], typed: str) -> list[Any]:
        """On a connection of its own: this runs in other threads, while somebody types on."""
        return self._while_typing.answer(lambda session: find(session, typed))

    def _find_everywhere(self, typed: str) -> list[Option]:
        options, _found = finder(
            lambda text: self._look_up(lambda session, words: session.search(words), text), named_entry
        )
        return list(options(typed))

    def _lookups(self, command: Command, typed: str) -> list[Option]:
        action = next((action for action in self.actions if action.name == command.msgid and action.on), None)
        if action is None:
            return []
        options, _found = finder(lambda text: self._look_up(action.candidates, text))
        name = command.names[0]
        return [Option(f"{name} {option.key}", f"{name} {option.label}", option.about) for option in options(typed)]
