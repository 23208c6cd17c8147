"""Guessing passwords: every guess is counted before anybody looks whether it is right."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any, ClassVar

import pytest

from tests.company import Office, credential
from tests.security.raw_sql import DISMISS_BILL, REFUSED, Answer, ask, at_desk

BILL = "bill@epic.example"
WRONG = b"w" * 32


def right() -> bytes:
    """What somebody sends who knows the password: it is everybody's in this company."""
    return credential()[2]


def login(connection: Any, email: str = BILL, digest: bytes = WRONG) -> str:
    """ok, refused or delayed."""
    return str(ask(connection, "CALL crm.login(%s, %s)", email, digest).rows[0][0])


def begin(connection: Any, email: str = BILL, digest: bytes = WRONG) -> str:
    return str(ask(connection, "SELECT crm.login_begin(%s, %s)", email, digest).rows[0][0])


def finish(connection: Any, attempt: str) -> str:
    return str(ask(connection, "SELECT status FROM crm.login_finish(%s::uuid)", attempt).rows[0][0])


def let_time_pass(office: Office) -> None:
    office.as_owner("UPDATE crm.login_throttle SET not_before = '-infinity'")


def failures(office: Office) -> int:
    return int(office.as_owner("SELECT coalesce(max(failures), 0) FROM crm.login_throttle")[0][0])


@pytest.fixture
def stranger(practice: Office) -> Iterator[Any]:
    with closing(practice.connect(None)) as connection:
        yield connection


def test_the_ways_to_sign_in_used_below_do_work(practice: Office, stranger: Any) -> None:
    assert login(stranger, digest=right()) == "ok"
    assert finish(stranger, begin(stranger, digest=right())) == "ok"


class TestTheVerdictBeforeTheCount:
    """Inside a transaction that can still be rolled back, nothing may tell a right guess from a wrong one."""

    def test_both_halves_in_one_transaction(self, practice: Office, stranger: Any) -> None:
        ask(stranger, "BEGIN")
        assert finish(stranger, begin(stranger, digest=right())) == "refused"
        ask(stranger, "ROLLBACK")

    @pytest.mark.parametrize("end", ["RELEASE", "ROLLBACK TO"])
    def test_a_savepoint_is_no_commit(self, practice: Office, stranger: Any, end: str) -> None:
        for statement in ("BEGIN", "SAVEPOINT here"):
            ask(stranger, statement)
        attempt = begin(stranger, digest=right())
        ask(stranger, f"{end} here")
        assert finish(stranger, attempt) == "refused"
        ask(stranger, "COMMIT")

    def test_an_attempt_that_was_rolled_back_is_none(self, practice: Office, stranger: Any) -> None:
        ask(stranger, "BEGIN")
        attempt = begin(stranger, digest=right())
        ask(stranger, "ROLLBACK")
        assert finish(stranger, attempt) == "refused"

    def test_another_connection_does_not_see_it_either(self, practice: Office, stranger: Any) -> None:
        ask(stranger, "BEGIN")
        attempt = begin(stranger, digest=right())
        with closing(practice.connect(None)) as other:
            assert finish(other, attempt) == "refused"
        ask(stranger, "ROLLBACK")

    def test_the_procedure_commits_or_nothing_happens(self, practice: Office, stranger: Any) -> None:
        ask(stranger, "BEGIN")
        assert ask(stranger, "CALL crm.login(%s, %s)", BILL, right()).state == "2D000"
        ask(stranger, "ROLLBACK")

    def test_a_prepared_transaction_is_no_commit(self, practice: Office, stranger: Any) -> None:
        ask(stranger, "BEGIN")
        begin(stranger, digest=right())
        assert ask(stranger, "PREPARE TRANSACTION 'guess'").state == "55000"  # switched off by default

    TRACES: ClassVar = {
        "locks": "SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = pg_backend_pid() ORDER BY 1, 2",
        "statistics": "SELECT relname, n_tup_ins, n_tup_upd FROM pg_stat_xact_all_tables"
        " WHERE schemaname = 'crm' AND seq_scan + coalesce(idx_scan, 0) + n_tup_ins > 0 ORDER BY 1",
    }

    def traces(self, practice: Office, query: str) -> list[list[tuple[Any, ...]]]:
        """What `query` shows after guesses, wrong, right, wrong, right, each on a connection of its own."""
        seen = []
        for digest in (WRONG, right(), WRONG, right()):
            with closing(practice.connect(None)) as connection:
                ask(connection, "BEGIN")
                begin(connection, digest=digest)
                seen.append(ask(connection, query).rows)
        return seen[1:]  # the first one also filled the catalog's caches

    @pytest.mark.parametrize("trace", TRACES)
    def test_no_trace_of_a_right_guess(self, practice: Office, trace: str) -> None:
        """A foreign key's lock once told it, at no risk: look, roll back, guess again."""
        first, *others = self.traces(practice, self.TRACES[trace])
        assert first
        assert others == [first, first]

    def test_no_trace_in_plans_sent_to_the_client(self, practice: Office) -> None:
        told = []
        for digest in (WRONG, right(), right()):
            with closing(practice.connect(None)) as connection:
                for setting in (
                    "debug_print_plan = on",
                    "client_min_messages = log",
                    "plan_cache_mode = force_custom_plan",
                ):
                    ask(connection, f"SET {setting}")
                ask(connection, "BEGIN")
                begin(connection, digest=digest)
                told.append([re.sub(r"\[[^]]*\]|\d+", "…", notice) for notice in connection.notices])
        assert len(told[0]) > 3
        assert told[0] == told[1] == told[2]

    def test_the_password_is_not_even_read(self, practice: Office, stranger: Any) -> None:
        ask(stranger, "BEGIN")
        begin(stranger, digest=right())
        touched = {row[0] for row in ask(stranger, self.TRACES["locks"]).rows}
        assert {"crm.login_throttle", "crm.login_attempt"} <= touched
        assert not [name for name in touched if name and name.startswith(("crm.employee", "crm.credential"))]


