"""The terminal of somebody who sits in front of it: prompt_toolkit for the palette, questionary for the questions."""

from __future__ import annotations

from collections.abc import Callable

import questionary
from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.layout.containers import Window
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenuControl
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle
from rich.cells import cell_len
from rich.console import Console

from crm.records import PAGE_SIZE
from menus.completions import Completions
from menus.i18n import _, colon
from menus.palette_keys import Remembered, answering_keys, palette_keys, reopening_keys
from menus.questions import ESCAPE_SECONDS, STYLE, Questions, columns, fitting, while_asking
from menus.terminal import NO_KEYS, Find, Keys, Toolbar, View
from menus.written import visible

RECORDS_FOUND = 5  # lines to keep free for what is found, where the menu itself is shorter
FEWEST_ROWS, AROUND_ROWS = 5, 13
"""Around the rows of a list: title, headings, footer and their gaps, prompt, five lines of menu, toolbar."""


def _menu_of(session: PromptSession[str]) -> Window:
    """The window of its completion menu, which prompt_toolkit makes sixteen lines high at most."""
    return next(
        window for window in session.app.layout.find_all_windows() if isinstance(window.content, CompletionsMenuControl)
    )


def _drawn(toolbar: Toolbar) -> StyleAndTextTuples:
    style = "class:bottom-toolbar.urgent" if toolbar.urgent else ""
    return [(style, fitting(visible(toolbar.text), columns()))]


class InteractiveTerminal(Questions):
    """Menus that open by themselves; Esc goes back, Ctrl-C abandons, Ctrl-D leaves."""

    interactive = True

    def __init__(self) -> None:
        self.refusals = 0
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._palette: PromptSession[str] = PromptSession(style=STYLE, history=Remembered())
        self._palette.app.ttimeoutlen = ESCAPE_SECONDS
        self._menu = _menu_of(self._palette)

    @property
    def page_rows(self) -> int:
        """All of a page is seen at once: its title, that is its filters, too."""
        return max(FEWEST_ROWS, min(PAGE_SIZE, self._console.height - AROUND_ROWS))

    def command(self, prompt: str, hint: str, find: Find, toolbar: Callable[[], Toolbar], keys: Keys = NO_KEYS) -> str:
        session = self._palette
        session.app.erase_when_done = False
        self._menu.height = Dimension(min=1, max=self._room(100))
        with patch_stdout(raw=True):
            return session.prompt(
                [("bold", f"{prompt} ")],
                completer=Completions(find),
                complete_style=CompleteStyle.COLUMN,
                reserve_space_for_menu=self._room(1 + max(len(find("")), RECORDS_FOUND)),  # one is the prompt's
                placeholder=while_asking(hint, cell_len(prompt) + 1),
                set_exception_handler=False,  # the loop's complaints go to the log, not on the screen
                bottom_toolbar=lambda: _drawn(toolbar()),
                refresh_interval=30,
                pre_run=session.default_buffer.start_completion,
                key_bindings=merge_key_bindings([palette_keys(), answering_keys(keys)]),
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
            reserve_space_for_menu=self._room(16),
        )
        answer = self._ask(question, reopening_keys(), pre_run=question.application.current_buffer.start_completion)
        return answer if answer in keys else keys[0]

    def show(self, content: str | View) -> None:
        self._console.print(visible(content) if isinstance(content, str) else content.on_screen(self._console.width))

    def refuse(self, sentence: str) -> None:
        self.refusals += 1
        self._console.print(visible(sentence), style="bold red")

    def _room(self, lines: int) -> int:
        """How many lines to keep free for a menu of that many."""
        return max(4, min(lines, self._console.height // 2))
