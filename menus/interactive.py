"""The terminal of somebody who sits in front of it: prompt_toolkit for the palette, questionary for the questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import suppress
from threading import Thread

import questionary
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.layout.containers import Window
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenuControl
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style
from rich.cells import cell_len, set_cell_size
from rich.console import Console

from menus.i18n import _, colon
from menus.palette_keys import Remembered, answering_keys, palette_keys, reopening_keys
from menus.terminal import NO_KEYS, Abandon, Back, Check, Find, Keys, Leave, Option, View
from menus.written import visible

ESCAPE_SECONDS = 0.05
RECORDS_FOUND = 7  # lines to keep free for what is found, where the menu itself is shorter
STYLE = Style.from_dict(
    {
        "bottom-toolbar": "noreverse bg:#303030 #d0d0d0",
        "completion-menu.meta.completion": "bg:#444444 #d0d0d0",
        "group": "bold",
        "question": "bold",
        "answer": "nobold fg:default",
        "selected": "noreverse",  # the pointer alone shows where one is
        "nbsp": "nounderline",  # French has them everywhere: nothing to point out
        "validation-toolbar": "noreverse bg:#5f0000 #ffffff",
    }
)


class Completions(Completer):
    """What `find` finds, as the lines of a completion menu."""

    def __init__(self, find: Find) -> None:
        self.find = find

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What prompt_toolkit asks without a terminal."""
        return self._found(document.text_before_cursor)

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """In a thread, and only until the text changes: then this one ends at once, and the newest is looked up."""
        loop, buffer = asyncio.get_running_loop(), get_app().current_buffer
        outcome: asyncio.Future[list[Completion] | None] = loop.create_future()

        def settle(found: list[Completion] | None) -> None:
            if not outcome.done():
                outcome.set_result(found)

        def look() -> None:
            found = self._found(document.text_before_cursor)
            with suppress(RuntimeError):  # the question was answered, and its loop is closed
                loop.call_soon_threadsafe(settle, found)

        def overtaken(_buffer: Buffer) -> None:
            settle(None)

        buffer.on_text_changed += overtaken
        try:
            Thread(target=look, daemon=True).start()  # daemon: whoever leaves waits for no lookup
            found = await outcome
        finally:
            buffer.on_text_changed -= overtaken
        if found is None:
            loop.call_soon(_reopen, buffer)  # prompt_toolkit does so by itself only when letters were added
        for completion in found or ():
            yield completion

    def _found(self, typed: str) -> list[Completion]:
        found = self.find(typed)
        margin = max((cell_len(option.group) for option in found), default=0)
        return [
            Completion(option.key, -len(typed), display=_line(option, margin), display_meta=visible(option.about))
            for option in found
        ]


def _reopen(buffer: Buffer) -> None:
    if buffer.complete_state is None and not get_app().is_done:
        buffer.start_completion()


def _menu_of(session: PromptSession[str]) -> Window:
    """The window of its completion menu, which prompt_toolkit makes sixteen lines high at most."""
    return next(
        window for window in session.app.layout.find_all_windows() if isinstance(window.content, CompletionsMenuControl)
    )


def _line(option: Option, margin: int) -> StyleAndTextTuples:
    """The line of a menu, behind its heading if any line has one: `margin` cells wide."""
    heading = [("class:group", f"{set_cell_size(option.group, margin)} ")] if margin else []
    return [*heading, ("", visible(option.label))]


