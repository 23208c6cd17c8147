"""What narrows a list, named, explained and permitted in one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from crm.errors import Invalid
from crm.fields import DEPARTMENT_NAMES, Field, Kind
from crm.permissions import Right
from crm.session import Session
from menus import asking
from menus.actions import Candidates
from menus.i18n import N_, _, current
from menus.plain import pick
from menus.terminal import Option
from menus.written import label

if TYPE_CHECKING:
    from menus.shell import Shell

FILTER = N_("filter")
DAY = Field("day", N_("Day"), Kind.DAY, example="18/04/2026")
DEPARTMENT = Field("department", N_("Department"), Kind.CHOICE, choices=DEPARTMENT_NAMES)


@dataclass(frozen=True)
class Filter:
    """Something that a list can be narrowed to; filters combine."""

    name: str
    """The whole command, "filter unsigned": what follows "filter" stands in the title of the list."""
    description: str
    narrow: Callable[[Any, Shell, Any], Any]
    """Called with Records, the shell and the value asked for: fewer Records."""
    needs: Right | None = None
    scopes: tuple[str, ...] = ("own", "all")
    ask: Callable[[Shell, str], Any] | None = None
    """For a filter with a value: from what was typed after the name, or by a question. Raises Invalid, Back."""
    candidates: Candidates | None = None
    """What the value may be, looked up while it is typed."""
    written: Callable[[Any], str] = str
    """The value in the title."""
    order: tuple[str, bool] | None = None
    """(field, descending): the order that it brings along, unless somebody chose one."""
    instead: str = ""
    """Filters with the same word here exclude each other: the new one takes the place of the one before."""

    @property
    def short(self) -> str:
        """Its name without the word "filter"."""
        return _(self.name).removeprefix(_(FILTER)).strip()

    def replaces(self, other: Filter) -> bool:
        return self is other or (self.instead != "" and self.instead == other.instead)

    def allowed(self, session: Session) -> bool:
        return self.needs is None or session.permissions.scope(*self.needs) in self.scopes


@dataclass(frozen=True)
class Chosen:
    """A filter that is on, with its value."""

    filter: Filter
    value: Any = None

    @property
    def title(self) -> str:
        return self.filter.short if self.filter.ask is None else self.filter.written(self.value)


def by_name(name: str, filters: Sequence[Filter]) -> Filter:
    """The filter `name` ("unsigned") among `filters`."""
    return next(known for known in filters if known.name == f"filter {name}")


def _mine(entity: str, description: str) -> Filter:
    return Filter(
        N_("filter mine"),
        description,
        lambda records, shell, _value: records.of_colleague(shell.session.identity.employee_id),
        needs=(entity, "update"),
        scopes=("own",),
    )


def of_one(
    name: str, description: str, question: str, candidates: Candidates, narrow: Callable[[Any, Any], Any]
) -> Filter:
    """Those of one record, which is looked up."""
    return Filter(
        name,
        description,
        lambda records, _shell, record: narrow(records, record),
        ask=lambda shell, typed: shell.pick_among(_(question), candidates, typed),
        candidates=candidates,
        written=label,
    )


def _of_client(description: str) -> Filter:
    return of_one(
        N_("filter client"),
        description,
        N_("Client"),
        lambda session, typed: session.clients.visible().matching(typed),
        lambda records, client: records.of_client(client),
    )


def of_colleague(description: str) -> Filter:
    return of_one(
        N_("filter colleague"),
        description,
        N_("Colleague"),
        lambda session, typed: session.employees.colleagues(typed),
        lambda records, colleague: records.of_colleague(colleague.id),
    )


def days(
    of: Callable[[date, Shell], Any], since: str, until: str, order: tuple[str, bool] | None
) -> tuple[Filter, ...]:
    """From a day and until a day, inclusive; `of`: where a day begins, as the records have it."""
    return (
        Filter(
            N_("filter from"),
            since,
            lambda records, shell, day: records.since(of(day, shell)),
            ask=_day,
            written=lambda day: _("from {day}").format(day=current().day(day)),
            order=order,
        ),
        Filter(
            N_("filter until"),
            until,
            lambda records, shell, day: records.earlier_than(of(day + timedelta(days=1), shell)),
            ask=_day,
            written=lambda day: _("until {day}").format(day=current().day(day)),
            order=order,
        ),
    )


def _day(shell: Shell, typed: str) -> date:
    return DAY.read(typed, shell.reading()) if typed else asking.ask(shell, DAY)  # type: ignore[return-value]


def _department(shell: Shell, typed: str) -> str:
    if not typed:
        return str(asking.ask(shell, DEPARTMENT))
    picked = pick(typed, [Option(stored, _(shown)) for stored, shown in DEPARTMENT.choices.items()])
    if picked is None:
        raise Invalid(None, N_("There is no choice “{typed}” here."), typed=typed)
    return picked


def midnight(day: date, shell: Shell) -> datetime:
    return datetime.combine(day, time.min, shell.reading().zone)


def _the_day(day: date, _shell: Shell) -> date:
    return day


FILTERS: dict[str, tuple[Filter, ...]] = {
    "client": (
        _mine("client", N_("The clients whose commercial contact I am")),
        of_colleague(N_("Clients of that commercial contact")),
        *days(
            _the_day,
            N_("Clients first met on that day or later"),
            N_("Clients first met on that day or before"),
            ("first_contact", True),
        ),
    ),
    "contract": (
        _mine("contract", N_("The contracts of my clients")),
        Filter(
            N_("filter unsigned"),
            N_("Contracts that wait for a signature"),
            lambda records, _shell, _value: records.unsigned(),
        ),
        Filter(N_("filter signed"), N_("Contracts that are signed"), lambda records, _shell, _value: records.signed()),
        Filter(
            N_("filter unpaid"),
            N_("Contracts with something left to pay"),
            lambda records, _shell, _value: records.unpaid(),
        ),
        Filter(
            N_("filter without event"),
            N_("Signed contracts that nothing is organised under yet"),
            lambda records, _shell, _value: records.without_event(),
        ),
        _of_client(N_("Contracts of that client")),
        of_colleague(N_("Contracts of that commercial contact")),
        *days(
            _the_day,
            N_("Contracts made on that day or later"),
            N_("Contracts made on that day or before"),
            ("creation_date", True),
        ),
    ),
    "event": (
        _mine("event", N_("The events I run")),
        Filter(
            N_("filter coming"),
            N_("Events not over yet, the soonest first"),
            lambda records, shell, _value: records.coming(shell.now()),
            order=("start_date", False),
        ),
        Filter(
            N_("filter without support"),
            N_("Events that wait for a support contact"),
            lambda records, _shell, _value: records.without_support(),
        ),
        Filter(
            N_("filter cancelled"),
            N_("Events that do not take place"),
            lambda records, _shell, _value: records.cancelled(),
        ),
        _of_client(N_("Events of that client")),
        of_colleague(N_("Events that this colleague runs")),
        *days(
            midnight,
            N_("Events that begin on that day or later"),
            N_("Events that begin on that day or before"),
            None,
        ),
    ),
    "employee": (
        Filter(
            N_("filter department"),
            N_("Employees of that department"),
            lambda records, _shell, department: records.in_department(department),
            ask=_department,
            written=lambda department: _(DEPARTMENT_NAMES[department]),
        ),
        Filter(N_("filter active"), N_("Employees who can sign in"), lambda records, _shell, _value: records.active()),
        Filter(
            N_("filter closed"),
            N_("Employees whose account is closed"),
            lambda records, _shell, _value: records.closed(),
        ),
        Filter(
            N_("filter one-time password"),
            N_("Employees who have not chosen a password of their own yet"),
            lambda records, _shell, _value: records.active().with_one_time_password(),
        ),
        Filter(
            N_("filter locked"),
            N_("Employees who have to wait after too many wrong passwords"),
            lambda records, _shell, _value: records.locked(),
            needs=("employee", "update"),
            scopes=("all",),
        ),
    ),
}
"""Entity -> the filters of its lists."""
