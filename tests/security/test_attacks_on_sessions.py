"""Sessions last as long as they may, and end when they should, whatever somebody with psql calls."""

from __future__ import annotations

import itertools
import threading
from contextlib import closing
from typing import Any

import jwt
import psycopg2
import pytest

from tests.company import Office, credential
from tests.security.conftest import Desks
from tests.security.raw_sql import DISMISS_BILL, NOTHING, REFUSED, ask, at_desk, company_as_seen

KEEP_ALIVE = "CALL crm.keep_alive()"
COSTLIER = "m=19456,t=3,p=1"
OF_BILL = "WHERE employee_id = 2"


def age(office: Office, hours: float, idle: float | None = None) -> None:
    """All sessions began so long ago; `idle`: and were last renewed then."""
    idle = hours if idle is None else idle
    office.as_owner(
        "UPDATE crm.session SET created_at = clock_timestamp() - %s * interval '1 hour',"
        " last_used = date_trunc('minute', clock_timestamp()) - %s * interval '1 hour',"
        " expires_at = clock_timestamp() + interval '8 hours' - %s * interval '1 hour'",
        hours,
        idle,
        idle,
    )


def left(office: Office) -> float:
    """Hours until Bill's session ends."""
    ((hours,),) = office.as_owner(
        f"SELECT extract(epoch FROM max(expires_at) - clock_timestamp())::float / 3600 FROM crm.session {OF_BILL}"
    )
    return float(hours)


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False, "verify_exp": False}))


