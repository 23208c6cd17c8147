"""Where the token lies between two starts: readable by its owner and nobody else."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from crm.errors import CrmError

TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


class UnsafeTokenFile(CrmError):
    """Others can read your token file {path}: delete it, change its directory's rights, and sign in again."""


class TokenFile:
    """A file of mode 0600 in a directory of its owner's."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str | None:
        """The token, or None when there is none. Raises UnsafeTokenFile when others could have read or written it."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnsafeTokenFile(path=self.path) from error
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
            os.close(descriptor)
            raise UnsafeTokenFile(path=self.path)
        with open(descriptor, encoding="ascii", errors="replace") as file:
            token = file.read(4096).strip()
        return token if TOKEN.fullmatch(token) else None

    def write(self, token: str) -> None:
        """Replace the file in one step: a reader finds the old token or the new one, whole."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".token-", dir=self.path.parent)  # made 0600
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(token)
            os.replace(temporary, self.path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
