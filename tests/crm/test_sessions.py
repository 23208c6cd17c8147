"""Sessions that are open: which are shown to whom, ended by whom, and renewed while somebody works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm import sessions
from crm.errors import NotAllowed, NotFound, SignedOut
from crm.identity import Identity
from crm.session import Session, this_machine
from tests.company import PASSWORD, Office

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Of the shell's clock: the database has its own."""


def age(office: Office, hours: float) -> None:
    """All sessions began so long ago, and were used last then."""
    ago = "%s * interval '1 hour'"
    office.as_owner(
        f"UPDATE crm.session SET created_at = created_at - {ago}, expires_at = expires_at - {ago}, last_used = last_used - {ago}",
        *[hours] * 3,
    )


class TestOpen:
    def test_mine_say_where_and_which_is_this_one(self, office: Office) -> None:
        elsewhere, here = office.session("Bill Boquet"), office.nobody()
        here.sign_in("bill@epic.example", PASSWORD)
        office.session("Dawn Lefèvre")
        found = sessions.open_now(here, 2)
        assert [opened.employee.full_name for opened in found] == ["Bill Boquet"] * 2
        assert {opened.jti: sessions.is_this_one(here, opened) for opened in found} == {
            here.identity.jti: True,
            elsewhere.identity.jti: False,
        }
        (mine,) = [opened for opened in found if sessions.is_this_one(here, opened)]
        assert (mine.place, mine.address) == (this_machine(), None)  # over a socket
        assert mine.last_used.second == mine.last_used.microsecond == 0
        assert abs(mine.expires_at - mine.created_at - timedelta(hours=8)) < timedelta(seconds=1)

    def test_over_the_network_postgresql_says_from_where(self, office: Office) -> None:
        address = office.as_owner(
            "SELECT crm.issue_token(2); UPDATE crm.session SET address = '192.0.2.7' RETURNING address"
        )
        assert address == [("192.0.2.7",)]
        assert sessions.open_now(office.session("Bill Boquet"), 2)[-1].address == "192.0.2.7"

    def test_everybodys_for_the_administration_and_ones_own_for_all_others(self, office: Office) -> None:
        names = ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine")
        at_work = {name: office.session(name) for name in names}
        for name in names[:3]:
            assert {opened.employee.full_name for opened in sessions.open_now(at_work[name])} == {name}
            assert sessions.open_now(at_work[name], office.number("Ada Racine")) == []
        ada = at_work["Ada Racine"]
        assert {opened.employee.full_name for opened in sessions.open_now(ada)} == set(names)
        assert [opened.employee_id for opened in sessions.open_now(ada, 4)] == [4]

    @pytest.mark.parametrize("ending", ["revoked_at = clock_timestamp()", "expires_at = clock_timestamp()"])
    def test_not_those_that_are_over(self, office: Office, ending: str) -> None:
        over, ada = office.session("Bill Boquet"), office.session("Ada Racine")
        office.as_owner(f"UPDATE crm.session SET {ending} WHERE jti = %s", over.identity.jti)
        assert sessions.open_now(ada, 2) == []
        with pytest.raises(SignedOut):
            sessions.open_now(over, 2)


class TestEnding:
    def test_one_of_mine(self, office: Office) -> None:
        elsewhere, here = office.session("Bill Boquet"), office.session("Bill Boquet")
        assert elsewhere.clients.get(1)
        (other,) = [opened for opened in sessions.open_now(here, 2) if not sessions.is_this_one(here, opened)]
        sessions.end(here, other)
        with pytest.raises(SignedOut):
            elsewhere.clients.get(1)
        assert elsewhere.interrupted is not None and elsewhere.interrupted.name == "Bill Boquet"
        assert here.clients.get(1)
        with pytest.raises(NotFound):
            sessions.end(here, other)

    def test_all_others_then_all(self, office: Office) -> None:
        elsewhere, here = [office.session("Bill Boquet") for _ in range(2)], office.session("Bill Boquet")
        sessions.end_all(here, 2, but_this=True)
        for session in elsewhere:
            with pytest.raises(SignedOut):
                session.verify()
        here.verify()
        sessions.end_all(here, 2)
        with pytest.raises(SignedOut):
            here.verify()

    def test_anybodys_by_the_administration_only(self, office: Office) -> None:
        bill, ada = office.session("Bill Boquet"), office.session("Ada Racine")
        (of_bill,) = sessions.open_now(ada, 2)
        for name in ("Dawn Lefèvre", "Kate Hastroff", "Gina Comptoir"):
            with pytest.raises(NotAllowed):
                sessions.end(office.session(name), of_bill)
            with pytest.raises(NotAllowed):
                sessions.end_all(office.session(name), 2)
        bill.verify()
        sessions.end(ada, of_bill)
        with pytest.raises(SignedOut):
            bill.verify()

    def test_a_new_password_ends_all_but_the_session_it_was_changed_in(self, office: Office) -> None:
        elsewhere, here = office.session("Bill Boquet"), office.session("Bill Boquet")
        here.confirm_password(PASSWORD)
        here.change_password("seven brass lanterns")
        with pytest.raises(SignedOut):
            elsewhere.clients.get(1)
        assert [opened.jti for opened in sessions.open_now(here, 2)] == [here.identity.jti]


