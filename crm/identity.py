"""What a token says of its holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Identity:
    """What the token says of its holder: good for a greeting; the database decides by itself."""

    employee_id: int
    jti: str
    """Of the session; stays when the token is renewed."""
    name: str
    department: str
    expires_at: datetime
    until: datetime
    """The latest the session can be renewed to."""
    must_change_password: bool

    @classmethod
    def read(cls, token: str) -> Identity | None:
        """The claims of `token`, unverified (only the database has the key); None if it is none."""
        import jwt  # brings cryptography along: only when there is a token

        try:
            claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
            return cls(
                employee_id=int(claims["sub"]),
                jti=str(claims["jti"]),
                name=str(claims["name"]),
                department=str(claims["department"]),
                expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
                until=datetime.fromtimestamp(int(claims["until"]), UTC),
                must_change_password=claims["must_change_password"] is True,
            )
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, OverflowError):
            return None
