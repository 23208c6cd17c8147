"""The terminal that is none: one line in, plain lines out. For pipes, tests and screen readers."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TextIO

from crm.records import PAGE_SIZE
from menus.i18n import _, colon
from menus.terminal import NO_KEYS, Abandon, Back, Check, Done, Find, Guide, Keys, Leave, Option, Toolbar, View
from menus.written import visible

END_OF_LINES = "."
BACK = "<"
DONE = ">"
EMPTY = "-"


class PlainTerminal:
    """Reads answers line by line, in the order of the questions; counts the refused ones."""

    interactive = False

    def __init__(self, stdin: TextIO, stdout: TextIO, stderr: TextIO) -> None:
        self.stdin = stdin
        self.stderr = stderr
        self.refusals = 0
        self.stdout = stdout

    @property
    def page_rows(self) -> int:
        return PAGE_SIZE

    def command(self, prompt: str, hint: str, find: Find, toolbar: Callable[[], Toolbar], keys: Keys = NO_KEYS) -> str:
        """One line; `keys` are for keyboards, their lines can be typed."""
        return self._answer(f"{prompt} ")

    def text(self, label: str, default: str, check: Check, example: str, guide: Guide | None = None) -> str:
        hint = f" [{default}]" if default else f" ({_('for example')} {example})" if example else ""
        while True:
            typed = self._answer(f"{colon(label + hint)} ")
            done = guide is not None and typed == DONE
            answer = "" if typed == EMPTY else default if done else typed or default
            if (why := check(answer)) is not None:
                self.refuse(why)
            elif done:
                raise Done(answer)
            else:
                return answer

    def lines(self, label: str, default: str, check: Check, guide: Guide | None = None) -> str:
        self._say(_("{label}: several lines, the last one a single dot").format(label=label))
        if default:
            self._say(f"[{default}]")
        while True:
            written: list[str] = []
            while (line := self._answer("", back=not written)) != END_OF_LINES:
                written.append(line)
            answer = "" if written == [EMPTY] else "\n".join(written) or default
            if (why := check(answer)) is None:
                return answer
            self.refuse(why)

    def secret(self, label: str) -> str:
        if self.stdin.isatty():
            return self._from_keyboard(label)
        return self._answer(f"{colon(label)} ", back=False)

    def choose(self, label: str, options: Sequence[Option], default: str, in_form: bool = False) -> str:
        self._say(label if label.endswith("?") else colon(label))
        for number, option in enumerate(options, 1):
            self._say(f"  {number}. {option.label}")
        offered = next((f" [{option.label}]" for option in options if option.key == default), "")
        while True:
            typed = self._answer(f"{colon(_('number or name') + offered)} ") or default
            if in_form and typed == DONE and default:
                raise Done(default)
            if (picked := pick(typed, options)) is not None:
                return picked
            self.refuse(_("There is no choice “{typed}” here.").format(typed=typed))

    def look_up(self, label: str, find: Find, typed: str = "") -> str:
        given = [typed] if typed else []
        while True:
            typed = given.pop() if given else self._answer(f"{colon(label)} ")
            found = find(typed)
            exact = [option for option in found if option.key == typed.strip().lstrip("#")]
            if len(exact or found) == 1:
                return (exact or found)[0].key
            if found:
                return self.choose(_("Which one?"), [_told(option) for option in found], "")
            self.refuse(_("Nothing here matches “{typed}”.").format(typed=typed))

    def show(self, content: str | View) -> None:
        for line in [content] if isinstance(content, str) else content.as_lines():
            self._say(line)

    def refuse(self, sentence: str) -> None:
        self.refusals += 1
        print(visible(sentence), file=self.stderr, flush=True)

    def _from_keyboard(self, label: str) -> str:
        try:
            return getpass.getpass(f"{colon(label)} ")
        except EOFError as end:
            raise Leave from end
        except KeyboardInterrupt as interrupt:
            raise Abandon from interrupt

    def _answer(self, question: str, back: bool = True) -> str:
        line = self._line(question)
        if back and line == BACK:
            raise Back
        return line

    def _line(self, question: str) -> str:
        print(visible(question), end="", file=self.stdout, flush=True)
        try:
            line = self.stdin.readline()
        except KeyboardInterrupt as interrupt:
            raise Abandon from interrupt
        except UnicodeDecodeError:
            line = "\N{REPLACEMENT CHARACTER}\n"
        if not line:
            raise Leave
        if not self.stdin.isatty():
            self._say("")  # nobody pressed Enter: the answer's line ends here
        return line.rstrip("\r\n")

    def _say(self, line: str) -> None:
        print(visible(line), file=self.stdout)


def _told(option: Option) -> Option:
    """With what tells it from its namesakes."""
    return replace(option, label=" · ".join(part for part in (option.label, option.about) if part))


def pick(typed: str, options: Sequence[Option]) -> str | None:
    """The key of the option that `typed` names: by the number in front of it, its key, its label or how that begins."""
    folded = typed.strip().lstrip("#").casefold()
    if folded.isascii() and folded.isdigit() and len(folded) < 10 and 0 < int(folded) <= len(options):
        return options[int(folded) - 1].key
    for option in options:
        if folded in (option.key.casefold(), option.label.casefold()):
            return option.key
    beginning = [option.key for option in options if folded and option.label.casefold().startswith(folded)]
    return beginning[0] if len(beginning) == 1 else None
