"""A real shell in a real pseudo-terminal, and what a person sees on it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte

ESCAPE, ENTER, TAB, UP, DOWN = "\x1b", "\r", "\t", "\x1b[A", "\x1b[B"
LEFT, END, BACKSPACE = "\x1b[D", "\x1b[F", "\x7f"
CTRL_C, CTRL_D, CTRL_S, CTRL_U = "\x03", "\x04", "\x13", "\x15"
PATIENCE = 20.0
QUIET = 0.15


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a new user: nothing of this machine's but the way to Python."""
    inherited = {name: os.environ[name] for name in os.environ if name.startswith(("COVERAGE", "COV_"))}
    return {
        **inherited,
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "EPICEVENTS_LANG": "en",
        "EPICEVENTS_TZ": "Europe/Paris",
        "EPICEVENTS_DATA": str(home / "data"),
        **more,
    }


class Terminal:
    """`epicevents` with somebody in front of it."""

    def __init__(
        self,
        directory: Path,
        env: dict[str, str],
        *arguments: str,
        columns: int = 100,
        rows: int = 30,
        module: str = "menus",
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=2000)
        self._stream = pyte.Stream(self._screen)
        self.everything = ""
        self.child: pexpect.spawn[str] = pexpect.spawn(
            sys.executable,
            ["-m", module, *arguments],
            env=env,
            cwd=str(directory),
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=PATIENCE,
        )

    def _take(self, seconds: float) -> None:
        """Take in what the program writes next, if it writes within `seconds`."""
        try:
            chunk = self.child.read_nonblocking(65536, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.everything += chunk
        self._stream.feed(chunk)
        if "\x1b[6n" in chunk:  # the program asks where the cursor is, as it would ask a terminal
            self.child.send(f"\x1b[{self._screen.cursor.y + 1};{self._screen.cursor.x + 1}R")

    @property
    def screen(self) -> pyte.Screen:
        """The cells, with their colours."""
        return self._screen

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """What stands on the screen now."""
        return "\n".join(self.lines)

    @property
    def row(self) -> int:
        """The line of the screen that the cursor is on."""
        return int(self._screen.cursor.y)

    def wait_for(self, *wanted: str) -> str:
        """The screen once all of `wanted` stand on it."""
        return self.wait_until(lambda: all(text in self.text for text in wanted), wanted)

    def wait_until(self, seen: Callable[[], object], wanted: object, patience: float = PATIENCE) -> str:
        """The screen once it is as `seen` says; `wanted` tells what was not, when it never comes."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            self._take(0.1)
            if seen():
                return self.text
            if not self.child.isalive():
                break
        raise AssertionError(f"{wanted} not on the screen:\n{self.text}")

    def wipe(self) -> None:
        """Take away what stands above the line of the cursor: what is waited for from here on is new."""
        if self.row:
            self._stream.feed("\x1b7\x1b[A\x1b[999C\x1b[1J\x1b8")

    def settle(self) -> str:
        """The screen once the program has been quiet for a moment."""
        until = time.monotonic() + PATIENCE
        heard = -1
        while heard != len(self.everything) and time.monotonic() < until:
            heard = len(self.everything)
            self._take(QUIET)
        return self.text

    def press(self, *keys: str) -> None:
        """Keys one after the other, as fingers do: what one does is seen before the next."""
        for key in keys:
            self.child.send(key)
            self.settle()

    def say(self, line: str) -> str:
        """Type a line and Enter; the screen afterwards."""
        self.child.send(line)
        self.settle()
        self.child.send(ENTER)
        return self.settle()

    def answer(self, question: str, line: str) -> str:
        """Answer `question` once it is the last thing asked: what is typed too early would be echoed."""
        until = time.monotonic() + PATIENCE
        while not (written := [text.strip() for text in self.lines if text]) or not written[-1].startswith(question):
            if time.monotonic() > until:
                raise AssertionError(f"{question} not asked:\n{self.text}")
            self._take(0.1)
        return self.say(line)

    def sign_in(self, email: str, password: str) -> str:
        self.wait_for("Email:")
        self.say(email)
        self.answer("Password:", password)
        return self.wait_for("Hello")

    def end(self) -> int | None:
        """Wait until the program has ended; its exit status."""
        self.settle()
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus

    def kill(self) -> None:
        self.child.close(force=True)
