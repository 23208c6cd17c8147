"""Clients, contracts, events and their history: what the table of rights does not say in one word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from tests.company import Office
from tests.security.conftest import Desks
from tests.security.raw_sql import BROKEN_RULE, REFUSED, ask, at_desk, on_version

BILL, DAWN, KATE, ALIENOR, GINA, ADA = (
    "Bill Boquet",
    "Dawn Lefèvre",
    "Kate Hastroff",
    "Aliénor Vichum",
    "Gina Comptoir",
    "Ada Racine",
)

REFUSALS = {
    "events change hands only by those who assign them": {
        KATE: """
            UPDATE crm.event SET support_contact_id = 4 WHERE id = 1023
            UPDATE crm.event SET support_contact_id = 4 WHERE id = 1024
            UPDATE crm.event SET support_contact_id = 5 WHERE id = 109
            UPDATE crm.event SET support_contact_id = NULL WHERE id = 109
            UPDATE crm.event SET support_contact_id = 4
            UPDATE crm.event SET notes = 'x', support_contact_id = 4 WHERE id = 1023
            UPDATE crm.event SET (support_contact_id, notes) = (SELECT 4, 'x') WHERE id = 1023
            UPDATE crm.event AS e SET support_contact_id = 4 FROM crm.contract AS c WHERE c.id = e.contract_id
            WITH mine AS (UPDATE crm.event SET support_contact_id = 4 WHERE id = 1023 RETURNING id) SELECT * FROM mine
            UPDATE crm.event SET notes = 'x' WHERE id = 1023
            UPDATE crm.event SET cancelled_at = now() WHERE id = 1023
        """,
        BILL: """
            UPDATE crm.event SET support_contact_id = 2 WHERE id = 1023
            UPDATE crm.event SET support_contact_id = NULL WHERE id = 1023
            UPDATE crm.event SET notes = 'x' WHERE id = 1023
        """,
        ADA: """
            UPDATE crm.event SET support_contact_id = 5 WHERE id = 109
            UPDATE crm.event SET notes = 'x' WHERE id = 109
        """,
    },
    "nobody's columns to write": {
        BILL: """
            INSERT INTO crm.client (id, full_name, email) VALUES (9, 'New', 'new@x.example')
            INSERT INTO crm.client (id, full_name, email) OVERRIDING SYSTEM VALUE VALUES (9, 'New', 'new@x.example')
            INSERT INTO crm.client (full_name, email, commercial_contact_id) VALUES ('New', 'new@x.example', 2)
            INSERT INTO crm.client (full_name, email, commercial_contact_id) VALUES ('New', 'new@x.example', 3)
            INSERT INTO crm.client (full_name, email, version) VALUES ('New', 'new@x.example', 7)
            INSERT INTO crm.client (full_name, email, last_update) VALUES ('New', 'new@x.example', 'epoch')
            INSERT INTO crm.client VALUES (9, 'New', 'new@x.example')
            UPDATE crm.client SET id = 9 WHERE id = 1
            UPDATE crm.client SET version = 7 WHERE id = 1
            UPDATE crm.client SET last_update = 'epoch' WHERE id = 1
            UPDATE crm.client SET commercial_contact_id = 3 WHERE id = 1
            UPDATE crm.client SET commercial_contact_id = 2 WHERE id = 2
            UPDATE crm.client SET search = DEFAULT WHERE id = 1
            UPDATE crm.contract SET id = 9 WHERE id = 10
            UPDATE crm.contract SET commercial_id = 2 WHERE id = 11
            UPDATE crm.contract SET client_id = 1 WHERE id = 11
            UPDATE crm.contract SET client_id = 2 WHERE id = 10
            UPDATE crm.contract SET signed_at = 'epoch' WHERE id = 10
            UPDATE crm.contract SET creation_date = '2020-01-01' WHERE id = 10
            UPDATE crm.contract SET version = 7 WHERE id = 10
        """,
        GINA: """
            INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, commercial_id) VALUES (2, 10, 10, 2)
            INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, status) VALUES (2, 10, 10, 'signed')
            INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, signed_at) VALUES (2, 10, 10, now())
            INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, creation_date) VALUES (2, 1, 1, '2020-01-01')
            INSERT INTO crm.event (id, contract_id, title, start_date, end_date) VALUES (9, 652, 'X', '2027-01-01', '2027-01-02')
            INSERT INTO crm.event (contract_id, title, start_date, end_date, support_contact_id) VALUES (652, 'X', '2027-01-01', '2027-01-02', 4)
            INSERT INTO crm.event (contract_id, title, start_date, end_date, cancelled_at) VALUES (652, 'X', '2027-01-01', '2027-01-02', now())
            UPDATE crm.event SET contract_id = 412 WHERE id = 109
            UPDATE crm.event SET version = 7 WHERE id = 109
            UPDATE crm.contract SET signed_at = 'epoch' WHERE id = 652
        """,
        KATE: """
            UPDATE crm.event SET id = 9 WHERE id = 109
            UPDATE crm.event SET contract_id = 412 WHERE id = 109
        """,
    },
    "other ways of writing": {
        BILL: """
            INSERT INTO crm.client (id, full_name, email) VALUES (2, 'Mine', 'm@x.example') ON CONFLICT (id) DO UPDATE SET full_name = 'Mine'
            INSERT INTO crm.client AS c (full_name, email) VALUES ('M', 'm@x.example') ON CONFLICT DO NOTHING RETURNING c.*
            WITH taken AS (UPDATE crm.client SET phone = '' WHERE id = 2 RETURNING id) SELECT * FROM taken
            WITH all_of_them AS (SELECT id FROM crm.client) UPDATE crm.client AS c SET phone = '' FROM all_of_them AS a WHERE a.id = c.id
            UPDATE crm.client SET phone = ''
            UPDATE crm.client SET full_name = (SELECT full_name FROM crm.colleague WHERE id = 3) WHERE id = 2
            MERGE INTO crm.client AS c USING (VALUES (2)) AS v (id) ON c.id = v.id WHEN MATCHED THEN UPDATE SET phone = ''
            MERGE INTO crm.client AS c USING (VALUES (2)) AS v (id) ON c.id = v.id WHEN MATCHED THEN DELETE
            MERGE INTO crm.contract AS c USING (VALUES (1)) AS v (id) ON false WHEN NOT MATCHED THEN INSERT (client_id, total_amount, amount_to_be_paid) VALUES (1, 1, 1)
            DO 'BEGIN UPDATE crm.client SET phone = repeat(chr(48), 5) WHERE id = 2; END'
            DO 'BEGIN UPDATE crm.client SET phone = repeat(chr(48), 5) WHERE id = 1; UPDATE crm.client SET phone = repeat(chr(48), 5) WHERE id = 2; END'
            DELETE FROM crm.contract WHERE id = 10
            CALL crm.delete_contract(10)
            TRUNCATE crm.client
        """,
        KATE: """
            MERGE INTO crm.event AS e USING (VALUES (1023)) AS v (id) ON e.id = v.id WHEN MATCHED THEN UPDATE SET support_contact_id = 4
            MERGE INTO crm.event AS e USING (VALUES (1023)) AS v (id) ON e.id = v.id WHEN MATCHED THEN UPDATE SET notes = 'x'
            DELETE FROM crm.event WHERE id = 109
            CALL crm.delete_event(109)
        """,
        GINA: """
            DELETE FROM crm.contract WHERE id = 10
            DELETE FROM crm.event WHERE id = 109
            UPDATE crm.client SET phone = '' WHERE id = 1
            WITH gone AS (DELETE FROM crm.contract WHERE id = 10 RETURNING id) SELECT * FROM gone
        """,
    },
    "the history": {
        ADA: """
            INSERT INTO crm.change (actor_id, entity, entity_id, action, fields) VALUES (2, 'client', 1, 'update', '{}')
            UPDATE crm.change SET actor_id = 2
            DELETE FROM crm.change
            TRUNCATE crm.change
            DELETE FROM crm.change WHERE false
            UPDATE crm.permission SET scope = 'all'
            INSERT INTO crm.permission VALUES ('admin', 'client', 'update', 'all')
            DELETE FROM crm.permission
            UPDATE crm.session SET expires_at = 'infinity'
            INSERT INTO crm.session (employee_id, expires_at) VALUES (1, 'infinity')
            DELETE FROM crm.session
        """,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        pytest.param(who, statement.strip(), id=f"{who.split()[0]}: {statement.strip()[:90]}")
        for attempts in REFUSALS.values()
        for who, statements in attempts.items()
        for statement in statements.strip().splitlines()
    ],
)
def test_refused_and_nothing_changed(unchanged: Desks, who: str, statement: str) -> None:
    if statement.startswith("MERGE") and unchanged[who].server_version < 15_00_00:
        pytest.skip("MERGE came with PostgreSQL 15")
    answer = ask(unchanged[who], statement)
    assert answer.state == REFUSED, answer


RULES = [  # who, statement, constraint
    (BILL, "UPDATE crm.contract SET status = 'unsigned' WHERE id = 412", "contract_stays_signed"),
    (GINA, "UPDATE crm.contract SET status = 'unsigned' WHERE id = 652", "contract_stays_signed"),
    (BILL, "UPDATE crm.contract SET status = 'paid' WHERE id = 10", "contract_status_check"),
    (BILL, "UPDATE crm.contract SET total_amount = -1 WHERE id = 10", "contract_amount_to_be_paid"),
    (BILL, "UPDATE crm.contract SET total_amount = 'NaN' WHERE id = 10", "contract_total_amount"),
    (BILL, "UPDATE crm.contract SET amount_to_be_paid = 'NaN' WHERE id = 10", "contract_amount_to_be_paid"),
    (BILL, "UPDATE crm.contract SET amount_to_be_paid = -0.01 WHERE id = 10", "contract_amount_to_be_paid"),
    (BILL, "UPDATE crm.contract SET amount_to_be_paid = 1000.01 WHERE id = 10", "contract_amount_to_be_paid"),
    (BILL, "UPDATE crm.contract SET total_amount = 999.99 WHERE id = 10", "contract_amount_to_be_paid"),
    (GINA, "CALL crm.delete_contract(700)", "contract_delete_unsigned"),
    (GINA, "CALL crm.delete_contract(652)", "contract_delete_unsigned"),
    (
        BILL,
        "INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (10, 'X', '2027-01-01', '2027-01-02')",
        "event_contract_signed",
    ),
    (
        GINA,
        "INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (11, 'X', '2027-01-01', '2027-01-02')",
        "event_contract_signed",
    ),
    (KATE, "UPDATE crm.event SET end_date = start_date WHERE id = 109", "event_end_date"),
    (KATE, "UPDATE crm.event SET end_date = 'infinity' WHERE id = 109", "event_end_date"),
    (KATE, "UPDATE crm.event SET start_date = '-infinity' WHERE id = 109", "event_end_date"),
    (KATE, "UPDATE crm.event SET attendees = -1 WHERE id = 109", "event_attendees"),
    (GINA, "UPDATE crm.event SET support_contact_id = 2 WHERE id = 109", "event_support_contact"),  # of sales
    (GINA, "UPDATE crm.event SET support_contact_id = 8 WHERE id = 109", "event_support_contact"),  # left
    (GINA, "UPDATE crm.event SET support_contact_id = 999999 WHERE id = 109", "event_support_contact"),
    (BILL, "UPDATE crm.client SET email = 'UPPER@x.example' WHERE id = 1", "client_email_check"),
    (BILL, "UPDATE crm.client SET full_name = '' WHERE id = 1", "client_full_name_check"),
    (BILL, "UPDATE crm.client SET full_name = E'a\\x1b[31mb' WHERE id = 1", "line_check"),
    (BILL, "UPDATE crm.client SET full_name = U&'a\\202Eb' WHERE id = 1", "line_check"),
    (BILL, "UPDATE crm.client SET company_name = repeat('x', 201) WHERE id = 1", "line_check"),
    (KATE, "UPDATE crm.event SET notes = E'a\\x07b' WHERE id = 109", "lines_check"),
]


@pytest.mark.parametrize(("who", "statement", "constraint"), RULES)
def test_broken_rules_are_named_and_nothing_changed(
    unchanged: Desks, who: str, statement: str, constraint: str
) -> None:
    answer = ask(unchanged[who], statement)
    assert (answer.state, answer.constraint) == (BROKEN_RULE, constraint), answer


@pytest.mark.parametrize("value", ["'Infinity'", "1e400", "10000000000", "'-Infinity'", "1e10"])
def test_amounts_that_are_none(unchanged: Desks, value: str) -> None:
    for column in ("total_amount", "amount_to_be_paid"):
        assert ask(unchanged[BILL], f"UPDATE crm.contract SET {column} = {value} WHERE id = 10").state == "22003"


def test_a_contract_with_events_stays(office: Office) -> None:
    """Only signed contracts get events, and those stay anyway; the rule holds by itself all the same."""
    office.as_owner("ALTER TABLE crm.contract DISABLE TRIGGER keep_contract")
    office.as_owner("UPDATE crm.contract SET status = 'unsigned', signed_at = NULL WHERE id = 652")
    with at_desk(office, GINA) as gina:
        assert ask(gina, "CALL crm.delete_contract(652)").constraint == "contract_delete_without_events"


def test_what_the_database_fills_in(practice: Office) -> None:
    with at_desk(practice, BILL) as bill:
        new = ask(
            bill,
            "INSERT INTO crm.client (full_name, email) VALUES ('New', 'new@x.example') RETURNING commercial_contact_id, version",
        )
        assert new.rows == [(2, 1)]
        signed = "UPDATE crm.contract SET status = 'signed' WHERE id = 10 RETURNING version, signed_at IS NOT NULL"
        assert ask(bill, signed).rows == [(2, True)]
    with at_desk(practice, GINA) as gina:
        deal = "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (2, 1, 1)"
        assert ask(gina, f"{deal} RETURNING commercial_id, status, signed_at").rows == [(3, "unsigned", None)]
        party = "INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (652, 'X', '2027-01-01', '2027-01-02')"
        assert ask(gina, f"{party} RETURNING support_contact_id, cancelled_at").rows == [(None, None)]


def test_whoever_loses_an_event_loses_it_at_once(practice: Office) -> None:
    with at_desk(practice, KATE) as kate, at_desk(practice, GINA) as gina:
        assert ask(kate, "UPDATE crm.event SET notes = 'mine' WHERE id = 109").count == 1
        assert ask(gina, "UPDATE crm.event SET support_contact_id = 5 WHERE id = 109").count == 1
        assert ask(kate, "UPDATE crm.event SET notes = 'still mine' WHERE id = 109").state == REFUSED


def test_a_client_handed_over_takes_its_contracts_along(practice: Office) -> None:
    with at_desk(practice, BILL) as bill, at_desk(practice, DAWN) as dawn:
        practice.as_owner("UPDATE crm.client SET commercial_contact_id = 3 WHERE id = 1")
        for statement in (
            "UPDATE crm.client SET phone = '' WHERE id = 1",
            "UPDATE crm.contract SET total_amount = 2000 WHERE id = 10",
            "UPDATE crm.contract SET status = 'signed' WHERE id = 10",
        ):
            assert ask(bill, statement).state == REFUSED
            assert ask(dawn, statement).count == 1


@pytest.fixture
def ownership(practice: Office) -> Iterator[Any]:
    """Somebody at work as the role that owns the schema."""
    with closing(psycopg2.connect(**practice.owner)) as connection:
        connection.autocommit = True
        ask(connection, "SET ROLE epic_owner")
        yield connection


class TestHistory:
    def test_whoever_changes_something_is_in_it(self, practice: Office) -> None:
        with at_desk(practice, BILL) as bill, at_desk(practice, GINA) as gina:
            ask(bill, "UPDATE crm.client SET phone = '+33 1 99 00 12 34' WHERE id = 1")
            ask(gina, "CALL crm.delete_contract(10)")
            ask(gina, on_version("deactivate_employee", 21, "NULL", "NULL"))
        written = practice.as_owner(
            "SELECT actor_id, entity, entity_id, action FROM crm.change ORDER BY id DESC LIMIT 3"
        )
        assert written[::-1] == [
            (2, "client", 1, "update"),
            (6, "contract", 10, "delete"),
            (6, "employee", 21, "update"),
        ]

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE crm.change SET actor_id = NULL",
            "UPDATE crm.change SET actor_id = NULL WHERE false",
            "DELETE FROM crm.change",
            "TRUNCATE crm.change",
            "TRUNCATE crm.change CASCADE",
            "TRUNCATE crm.employee CASCADE",
            "MERGE INTO crm.change AS c USING (VALUES (1)) AS v (id) ON c.id = v.id WHEN MATCHED THEN DELETE",
        ],
    )
    def test_the_owner_does_not_rewrite_it_either(self, practice: Office, ownership: Any, statement: str) -> None:
        before = practice.as_owner("SELECT * FROM crm.change ORDER BY id")
        assert before
        assert ask(ownership, statement).state == REFUSED
        assert practice.as_owner("SELECT * FROM crm.change ORDER BY id") == before

    def test_passwords_are_not_in_it(self, practice: Office) -> None:
        with at_desk(practice, BILL) as bill:
            ask(bill, "CALL crm.change_password(%s, 'm=19456,t=2,p=1', %s)", b"s" * 16, b"d" * 32)
        names = practice.as_owner("SELECT DISTINCT jsonb_object_keys(fields) FROM crm.change WHERE entity = 'employee'")
        assert {name for (name,) in names} <= {
            *("full_name", "email", "department", "creation_date", "active", "must_change_password")
        }
