"""Exporting and anonymising clients: whose right it is, and that the history is append-only in every other way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from crm import personal_data
from crm.errors import NotAllowed
from tests import former_client
from tests.company import Office
from tests.former_client import NUMBER, TRACES, VERSION
from tests.security.conftest import hire
from tests.security.raw_sql import BROKEN_RULE, REFUSED, ask, ask_each, at_desk, fingerprint

EXPORT = f"CALL crm.export_client({NUMBER})"
ANONYMISE = f"CALL crm.anonymise_client({NUMBER}, {VERSION})"
OTHERS = ("Bill Boquet", "Dawn Lefèvre", "Kate Hastroff", "Ada Racine")
"""The client's own commercial contact among them."""
NOBODIES = ("Mona Neuve", "Otto Ancien", None)
REWRITES = (
    "UPDATE crm.change SET fields = '{}'",
    "UPDATE crm.change SET fields = jsonb_set(fields, '{full_name}', '[null, \"X\"]') WHERE entity_id = 17",
    "UPDATE crm.change SET actor_id = 2",
    "UPDATE crm.change SET at = now()",
    "UPDATE crm.change SET action = 'update' WHERE action = 'anonymise'",
    "UPDATE crm.change SET entity_id = 18 WHERE entity_id = 17",
    "UPDATE crm.change SET fields = '{\"phone\": [1, 2]}' WHERE action = 'export'",
    "DELETE FROM crm.change",
    "DELETE FROM crm.change WHERE action IN ('export', 'anonymise')",
    "TRUNCATE crm.change",
)
EMPTY = "UPDATE crm.change SET fields = fields WHERE false"


@pytest.fixture
def former(office: Office) -> Office:
    former_client.add(office)
    hire(office, 21, "Mona Neuve", "mona@epic.example", "sales", True)
    return office


def token(office: Office, who: str | None) -> str | None:
    if who is None:
        return None
    return str(office.as_owner("SELECT crm.issue_token(id) FROM crm.employee WHERE full_name = %s", who)[0][0])


def everything(office: Office) -> dict[str, str]:
    with closing(psycopg2.connect(**office.owner)) as owner:
        return fingerprint(owner)


