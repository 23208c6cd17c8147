"""How long sessions last: until somebody who has left is signed out, and from the sign-in on at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm.errors import N_, BadSetting

MOST = 168
TOKEN, LONGEST = "--token-hours", "--session-hours"
READ = "SELECT extract(epoch FROM token)::int / 3600, extract(epoch FROM longest)::int / 3600 FROM crm.session_length"
WRITE = "UPDATE crm.session_length SET token = %s * interval '1 hour', longest = %s * interval '1 hour'"


@dataclass(frozen=True)
class SessionLengths:
    """Whole hours, as crm.session_length has them; None leaves what is there."""

    token: int | None = None
    longest: int | None = None

    @classmethod
    def given(cls, token: str | None, longest: str | None) -> SessionLengths:
        """From the options of `epicevents install`. Raises BadSetting."""
        return cls(_hours(TOKEN, token), _hours(LONGEST, longest))

    def over(self, there: SessionLengths) -> SessionLengths:
        """These, completed by those that are there. Raises BadSetting when they do not go together."""
        both = SessionLengths(self.token or there.token, self.longest or there.longest)
        if (both.token or 0) > (both.longest or 0):
            name = TOKEN if self.token else LONGEST
            raise BadSetting(name=name, why=N_("--token-hours cannot be more than --session-hours: give both"))
        return both


DEFAULT = SessionLengths(8, 12)
"""Those of a new database."""


def read(cursor: Any) -> SessionLengths:
    cursor.execute(READ)
    return SessionLengths(*cursor.fetchone())


def write(cursor: Any, lengths: SessionLengths) -> None:
    """For sessions that begin, and renewals, from now on; what was promised to open ones stays."""
    cursor.execute(WRITE, (lengths.token, lengths.longest))


def _hours(option: str, typed: str | None) -> int | None:
    if typed is None:
        return None
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:9]) <= MOST):
        raise BadSetting(name=option, why=N_("give whole hours, from 1 to 168"))
    return int(typed)
