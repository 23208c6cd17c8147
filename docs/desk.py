"""Somebody of the company in front of the real program, in a pseudo-terminal, and a camera behind them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.company import Company
from docs.program import ZONE
from docs.screens import picture
from menus.i18n import Language
from tests.end_to_end.terminal import ENTER, PATIENCE, Terminal, environment

ROOT = Path(__file__).parent.parent
PROGRAM = "docs.program"
TOOLBAR = " · epic_events · "


class Welcome(Enum):
    """How somebody comes in."""

    SIGNED_IN = auto()
    NEW = auto()
    """With PASSWORD as their one-time password."""


@dataclass
class Desk:
    """One person, one terminal, one language. What is waited for is given in English and found in that language."""

    seat: Terminal
    language: Language
    pictures: dict[str, str] = field(default_factory=dict)
    """Name -> SVG."""

    def named(self, msgid: str) -> str:
        return self.language.gettext(msgid)

    def either(self, english: str, french: str) -> str:
        """What this person writes in their language."""
        return {"en": english, "fr": french}[self.language.code]

    def until(self, *wanted: str) -> None:
        """Until all of it stands on the screen, and the screen has come to rest."""
        deadline, before = time.monotonic() + PATIENCE, ""
        while before != (before := _spaced(self.seat.settle())) or self._missing(before, wanted):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self._missing(before, wanted)} not on the screen, or no rest:\n{before}")

    def _missing(self, shown: str, wanted: tuple[str, ...]) -> list[str]:
        return [text for text in map(self.named, wanted) if _spaced(text) not in shown]

    def type(self, text: str, *wanted: str) -> None:
        """Without Enter."""
        self.seat.child.send(text)
        self.until(*wanted)

    def command(self, name: str, argument: str = "", *wanted: str) -> None:
        """A command of the menu by its name in this language, what it is to work on, and Enter."""
        self.seat.child.send(f"{self.named(name)} {argument}".strip())
        self.seat.settle()
        self.press(ENTER, until=wanted)

    def answer(self, text: str, *wanted: str) -> None:
        """One answer of a form, and Enter."""
        self.seat.child.send(text)
        self.seat.settle()
        self.press(ENTER, until=wanted)

    def press(self, *keys: str, until: tuple[str, ...] = ()) -> None:
        *first, last = keys
        self.seat.press(*first)
        self.seat.child.send(last)
        self.until(*until)

    def capture(self, name: str) -> None:
        self._stand_still()
        self.pictures[name] = picture(self.seat.screen, name)

    def _stand_still(self) -> None:
        """A toolbar goes to the last line, and the menu grows to it, once the program has heard where the cursor is."""
        if TOOLBAR in self.seat.text:
            self.seat.wait_until(lambda: TOOLBAR in self.seat.lines[-1], "a toolbar on the last line")
            self.seat.settle()


@contextmanager
def desk(
    company: Company,
    language: str,
    full_name: str,
    *arguments: str,
    columns: int = 100,
    rows: int = 30,
    welcome: Welcome = Welcome.SIGNED_IN,
    **more: str,
) -> Iterator[Desk]:
    """`full_name` at work, in a database of their own."""
    database = company.copy()
    with TemporaryDirectory() as directory:
        home = Path(directory)
        if welcome is Welcome.NEW:
            company.give_one_time_password(database, full_name)
        else:
            (home / "token").touch(mode=0o600)
            (home / "token").write_text(company.token(full_name), encoding="ascii")
        surroundings = environment(
            home,
            DATABASE_URL=company.url(database),
            EPICEVENTS_LANG=language,
            EPICEVENTS_TZ=str(ZONE),
            EPICEVENTS_TOKEN_FILE=str(home / "token"),
            **more,
        )
        seat = Terminal(ROOT, surroundings, *arguments, columns=columns, rows=rows, module=PROGRAM)
        try:
            yield Desk(seat, Language(language, ZONE))
        finally:
            seat.kill()
            company.drop(database)


def _spaced(text: str) -> str:
    """With ordinary spaces: terminals show all spaces alike."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")
