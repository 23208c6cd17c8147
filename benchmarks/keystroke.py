"""How long from a key to the menu it narrows, with a million clients?

    python -m benchmarks.keystroke [DIRECTORY] [NUMBER OF CLIENTS]

Types, letter by letter, into the real program in a pseudo-terminal, and reads what it draws as a terminal does. A key
is answered when the screen has become what it stays (the toolbar, which has a clock, aside): the letter echoed, the old
lines gone, the new ones there. Prints median and 95th percentile in milliseconds, and each as a ratio to those of the
same keys where nothing is looked up: the name of a command, in the same run.

DIRECTORY: where the server is kept from one run to the next, instead of being made anew (about five minutes).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pexpect
import psycopg2

from benchmarks.million_clients import fill
from crm.embedded import Server
from crm.installation import Installation
from tests.conftest import remove
from tests.end_to_end.terminal import CTRL_U, Terminal, environment

DATABASE = "million"
GOAL = 50.0
"""Milliseconds that 95 of 100 keys may take."""
ROUNDS = 3
STILL = 0.3
"""Seconds without a word from the program, after which the screen is taken to be finished."""
FLOOR = ("contracts mine unsigned", "events without support")
"""Names of commands: what comes after the first word is looked for nowhere."""
SALES, SUPPORT, ACCOUNTING = 3, 1, 2
TYPED = (
    (SALES, "kevin ca"),
    (SALES, "casey kevin"),
    (SALES, "lefèvre zoé"),
    (SALES, "c4242@x242"),
    (SALES, "client kevin c"),
    (SALES, "client update ouick"),
    (SALES, "contract 6520"),
    (SALES, "contract sign casey"),
    (SUPPORT, "event ouick lou"),
    (SUPPORT, "event update hall 42"),
    (ACCOUNTING, "contract pay bouzin"),
    (ACCOUNTING, "event assign marie"),
)
"""Who types what; what a noun is followed by is looked up as it grows."""


class Typist(Terminal):
    """Somebody who waits after each key until the screen is finished."""

    def stroke(self, key: str) -> float:
        """Milliseconds until the screen has become what it stays."""
        before, drawn = self.lines[:-1], []
        self.child.send(key)
        pressed = time.perf_counter()
        while chunk := self._drawn():
            drawn.append((time.perf_counter(), chunk))
        answered = pressed
        for moment, chunk in drawn:  # afterwards: drawing it here takes longer than there
            self._stream.feed(chunk)
            if self.lines[:-1] != before:
                before, answered = self.lines[:-1], moment
        return (answered - pressed) * 1000

    def _drawn(self) -> str:
        """What the program draws next; nothing, if the screen is finished."""
        try:
            return str(self.child.read_nonblocking(65536, timeout=STILL))
        except pexpect.TIMEOUT:
            return ""

    def typing(self, text: str) -> list[float]:
        """Milliseconds of each key of `text`; the line is empty before and afterwards."""
        taken = [self.stroke(key) for key in text]
        self.stroke(CTRL_U)
        return taken


@contextmanager
def company(directory: Path, clients: int) -> Iterator[Server]:
    """The server in `directory`, filled when it is new."""
    server = Server(directory / "postgresql")
    server.start()
    owner = server.parameters(DATABASE, "postgres")
    if not (directory / "filled").exists():
        Installation(owner).install()
        fill(owner, clients)
        (directory / "filled").touch()
    yield server


def sit_down(server: Server, directory: Path, employee: int) -> Typist:
    home = directory / f"seat {employee}"
    home.mkdir(exist_ok=True)
    token = home / "token"
    token.touch(mode=0o600)
    with closing(psycopg2.connect(**server.parameters(DATABASE, "postgres"))) as owner, owner, owner.cursor() as cursor:
        cursor.execute("SELECT crm.issue_token(%s)", (employee,))
        token.write_text(str((cursor.fetchone() or ("",))[0]))
    url = server.url(DATABASE, "epic_app")
    typist = Typist(home, environment(home, DATABASE_URL=url, EPICEVENTS_TOKEN_FILE=str(token)))
    typist.wait_for("Employee")
    typist.settle()
    typist.typing("client k")  # the second connection opens, and plans are made
    return typist


def report(server: Server, directory: Path) -> bool:
    """Prints a line for each text; was the goal met?"""
    typists = {employee: sit_down(server, directory, employee) for employee in (SALES, SUPPORT, ACCOUNTING)}
    floor: list[float] = []
    taken: dict[str, list[float]] = {text: [] for _employee, text in TYPED}
    for _round in range(ROUNDS):
        for text in FLOOR:
            floor += typists[SALES].typing(text)[len(text.split()[0]) + 1 :]
        for employee, text in TYPED:
            taken[text] += typists[employee].typing(text)
    for typist in typists.values():
        typist.kill()
    middle, tail = statistics.median(floor), percentile(floor)
    print(f"{'':32} {'median':>9} {'p95':>9}   ratios to the floor")
    print(f"{'nothing looked up (floor)':32} {middle:7.1f}ms {tail:7.1f}ms")
    for text, times in taken.items():
        line(repr(text), times, middle, tail)
    together = [time for times in taken.values() for time in times]
    line(f"all {len(together)} keys", together, middle, tail)
    return percentile(together) < GOAL


def line(name: str, times: list[float], middle: float, tail: float) -> None:
    median, p95 = statistics.median(times), percentile(times)
    print(f"{name:32} {median:7.1f}ms {p95:7.1f}ms   {median / middle:5.1f} {p95 / tail:5.1f}")


def percentile(times: list[float]) -> float:
    """The 95th."""
    return statistics.quantiles(times, n=20)[-1]


def main(kept: Path | None, clients: int) -> int:
    if kept is not None:
        kept.mkdir(exist_ok=True)
        with company(kept, clients) as server:
            return 0 if report(server, kept) else 1
    with tempfile.TemporaryDirectory() as directory, company(Path(directory), clients) as server:
        try:
            return 0 if report(server, Path(directory)) else 1
        finally:
            remove(server)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(Path(arguments[0]) if arguments else None, int(arguments[1]) if len(arguments) > 1 else 1_000_000))
