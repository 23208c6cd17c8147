"""The PostgreSQL that comes with the program: one cluster per data directory, made and started when it is needed.

It listens on a Unix socket that only its owner can reach, lets in the operating-system user
who started it and nobody else, and goes on running until somebody stops it.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from crm import embedded_binaries as binaries
from crm.embedded_binaries import SYSTEM_USER, Account, UnusableDirectory
from crm.errors import N_, ServerFailed

SUPERUSER = "postgres"
APPLICATION_ROLE = "epic_app"

PORT = 5432  # part of the socket's name; nothing listens on the network
LONGEST_SOCKET_PATH = 103  # bytes; macOS: 103, Linux: 107
CONNECT_SECONDS = 5
START_SECONDS = 120
STOP_SECONDS = 30
LARGEST_LOG = 1_000_000  # bytes; one older log is kept
NO_PROCESS = 2**31 - 1  # no system numbers its processes that high
LEFTOVERS = ("shared memory block", "lock file")  # in the log while the remains of a killed server still end
PASSING = "the database system is"  # ... starting up, shutting down, in recovery mode

SETTINGS = """\
# Written anew at every start. Settings of yours belong into postgresql.conf, below the line that includes this file.
listen_addresses = ''
port = {port}
unix_socket_directories = {sockets}
unix_socket_permissions = 0700
max_connections = 50
cluster_name = 'epicevents'
jit = off
# The log holds starts, stops and crashes; refused statements could hold personal data.
log_min_messages = log
log_min_error_statement = panic
log_checkpoints = off
"""
CONNECTIONS = """\
local all all peer map=epicevents
host all all all reject
"""


class Server:
    """The PostgreSQL of one directory.

    `home` is where it really lives: the directory itself, unless root runs us and the directory
    lies where SYSTEM_USER cannot go (/root is 0700, and stays so). Then it is a directory of
    SYSTEM_DIRECTORY (/var/lib/epicevents) named after the hash of the path. In `home` are the
    cluster (data), the log (server.log), the lock and, unless its path is too long, the socket.
    """

    def __init__(self, directory: Path, programs: Iterable[Path] | None = None) -> None:
        """`programs`: the directories to look for PostgreSQL in, instead of those installed on this machine."""
        self.directory = directory.expanduser().resolve()
        self.home = binaries.home_of(self.directory)
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.sockets = _sockets_of(self.home)
        self._programs = programs

    def start(self) -> None:
        """Make sure that the server answers, creating and starting it if need be.

        Raises NoServerBinaries, NoMatchingBinaries, ServerFailed, UnusableDirectory, NamelessUser, NoSystemUser.
        """
        if self.is_running():
            return
        account = Account.server()
        with self._alone(account) as lock:
            if not self.is_running():  # nobody else started it while we waited for the lock
                self._bring_up(account, lock)

    def stop(self) -> bool:
        """Stop the server, which ends everybody's sessions; True if it was running.

        Raises ServerFailed, UnusableDirectory.
        """
        if self._postmaster() is None:
            return False
        with self._alone(Account.server()):
            pid = self._postmaster()
            if pid is None:
                return False
            for way in (signal.SIGINT, signal.SIGQUIT):  # fast shutdown; then at once, to be mended at the next start
                os.kill(pid, way)
                if self._ended(pid):
                    return True
        raise self._failure()

    def is_running(self) -> bool:
        """Does the server answer?"""
        return self._refusal() is None

    def parameters(self, database: str, role: str) -> dict[str, Any]:
        """What psycopg2.connect takes to be `role` (SUPERUSER or APPLICATION_ROLE) in `database`.

        Takes the PG* variables out of this process: they would bend every connection to the
        server, and against PGSERVICE libpq knows no parameter.
        """
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]
        return {
            "host": os.fsencode(self.sockets).decode(),  # psycopg2 speaks UTF-8 whatever the locale
            "port": PORT,
            "dbname": database,
            "user": role,
            "requirepeer": _server_name(),  # a stranger's socket in the place of ours gets nothing
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "epicevents",
        }

    def url(self, database: str, role: str) -> str:
        """The same as a URL, for psql, pgAdmin and the like."""
        role, database, peer = (quote(name, safe="") for name in (role, database, _server_name()))
        host = quote(os.fsencode(self.sockets), safe="")
        return f"postgresql://{role}@/{database}?host={host}&port={PORT}&requirepeer={peer}"

    def _refusal(self) -> str | None:
        """Why no connection can be had; None when one can."""
        try:
            psycopg2.connect(**self.parameters("postgres", SUPERUSER)).close()
        except psycopg2.OperationalError as error:
            return str(error).strip()
        return None

    @contextmanager
    def _alone(self, account: Account) -> Iterator[int]:
        """Hold the lock of `home`, made if need be; yields its descriptor. Trouble with files: UnusableDirectory."""
        try:
            if self.home != self.directory and (self.directory / "data").exists():
                why = N_("it belongs to another user, or lies where the server's user cannot go")
                raise UnusableDirectory(directory=self.directory, reason=why)
            binaries.make_parents(self.home)
            account.make_private(self.home)
            with binaries.locked(self.home / "lock") as lock:
                yield lock
        except OSError as error:
            place, why = error.filename or self.home, error.strerror or str(error)
            raise UnusableDirectory(directory=place, reason=why) from error

    def _bring_up(self, account: Account, lock: int) -> None:
        account.make_private(self.sockets)
        programs, major = binaries.choose(self._programs or binaries.installed(), self.data)
        if os.geteuid() == 0:
            programs = binaries.for_everybody(programs)
        if not self.data.exists():
            self._create(account, programs, major, lock)
        patience = time.monotonic() + START_SECONDS
        while (refusal := self._refusal()) is not None:
            if time.monotonic() > patience or ("FATAL" in refusal and PASSING not in refusal):
                raise self._failure(refusal)
            if self._postmaster() is None:
                self._launch(account, programs)
            else:
                time.sleep(0.1)  # starting, stopping or recovering, left alone by a program that was killed

    def _create(self, account: Account, programs: Path, major: int, lock: int) -> None:
        """Initdb beside `data`, then rename: whoever finds `data` finds it whole."""
        unfinished = self.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        locale = builtin if major >= 17 else ("--locale=C.UTF-8",)
        access = ("-U", SUPERUSER, "--auth-local=peer", "--auth-host=reject")
        made = account.run(
            *(programs / "initdb", "-D", unfinished.name, *access, "-E", "UTF8", *locale, "--data-checksums"),
            directory=self.home,
            keep_open=(lock,),  # an initdb that outlives us keeps others waiting until it ends
        )
        if made.returncode:
            account.write(self.log, made.stdout)
            raise self._failure()
        with open(unfinished / "postgresql.conf", "a", encoding="ascii") as file:
            file.write("\ninclude 'epicevents.conf'\n")
        unfinished.rename(self.data)

    def _launch(self, account: Account, programs: Path) -> None:
        """One attempt to start; returns without success when another makes sense. Raises ServerFailed."""
        self._clear_leftovers()
        self._configure(account)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.rename(self.log.with_suffix(".log.old"))
        before = self._log()
        # Relative names: pg_ctl hands them to a shell between double quotes, where $ and " would not stay themselves.
        where = ("-D", self.data.name, "-l", self.log.name)
        started = account.run(
            *(programs / "pg_ctl", *where, "-s", "-w", "-t", str(START_SECONDS), "start"), directory=self.home
        )
        if started.returncode:
            said = self._log().removeprefix(before)
            if not any(sign in said for sign in LEFTOVERS):
                raise self._failure(said or started.stdout)
            time.sleep(0.2)

    def _clear_leftovers(self) -> None:
        """Take out the process number of a server that was killed.

        It may be a stranger's by now, or a zombie's, and PostgreSQL would yield to it. The rest of
        the file stays: by it PostgreSQL finds backends that outlived the server.
        """
        file = self.data / "postmaster.pid"
        if file.exists():
            _, _, rest = file.read_bytes().partition(b"\n")
            if rest:
                file.write_bytes(b"%d\n%s" % (NO_PROCESS, rest))
            else:
                file.unlink()
        (self.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _configure(self, account: Account) -> None:
        people = sorted({account.name, Account.caller().name})
        entries = [f'epicevents "{name}" {role}\n' for name in people for role in (SUPERUSER, APPLICATION_ROLE)]
        account.write(self.data / "epicevents.conf", SETTINGS.format(port=PORT, sockets=_quoted(self.sockets)))
        account.write(self.data / "pg_hba.conf", CONNECTIONS)
        account.write(self.data / "pg_ident.conf", "".join(entries))

    def _postmaster(self) -> int | None:
        """The process that serves `data` now; None when there is none, whatever postmaster.pid says."""
        try:
            pid = abs(int((self.data / "postmaster.pid").read_bytes().partition(b"\n")[0]))
            if os.path.exists("/proc/self/cwd"):
                return pid if os.path.samefile(f"/proc/{pid}/cwd", self.data) else None
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid

    def _ended(self, pid: int) -> bool:
        """Wait until process `pid` no longer serves `data`."""
        patience = time.monotonic() + STOP_SECONDS
        while self._postmaster() == pid:
            if time.monotonic() > patience:
                return False
            time.sleep(0.01)
        return True

    def _log(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def _failure(self, reason: str = "") -> ServerFailed:
        """With the last lines of `reason`, or of the log."""
        return ServerFailed(log=self.log, reason="\n".join((reason or self._log()).strip().splitlines()[-5:]))


def _sockets_of(home: Path) -> Path:
    """`home`, or a directory in /tmp if no socket could have that path, or libpq not read it."""
    path = os.fsencode(home / f".s.PGSQL.{PORT}")
    if len(path) <= LONGEST_SOCKET_PATH and b"," not in path and path.decode(errors="replace").encode() == path:
        return home
    return Path("/tmp", f"epicevents-{binaries.short_hash(home)}")  # noqa: S108 - make_private checks; TMPDIR differs per terminal


def _server_name() -> str:
    return SYSTEM_USER if os.geteuid() == 0 else Account.caller().name


def _quoted(directory: Path) -> str:
    """One directory as the value of a list in postgresql.conf."""
    item = '"' + str(directory).replace('"', '""') + '"'
    return "'" + item.replace("\\", "\\\\").replace("'", "''") + "'"
