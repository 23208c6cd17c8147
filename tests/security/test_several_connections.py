"""Two with psql at the same row, at the same moment: the version decides, and no amount goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.company import Office
from tests.security.raw_sql import BROKEN_RULE, REFUSED, Answer, ask

BILL, KATE, GINA, ADA = "Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine"
STALE = "40001"  # serialization_failure
Sit = Callable[[str], Any]


@pytest.fixture
def sit(office: Office) -> Iterator[Sit]:
    """A connection of somebody's, as many as are wanted."""
    connections: list[Any] = []

    def connect(who: str) -> Any:
        connections.append(office.connect(office.token(who)))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


def contract(office: Office, number: int = 412) -> tuple[str, str, int]:
    (row,) = office.as_owner(
        "SELECT total_amount::text, amount_to_be_paid::text, version FROM crm.contract WHERE id = %s", number
    )
    return row


def waiting(office: Office, at_once: ThreadPoolExecutor, connection: Any, statement: str) -> Future[Answer]:
    """`statement`, once it waits for somebody else's transaction."""
    answer = at_once.submit(ask, connection, statement)
    until = time.monotonic() + 10
    blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"
    while office.as_owner(blocked, connection.info.backend_pid) == [(0,)]:
        assert time.monotonic() < until and not answer.done(), "it did not wait"
        time.sleep(0.02)
    return answer


class TestVersions:
    @pytest.mark.parametrize(
        ("who", "change"),
        [
            (BILL, "UPDATE crm.client SET phone = {value} WHERE id = 1 AND version = 1"),
            (BILL, "UPDATE crm.contract SET total_amount = 200{number} WHERE id = 10 AND version = 1"),
            (KATE, "UPDATE crm.event SET notes = {value} WHERE id = 109 AND version = 1"),
            (GINA, "UPDATE crm.employee SET full_name = {value} WHERE id = 3 AND version = 2"),
        ],
    )
    def test_an_older_one_changes_no_row(self, sit: Sit, who: str, change: str) -> None:
        counts = [ask(sit(who), change.format(value=f"'{number}'", number=number)).count for number in (1, 2)]
        assert counts == [1, 0]

    def test_whoever_waited_for_somebody_else_finds_it_older(self, office: Office, sit: Sit) -> None:
        first, second = sit(BILL), sit(GINA)
        change = "UPDATE crm.contract SET total_amount = {} WHERE id = 10 AND version = 1"
        ask(first, "BEGIN")
        assert ask(first, change.format(2000)).count == 1
        with ThreadPoolExecutor(1) as at_once:
            answer = waiting(office, at_once, second, change.format(3000))
            ask(first, "COMMIT")
            assert (answer.result().state, answer.result().count) == ("", 0)
        assert contract(office, 10) == ("2000.00", "1000.00", 2)

    @pytest.mark.parametrize(
        ("who", "statement"),
        [
            (BILL, "UPDATE crm.client SET phone = phone WHERE id = 1 RETURNING version, last_update = 'epoch'"),
            (BILL, "UPDATE crm.contract SET status = status WHERE id = 10 RETURNING version"),
            (KATE, "UPDATE crm.event SET notes = notes WHERE id = 109 RETURNING version"),
        ],
    )
    def test_what_changes_nothing_is_no_new_one(self, office: Office, sit: Sit, who: str, statement: str) -> None:
        before = office.as_owner("SELECT last_update FROM crm.client WHERE id = 1")
        assert ask(sit(who), statement).rows[0][0] == 1
        assert office.as_owner("SELECT last_update FROM crm.client WHERE id = 1") == before

    @pytest.mark.parametrize("entity", ["client", "contract", "event", "employee"])
    def test_nobody_writes_it(self, sit: Sit, entity: str) -> None:
        for who in (BILL, KATE, GINA, ADA):
            assert ask(sit(who), f"UPDATE crm.{entity} SET version = 1").state == REFUSED

    def test_deleting_what_has_changed(self, office: Office, sit: Sit) -> None:
        gina = sit(GINA)
        ask(gina, "UPDATE crm.contract SET total_amount = 2000 WHERE id = 10")
        ask(gina, "UPDATE crm.event SET attendees = 9 WHERE id = 1024")
        for call in ("crm.delete_contract(10, {})", "crm.delete_event(1024, {})"):
            assert ask(gina, f"CALL {call.format(1)}").state == STALE
            assert ask(sit(BILL), f"CALL {call.format(1)}").state == REFUSED  # and learns nothing of versions
            assert ask(sit(BILL), f"CALL {call.format(2)}").state == REFUSED
            assert ask(gina, f"CALL {call.format(2)}").state == ""
        assert (
            office.as_owner("SELECT FROM crm.contract WHERE id = 10 UNION ALL SELECT FROM crm.event WHERE id = 1024")
            == []
        )

    def test_deleting_waits_for_who_is_changing(self, office: Office, sit: Sit) -> None:
        kate, gina = sit(KATE), sit(GINA)
        ask(kate, "BEGIN")
        ask(kate, "UPDATE crm.event SET attendees = 9 WHERE id = 109")
        with ThreadPoolExecutor(1) as at_once:
            answer = waiting(office, at_once, gina, "CALL crm.delete_event(109, 1)")
            ask(kate, "COMMIT")
            assert answer.result().state == STALE
        assert office.as_owner("SELECT attendees FROM crm.event WHERE id = 109") == [(9,)]


