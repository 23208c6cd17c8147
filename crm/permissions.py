"""The rights of the signed-in employee's department, as crm.permission has them."""

from __future__ import annotations

from dataclasses import dataclass

from crm.database import Database
from crm.models import Permission

Right = tuple[str, str]
"""(entity, action)"""


@dataclass(frozen=True)
class Permissions:
    """Right -> "own" or "all". For choosing what to offer; the database alone decides."""

    scopes: dict[Right, str]

    @classmethod
    def of_bearer(cls, database: Database) -> Permissions:
        """What the holder of the token that `database` carries may do; nothing when the token is worth nothing."""
        query = Permission.select(Permission.entity, Permission.action, Permission.scope)
        return cls({(entity, action): scope for entity, action, scope in query.tuples().execute(database)})

    def scope(self, entity: str, action: str) -> str | None:
        """ "own", "all" or None."""
        return self.scopes.get((entity, action))

    def allow(self, right: Right) -> bool:
        return right in self.scopes
