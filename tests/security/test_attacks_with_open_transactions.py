"""What somebody holds open must hold up nobody who wants to be rid of them, nor keep anybody out."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from tests.company import PASSWORD, Office
from tests.security.raw_sql import BROKEN_RULE, REFUSED, ask, at_desk, on_version

HELD = ["CALL crm.keep_alive()", "CALL crm.logout()", "CALL crm.revoke_sessions(2)"]
"""By whoever copied Bill's token, in a transaction that never ends."""
WAYS_OUT = {
    "Bill Boquet": ["CALL crm.revoke_sessions(2, true)"],
    "Ada Racine": ["CALL crm.revoke_sessions(2)"],
}
WRITE = "UPDATE crm.client SET phone = 'thief' WHERE id = 1"


def impatient(connection: Any) -> Any:
    """Whatever waits longer than this waits for somebody who holds on to something."""
    assert ask(connection, "SET lock_timeout = '1s'").state == ""
    return connection


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("who", WAYS_OUT)
def test_a_stolen_token_does_not_hold_off_its_end(practice: Office, who: str, held: str) -> None:
    copied = practice.token("Bill Boquet")
    practice.as_owner("UPDATE crm.session SET last_used = last_used - interval '1 hour'")
    with closing(practice.connect(copied)) as holder, closing(practice.connect(copied)) as thief:
        assert ask(thief, WRITE.replace("thief", "bill")).count == 1
        ask(holder, "BEGIN")
        assert ask(holder, held).state == ""
        with at_desk(practice, who) as victim:
            for statement in WAYS_OUT[who]:
                assert ask(impatient(victim), statement).state == "", statement
        assert ask(thief, WRITE).count == 0
        assert ask(thief, "CALL crm.keep_alive()").state == REFUSED
        ask(holder, "ROLLBACK")
        assert ask(holder, WRITE).count == 0


def test_nobody_keeps_others_from_signing_in(practice: Office) -> None:
    with closing(practice.connect(None)) as holder, closing(practice.connect(None)) as other:
        attempt = ask(holder, "SELECT crm.login_begin('nobody@x.y', '\\x00')").rows[0][0]
        ask(holder, "BEGIN")
        assert ask(holder, "SELECT * FROM crm.login_finish(%s)", attempt).state == ""
        practice.as_owner("SELECT 1")
        ask(impatient(other), "SELECT crm.login_begin('nobody@z.y', '\\x00')")
        old = "UPDATE crm.login_attempt SET made_at = made_at - interval '2 minutes' WHERE id <> %s"
        practice.as_owner(old, attempt)
        assert ask(other, "CALL crm.login('dawn@epic.example', '\\x00')").rows[0][0] == "refused"
        ask(holder, "ROLLBACK")


def test_an_attempt_held_on_to_is_not_waited_for(practice: Office) -> None:
    """It is cleared away once it is a minute old, by whoever signs in next: but not while somebody has it."""
    with closing(practice.connect(None)) as holder, closing(practice.connect(None)) as other:
        attempt = ask(holder, "SELECT crm.login_begin('nobody@x.y', '\\x00')").rows[0][0]
        practice.as_owner("UPDATE crm.login_attempt SET made_at = made_at - interval '2 minutes'")
        ask(holder, "BEGIN")
        assert ask(holder, "SELECT * FROM crm.login_finish(%s)", attempt).state == ""
        assert ask(impatient(other), "CALL crm.login('dawn@epic.example', '\\x00')").state == ""
        ask(holder, "ROLLBACK")


def test_a_new_address_allows_no_more_guesses(practice: Office) -> None:
    with at_desk(practice, "Gina Comptoir") as gina, closing(practice.connect(None)) as thief:
        for _guess in range(3):
            assert ask(thief, "CALL crm.login('gina@epic.example', '\\x00')").rows[0][0] == "refused"
        assert ask(gina, "UPDATE crm.employee SET email = 'g1@epic.example' WHERE id = 6").count == 1
        assert ask(thief, "CALL crm.login('g1@epic.example', '\\x00')").rows[0][0] == "delayed"


def test_unlocking_is_no_way_to_guess_on(office: Office) -> None:
    """The next wrong password locks again, and it stands in the history who unlocked."""
    office.as_owner(
        "INSERT INTO crm.login_throttle (email_hash, failures, not_before)"
        " VALUES (crm.email_hash('bill@epic.example'), 5, now() + interval '1 hour')"
    )
    with at_desk(office, "Gina Comptoir") as gina, closing(office.connect(None)) as thief:
        assert ask(gina, "CALL crm.unlock_employee(2)").state == ""
        assert ask(thief, "CALL crm.login('bill@epic.example', '\\x00')").rows[0][0] == "refused"
        assert ask(thief, "CALL crm.login('bill@epic.example', '\\x00')").rows[0][0] == "delayed"
        assert ask(gina, "CALL crm.unlock_employee(2)").state == ""
    assert office.nobody().sign_in("bill@epic.example", PASSWORD).name == "Bill Boquet"
    trace = "SELECT actor_id, entity_id, fields FROM crm.change WHERE action = 'unlock'"
    assert office.as_owner(trace) == [(6, 2, {}), (6, 2, {})]


@pytest.mark.parametrize("back", ["end_date = '2031-01-02Z'", "start_date = '2031-01-01Z', end_date = '2031-01-02Z'"])
def test_no_event_comes_back_to_somebody_who_left(practice: Office, back: str) -> None:
    practice.as_owner(
        "INSERT INTO crm.event (id, contract_id, title, support_contact_id, start_date, end_date)"
        " VALUES (500, 652, 'Long ago', 4, '2020-01-01Z', '2020-01-02Z')"
    )
    with at_desk(practice, "Ada Racine") as ada, at_desk(practice, "Gina Comptoir") as gina:
        assert ask(ada, on_version("deactivate_employee", 4, "NULL", "5")).state == ""
        answer = ask(gina, f"UPDATE crm.event SET {back} WHERE id = 500")
        assert (answer.state, answer.constraint) == (BROKEN_RULE, "event_support_contact")
        assert ask(gina, f"UPDATE crm.event SET support_contact_id = 5, {back} WHERE id = 500").count == 1


def test_moments_stand_in_the_history_in_utc(practice: Office) -> None:
    """Whatever clock somebody claims to live by: nobody could read year 20000, or +167 hours."""
    with at_desk(practice, "Kate Hastroff") as kate:
        assert ask(kate, "SET timezone = 'FOO-167'").state == ""
        assert ask(kate, "UPDATE crm.event SET end_date = '2027-06-06 02:00Z' WHERE id = 109").count == 1
    ((fields,),) = practice.as_owner("SELECT fields FROM crm.change ORDER BY id DESC LIMIT 1")
    assert fields["end_date"][1] == "2027-06-06T02:00:00+00:00"