class TestLockOut:
    def test_rolled_back_guesses_tell_nothing_and_the_others_count(self, practice: Office, stranger: Any) -> None:
        for _ in range(10):
            ask(stranger, "BEGIN")
            begin(stranger)
            ask(stranger, "ROLLBACK")
        assert failures(practice) == 0
        begin(stranger)  # never finished: counted all the same
        assert failures(practice) == 1
        assert login(stranger) == "refused"
        assert failures(practice) == 2

    def test_eight_at_once_get_no_more_than_five_answers(self, practice: Office) -> None:
        with ExitStack() as stack:
            connections = [stack.enter_context(closing(practice.connect(None))) for _ in range(8)]
            start = threading.Barrier(len(connections))
            answers: list[str] = []

            def guess(connection: Any) -> None:
                start.wait()
                answers.append(login(connection))

            threads = [threading.Thread(target=guess, args=(connection,)) for connection in connections]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(answers) == 8
        assert answers.count("refused") <= 5
        assert answers.count("delayed") >= 3
        assert failures(practice) <= 5

    def test_guesses_behind_the_lock_are_not_looked_at(self, practice: Office, stranger: Any) -> None:
        for _ in range(5):
            let_time_pass(practice)
            assert login(stranger) == "refused"
        assert [login(stranger, digest=digest) for digest in (WRONG, right(), right())] == ["delayed"] * 3
        assert failures(practice) == 5
        assert practice.as_owner("SELECT not_before > now() + interval '4 minutes' FROM crm.login_throttle") == [
            (True,)
        ]

    def test_it_grows_and_ends(self, practice: Office, stranger: Any) -> None:
        for expected in ("0 s", "0 s", "2 s", "5 s", "5 min", "10 min", "20 min", "40 min", "1 h", "1 h"):
            let_time_pass(practice)
            assert login(stranger) == "refused"
            waits = "SELECT date_trunc('second', not_before - last_attempt + interval '0.1 s') = %s::interval"
            assert practice.as_owner(f"{waits} FROM crm.login_throttle", expected) == [(True,)], expected
        let_time_pass(practice)
        assert login(stranger, digest=right()) == "ok"
        assert failures(practice) == 0

    def test_other_spellings_of_the_address_share_its_count(self, practice: Office, stranger: Any) -> None:
        for spelling in (BILL, BILL.upper(), f"  {BILL} ", "Bill@Epic.Example"):
            login(stranger, spelling)
        assert practice.as_owner("SELECT failures FROM crm.login_throttle") == [(3,)]  # the fourth was delayed

    def test_one_address_does_not_lock_another(self, practice: Office, stranger: Any) -> None:
        for _ in range(4):
            login(stranger)
        assert login(stranger) == "delayed"
        assert login(stranger, "dawn@epic.example", right()) == "ok"

    def test_ones_own_success_takes_back_only_ones_own_failures(self, practice: Office, stranger: Any) -> None:
        for _ in range(3):
            login(stranger)
        assert login(stranger, "dawn@epic.example", right()) == "ok"
        assert login(stranger, digest=right()) == "delayed"

    @pytest.mark.parametrize("email", ["nobody@epic.example", "otto@epic.example", "", "' OR true --", "x" * 10_000])
    def test_unknown_and_closed_addresses_answer_and_lock_alike(
        self, practice: Office, stranger: Any, email: str
    ) -> None:
        def story(address: str, digest: bytes) -> list[str]:
            return [login(stranger, address, digest) for _ in range(5)]

        assert story(email, right()) == story(BILL, WRONG) == ["refused"] * 3 + ["delayed"] * 2

    def test_nobody_else_gets_at_the_count(self, practice: Office) -> None:
        with at_desk(practice, "Ada Racine") as ada:
            for statement in (
                "DELETE FROM crm.login_throttle",
                "UPDATE crm.login_throttle SET failures = 0",
                "SELECT FROM crm.login_throttle",
                "SELECT FROM crm.login_attempt",
                "TRUNCATE crm.login_throttle",
                "SELECT crm.login_delay(0)",
                "SELECT crm.issue_token(2)",
            ):
                assert ask(ada, statement).state == REFUSED, statement


