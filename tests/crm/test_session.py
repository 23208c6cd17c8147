"""Signing in and out, tokens, and what the token file lets others see."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from crm.database import Database
from crm.errors import Invalid, NotAllowed, SignedOut, SignInDelayed, SignInRefused
from crm.identity import Identity
from crm.session import Session
from crm.token_file import TokenFile, UnsafeTokenFile
from tests.company import PASSWORD, Office


def test_signs_in_with_the_right_password(office: Office) -> None:
    identity = office.nobody().sign_in("Bill@Epic.example ", PASSWORD)
    assert (identity.name, identity.department, identity.must_change_password) == ("Bill Boquet", "sales", False)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("bill@epic.example", "wrong"),
        ("nobody@epic.example", PASSWORD),
        ("otto@epic.example", PASSWORD),  # closed account
        ("", ""),
        ("bill@epic.example' OR 1=1 --", PASSWORD),
    ],
)
def test_refuses_everything_else_in_the_same_words(office: Office, email: str, password: str) -> None:
    with pytest.raises(SignInRefused):
        office.nobody().sign_in(email, password)


def test_five_failures_lock_for_minutes_even_with_the_right_password(office: Office) -> None:
    session = office.nobody()
    for attempt in range(1, 6):
        # The waits after the third and fourth failure are real; the owner lets time pass.
        office.as_owner("UPDATE crm.login_throttle SET not_before = '-infinity'")
        with pytest.raises(SignInRefused):
            session.sign_in("bill@epic.example", f"wrong {attempt}")
    with pytest.raises(SignInDelayed) as delayed:
        session.sign_in("bill@epic.example", PASSWORD)
    assert 280 < int(str(delayed.value.details["seconds"])) <= 300


def test_third_failure_already_slows_down(office: Office) -> None:
    session = office.nobody()
    for _attempt in range(3):
        with pytest.raises(SignInRefused):
            session.sign_in("bill@epic.example", "wrong")
    with pytest.raises(SignInDelayed):
        session.sign_in("bill@epic.example", PASSWORD)


def test_success_forgets_the_failures(office: Office) -> None:
    session = office.nobody()
    for _attempt in range(2):
        with pytest.raises(SignInRefused):
            session.sign_in("bill@epic.example", "wrong")
    session.sign_in("bill@epic.example", PASSWORD)
    assert office.as_owner("SELECT count(*) FROM crm.login_throttle") == [(0,)]


def test_next_start_goes_on_with_the_token(office: Office) -> None:
    office.nobody().sign_in("bill@epic.example", PASSWORD)
    next_start = office.nobody()
    assert next_start.resume()
    assert next_start.identity.name == "Bill Boquet"


def test_the_email_is_known_for_another_sign_in(office: Office) -> None:
    session = office.nobody()
    assert session.email is None
    session.sign_in("bill@epic.example", PASSWORD)
    next_start = office.nobody()
    next_start.resume()
    office.as_owner("UPDATE crm.session SET revoked_at = now()")
    for over in (session, next_start):
        with pytest.raises(SignedOut):
            over.verify()
        assert over.email == "bill@epic.example"
    next_start.adopt(office.token("Dawn Lefèvre"))
    assert next_start.email is None  # never somebody else's
    next_start.verify()
    assert next_start.email == "dawn@epic.example"


def test_signing_out_revokes_copies_of_the_token_too(office: Office) -> None:
    bill = office.session("Bill Boquet")
    copy = office.session("Bill Boquet")
    copy.adopt(bill.database.token or "")
    bill.sign_out()
    assert bill.token_file.read() is None
    with pytest.raises(SignedOut):
        copy.clients.visible().page()


def test_no_rights_at_all_mean_that_the_session_is_over(office: Office) -> None:
    """Not that nothing is somebody's to do: they are asked for their password, and told no such thing."""
    session = office.session("Bill Boquet")
    token = office.token("Bill Boquet")
    office.as_owner("INSERT INTO crm.revocation (jti) SELECT jti FROM crm.session")
    session.adopt(token)
    with pytest.raises(SignedOut):
        session.permissions  # noqa: B018 - is asked for


def test_deactivated_in_the_middle_of_the_day(office: Office) -> None:
    bill = office.session("Bill Boquet")
    assert bill.clients.mine().page().rows
    office.session("Gina Comptoir").employees.deactivate(
        office.session("Gina Comptoir").employees.get(2), office.session("Gina Comptoir").employees.get(3), None
    )
    with pytest.raises(SignedOut):
        bill.clients.mine().page()
    with pytest.raises(SignedOut):
        bill.clients.create(full_name="Too Late", email="too@late.example")


def test_deactivating_a_colleague_does_not_sign_oneself_out(office: Office) -> None:
    gina = office.session("Gina Comptoir")
    gina.employees.deactivate(gina.employees.get(2), gina.employees.get(3), None)
    gina.verify()
    assert gina.is_open


def test_department_counts_as_the_table_has_it(office: Office) -> None:
    bill = office.session("Bill Boquet")
    gina = office.session("Gina Comptoir")
    gina.employees.move(gina.employees.get(2), "support", gina.employees.get(3), None)
    with pytest.raises(NotAllowed):
        bill.clients.create(full_name="New One", email="new@one.example")
    assert bill.identity.department == "support"
    assert not bill.permissions.allow(("client", "create"))


def test_one_time_password_opens_nothing_until_it_is_changed(office: Office) -> None:
    gina = office.session("Gina Comptoir")
    _employee, password = gina.employees.create(full_name="Nina Neuve", email="nina@epic.example", department="sales")
    nina = office.nobody()
    assert nina.sign_in("nina@epic.example", password).must_change_password
    assert nina.clients.visible().page().rows == []
    nina.change_password("a whole new password")
    assert not nina.identity.must_change_password
    assert nina.clients.visible().page().rows != []
    assert not office.nobody().sign_in("nina@epic.example", "a whole new password").must_change_password


