"""What an attacker can do after all, and why that is accepted. When one of these fails, docs/security.md is out of date."""

from __future__ import annotations

import re
import threading
from contextlib import closing

import psycopg2
import pytest

from tests.company import Office
from tests.security.conftest import Desks
from tests.security.raw_sql import DISMISS_BILL, MOVE_BILL, REFUSED, Answer, ask, ask_each, at_desk


class TestReading:
    @pytest.mark.parametrize("cursor", ["DECLARE c CURSOR WITH HOLD", "DECLARE c CURSOR"])
    def test_a_cursor_opened_before_a_dismissal_still_gives_its_rows(self, practice: Office, cursor: str) -> None:
        """They are those of the moment it was opened, when they could have been read anyway."""
        with at_desk(practice, "Bill Boquet") as bill:
            ask_each(bill, "BEGIN", f"{cursor} FOR SELECT full_name FROM crm.client ORDER BY id", "FETCH 1 FROM c")
            if "HOLD" in cursor:
                ask(bill, "COMMIT")
            practice.as_owner(DISMISS_BILL)
            practice.as_owner("UPDATE crm.client SET full_name = 'Written Later'")
            assert ask(bill, "FETCH 2 FROM c").rows == [("John Ouick",), ("Lou Bouzin",)]
            assert ask(bill, "SELECT FROM crm.client").count == 0

    def test_numbers_and_dates_can_be_counted_without_a_token(self, unchanged: Desks) -> None:
        """EXPLAIN ANALYZE counts what an index found before the policies hid it: how many, of whom, when; no word.

        The application role is needed for it. PostgreSQL has no switch against it.
        """
        nobody = unchanged[None]
        ask(nobody, "BEGIN")
        ask(nobody, "SET LOCAL enable_seqscan = off")
        counts = []
        for number in (2, 3, 6):
            query = f"EXPLAIN (ANALYZE) SELECT FROM crm.client WHERE commercial_contact_id = {number}"
            plan = "\n".join(row[0] for row in ask(nobody, query).rows)
            removed = re.search(r"Rows Removed by Filter: (\d+)", plan)
            counts.append(int(removed[1]) if removed else 0)
        assert counts == [2, 1, 0]

    def test_the_size_of_tables_shows(self, unchanged: Desks) -> None:
        """As in every PostgreSQL; how many clients there are is no secret to whoever holds the role."""
        assert ask(unchanged[None], "SELECT reltuples FROM pg_class WHERE oid = 'crm.client'::regclass").rows == [
            (3.0,)
        ]

    def test_who_is_connected_shows(self, unchanged: Desks) -> None:
        """When, from where, with which program; not as whom, and not what they do."""
        seen = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'epic_app' AND application_name = 'epicevents'"
        unchanged["Ada Racine"].info.backend_pid  # noqa: B018 - is at work
        assert ask(unchanged[None], seen).rows[0][0] >= 2

    def test_definitions_show(self, unchanged: Desks) -> None:
        """They are in the repository too. Nothing rests on their being secret."""
        source = "SELECT prosrc FROM pg_proc WHERE oid = 'crm.hmac(bytea)'::regprocedure"
        assert "crm.secret" in ask(unchanged[None], source).rows[0][0]