class InteractiveTerminal:
    """Menus that open by themselves; Esc goes back, Ctrl-C abandons, Ctrl-D leaves."""

    interactive = True

    def __init__(self) -> None:
        self.refusals = 0
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._palette: PromptSession[str] = PromptSession(style=STYLE, history=Remembered())
        self._palette.app.ttimeoutlen = ESCAPE_SECONDS
        self._menu = _menu_of(self._palette)

    def command(self, prompt: str, hint: str, find: Find, toolbar: Callable[[], str], keys: Keys = NO_KEYS) -> str:
        session = self._palette
        session.app.erase_when_done = False
        self._menu.height = Dimension(min=1, max=self._room(100))
        with patch_stdout(raw=True):
            return session.prompt(
                [("bold", f"{prompt} ")],
                completer=Completions(find),
                complete_style=CompleteStyle.COLUMN,
                reserve_space_for_menu=self._room(max(len(find("")), RECORDS_FOUND)),
                placeholder=_while_asking(hint, cell_len(prompt) + 1),
                set_exception_handler=False,  # the loop's complaints go to the log, not on the screen
                bottom_toolbar=lambda: fitting(visible(toolbar()), _columns()),
                refresh_interval=30,
                pre_run=session.default_buffer.start_completion,
                key_bindings=merge_key_bindings([palette_keys(), answering_keys(keys)]),
            )

    def text(self, label: str, default: str, check: Check, example: str) -> str:
        return self._ask(
            questionary.text(
                colon(label),
                default=default,
                validate=_validator(check),
                qmark="",
                style=STYLE,
                validate_while_typing=bool(default),
                placeholder=_while_asking(example, cell_len(label) + 3),
            )
        )

    def lines(self, label: str, default: str, check: Check) -> str:
        question = questionary.text(
            colon(label),
            default=default,
            validate=_validator(check),
            qmark="",
            style=STYLE,
            multiline=True,
            instruction=_("(Enter: new line, Ctrl-S: done)") + "\n",
        )
        keys = KeyBindings()
        keys.add("c-s", eager=True)(lambda event: event.current_buffer.validate_and_handle())
        return self._ask(question, keys)

    def secret(self, label: str) -> str:
        return self._ask(questionary.password(colon(label), qmark="", style=STYLE))

    def choose(self, label: str, options: Sequence[Option], default: str) -> str:
        choices = [
            questionary.Choice(visible(option.label), value=option.key, description=visible(option.about) or None)
            for option in options
        ]
        return self._ask(
            questionary.select(
                visible(label) if label.endswith("?") else colon(visible(label)),
                choices,
                default=default or None,
                qmark="",
                style=STYLE,
                instruction=_("(arrows or digits, Enter)"),
                use_shortcuts=len(choices) <= 36,  # all the digits and letters there are
                use_jk_keys=False,
            )
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

    def _ask(
        self, question: questionary.Question, keys: KeyBindings | None = None, pre_run: Callable[[], None] | None = None
    ) -> str:
        app = question.application
        app.key_bindings = merge_key_bindings(
            [binding for binding in (app.key_bindings, _question_keys(), keys) if binding is not None]
        )
        app.ttimeoutlen = ESCAPE_SECONDS
        try:
            return str(app.run(pre_run=pre_run, set_exception_handler=False))
        except KeyboardInterrupt as interrupt:
            raise Abandon from interrupt
        except EOFError as end:
            raise Leave from end


def _while_asking(hint: str, taken: int) -> Callable[[], StyleAndTextTuples]:
    """A grey text where nothing is typed yet, `taken` cells from the left; gone once the question is answered."""
    return lambda: [] if get_app().is_done else [("fg:#808080", fitting(hint, _columns() - taken))]


def fitting(parts: str, width: int) -> str:
    """`parts`, with dots between them, without those before the last that `width` has no room for."""
    kept = parts.split(" · ")
    while len(kept) > 1 and cell_len(" · ".join(kept)) > width:
        kept.pop(-2)
    return " · ".join(kept) if cell_len(" · ".join(kept)) <= width else ""


def _columns() -> int:
    return get_app().output.get_size().columns


def _validator(check: Check) -> Callable[[str], bool | str]:
    return lambda typed: check(typed) or True


def _question_keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", eager=True)
    def _back(event: KeyPressEvent) -> None:
        event.app.exit(exception=Back(event.app.current_buffer.text), style="class:aborting")

    @keys.add("c-d", eager=True)
    def _abandon(event: KeyPressEvent) -> None:
        event.app.exit(exception=Abandon(), style="class:aborting")

    return keys
