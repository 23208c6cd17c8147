"""The history: nobody writes it, nobody rewrites it, nothing secret is in it, and each reads what is theirs to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from crm.errors import NotFound
from tests.company import PASSWORD, Office, credential
from tests.security.conftest import Desks
from tests.security.raw_sql import REFUSED, ask, at_desk

DEPARTMENTS = ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine")
NOBODY = (None, "Otto Ancien", "Mona Neuve")
"""No token, an account that is closed, a one-time password not yet changed."""
ENTITIES = ("client", "contract", "event", "employee")
SEEN = "SELECT count(*) FROM crm.change WHERE entity = %s"


class TestWhoReadsWhat:
    @pytest.mark.parametrize("who", DEPARTMENTS)
    def test_employees_changes_are_the_administrations(self, unchanged: Desks, besieged: Office, who: str) -> None:
        for entity in ENTITIES:
            ((there,),) = besieged.as_owner(SEEN, entity)
            hidden = entity == "employee" and who != "Ada Racine"
            assert there
            assert ask(unchanged[who], SEEN, entity).rows == [(0 if hidden else there,)], entity

    @pytest.mark.parametrize("who", DEPARTMENTS[:3])
    def test_however_they_are_asked_for(self, unchanged: Desks, who: str) -> None:
        """By each column that has an index, by what is in them, alone and joined."""
        for condition in (
            "c.entity_id = 2 AND c.entity <> 'client'",
            "c.client_id IS NULL",
            "c.actor_id IS NULL AND c.action = 'update'",
            "c.at > '-infinity' AND c.entity = 'employee'",
            "c.fields ? 'department'",
            "c.fields::text LIKE '%%@epic.example%%'",
        ):
            for query in (
                f"SELECT c.id FROM crm.change AS c WHERE {condition}",
                f"SELECT c.id FROM crm.colleague AS p JOIN crm.change AS c ON c.entity_id = p.id WHERE {condition}",
            ):
                found = {number for (number,) in ask(unchanged[who], query).rows}
                kinds = ask(unchanged[who], "SELECT DISTINCT entity FROM crm.change WHERE id = ANY(%s)", [*found]).rows
                assert ("employee",) not in kinds, condition

    @pytest.mark.parametrize("who", NOBODY, ids=str)
    def test_nobody_reads_anything(self, unchanged: Desks, who: str | None) -> None:
        assert ask(unchanged[who], "SELECT FROM crm.change").count == 0

    def test_through_the_program_too(self, office: Office) -> None:
        ((number,),) = office.as_owner("SELECT max(id) FROM crm.change WHERE entity = 'employee'")
        for who in DEPARTMENTS[:3]:
            history = office.session(who).history
            assert not list(history.visible().of_entity("employee"))
            assert not list(history.visible().of_record("employee", 2))
            assert not [change for change in history.visible().page(1, 100).rows if change.entity == "employee"]
            with pytest.raises(NotFound):
                history.get(number)
        assert list(office.session("Ada Racine").history.visible().of_record("employee", 2))

    def test_a_right_that_is_taken_away_is_gone_at_once(self, office: Office) -> None:
        session = office.session("Bill Boquet")
        assert list(session.history.visible().of_entity("client"))
        office.as_owner(
            "DELETE FROM crm.permission WHERE department = 'sales' AND (entity, action) = ('client', 'history')"
        )
        assert not list(session.history.visible().of_entity("client"))
        assert list(session.history.visible().of_entity("contract"))
        with at_desk(office, "Bill Boquet") as bill:
            assert ask(bill, SEEN, "client").rows == [(0,)]

    def test_names_are_no_way_around(self, office: Office) -> None:
        """What records in the history are called is asked under one's own rights."""
        office.as_owner(
            "UPDATE crm.permission SET scope = 'own' WHERE (department, entity, action) = ('sales', 'client', 'read')"
        )
        session = office.session("Bill Boquet")
        names = session.history.names(session.history.visible().page(1, 100).rows)
        assert names.has("client", 1) and not names.has("client", 2) and not names.has("contract", 652)


