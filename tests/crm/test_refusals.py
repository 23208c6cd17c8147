"""What PostgreSQL refuses, by real statements of real employees, as sentences that say why."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import peewee
import psycopg2
import pytest

from crm.database import Database
from crm.errors import CrmError, Invalid, NoEntry, NotAllowed, NotFound, Unavailable
from crm.fields import ENTITIES
from crm.refusals import BROKEN_RULES, as_crm_error
from crm.session import Session
from tests import former_client
from tests.company import Office
from tests.security.raw_sql import on_version
from tests.security.rights import CREDENTIAL

SCHEMA = (Path(__file__).parents[2] / "schema.sql").read_text(encoding="utf-8")
START, END = "2027-03-01 18:00Z", "2027-03-02 02:00Z"

BEYOND_PEOPLE = {
    "session_length_in_bounds": "the owner alone writes there, and the program that does checks the hours before",
    "contract_signed_at": "the trigger keep_contract fills in signed_at, and nobody has a grant on that column",
}
"""Named constraint -> why nobody can run into it."""

BROKEN = {  # rule -> who breaks it, and how
    "client_anonymised": ("Gina Comptoir", "CALL crm.anonymise_client(17, 3)"),
    "client_contract_unsigned": ("Gina Comptoir", "CALL crm.anonymise_client(1, 1)"),
    "client_contract_unpaid": ("Gina Comptoir", "CALL crm.anonymise_client(3, 1)"),
    "client_event_coming": ("Gina Comptoir", "CALL crm.anonymise_client(18, 1)"),
    "contract_total_amount": ("Gina Comptoir", "UPDATE crm.contract SET total_amount = 'NaN' WHERE id = 10"),
    "contract_amount_to_be_paid": (
        "Gina Comptoir",
        "UPDATE crm.contract SET amount_to_be_paid = 1000.01 WHERE id = 10",
    ),
    "contract_stays_signed": ("Gina Comptoir", "UPDATE crm.contract SET status = 'unsigned' WHERE id = 412"),
    "contract_delete_unsigned": ("Gina Comptoir", "CALL crm.delete_contract(700)"),
    "contract_delete_without_events": ("Gina Comptoir", "CALL crm.delete_contract(11)"),
    "event_contract_signed": (
        "Bill Boquet",
        f"INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (10, 'Soon', '{START}', '{END}')",
    ),
    "event_support_contact": ("Gina Comptoir", "UPDATE crm.event SET support_contact_id = 2 WHERE id = 1024"),
    "event_cancelled": (
        "Gina Comptoir",
        "UPDATE crm.event SET cancelled_at = now() WHERE id = 1023; UPDATE crm.event SET title = 'Again' WHERE id = 1023",
    ),
    "event_cancelled_at": ("Kate Hastroff", "UPDATE crm.event SET cancelled_at = 'infinity' WHERE id = 109"),
    "client_first_contact_in_bounds": (
        "Bill Boquet",
        "INSERT INTO crm.client (full_name, email, first_contact) VALUES ('X', 'x@y.example', '20000-01-01')",
    ),
    "event_end_date": ("Kate Hastroff", "UPDATE crm.event SET end_date = start_date WHERE id = 109"),
    "event_attendees": ("Kate Hastroff", "UPDATE crm.event SET attendees = 1000001 WHERE id = 109"),
    "employee_last_admin": ("nobody", "UPDATE crm.employee SET active = false WHERE id = 1"),
    "employee_portfolio": ("nobody", "UPDATE crm.employee SET active = false WHERE id = 2"),
    "employee_open": ("Gina Comptoir", on_version("deactivate_employee", 7, "NULL", "NULL")),
    "employee_closed": ("Gina Comptoir", on_version("reactivate_employee", 2, CREDENTIAL)),
    "employee_locked": ("Gina Comptoir", "CALL crm.unlock_employee(2)"),
    "employee_other_department": ("Gina Comptoir", on_version("move_employee", 2, "'sales'", "3", "NULL")),
    "hand_over_clients_to": ("Gina Comptoir", on_version("deactivate_employee", 2, "7", "NULL")),
    "hand_over_clients_to_nobody": ("Gina Comptoir", on_version("deactivate_employee", 2, "NULL", "NULL")),
    "hand_over_events_to_nobody": ("Gina Comptoir", on_version("deactivate_employee", 4, "NULL", "NULL")),
    "hand_over_events_to": ("Gina Comptoir", on_version("deactivate_employee", 4, "NULL", "2")),
    "employee_email_key": (
        "Gina Comptoir",
        "INSERT INTO crm.employee (full_name, email, department) VALUES ('Bill', 'bill@epic.example', 'sales')",
    ),
}


REFUSED_VALUES = [
    ("Bill Boquet", "INSERT INTO crm.client (full_name, email) VALUES ('', 'a@b.example')"),
    ("Bill Boquet", "INSERT INTO crm.client (full_name, email) VALUES ('A', 'Not An Address')"),
    (
        "Bill Boquet",
        "INSERT INTO crm.client (full_name, email) VALUES ('A' || chr(27) || '[31m', 'a@b.example')",
    ),
    ("Bill Boquet", "INSERT INTO crm.client (full_name, email) VALUES (repeat('A', 201), 'a@b.example')"),
    ("Bill Boquet", "INSERT INTO crm.client (full_name, email) VALUES (NULL, 'a@b.example')"),
    ("Bill Boquet", "UPDATE crm.client SET first_contact = '2021-02-30' WHERE id = 1"),
    ("Bill Boquet", "UPDATE crm.client SET first_contact = '999999999-01-01' WHERE id = 1"),
    ("Kate Hastroff", "UPDATE crm.event SET notes = repeat('x', 10001) WHERE id = 109"),
    ("Kate Hastroff", "UPDATE crm.event SET attendees = 99999999999 WHERE id = 109"),
    ("Kate Hastroff", "UPDATE crm.event SET title = '' WHERE id = 109"),
    ("Gina Comptoir", "UPDATE crm.contract SET total_amount = 1e12 WHERE id = 10"),
    ("Gina Comptoir", "UPDATE crm.contract SET amount_to_be_paid = 'NaN' WHERE id = 10"),
    ("Gina Comptoir", "UPDATE crm.contract SET status = 'paid' WHERE id = 10"),
    ("Gina Comptoir", on_version("move_employee", 2, "'marketing'", "3", "NULL")),
]


def attempt(office: Office, full_name: str, statement: str) -> CrmError:
    """What `full_name` is told about `statement`; nobody is the owner of the database."""
    database = office.session(full_name).database if full_name != "nobody" else Database(office.owner)
    with pytest.raises(CrmError) as refused:
        database.execute_sql(statement)
    return refused.value


def raised_in_the_database(statement: str, office: Office, *arguments: Any) -> psycopg2.Error:
    with pytest.raises(psycopg2.Error) as raised:
        office.as_owner(statement, *arguments)
    return raised.value


class TestBrokenRules:
    def test_each_exists_in_the_database_or_is_raised_there(self, office: Office) -> None:
        there = (
            "SELECT conname FROM pg_constraint UNION SELECT indexrelid::regclass::name FROM pg_index WHERE indisunique"
        )
        constraints = {name.removeprefix("crm.") for (name,) in office.as_owner(there)}
        raised = set(re.findall(r"CONSTRAINT = '(\w+)'", SCHEMA))
        assert set(BROKEN_RULES) <= constraints | raised

    def test_each_rule_of_business_has_a_sentence(self) -> None:
        named = set(re.findall(r"CONSTRAINT (\w+) CHECK", SCHEMA))
        raised = set(re.findall(r"CONSTRAINT = '(\w+)'", SCHEMA))
        assert len(named) >= 4
        assert len(raised) >= 5
        assert (named | raised) - set(BEYOND_PEOPLE) <= set(BROKEN_RULES)

    def test_so_has_each_unique_index_that_people_can_break(self, office: Office) -> None:
        breakable = office.as_owner(
            "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE indisunique AND NOT indisprimary AND relnamespace = 'crm'::regnamespace"
            " AND has_any_column_privilege('epic_app', indrelid, 'INSERT, UPDATE')"
        )
        assert ("employee_email_key",) in breakable
        assert {name for (name,) in breakable} <= set(BROKEN_RULES)

    def test_the_field_of_each_is_one_of_its_entity(self) -> None:
        for rule, (field, _sentence) in BROKEN_RULES.items():
            entity = rule.partition("_")[0]
            assert field is None or field in {field.name for field in ENTITIES[entity]}, rule

    def test_each_is_tried_below(self) -> None:
        assert set(BROKEN) == set(BROKEN_RULES)

    def test_each_is_told_in_its_own_words(self, office: Office) -> None:
        office.as_owner(
            "UPDATE crm.event SET contract_id = 11 WHERE id = 1024"
        )  # under an unsigned one: from an import
        former_client.add(office)
        office.as_owner("CALL crm.anonymise_client(17, %s)", former_client.VERSION)
        office.as_owner(
            "INSERT INTO crm.client (id, full_name, email, commercial_contact_id) VALUES (18, 'Soon', 'soon@x.example', 2)"
        )
        office.as_owner("UPDATE crm.contract SET client_id = 18 WHERE id = 652")
        told: dict[str, tuple[str | None, str]] = {}
        for rule, (full_name, statement) in BROKEN.items():
            refused = attempt(office, full_name, statement)
            assert isinstance(refused, Invalid), rule
            told[rule] = (refused.field, refused.message)
        assert told == BROKEN_RULES


class TestOtherRefusals:
    def test_a_value_that_the_database_refuses_is_invalid(self, office: Office) -> None:
        for full_name, statement in REFUSED_VALUES:
            refused = attempt(office, full_name, statement)
            assert isinstance(refused, Invalid), statement
            assert str(refused).endswith("."), statement

    def test_a_reference_to_nothing(self, office: Office) -> None:
        for statement in (
            "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (99, 1, 1)",
            f"INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (99, 'x', '{START}', '{END}')",
        ):
            assert isinstance(attempt(office, "Gina Comptoir", statement), Invalid)

    def test_a_record_of_somebody_else(self, office: Office) -> None:
        assert isinstance(attempt(office, "Bill Boquet", "UPDATE crm.client SET phone = '1' WHERE id = 2"), NotAllowed)
        assert isinstance(attempt(office, "Bill Boquet", "UPDATE crm.client SET version = 1 WHERE id = 1"), NotAllowed)
        assert isinstance(attempt(office, "Bill Boquet", "SELECT * FROM crm.secret"), NotAllowed)

    def test_a_record_that_is_gone(self, office: Office) -> None:
        assert isinstance(attempt(office, "Gina Comptoir", "CALL crm.delete_contract(99)"), NotFound)
        assert isinstance(attempt(office, "Gina Comptoir", "CALL crm.delete_event(99)"), NotFound)

    def test_a_wait_that_took_too_long(self, office: Office) -> None:
        bill = Database({**office.application, "options": "-c statement_timeout=50"}, office.token("Bill Boquet"))
        with pytest.raises(Unavailable):
            bill.execute_sql("SELECT pg_sleep(5)")
        assert bill.execute_sql("SELECT 1").fetchone() == (1,)

    def test_a_lock_that_was_not_had(self, office: Office) -> None:
        bill = Database({**office.application, "options": "-c lock_timeout=50"}, office.token("Bill Boquet"))
        with psycopg2.connect(**office.owner) as holder, holder.cursor() as cursor:
            cursor.execute("UPDATE crm.client SET phone = '1' WHERE id = 1")
            with pytest.raises(Unavailable):
                bill.execute_sql("UPDATE crm.client SET phone = '2' WHERE id = 1")
        holder.close()

    def test_of_two_in_each_others_way_one_is_told_to_try_again(self, office: Office) -> None:
        office.as_owner(f"ALTER DATABASE {office.name} SET deadlock_timeout = '50ms'")  # instead of a second
        one, two = office.session("Bill Boquet"), office.session("Bill Boquet")
        told: list[CrmError] = []

        def write(session: Session, *keys: int) -> None:
            try:
                with session.database.all_or_nothing():
                    for key in keys:
                        session.database.execute_sql("UPDATE crm.client SET phone = '1' WHERE id = %s", (key,))
                        session.database.execute_sql("SELECT pg_sleep(0.2)")
            except CrmError as refused:
                told.append(refused)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, (one, two), (1, 3), (3, 1)))
        assert [type(refused) for refused in told] == [Unavailable]

    def test_a_server_that_takes_nobody_more(self, office: Office) -> None:
        office.as_owner(f"ALTER DATABASE {office.name} CONNECTION LIMIT 0")
        with pytest.raises(NoEntry, match="too many connections"):
            Database(office.application).execute_sql("SELECT 1")


class TestUnforeseen:
    """What nobody foresaw must reach the log as it is: a bug does not hide behind a polite sentence."""

    def test_errors_are_not_swallowed(self, office: Office) -> None:
        database = Database(office.application)
        for statement in ("SELECT nonsense", "SELEKT 1", "SELECT crm.unheard_of()", "SET nonsense TO 1"):
            with pytest.raises(peewee.PeeweeException):
                database.execute_sql(statement)
        with pytest.raises(peewee.ProgrammingError, match="can't adapt type 'object'"):
            database.execute_sql("SELECT %s", (object(),))

    def test_nor_those_that_are_not_of_the_database(self) -> None:
        assert as_crm_error(peewee.PeeweeException("a bug of ours")) is None
        assert as_crm_error(peewee.ProgrammingError(KeyError("a bug of ours"))) is None

    def test_errors_of_the_bare_driver_count_too(self, office: Office) -> None:
        error = raised_in_the_database(
            "INSERT INTO crm.employee (full_name, email, department) VALUES ('B', 'bill@epic.example', 'sales')", office
        )
        refused = as_crm_error(error)
        assert isinstance(refused, Invalid)
        assert refused.field == "email"
