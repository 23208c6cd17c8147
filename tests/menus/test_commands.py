"""The `epicevents` command from outside: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from dotenv import dotenv_values
from psycopg2.extensions import parse_dsn

from crm.embedded import Server
from crm.errors import Invalid
from menus.__main__ import _parser
from menus.first_administrator import given_administrator
from tests.company import PASSWORD, Office
from tests.conftest import remove, run
from tests.end_to_end.terminal import environment

SET_UP = ("1", "Ada Racine", "ada@epic.example", PASSWORD, PASSWORD)


def parsed(*options: str) -> argparse.Namespace:
    return _parser().parse_args(["install", *options])


@dataclass
class Said:
    output: str
    errors: str
    status: int
    seconds: float


@dataclass
class Machine:
    """A computer on which nobody has used Epic Events yet."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> Server:
        return Server(self.home / "data" / "postgresql")

    def epicevents(self, *arguments: str, typed: str | bytes = b"", **more: str) -> Said:
        """One command, with these lines typed into it; whatever happens, nobody sees a traceback."""
        began = time.monotonic()
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.home,
            env=self.surroundings(**more),
            input=typed if isinstance(typed, bytes) else typed.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        said = Said(done.stdout.decode(), done.stderr.decode(), done.returncode, time.monotonic() - began)
        assert "Traceback" not in said.output + said.errors
        assert "Something unexpected" not in said.errors
        return said

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "menus", *arguments]

    def surroundings(self, **more: str) -> dict[str, str]:
        return {**environment(self.home), "TERM": "dumb", **self.environment, **more}


def lines(*typed: str) -> str:
    return "".join(f"{line}\n" for line in typed)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="commands-", dir="/tmp") as home:
        machine = Machine(Path(home))
        yield machine
        remove(machine.server)


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """A database that does not exist yet, on a server that does."""
    yield "new_company"
    run(server.parameters("postgres", "postgres"), "DROP DATABASE IF EXISTS new_company WITH (FORCE)")


def administrator(
    directory: Path, password: str | bytes = PASSWORD + "\n", email: str = "ada@epic.example"
) -> list[str]:
    """The options that name one."""
    file = directory / "password"
    file.write_bytes(password if isinstance(password, bytes) else password.encode())
    return ["--admin-name", "Ada Racine", "--admin-email", email, "--admin-password-file", str(file)]


class TestHelp:
    def test_names_every_command(self, machine: Machine) -> None:
        said = machine.epicevents("--help")
        assert said.status == 0
        assert set(re.findall(r"^    (\w+)  ", said.output, re.MULTILINE)) >= {"demo", "install", "url", "stop"}
        assert not (machine.home / "data").exists()

    def test_names_every_option_of_install(self, machine: Machine) -> None:
        said = machine.epicevents("install", "--help")
        for option in (
            *("--owner-url", "--admin-name", "--admin-email", "--admin-password-file"),
            *("--token-hours", "--session-hours"),
        ):
            assert option in said.output

    @pytest.mark.parametrize("arguments", [["dance"], ["install", "--nonsense"]])
    def test_is_offered_for_what_is_not_understood(self, machine: Machine, arguments: list[str]) -> None:
        said = machine.epicevents(*arguments)
        assert said.status == 2
        assert said.errors.startswith("usage: epicevents")
        assert not (machine.home / "data").exists()


class TestSettings:
    @pytest.mark.parametrize(
        ("dotenv", "complaint"),
        [
            (b"DATABASE_URL=mysql://localhost/epic", "DATABASE_URL cannot be used: it must start with postgresql://\n"),
            (b"EPICEVENTS_PW=caf\xe9", ".env cannot be used: 'utf-8' codec can't decode"),
        ],
    )
    def test_that_cannot_be_used_are_named(self, machine: Machine, dotenv: bytes, complaint: str) -> None:
        (machine.home / ".env").write_bytes(dotenv)
        said = machine.epicevents()
        assert (said.status, said.output) == (1, "")
        assert complaint in said.errors