class TestRights:
    @pytest.mark.parametrize("who", [*OTHERS, *NOBODIES], ids=str)
    def test_others_are_refused_in_raw_sql(self, former: Office, who: str | None) -> None:
        with closing(former.connect(token(former, who))) as desk:
            before = everything(former)
            for statement in (
                EXPORT,
                ANONYMISE,
                f"CALL crm.anonymise_client({NUMBER}, NULL)",
                "CALL crm.export_client(999)",
            ):
                answer = ask(desk, statement)
                assert (answer.state, answer.rows) == (REFUSED, []), (statement, answer)
            assert everything(former) == before

    @pytest.mark.parametrize("who", OTHERS)
    def test_others_are_refused_by_the_managers(self, former: Office, who: str) -> None:
        session = former.session(who)
        client = session.clients.get(NUMBER)
        before = everything(former)
        with pytest.raises(NotAllowed):
            personal_data.export(session, client)
        with pytest.raises(NotAllowed):
            personal_data.anonymise(session, client)
        assert everything(former) == before
        assert not session.clients.may(client, "export") and not session.clients.may(client, "anonymise")

    def test_accounting_may_in_raw_sql(self, former: Office) -> None:
        with at_desk(former, "Gina Comptoir") as gina:
            ((held,),) = ask(gina, EXPORT).rows
            assert held["client"]["id"] == NUMBER and held["history"][-1]["action"] == "export"
            assert ask(gina, ANONYMISE).state == ""
        text = " ".join(str(row) for row in former.as_owner("SELECT c FROM crm.change AS c")).lower()
        assert not [trace for trace in TRACES if trace in text]
        traces = former.as_owner(
            "SELECT action, actor_id FROM crm.change WHERE entity = 'client' AND entity_id = 17 ORDER BY id DESC LIMIT 2"
        )
        assert traces == [("anonymise", 6), ("export", 6)]

    def test_nobody_asks_in_somebody_elses_name(self, former: Office) -> None:
        with at_desk(former, "Bill Boquet") as bill:
            for statement in (
                "INSERT INTO crm.change (actor_id, entity, entity_id, action, fields) VALUES (6, 'client', 17, 'export', '{}')",
                "INSERT INTO crm.scrubbing DEFAULT VALUES",
                "SELECT FROM crm.scrubbing",
                "DELETE FROM crm.scrubbing",
                "SELECT crm.anonymising()",
                "SELECT crm.scrubbed('client', '{}')",
                "UPDATE crm.client SET anonymised_at = now() WHERE id = 17",
                "INSERT INTO crm.client (full_name, email, anonymised_at) VALUES ('X', 'x@y', now())",
            ):
                assert ask(bill, statement).state == REFUSED, statement

    @pytest.mark.parametrize("seen", ["NULL", "999"])
    def test_what_cannot_be_taken_back_wants_the_version_of_now(self, former: Office, seen: str) -> None:
        with at_desk(former, "Gina Comptoir") as gina:
            assert ask(gina, f"CALL crm.anonymise_client(17, {seen})").state == "40001"
        assert former.as_owner("SELECT anonymised_at FROM crm.client WHERE id = 17") == [(None,)]

    def test_the_rule_is_told_only_to_those_who_may(self, former: Office) -> None:
        """A broken rule would tell that there is such a client; the right is asked for first."""
        with at_desk(former, "Gina Comptoir") as gina:
            assert ask(gina, ANONYMISE).state == ""
            assert (
                ask(gina, "UPDATE crm.contract SET amount_to_be_paid = 1 WHERE id = 170").constraint
                == "client_anonymised"
            )
        with at_desk(former, "Kate Hastroff") as kate:
            assert ask(kate, "UPDATE crm.client SET phone = '1' WHERE id = 17").state == REFUSED
            assert ask(kate, "UPDATE crm.contract SET amount_to_be_paid = 1 WHERE id = 170").state == REFUSED
            assert (
                ask(
                    kate, "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (17, 1, 1)"
                ).state
                == REFUSED
            )
            assert ask(kate, "UPDATE crm.event SET notes = 'x' WHERE id = 1700").constraint == "client_anonymised"
        with at_desk(former, "Bill Boquet") as bill:
            assert ask(bill, "UPDATE crm.event SET notes = 'x' WHERE id = 1700").state == REFUSED
            answer = ask(bill, "UPDATE crm.client SET phone = '1' WHERE id = 17")
            assert (answer.state, answer.constraint) == (BROKEN_RULE, "client_anonymised")


@pytest.fixture
def owner(former: Office) -> Iterator[Any]:
    """A superuser, who is the owner in their ordinary use."""
    with closing(psycopg2.connect(**former.owner)) as connection:
        connection.autocommit = True
        yield connection


