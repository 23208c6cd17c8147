"""Who may make, move and dismiss whom; and somebody always remains who can."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from tests.company import Office, credential
from tests.security.conftest import Desks, hire
from tests.security.raw_sql import BROKEN_RULE, REFUSED, Answer, ask, at_desk
from tests.security.rights import CREDENTIAL

ATTEMPTS = {
    "Bill Boquet": """
        UPDATE crm.employee SET department = 'admin' WHERE id = 2
        UPDATE crm.employee SET department = 'accounting'
        UPDATE crm.employee SET full_name = 'William' WHERE id = 2
        UPDATE crm.employee SET active = true WHERE id = 2
        UPDATE crm.employee SET must_change_password = false WHERE id = 2
        INSERT INTO crm.employee (full_name, email, department) VALUES ('New', 'new@epic.example', 'admin')
        INSERT INTO crm.employee (full_name, email, department) VALUES ('New', 'new@epic.example', 'sales')
        DELETE FROM crm.employee
        MERGE INTO crm.employee AS e USING (VALUES (2)) AS v (id) ON e.id = v.id WHEN MATCHED THEN UPDATE SET department = 'admin'
        WITH me AS (UPDATE crm.employee SET department = 'admin' WHERE id = 2 RETURNING *) SELECT * FROM me
    """,
    "Mona Neuve": """
        INSERT INTO crm.employee (full_name, email, department) VALUES ('New', 'new@epic.example', 'sales')
        UPDATE crm.employee SET must_change_password = false
        DELETE FROM crm.employee
    """,
    "Gina Comptoir": """
        UPDATE crm.employee SET department = 'admin' WHERE id = 6
        UPDATE crm.employee SET department = 'sales' WHERE id = 6
        UPDATE crm.employee SET active = false WHERE id = 6
        UPDATE crm.employee SET department = 'admin' WHERE id = 2
        UPDATE crm.employee SET department = 'admin' WHERE id = 7
        UPDATE crm.employee SET department = 'sales' WHERE id = 1
        UPDATE crm.employee SET active = false WHERE id = 1
        UPDATE crm.employee SET active = false WHERE department = 'admin'
        UPDATE crm.employee SET email = 'gina2@epic.example' WHERE id = 1
        UPDATE crm.employee SET full_name = 'Nobody' WHERE id = 20
        UPDATE crm.employee SET full_name = full_name WHERE id = 1
        INSERT INTO crm.employee (full_name, email, department) VALUES ('New', 'new@epic.example', 'admin')
        INSERT INTO crm.employee (full_name, email, department) VALUES ('N', 'n@epic.example', 'sales'), ('A', 'a@epic.example', 'admin')
        INSERT INTO crm.employee (id, full_name, email, department) VALUES (0, 'New', 'new@epic.example', 'sales')
        INSERT INTO crm.employee (full_name, email, department, must_change_password) VALUES ('N', 'n@epic.example', 'sales', false)
        INSERT INTO crm.employee (full_name, email, department, active) VALUES ('N', 'n@epic.example', 'sales', true)
        INSERT INTO crm.employee (id, full_name, email, department) VALUES (1, 'N', 'n@epic.example', 'sales') ON CONFLICT (id) DO UPDATE SET department = 'sales'
        INSERT INTO crm.employee (full_name, email, department) VALUES ('N', 'ada@epic.example', 'sales') ON CONFLICT ((lower(email))) DO UPDATE SET department = 'sales'
        MERGE INTO crm.employee AS e USING (VALUES (1)) AS v (id) ON e.id = v.id WHEN MATCHED THEN UPDATE SET active = false
        MERGE INTO crm.employee AS e USING (VALUES (1)) AS v (id) ON e.id = v.id WHEN MATCHED THEN DELETE
        UPDATE crm.employee SET id = 1000 WHERE id = 2
        UPDATE crm.employee SET version = 1 WHERE id = 2
        UPDATE crm.employee SET must_change_password = false WHERE id = 21
        DELETE FROM crm.employee WHERE id = 7
        CALL crm.set_one_time_password(1, CREDENTIAL)
        CALL crm.set_one_time_password(20, CREDENTIAL)
        CALL crm.set_one_time_password(6, CREDENTIAL)
    """,
    "Ada Racine": """
        UPDATE crm.employee SET department = 'sales' WHERE id = 1
        UPDATE crm.employee SET active = false WHERE id = 1
        UPDATE crm.employee SET active = false
        UPDATE crm.employee SET department = 'sales' WHERE department = 'admin'
        DELETE FROM crm.employee WHERE id = 1
        DELETE FROM crm.employee WHERE id = 7
        CALL crm.set_one_time_password(1, CREDENTIAL)
    """,
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        pytest.param(who, line.strip().replace("CREDENTIAL", CREDENTIAL), id=f"{who.split()[0]}: {line.strip()[:100]}")
        for who, statements in ATTEMPTS.items()
        for line in statements.strip().splitlines()
    ],
)
def test_refused_and_nothing_changed(unchanged: Desks, who: str, statement: str) -> None:
    answer = ask(unchanged[who], statement)
    assert answer.state == REFUSED, answer


def test_a_dismissal_ends_all_sessions_for_good(practice: Office) -> None:
    with at_desk(practice, "Bill Boquet") as bill, at_desk(practice, "Gina Comptoir") as gina:
        assert ask(gina, "UPDATE crm.employee SET active = false WHERE id = 2").count == 1
        assert ask(bill, "SELECT crm.actor_id()").rows == [(None,)]
        assert ask(gina, "UPDATE crm.employee SET active = true WHERE id = 2").count == 1
        assert ask(bill, "SELECT crm.actor_id()").rows == [(None,)]  # back, but not through the old door


def test_a_dismissed_administrator_is_brought_back_by_administrators_only(practice: Office) -> None:
    with at_desk(practice, "Ada Racine") as ada, at_desk(practice, "Gina Comptoir") as gina:
        assert ask(ada, "UPDATE crm.employee SET active = false WHERE id = 20").count == 1
        assert ask(gina, "UPDATE crm.employee SET active = true WHERE id = 20").state == REFUSED
        assert ask(gina, "UPDATE crm.employee SET department = 'sales' WHERE id = 20").state == REFUSED
        assert ask(ada, "UPDATE crm.employee SET active = true WHERE id = 20").count == 1


@pytest.mark.parametrize("change", ["active = false", "department = 'sales'"])
def test_the_last_active_administrator_stays_even_for_the_owner(practice: Office, change: str) -> None:
    practice.as_owner("UPDATE crm.employee SET active = false WHERE id = 20")
    with closing(practice.connect(None)) as nobody:
        assert ask(nobody, f"UPDATE crm.employee SET {change} WHERE id = 1").state == REFUSED
    with pytest.raises(Exception, match="last active administrator"):
        practice.as_owner(f"UPDATE crm.employee SET {change} WHERE id = 1")


@pytest.mark.parametrize("change", ["active = false", "department = 'sales'"])
def test_two_administrators_do_not_close_each_other(practice: Office, change: str) -> None:
    """Each statement alone would be allowed; the second waits for the first, and then is not."""
    ((token,),) = practice.as_owner("SELECT crm.issue_token(20)")
    answers: list[Answer] = []
    with at_desk(practice, "Ada Racine") as ada, closing(practice.connect(token)) as abel:
        ask(ada, "BEGIN")
        assert ask(ada, f"UPDATE crm.employee SET {change} WHERE id = 20").count == 1
        other = threading.Thread(
            target=lambda: answers.append(ask(abel, f"UPDATE crm.employee SET {change} WHERE id = 1"))
        )
        other.start()
        other.join(0.3)
        assert other.is_alive()  # it waits
        ask(ada, "COMMIT")
        other.join()
    assert answers[0].state in (BROKEN_RULE, REFUSED)
    assert practice.as_owner("SELECT id FROM crm.employee WHERE department = 'admin' AND active") == [(1,)]


def test_a_right_lost_while_waiting_is_lost(practice: Office) -> None:
    """Three administrators: the one dismissed while his statement waits changes nothing any more."""
    hire(practice, 22, "Anna Racine", "anna@epic.example", "admin", False)
    ((token,),) = practice.as_owner("SELECT crm.issue_token(20)")
    answers: list[Answer] = []
    with at_desk(practice, "Ada Racine") as ada, closing(practice.connect(token)) as abel:
        ask(ada, "BEGIN")
        assert ask(ada, "UPDATE crm.employee SET active = false WHERE id = 20").count == 1
        other = threading.Thread(
            target=lambda: answers.append(ask(abel, "UPDATE crm.employee SET active = false WHERE id = 22"))
        )
        other.start()
        other.join(0.3)
        ask(ada, "COMMIT")
        other.join()
    assert answers[0].state == REFUSED
    assert practice.as_owner("SELECT active FROM crm.employee WHERE id IN (20, 22) ORDER BY id") == [(False,), (True,)]


def test_a_colleague_being_made_administrator_is_one(practice: Office) -> None:
    """Accounting may not slip a password in between the promotion and its COMMIT."""
    answers: list[Answer] = []
    with at_desk(practice, "Ada Racine") as ada, at_desk(practice, "Gina Comptoir") as gina:
        ask(ada, "BEGIN")
        assert ask(ada, "UPDATE crm.employee SET department = 'admin' WHERE id = 2").count == 1
        reset = f"CALL crm.set_one_time_password(2, {CREDENTIAL})"
        other = threading.Thread(target=lambda: answers.append(ask(gina, reset)))
        other.start()
        other.join(0.2)
        ask(ada, "COMMIT")
        other.join()
    assert answers[0].state == REFUSED


def test_number_zero_would_be_everybody(practice: Office) -> None:
    """crm.reach says 0 for "all"; so nobody may be number 0, not even in imported records."""
    with pytest.raises(Exception, match="employee_id_check"):
        hire(practice, 0, "Zoë Zéro", "zoe@epic.example", "sales", False)


def test_a_new_colleague_can_do_nothing_before_the_first_sign_in(practice: Office) -> None:
    with at_desk(practice, "Gina Comptoir") as gina:
        new = "INSERT INTO crm.employee (full_name, email, department) VALUES ('New', 'new@epic.example', 'sales')"
        ((key,),) = ask(gina, f"{new} RETURNING id").rows
        with closing(practice.connect(None)) as nobody:
            attempt = ask(nobody, "CALL crm.login('new@epic.example', %s)", credential()[2])
            assert attempt.rows[0][0] == "refused"
        assert ask(gina, f"CALL crm.set_one_time_password({key}, {CREDENTIAL})").state == ""
    assert practice.as_owner("SELECT must_change_password FROM crm.employee WHERE id = %s", key) == [(True,)]
