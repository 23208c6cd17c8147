"""Records that somebody names or is asked for, looked up while they type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm.errors import CrmError
from crm.models import Record
from crm.search import Lookups
from crm.session import Session
from menus.actions import Action, Command
from menus.finding import entry, finder, named_entry
from menus.i18n import _
from menus.terminal import Back, Option, Terminal


class Picking:
    """What a Shell knows of looking records up."""

    def __init__(self, session: Session, terminal: Terminal, actions: tuple[Action, ...]) -> None:
        self.session = session
        self.terminal = terminal
        self.actions = actions
        self._while_typing = Lookups(session)

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

    def pick_among(
        self,
        label: str,
        find: Callable[[Session, str], list[Any]],
        typed: str = "",
        line: Callable[[Any], Option] = entry,
    ) -> Any:
        """One of the records that `find` gives for what is typed; it runs on a second session, in other threads.

        `line`: how one of them is shown.
        """
        return self._pick_found(label, lambda text: self._look_up(find, text), line, typed)

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

    def pick_found(self, typed: str) -> Record | None:
        """The best client, contract or event that matches, if any does; who sees no menu is asked which."""
        found = self.session.search(typed)
        return self._pick_found(typed, lambda _text: found, named_entry, typed) if found else None

    def find_everywhere(self, typed: str) -> list[Option]:
        """Lines for the clients, contracts and events that match."""
        options, _found = finder(
            lambda text: self._look_up(lambda session, words: session.search(words), text), named_entry
        )
        return list(options(typed))

    def lookups(self, command: Command, typed: str) -> list[Option]:
        """Lines for what can follow the name of `command`."""
        actions = (action.candidates for action in self.actions if action.name == command.msgid and action.on)
        candidates = command.candidates or next(actions, None)
        if candidates is None:
            return []
        options, _found = finder(lambda text: self._look_up(candidates, text))
        name = command.names[0]
        return [Option(f"{name} {option.key}", f"{name} {option.label}", option.about) for option in options(typed)]

    def _look_up(self, find: Callable[[Session, str], list[Any]], typed: str) -> list[Any]:
        """On a connection of its own: this runs in other threads, while somebody types on."""
        return self._while_typing.answer(lambda session: find(session, typed))
