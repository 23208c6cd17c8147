"""The table of rights as design section 3 has it, written out by hand, and what to try for each of its cells.

Nothing here is derived from crm.permission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm import personal_data, sessions
from crm.session import Session
from tests.company import NOW
from tests.security.raw_sql import on_version

PEOPLE = {"sales": "Bill Boquet", "support": "Kate Hastroff", "accounting": "Gina Comptoir", "admin": "Ada Racine"}
RIGHTS = """
                             sales  support  accounting  admin
    client         read      all    all      all         all
    client         create    own    -        -           -
    client         update    own    -        -           -
    client         assign    -      -        -           -
    client         delete    -      -        -           -
    client         history   all    all      all         all
    client         export    -      -        all         -
    client         anonymise -      -        all         -
    contract       read      all    all      all         all
    contract       create    -      -        all         -
    contract       update    own    -        all         -
    contract       sign      own    -        all         -
    contract       pay       own    -        all         -
    contract       assign    -      -        -           -
    contract       delete    -      -        all         -
    contract       history   all    all      all         all
    event          read      all    all      all         all
    event          create    own    -        all         -
    event          update    -      own      all         -
    event          cancel    -      own      all         -
    event          assign    -      -        all         -
    event          delete    -      -        all         -
    event          history   all    all      all         all
    employee       read      own    own      all         all
    employee       create    -      -        all         all
    employee       update    -      -        all         all
    employee       move      -      -        others      others
    employee       reopen    -      -        others      others
    employee       password  -      -        others      others
    employee       delete    -      -        others      others
    employee       erase     -      -        -           -
    employee       history   -      -        -           all
    administrator  read      -      -        all         all
    administrator  create    -      -        -           all
    administrator  update    -      -        -           all
    administrator  move      -      -        -           others
    administrator  reopen    -      -        -           others
    administrator  password  -      -        -           others
    administrator  delete    -      -        -           others
    administrator  erase     -      -        -           -
    session        read      own    own      own         all
    session        revoke    own    own      own         all
"""
"""own: one's own records, oneself; others: all but oneself. The entity administrator: employees who are one.

