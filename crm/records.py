"""Queries that are narrowed step by step and read page by page."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from typing import Any, Generic, Self, TypeVar

import peewee
from peewee import SQL, Case, Function, ModelSelect, Tuple, fn

from crm.models import Client, Contract, Employee, Event, Record

R = TypeVar("R", bound=Record)

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page(Generic[R]):
    """Some rows of a list, in its order.

    `number` counts from 1. `has_next` and `has_previous` tell whether there is more.
    """

    rows: list[R]
    number: int
    has_previous: bool
    has_next: bool


@dataclass(frozen=True)
class Records(Generic[R]):
    """Records of one entity: immutable, every narrowing gives a new one.

    `order`: columns that together are unique and, as the query is read, all ascend or all descend:
    so pages never lose or repeat a row, and an edited row stays where it is.
    `run` executes a query and returns its rows.
    `among`: names of narrowings that a lookup function of schema.sql knows too, so that all its hits are such.
    """

    query: ModelSelect[R]
    order: tuple[peewee.Field[Any], ...]
    run: Callable[[ModelSelect[R]], list[R]]
    descending: bool = False
    among: tuple[str, ...] = ()

    def where(self, *conditions: Any) -> Self:
        return replace(self, query=self.query.where(*conditions))

    def none(self) -> Self:
        return self.where(SQL("false"))

    def ascending(self, *order: peewee.Field[Any]) -> Self:
        """The same in that order, the least first; `order`: see above."""
        return replace(self, order=order, descending=False)

    def bare(self, *columns: Any) -> ModelSelect[R]:
        """`columns` of the same rows, without the joins that fetch names: for counting."""
        query: ModelSelect[R] = self.query.model.select(*columns)
        conditions = self.query._where  # type: ignore[attr-defined]  # peewee gives no other way to ask
        return query if conditions is None else query.where(conditions)

    def __iter__(self) -> Iterator[R]:
        return iter(self.run(self._sorted(self.descending)))

    def first(self) -> R | None:
        return next(iter(self.run(self._sorted(self.descending).limit(1))), None)

    def page(self, number: int = 1, size: int = PAGE_SIZE) -> Page[R]:
        """The page of that number, by counting rows: near pages are fast, page 500 takes a moment."""
        rows = self.run(self._sorted(self.descending).offset((number - 1) * size).limit(size + 1))
        return Page(rows[:size], number, has_previous=number > 1, has_next=len(rows) > size)

    def after(self, page: Page[R], size: int = PAGE_SIZE) -> Page[R]:
        """The page behind `page`: by its last row (keyset), as fast on page 5 000 as on page 2."""
        rows = self.run(self._beyond(page.rows[-1], self.descending).limit(size + 1))
        return Page(rows[:size], page.number + 1, has_previous=True, has_next=len(rows) > size)

    def before(self, page: Page[R], size: int = PAGE_SIZE) -> Page[R]:
        """The page in front of `page`, by its first row (keyset)."""
        if page.number <= 2:
            return self.page(1, size)
        rows = self.run(self._beyond(page.rows[0], not self.descending).limit(size + 1))
        return Page(rows[:size][::-1], page.number - 1, has_previous=len(rows) > size, has_next=True)

    def _sorted(self, descending: bool) -> ModelSelect[R]:
        return self.query.order_by(*(column.desc() if descending else column.asc() for column in self.order))

    def _beyond(self, row: R, descending: bool) -> ModelSelect[R]:
        here = Tuple(*self.order)
        edge = Tuple(*(getattr(row, column.name) for column in self.order))
        return self._sorted(descending).where(here < edge if descending else here > edge)

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


class ClientRecords(Records[Client]):
    def matching(self, typed: str, action: str = "read", most: int = PAGE_SIZE, entity: str = "client") -> list[Client]:
        """Clients by number or by words of name, company, email or phone, without accents, best first.

        `action`, `entity`: the right they are wanted for; those it does not reach take no place among the `most`.
        """
        return self._matching("crm.matching_clients", typed, action, most, entity)

    def untouched_since(self, moment: datetime) -> Self:
        """Those not changed since, the longest left alone first."""
        return self.where(Client.last_update < moment).ascending(Client.last_update, Client.id)

    def with_email(self, email: str) -> Self:
        return self.where(Client.email == email)


class ContractRecords(Records[Contract]):
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
        """Signed ones under which nothing is organised yet; those signed first come first."""
        events = Event.select(SQL("1")).where(Event.contract == Contract.id)
        return self.signed().where(~fn.EXISTS(events)).ascending(Contract.signed_at, Contract.id)

    def of_client(self, client: Client) -> Self:
        return self.where(Contract.client == client.id)

    def unsigned_first(self) -> Self:
        """What needs doing first, then the newest."""
        return replace(self, order=(Contract.status, Contract.id))  # descending: "unsigned" goes before "signed"

    def matching(
        self, typed: str, action: str = "read", most: int = PAGE_SIZE, entity: str = "contract"
    ) -> list[Contract]:
        """Contracts by number or by their client, best first."""
        return self._matching("crm.matching_contracts", typed, action, most, entity, self._narrowings())


class EventRecords(Records[Event]):
    def without_support(self) -> Self:
        """Those that still wait for a support contact."""
        return self.going_on()._named("without support", Event.support_contact.is_null())

    def going_on(self) -> Self:
        """Those not cancelled."""
        return self._named("going on", Event.cancelled_at.is_null())

    def coming(self, now: datetime) -> Self:
        """Those not over yet and not cancelled."""
        return self.where(Event.end_date > now, Event.cancelled_at.is_null())

    def without_location(self) -> Self:
        return self.where(Event.location == "")

    def without_attendees(self) -> Self:
        """Those of which nobody knows how many people come."""
        return self.where(Event.attendees.is_null())

    def without_notes(self) -> Self:
        return self.where(Event.notes == "")

    def soonest_first(self) -> Self:
        return self.ascending(Event.start_date, Event.id)

    def of_contract(self, contract: Contract) -> Self:
        return self.where(Event.contract == contract.id)

    def of_client(self, client: Client) -> Self:
        return self.where(Contract.client == client.id)

    def matching(self, typed: str, action: str = "read", most: int = PAGE_SIZE, entity: str = "event") -> list[Event]:
        """Events by number or by words of title, location and client, best first."""
        return self._matching("crm.matching_events", typed, action, most, entity, self._narrowings())


class EmployeeRecords(Records[Employee]):
    def active(self) -> Self:
        return self.where(Employee.active)

    def with_one_time_password(self) -> Self:
        """Those who have not chosen a password of their own yet."""
        return self.where(Employee.must_change_password)

    def locked(self) -> Self:
        """Those who have to wait before they may try to sign in again, as far as that is mine to know."""
        return self.where(Employee.id.in_(SQL("(SELECT employee_id FROM crm.locked_accounts())")))

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


def _number(typed: str) -> int:
    """The number of a record as people type it, 652 or #652; 0, nobody's, for anything else."""
    digits = typed.strip().removeprefix("#").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _between(column: peewee.Field[Any], after: date | None, until: date | None) -> list[Any]:
    """Conditions for what is after `after` and no later than `until`; None: no such end."""
    return [*([column > after] if after else ()), *([column <= until] if until else ())]
