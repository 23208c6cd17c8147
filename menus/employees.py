"""What accounting and administration do with the staff."""

from __future__ import annotations

from crm import fields
from crm.models import Employee
from crm.records import EmployeeRecords
from crm.session import Session
from menus import hand_over
from menus.actions import Action
from menus.conflicts import tell
from menus.forms import Form, confirm
from menus.i18n import N_, _
from menus.lists import opening
from menus.shell import Shell


def open_card(shell: Shell, employee: Employee) -> None:
    shell.open_card("employee", employee.id)


def create(shell: Shell) -> None:
    form = Form(shell, _("New employee"), fields.editable("employee"))
    employee, password = form.submit(lambda values: shell.session.employees.create(**values))
    try:
        _saved(shell, employee)
    finally:
        _tell(shell, employee, password)


def update(shell: Shell, employee: Employee) -> None:
    asked = fields.named("employee", "full_name", "email")
    form = Form(shell, _("Change {name}").format(name=employee.full_name), asked, employee)
    _saved(shell, form.submit(lambda changes: shell.session.employees.update(form.record, **changes)))


def reset_password(shell: Shell, employee: Employee) -> None:
    confirm(shell, _("Give {name} a new one-time password?").format(name=employee.full_name), _("New password"))
    _tell(shell, employee, shell.session.employees.reset_password(employee))


def move(shell: Shell, employee: Employee) -> None:
    _saved(shell, hand_over.move(shell, employee))


def deactivate(shell: Shell, employee: Employee) -> None:
    _saved(shell, hand_over.close(shell, employee))


def reactivate(shell: Shell, employee: Employee) -> None:
    question = _("Open the account of {name} again, with a one-time password?").format(name=employee.full_name)
    confirm(shell, question, _("Open the account"))
    opened, password = shell.session.employees.reactivate(employee)
    try:
        _saved(shell, opened)
    finally:
        _tell(shell, opened, password)


def unlock(shell: Shell, employee: Employee) -> None:
    question = _("Let {name} try to sign in again at once?").format(name=employee.full_name)
    confirm(shell, question, _("Unlock"))
    shell.session.employees.unlock(employee)
    _saved(shell, employee)


def _saved(shell: Shell, employee: Employee) -> None:
    try:
        shell.open_card("employee", employee.id)
    finally:  # saved it is, though it cannot be shown
        shell.say(_("Saved: employee {number}.").format(number=employee.id))
        tell(shell, employee)


def _tell(shell: Shell, employee: Employee, password: str) -> None:
    line = _("One-time password for {name}, shown this once: {password}")
    shell.say(line.format(name=employee.full_name, password=password))


def is_somebody_else(session: Session, employee: Employee) -> bool:
    return bool(employee.id != session.identity.employee_id)


def is_active_colleague(session: Session, employee: Employee) -> bool:
    return bool(employee.active) and is_somebody_else(session, employee)


def is_closed(session: Session, employee: Employee) -> bool:
    return not employee.active


def is_locked(session: Session, employee: Employee) -> bool:
    return is_active_colleague(session, employee) and employee.locked_until is not None


ACTIONS = (
    Action("employees", N_("Everybody who works here"), ("employee", "read"), opening("employee"), scopes=("all",)),
    Action(
        "employee",
        N_("Open an employee: employee kate"),
        ("employee", "read"),
        open_card,
        on="employee",
        scopes=("all",),
    ),
    Action("employee new", N_("Add a colleague, with a one-time password"), ("employee", "create"), create),
    Action(
        "employee update",
        N_("Change a colleague's name or email"),
        ("employee", "update"),
        update,
        on="employee",
    ),
    Action(
        "employee password",
        N_("Give a colleague a new one-time password"),
        ("employee", "update"),
        reset_password,
        on="employee",
        fits=is_active_colleague,
        among=EmployeeRecords.active,
    ),
    Action(
        "employee move",
        N_("Move a colleague to another department"),
        ("employee", "update"),
        move,
        on="employee",
        fits=is_active_colleague,
        among=EmployeeRecords.active,
    ),
    Action(
        "employee unlock",
        N_("Let a locked colleague sign in again at once"),
        ("employee", "update"),
        unlock,
        on="employee",
        fits=is_locked,
        among=EmployeeRecords.locked,
    ),
    Action(
        "employee deactivate",
        N_("Close the account of a colleague who leaves"),
        ("employee", "delete"),
        deactivate,
        on="employee",
        fits=is_active_colleague,
        among=EmployeeRecords.active,
    ),
    Action(
        "employee reactivate",
        N_("Open a closed account again"),
        ("employee", "create"),
        reactivate,
        on="employee",
        fits=is_closed,
        among=EmployeeRecords.closed,
    ),
)
