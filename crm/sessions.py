"""Sessions that are open now: mine, and everybody's for those who may see and end them."""

from __future__ import annotations

from peewee import fn

from crm.models import Colleague, SignIn
from crm.session import Session

MOST = 100


def open_now(session: Session, employee_id: int | None = None) -> list[SignIn]:
    """Those of one employee, or all that I may see; MOST at most, the last used first, each with its employee."""
    query = (
        SignIn.select(SignIn, Colleague)
        .join(Colleague, on=(SignIn.employee == Colleague.id))
        .where(SignIn.revoked_at.is_null(), SignIn.expires_at > fn.clock_timestamp())
        .order_by(SignIn.last_used.desc(), SignIn.created_at.desc())
        .limit(MOST)
    )
    if employee_id is not None:
        query = query.where(SignIn.employee == employee_id)
    return session.fetch(query)


def is_this_one(session: Session, opened: SignIn) -> bool:
    """Is it the session of this shell?"""
    return str(opened.jti) == session.identity.jti


def end(session: Session, opened: SignIn) -> None:
    """From its next statement on that shell is signed out. Raises NotAllowed; NotFound when it is over already."""
    session.call("revoke_session", str(opened.jti))


def end_all(session: Session, employee_id: int, but_this: bool = False) -> None:
    """All sessions of an employee; `but_this`: except the one I am in. Raises NotAllowed."""
    session.call("revoke_sessions", employee_id, but_this)