class TestRenewal:
    def test_not_before_half_of_the_time_is_gone(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            age(practice, 3.9)
            ((token, expires_at),) = ask(bill, KEEP_ALIVE).rows
            assert token is None
            assert [(expires_at,)] == practice.as_owner(f"SELECT max(expires_at) FROM crm.session {OF_BILL}")
            age(practice, 4.1)
            ((token, _expires_at),) = ask(bill, KEEP_ALIVE).rows
            assert token is not None

    @pytest.mark.parametrize(("hours", "idle", "then"), [(4.1, None, 7.9), (3, 4.1, 8), (6, None, 6), (7.9, None, 4.1)])
    def test_never_beyond_twelve_hours_from_the_sign_in(
        self, practice: Office, hours: float, idle: float | None, then: float
    ) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            age(practice, hours, idle)
            assert ask(bill, KEEP_ALIVE).state == ""
            assert left(practice) == pytest.approx(then, abs=0.01)
            for _again in range(3):
                assert ask(bill, KEEP_ALIVE).state == ""
            assert left(practice) <= 12 - hours + 0.01

    def test_at_the_end_there_is_nothing_more_to_renew(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            age(practice, 11.9, 7.9)
            assert ask(bill, KEEP_ALIVE).rows[0][0] is None
            assert left(practice) == pytest.approx(0.1, abs=0.01)
            age(practice, 12, 8)
            assert ask(bill, KEEP_ALIVE).state == REFUSED

    def test_the_renewed_token_is_the_same_session(self, practice: Office) -> None:
        before = practice.token("Bill Boquet")
        with closing(practice.connect(before)) as bill, closing(practice.connect(before)) as copy:
            age(practice, 5)
            ((token, expires_at),) = ask(bill, KEEP_ALIVE).rows
            assert claims(token)["jti"] == claims(before)["jti"]
            assert claims(token)["exp"] == int(expires_at.timestamp()) > claims(before)["exp"] - 5 * 3600
            with closing(practice.connect(token)) as renewed:
                assert company_as_seen(copy)["client"] == company_as_seen(renewed)["client"] == 3
                assert ask(renewed, "CALL crm.logout()").state == ""
                for connection in (bill, copy, renewed):
                    assert company_as_seen(connection) == NOTHING

    ENDINGS = (
        "UPDATE crm.session SET expires_at = clock_timestamp()",
        "UPDATE crm.session SET revoked_at = clock_timestamp()",
        DISMISS_BILL,
        "DELETE FROM crm.session",
        "SELECT crm.set_signing_key(repeat('another key ', 4)::bytea)",
    )

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_what_is_over_stays_over(self, practice: Office, ending: str) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            practice.as_owner(ending)
            before = practice.as_owner("SELECT * FROM crm.session ORDER BY jti")
            answer = ask(bill, KEEP_ALIVE)
            assert (answer.state, answer.rows) == (REFUSED, [])
            assert practice.as_owner("SELECT * FROM crm.session ORDER BY jti") == before

    def test_nobody_renews_somebody_elses(self, practice: Office) -> None:
        """There is nothing to name it by: what is handed in is not looked at."""
        with at_desk(practice, "Dawn Lefèvre") as dawn, at_desk(practice, "Bill Boquet") as bill:
            age(practice, 5)
            token = practice.as_owner(f"SELECT crm.token_of(jti) FROM crm.session {OF_BILL}")[0][0]
            ((renewed, _expires_at),) = ask(dawn, "CALL crm.keep_alive(%s, 'infinity')", token).rows
            assert claims(renewed)["sub"] == "3"
            assert left(practice) == pytest.approx(3, abs=0.01)
            assert ask(bill, KEEP_ALIVE).state == ""
        with closing(practice.connect(None)) as nobody:
            assert ask(nobody, "CALL crm.keep_alive(%s)", token).state == REFUSED

    def test_nor_an_older_snapshot_of_ones_own(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            ask(bill, "BEGIN ISOLATION LEVEL REPEATABLE READ")
            assert ask(bill, KEEP_ALIVE).state == REFUSED

    def test_revoking_meanwhile_has_the_last_word(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill, closing(psycopg2.connect(**practice.owner)) as owner:
            age(practice, 5)
            ask(owner, f"UPDATE crm.session SET revoked_at = clock_timestamp() {OF_BILL}")
            answers = []
            waiting = threading.Thread(target=lambda: answers.append(ask(bill, KEEP_ALIVE)))
            waiting.start()
            waiting.join(0.3)
            assert waiting.is_alive()  # for the row
            owner.commit()
            waiting.join()
            assert answers[0].state == REFUSED
            assert company_as_seen(bill) == NOTHING

    def test_one_write_a_minute_and_no_more(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            age(practice, 1)
            assert ask(bill, KEEP_ALIVE).state == ""
            written = practice.as_owner(f"SELECT xmin::text, last_used FROM crm.session {OF_BILL} ORDER BY jti")
            assert ask(bill, KEEP_ALIVE).state == ""
            after = practice.as_owner(f"SELECT xmin::text, last_used FROM crm.session {OF_BILL} ORDER BY jti")
        if written[0][1] == after[0][1]:  # unless a minute began just then
            assert written == after
        assert after[0][1].second == after[0][1].microsecond == 0

    def test_the_lengths_are_the_installers(self, practice: Office) -> None:
        practice.as_owner("UPDATE crm.session_length SET token = interval '2 hours', longest = interval '3 hours'")
        with at_desk(practice, "Bill Boquet") as bill:
            assert left(practice) > 7  # an open session keeps what it was promised
            age(practice, 2.5, 7.5)
            assert ask(bill, KEEP_ALIVE).state == ""
            assert left(practice) == pytest.approx(0.5, abs=0.01)
            assert ask(bill, "UPDATE crm.session_length SET token = longest").state == REFUSED
        for wrong in ("token = interval '4 hours'", "longest = interval '169 hours'", "token = interval '1 minute'"):
            with pytest.raises(psycopg2.errors.CheckViolation):
                practice.as_owner(f"UPDATE crm.session_length SET {wrong}")


def sessions_of(office: Office, number: int) -> list[str]:
    rows = office.as_owner(
        "SELECT jti::text FROM crm.session WHERE employee_id = %s AND revoked_at IS NULL ORDER BY created_at", number
    )
    return [jti for (jti,) in rows]


class TestRevoking:
    def test_ones_own_is_dead_at_its_next_statement(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as elsewhere, at_desk(practice, "Bill Boquet") as bill:
            theirs = sessions_of(practice, 2)[-2]
            assert company_as_seen(elsewhere)["client"] == 3
            assert ask(bill, "CALL crm.revoke_session(%s)", theirs).state == ""
            assert company_as_seen(elsewhere) == NOTHING
            assert company_as_seen(bill)["client"] == 3

    @pytest.mark.parametrize(
        "who", ["Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Mona Neuve", "Otto Ancien", None]
    )
    def test_nobody_but_the_administration_ends_a_colleagues(
        self, unchanged: Desks, besieged: Office, who: str
    ) -> None:
        (theirs,) = sessions_of(besieged, 3)
        unknown = "00000000-0000-0000-0000-000000000000"
        answers = {str(ask(unchanged[who], "CALL crm.revoke_session(%s)", jti)) for jti in (theirs, unknown)}
        assert len(answers) == 1 and REFUSED in answers.pop()
        for but_this in (True, False):
            answer = ask(unchanged[who], "CALL crm.revoke_sessions(3, %s)", but_this)
            assert answer.state == REFUSED

    def test_the_administration_ends_anybodys(self, practice: Office) -> None:
        with at_desk(practice, "Ada Racine") as ada, at_desk(practice, "Bill Boquet") as bill:
            (theirs,) = sessions_of(practice, 2)[-1:]
            assert ask(ada, "CALL crm.revoke_session(%s)", theirs).state == ""
            assert company_as_seen(bill) == NOTHING
            assert ask(ada, "CALL crm.revoke_session(%s)", theirs).state == "P0002"  # it is over
            assert ask(ada, "CALL crm.revoke_session(gen_random_uuid())").state == "P0002"
            with at_desk(practice, "Bill Boquet") as again:
                assert ask(ada, "CALL crm.revoke_sessions(2, true)").state == ""
                assert company_as_seen(again) == NOTHING
            assert company_as_seen(ada)["client"] == 3

    def test_all_but_this_one(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as elsewhere, at_desk(practice, "Bill Boquet") as bill:
            assert ask(bill, "CALL crm.revoke_sessions(2, true)").state == ""
            assert company_as_seen(elsewhere) == NOTHING
            assert company_as_seen(bill)["client"] == 3
            assert ask(bill, "CALL crm.revoke_sessions(2)").state == ""
            assert company_as_seen(bill) == NOTHING

    def test_what_is_seen_of_sessions(self, unchanged: Desks) -> None:
        """Who is signed in where is one's own business, and the administration's; nobody writes it."""
        shown = "SELECT jti, place, address, last_used FROM crm.session WHERE employee_id <> %s"
        for who, number in (("Bill Boquet", 2), ("Kate Hastroff", 4), ("Gina Comptoir", 6)):
            assert ask(unchanged[who], shown, number).count == 0
            for column in ("last_used", "place", "expires_at", "address"):
                assert ask(unchanged[who], f"UPDATE crm.session SET {column} = NULL").state == REFUSED
        assert ask(unchanged["Ada Racine"], shown, 1).count >= 8
        assert ask(unchanged[None], shown, 0).count == 0

    @pytest.mark.parametrize("place", ["\x1b[31mred", "two\nlines", "x" * 201, " spaced ", "\u202eturned"])
    def test_a_machine_is_called_nothing_that_draws_on_a_screen(self, practice: Office, place: str) -> None:
        with closing(practice.connect(None)) as stranger:
            for digest in (credential()[2], b"w" * 32):  # right or wrong: refused alike, and not even counted
                answer = ask(stranger, "CALL crm.login('bill@epic.example', %s, %s)", digest, place)
                assert answer.state == "23514"
        assert practice.as_owner("SELECT count(*) FROM crm.login_throttle") == [(0,)]


class TestRaisingTheCost:
    def raised(
        self,
        connection: Any,
        proof: bytes = b"",
        params: str = COSTLIER,
        salt: bytes = b"s" * 16,
        digest: bytes = b"d" * 32,
    ) -> str:
        proof = proof or credential()[2]
        return ask(connection, "CALL crm.raise_cost(%s, %s, %s, %s)", proof, salt, params, digest).state

    def test_right_after_a_sign_in_with_the_digest_of_now(self, practice: Office) -> None:
        """Everything else stays: the other sessions, and whose password it is."""
        with at_desk(practice, "Bill Boquet") as elsewhere, at_desk(practice, "Bill Boquet") as bill:
            assert self.raised(bill) == ""
            assert company_as_seen(elsewhere)["client"] == 3
        assert practice.as_owner(
            "SELECT params, verifier = sha256(%s), must_change_password FROM crm.credential JOIN crm.employee ON id = employee_id"
            " WHERE id = 2",
            b"d" * 32,
        ) == [(COSTLIER, True, False)]
        assert practice.as_owner("SELECT count(*) FROM crm.credential WHERE params = %s", COSTLIER) == [(1,)]

    @pytest.mark.parametrize(
        ("changed", "state"),
        [
            ({"proof": b"w" * 32}, REFUSED),
            ({"params": "m=19456,t=2,p=1"}, REFUSED),
            ({"params": "m=1024,t=1,p=1"}, REFUSED),
            ({"params": "m=19456,t=2,p=9"}, REFUSED),
            ({"params": "plain"}, REFUSED),
            ({"params": "m=9999999,t=99,p=1"}, "23514"),
            ({"salt": b"short"}, "23514"),
            ({"digest": b"short"}, "22023"),
        ],
    )
    def test_not_with_anything_else(self, practice: Office, changed: dict[str, Any], state: str) -> None:
        before = practice.as_owner("SELECT * FROM crm.credential ORDER BY employee_id")
        with at_desk(practice, "Bill Boquet") as bill:
            assert self.raised(bill, **changed) == state
        assert practice.as_owner("SELECT * FROM crm.credential ORDER BY employee_id") == before

    def test_not_in_an_old_session_though_it_was_renewed(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            age(practice, 5)
            assert ask(bill, KEEP_ALIVE).rows[0][0] is not None
            assert self.raised(bill) == REFUSED

    @pytest.mark.parametrize("who", ["Otto Ancien", None], ids=str)
    def test_not_without_a_session(self, unchanged: Desks, who: str | None) -> None:
        assert self.raised(unchanged[who]) == REFUSED

    def test_a_one_time_password_stays_one(self, practice: Office) -> None:
        practice.as_owner("UPDATE crm.employee SET must_change_password = true WHERE id = 2")
        with at_desk(practice, "Bill Boquet") as bill:
            assert self.raised(bill) == ""
            assert company_as_seen(bill) == NOTHING


class TestInventedParameters:
    """While people move over to a costlier default one by one, unknown addresses look like them."""

    COUNT = 400

    def share(self, office: Office) -> float:
        """Of unknown addresses that are given the costlier parameters."""
        with closing(office.connect(None)) as stranger:
            answer = ask(
                stranger,
                "SELECT avg((params = %s)::int)::float FROM generate_series(1, %s) AS n,"
                " crm.login_challenge('nobody' || n || '@epic.example')",
                COSTLIER,
                self.COUNT,
            )
        return float(answer.rows[0][0])

    def test_they_are_spread_as_those_of_the_accounts_are(self, practice: Office) -> None:
        assert practice.as_owner("SELECT count(*) FROM crm.credential") == [(8,)]
        for moved in (0, 2, 6, 8):
            practice.as_owner("UPDATE crm.credential SET params = %s WHERE employee_id <= %s", COSTLIER, moved)
            assert self.share(practice) == pytest.approx(moved / 8, abs=0.08)

    def test_each_address_moves_once_and_never_back(self, practice: Office) -> None:
        seen: list[set[str]] = []
        with closing(practice.connect(None)) as stranger:
            for moved in range(9):
                practice.as_owner("UPDATE crm.credential SET params = %s WHERE employee_id <= %s", COSTLIER, moved)
                addresses = [f"nobody{n}@epic.example" for n in range(40)]
                asked = "SELECT params FROM crm.login_challenge(%s)"
                seen.append({email for email in addresses if ask(stranger, asked, email).rows == [(COSTLIER,)]})
        assert seen[0] == set() and len(seen[-1]) == 40
        assert all(before <= after for before, after in itertools.pairwise(seen))

    def test_costlier_is_not_what_sorts_later(self, practice: Office) -> None:
        """m=102400 comes before m=19456 as a text."""
        practice.as_owner("UPDATE crm.credential SET params = 'm=102400,t=2,p=1' WHERE employee_id <= 4")
        cheap, dear = "m=19456,t=2,p=1", "m=102400,t=2,p=1"
        assert practice.as_owner("SELECT crm.argon2_cost(%s) < crm.argon2_cost(%s)", cheap, dear) == [(True,)]
        with at_desk(practice, "Dawn Lefèvre") as dawn:
            answer = ask(dawn, "CALL crm.raise_cost(%s, %s, %s, %s)", credential()[2], b"s" * 16, cheap, b"d" * 32)
            assert answer.state == REFUSED
