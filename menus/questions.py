"""Questions to somebody in front of the screen, one at a time: questionary's, with what goes on below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import questionary
from prompt_toolkit.application import Application, get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.styles import Style
from questionary.prompts.common import InquirerControl
from rich.cells import cell_len

from menus.i18n import _, colon
from menus.remarks import Remarks, write_below
from menus.terminal import Abandon, Back, Check, Done, Guide, Leave, Option
from menus.written import shortened, visible

ESCAPE_SECONDS = 0.05
STYLE = Style.from_dict(
    {
        "bottom-toolbar": "noreverse bg:#303030 #d0d0d0",
        "bottom-toolbar.urgent": "bg:#5f0000 #ffffff bold",
        "completion-menu.meta.completion": "bg:#444444 #d0d0d0",
        "group": "bold",
        "question": "bold",
        "answer": "nobold fg:default",
        "selected": "noreverse",  # the pointer alone shows where one is
        "answer selected": "reverse",  # what typing replaces
        "quiet": "fg:#808080",
        "refusal": "bold fg:ansired",
        "nbsp": "nounderline fg:default",  # French has them everywhere: nothing to point out
        "validation-toolbar": "noreverse bg:#5f0000 #ffffff",
    }
)
BESIDE_OPTIONS = 8  # cells: pointer, digit, and a little air


class Questions:
    """The questions of InteractiveTerminal: Enter answers, Esc goes back, Ctrl-C abandons."""

    def text(self, label: str, default: str, check: Check, example: str, guide: Guide | None = None) -> str:
        question = questionary.text(
            colon(label),
            default=default,
            validate=_validator(check),
            qmark="",
            style=STYLE,
            validate_while_typing=False,  # half a value is no mistake
            placeholder=None if guide else while_asking(example, cell_len(label) + 3),
        )
        keys = _("Enter: next · Esc: back · Ctrl-S: done · Ctrl-C: abandon")
        return self._ask_guided(question, guide, keys, _pasting())

    def lines(self, label: str, default: str, check: Check, guide: Guide | None = None) -> str:
        question = questionary.text(
            colon(label) + "\n",
            default=default,
            validate=_validator(check),
            qmark="",
            style=STYLE,
            validate_while_typing=False,
            multiline=True,
            instruction="",
        )
        keys = KeyBindings()
        keys.add("c-s", eager=True)(_accept)
        shown = _("Enter: new line · Ctrl-S: done · Esc: back · Ctrl-C: abandon")
        return self._ask_guided(question, guide, shown, keys, ends=False)

    def secret(self, label: str) -> str:
        return self._ask(questionary.password(colon(label), qmark="", style=STYLE), eager=False)

    def choose(self, label: str, options: Sequence[Option], default: str, in_form: bool = False) -> str:
        digits = len(options) <= len(InquirerControl.SHORTCUT_KEYS)
        room = columns() - BESIDE_OPTIONS
        asked = visible(label) if label.endswith("?") else colon(visible(label))
        question = questionary.select(
            asked,
            [_choice(option, index if digits else None, room) for index, option in enumerate(options)],
            default=default or None,
            qmark="",
            style=STYLE,
            instruction=_("(arrows or digits, Enter)"),
            use_shortcuts=digits,
            use_jk_keys=False,
        )
        labels = {option.key: visible(option.label) for option in options}

        def enter(event: KeyPressEvent) -> None:
            _take_pointed_at(event, labels, columns() - cell_len(asked) - 3)

        def answer(done: KeyBindingsBase | None = None) -> str:
            keys = KeyBindings()
            keys.add("enter", eager=True)(enter)
            return self._ask(question, merge_key_bindings([keys, done]) if done else keys)

        return _unless_done(answer, enter) if in_form else answer()

    def _ask_guided(
        self, question: questionary.Question, guide: Guide | None, keys: str, more: KeyBindings, ends: bool = True
    ) -> str:
        """`keys`: what is said of them; `ends`: whether Ctrl-S ends the form here."""
        app, buffer = question.application, question.application.current_buffer
        remarks = Remarks(app, buffer, guide.remark if guide else lambda typed: "")
        write_below(app, buffer, remarks, keys if guide else "")

        def begin() -> None:
            remarks.begin()
            if guide and guide.guessed:
                _select_all(app, buffer)

        def asked(done: KeyBindings) -> str:
            return self._ask(question, merge_key_bindings([more, done]), begin, eager=False)

        return _unless_done(asked, _accept) if guide and ends else asked(KeyBindings())

    def _ask(
        self,
        question: questionary.Question,
        keys: KeyBindingsBase | None = None,
        pre_run: Callable[[], None] | None = None,
        eager: bool = True,
    ) -> str:
        """`eager`: Esc is Esc at once; otherwise Alt with a letter still is what it is when editing."""
        app = question.application
        app.key_bindings = merge_key_bindings(
            [binding for binding in (app.key_bindings, _question_keys(eager), keys) if binding is not None]
        )
        app.ttimeoutlen = ESCAPE_SECONDS
        app.timeoutlen = ESCAPE_SECONDS / 5  # both keys of Alt and a letter come at once
        try:
            return str(app.run(pre_run=pre_run, set_exception_handler=False))
        except KeyboardInterrupt as interrupt:
            raise Abandon(app.current_buffer.text) from interrupt
        except EOFError as end:
            raise Leave from end


def _select_all(app: Application[str], buffer: Buffer) -> None:
    """What is typed next replaces it all; any other key edits it."""
    if not buffer.text:
        return
    buffer.cursor_position = 0
    buffer.start_selection()
    if buffer.selection_state is not None:
        buffer.selection_state.enter_shift_mode()
    buffer.cursor_position = len(buffer.text)
    app.before_render += lambda app: buffer.exit_selection() if app.is_done else None


def _unless_done(ask: Callable[[KeyBindings], str], enter: Callable[[KeyPressEvent], None]) -> str:
    """The answer; Done with it when it was given with Ctrl-S, which does what `enter` does, and was not refused."""
    done = False
    keys = KeyBindings()

    @keys.add("c-s", eager=True)
    def _done(event: KeyPressEvent) -> None:
        nonlocal done
        enter(event)
        done = event.app.is_done

    answer = ask(keys)
    if done:
        raise Done(answer)
    return answer


def _accept(event: KeyPressEvent) -> None:
    event.current_buffer.validate_and_handle()


def _take_pointed_at(event: KeyPressEvent, labels: Mapping[str, str], room: int) -> None:
    """The answer, and what stays on the screen of it: one line, without digit."""
    for window in event.app.layout.find_all_windows():
        if isinstance(control := window.content, InquirerControl):
            chosen = control.get_pointed_at()
            chosen.title = shortened(labels[chosen.value], room)
            control.is_answered = True
            event.app.exit(result=chosen.value)


def _choice(option: Option, index: int | None, room: int) -> questionary.Choice:
    label = shortened(visible(option.label), room)
    key = "" if index is None else f"{InquirerControl.SHORTCUT_KEYS[index]}) "  # a title with a style comes without
    title = _quietly(f"{key}{label}") if option.quiet else label
    return questionary.Choice(title, value=option.key, description=shortened(visible(option.about), room) or None)


def _quietly(text: str) -> list[tuple[str, str]]:
    return [("class:quiet", text)]


def while_asking(hint: str, taken: int) -> Callable[[], StyleAndTextTuples]:
    """A grey text where nothing is typed yet, `taken` cells from the left; gone once the question is answered."""
    return lambda: [] if get_app().is_done else [("fg:#808080", fitting(hint, columns() - taken))]


def fitting(parts: str, width: int) -> str:
    """`parts`, with dots between them, without those before the last that `width` has no room for."""
    kept = parts.split(" · ")
    while len(kept) > 1 and cell_len(" · ".join(kept)) > width:
        kept.pop(-2)
    return " · ".join(kept) if cell_len(" · ".join(kept)) <= width else ""


def columns() -> int:
    return get_app().output.get_size().columns


def _validator(check: Check) -> Callable[[str], bool | str]:
    return lambda typed: check(typed) or True


def _pasting() -> KeyBindings:
    """What is pasted replaces a guess too; the line breaks around it, which spreadsheets copy along, are left out."""
    keys = KeyBindings()

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.selection_state is not None:
            buffer.cut_selection()
        buffer.insert_text(event.data.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))

    return keys


def _question_keys(eager: bool) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", eager=eager)
    def _back(event: KeyPressEvent) -> None:
        event.app.exit(exception=Back(event.app.current_buffer.text), style="class:aborting")

    @keys.add("c-s", eager=True)
    @keys.add("c-r", eager=True)
    def _nothing(event: KeyPressEvent) -> None:
        """There is no history to search."""

    @keys.add("c-d", eager=True)
    def _abandon(event: KeyPressEvent) -> None:
        event.app.exit(exception=Abandon(event.app.current_buffer.text), style="class:aborting")

    return keys