class TestAttempts:
    def test_an_attempt_is_good_for_one_answer(self, practice: Office, stranger: Any) -> None:
        attempt = begin(stranger, digest=right())
        assert finish(stranger, attempt) == "ok"
        assert finish(stranger, attempt) == "refused"

    def test_a_made_up_attempt_is_none(self, practice: Office, stranger: Any) -> None:
        assert finish(stranger, "00000000-0000-0000-0000-000000000000") == "refused"

    def test_an_old_attempt_is_forgotten(self, practice: Office, stranger: Any) -> None:
        attempt = begin(stranger, digest=right())
        practice.as_owner("UPDATE crm.login_attempt SET made_at = made_at - interval '2 minutes'")
        begin(stranger, "dawn@epic.example")
        assert finish(stranger, attempt) == "refused"

    def test_whoever_left_meanwhile_stays_out(self, practice: Office, stranger: Any) -> None:
        attempt = begin(stranger, digest=right())
        practice.as_owner(DISMISS_BILL)
        assert finish(stranger, attempt) == "refused"

    @pytest.mark.parametrize("digest", [b"", b"x", None, b"x" * 100_000])
    def test_odd_digests_open_nothing(self, practice: Office, stranger: Any, digest: bytes | None) -> None:
        answer: Answer = ask(stranger, "CALL crm.login(%s, %s)", BILL, digest)
        assert answer.state == "23502" if digest is None else answer.rows[0][0] == "refused"
        assert ask(stranger, "CALL crm.login(NULL, %s)", WRONG).state == "23502"

    def test_the_stored_verifier_is_no_password(self, practice: Office, stranger: Any) -> None:
        """Whoever reads a backup still has to guess: what is stored is not what is sent."""
        ((verifier,),) = practice.as_owner("SELECT verifier FROM crm.credential WHERE employee_id = 2")
        assert login(stranger, digest=bytes(verifier)) == "refused"


RESET = "CALL crm.set_one_time_password(2, decode(repeat('00', 16), 'hex'), 'm=19456,t=2,p=1', decode(repeat('00', 32), 'hex'))"


