"""What somebody does at a terminal in their language: they read what is asked, then type, and never ahead.

How a question looks is known here and nowhere else: the tests say what is answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from menus.i18n import Language
from tests.end_to_end.terminal import CTRL_S, CTRL_U, ENTER, Terminal

LANGUAGES = ("en", "fr")
PROMPT, POINTER = "›", "»"


def plain(text: str) -> str:
    """With usual spaces, where French has narrow and no-break ones."""
    return re.sub("[\xa0\u202f]", " ", text)


@dataclass
class Hands:
    """Somebody in front of `seat`, which speaks `language`."""

    seat: Terminal
    language: str
    words: Language = field(init=False)

    def __post_init__(self) -> None:
        self.words = Language(self.language, ZoneInfo("Europe/Paris"))

    @property
    def lines(self) -> list[str]:
        return [plain(line).strip() for line in self.seat.lines]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def line(self) -> str:
        """What stands where one types."""
        return self.lines[self.seat.row]

    def called(self, msgid: str) -> str:
        """What the program calls it in this language."""
        return plain(self.words.gettext(msgid))

    def either(self, pair: tuple[str, str]) -> str:
        """English or French."""
        return pair[LANGUAGES.index(self.language)]

    def command(self, line: str) -> None:
        """Type `line` at the prompt, and Enter; the screen above is wiped before."""
        self._await_prompt("")
        self.seat.wipe()
        self._type(line)
        self._enter()

    def digit(self, noun: str, number: int, leads_to: str) -> None:
        """On the card of that record, press the digit that stands before `leads_to`."""
        self._await_prompt(f"{self.called(noun)} {number} {PROMPT}")
        digit = self.reads(rf"\b(\d) +{re.escape(leads_to)}(?: |$)")
        self._press(digit)

    def key(self, key: str) -> None:
        """One key at the prompt that answers at once."""
        self._await_prompt("")
        self.seat.wipe()
        self._press(key)

    def answer(self, label: str, value: str) -> None:
        """Write over what the question offers."""
        self._await_question(label)
        self.seat.child.send(CTRL_U)
        self._type(value)
        self._enter()

    def several_lines(self, label: str, *lines: str) -> None:
        """Answer a question that takes more than one."""
        self._await_question(label)
        for place, line in enumerate(lines):
            if place:
                self._enter()
            self._type(line)
        self.seat.child.send(CTRL_S)

    def secret(self, label: str, password: str) -> None:
        """Answer a question that shows no more than how long the answer is."""
        self._await_question(label)
        self.seat.child.send(password)
        self.seat.wait_until(lambda: self.line.count("*") == len(password), "a star for each letter")
        self._enter()

    def choose(self, question: str, option: str) -> None:
        """Point at an option of the choice that is open under `question`, and Enter."""
        self.seat.wait_until(lambda: self._choices(question, option), f"{question} → {option}")
        (line,) = self._choices(question, option)
        if not line.startswith(POINTER):
            self.seat.child.send(line[0])
            self.seat.wait_until(lambda: self._points_at(question, option), f"{POINTER} {option}")
        self.seat.child.send(ENTER)

    def save(self, title: str) -> None:
        self.choose(title, self.called("Save"))

    def change(self, title: str, label: str, value: str) -> None:
        """One field of a record, from the summary and back to it."""
        self.choose(title, label)
        self.answer(label, value)
        self.save(title)

    def says(self, *sentences: str) -> None:
        """All of these stand on the screen, and one can go on."""
        self.seat.wait_until(
            lambda: PROMPT in self.line and all(sentence in self.text for sentence in sentences), sentences
        )

    def reads(self, pattern: str) -> str:
        """What stands on the screen in the brackets of `pattern`, once one can go on."""
        found: list[str] = []

        def seen() -> bool:
            found[:] = re.findall(pattern, self.text, re.MULTILINE)
            return PROMPT in self.line and bool(found)

        self.seat.wait_until(seen, pattern)
        return found[0]

    def _choices(self, question: str, option: str) -> list[str]:
        """The lines of that option: "» 1) Save", "2) Email: …"; none if no choice is open under `question`."""
        lines = self.lines
        asked = [place for place, line in enumerate(lines) if question in line]
        below = lines[asked[0] + 1 :] if asked else []
        if not any(line.startswith(POINTER) for line in below):
            return []
        return [line for line in below if re.match(rf"(?:{POINTER} )?\w\) {re.escape(option)}(?:\W|$)", line)]

    def _points_at(self, question: str, option: str) -> bool:
        return any(line.startswith(POINTER) for line in self._choices(question, option))

    def _await_prompt(self, prompt: str) -> None:
        self.seat.wait_until(lambda: PROMPT in self.line and self.line.startswith(prompt), f"{prompt or PROMPT}")

    def _await_question(self, label: str) -> None:
        """It is the last thing that stands there, down to where one types."""

        def last() -> str:
            return next((line for line in reversed(self.lines[: self.seat.row + 1]) if line), "")

        self.seat.wait_until(lambda: last().startswith(label), f"{label}?")

    def _type(self, text: str) -> None:
        self.seat.child.send(text)
        self.seat.wait_until(lambda: plain(text).strip() in self.line, f"{text} as it is typed")

    def _enter(self) -> None:
        self._press(ENTER)

    def _press(self, key: str) -> None:
        """A key after which one is elsewhere."""
        before = (self.seat.row, self.line)
        self.seat.child.send(key)
        self.seat.wait_until(lambda: before != (self.seat.row, self.line), f"something after {key!r}")