A contract is signed and paid, an event cancelled, an employee moved to another department or given a one-time
password by updating. Deleting an employee closes the account, creating one again reopens it; erase is DELETE."""
VARIANTS = ("sign", "pay", "cancel", "move", "reopen", "password", "erase")

RECORDS_TRIED = """
                             sales     support   accounting  admin
    client         -         1/2       -/2       -/2         -/2
    client         create    2/3       4/3       6/3         1/3     for whom
    contract       -         10/11     -/11      -/11        -/11
    contract       create    1/2       -/2       -/2         -/2     under which client
    event          -         1023/109  109/1023  -/1023      -/1023  (1023 is under a contract of Bill's)
    event          create    700/652   -/652     -/652       -/652   under which contract
    employee       -         2/3       4/3       6/3         -/3
    employee       create    -/0       -/0       -/0         -/0
    employee       move      2/21      4/21      6/21        -/21
    employee       delete    2/21      4/21      6/21        -/21
    employee       reopen    -/7       -/7       -/7         -/7
    administrator  -         -/20      -/20      -/20        1/20
    administrator  reopen    -/22      -/22      -/22        -/22
    administrator  create    -/0       -/0       -/0         -/0
    session        -         2/3       4/3       6/3         1/3     whose
"""
"""own/other's: the record acted on; -: this department has none of its own."""

START, END = datetime(2027, 3, 1, 18, tzinfo=UTC), datetime(2027, 3, 2, 2, tzinfo=UTC)
NINA = {"full_name": "Nina Neuve", "email": "nina@epic.example"}
CREDENTIAL = "decode(repeat('00', 16), 'hex'), 'm=19456,t=2,p=1', decode(repeat('00', 32), 'hex')"


@dataclass(frozen=True)
class Act:
    """One thing to do to record number %(key)s: in SQL, and through the managers, which are also given the record."""

    sql: str
    manager: Callable[[Session, Any, int], Any] | None
    """None: the managers offer nothing of the kind, so SQL alone is tried."""


ACTS: dict[tuple[str, str], Act] = {
    ("client", "read"): Act("SELECT FROM crm.client WHERE id = %(key)s", lambda s, _, key: s.clients.get(key)),
    ("client", "create"): Act(
        "INSERT INTO crm.client (full_name, email) VALUES ('New', 'new@x.example')",
        lambda s, _, _key: s.clients.create(full_name="New", email="new@x.example"),
    ),
    ("client", "create other's"): Act(
        "INSERT INTO crm.client (full_name, email, commercial_contact_id) VALUES ('New', 'new@x.example', %(key)s)",
        lambda s, _, key: s.clients.create(full_name="New", email="new@x.example", commercial_contact=key),
    ),
    ("client", "update"): Act(
        "UPDATE crm.client SET company_name = 'Changed' WHERE id = %(key)s",
        lambda s, client, _: s.clients.update(client, company_name="Changed"),
    ),
    ("client", "assign"): Act(
        "UPDATE crm.client SET commercial_contact_id = 3 WHERE id = %(key)s",
        lambda s, client, _: s.clients.update(client, commercial_contact=3),
    ),
    ("client", "delete"): Act("DELETE FROM crm.client WHERE id = %(key)s", None),
    ("client", "export"): Act("CALL crm.export_client(%(key)s)", lambda s, client, _: personal_data.export(s, client)),
    ("client", "anonymise"): Act(
        "CALL crm.anonymise_client(%(key)s, 1)", lambda s, client, _: personal_data.anonymise(s, client)
    ),
    ("contract", "read"): Act("SELECT FROM crm.contract WHERE id = %(key)s", lambda s, _, key: s.contracts.get(key)),
    ("contract", "create"): Act(
        "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (%(key)s, 10, 10)",
        lambda s, client, _: s.contracts.create(client, Decimal(10)),
    ),
    ("contract", "update"): Act(
        "UPDATE crm.contract SET total_amount = 1234 WHERE id = %(key)s",
        lambda s, contract, _: s.contracts.update(contract, total_amount=Decimal(1234)),
    ),
    ("contract", "sign"): Act(
        "UPDATE crm.contract SET status = 'signed' WHERE id = %(key)s",
        lambda s, contract, _: s.contracts.sign(contract),
    ),
    ("contract", "pay"): Act(
        "UPDATE crm.contract SET amount_to_be_paid = amount_to_be_paid - 1 WHERE id = %(key)s",
        lambda s, contract, _: s.contracts.record_payment(contract, Decimal(1)),
    ),
    ("contract", "assign"): Act(
        "UPDATE crm.contract SET commercial_id = 3 WHERE id = %(key)s",
        lambda s, contract, _: s.contracts.update(contract, commercial=3),
    ),
    ("contract", "delete"): Act("CALL crm.delete_contract(%(key)s)", lambda s, it, _: s.contracts.delete(it)),
    ("event", "read"): Act("SELECT FROM crm.event WHERE id = %(key)s", lambda s, _, key: s.events.get(key)),
    ("event", "create"): Act(
        "INSERT INTO crm.event (contract_id, title, start_date, end_date)"
        " VALUES (%(key)s, 'Party', '2027-03-01 18:00Z', '2027-03-02 02:00Z')",
        lambda s, contract, _: s.events.create(contract, title="Party", start_date=START, end_date=END),
    ),
    ("event", "update"): Act(
        "UPDATE crm.event SET notes = 'Changed' WHERE id = %(key)s",
        lambda s, event, _: s.events.update(event, notes="Changed"),
    ),
    ("event", "cancel"): Act(
        "UPDATE crm.event SET cancelled_at = now() WHERE id = %(key)s",
        lambda s, event, _: s.events.cancel(event, NOW),
    ),
    ("event", "assign"): Act(
        "UPDATE crm.event SET support_contact_id = NULL WHERE id = %(key)s",
        lambda s, event, _: s.events.assign(event, None),
    ),
    ("event", "delete"): Act("CALL crm.delete_event(%(key)s)", lambda s, event, _: s.events.delete(event)),
    ("employee", "read"): Act("SELECT FROM crm.employee WHERE id = %(key)s", lambda s, _, key: s.employees.get(key)),
    ("employee", "create"): Act(
        "INSERT INTO crm.employee (full_name, email, department) VALUES ('Nina Neuve', 'nina@epic.example', 'sales')",
        lambda s, _, _key: s.employees.create(department="sales", **NINA),
    ),
    ("employee", "update"): Act(
        "UPDATE crm.employee SET full_name = 'Somebody Else' WHERE id = %(key)s",
        lambda s, person, _: s.employees.update(person, full_name="Somebody Else"),
    ),
    ("employee", "move"): Act(
        on_version("move_employee", "%(key)s", "'support'", "NULL", "NULL"),
        lambda s, person, _: s.employees.move(person, "support", None, None),
    ),
    ("employee", "reopen"): Act(
        on_version("reactivate_employee", "%(key)s", CREDENTIAL),
        lambda s, person, _: s.employees.reactivate(person),
    ),
    ("employee", "password"): Act(
        f"CALL crm.set_one_time_password(%(key)s, {CREDENTIAL})",
        lambda s, person, _: s.employees.reset_password(person),
    ),
    ("employee", "delete"): Act(
        on_version("deactivate_employee", "%(key)s", "NULL", "NULL"),
        lambda s, person, _: s.employees.deactivate(person, None, None),
    ),
    ("employee", "erase"): Act("DELETE FROM crm.employee WHERE id = %(key)s", None),
    ("administrator", "create"): Act(
        "INSERT INTO crm.employee (full_name, email, department) VALUES ('Nina Neuve', 'nina@epic.example', 'admin')",
        lambda s, _, _key: s.employees.create(department="admin", **NINA),
    ),
    ("session", "read"): Act("SELECT FROM crm.session WHERE employee_id = %(key)s", None),
    ("session", "revoke"): Act("CALL crm.revoke_sessions(%(key)s)", lambda s, _, key: sessions.end_all(s, key)),
}
ACTS |= {
    (entity, "history"): Act(
        f"SELECT FROM crm.change WHERE entity = '{entity}' AND entity_id = %(key)s",
        lambda s, record, _, entity=entity: s.of(entity).history(record),  # type: ignore[misc]
    )
    for entity in ("client", "contract", "event", "employee")
}
ACTS |= {
    ("administrator", action): ACTS["employee", action]
    for action in ("read", "update", "move", "reopen", "password", "delete", "erase")
}


def table(written: str) -> dict[tuple[str, str, str], str]:
    """(department, entity, action) -> what the table has there."""
    head, *lines = written.strip().splitlines()
    return {
        (department, entity, action): entry
        for entity, action, *entries in (line.split() for line in lines)
        for department, entry in zip(head.split(), entries, strict=False)
    }


EXPECTED = table(RIGHTS)
TRIED = table(RECORDS_TRIED)


@dataclass(frozen=True)
class Cell:
    department: str
    entity: str
    action: str
    whose: str
    key: int
    """0: there is nothing yet to act on."""

    @property
    def person(self) -> str:
        return PEOPLE[self.department]

    @property
    def allowed(self) -> bool:
        scope = EXPECTED[self.department, self.entity, self.action]
        if (self.entity, self.action, self.whose) == ("client", "create", "other's"):
            return False
        return scope == "all" or scope == {"own": "own", "other's": "others"}[self.whose]

    @property
    def act(self) -> Act:
        return ACTS.get((self.entity, f"{self.action} {self.whose}")) or ACTS[self.entity, self.action]

    @property
    def is_look(self) -> bool:
        """Allowed, it changes nothing; refused, it shows nothing."""
        return self.action in ("read", "history")

    @property
    def is_hidden(self) -> bool:
        """A record that does not exist as far as this person can see: an UPDATE finds no row, and nothing to refuse."""
        staff = self.entity in ("employee", "administrator")
        return staff and self.whose == "other's" and EXPECTED[self.department, self.entity, "read"] != "all"

    @property
    def manager(self) -> str:
        """The entity of the record acted on."""
        under = {"client": "employee", "contract": "client", "event": "contract"}
        entity = under.get(self.entity, "employee") if self.action == "create" else self.entity
        return "employee" if entity in ("administrator", "session") else entity

    def __str__(self) -> str:
        return f"{self.department} {self.action} {self.whose} {self.entity}"


def cells() -> Iterator[Cell]:
    for department, entity, action in EXPECTED:
        records = TRIED.get((department, entity, action)) or TRIED[department, entity, "-"]
        for whose, key in zip(("own", "other's"), records.split("/"), strict=True):
            if key != "-":
                yield Cell(department, entity, action, whose, int(key))


CELLS = list(cells())
