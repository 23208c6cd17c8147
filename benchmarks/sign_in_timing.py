"""Does the time of a refusal tell whether an address exists? Medians of interleaved sign-ins, side by side.

    python -m benchmarks.sign_in_timing [--rounds 200]

Starts a PostgreSQL of its own in a temporary directory and removes it. Exit status 1 when a ratio is beyond 20 %.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

from crm import passwords
from crm.database import Database
from crm.embedded import Server
from crm.errors import SignInRefused
from crm.installation import Installation
from crm.session import Session
from crm.token_file import TokenFile

EMPLOYEES = 50
TOLERANCE = 0.20
KNOWN = [f"colleague{number}@epic.example" for number in range(EMPLOYEES)]
UNKNOWN = [f"stranger{number}@epic.example" for number in range(EMPLOYEES)]  # as long as the known ones

Attempt = Callable[[str], object]
"""Something done with an address."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Does the time of a refusal tell whether an address exists?")
    parser.add_argument(
        "--rounds", type=int, default=200, help="whole sign-ins of each kind; SQL alone: ten times that"
    )
    rounds = parser.parse_args().rounds
    with company() as (owner, session):
        measurements: list[tuple[str, Attempt, int]] = [
            ("whole sign-in, wrong password", lambda email: sign_in(session, email), rounds),
            ("crm.login_challenge alone", lambda email: challenge(session.database, email), 10 * rounds),
            ("crm.login alone, wrong digest", lambda email: login(session.database, email), 10 * rounds),
        ]
        print(f"{EMPLOYEES} employees; medians in milliseconds (middle half)\n")
        print(f"{'':32}{'known address':>24}{'unknown address':>24}{'ratio':>8}")
        ratios = [compare(owner, *measurement) for measurement in measurements]
    worst = max(abs(ratio - 1) for ratio in ratios)
    print(f"\nWithin {TOLERANCE:.0%}: {'yes' if worst <= TOLERANCE else 'NO'} (the widest gap is {worst:.1%})")
    return 0 if worst <= TOLERANCE else 1


@contextmanager
def company() -> Iterator[tuple[Database, Session]]:
    """A new database with employees in it: its owner, and somebody who has not signed in."""
    with tempfile.TemporaryDirectory(prefix="sign-in-timing-") as directory:
        server = Server(Path(directory) / "postgresql")
        server.start()
        try:
            owner = server.parameters("epic_events", "postgres")
            Installation(owner).install()
            database = Database(owner)
            fill(database)
            application = Database(server.parameters("epic_events", "epic_app"))
            yield database, Session(application, TokenFile(Path(directory) / "token"))
            database.close()
            application.close()
        finally:
            server.stop()
            shutil.rmtree(server.home, ignore_errors=True)


def fill(owner: Database) -> None:
    credential = passwords.fresh_credential("the same for everybody")
    for email in KNOWN:
        (key,) = owner.execute_sql(
            "INSERT INTO crm.employee (full_name, email, department) VALUES (%s, %s, 'sales') RETURNING id",
            (email, email),
        ).fetchone()
        owner.execute_sql("SELECT crm.write_credential(%s, %s, %s, %s, false)", (key, *credential))
    owner.execute_sql("ANALYZE crm.employee, crm.credential")


def compare(owner: Database, title: str, attempt: Attempt, rounds: int) -> float:
    """Time `attempt` on known and unknown addresses in turns, print both medians; known / unknown."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    addresses = {True: cycle(KNOWN), False: cycle(UNKNOWN)}
    for number in range(rounds + 5):
        for known in (True, False) if number % 2 else (False, True):
            owner.execute_sql("DELETE FROM crm.login_throttle")  # else the waits are all that is measured
            email = next(addresses[known])
            began = time.perf_counter()
            attempt(email)
            seconds[known].append(time.perf_counter() - began)
    warm = {known: times[5:] for known, times in seconds.items()}  # the first ones fill caches
    ratio = median(warm[True]) / median(warm[False])
    print(f"{title:32}{_summary(warm[True]):>24}{_summary(warm[False]):>24}{ratio:>8.3f}")
    return ratio


def sign_in(session: Session, email: str) -> None:
    with suppress(SignInRefused):
        session.sign_in(email, "not the password")


def challenge(database: Database, email: str) -> None:
    database.execute_sql("SELECT salt, params FROM crm.login_challenge(%s)", (email,)).fetchone()


def login(database: Database, email: str) -> None:
    status, *_ = database.execute_sql("CALL crm.login(%s, %s)", (email, secrets.token_bytes(32))).fetchone()
    if status != "refused":
        raise SystemExit(f"crm.login said {status}: this measures nothing")


def _summary(times: list[float]) -> str:
    quarter, _middle, three_quarters = quantiles([1000 * seconds for seconds in times], n=4)
    return f"{1000 * median(times):.3f} ({quarter:.3f}–{three_quarters:.3f})"


if __name__ == "__main__":
    sys.exit(main())