class TestKeepingAlive:
    def test_it_is_renewed_and_goes_on_without_connecting_again(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        age(office, 5)
        before, pid = bill.identity, backend(bill)
        bill.keep_alive(NOW)
        assert bill.identity.expires_at - before.expires_at == pytest.approx(
            timedelta(hours=-1), abs=timedelta(seconds=2)
        )
        kept = Identity.read(bill.token_file.read() or "")
        assert kept is not None and kept.jti == before.jti and kept.expires_at <= bill.identity.expires_at
        assert kept.expires_at > before.expires_at - timedelta(hours=2)
        assert bill.database.token == bill.token_file.read()
        assert backend(bill) == pid
        assert bill.companion().clients.get(1)

    def test_once_a_minute(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        bill.keep_alive(NOW)
        age(office, 5)
        before = bill.identity
        bill.keep_alive(NOW + timedelta(seconds=59))
        assert bill.identity == before
        bill.keep_alive(NOW + timedelta(seconds=61))
        assert bill.identity != before

    def test_a_session_that_is_over_is_told(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        office.as_owner("UPDATE crm.session SET revoked_at = clock_timestamp()")
        with pytest.raises(SignedOut):
            bill.keep_alive(NOW)
        bill.keep_alive(NOW + timedelta(hours=1))  # nobody is there any more

    def test_a_connection_that_is_cut_disturbs_nobody(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        office.as_owner("SELECT pg_terminate_backend(%s)", backend(bill))
        bill.keep_alive(NOW)
        assert bill.clients.get(1)

    def test_a_token_file_that_cannot_be_written_disturbs_nobody_either(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        age(office, 5)
        bill.token_file.path.chmod(0o644)
        bill.keep_alive(NOW)
        assert bill.identity.expires_at > datetime.now(UTC) + timedelta(hours=6)

    def test_it_does_not_take_the_place_of_somebody_elses_token(self, office: Office) -> None:
        """Two shells of one machine share the file; the second one signed somebody else in."""
        bill = office.session("Bill Boquet")
        age(office, 5)
        other = office.token("Dawn Lefèvre")
        bill.token_file.write(other)
        bill.keep_alive(NOW)
        assert bill.token_file.read() == other

    def test_nor_does_its_end_take_that_away(self, office: Office) -> None:
        """The other shell changed the password, which ended this one."""
        bill = office.session("Bill Boquet")
        other = office.token("Bill Boquet")
        bill.token_file.write(other)
        office.as_owner("UPDATE crm.session SET revoked_at = clock_timestamp() WHERE jti = %s", bill.identity.jti)
        with pytest.raises(SignedOut):
            bill.verify()
        assert bill.token_file.read() == other

    def test_an_earlier_copy_of_the_token_lives_and_dies_with_it(self, office: Office) -> None:
        bill, copy = office.session("Bill Boquet"), office.nobody()
        copy.adopt(bill.database.token or "")
        age(office, 5)
        bill.keep_alive(NOW)
        assert copy.clients.get(1)
        bill.sign_out()
        assert bill.interrupted is None
        with pytest.raises(SignedOut):
            copy.clients.get(1)


def backend(session: Session) -> int:
    return int(session.database.execute_sql("SELECT pg_backend_pid()").fetchone()[0])
