from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.company import Office
from tests.end_to_end.terminal import Terminal, environment

Sit = Callable[..., Terminal]


@pytest.fixture
def sit(office: Office, tmp_path: Path) -> Iterator[Sit]:
    """Sit down in front of a shell on the company's database: sit("Bill Boquet"), or sit() before signing in.

    `left`: how long the session still lasts, whatever is done, like "5 minutes".
    """
    seats: list[Terminal] = []

    def sit_down(
        full_name: str | None = None, columns: int = 100, rows: int = 30, left: str = "", **more: str
    ) -> Terminal:
        home = tmp_path / f"seat {len(seats)}"
        home.mkdir()
        if full_name is not None:
            signed_in = office.session(full_name)
            if left:
                ending = "clock_timestamp() + %s"
                office.as_owner(
                    f"UPDATE crm.session SET created_at = {ending} - interval '12 hours', expires_at = {ending} WHERE jti = %s",
                    *(left, left, signed_in.identity.jti),
                )
                signed_in.token_file.write(office.as_owner("SELECT crm.token_of(%s)", signed_in.identity.jti)[0][0])
            signed_in.token_file.path.rename(home / "token")
        url = office.server.url(office.name, "epic_app")
        env = environment(home, DATABASE_URL=url, EPICEVENTS_TOKEN_FILE=str(home / "token"), **more)
        seats.append(Terminal(home, env, columns=columns, rows=rows))
        if full_name is not None:
            seats[-1].wait_for(full_name.split()[0], "›")
        return seats[-1]

    yield sit_down
    for seat in seats:
        seat.kill()


@dataclass
class Piped:
    """What a shell without a terminal said."""

    output: str
    errors: str
    status: int


Pipe = Callable[..., Piped]


@pytest.fixture
def pipe(office: Office, tmp_path: Path) -> Pipe:
    """Answers, line by line, into a shell: pipe("Bill Boquet", "clients", "quit")."""

    def run(full_name: str | None, *lines: str, **more: str) -> Piped:
        home = tmp_path / "pipe"
        home.mkdir(exist_ok=True)
        token = home / "token"
        token.unlink(missing_ok=True)
        if full_name is not None:
            office.session(full_name).token_file.path.rename(token)
        url = office.server.url(office.name, "epic_app")
        env = environment(home, DATABASE_URL=url, EPICEVENTS_TOKEN_FILE=str(token), **more)
        typed = "".join(f"{line}\n" for line in lines)
        finished = subprocess.run(
            [sys.executable, "-m", "menus"],
            cwd=home,
            env=env,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Piped(finished.stdout, finished.stderr, finished.returncode)

    return run
