"""Several employees at the same records, each with copies of another age: a model says what must come of it.

hypothesis invents what they do. After every step the database holds what the model holds: values, versions, and a
line of history for each accepted change, once, with whoever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm.errors import Conflict, Invalid, NotAllowed, NotFound
from crm.session import Session
from tests.company import Office

BILL, DAWN, KATE, ALIENOR, GINA, ADA = (
    *("Bill Boquet", "Dawn Lefèvre", "Kate Hastroff"),
    *("Aliénor Vichum", "Gina Comptoir", "Ada Racine"),
)
NUMBERS = {BILL: 2, DAWN: 3, KATE: 4, ALIENOR: 5, GINA: 6, ADA: 1}
OWN, ALL = "own", "all"
MAY: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("client", "update"): {BILL: OWN, DAWN: OWN},
    ("contract", "update"): {BILL: OWN, DAWN: OWN, GINA: ALL},
    ("contract", "delete"): {GINA: ALL},
    ("event", "update"): {KATE: OWN, GINA: ALL},
    ("event", "assign"): {GINA: ALL},
    ("event", "delete"): {GINA: ALL},
}
OWNER = {"client": "commercial_contact_id", "contract": "commercial_id", "event": "support_contact_id"}
COLUMNS = {
    "client": ("full_name", "phone", "company_name", "commercial_contact_id"),
    "contract": ("client_id", "commercial_id", "total_amount", "amount_to_be_paid", "status"),
    "event": ("contract_id", "support_contact_id", "start_date", "end_date", "location", "attendees", "cancelled_at"),
}
NOON = datetime(2028, 6, 1, 12, tzinfo=UTC)
AMOUNTS = st.sampled_from([Decimal(amount) for amount in (0, 100, 400, 1000, 1500)])
CHANGES = {
    "client": st.fixed_dictionaries(
        {},
        optional={
            "full_name": st.sampled_from(["Kim", "Lea"]),
            "phone": st.sampled_from(["", "118"]),
            "company_name": st.sampled_from(["", "A", "B"]),
        },
    ),
    "contract": st.fixed_dictionaries({}, optional={"total_amount": AMOUNTS, "amount_to_be_paid": AMOUNTS}),
    "event": st.fixed_dictionaries(
        {},
        optional={
            "location": st.sampled_from(["", "Paris", "Lyon"]),
            "attendees": st.sampled_from([None, 10, 20]),
            "start_date": st.sampled_from([NOON, NOON + timedelta(hours=4)]),
            "end_date": st.sampled_from([NOON + timedelta(hours=2), NOON + timedelta(hours=6)]),
        },
    ),
}
PEOPLE = st.sampled_from([GINA, BILL, DAWN, KATE, GINA, ADA])


@dataclass
class Row:
    """What a record is, to the model."""

    entity: str
    number: int
    values: dict[str, Any]
    version: int = 1
    gone: bool = False


@dataclass(frozen=True)
class Copy:
    """What somebody holds: the record as they read it, and what the model held then."""

    record: Any
    values: Mapping[str, Any]
    version: int


@dataclass(frozen=True)
class Line:
    """An accepted change: who (None: the owner of the database), of which record, its version then, old and new."""

    actor: int | None
    entity: str
    number: int
    version: int
    action: str
    fields: Mapping[str, tuple[Any, Any]]


def named(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """With the names of columns."""
    return {name if name in COLUMNS[entity] else f"{name}_id": value for name, value in values.items()}


def breaks_a_rule(entity: str, values: Mapping[str, Any]) -> bool:
    if entity == "contract":
        return not 0 <= values["amount_to_be_paid"] <= values["total_amount"]
    if entity == "event":
        return bool(values["end_date"] <= values["start_date"]) or values["support_contact_id"] not in (None, 4, 5)
    return False


def as_json(value: Any) -> Any:
    """As the history keeps it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass
class Expected:
    """What has to come of a change: raised, or written."""

    error: type[Exception] | None = None
    refused: type[Exception] | None = None
    """Why, when it is a Conflict about what mine and theirs are together."""
    others: set[str] = field(default_factory=set)
    clashes: set[str] = field(default_factory=set)
    written: dict[str, Any] = field(default_factory=dict)