class TestNobodyRewritesIt:
    WRITES = (
        "INSERT INTO crm.change (entity, entity_id, action, fields) VALUES ('client', 1, 'update', '{}')",
        "INSERT INTO crm.change (actor_id, client_id, entity, entity_id, action, fields) VALUES (2, 1, 'client', 1, 'update', '{}')",
        "UPDATE crm.change SET fields = '{}'",
        "UPDATE crm.change SET client_id = NULL WHERE id = 1",
        "UPDATE crm.change SET at = now() WHERE false",
        "DELETE FROM crm.change WHERE entity = 'client'",
        "TRUNCATE crm.change",
        "ALTER TABLE crm.change DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON crm.change",
        "SELECT crm.client_of('client', '{\"id\": 1}')",
        "LOCK TABLE crm.change IN SHARE ROW EXCLUSIVE MODE",
    )

    @pytest.mark.parametrize("statement", WRITES)
    @pytest.mark.parametrize("who", [*DEPARTMENTS, None], ids=str)
    def test_nobody_at_work(self, unchanged: Desks, who: str | None, statement: str) -> None:
        ask(unchanged[who], "BEGIN")
        assert ask(unchanged[who], statement).state == REFUSED
        ask(unchanged[who], "ROLLBACK")

    @pytest.fixture(params=["epic_owner", "postgres"])
    def ownership(self, request: pytest.FixtureRequest, besieged: Office, as_it_was: dict[str, str]) -> Iterator[Any]:
        assert as_it_was
        with closing(psycopg2.connect(**besieged.owner)) as connection:
            connection.autocommit = True
            ask(connection, f"SET ROLE {request.param}")
            yield connection

    @pytest.mark.parametrize("statement", [write for write in WRITES if write[:6] in ("UPDATE", "DELETE", "TRUNCA")])
    def test_nor_the_owner_in_ordinary_use(self, unchanged: Desks, ownership: Any, statement: str) -> None:
        answer = ask(ownership, statement)
        assert (answer.state, "append-only" in answer.message) == (REFUSED, True)

    @pytest.mark.parametrize("entity", ENTITIES)
    def test_nothing_is_changed_that_nobody_changed(self, office: Office, entity: str) -> None:
        """Even if the policies let somebody through: a change by neither an employee nor the owner is refused."""
        office.as_owner(f"GRANT SELECT, UPDATE ON crm.{entity} TO epic_app")
        office.as_owner(f"CREATE POLICY wide_open ON crm.{entity} TO epic_app USING (true)")
        where = "WHERE department <> 'admin'" if entity == "employee" else ""
        with at_desk(office, None) as stranger:
            answer = ask(stranger, f"UPDATE crm.{entity} SET version = 9 {where}")
        assert (answer.state, "that nobody made" in answer.message) == (REFUSED, True), answer


SECRETS = re.compile(r"salt|params|verifier|digest|token|m=\d|eyJ|password\b(?<!must_change_password)", re.IGNORECASE)


class TestNothingSecretIsInIt:
    def test_after_everything_that_has_to_do_with_passwords(self, office: Office) -> None:
        """A sign-in that fails, one that succeeds, a new password, a reset, a new colleague, a change of department."""
        nobody = office.nobody()
        with at_desk(office, None) as stranger:
            ask(stranger, "CALL crm.login('bill@epic.example', %s)", b"w" * 32)
        nobody.sign_in("bill@epic.example", PASSWORD)
        nobody.change_password("seven brass lanterns")
        ada = office.session("Ada Racine")
        one_time = ada.employees.reset_password(ada.employees.get(4))
        nina, first = ada.employees.create(full_name="Nina", email="nina@epic.example", department="sales")
        ada.employees.move(nina, "support", None, None)
        nobody.sign_out()
        everything = office.as_owner("SELECT c::text FROM crm.change AS c")
        written = "\n".join(line for (line,) in everything)
        assert "nina@epic.example" in written
        assert not SECRETS.search(written)
        for secret in (PASSWORD, "seven brass lanterns", one_time, first, *self.stored(office)):
            assert secret not in written

    def stored(self, office: Office) -> list[str]:
        """Everything that crm keeps to itself, as it would be written into JSON."""
        values = office.as_owner(
            "SELECT to_jsonb(c) FROM crm.credential AS c UNION ALL SELECT to_jsonb(s) FROM crm.secret AS s"
        )
        secrets = [text for (row,) in values for text in row.values() if isinstance(text, str) and len(text) > 12]
        assert len(secrets) > 10 and f"\\x{credential()[0].hex()}" in secrets
        return [secret.removeprefix("\\x") for secret in secrets]

    def test_that_a_password_must_be_changed_is_no_secret(self, office: Office) -> None:
        ada = office.session("Ada Racine")
        ada.employees.reset_password(ada.employees.get(4))
        (change,) = ada.employees.history(ada.employees.get(4), 1)
        assert change.fields == {"must_change_password": [False, True]}
        assert change.actor.full_name == "Ada Racine"

    def test_sessions_and_credentials_write_no_history(self, office: Office) -> None:
        recorded = office.as_owner(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE proname = 'record_change'"
        )
        assert {table for (table,) in recorded} == {f"crm.{entity}" for entity in ENTITIES}


