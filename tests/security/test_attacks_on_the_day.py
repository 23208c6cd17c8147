"""Who is locked is known to those who unlock, sign-ins to the administration: by raw SQL too."""

from __future__ import annotations

import pytest

from tests.company import Office
from tests.security.conftest import Desks
from tests.security.raw_sql import REFUSED, ask, at_desk

LOCKED = "SELECT * FROM crm.locked_accounts()"
WITHOUT_THE_RIGHT = ("Bill Boquet", "Kate Hastroff", "Mona Neuve", "Otto Ancien", None)


def lock(office: Office, *emails: str, until: str = "1 hour") -> None:
    for email in emails:
        office.as_owner(
            "INSERT INTO crm.login_throttle (email_hash, failures, not_before)"
            " VALUES (crm.email_hash(%s), 5, now() + %s::interval)",
            email,
            until,
        )


@pytest.mark.parametrize("who", ["Ada Racine", "Gina Comptoir"])
def test_whoever_unlocks_learns_who_is_locked_and_nothing_of_strangers(office: Office, who: str) -> None:
    lock(office, "bill@epic.example", "stranger@elsewhere.example", "otto@epic.example")
    lock(office, "kate@epic.example", until="-1 second")
    with at_desk(office, who) as ada:
        assert [row[0] for row in ask(ada, LOCKED).rows] == [2]  # neither a stranger, nor who left, nor who waited
        assert ask(ada, "SELECT count(*) FROM crm.locked_accounts() WHERE until > now()").rows == [(1,)]


@pytest.mark.parametrize("who", WITHOUT_THE_RIGHT[:2], ids=str)
def test_nobody_else_learns_anything(office: Office, who: str) -> None:
    lock(office, "bill@epic.example", "kate@epic.example", "gina@epic.example")
    with at_desk(office, who) as connection:
        for statement in (
            LOCKED,
            "SELECT FROM crm.locked_accounts() WHERE employee_id = 2",
            "SELECT (crm.locked_accounts()).until",
            "SELECT * FROM crm.colleague AS c, LATERAL crm.locked_accounts() AS l WHERE l.employee_id = c.id",
        ):
            answer = ask(connection, statement)
            assert (answer.state, answer.rows) == ("", []), statement


@pytest.mark.parametrize("who", WITHOUT_THE_RIGHT, ids=str)
def test_without_the_right_or_a_living_token_it_is_empty(unchanged: Desks, who: str | None) -> None:
    answer = ask(unchanged[who], LOCKED)
    assert (answer.state, answer.rows) == ("", [])


def test_a_token_counts_for_nothing_above_read_committed(office: Office) -> None:
    lock(office, "bill@epic.example")
    with at_desk(office, "Ada Racine") as ada:
        ask(ada, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert ask(ada, LOCKED).rows == []


def test_sign_ins_of_others_are_the_administrations(unchanged: Desks) -> None:
    seen = "SELECT DISTINCT employee_id FROM crm.session"
    for who, number in (("Bill Boquet", 2), ("Kate Hastroff", 4), ("Gina Comptoir", 6)):
        assert ask(unchanged[who], seen).rows == [(number,)]
    assert ask(unchanged["Ada Racine"], seen).count > 3
    assert ask(unchanged[None], seen).rows == []


def test_nobody_asks_the_table_or_the_hash_behind_it(unchanged: Desks) -> None:
    for who in ("Ada Racine", "Bill Boquet", None):
        assert ask(unchanged[who], "SELECT FROM crm.login_throttle").state == REFUSED
        assert ask(unchanged[who], "SELECT crm.email_hash('bill@epic.example')").state == REFUSED


@pytest.mark.parametrize("who", ["Otto Ancien", None], ids=str)
def test_indexes_of_the_day_give_no_row_away(unchanged: Desks, who: str | None) -> None:
    connection = unchanged[who]
    ask(connection, "SET enable_seqscan = off")
    for statement in (
        "SELECT creation_date, total_amount FROM crm.contract WHERE status = 'unsigned' AND creation_date > '2000-01-01'",
        "SELECT sum(total_amount) FROM crm.contract WHERE commercial_id = 2 AND status = 'signed' HAVING count(*) > 0",
        "SELECT amount_to_be_paid FROM crm.contract WHERE status = 'signed' AND amount_to_be_paid > 0 AND signed_at < now()",
        "SELECT last_update FROM crm.client WHERE commercial_contact_id = 2 AND last_update < now()",
        "SELECT end_date FROM crm.event WHERE support_contact_id = 4 AND end_date > '2000-01-01' AND cancelled_at IS NULL",
    ):
        answer = ask(connection, statement)
        assert (answer.state, answer.rows) == ("", []), statement
    ask(connection, "RESET enable_seqscan")