class SeveralPeople(RuleBasedStateMachine):
    """Everybody holds a copy of everything; copies grow old."""

    def __init__(self, office: Office, sessions: Mapping[str, Session], owner: Any) -> None:
        super().__init__()
        self.office, self.sessions, self.owner = office, sessions, owner
        self.rows: list[Row] = []
        self.log: list[Line] = []
        self.held: dict[tuple[str, int], Copy] = {}
        self.moment = NOON - timedelta(days=300)

    def ask(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self.owner.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchall() if cursor.description else []

    @initialize()
    def a_fresh_company(self) -> None:
        """A client of Bill's and one of Dawn's, a contract each, two events under Dawn's."""
        for contact in (2, 3):
            self.make("client", full_name="Jo", phone="112", company_name="", commercial_contact_id=contact)
        for client, status in ((self.rows[0], "unsigned"), (self.rows[1], "signed")):
            owned = {"client_id": client.number, "commercial_id": client.values["commercial_contact_id"]}
            self.make("contract", **owned, total_amount=Decimal(1000), amount_to_be_paid=Decimal(1000), status=status)
        for contact in (4, None):
            self.make(
                "event",
                contract_id=self.rows[3].number,
                support_contact_id=contact,
                start_date=NOON,
                end_date=NOON + timedelta(hours=2),
                location="",
                attendees=None,
                cancelled_at=None,
            )
        ((self.begin,),) = self.ask("SELECT coalesce(max(id), 0) FROM crm.change")
        for who in self.sessions:
            for row in self.rows:
                self.read(who, row)

    def make(self, entity: str, **values: Any) -> None:
        stored = {**values, **({"email": "jo@x.example"} if entity == "client" else {})}
        stored = {**stored, **({"title": "Gala"} if entity == "event" else {})}
        marks = ", ".join(["%s"] * len(stored))
        statement = f"INSERT INTO crm.{entity} ({', '.join(stored)}) VALUES ({marks}) RETURNING id"
        ((number,),) = self.ask(statement, *stored.values())
        self.rows.append(Row(entity, number, values))

    def read(self, who: str, row: Row) -> None:
        self.keep(who, row, self.sessions[who].of(row.entity).get(row.number))

    def keep(self, who: str, row: Row, record: Any) -> None:
        self.held[who, self.rows.index(row)] = Copy(record, dict(row.values), row.version)

    def of(self, entity: str, place: int) -> Row:
        return [row for row in self.rows if row.entity == entity][place % 2]

    # what people do

    @rule(who=PEOPLE, place=st.integers(0, 5))
    def look(self, who: str, place: int) -> None:
        row = self.rows[place]
        if row.gone:
            self.refused(NotFound, lambda: self.read(who, row))
        else:
            self.read(who, row)

    @rule(who=PEOPLE, entity=st.sampled_from(["client", "contract", "event"]), place=st.integers(0, 1), data=st.data())
    def update(self, who: str, entity: str, place: int, data: st.DataObject) -> None:
        changes = data.draw(CHANGES[entity])
        if changes:
            self.change(who, self.of(entity, place), changes, lambda m, record: m.update(record, **changes))

    @rule(who=PEOPLE, place=st.integers(0, 1))
    def sign(self, who: str, place: int) -> None:
        row, rests_on = self.of("contract", place), {"total_amount"}
        self.change(who, row, {"status": "signed"}, lambda m, record: m.sign(record), rests_on)

    @rule(who=PEOPLE, place=st.integers(0, 1), amount=AMOUNTS)
    def pay(self, who: str, place: int, amount: Decimal) -> None:
        row = self.of("contract", place)
        copy = self.held[who, self.rows.index(row)]
        left = copy.values["amount_to_be_paid"] - amount
        if amount <= 0 or left < 0:
            self.refused(Invalid, lambda: self.sessions[who].contracts.record_payment(copy.record, amount))
        else:
            changes, rests_on = {"amount_to_be_paid": left}, {"amount_to_be_paid"}
            self.change(who, row, changes, lambda m, record: m.record_payment(record, amount), rests_on)

    @rule(who=PEOPLE, place=st.integers(0, 1), colleague=st.sampled_from([None, KATE, ALIENOR, BILL]))
    def assign(self, who: str, place: int, colleague: str | None) -> None:
        number = NUMBERS[colleague] if colleague else None
        somebody = self.sessions[GINA].employees.get(number) if number else None
        row, rests_on = self.of("event", place), {"start_date", "end_date"}
        changes = {"support_contact": number}
        self.change(who, row, changes, lambda m, record: m.assign(record, somebody), rests_on)

    @rule(who=PEOPLE, place=st.integers(0, 1))
    def cancel(self, who: str, place: int) -> None:
        self.moment += timedelta(minutes=1)
        row, now = self.of("event", place), self.moment
        self.change(who, row, {"cancelled_at": now}, lambda m, record: m.cancel(record, now), once=True)

    @rule(who=PEOPLE, entity=st.sampled_from(["contract", "event"]), place=st.integers(0, 1))
    def delete(self, who: str, entity: str, place: int) -> None:
        row = self.of(entity, place)
        copy = self.held[who, self.rows.index(row)]
        under = [other for other in self.rows if other.values.get("contract_id") == row.number and not other.gone]
        expected: type[Exception] | None = None
        if not self.may(who, row, "delete"):
            expected = NotAllowed
        elif row.gone:
            expected = NotFound
        elif copy.version != row.version:
            expected = Conflict
        elif entity == "contract" and (row.values["status"] == "signed" or under):
            expected = Invalid
        if expected is not None:
            error = self.refused(expected, lambda: self.sessions[who].of(entity).delete(copy.record))
            if isinstance(error, Conflict):
                self.keep(who, row, error.current)
            return
        self.sessions[who].of(entity).delete(copy.record)
        row.gone = True
        self.log.append(Line(NUMBERS[who], entity, row.number, row.version, "delete", {}))
        event(f"{entity} deleted")

    @precondition(lambda self: self.rows)
    @rule(place=st.integers(0, 1), contact=st.sampled_from([2, 3]))
    def hand_over(self, place: int, contact: int) -> None:
        """The owner of the database gives a client to a colleague; the contracts go along."""
        client = self.of("client", place)
        if client.values["commercial_contact_id"] == contact:
            return
        self.ask("UPDATE crm.client SET commercial_contact_id = %s WHERE id = %s", contact, client.number)
        for row in self.rows:
            if row.entity == "contract" and row.values["client_id"] == client.number and not row.gone:
                self.write(None, row, {"commercial_id": contact})
        self.write(None, client, {"commercial_contact_id": contact})
        event("handed over")

    # what must come of it

    def expected(
        self, who: str, row: Row, copy: Copy, wanted: Mapping[str, Any], rests_on: Iterable[str], once: bool
    ) -> Expected:
        if row.gone:
            return Expected(NotFound)
        stale = copy.version != row.version
        others = {name for name in row.values if row.values[name] != copy.values[name]}
        mine = {name: value for name, value in wanted.items() if not stale or value != copy.values[name]}
        clashes = {name for name in mine if name in others and row.values[name] != mine[name]}
        if clashes and once:
            return Expected(others=others)
        if clashes or (stale and others & set(rests_on)):
            return Expected(Conflict, None, others, clashes)
        mine = {name: value for name, value in mine.items() if not stale or row.values[name] != value}
        refused: type[Exception] | None = None
        if mine and not self.may_write(who, row, mine):
            refused = NotAllowed
        elif row.values.get("cancelled_at") and any(row.values[name] != value for name, value in mine.items()):
            refused = Invalid  # what changes nothing is no change
        elif mine and breaks_a_rule(row.entity, {**row.values, **mine}):
            refused = Invalid
        if refused is not None:
            return Expected(Conflict if stale else refused, refused, others)
        return Expected(None, None, others, written=mine)

    def may(self, who: str, row: Row, action: str) -> bool:
        scope = MAY[row.entity, action].get(who)
        return scope == ALL or (scope == OWN and row.values[OWNER[row.entity]] == NUMBERS[who])

    def may_write(self, who: str, row: Row, mine: Mapping[str, Any]) -> bool:
        assigns = "support_contact_id" in mine and mine["support_contact_id"] != row.values["support_contact_id"]
        return self.may(who, row, "update") and (not assigns or self.may(who, row, "assign"))

    def change(
        self,
        who: str,
        row: Row,
        changes: Mapping[str, Any],
        verb: Callable[[Any, Any], Any],
        rests_on: Iterable[str] = (),
        once: bool = False,
    ) -> None:
        copy = self.held[who, self.rows.index(row)]
        expected = self.expected(who, row, copy, named(row.entity, changes), rests_on, once)
        manager = self.sessions[who].of(row.entity)
        event(f"{expected.error.__name__ if expected.error else 'written'}, {len(expected.others)} fields of others")
        if expected.error is None:
            saved = verb(manager, copy.record)
            assert self.told(row, copy, saved.meanwhile) == expected.others
            self.write(NUMBERS[who], row, expected.written)
            self.keep(who, row, saved)
            return
        error = self.refused(expected.error, lambda: verb(manager, copy.record))
        if isinstance(error, Conflict):
            assert self.told(row, copy, error.news) == expected.others
            assert set(named(row.entity, {clash.name: 0 for clash in error.clashes})) == expected.clashes
            assert type(error.refused) is (expected.refused or type(None))
            self.keep(who, row, error.current)

    def told(self, row: Row, copy: Copy, news: Iterable[Any]) -> set[str]:
        """The fields that are told; each with its old and new value, and whoever changed it last."""
        names = set()
        for told in news:
            (name,) = named(row.entity, {told.name: 0})
            before, after = (getattr(value, "id", value) for value in (told.before, told.after))
            assert (before, after) == (copy.values[name], row.values[name])
            lines = [line for line in self.log if (line.entity, line.number) == (row.entity, row.number)]
            lines = [line for line in lines if line.version > copy.version and name in line.fields]
            assert [change.actor and change.actor.id for change in told.past] == [line.actor for line in lines[::-1]]
            names.add(name)
        return names

    def refused(self, error: type[Exception], attempt: Callable[[], object]) -> Exception:
        with pytest.raises(error) as raised:
            attempt()
        assert type(raised.value) is error
        return raised.value

    def write(self, actor: int | None, row: Row, written: Mapping[str, Any]) -> None:
        """Into the model."""
        if not written:
            return
        fields = {name: (row.values[name], value) for name, value in written.items() if row.values[name] != value}
        row.values |= written
        if fields:
            row.version += 1
            self.log.append(Line(actor, row.entity, row.number, row.version, "update", fields))

    # what is always so

    @invariant()
    def the_database_holds_what_the_model_holds(self) -> None:
        for entity, columns in COLUMNS.items():
            rows = [row for row in self.rows if row.entity == entity]
            statement = f"SELECT id, version, {', '.join(columns)} FROM crm.{entity} WHERE id = ANY (%s) ORDER BY id"
            assert self.ask(statement, [row.number for row in rows]) == [
                (row.number, row.version, *(row.values[name] for name in columns)) for row in rows if not row.gone
            ]

    @invariant()
    def each_accepted_change_is_in_the_history_once(self) -> None:
        if not self.rows:
            return
        lines = self.ask(
            "SELECT actor_id, entity, entity_id, action, fields FROM crm.change WHERE id > %s ORDER BY id", self.begin
        )
        assert [line[:4] for line in lines] == [
            (line.actor, line.entity, line.number, line.action) for line in self.log
        ]
        for (*_who, action, fields), line in zip(lines, self.log, strict=True):
            if action == "update":
                changed = {name: tuple(pair) for name, pair in fields.items() if name != "signed_at"}
                assert changed.keys() == line.fields.keys()
                assert all(changed[name] == tuple(map(as_json, line.fields[name])) for name in changed)

    @invariant()
    def the_rules_of_business_hold(self) -> None:
        signed = {line.number for line in self.log if line.fields.get("status") == ("unsigned", "signed")}
        for row in self.rows:
            if row.entity == "contract":
                client = next(other for other in self.rows if other.number == row.values["client_id"])
                assert 0 <= row.values["amount_to_be_paid"] <= row.values["total_amount"]
                assert row.gone or row.values["commercial_id"] == client.values["commercial_contact_id"]
                assert row.number not in signed or (row.values["status"] == "signed" and not row.gone)


def test_nobody_ever_loses_a_change(office: Office) -> None:
    office.as_owner(f"ALTER DATABASE {office.name} SET synchronous_commit = off")  # a disk is not what this is about
    sessions = {who: office.session(who) for who in (BILL, DAWN, KATE, GINA, ADA)}
    with closing(psycopg2.connect(**office.owner)) as owner:
        owner.autocommit = True
        run_state_machine_as_test(
            lambda: SeveralPeople(office, sessions, owner),
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
