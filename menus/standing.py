"""What an employee's card says of the account beyond its values: locked, or with a one-time password."""

from __future__ import annotations

from datetime import datetime

from crm.models import Employee, Record
from crm.session import Session
from menus.i18n import _, current
from menus.views import Row


def standing(session: Session, record: Record, now: datetime) -> list[Row]:
    """Rows for the card of `record`; for those who keep the staff, one statement."""
    if not isinstance(record, Employee) or session.permissions.scope("employee", "update") != "all":
        return []
    rows = []
    until = session.employees.locked_until(record)
    if until is not None:
        language = current()
        shown = (
            language.time(until)
            if until.astimezone(language.zone).date() == now.astimezone(language.zone).date()
            else language.moment(until)
        )
        rows.append(Row(_("Active"), _("yes, locked until {time} after wrong passwords").format(time=shown)))
    if record.active and record.must_change_password:
        rows.append(Row(_("One-time password"), _("to be replaced at the next sign-in")))
    return rows
