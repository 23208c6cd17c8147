"""The PostgreSQL that comes with the program: one cluster per data directory, made and started when it is needed.

It listens on a Unix socket that only its owner can reach, lets in the operating-system
user who started it and nobody else, and goes on running until somebody stops it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg2

from crm import embedded_binaries as binaries
from crm.embedded_binaries import SYSTEM_DIRECTORY, SYSTEM_USER, Account
from crm.errors import N_, CrmError, ServerFailed

SUPERUSER = "postgres"
APPLICATION_ROLE = "epic_app"

PORT = 5432  # part of the socket's name; nothing listens on the network
LONGEST_SOCKET_PATH = 103  # bytes; macOS: 103, Linux: 107
CONNECT_SECONDS = 5
START_SECONDS = 120
STOP_SECONDS = 30
LARGEST_LOG = 1_000_000  # bytes; one older log is kept
NO_PROCESS = 2**31 - 1  # no system numbers its processes that high
LEFTOVERS = ("shared memory block", "lock file")  # in the log, while the remains of a killed server still end

SETTINGS = """\
# Written anew at every start: put your own settings into postgresql.conf, below the line that includes this file.
listen_addresses = ''
port = {port}
unix_socket_directories = {socket_directory}
unix_socket_permissions = 0700
max_connections = 50
cluster_name = 'epicevents'
jit = off
log_min_messages = log
log_checkpoints = off
log_min_error_statement = panic
"""


class UnusableDirectory(CrmError):
    """The embedded PostgreSQL cannot use {directory}: {reason}"""


class Server:
    """The PostgreSQL of one directory.

    `home` is where it really lives: the directory itself, unless root runs us and the directory
    lies where SYSTEM_USER cannot go (/root is 0700, and stays so). Then it is a directory of
    SYSTEM_DIRECTORY (/var/lib/epicevents) named after the hash of the path. In `home` are
    the cluster (data), the log (server.log), the lock and the socket.
    """

    def __init__(self, directory: Path, programs: Iterable[Path] | None = None) -> None:
        """`programs`: the directories to look for PostgreSQL in, instead of those installed on this machine."""
        self.directory = directory.expanduser().resolve()
        self.home = _home_of(self.directory)
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self._programs = programs

    def start(self) -> None:
        """Make sure that the server answers, creating and starting it if need be. Takes 5 ms when it already runs.

        Raises NoServerBinaries, ServerFailed, UnusableDirectory, NoMatchingBinaries, NamelessUser, NoSystemUser.
        """
        if self.is_running():
            return
        account = Account.server()
        with self._alone(account) as lock:
            if self._refusal() is not None:  # nobody else started it while we waited for the lock
                self._bring_up(account, lock)

    def stop(self) -> bool:
        """Stop the server, ending everybody's sessions; True if it was running. Raises ServerFailed, UnusableDirectory."""
        if self._postmaster() is None:
            return False
        with self._alone(Account.server()):
            pid = self._postmaster()
            if pid is None:
                return False
            for way in (signal.SIGINT, signal.SIGQUIT):  # fast shutdown; then at once, mended at the next start
                os.kill(pid, way)
                if self._ended(pid):
                    return True
            raise self._failure()

    def is_running(self) -> bool:
        """Does the server answer?"""
        return self._refusal() is None

    def parameters(self, database: str, role: str) -> dict[str, object]:
        """What psycopg2.connect takes to be `role` (SUPERUSER or APPLICATION_ROLE) in `database`.

        Takes the PG* variables out of this process: they would bend the connection, and against
        PGSERVICE libpq knows no parameter.
        """
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]
        return {
            "host": os.fsencode(self._socket_directory).decode(),  # psycopg2 encodes as UTF-8 whatever the locale
            "port": PORT,
            "dbname": database,
            "user": role,
            "requirepeer": self._server_name(),  # a stranger's socket in our place gets nothing
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "epicevents",
        }

    def url(self, database: str, role: str) -> str:
        """The same as a URL, for psql, pgAdmin and the like."""
        host, peer = quote(os.fsencode(self._socket_directory), safe=""), quote(self._server_name(), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}&requirepeer={peer}"

    def _refusal(self) -> str | None:
        """Why no connection can be had; None when one can."""
        try:
            psycopg2.connect(**self.parameters("postgres", SUPERUSER)).close()  # type: ignore[call-overload]
        except psycopg2.OperationalError as error:
            return str(error).strip()
        return None

    @contextmanager
    def _alone(self, account: Account) -> Iterator[int]:
        """Hold the lock of `home`, made if need be; yields its descriptor. Every trouble with files becomes UnusableDirectory."""
        try:
            self._check_not_left_behind()
            _make_parents(self.home)
            _make_private(self.home, account)
            with binaries.locked(self.home / "lock") as lock:
                yield lock
        except OSError as error:
            raise UnusableDirectory(directory=error.filename or self.home, reason=error.strerror or str(error)) from error

    def _check_not_left_behind(self) -> None:
        if self.home != self.directory and (self.directory / "data").exists():
            raise UnusableDirectory(directory=self.directory, reason=N_("it belongs to another user, or lies where the server's user cannot go"))

    def _bring_up(self, account: Account, lock: int) -> None:
        programs, major = binaries.choose(self._programs or binaries.installed(), self.data)
        if os.geteuid() == 0:
            programs = binaries.for_everybody(programs)
        if not self.data.exists():
            self._create(account, programs, major, lock)
        patience = time.monotonic() + START_SECONDS
        while (refusal := self._refusal()) is not None:
            if time.monotonic() > patience:
                raise self._failure(refusal)
            if self._postmaster() is None:
                self._launch(account, programs)
            else:
                time.sleep(0.1)  # it is starting, stopping or recovering: a killed program left it to itself

    def _create(self, account: Account, programs: Path, major: int, lock: int) -> None:
        """initdb beside `data`, then rename: whoever finds `data` finds it whole."""
        unfinished = self.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        locale = builtin if major >= 17 else ("--locale=C.UTF-8",)
        made = account.run(
            *(programs / "initdb", "-D", unfinished.name, "-U", SUPERUSER, "-E", "UTF8", *locale),
            *("--auth-local=peer", "--auth-host=reject", "--data-checksums", "--no-instructions"),
            directory=self.home,
            keep_open=(lock,),  # an initdb that outlives us keeps others waiting until it ends
        )
        if made.returncode:
            _write(self.log, made.stdout, account)
            raise self._failure()
        with open(unfinished / "postgresql.conf", "a", encoding="ascii") as file:
            file.write("\ninclude 'epicevents.conf'\n")
        unfinished.rename(self.data)

    def _launch(self, account: Account, programs: Path) -> None:
        """One attempt to start; returns without success when another one makes sense. Raises ServerFailed."""
        self._clear_leftovers()
        self._configure(account)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.rename(self.log.with_suffix(".log.old"))
        already = self.log.stat().st_size if self.log.exists() else 0
        # Relative names: pg_ctl hands them to a shell between double quotes, where $ and " would not stay themselves.
        command = ("-D", self.data.name, "-l", self.log.name, "-s", "-w", "-t", str(START_SECONDS), "start")
        started = account.run(programs / "pg_ctl", *command, directory=self.home)
        if started.returncode:
            if not any(sign in self._log_since(already) for sign in LEFTOVERS):
                raise self._failure(started.stdout if self._log_since(already) == "" else "")
            time.sleep(0.2)

    def _configure(self, account: Account) -> None:
        _make_private(self._socket_directory, account)
        settings = SETTINGS.format(port=PORT, socket_directory=_quoted(str(self._socket_directory)))
        people = sorted({account.name, Account.caller().name})
        roles = (SUPERUSER, APPLICATION_ROLE)
        entries = (f'epicevents "{person}" {role}\n' for person in people for role in roles)
        _write(self.data / "epicevents.conf", settings, account)
        _write(self.data / "pg_hba.conf", "local all all peer map=epicevents\nhost all all all reject\n", account)
        _write(self.data / "pg_ident.conf", "".join(entries), account)

    def _clear_leftovers(self) -> None:
        """After a kill -9, its process number may be a stranger's by now, or a zombie's: PostgreSQL would wait for it.

        Only the number is replaced: the rest of the file lets PostgreSQL find backends that outlived the server.
        """
        file = self.data / "postmaster.pid"
        if file.exists():
            first, _, rest = file.read_bytes().partition(b"\n")
            if rest:
                file.write_bytes(b"%d\n%s" % (NO_PROCESS, rest))
            else:
                file.unlink()
        (self._socket_directory / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _postmaster(self) -> int | None:
        """The process that serves `data` now; None when there is none, whatever postmaster.pid says."""
        try:
            pid = abs(int((self.data / "postmaster.pid").read_bytes().partition(b"\n")[0]))
            if os.path.exists("/proc/self/cwd"):
                return pid if os.path.samefile(f"/proc/{pid}/cwd", self.data) else None
            os.kill(pid, 0)
            return pid
        except (OSError, ValueError):
            return None

    def _ended(self, pid: int) -> bool:
        """Wait for process `pid` to stop serving."""
        patience = time.monotonic() + STOP_SECONDS
        while self._postmaster() == pid:
            if time.monotonic() > patience:
                return False
            time.sleep(0.01)
        return True

    @property
    def _socket_directory(self) -> Path:
        """`home`, or if the socket's path were too long or not UTF-8, a directory in /tmp (TMPDIR is not the same in every terminal)."""
        path = os.fsencode(self.home / f".s.PGSQL.{PORT}")
        if len(path) <= LONGEST_SOCKET_PATH and path.decode(errors="replace").encode() == path:
            return self.home
        return Path("/tmp", f"epicevents-{os.geteuid()}-{_hash(self.home)}")

    @staticmethod
    def _server_name() -> str:
        return SYSTEM_USER if os.geteuid() == 0 else Account.caller().name

    def _log_since(self, position: int) -> str:
        with suppress(FileNotFoundError), open(self.log, "rb") as file:
            file.seek(position)
            return file.read().decode(errors="replace").strip()
        return ""

    def _failure(self, reason: str = "") -> ServerFailed:
        """With the reason given, or the last lines of the log."""
        return ServerFailed(log=self.log, reason=reason.strip() or "\n".join(self._log_since(0).splitlines()[-5:]))


def _home_of(directory: Path) -> Path:
    elsewhere = SYSTEM_DIRECTORY / _hash(directory)
    if os.geteuid() == 0 and (elsewhere.exists() or not binaries.others_reach(directory.parent)):
        return elsewhere
    return directory


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _make_parents(directory: Path) -> None:
    if os.geteuid() == 0:
        return binaries.open_directory(directory.parent)  # the server's user must pass through
    for parent in reversed(directory.parents):
        parent.mkdir(mode=0o700, exist_ok=True)


def _make_private(directory: Path, account: Account) -> None:
    """Make `directory` one that only `account` (and root) can enter. Raises UnusableDirectory for one that is somebody else's."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    if os.geteuid() == 0 and not any(directory.iterdir()):
        os.chown(directory, account.uid, account.gid, follow_symlinks=False)
    facts = directory.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != account.uid:
        raise UnusableDirectory(directory=directory, reason=N_("it belongs to another user"))
    if facts.st_mode & 0o077:
        directory.chmod(0o700)


def _write(file: Path, text: str, account: Account) -> None:
    """Write a file that the server's user can read; names of users and directories keep their bytes."""
    file.write_bytes(os.fsencode(text))
    if os.geteuid() == 0:
        os.chown(file, account.uid, account.gid)


def _quoted(directory: str) -> str:
    """One directory as the value of a list in postgresql.conf."""
    item = '"' + directory.replace('"', '""') + '"'
    return "'" + item.replace("\\", "\\\\").replace("'", "''") + "'"
