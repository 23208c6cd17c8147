"""Queries that are narrowed step by step and read page by page."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any, ClassVar, Generic, Self, TypeVar

import peewee
from peewee import SQL, Case, Function, ModelSelect, Tuple, fn

from crm.models import Client, Contract, Employee, Event, Record

R = TypeVar("R", bound=Record)

PAGE_SIZE = 20
COUNTED = 1000
"""Longer lists are not counted to their end."""
NEVER = SQL("'-infinity'::timestamptz")
"""Where a moment that did not come stands in an order."""


@dataclass(frozen=True)
class Page(Generic[R]):
    """Some rows of a list, in its order.

    `number` counts from 1, in pages of `size` rows. `has_next` and `has_previous` tell whether there is more.
    `total`: rows of the whole list, up to COUNTED + 1; None: not counted.
    """

    rows: list[R]
    number: int
    has_previous: bool
    has_next: bool
    total: int | None = None
    size: int = PAGE_SIZE


@dataclass(frozen=True)
class Records(Generic[R]):
    """Records of one entity: immutable, every narrowing gives a new one.

    `order`: columns that together are unique and, as the query is read, all ascend or all descend:
    so pages never lose or repeat a row.
    `run` executes a query and returns its rows.
    `among`: names of narrowings that a lookup function of schema.sql knows too, so that all its hits are such.
    Conditions name columns of the entity itself only: what is joined is for show, and not joined for counting.
    """

    sortable: ClassVar[Mapping[str, peewee.Field[Any]]] = {}
    """Name of a field -> its column, if pages can be in its order: an index has it, or the rows are few."""

    query: ModelSelect[R]
    order: tuple[peewee.Field[Any], ...]
    run: Callable[[ModelSelect[R]], list[R]]
    descending: bool = False
    among: tuple[str, ...] = ()
    nulls: bool = True
    """Whether the order has to do with NULL."""

    def where(self, *conditions: Any) -> Self:
        return replace(self, query=self.query.where(*conditions))

    def none(self) -> Self:
        return self.where(SQL("false"))

    def ascending(self, *order: peewee.Field[Any]) -> Self:
        """The same in that order, the least first; none of `order`, see above, is NULL in them."""
        return replace(self, order=order, descending=False, nulls=False)

    def bare(self, *columns: Any) -> ModelSelect[R]:
        """`columns` of the same rows, without the joins that fetch names: for counting."""
        query: ModelSelect[R] = self.query.model.select(*columns)
        conditions = self.query._where  # type: ignore[attr-defined]  # peewee gives no other way to ask
        return query if conditions is None else query.where(conditions)

    def sorted_by(self, name: str, descending: bool = False) -> Self:
        """In the order of one of the `sortable` fields; rows of the same value by number."""
        column, number = self.sortable[name], self.query.model.id
        order = (column,) if column is number else (column, number)
        return replace(self, order=order, descending=descending, nulls=True)

    @property
    def sorted_on(self) -> str:
        """The field whose order it is."""
        return str(self.order[0].name)

    def __iter__(self) -> Iterator[R]:
        return iter(self.run(self._sorted(self.descending)))

    def first(self) -> R | None:
        return next(iter(self.run(self._sorted(self.descending).limit(1))), None)

    def page(self, number: int = 1, size: int = PAGE_SIZE, counted: bool = False) -> Page[R]:
        """The page of that number, by counting rows: near pages are fast, page 500 takes a moment.

        `counted`: with the total of the list, in the same statement.
        """
        query = self._sorted(self.descending).offset((number - 1) * size).limit(size + 1)
        rows = self.run(query.select_extend(self._total().alias("total")) if counted else query)
        total = (rows[0].total if rows else 0 if number == 1 else None) if counted else None  # type: ignore[attr-defined]
        return Page(rows[:size], number, has_previous=number > 1, has_next=len(rows) > size, total=total, size=size)

    def after(self, page: Page[R]) -> Page[R]:
        """The page behind `page`: by its last row (keyset), as fast on page 5 000 as on page 2."""
        rows = self.run(self._beyond(page.rows[-1], self.descending).limit(page.size + 1))
        more = len(rows) > page.size
        return replace(page, rows=rows[: page.size], number=page.number + 1, has_previous=True, has_next=more)

    def before(self, page: Page[R]) -> Page[R]:
        """The page in front of `page`, by its first row (keyset)."""
        if page.number <= 2:
            return self.page(1, page.size, counted=page.total is not None)
        rows = self.run(self._beyond(page.rows[0], not self.descending).limit(page.size + 1))
        more = len(rows) > page.size
        return replace(page, rows=rows[: page.size][::-1], number=page.number - 1, has_previous=more, has_next=True)

    def _sorted(self, descending: bool) -> ModelSelect[R]:
        keys = [self._key(column, column) for column in self.order]
        return self.query.order_by(*(key.desc() if descending else key.asc() for key in keys))

    def _beyond(self, row: R, descending: bool) -> ModelSelect[R]:
        here = Tuple(*(self._key(column, column) for column in self.order))
        edge = Tuple(*(self._key(column, getattr(row, column.name)) for column in self.order))
        return self._sorted(descending).where(here < edge if descending else here > edge)

    def _key(self, column: peewee.Field[Any], value: Any) -> Any:
        """What the order compares: NULL would compare with nothing, and "É" comes with "E".

        CASE, because COALESCE reaches no index under row-level security.
        """
        if column.null and self.nulls:
            return peewee.Case(None, [(column.is_null(), NEVER)], column) if value is column else value or NEVER
        return Function("crm.fold", (value,)) if isinstance(column, peewee.CharField) else value

    def numbered(self, numbers: Sequence[int] | peewee.Node) -> list[R]:
        """Those with the keys `numbers`, in that order; or with those that an expression of SQL gives."""
        keys = numbers if isinstance(numbers, peewee.Node) else peewee.Value(list(numbers), unpack=False)
        column = self.query.model.id
        return self.run(self.query.where(column == fn.ANY(keys)).order_by(fn.array_position(keys, column)))

    def _named(self, name: str, *conditions: Any) -> Self:
        """Narrowed to what the lookup function calls `name`."""
        return replace(self.where(*conditions), among=(*self.among, name))

    def _matching(self, lookup: str, *arguments: Any) -> list[R]:
        """Rows whose keys a lookup function of schema.sql names, best first, in one statement."""
        return self.numbered(peewee.NodeList((SQL("(SELECT"), Function(lookup, arguments), SQL(")::int[]"))))

    def _narrowings(self) -> peewee.Node:
        return peewee.Value(list(self.among), unpack=False).cast("text[]")

    def _total(self) -> ModelSelect[R]:
        """How many rows, counted no further than COUNTED + 1."""
        some = self.bare(SQL("1")).limit(COUNTED + 1)
        return self.query.model.select(fn.count(SQL("*"))).from_(some)


class ClientRecords(Records[Client]):
    sortable: ClassVar = {
        "id": Client.id,
        "first_contact": Client.first_contact,
        "last_update": Client.last_update,
    }

    def matching(self, typed: str, action: str = "read", most: int = PAGE_SIZE, entity: str = "client") -> list[Client]:
        """Clients by number or by words of name, company, email or phone, without accents, best first.

        `action`, `entity`: the right they are wanted for; those it does not reach take no place among the `most`.
        """
        return self._matching("crm.matching_clients", typed, action, most, entity)

    def untouched_since(self, moment: datetime) -> Self:
        """Those not changed since though they could be, the longest left alone first."""
        untouched = self.where(Client.last_update < moment, Client.anonymised_at.is_null())
        return untouched.ascending(Client.last_update, Client.id)

    def of_colleague(self, number: int) -> Self:
        """Those whose commercial contact that employee is."""
        return self.where(Client.commercial_contact == number)

    def since(self, day: date) -> Self:
        """Those first met on that day or later."""
        return self.where(Client.first_contact >= day)

    def earlier_than(self, day: date) -> Self:
        """Those first met earlier than that."""
        return self.where(Client.first_contact < day)


class ContractRecords(Records[Contract]):
    sortable: ClassVar = {
        "id": Contract.id,
        "creation_date": Contract.creation_date,
        "signed_at": Contract.signed_at,
        "total_amount": Contract.total_amount,
        "amount_to_be_paid": Contract.amount_to_be_paid,
    }

    def unsigned(self) -> Self:
        return self._named("unsigned", Contract.status == "unsigned")

    def signed(self) -> Self:
        return self._named("signed", Contract.status == "signed")

    def unpaid(self) -> Self:
        """Those with something left to pay."""
        return self._named("unpaid", Contract.amount_to_be_paid > 0)

    def created(self, after: date | None = None, until: date | None = None) -> Self:
        """Those written after the day `after` and up to the day `until`, the oldest first."""
        return self.where(*_between(Contract.creation_date, after, until)).ascending(
            Contract.creation_date, Contract.id
        )

    def outstanding(self, after: datetime | None = None, until: datetime | None = None) -> Self:
        """Signed ones with something left to pay, signed in that time; those signed first come first."""
        signed = self.signed().unpaid().where(*_between(Contract.signed_at, after, until))
        return signed.ascending(Contract.signed_at, Contract.id)

    def without_event(self) -> Self:
        """Signed ones that nothing is organised under yet, though it could be."""
        events = Event.select(SQL("1")).where(Event.contract == Contract.id)
        anonymised = Client.select(Client.id).where(Client.anonymised_at.is_null(False))
        return self.signed().where(~fn.EXISTS(events), Contract.client.not_in(anonymised))

    def of_client(self, client: Client) -> Self:
        return self.where(Contract.client == client.id)

    def of_colleague(self, number: int) -> Self:
        """Those whose commercial contact that employee is."""
        return self.where(Contract.commercial == number)

    def since(self, day: date) -> Self:
        """Those made on that day or later."""
        return self.where(Contract.creation_date >= day)

    def earlier_than(self, day: date) -> Self:
        """Those made earlier than that."""
        return self.where(Contract.creation_date < day)

    def unsigned_first(self) -> Self:
        """What needs doing first, then the newest."""
        return replace(self, order=(Contract.status, Contract.id))  # descending: "unsigned" goes before "signed"

    def matching(
        self, typed: str, action: str = "read", most: int = PAGE_SIZE, entity: str = "contract"
    ) -> list[Contract]:
        """Contracts by number or by their client, best first."""
        return self._matching("crm.matching_contracts", typed, action, most, entity, self._narrowings())


class EventRecords(Records[Event]):
    sortable: ClassVar = {"id": Event.id, "start_date": Event.start_date}

    def without_support(self) -> Self:
        """Those that still wait for a support contact."""
        return self.going_on()._named("without support", Event.support_contact.is_null())

    def going_on(self) -> Self:
        """Those not cancelled."""
        return self._named("going on", Event.cancelled_at.is_null())

    def coming(self, now: datetime) -> Self:
        """Those not over yet and not cancelled."""
        return self.where(*_not_over(now), Event.cancelled_at.is_null())

    def within(self, start: datetime, end: datetime) -> Self:
        """Those going on between `start` and `end`, the soonest first; one that ends at `start` is over by then."""
        return self.going_on().where(Event.start_date < end, *_not_over(start)).soonest_first()

    def beside(self, event: Event) -> Self:
        """All but that one."""
        return self.where(Event.id != event.id)

    def without_location(self) -> Self:
        return self.where(Event.location == "")

    def without_attendees(self) -> Self:
        """Those of which nobody knows how many people come."""
        return self.where(Event.attendees.is_null())

    def without_notes(self) -> Self:
        return self.where(Event.notes == "")

    def soonest_first(self) -> Self:
        return self.ascending(Event.start_date, Event.id)

    def cancelled(self) -> Self:
        return self.where(Event.cancelled_at.is_null(False))

    def of_contract(self, contract: Contract) -> Self:
        return self.where(Event.contract == contract.id)

    def of_client(self, client: Client) -> Self:
        contracts = Contract.select(Contract.id).where(Contract.client == client.id)
        return self.where(Event.contract.in_(contracts))

    def of_colleague(self, number: int) -> Self:
        """Those that this employee runs."""
        return self.where(Event.support_contact == number)

    def since(self, moment: datetime) -> Self:
        """Those that begin then or later."""
        return self.where(Event.start_date >= moment)

    def earlier_than(self, moment: datetime) -> Self:
        """Those that begin earlier than that."""
        return self.where(Event.start_date < moment)

    def matching(self, typed: str, action: str = "read", most: int = PAGE_SIZE, entity: str = "event") -> list[Event]:
        """Events by number or by words of title, location and client, best first."""
        return self._matching("crm.matching_events", typed, action, most, entity, self._narrowings())


class EmployeeRecords(Records[Employee]):
    sortable: ClassVar = {
        "id": Employee.id,
        "full_name": Employee.full_name,
        "creation_date": Employee.creation_date,
    }

    def active(self) -> Self:
        return self.where(Employee.active)

    def with_one_time_password(self) -> Self:
        """Those who have not chosen a password of their own yet."""
        return self.where(Employee.must_change_password)

    def locked(self) -> Self:
        """Those who have to wait before they may try to sign in again, as far as that is mine to know."""
        return self.where(Employee.id.in_(SQL("(SELECT employee_id FROM crm.locked_accounts())")))

    def closed(self) -> Self:
        """Those whose account is closed."""
        return self.where(~Employee.active)

    def in_department(self, department: str) -> Self:
        return self.where(Employee.department == department)

    def matching(
        self, typed: str, action: str = "read", most: int = PAGE_SIZE, entity: str = "employee"
    ) -> list[Employee]:
        """Employees by number or by words of name and email; few enough to look through all of them."""
        folded = Function("crm.fold", (Employee.full_name.concat(" ").concat(Employee.email),))
        words = [fn.strpos(folded, Function("crm.fold", (word,))) > 0 for word in typed[:100].split()]
        number = _number(typed)
        wanted = reduce(operator.and_, words, Employee.id == Employee.id) | (Employee.id == number)
        order = [Case(None, [(Employee.id == number, 0)], 1), *(column.asc() for column in self.order)]
        return self.run(self.where(wanted).query.order_by(*order).limit(most))


def _not_over(moment: datetime) -> list[Any]:
    """Conditions for events that end after `moment`.

    Such began no longer before than the longest event takes (and a day, for summer time): so what is read begins
    where these are in the index, not with the first event there ever was.
    """
    event = Event.alias()
    duration = event.end_date - event.start_date
    longest = event.select(duration).order_by(duration.desc()).limit(1)
    return [Event.start_date > peewee.Value(moment - timedelta(days=1)) - longest, Event.end_date > moment]


def _number(typed: str) -> int:
    """The number of a record as people type it, 652 or #652; 0, nobody's, for anything else."""
    digits = typed.strip().removeprefix("#").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _between(column: peewee.Field[Any], after: date | None, until: date | None) -> list[Any]:
    """Conditions for what is after `after` and no later than `until`; None: no such end."""
    return [*([column > after] if after else ()), *([column <= until] if until else ())]
