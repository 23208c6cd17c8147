"""The terminal of somebody who sits in front of it: prompt_toolkit for the palette, questionary for the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import questionary
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style
from rich.cells import cell_len
from rich.console import Console

from crm.records import PAGE_SIZE
from menus.i18n import _, colon
from menus.terminal import NO_KEYS, Abandon, Back, Check, Find, Keys, Leave, Option, View
from menus.written import visible

ESCAPE_SECONDS = 0.05
FEWEST_ROWS, AROUND_ROWS = 5, 12
"""Around the rows of a list: title, headings, footer and their gaps, prompt, four lines of menu, toolbar."""
MENU_ROWS = 16  # prompt_toolkit shows no more
STYLE = Style.from_dict(
    {
        "bottom-toolbar": "noreverse bg:#303030 #d0d0d0",
        "completion-menu.meta.completion": "bg:#444444 #d0d0d0",
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
        typed = document.text_before_cursor
        for option in self.find(typed):
            yield Completion(option.key, -len(typed), display=visible(option.label), display_meta=visible(option.about))


class InteractiveTerminal:
    """Menus that open by themselves; Esc goes back, Ctrl-C abandons, Ctrl-D leaves."""

    interactive = True

    def __init__(self) -> None:
        self.refusals = 0
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._palette: PromptSession[str] = PromptSession(style=STYLE, complete_in_thread=True)
        self._palette.app.ttimeoutlen = ESCAPE_SECONDS

    @property
    def page_rows(self) -> int:
        """All of a page is seen at once: its title, that is its filters, too."""
        return max(FEWEST_ROWS, min(PAGE_SIZE, self._console.height - AROUND_ROWS))

    def command(self, prompt: str, hint: str, find: Find, toolbar: Callable[[], str], keys: Keys = NO_KEYS) -> str:
        session = self._palette
        session.app.erase_when_done = False
        with patch_stdout(raw=True):
            return session.prompt(
                [("bold", f"{prompt} ")],
                completer=Completions(find),
                complete_style=CompleteStyle.COLUMN,
                reserve_space_for_menu=self._room(len(find("")) + 1),  # the line one types in is part of it
                placeholder=_while_asking(hint, cell_len(prompt) + 1),
                set_exception_handler=False,  # the loop's complaints go to the log, not on the screen
                bottom_toolbar=lambda: fitting(visible(toolbar()), _columns()),
                refresh_interval=30,
                pre_run=session.default_buffer.start_completion,
                key_bindings=merge_key_bindings([_palette_keys(), _answering_keys(keys)]),
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


def _answering_keys(lines: Keys) -> KeyBindings:
    """Keys that, when nothing is typed, answer as if their line had been typed: it stays on the screen."""
    keys = KeyBindings()
    nothing_typed = Condition(lambda: not _buffer_text())

    def answering(line: str) -> Callable[[KeyPressEvent], None]:
        def answer(event: KeyPressEvent) -> None:
            event.current_buffer.text = line
            event.current_buffer.validate_and_handle()

        return answer

    for key, line in lines.items():
        keys.add(key, filter=nothing_typed)(answering(line))
    return keys


def _buffer_text() -> str:
    return get_app().current_buffer.text