class TestPlans:
    """EXPLAIN estimates, and counts what an index finds, before anybody is asked for a right."""

    @pytest.mark.parametrize("who", [None, "Bill Boquet"], ids=str)
    @pytest.mark.parametrize("analyze", [True, False], ids=["counts", "estimates"])
    def test_they_tell_no_word_of_what_was_changed(
        self, unchanged: Desks, besieged: Office, tokens: dict[str, str], who: str | None, analyze: bool
    ) -> None:
        options = "ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF" if analyze else "COSTS ON"
        with closing(besieged.connect(tokens[who] if who else None)) as connection:
            ask(connection, "SET enable_seqscan = off")
            for condition in (
                "fields @> %s::jsonb",
                "fields = %s::jsonb",
                "fields ->> 'email' = %s",
                "fields::text LIKE '%%' || %s",
                "fields -> 'full_name' ? %s",
            ):
                query = f"EXPLAIN ({options}) SELECT FROM crm.change WHERE entity = 'employee' AND {condition}"
                plans = {
                    "\n".join(re.sub("'.*'", "'…'", line) for (line,) in ask(connection, query, guess).rows)
                    for guess in (
                        '{"full_name": [null, "Ada Racine"]}',
                        '{"must_change_password": [true, false]}',  # of most of them
                        '{"full_name": [null, "Nobody"]}',
                        '{"email": []}',
                    )
                }
                assert len(plans) == 1, plans
                assert "Filter" in plans.pop()

    def test_there_are_neither_statistics_nor_an_index_of_it(self, besieged: Office) -> None:
        besieged.as_owner("ANALYZE crm.change")
        known = besieged.as_owner("SELECT attname FROM pg_stats WHERE schemaname = 'crm' AND tablename = 'change'")
        assert ("entity",) in known and ("fields",) not in known
        definitions = besieged.as_owner(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'crm' AND tablename = 'change'"
        )
        assert len(definitions) == 7
        assert not [definition for (definition,) in definitions if "fields" in definition]


class TestPages:
    """Of a long history, each filter's first page is a piece of an index, under row-level security."""

    FILTERS = (
        "true",
        "actor_id = 3",
        "entity = 'event'",
        "entity = 'contract' AND entity_id = 11",
        "client_id = 2",
        "action = 'delete'",
        "at < now() - interval '90 days'",
        "at >= now() - interval '90 days' AND at < now() - interval '89 days'",
    )

    @pytest.mark.parametrize("who", ["Kate Hastroff", "Ada Racine"])
    def test_no_page_reads_everything(self, office: Office, who: str) -> None:
        office.as_owner(
            "INSERT INTO crm.change (at, actor_id, client_id, entity, entity_id, action, fields)"
            " SELECT now() - (20000 - n) * interval '10 minutes', 2 + n %% 5, 1 + n %% 3,"
            " (ARRAY['client', 'contract', 'event', 'employee'])[1 + n %% 4], n %% 400,"
            " CASE WHEN n %% 1000 = 0 THEN 'delete' ELSE 'update' END, '{}' FROM generate_series(1, 20000) AS n"
        )
        office.as_owner("ANALYZE crm.change")
        with at_desk(office, who) as connection:
            for condition in self.FILTERS:
                plan = ask(
                    connection,
                    f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF) SELECT * FROM crm.change WHERE {condition}"
                    " ORDER BY at DESC, id DESC LIMIT 21",
                ).rows
                text = "\n".join(line for (line,) in plan)
                assert "Seq Scan" not in text, (condition, text)
                looked_at = [int(number) for number in re.findall(r"Rows Removed by Filter: (\d+)", text)]
                assert sum(looked_at) < 100, (condition, text)
