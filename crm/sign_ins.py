"""Who signed in when, as far as that is mine to know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crm.day_parts import Clock
from crm.models import Colleague, SignIn
from crm.session import Session

DAYS = 7
"""Today and those before."""
MOST = 50


def since(clock: Clock) -> Any:
    """Sign-ins of the last days."""
    return SignIn.select(SignIn).where(SignIn.created_at >= clock.midnight(clock.today - timedelta(days=DAYS - 1)))


def latest(session: Session, clock: Clock) -> list[SignIn]:
    """The last of the sign-ins that the day counts, newest first, each with its employee."""
    query = (
        since(clock)
        .select(SignIn, Colleague)
        .join(Colleague, on=(SignIn.employee == Colleague.id))
        .order_by(SignIn.created_at.desc())
        .limit(MOST)
    )
    return session.answer(lambda: list(query.execute(session.database)))