class TestTokensHeldBack:
    """A sign-in that is verified, but whose transaction stays open while the password or the account goes."""

    @pytest.mark.parametrize("end", [RESET, DISMISS_BILL])
    def test_it_does_not_outlive_what_happens_meanwhile(self, practice: Office, stranger: Any, end: str) -> None:
        attempt = begin(stranger, digest=right())
        ask(stranger, "BEGIN")
        ((token,),) = ask(stranger, "SELECT token FROM crm.login_finish(%s::uuid)", attempt).rows
        with at_desk(practice, "Gina Comptoir") as gina:
            ending = threading.Thread(target=ask, args=(gina, end))
            ending.start()
            ending.join(0.2)
            ask(stranger, "COMMIT")
            ending.join()
        practice.as_owner("UPDATE crm.employee SET active = true, must_change_password = false WHERE id = 2")
        with closing(practice.connect(token)) as late:
            assert ask(late, "SELECT crm.actor_id()").rows == [(None,)]

    def test_an_old_snapshot_does_not_verify_an_old_password(self, practice: Office, stranger: Any) -> None:
        attempt = begin(stranger, digest=right())
        ask(stranger, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        ask(stranger, "SELECT FROM crm.client")
        with at_desk(practice, "Gina Comptoir") as gina:
            assert ask(gina, RESET).state == ""
        late = ask(stranger, "SELECT status FROM crm.login_finish(%s::uuid)", attempt)
        assert late.state == "40001" or late.rows == [("refused",)]


class TestChallenge:
    def test_an_unknown_address_has_a_salt_of_its_own_always_the_same(self, practice: Office, stranger: Any) -> None:
        def challenge(email: str) -> tuple[bytes, str]:
            ((salt, params),) = ask(stranger, "SELECT * FROM crm.login_challenge(%s)", email).rows
            return bytes(salt), params

        known, unknown, other = (challenge(email) for email in (BILL, "nobody@epic.example", "no@epic.example"))
        assert len(known[0]) == len(unknown[0]) == len(other[0]) == 16
        assert known[1] == unknown[1] == other[1]
        assert unknown == challenge("Nobody@Epic.example ")
        assert unknown[0] != other[0]


class TestPasswords:
    def change(self, connection: Any) -> str:
        answer = ask(connection, "CALL crm.change_password(%s, 'm=19456,t=2,p=1', %s)", b"s" * 16, b"d" * 32)
        return answer.state

    def test_an_old_session_cannot_change_the_password(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            practice.as_owner("UPDATE crm.session SET created_at = created_at - interval '11 minutes'")
            assert self.change(bill) == REFUSED
            with at_desk(practice, "Bill Boquet"):
                assert self.change(bill) == REFUSED  # a fresh session somewhere else does not help this one

    def test_nobody_changes_a_password_without_a_session(self, practice: Office, stranger: Any) -> None:
        assert self.change(stranger) == REFUSED

    def test_a_change_is_ones_own_and_ends_ones_other_sessions(self, practice: Office) -> None:
        before = dict(practice.as_owner("SELECT employee_id, verifier::text FROM crm.credential"))
        with at_desk(practice, "Bill Boquet") as elsewhere, at_desk(practice, "Bill Boquet") as bill:
            assert self.change(bill) == ""
            assert ask(bill, "SELECT crm.actor_id()").rows == [(2,)]
            assert ask(elsewhere, "SELECT crm.actor_id()").rows == [(None,)]
        after = dict(practice.as_owner("SELECT employee_id, verifier::text FROM crm.credential"))
        assert {key for key in before if before[key] != after[key]} == {2}

    @pytest.mark.parametrize(
        ("salt", "params", "digest"),
        [
            (b"s" * 15, "m=19456,t=2,p=1", b"d" * 32),
            (b"s" * 16, "m=1,t=2,p=1", b"d" * 32),
            (b"s" * 16, "plain", b"d" * 32),
            (b"s" * 16, "m=19456,t=2,p=1", b"d" * 31),
            (b"s" * 16, "m=19456,t=2,p=1", None),
        ],
    )
    def test_malformed_credentials(self, practice: Office, salt: bytes, params: str, digest: bytes | None) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            answer = ask(bill, "CALL crm.change_password(%s, %s, %s)", salt, params, digest)
        assert answer.state in ("23514", "22023")

    def test_a_one_time_password_ends_all_sessions(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill, at_desk(practice, "Gina Comptoir") as gina:
            given = ask(gina, "CALL crm.set_one_time_password(2, %s, 'm=19456,t=2,p=1', %s)", b"s" * 16, b"d" * 32)
            assert given.state == ""
            assert ask(bill, "SELECT crm.actor_id()").rows == [(None,)]
