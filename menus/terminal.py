"""What the shell needs of a terminal, whatever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rich.console import RenderableType


class Back(Exception):
    """Esc: one step back. What was typed until then comes along, so that it can be offered again."""

    def __init__(self, typed: str | None = None) -> None:
        super().__init__()
        self.typed = typed


class Abandon(Exception):
    """Ctrl-C: leave this form, nothing is saved. What was typed into the question comes along."""

    def __init__(self, typed: str | None = None) -> None:
        super().__init__()
        self.typed = typed
        self.kept = False
        """Whether the form can be gone on with later."""


class Done(Exception):
    """Ctrl-S: this answer, which the question accepts, and no more questions than have to be."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer


class Leave(Exception):
    """Ctrl-D, or the end of the input: leave the program."""


@dataclass(frozen=True)
class Option:
    """One line of a choice: what is typed for it, what is shown, what explains it."""

    key: str
    label: str
    about: str = ""
    group: str = ""
    """The heading of the lines that begin here."""
    quiet: bool = False
    """Less important than the others: dim, where that can be shown."""


@dataclass(frozen=True)
class Guide:
    """What a form's question brings along; the answer to such a question may be Done."""

    remark: Callable[[str], str]
    """What is typed -> how it is understood or what is missing, said quietly meanwhile; runs in a thread."""
    guessed: bool = False
    """What is offered is a guess: typing replaces it."""


class Toolbar(NamedTuple):
    """The last line while a command is awaited."""

    text: str
    urgent: bool = False
    """Something is to be done soon: it stands out, where that can be shown."""


Check = Callable[[str], str | None]
"""What is typed -> why it is refused, or None."""
Find = Callable[[str], Sequence[Option]]
"""What is typed -> the options that match, best first; never raises."""
Keys = Mapping[str, str]
"""A key, as prompt_toolkit calls it ("pagedown", "1") -> the line that it answers with when nothing is typed."""
NO_KEYS: Keys = {}


class View(Protocol):
    """A table or a card (menus/views.py)."""

    def on_screen(self, width: int) -> RenderableType: ...
    def as_lines(self) -> Iterator[str]: ...


class Terminal(Protocol):
    """Asks, shows. Every question raises Back, Abandon or Leave when that is the answer."""

    interactive: bool
    refusals: int

    @property
    def page_rows(self) -> int:
        """How many rows of a list fit above the prompt and its menu."""

    def command(self, prompt: str, hint: str, find: Find, toolbar: Callable[[], Toolbar], keys: Keys = NO_KEYS) -> str:
        """A line typed at the palette, whose completions are the menu, or the line that one of `keys` stands for."""

    def text(self, label: str, default: str, check: Check, example: str, guide: Guide | None = None) -> str:
        """One line that `check` accepts; Enter keeps `default`. With `guide`, raises Done too."""

    def lines(self, label: str, default: str, check: Check, guide: Guide | None = None) -> str:
        """Several lines that `check` accepts."""

    def secret(self, label: str) -> str:
        """A password, never shown."""

    def choose(self, label: str, options: Sequence[Option], default: str, in_form: bool = False) -> str:
        """The key of one of `options`. As a question of a form, raises Done too."""

    def look_up(self, label: str, find: Find, typed: str = "") -> str:
        """The key of one of the options that `find` gives for what is typed; `typed`: the answer given already."""

    def show(self, content: str | View) -> None:
        """Show a sentence, a table or a card."""

    def refuse(self, sentence: str) -> None:
        """Show why something was refused."""