class TestDeadServer:
    @pytest.mark.parametrize("command", [[], ["install", "--owner-url"]], ids=["shell", "install"])
    def test_is_told_in_a_sentence_and_soon(self, machine: Machine, command: list[str]) -> None:
        with socket.socket() as taken:  # bound, and nobody listens
            taken.bind(("127.0.0.1", 0))
            url = f"postgresql://127.0.0.1:{taken.getsockname()[1]}/epic"
            said = machine.epicevents(*command, *([url] if command else []), DATABASE_URL=url)
        assert (said.status, said.errors) == (1, "The database does not answer. Please try again in a moment.\n")
        assert said.seconds < 5

    def test_one_without_epic_events(self, machine: Machine, server: Server) -> None:
        said = machine.epicevents(DATABASE_URL=server.url("postgres", "postgres"))
        assert said.status == 1
        assert said.errors == "This database holds no Epic Events yet. Run: epicevents install\n"

    def test_one_that_lets_nobody_in(self, machine: Machine, server: Server) -> None:
        said = machine.epicevents(DATABASE_URL=server.url("no_such_database", "postgres"))
        assert said.status == 1
        assert said.errors.startswith("The database does not let this program in: ")
        assert 'database "no_such_database" does not exist' in said.errors

    def test_one_of_another_version(self, machine: Machine, office: Office) -> None:
        office.as_owner("CREATE OR REPLACE FUNCTION crm.schema_version() RETURNS int LANGUAGE sql AS 'SELECT 99'")
        for command in ([], ["install", "--owner-url", office.server.url(office.name, "postgres")]):
            said = machine.epicevents(*command, DATABASE_URL=office.server.url(office.name, "epic_app"))
            assert said.status == 1
            assert "schema version 99" in said.errors
            assert "Install the newer version of this program." in said.errors


class TestFirstStart:
    def test_sets_up_a_company(self, machine: Machine) -> None:
        said = machine.epicevents(typed=lines(*SET_UP, "quit"))
        assert (said.status, said.errors) == (0, "")
        assert "Hello Ada Racine" in said.output
        assert PASSWORD not in said.output
        again = machine.epicevents(typed=lines("quit"))  # still signed in
        assert (again.status, "Hello Ada Racine" in again.output, "no company" in again.output) == (0, True, False)
        (machine.home / "data" / "token").unlink()
        signing_in = machine.epicevents(typed=lines("ada@epic.example", PASSWORD, "quit"))
        assert (signing_in.status, "Hello Ada Racine" in signing_in.output) == (0, True)
        installed = machine.epicevents("install")
        assert (installed.status, installed.output, installed.errors) == (0, "The database is up to date.\n", "")

    def test_shows_the_demo(self, machine: Machine) -> None:
        said = machine.epicevents(typed=lines("2", "1", "quit"))
        assert (said.status, said.errors) == (0, "")
        assert "Whom do you want to be?" in said.output
        assert "Hello" in said.output

    @pytest.mark.parametrize("typed", [(), SET_UP[:4], ("1", "<")])
    def test_given_up_leaves_nothing(self, machine: Machine, typed: tuple[str, ...]) -> None:
        said = machine.epicevents(typed=lines(*typed))
        assert (said.status, said.errors) == (1, "Nothing was set up.\n")
        assert not machine.server.home.exists()

    def test_asks_again_for_what_will_not_do(self, machine: Machine) -> None:
        said = machine.epicevents(
            typed=lines("3", "1", "", "Ada", "ada", "ada@epic.example", "short", PASSWORD, "other")
        )
        assert said.status == 1
        assert len(said.errors.splitlines()) == 6  # the five refusals, and that nothing was set up
        assert not machine.server.home.exists()


class TestEmbedded:
    def test_url_and_stop(self, machine: Machine) -> None:
        assert machine.epicevents("stop").output == "No embedded PostgreSQL was running.\n"
        assert machine.epicevents("install", *administrator(machine.home)).status == 0
        for options, role in (([], "epic_app"), (["--owner"], "postgres")):
            said = machine.epicevents("url", *options)
            assert (said.status, said.errors) == (0, "")
            with closing(psycopg2.connect(said.output.strip())) as connection:
                assert (connection.info.user, connection.info.dbname) == (role, "epic_events")
        assert machine.epicevents("stop").output == "The embedded PostgreSQL is stopped.\n"
        assert not machine.server.is_running()
        assert machine.epicevents("stop").output == "No embedded PostgreSQL was running.\n"

    def test_the_url_is_that_of_the_settings_if_there_is_one(self, machine: Machine) -> None:
        url = "postgresql://paul:secret@db.epic.example:6000/epic?sslmode=verify-full"
        printed = machine.epicevents("url", DATABASE_URL=url, EPICEVENTS_PW="secret").output
        assert "secret" not in printed
        assert parse_dsn(printed.strip()) == {
            "host": "db.epic.example", "port": "6000", "dbname": "epic", "user": "paul", "sslmode": "verify-full"
        }  # fmt: skip
        owner = machine.epicevents("url", "--owner", DATABASE_URL=url)
        assert (owner.status, owner.output) == (1, "")
        assert not machine.server.home.exists()

    def test_the_language_is_that_of_the_user(self, machine: Machine) -> None:
        said = machine.epicevents("stop", EPICEVENTS_LANG="fr").output
        assert "PostgreSQL" in said
        assert said != "No embedded PostgreSQL was running.\n"