class TestPayments:
    """By what remains, without looking at the version: that is what somebody with psql does."""

    pay = "UPDATE crm.contract SET amount_to_be_paid = amount_to_be_paid - {} WHERE id = 412"

    def test_all_are_counted_and_none_goes_below_zero(self, office: Office, sit: Sit) -> None:
        desks = [sit(who) for who in (BILL, GINA) * 4]
        with ThreadPoolExecutor(len(desks)) as at_once:
            answers = list(at_once.map(lambda desk: ask(desk, self.pay.format(200)), desks))
        assert sorted((answer.state, answer.constraint) for answer in answers) == [
            *[("", None)] * 6,
            *[(BROKEN_RULE, "contract_amount_to_be_paid")] * 2,
        ]
        assert contract(office) == ("2500.00", "50.00", 7)

    def test_one_that_waited_is_taken_off_what_remains_then(self, office: Office, sit: Sit) -> None:
        bill, gina = sit(BILL), sit(GINA)
        ask(bill, "BEGIN")
        ask(bill, self.pay.format(1000))
        with ThreadPoolExecutor(1) as at_once:
            answer = waiting(office, at_once, gina, self.pay.format(300))
            ask(bill, "COMMIT")
            assert (answer.result().state, answer.result().constraint) == (BROKEN_RULE, "contract_amount_to_be_paid")
        assert contract(office) == ("2500.00", "250.00", 2)

    def test_one_that_was_taken_back_never_was(self, office: Office, sit: Sit) -> None:
        bill, gina = sit(BILL), sit(GINA)
        ask(bill, "BEGIN")
        ask(bill, self.pay.format(1000))
        with ThreadPoolExecutor(1) as at_once:
            answer = waiting(office, at_once, gina, self.pay.format(300))
            ask(bill, "ROLLBACK")
            assert answer.result().count == 1
        assert contract(office) == ("2500.00", "950.00", 2)

    @pytest.mark.parametrize(("total", "state"), [(1300, ""), (1200, BROKEN_RULE)])
    def test_the_total_changes_meanwhile(self, office: Office, sit: Sit, total: int, state: str) -> None:
        """Fine for each alone: 100 more to be paid, and a lower total."""
        bill, gina = sit(BILL), sit(GINA)
        ask(gina, "BEGIN")
        ask(gina, f"UPDATE crm.contract SET total_amount = {total}, amount_to_be_paid = 1150 WHERE id = 412")
        with ThreadPoolExecutor(1) as at_once:
            answer = waiting(office, at_once, bill, self.pay.format(-100))
            ask(gina, "COMMIT")
            assert answer.result().state == state
        assert contract(office)[:2] == (f"{total}.00", "1150.00" if state else "1250.00")


class TestOverlaps:
    def test_they_are_allowed(self, office: Office, sit: Sit) -> None:
        """A warning is for people; whoever has the right to assign may."""
        move = "UPDATE crm.event SET start_date = '2027-06-04 20:00Z', end_date = '2027-06-04 22:00Z' WHERE id = 1024"
        assert ask(sit(GINA), move).count == 1
        assert ask(sit(GINA), "UPDATE crm.event SET support_contact_id = 4 WHERE id = 1024").count == 1
        for who in (BILL, KATE, ADA):
            assert ask(sit(who), "UPDATE crm.event SET support_contact_id = 5 WHERE id = 1024").state == REFUSED
