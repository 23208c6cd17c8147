"""What an employee's card says of the account beyond its values: locked, or with a one-time password."""

from __future__ import annotations

from datetime import datetime

from crm.models import Employee, Record
from menus.i18n import _, current
from menus.views import Row


def standing(record: Record, now: datetime) -> list[Row]:
    """Rows for the card of `record`; none unless it is an employee's."""
    if not isinstance(record, Employee):
        return []
    rows = []
    if record.locked_until is not None:
        shown = _("yes, locked until {time} after wrong passwords")
        rows.append(Row(_("Active"), shown.format(time=_time(record.locked_until, now))))
    if record.active and record.must_change_password:
        rows.append(Row(_("One-time password"), _("to be replaced at the next sign-in")))
    return rows


def _time(moment: datetime, now: datetime) -> str:
    """Of a moment that is today, no more than the time."""
    language = current()
    today = moment.astimezone(language.zone).date() == now.astimezone(language.zone).date()
    return language.time(moment) if today else language.moment(moment)