class TestInstall:
    def test_the_printed_dotenv_is_all_that_an_employee_needs(
        self, machine: Machine, server: Server, database: str
    ) -> None:
        secrets = {"EPICEVENTS_SK": "only the installer's " * 3, "EPICEVENTS_PW": "the role's #1 password"}
        options = ["--owner-url", server.url(database, "postgres"), *administrator(machine.home)]
        said = machine.epicevents("install", *options, **secrets)
        assert (said.status, said.errors) == (0, "")
        assert "only the installer's" not in said.output
        assert PASSWORD not in said.output
        dotenv = said.output.partition(".env")[2].partition("\n")[2]
        colleague = Machine(machine.home / "colleague")
        colleague.home.mkdir()
        (colleague.home / ".env").write_text(dotenv)
        assert dotenv_values(colleague.home / ".env")["EPICEVENTS_PW"] == "the role's #1 password"
        at_work = colleague.epicevents(typed=lines("ada@epic.example", PASSWORD, "quit"))
        assert (at_work.status, at_work.errors, "Hello Ada Racine" in at_work.output) == (0, "", True)

    def test_again_it_says_so_and_asks_nothing(self, machine: Machine, server: Server, database: str) -> None:
        options = ["--owner-url", server.url(database, "postgres")]
        first = machine.epicevents("install", *options, typed=lines(*SET_UP[1:]))
        assert first.status == 0
        assert first.output.startswith("The database is installed.\n")
        assert "The first administrator can sign in now" in first.output
        again = machine.epicevents("install", *options)
        assert (again.status, again.errors) == (0, "")
        assert again.output.startswith("The database is up to date.\nGive this .env to every employee:\nDATABASE_URL=")
        other_options = administrator(machine.home, email="other@epic.example")
        assert machine.epicevents("install", *options, *other_options).status == 0
        with (
            closing(psycopg2.connect(**server.parameters(database, "postgres"))) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT email FROM crm.employee")
            assert cursor.fetchall() == [("ada@epic.example",)]  # the first one, and nobody else

    @pytest.mark.parametrize("content", [PASSWORD, f"{PASSWORD}\nsecond line\n", f"\ufeff{PASSWORD}\r\n"])
    def test_the_password_is_the_first_line_of_its_file(self, machine: Machine, content: str) -> None:
        options = administrator(machine.home, content, email="Ada@Epic.example ")
        assert given_administrator(parsed(*options)) == ("Ada Racine", "ada@epic.example", PASSWORD)

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("", "at least 12 characters"),
            ("\n" + PASSWORD, "at least 12 characters"),
            ("x" * 129, "at most 128 characters"),
            (b"caf\xe9" * 5, "The password file cannot be read"),
        ],
    )
    def test_a_password_that_will_not_do_is_refused(
        self, machine: Machine, content: str | bytes, complaint: str
    ) -> None:
        with pytest.raises(Invalid, match=complaint):
            given_administrator(parsed(*administrator(machine.home, content)))

    def test_so_are_an_address_and_a_name(self, machine: Machine) -> None:
        name, *rest = administrator(machine.home)
        with pytest.raises(Invalid, match="one email address"):
            given_administrator(parsed(*administrator(machine.home, email="ada at epic")))
        with pytest.raises(Invalid, match="control characters"):
            given_administrator(parsed(name, "Ada\x1b[2J", *rest[1:]))

    def test_nor_one_without_a_file(self, machine: Machine) -> None:
        options = administrator(machine.home)
        for missing in ("/nonexistent", str(machine.home)):
            with pytest.raises(Invalid, match="The password file cannot be read"):
                given_administrator(parsed(*options[:-1], missing))

    def test_whatever_is_refused_changes_nothing(self, machine: Machine, server: Server, database: str) -> None:
        options = administrator(machine.home, "too short\n")
        said = machine.epicevents("install", "--owner-url", server.url(database, "postgres"), *options)
        assert (said.status, said.output) == (1, "")
        assert said.errors == "A password has at least 12 characters; a few words make a good one.\n"
        self.nothing_was_done(server, database)

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (["--token-hours", "many"], "--token-hours cannot be used: give whole hours, from 1 to 168"),
            (["--token-hours", "0"], "--token-hours cannot be used: give whole hours, from 1 to 168"),
            (["--session-hours", "169"], "--session-hours cannot be used: give whole hours, from 1 to 168"),
            (["--session-hours", "1.5"], "--session-hours cannot be used: give whole hours, from 1 to 168"),
            (["--token-hours", "13"], "--token-hours cannot be used: a token (--token-hours) cannot last longer"),
            (["--session-hours", "7"], "--session-hours cannot be used: a token (--token-hours) cannot last longer"),
        ],
    )
    def test_nor_do_lengths_of_sessions_that_make_no_sense(
        self, machine: Machine, server: Server, database: str, options: list[str], complaint: str
    ) -> None:
        url = server.url(database, "postgres")
        said = machine.epicevents("install", "--owner-url", url, *administrator(machine.home), *options)
        assert (said.status, said.output) == (1, "")
        assert said.errors.startswith(complaint)
        run(server.parameters("postgres", "postgres"), f"DROP DATABASE IF EXISTS {database}")  # made, and empty

    def test_sessions_last_as_long_as_the_installer_says(self, machine: Machine, server: Server, database: str) -> None:
        options = ["--owner-url", server.url(database, "postgres"), *administrator(machine.home)]

        def lengths(*more: str) -> tuple[str, str]:
            assert machine.epicevents("install", *options, *more).status == 0
            with (
                closing(psycopg2.connect(**server.parameters(database, "postgres"))) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute("SELECT token::text, longest::text FROM crm.session_length")
                return cursor.fetchone()

        assert lengths() == ("08:00:00", "12:00:00")
        assert lengths("--token-hours", "4", "--session-hours", "10") == ("04:00:00", "10:00:00")
        assert lengths() == ("04:00:00", "10:00:00")  # what is left out stays
        assert lengths("--session-hours", "6") == ("04:00:00", "06:00:00")
        refused = machine.epicevents("install", *options, "--token-hours", "8")
        assert (refused.status, refused.output) == (1, "")
        assert lengths("--token-hours", "8", "--session-hours", "8") == ("08:00:00", "08:00:00")

    def test_nor_does_a_signing_key_that_is_too_short(self, machine: Machine, server: Server, database: str) -> None:
        said = machine.epicevents("install", "--owner-url", server.url(database, "postgres"), EPICEVENTS_SK="short")
        assert said.status == 1
        assert "EPICEVENTS_SK cannot be used" in said.errors
        self.nothing_was_done(server, database)

    @pytest.mark.parametrize("url", ["", "postgresql://postgres:secret@localhost"])
    def test_an_owner_url_that_will_not_do_is_named(self, machine: Machine, url: str) -> None:
        said = machine.epicevents("install", "--owner-url", url)
        assert said.status == 1
        assert said.errors.startswith("--owner-url cannot be used: it must ")
        assert "secret" not in said.errors
        assert not machine.server.home.exists()

    def nothing_was_done(self, server: Server, database: str) -> None:
        with (
            closing(psycopg2.connect(**server.parameters("postgres", "postgres"))) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", (database,))
            assert cursor.fetchone() == (0,)


class TestEnds:
    def test_nobody_reads_on(self, machine: Machine) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            machine.command("url"),
            env=machine.surroundings(DATABASE_URL="postgresql://localhost/epic"),
            cwd=machine.home,
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writing)
        assert done.stderr == b""

    def test_ctrl_c(self, machine: Machine) -> None:
        with subprocess.Popen(
            machine.command(),
            env=machine.surroundings(),
            cwd=machine.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as asking:
            assert asking.stdout is not None
            said = b""
            while b"number or name" not in said:
                more = os.read(asking.stdout.fileno(), 4096)
                assert more, said  # else it has ended
                said += more
            time.sleep(0.3)  # until it waits for the answer
            asking.send_signal(signal.SIGINT)
            _output, errors = asking.communicate(timeout=20)
        assert (asking.returncode, errors.strip()) == (1, b"Nothing was set up.")

    def test_what_cannot_be_an_address_is_asked_again(self, machine: Machine, office: Office) -> None:
        answers = []
        for typed in (b"ada\0@epic.example", b"ad\xe9@epic.example", b"a" * 100_000):
            answers += [typed, b"whatever"]
        answers += [b"ada@epic.example", PASSWORD.encode(), b"quit", b""]
        said = machine.epicevents(typed=b"\n".join(answers), DATABASE_URL=office.server.url(office.name, "epic_app"))
        assert "Hello Ada Racine" in said.output
        assert len(said.errors.splitlines()) == 3