class TestAppendOnly:
    @pytest.mark.parametrize("role", ["postgres", "epic_owner"])
    def test_the_owner_rewrites_nothing(self, former: Office, owner: Any, role: str) -> None:
        with at_desk(former, "Gina Comptoir") as gina:
            assert ask_each(gina, EXPORT, ANONYMISE).state == ""
        ask(owner, f"SET ROLE {role}")
        before = everything(former)
        for statement in (*REWRITES, EMPTY):
            assert ask(owner, statement).state == REFUSED, statement
        assert everything(former) == before

    def test_not_in_the_same_transaction_either(self, former: Office, owner: Any) -> None:
        """Behind the procedure, in front of it, and behind savepoints that take it back."""
        for before in (
            [ANONYMISE],
            ["SAVEPOINT a", ANONYMISE, "ROLLBACK TO a"],
            ["SAVEPOINT a", ANONYMISE, "RELEASE a"],
            ["SAVEPOINT a", f"CALL crm.anonymise_client({NUMBER}, 999)", "ROLLBACK TO a"],
            [EXPORT],
            [],
        ):
            for statement in REWRITES:
                ask(owner, "BEGIN")
                for earlier in before:
                    ask(owner, earlier)
                assert ask(owner, "SELECT 1 FROM crm.scrubbing").rows == []
                assert ask(owner, statement).state == REFUSED, (before, statement)
                ask(owner, "ROLLBACK")

    def test_nor_for_the_application_role(self, former: Office) -> None:
        with at_desk(former, "Gina Comptoir") as gina:
            for statement in REWRITES:
                assert ask_each(gina, "BEGIN", ANONYMISE).state == ""
                assert ask(gina, statement).state == REFUSED, statement
                ask(gina, "ROLLBACK")

    def test_a_forged_mark_takes_values_out_and_does_nothing_else(self, former: Office, owner: Any) -> None:
        """Only the owner can forge it, who could as well drop the trigger; and even so nothing can be written into the past."""
        for statement in REWRITES:
            assert ask_each(owner, "BEGIN", EXPORT, "INSERT INTO crm.scrubbing DEFAULT VALUES").state == ""
            assert ask(owner, statement).state == REFUSED or ask(owner, statement).count == 0, statement
            ask(owner, "ROLLBACK")
        ask_each(owner, "BEGIN", "INSERT INTO crm.scrubbing DEFAULT VALUES")
        assert ask(owner, "UPDATE crm.change SET fields = crm.scrubbed(entity, fields)").state == ""
        ask(owner, "ROLLBACK")

    def test_the_mark_of_another_transaction_does_not_count(self, former: Office, owner: Any) -> None:
        ask(owner, "INSERT INTO crm.scrubbing DEFAULT VALUES")
        assert ask(owner, "SELECT count(*) FROM crm.scrubbing").rows == [(1,)]
        for statement in (*REWRITES, EMPTY):
            assert ask(owner, statement).state == REFUSED, statement

    def test_while_somebody_anonymises_nobody_else_rewrites(self, former: Office, owner: Any) -> None:
        with at_desk(former, "Gina Comptoir") as gina:
            assert ask_each(gina, "BEGIN", ANONYMISE).state == ""
            for statement in (EMPTY, "UPDATE crm.change SET fields = '{}' WHERE entity_id = 1"):
                assert ask(owner, statement).state == REFUSED
            ask(gina, "ROLLBACK")

    def test_a_rollback_takes_all_of_it_back(self, former: Office) -> None:
        before = everything(former)
        with at_desk(former, "Gina Comptoir") as gina:
            assert ask_each(gina, "BEGIN", ANONYMISE, "ROLLBACK").state == ""
        after = everything(former)
        assert {name for name in before if before[name] != after[name]} <= {"session"}


def test_what_a_line_without_persons_is(office: Office) -> None:
    for entity, written, scrubbed in (
        ("client", '{"full_name": ["A", "B"]}', {"full_name": [{"removed": True}, {"removed": True}]}),
        (
            "client",
            '{"phone": ["", "1"], "email": [null, "x@y"]}',
            {"phone": ["", {"removed": True}], "email": [None, {"removed": True}]},
        ),
        ("client", '{"first_contact": ["2020-01-01", "2021-01-01"]}', {"first_contact": ["2020-01-01", "2021-01-01"]}),
        (
            "event",
            '{"notes": ["x", null], "attendees": [1, 2]}',
            {"notes": [{"removed": True}, None], "attendees": [1, 2]},
        ),
        ("event", '{"title": [{"removed": true}, "x"]}', {"title": [{"removed": True}, {"removed": True}]}),
        ("contract", '{"total_amount": [1.5, 2]}', {"total_amount": [1.5, 2]}),
        ("employee", '{"full_name": ["A", "B"]}', {"full_name": ["A", "B"]}),
        ("client", "{}", {}),
    ):
        assert office.as_owner("SELECT crm.scrubbed(%s, %s::jsonb)", entity, written) == [(scrubbed,)]
