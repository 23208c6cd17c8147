"""What keys do at the palette, beyond typing."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import get_app
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name

from menus.terminal import Abandon, Back, Keys, Leave


class Remembered(InMemoryHistory):
    """What was typed, for Up; but no digits, which mean something else in another place."""

    def append_string(self, string: str) -> None:
        if not string.strip().isdigit():
            super().append_string(string)


def palette_keys() -> KeyBindings:
    """Esc goes up a level, Up recalls, Ctrl-C clears or abandons, Ctrl-D leaves."""
    keys = reopening_keys()
    typed = Condition(lambda: bool(get_app().current_buffer.text))
    keys.add("escape", eager=True, filter=typed)(lambda event: _type(event, one_level_up(event.current_buffer.text)))
    keys.add("c-c", filter=typed)(lambda event: _type(event, ""))
    keys.add("escape", eager=True, filter=~typed)(_leaving_no_trace(Back))
    keys.add("c-c", filter=~typed)(_leaving_no_trace(Abandon))
    keys.add("c-d", filter=~typed)(lambda event: event.app.exit(exception=Leave()))
    keys.add("up", filter=~typed)(lambda event: event.current_buffer.history_backward())
    return keys


def answering_keys(lines: Keys) -> KeyBindings:
    """Keys that, when nothing is typed, answer as if their line had been typed: it stays on the screen."""
    keys = KeyBindings()
    nothing_typed = Condition(lambda: not get_app().current_buffer.text)

    def answering(line: str) -> Callable[[KeyPressEvent], None]:
        def answer(event: KeyPressEvent) -> None:
            event.current_buffer.text = line
            event.current_buffer.validate_and_handle()

        return answer

    for key, line in lines.items():
        keys.add(key, filter=nothing_typed)(answering(line))
    return keys


def reopening_keys() -> KeyBindings:
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


def one_level_up(typed: str) -> str:
    """Out of what follows the noun, then out of the noun: `client kev`, `client `, nothing."""
    noun, _space, rest = typed.lstrip().partition(" ")
    return f"{noun} " if rest.strip() else ""


def _type(event: KeyPressEvent, text: str) -> None:
    buffer = event.current_buffer
    buffer.text = text  # a change, which ends a lookup under way; reset alone is none
    buffer.reset(Document(text))
    buffer.start_completion()


def _leaving_no_trace(answer: type[Exception]) -> Callable[[KeyPressEvent], None]:
    def exit_erased(event: KeyPressEvent) -> None:
        event.app.erase_when_done = True
        event.app.exit(exception=answer())

    return exit_erased
