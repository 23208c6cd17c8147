"""Files that are written whole or not at all, for nobody's eyes but their owner's."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from crm.errors import N_, CrmError

REASONS = {
    errno.ENOENT: N_("there is no such directory."),
    errno.ENOTDIR: N_("there is no such directory."),
    errno.EISDIR: N_("it is a directory; add the name of a file."),
    errno.EEXIST: N_("it is there already."),
    errno.EACCES: N_("you may not write there."),
    errno.EPERM: N_("you may not write there."),
    errno.EROFS: N_("you may not write there."),
    errno.ENOSPC: N_("the disk is full."),
    errno.EDQUOT: N_("the disk is full."),
    errno.ENAMETOOLONG: N_("the name is too long."),
}


class NotWritten(CrmError):
    """{path} cannot be written: {why}"""


def refuse(path: Path, number: int, otherwise: str = "") -> NotWritten:
    """The error for an errno of the operating system's."""
    return NotWritten(path=path, why=REASONS.get(number, otherwise or os.strerror(number)))


@contextmanager
def whole_file(path: Path, replace: bool = False) -> Iterator[BinaryIO]:
    """A new file, mode 0600: what is written into it is at `path` when all went well, and nowhere else.

    A place to write is there as soon as this is entered. Raises NotWritten; without `replace` also for a file that is
    there already.
    """
    try:
        check(path, replace)
        descriptor, temporary = tempfile.mkstemp(prefix=".epicevents-", dir=path.parent)  # made 0600
        try:
            with open(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            check(path, replace)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise refuse(path, error.errno or 0, error.strerror or "") from error


def check(path: Path, replace: bool = False) -> None:
    """Raise OSError for what can be said before anything is written."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "")
    if not replace and path.exists():
        raise FileExistsError(errno.EEXIST, "")
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "")
