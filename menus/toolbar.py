"""The last line of the screen: who, where, how long still; and in the last minutes what to do about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.fields import DEPARTMENT_NAMES
from crm.identity import Identity
from menus.i18n import _
from menus.terminal import Toolbar

LAST_MINUTES = timedelta(minutes=10)


def toolbar(identity: Identity, where: str, now: datetime) -> Toolbar:
    """`where`: the database."""
    warning = last_minutes(identity, now)
    left = warning or time_left(identity.expires_at, now)
    return Toolbar(
        " " + " · ".join([identity.name, _(DEPARTMENT_NAMES[identity.department]), where, left]), urgent=bool(warning)
    )


def last_minutes(identity: Identity, now: datetime) -> str:
    """What to do about a session that ends soon; "" while it lasts."""
    if identity.expires_at - now > LAST_MINUTES:
        return ""
    if identity.expires_at <= now:
        return _("Your session is over: you will be asked for your password")
    minutes = -((now - identity.expires_at) // timedelta(minutes=1))
    if identity.until - identity.expires_at > LAST_MINUTES:
        return _("Your session ends in {minutes} min: any command renews it").format(minutes=minutes)
    return _("Your session ends in {minutes} min: then sign in again to go on").format(minutes=minutes)


def time_left(expires_at: datetime, now: datetime) -> str:
    """How long the session still lasts: 7 h 32."""
    minutes = max(0, int((expires_at - now).total_seconds() // 60))
    return _("{hours} h {minutes:02d} left").format(hours=minutes // 60, minutes=minutes % 60)