class TestStanding:
    """In each other's way: colleagues can disturb one another, as people who share a database can."""

    def test_a_colleagues_record_can_be_locked(self, unchanged: Desks) -> None:
        """Whoever may update some clients holds UPDATE on the columns, and FOR UPDATE asks no more than to see the row.

        The colleague's save waits until the lock-holder's connection ends; nothing is lost.
        """
        ask(unchanged["Bill Boquet"], "BEGIN")
        assert ask(unchanged["Bill Boquet"], "SELECT id FROM crm.client WHERE id = 2 FOR UPDATE").rows == [(2,)]
        ask(unchanged["Dawn Lefèvre"], "BEGIN")
        ask(unchanged["Dawn Lefèvre"], "SET LOCAL lock_timeout = '50ms'")
        assert ask(unchanged["Dawn Lefèvre"], "UPDATE crm.client SET phone = '' WHERE id = 2").state == "55P03"
        ask(unchanged[None], "BEGIN")
        assert ask(unchanged[None], "SELECT FROM crm.client FOR UPDATE").count == 0  # not without a token

    def test_ones_own_dismissal_can_be_held_up(self, practice: Office) -> None:
        """By a lock on one's own row, until the connection ends; the owner of the database can end it at once."""
        with at_desk(practice, "Bill Boquet") as bill, at_desk(practice, "Gina Comptoir") as gina:
            ask_each(bill, "BEGIN", "SELECT FROM crm.employee WHERE id = 2 FOR UPDATE")
            ask(gina, "SET lock_timeout = '50ms'")
            assert ask(gina, DISMISS_BILL).state == "55P03"
            practice.as_owner("SELECT pg_terminate_backend(%s, 1000)", bill.info.backend_pid)
            assert ask(gina, DISMISS_BILL).state == ""

    def test_anybody_can_lock_an_address_out_for_a_while(self, practice: Office) -> None:
        """The price of counting guesses by address: at most an hour, and only with the application role."""
        with closing(practice.connect(None)) as nobody:
            for _ in range(3):
                ask(nobody, "CALL crm.login('ada@epic.example', 'wrong')")
            assert ask(nobody, "CALL crm.login('ada@epic.example', 'wrong')").rows[0][0] == "delayed"

    def test_an_open_attempt_holds_up_the_next_at_the_same_address(self, practice: Office) -> None:
        """Attempts at one address come one by one; whoever leaves one open holds up that address until they go."""
        with closing(practice.connect(None)) as nobody, closing(practice.connect(None)) as bill:
            ask_each(nobody, "BEGIN", "SELECT crm.login_begin('bill@epic.example', 'wrong')")
            ask(bill, "SET lock_timeout = '50ms'")
            assert ask(bill, "CALL crm.login('bill@epic.example', 'right')").state == "55P03"
            assert ask(bill, "CALL crm.login('dawn@epic.example', 'right')").state == ""

    def test_the_role_can_change_its_own_password_and_defaults(self, unchanged: Desks) -> None:
        """PostgreSQL lets every role; it locks colleagues out until `epicevents install` sets the password again.

        It opens nothing: no default takes precedence over the token a program sends.
        """
        for statement in (
            "ALTER ROLE epic_app PASSWORD 'locked out'",
            "ALTER ROLE epic_app SET statement_timeout = 1",
            "ALTER ROLE epic_app SET default_transaction_isolation = 'serializable'",
        ):
            ask(unchanged[None], "BEGIN")
            assert ask(unchanged[None], statement).state == ""
            ask(unchanged[None], "ROLLBACK")

    def test_on_postgresql_14_the_role_can_lend_itself(self, unchanged: Desks) -> None:
        """To other roles of the same server; without a token it is worth nothing to them either."""
        ask(unchanged[None], "BEGIN")
        lent = ask(unchanged[None], "GRANT epic_app TO pg_monitor")
        assert lent.state == ("" if unchanged[None].server_version < 15_00_00 else REFUSED)

    def test_channels_and_advisory_locks_are_anybodys(self, unchanged: Desks) -> None:
        """Nothing of ours trusts a notification or waits for an advisory lock, but an installer, for another one."""
        for statement in ("LISTEN crm", "NOTIFY crm, 'anything'", "UNLISTEN *", "SELECT pg_try_advisory_lock(1)"):
            assert ask(unchanged[None], statement).state == ""
        ask(unchanged[None], "SELECT pg_advisory_unlock_all()")


class TestTrust:
    def test_accounting_can_sign_in_as_somebody_whose_password_it_resets(self, practice: Office) -> None:
        """Whoever hands out one-time passwords knows them. It ends the colleague's sessions and is in the history."""
        with at_desk(practice, "Gina Comptoir") as gina:
            reset = ask(gina, "CALL crm.set_one_time_password(2, %s, 'm=19456,t=2,p=1', %s)", b"s" * 16, b"d" * 32)
            assert reset.state == ""
        with closing(practice.connect(None)) as anybody:
            assert ask(anybody, "CALL crm.login('bill@epic.example', %s)", b"d" * 32).rows[0][0] == "ok"
        written = practice.as_owner(
            "SELECT actor_id, fields FROM crm.change WHERE entity = 'employee' ORDER BY id DESC LIMIT 1"
        )
        assert written == [(6, {"must_change_password": [False, True]})]

    def test_the_owner_can_do_everything_with_some_effort(self, practice: Office) -> None:
        """Append-only guards against a slip; whoever owns the database can take the guard away first."""
        with closing(psycopg2.connect(**practice.owner)) as owner:
            assert ask(owner, "DELETE FROM crm.change").state == REFUSED
            owner.rollback()
            assert (
                ask_each(owner, "ALTER TABLE crm.change DISABLE TRIGGER append_only", "DELETE FROM crm.change").count
                > 0
            )
            owner.rollback()

    def test_a_right_counts_at_its_statement(self, practice: Office) -> None:
        """A change of department during a statement does not stop it (a dismissal does: the history finds nobody)."""
        answers: list[Answer] = []
        with at_desk(practice, "Bill Boquet") as bill:
            slow = "UPDATE crm.client SET phone = '' WHERE id = 1 AND pg_sleep(0.4) IS NOT NULL"
            thread = threading.Thread(target=lambda: answers.append(ask(bill, slow)))
            thread.start()
            thread.join(0.2)
            practice.as_owner(MOVE_BILL)
            thread.join()
        assert answers[0].count == 1