def test_changing_the_password_ends_the_other_sessions(office: Office) -> None:
    elsewhere = office.session("Bill Boquet")
    bill = office.session("Bill Boquet")
    bill.confirm_password(PASSWORD)
    bill.change_password("a whole new password")
    bill.verify()
    with pytest.raises(SignedOut):
        elsewhere.verify()


def test_wrong_present_password_leaves_the_session_open(office: Office) -> None:
    bill = office.session("Bill Boquet")
    with pytest.raises(SignInRefused):
        bill.confirm_password("not it")
    bill.verify()
    assert bill.identity.name == "Bill Boquet"


@pytest.mark.parametrize("password", ["short", "x" * 129])
def test_password_of_an_unfit_length(office: Office, password: str) -> None:
    bill = office.session("Bill Boquet")
    with pytest.raises(Invalid):
        bill.change_password(password)


def test_nobody_is_signed_in_at_first(office: Office) -> None:
    session = office.nobody()
    assert not session.resume()
    assert not session.is_open
    with pytest.raises(SignedOut):
        _ = session.identity


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.e30.e30", "x" * 5000])
def test_what_is_no_token_is_nobody(token: str) -> None:
    assert Identity.read(token) is None


def test_forged_claims_greet_but_open_nothing(office: Office) -> None:
    genuine = office.token("Bill Boquet")
    header, claims, _signature = genuine.split(".")
    office.nobody().token_file.write(f"{header}.{claims}.{'A' * 43}")
    assert not office.nobody().resume()


class TestTokenFile:
    def test_is_its_owners_alone(self, tmp_path: Path) -> None:
        file = TokenFile(tmp_path / "new" / "token")
        os.umask(os.umask(0))
        file.write("a.b.c")
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
        assert file.read() == "a.b.c"

    def test_is_refused_when_others_can_read_it(self, tmp_path: Path) -> None:
        file = TokenFile(tmp_path / "token")
        file.write("a.b.c")
        file.path.chmod(0o640)
        with pytest.raises(UnsafeTokenFile):
            file.read()

    def test_is_refused_when_it_is_a_link_or_a_directory(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").write_text("a.b.c")
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        for path in (tmp_path / "link", tmp_path):
            with pytest.raises(UnsafeTokenFile):
                TokenFile(path).read()

    def test_leaves_nothing_behind_when_it_cannot_be_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "token").mkdir()
        with pytest.raises(OSError):
            TokenFile(tmp_path / "token").write("a.b.c")
        assert [path.name for path in tmp_path.iterdir()] == ["token"]

    @pytest.mark.parametrize("content", ["", "two words", "a.b", "é.b.c", "a.b.c -c role=postgres"])
    def test_holds_a_token_or_nothing(self, tmp_path: Path, content: str) -> None:
        file = TokenFile(tmp_path / "token")
        file.path.write_text(content)
        file.path.chmod(0o600)
        assert file.read() is None


COSTLIER = "m=19456,t=3,p=1"


class TestRaisingTheCost:
    """The default was raised: whoever signs in moves over, and notices nothing."""

    def costlier(self, office: Office) -> Session:
        return Session(Database(office.application), TokenFile(office.directory / "costlier" / "token"), COSTLIER)

    def params(self, office: Office) -> dict[int, str]:
        return dict(office.as_owner("SELECT employee_id, params FROM crm.credential"))

    def test_at_the_next_sign_in_of_each(self, office: Office) -> None:
        before, elsewhere = self.params(office), office.session("Bill Boquet")
        bill = self.costlier(office)
        assert bill.sign_in("bill@epic.example", PASSWORD).name == "Bill Boquet"
        assert self.params(office) == {**before, 2: COSTLIER}
        bill.verify()
        elsewhere.verify()
        verifier = office.as_owner("SELECT salt, verifier FROM crm.credential WHERE employee_id = 2")
        assert self.costlier(office).sign_in("bill@epic.example", PASSWORD)  # with the new ones, which stay
        assert office.as_owner("SELECT salt, verifier FROM crm.credential WHERE employee_id = 2") == verifier
        with pytest.raises(SignInRefused):
            self.costlier(office).sign_in("bill@epic.example", "not it")

    def test_never_lowered_by_a_program_of_before(self, office: Office) -> None:
        self.costlier(office).sign_in("bill@epic.example", PASSWORD)
        office.nobody().sign_in("bill@epic.example", PASSWORD)
        assert self.params(office)[2] == COSTLIER

    def test_a_wrong_password_raises_nothing(self, office: Office) -> None:
        before = self.params(office)
        with pytest.raises(SignInRefused):
            self.costlier(office).sign_in("bill@epic.example", "not it")
        assert self.params(office) == before

    def test_a_sign_in_does_not_fail_with_it(self, office: Office) -> None:
        office.as_owner("REVOKE EXECUTE ON PROCEDURE crm.raise_cost(bytea, bytea, text, bytea) FROM epic_app")
        bill = self.costlier(office)
        assert bill.sign_in("bill@epic.example", PASSWORD).name == "Bill Boquet"
        assert bill.clients.get(1)

    def test_a_new_password_has_the_costlier_ones_at_once(self, office: Office) -> None:
        bill = self.costlier(office)
        bill.sign_in("bill@epic.example", PASSWORD)
        bill.change_password("seven brass lanterns")
        assert self.params(office)[2] == COSTLIER
