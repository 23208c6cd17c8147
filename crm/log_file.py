"""The log on this machine: small, rotating, for its owner's eyes only."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from io import FileIO
from pathlib import Path

from crm.errors import CrmError
from crm.incident import as_entry, as_event


class NoLog(CrmError):
    """No log is kept: {file} cannot be written ({why})."""


class SilentHandler(logging.Handler):
    """A handler that keeps its own troubles to itself."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: the standard one prints the record and its arguments into the middle of the prompt."""


class LogFile(SilentHandler):
    """A log of at most `limit` bytes and `kept` older ones (file.1, file.2, …), all 0600, shared by several shells.

    Each entry is one append to a file opened for it, so a shell never goes on writing to what another has rotated.
    """

    def __init__(self, file: Path, limit: int = 1_000_000, kept: int = 3) -> None:
        super().__init__(logging.INFO)
        self.file, self.limit, self.kept = file, limit, kept

    def prepare(self) -> NoLog | None:
        """Create the file and its directories for this user alone; take back what an earlier file allowed to others."""
        try:
            for directory in reversed(self.file.parents):
                if not directory.exists():
                    directory.mkdir(mode=0o700, exist_ok=True)
            with self._open() as log:
                if stat.S_ISREG(os.fstat(log.fileno()).st_mode):  # never /dev/null
                    os.fchmod(log.fileno(), 0o600)
        except OSError as error:
            return NoLog(file=self.file, why=error.strerror)
        return None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            entry = as_entry(as_event(record)).encode("utf-8", "backslashreplace")
            with self._open() as log:
                if 0 < os.fstat(log.fileno()).st_size > self.limit - len(entry):
                    self._rotate(log)
            with self._open() as log:
                log.write(entry)
        except Exception:
            self.handleError(record)

    def _rotate(self, log: FileIO) -> None:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(log.fileno()), self.file.stat()):
                return
            for age in range(self.kept, 1, -1):
                if self._aged(age - 1).exists():
                    self._aged(age - 1).replace(self._aged(age))
            self.file.replace(self._aged(1))
        except (BlockingIOError, FileNotFoundError):
            pass  # another shell is doing it

    def _aged(self, age: int) -> Path:
        return self.file.with_name(f"{self.file.name}.{age}")

    def _open(self) -> FileIO:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        return FileIO(self.file, "ab", opener=lambda name, _: os.open(name, flags, 0o600))
