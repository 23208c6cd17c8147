"""The staff: opening, changing, moving and closing accounts, with what their owners were responsible for."""

from __future__ import annotations

from typing import Any

from peewee import SQL, Function, ModelSelect, Select, fn

from crm import fields, monitoring, passwords
from crm.errors import Conflict
from crm.managers import Manager
from crm.models import DEPARTMENTS, Colleague, Employee
from crm.monitoring import StaffAction
from crm.records import EmployeeRecords

Receiver = Colleague | Employee | None
"""Who takes over."""


class Employees(Manager[Employee, EmployeeRecords]):
    entity = "employee"
    model = Employee
    records = EmployeeRecords
    owner = Employee.id
    order = (Employee.id,)
    descending = False
    fields = fields.EMPLOYEE

    def scope(self, action: str, entity: str | None = None) -> EmployeeRecords:
        """Administrators only for those who have that right on administrators."""
        reached = super().scope(action, entity)
        return reached if self._may_administrators(action) else reached.where(Employee.department != "admin")

    def may(self, record: Employee, action: str, entity: str | None = None) -> bool:
        return super().may(record, action, entity) and (
            record.department != "admin" or self._may_administrators(action)
        )

    def create(self, **values: Any) -> tuple[Employee, str]:
        """A colleague, and the one-time password to tell them."""
        password = passwords.one_time()
        with self.session.database.all_or_nothing():
            employee = self._create(values)
            self.session.call("set_one_time_password", employee.id, *passwords.fresh_credential(password))
        self._report("created", employee)
        return self.get(employee.id), password

    def update(self, record: Employee, **changes: Any) -> Employee:
        updated = super().update(record, **changes)
        self._report("changed", record)
        return updated

    def deactivate(
        self, employee: Employee, clients_to: Receiver, events_to: Receiver, events_to_nobody: bool = False
    ) -> Employee:
        """Close the account; its sessions end at once.

        All clients, with their contracts, go to `clients_to`, of sales; the coming events to `events_to`, of support,
        or with `events_to_nobody` to nobody. Whoever is needed must be named. Raises Conflict, Invalid, NotAllowed,
        NotFound: then nothing has changed.
        """
        self._on_version("deactivate_employee", employee, _id(clients_to), _id(events_to), events_to_nobody)
        self._report("deactivated", employee)
        return self.get(employee.id)

    def move(
        self,
        employee: Employee,
        department: str,
        clients_to: Receiver,
        events_to: Receiver,
        events_to_nobody: bool = False,
    ) -> Employee:
        """Another department, and so other rights at once; with the hand-over of `deactivate`."""
        self._on_version("move_employee", employee, department, _id(clients_to), _id(events_to), events_to_nobody)
        self._report("moved", employee)
        return self.get(employee.id)

    def reactivate(self, employee: Employee) -> tuple[Employee, str]:
        """Open a closed account again; the one-time password to tell its owner. Raises as `deactivate` does."""
        password = passwords.one_time()
        self._on_version("reactivate_employee", employee, *passwords.fresh_credential(password))
        self._report("reactivated", employee)
        return self.get(employee.id), password

    def unlock(self, employee: Employee) -> None:
        """Let them try to sign in again at once, after too many wrong passwords; Invalid if they need not wait."""
        self.session.call("unlock_employee", employee.id)
        self._report("unlocked", employee)

    def reset_password(self, employee: Employee) -> str:
        """A new one-time password for a colleague."""
        password = passwords.one_time()
        self.session.call("set_one_time_password", employee.id, *passwords.fresh_credential(password))
        self._report("changed", employee)
        return password

    def candidates(self) -> EmployeeRecords:
        """Those who can run an event."""
        return self.visible().active().in_department("support")

    def client_successors(self, leaving: Employee) -> EmployeeRecords:
        """Those who can take over the clients of `leaving`."""
        return self.visible().active().in_department("sales").where(Employee.id != leaving.id)

    def event_successors(self, leaving: Employee) -> EmployeeRecords:
        """Those who can take over the events of `leaving`."""
        return self.candidates().where(Employee.id != leaving.id)

    def departments_for(self, employee: Employee) -> tuple[str, ...]:
        """Where I may move `employee` to: administrators are made by administrators."""
        others = [department for department in DEPARTMENTS if department != employee.department]
        return tuple(other for other in others if other != "admin" or self._may_administrators("update"))

    def colleagues(self, typed: str, most: int = 20) -> list[Colleague]:
        """Everybody whose name holds `typed`, without accents: names are no secret among colleagues."""
        named = Function("crm.fold", (Colleague.full_name,))
        query = Colleague.select().where(fn.strpos(named, Function("crm.fold", (typed,))) > 0)
        query = query.order_by(named, Colleague.id).limit(most)
        return self.session.answer(lambda: list(query.execute(self.session.database)))

    def _on_version(self, procedure: str, employee: Employee, *arguments: Any) -> None:
        """CALL one of those that want to know which version was seen."""
        try:
            self.session.call(procedure, employee.id, employee.version, *arguments)
        except Conflict:
            raise self.since(employee, self.get(employee.id), {}) from None

    def _may_administrators(self, action: str) -> bool:
        return action == "read" or self.session.permissions.allow(("administrator", action))

    def _report(self, action: StaffAction, employee: Employee) -> None:
        monitoring.staff_changed(action, employee.id, self.session.identity.employee_id)

    def _joined(self) -> ModelSelect[Employee]:
        locked = Select((SQL("crm.locked_accounts() AS l"),), (SQL("l.until"),))
        until = locked.where(SQL("l.employee_id") == Employee.id)
        return Employee.select(Employee, until.alias("locked_until"))


def _id(receiver: Receiver) -> int | None:
    return None if receiver is None else receiver.id
