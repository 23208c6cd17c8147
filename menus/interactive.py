"""The terminal of somebody who sits in front of it: prompt_toolkit for the palette, questionary for the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import questionary
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle
from rich.cells import cell_len
from rich.console import Console

from menus.i18n import _, colon
from menus.questions import ESCAPE_SECONDS, STYLE, Questions, columns, fitting, while_asking
from menus.terminal import Abandon, Back, Find, Leave, View
from menus.written import visible

MENU_ROWS = 16  # prompt_toolkit shows no more


class Completions(Completer):
    """What `find` finds, as the lines of a completion menu."""

    def __init__(self, find: Find) -> None:
        self.find = find

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        for option in self.find(typed):
            yield Completion(option.key, -len(typed), display=visible(option.label), display_meta=visible(option.about))


class InteractiveTerminal(Questions):
    """Menus that open by themselves; Esc goes back, Ctrl-C abandons, Ctrl-D leaves."""

    interactive = True

    def __init__(self) -> None:
        self.refusals = 0
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._palette: PromptSession[str] = PromptSession(
            style=STYLE, complete_in_thread=True, key_bindings=_palette_keys()
        )
        self._palette.app.ttimeoutlen = ESCAPE_SECONDS

    def command(self, prompt: str, hint: str, find: Find, toolbar: Callable[[], str]) -> str:
        session = self._palette
        session.app.erase_when_done = False
        with patch_stdout(raw=True):
            return session.prompt(
                [("bold", f"{prompt} ")],
                completer=Completions(find),
                complete_style=CompleteStyle.COLUMN,
                reserve_space_for_menu=self._room(len(find(""))),
                placeholder=while_asking(hint, cell_len(prompt) + 1),
                set_exception_handler=False,  # the loop's complaints go to the log, not on the screen
                bottom_toolbar=lambda: fitting(visible(toolbar()), columns()),
                refresh_interval=30,
                pre_run=session.default_buffer.start_completion,
            )

    def look_up(self, label: str, find: Find, typed: str = "") -> str:
        """As in the palette: what is found opens as a menu, typing narrows it, Enter takes the best."""
        if typed and (found := find(typed)):
            return found[0].key
        keys: list[str] = []

        def only_found(answer: str) -> bool | str:
            keys[:] = [option.key for option in find(answer)]
            return bool(keys) or _("Nothing here matches “{typed}”.").format(typed=answer)

        question = questionary.text(
            colon(visible(label)),
            validate=only_found,
            validate_while_typing=False,  # the menu shows it, and the lookup would hold up the keys
            qmark="",
            style=STYLE,
            completer=Completions(find),
            complete_in_thread=True,
            reserve_space_for_menu=self._room(MENU_ROWS),
        )
        answer = self._ask(question, _reopening_keys(), pre_run=question.application.current_buffer.start_completion)
        return answer if answer in keys else keys[0]

    def show(self, content: str | View) -> None:
        self._console.print(visible(content) if isinstance(content, str) else content.on_screen(self._console.width))

    def refuse(self, sentence: str) -> None:
        self.refusals += 1
        self._console.print(visible(sentence), style="bold red")

    def _room(self, lines: int) -> int:
        """How many lines to keep free for a menu of that many."""
        return max(4, min(lines, MENU_ROWS, self._console.height // 2))


def _reopening_keys() -> KeyBindings:
    """Deleting narrows the menu again instead of closing it."""
    keys = KeyBindings()

    def deleting(name: str) -> Callable[[KeyPressEvent], None]:
        def delete(event: KeyPressEvent) -> None:
            get_by_name(name).call(event)
            event.current_buffer.start_completion()

        return delete

    keys.add("c-h")(deleting("backward-delete-char"))
    keys.add("c-w")(deleting("unix-word-rubout"))
    keys.add("c-u")(deleting("unix-line-discard"))
    return keys


def _palette_keys() -> KeyBindings:
    keys = _reopening_keys()
    typed = Condition(lambda: bool(_buffer_text()))

    def clear(event: KeyPressEvent) -> None:
        event.current_buffer.reset()
        event.current_buffer.start_completion()

    keys.add("escape", eager=True, filter=typed)(clear)
    keys.add("c-c", filter=typed)(clear)

    def leave_no_trace(answer: type[Exception]) -> Callable[[KeyPressEvent], None]:
        def exit_erased(event: KeyPressEvent) -> None:
            event.app.erase_when_done = True
            event.app.exit(exception=answer())

        return exit_erased

    keys.add("escape", eager=True, filter=~typed)(leave_no_trace(Back))
    keys.add("c-c", filter=~typed)(leave_no_trace(Abandon))
    keys.add("c-d", filter=~typed)(lambda event: event.app.exit(exception=Leave()))
    return keys


def _buffer_text() -> str:
    return get_app().current_buffer.text
