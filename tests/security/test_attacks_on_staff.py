"""Who may make, move and dismiss whom; and somebody always remains who can."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import pytest

from tests.company import Office, credential
from tests.security.conftest import Desks, hire
from tests.security.raw_sql import BROKEN_RULE, REFUSED, Answer, ask, at_desk, on_version
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
        CALL crm.deactivate_employee(21, 1, NULL, NULL)
        CALL crm.deactivate_employee(2000, 1, NULL, NULL)
        CALL crm.move_employee(2, 2, 'admin', 3, NULL)
        CALL crm.reactivate_employee(7, 2, CREDENTIAL)
        CALL crm.unlock_employee(3)
        CALL crm.unlock_employee(2)
        SELECT crm.hand_over(3, 2, NULL, true)
    """,
    "Mona Neuve": """
        INSERT INTO crm.employee (full_name, email, department) VALUES ('New', 'new@epic.example', 'sales')
        UPDATE crm.employee SET must_change_password = false
        DELETE FROM crm.employee
    """,
    "Kate Hastroff": """
        CALL crm.deactivate_employee(5, 2, NULL, 4)
        CALL crm.move_employee(4, 2, 'accounting', NULL, NULL)
        CALL crm.unlock_employee(5)
        UPDATE crm.event SET support_contact_id = 4 WHERE id = 1023
        UPDATE crm.event SET support_contact_id = 5 WHERE id = 109
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
        UPDATE crm.employee SET active = false WHERE id = 2
        UPDATE crm.employee SET active = true WHERE id = 7
        UPDATE crm.employee SET department = 'support' WHERE id = 2
        UPDATE crm.client SET commercial_contact_id = 3 WHERE id = 1
        CALL crm.deactivate_employee(6, 2, NULL, NULL)
        CALL crm.deactivate_employee(1, 2, NULL, NULL)
        CALL crm.deactivate_employee(20, 1, NULL, NULL)
        CALL crm.deactivate_employee(20, NULL, NULL, NULL)
        CALL crm.move_employee(6, 2, 'sales', NULL, NULL)
        CALL crm.move_employee(6, 2, 'admin', NULL, NULL)
        CALL crm.move_employee(20, 1, 'sales', NULL, NULL)
        CALL crm.move_employee(21, 1, 'admin', NULL, NULL)
        CALL crm.move_employee(21, NULL, 'admin', NULL, NULL)
        CALL crm.reactivate_employee(22, 2, CREDENTIAL)
        CALL crm.unlock_employee(6)
        CALL crm.unlock_employee(20)
        SELECT crm.hand_over(2, 3, NULL, true)
        SELECT crm.lock_employee(2, 'read')
    """,
    "Ada Racine": """
        UPDATE crm.employee SET department = 'sales' WHERE id = 1
        UPDATE crm.employee SET active = false WHERE id = 1
        UPDATE crm.employee SET active = false
        UPDATE crm.employee SET department = 'sales' WHERE department = 'admin'
        DELETE FROM crm.employee WHERE id = 1
        DELETE FROM crm.employee WHERE id = 7
        CALL crm.set_one_time_password(1, CREDENTIAL)
        UPDATE crm.employee SET active = true WHERE id = 7
        UPDATE crm.event SET support_contact_id = NULL WHERE id = 109
        CALL crm.deactivate_employee(1, 2, NULL, NULL)
        CALL crm.move_employee(1, 2, 'accounting', NULL, NULL)
        CALL crm.unlock_employee(1)
        SELECT crm.hand_over(2, 3, NULL, true)
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


def close(key: int, clients_to: object = "NULL", events_to: object = "NULL") -> str:
    return on_version("deactivate_employee", key, str(clients_to), str(events_to))


def move(key: int, department: str, clients_to: object = "NULL", events_to: object = "NULL") -> str:
    return on_version("move_employee", key, f"'{department}'", str(clients_to), str(events_to))


def reopen(key: int) -> str:
    return on_version("reactivate_employee", key, CREDENTIAL)


def meanwhile(first: Any, changes: str, second: Any, statement: str) -> Answer:
    """What `second` hears to `statement`, which waits for `first`, who has done `changes` and commits only then."""
    answers: list[Answer] = []
    ask(first, "BEGIN")
    assert ask(first, changes).state == ""
    other = threading.Thread(target=lambda: answers.append(ask(second, statement)))
    other.start()
    other.join(0.3)
    assert other.is_alive()  # it waits
    ask(first, "COMMIT")
    other.join()
    return answers[0]


def test_a_dismissal_ends_all_sessions_for_good(practice: Office) -> None:
    with at_desk(practice, "Bill Boquet") as bill, at_desk(practice, "Gina Comptoir") as gina:
        assert ask(gina, close(2, 3)).state == ""
        assert ask(bill, "SELECT crm.actor_id()").rows == [(None,)]
        assert ask(gina, reopen(2)).state == ""
        assert ask(bill, "SELECT crm.actor_id()").rows == [(None,)]  # back, but not through the old door


def test_a_move_takes_the_old_rights_at_the_next_statement(practice: Office) -> None:
    with at_desk(practice, "Bill Boquet") as bill, at_desk(practice, "Gina Comptoir") as gina:
        assert ask(gina, move(2, "support", 3)).state == ""
        new = "INSERT INTO crm.client (full_name, email) VALUES ('New', 'new@x.example')"
        assert ask(bill, new).state == REFUSED
        assert ask(bill, "UPDATE crm.contract SET total_amount = 9000 WHERE id = 10").state == REFUSED
        assert ask(bill, "SELECT crm.actor_department()").rows == [("support",)]


def test_a_dismissed_administrator_is_brought_back_by_administrators_only(practice: Office) -> None:
    with at_desk(practice, "Ada Racine") as ada, at_desk(practice, "Gina Comptoir") as gina:
        assert ask(ada, close(20)).state == ""
        assert ask(gina, reopen(20)).state == REFUSED
        assert ask(gina, move(20, "sales")).state == REFUSED
        assert ask(ada, reopen(20)).state == ""


def test_who_may_unlock_whom(practice: Office) -> None:
    for email in ("bill@epic.example", "gina@epic.example", "ada@epic.example", "abel@epic.example"):
        practice.as_owner(
            "INSERT INTO crm.login_throttle (email_hash, failures, not_before)"
            " VALUES (crm.email_hash(%s), 5, now() + interval '1 hour')",
            email,
        )
    with at_desk(practice, "Ada Racine") as ada, at_desk(practice, "Gina Comptoir") as gina:
        for forbidden in (6, 20, 1):
            assert ask(gina, f"CALL crm.unlock_employee({forbidden})").state == REFUSED
        assert ask(ada, "CALL crm.unlock_employee(1)").state == REFUSED
        assert ask(gina, "CALL crm.unlock_employee(2)").state == ""
        again = ask(gina, "CALL crm.unlock_employee(2)")
        assert (again.state, again.constraint) == (BROKEN_RULE, "employee_locked")
        assert ask(ada, "CALL crm.unlock_employee(20)").state == ""
    assert practice.as_owner("SELECT count(*) FROM crm.login_throttle WHERE not_before > now()") == [(2,)]


RECEIVERS = {
    "hand_over_clients_to_nobody": close(2),
    "hand_over_clients_to": close(2, 7),
    "hand_over_clients_to ": close(2, 4),
    "hand_over_clients_to  ": move(2, "support", 2),
    "hand_over_events_to": close(4, "NULL", 8),
    "hand_over_events_to ": close(4, "NULL", 2),
    "hand_over_events_to  ": move(4, "sales", "NULL", 4),
    "hand_over_clients_to    ": close(2, 9999),
    "employee_other_department": move(4, "support"),
    "employee_open": close(7),
    "employee_closed": reopen(2),
}


@pytest.mark.parametrize("who", ["Gina Comptoir", "Ada Racine"])
@pytest.mark.parametrize("constraint", RECEIVERS)
def test_a_hand_over_to_the_wrong_people_is_refused(unchanged: Desks, who: str, constraint: str) -> None:
    answer = ask(unchanged[who], RECEIVERS[constraint])
    assert (answer.state, answer.constraint) == (BROKEN_RULE, constraint.strip())


def test_an_old_version_changes_nothing(unchanged: Desks) -> None:
    for statement in (
        "CALL crm.deactivate_employee(2, 1, 3, NULL)",
        "CALL crm.deactivate_employee(2, NULL, 3, NULL)",
        "CALL crm.move_employee(2, 1, 'support', 3, NULL)",
        "CALL crm.move_employee(2, NULL, 'support', 3, NULL)",
        f"CALL crm.reactivate_employee(7, 1, {CREDENTIAL})",
        f"CALL crm.reactivate_employee(7, NULL, {CREDENTIAL})",
    ):
        assert ask(unchanged["Gina Comptoir"], statement).state == "40001", statement


@pytest.mark.parametrize("change", ["active = false", "department = 'sales'"])
def test_the_last_active_administrator_stays_even_for_the_owner(practice: Office, change: str) -> None:
    practice.as_owner("UPDATE crm.employee SET active = false WHERE id = 20")
    with closing(practice.connect(None)) as nobody:
        assert ask(nobody, f"UPDATE crm.employee SET {change} WHERE id = 1").state == REFUSED
    with pytest.raises(Exception, match="last active administrator"):
        practice.as_owner(f"UPDATE crm.employee SET {change} WHERE id = 1")


@pytest.mark.parametrize("verb", ["close", "move"])
def test_two_administrators_do_not_close_each_other(practice: Office, verb: str) -> None:
    """Each statement alone would be allowed; the second waits for the first, and then is not."""
    ((token,),) = practice.as_owner("SELECT crm.issue_token(20)")
    statement = {"close": close, "move": lambda key: move(key, "sales")}[verb]
    with at_desk(practice, "Ada Racine") as ada, closing(practice.connect(token)) as abel:
        assert meanwhile(ada, statement(20), abel, statement(1)).state in (BROKEN_RULE, REFUSED)
    assert practice.as_owner("SELECT id FROM crm.employee WHERE department = 'admin' AND active") == [(1,)]


def test_a_right_lost_while_waiting_is_lost(practice: Office) -> None:
    """Three administrators: the one dismissed while his statement waits changes nothing any more."""
    hire(practice, 23, "Anna Racine", "anna@epic.example", "admin", False)
    ((token,),) = practice.as_owner("SELECT crm.issue_token(20)")
    with at_desk(practice, "Ada Racine") as ada, closing(practice.connect(token)) as abel:
        assert meanwhile(ada, close(20), abel, close(23)).state == REFUSED
    assert practice.as_owner("SELECT active FROM crm.employee WHERE id IN (20, 23) ORDER BY id") == [(False,), (True,)]


def test_a_colleague_being_made_administrator_is_one(practice: Office) -> None:
    """Accounting may not slip a password in between the promotion and its COMMIT."""
    with at_desk(practice, "Ada Racine") as ada, at_desk(practice, "Gina Comptoir") as gina:
        reset = f"CALL crm.set_one_time_password(2, {CREDENTIAL})"
        assert meanwhile(ada, move(2, "admin", 3), gina, reset).state == REFUSED


NEW_CLIENT = "INSERT INTO crm.client (full_name, email) VALUES ('Last Minute', 'last@minute.example')"


class TestNothingSlipsThroughAHandOver:
    """Two connections, each in the middle of its transaction when the other begins."""

    @pytest.mark.parametrize("leave", [close(2, 3), move(2, "support", 3)], ids=["closed", "moved"])
    def test_a_client_made_before_goes_over_too(self, practice: Office, leave: str) -> None:
        with at_desk(practice, "Bill Boquet") as bill, at_desk(practice, "Gina Comptoir") as gina:
            assert meanwhile(bill, NEW_CLIENT, gina, leave).state == ""
        made = "SELECT commercial_contact_id FROM crm.client WHERE full_name = 'Last Minute'"
        assert practice.as_owner(made) == [(3,)]

    @pytest.mark.parametrize("leave", [close(2, 3), move(2, "support", 3)], ids=["closed", "moved"])
    def test_a_client_made_after_is_refused(self, practice: Office, leave: str) -> None:
        with at_desk(practice, "Bill Boquet") as bill, at_desk(practice, "Gina Comptoir") as gina:
            assert meanwhile(gina, leave, bill, NEW_CLIENT).state == REFUSED

    def test_an_event_assigned_before_goes_over_too(self, practice: Office) -> None:
        assign = "UPDATE crm.event SET support_contact_id = 4 WHERE id = 1024"
        with at_desk(practice, "Gina Comptoir") as gina, at_desk(practice, "Ada Racine") as ada:
            assert meanwhile(gina, assign, ada, close(4, "NULL", 5)).state == ""
        assert practice.as_owner("SELECT DISTINCT support_contact_id FROM crm.event") == [(5,)]

    def test_an_event_assigned_after_is_refused(self, practice: Office) -> None:
        assign = "UPDATE crm.event SET support_contact_id = 4 WHERE id = 1024"
        with at_desk(practice, "Gina Comptoir") as gina, at_desk(practice, "Ada Racine") as ada:
            answer = meanwhile(ada, close(4, "NULL", 5), gina, assign)
        assert answer.constraint == "event_support_contact"

    def test_a_contract_made_before_goes_over_too(self, practice: Office) -> None:
        new = "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (1, 77, 77)"
        with at_desk(practice, "Gina Comptoir") as gina, at_desk(practice, "Ada Racine") as ada:
            assert meanwhile(gina, new, ada, close(2, 3)).state == ""
        assert practice.as_owner("SELECT commercial_id FROM crm.contract WHERE total_amount = 77") == [(3,)]

    def test_a_contract_made_after_is_the_new_contacts(self, practice: Office) -> None:
        new = "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (1, 77, 77)"
        with at_desk(practice, "Gina Comptoir") as gina, at_desk(practice, "Ada Racine") as ada:
            assert meanwhile(ada, close(2, 3), gina, new).state == ""
        assert practice.as_owner("SELECT commercial_id FROM crm.contract WHERE total_amount = 77") == [(3,)]

    def test_a_receiver_who_leaves_meanwhile_receives_nothing(self, practice: Office) -> None:
        with at_desk(practice, "Gina Comptoir") as gina, at_desk(practice, "Ada Racine") as ada:
            answer = meanwhile(ada, close(3, 2), gina, close(2, 3))
        assert answer.constraint == "hand_over_clients_to"
        assert practice.as_owner("SELECT DISTINCT commercial_contact_id FROM crm.client") == [(2,)]


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
