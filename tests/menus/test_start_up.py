"""The first prompt comes at once: what it does not need is not imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pexpect
import pytest

from tests.company import Office
from tests.end_to_end.terminal import environment

LATER = (
    "openpyxl", "dateparser", "babel.dates", "babel.numbers", "babel.core", "passlib", "argon2", "phonenumbers",
    "email_validator", "sentry_sdk", "crm.embedded", "hypothesis", "pytz",
)  # fmt: skip
FOR_MY_DAY = {"babel.dates", "babel.numbers", "babel.core", "pytz"}
"""It writes dates and amounts."""
FOR_A_TOKEN = ("jwt", "cryptography")
FOR_MENUS = ("questionary", "prompt_toolkit")
PROGRAM = """
import sys
from menus.__main__ import main
status = main(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write("\\n".join(sorted(sys.modules)))
sys.exit(status)
"""


def seat(office: Office, home: Path, full_name: str | None, **more: str) -> dict[str, str]:
    """The environment of somebody in `home`, with a token or before signing in."""
    token = home / "token"
    if full_name is not None:
        office.session(full_name).token_file.path.rename(token)
    url = office.server.url(office.name, "epic_app")
    return environment(home, DATABASE_URL=url, EPICEVENTS_TOKEN_FILE=str(token), **more)


def imported(home: Path, wanted: Sequence[str]) -> set[str]:
    """Those of `wanted` that the program in `home` imported until it ended."""
    modules = (home / "modules").read_text().splitlines()
    assert "menus.shell" in modules
    return {name for name in wanted if any(module == name or module.startswith(f"{name}.") for module in modules)}


def piped(office: Office, home: Path, full_name: str | None, typed: str = "", **more: str) -> str:
    """What the program says to standard input `typed`."""
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, "modules"],
        cwd=home,
        env=seat(office, home, full_name, **more),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_before_signing_in(office: Office, tmp_path: Path) -> None:
    assert piped(office, tmp_path, None).endswith("Email: ")
    assert imported(tmp_path, (*LATER, *FOR_A_TOKEN, *FOR_MENUS)) == set()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_at_the_first_menu_line_by_line(office: Office, tmp_path: Path, language: str) -> None:
    assert "Bill Boquet" in piped(office, tmp_path, "Bill Boquet", EPICEVENTS_LANG=language)
    assert imported(tmp_path, (*LATER, *FOR_MENUS)) <= FOR_MY_DAY
    assert imported(tmp_path, FOR_A_TOKEN) >= {"jwt"}


def test_at_the_first_menu_in_a_terminal(office: Office, tmp_path: Path) -> None:
    env = seat(office, tmp_path, "Bill Boquet")
    child = pexpect.spawn(
        sys.executable,
        ["-c", PROGRAM, "modules"],
        cwd=str(tmp_path),
        env=env,
        encoding="utf-8",
        dimensions=(30, 100),
        timeout=20,
    )
    child.expect("contracts unsigned")
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert imported(tmp_path, LATER) <= FOR_MY_DAY
    assert imported(tmp_path, FOR_MENUS) == set(FOR_MENUS)


def test_what_came_later_comes_when_it_is_needed(office: Office, tmp_path: Path) -> None:
    piped(office, tmp_path, "Bill Boquet", "client new\nZoë\nzoe@nee.example\n\n\n18 avril 2021\n")
    assert imported(tmp_path, ("email_validator", "dateparser", "babel.dates")) == {
        "email_validator",
        "dateparser",
        "babel.dates",
    }


def test_sentry_comes_with_an_address_only(office: Office, tmp_path: Path) -> None:
    piped(office, tmp_path, None, SENTRY_DSN="http://key@127.0.0.1:9/1")
    assert imported(tmp_path, ("sentry_sdk",)) == {"sentry_sdk"}
