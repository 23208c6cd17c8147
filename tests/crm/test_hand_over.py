"""Who leaves hands over: clients with their contracts, and coming events; all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crm import personal_data
from crm.errors import Conflict, Invalid, NotAllowed, SignedOut, SignInDelayed, SignInRefused
from crm.hand_over import Portfolio, portfolio
from crm.session import Session
from tests import former_client
from tests.company import NOW, PASSWORD, Office

OWNERS = "SELECT commercial_contact_id FROM crm.client ORDER BY id"
CONTRACTS = "SELECT commercial_id FROM crm.contract ORDER BY id"
EVENTS = "SELECT support_contact_id FROM crm.event ORDER BY id"


def column(office: Office, statement: str) -> list[Any]:
    return [value for (value,) in office.as_owner(statement)]


def lock(office: Office, email: str) -> None:
    for _attempt in range(5):
        with pytest.raises((SignInRefused, SignInDelayed)):
            office.nobody().sign_in(email, "wrong")
        office.as_owner("UPDATE crm.login_throttle SET not_before = '-infinity' WHERE failures < 5")


class TestPortfolio:
    def test_what_somebody_of_sales_leaves_behind(self, gina: Session) -> None:
        assert portfolio(gina, gina.employees.get(2), NOW) == Portfolio(2, 3, 0)

    def test_of_support_only_coming_events_count(self, office: Office, gina: Session) -> None:
        kate = gina.employees.get(4)
        assert portfolio(gina, kate, NOW) == Portfolio(0, 0, 1)
        office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id = 109")
        assert portfolio(gina, kate, NOW) == Portfolio(0, 0, 0)
        office.as_owner(
            "UPDATE crm.event SET cancelled_at = NULL, start_date = '2020-01-01Z', end_date = '2020-01-02Z' WHERE id = 109"
        )
        assert portfolio(gina, kate, NOW) == Portfolio(0, 0, 0)

    @pytest.mark.parametrize("who", ["Gina Comptoir", "Ada Racine"])
    def test_both_who_run_the_staff_see_it(self, office: Office, who: str) -> None:
        session = office.session(who)
        assert portfolio(session, session.employees.get(3), NOW) == Portfolio(1, 2, 0)


@pytest.mark.parametrize("who", ["Gina Comptoir", "Ada Racine"])
class TestByThoseWhoMay:
    def test_clients_go_with_their_contracts(self, office: Office, who: str) -> None:
        session = office.session(who)
        closed = session.employees.deactivate(session.employees.get(2), session.employees.get(3), None)
        assert not closed.active
        assert column(office, OWNERS) == [3, 3, 3]
        assert column(office, CONTRACTS) == [3] * 5
        assert len(list(office.session("Dawn Lefèvre").clients.editable())) == 3

    @pytest.mark.parametrize("receiver", [5, None])
    def test_coming_events_go_to_a_colleague_or_to_nobody(self, office: Office, who: str, receiver: int | None) -> None:
        office.as_owner(
            "INSERT INTO crm.event (id, contract_id, title, support_contact_id, start_date, end_date)"
            " VALUES (1, 652, 'Long ago', 4, '2020-01-01Z', '2020-01-02Z'), (2, 652, 'Off', 4, '2031-01-01Z', '2031-01-02Z')"
        )
        office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id = 2")
        session = office.session(who)
        to = receiver and session.employees.get(receiver)
        session.employees.deactivate(session.employees.get(4), None, to, events_to_nobody=receiver is None)
        assert column(office, EVENTS) == [4, 4, receiver, 5, None]  # whoever ran what is over stays its contact

    def test_an_anonymised_client_goes_too(self, office: Office, who: str) -> None:
        former_client.add(office)
        gina = office.session("Gina Comptoir")
        personal_data.anonymise(gina, gina.clients.get(former_client.NUMBER))
        session = office.session(who)
        session.employees.deactivate(session.employees.get(2), session.employees.get(3), None)
        assert session.clients.get(former_client.NUMBER).commercial_contact_id == 3
        assert session.contracts.get(former_client.CONTRACT).commercial_id == 3

    def test_a_move_hands_over_and_takes_the_old_rights(self, office: Office, who: str) -> None:
        bill = office.session("Bill Boquet")
        session = office.session(who)
        moved = session.employees.move(session.employees.get(2), "support", session.employees.get(3), None)
        assert moved.department == "support"
        assert column(office, OWNERS) == [3, 3, 3]
        with pytest.raises(NotAllowed):
            bill.clients.create(full_name="New", email="new@x.example")
        bill.verify()
        assert bill.permissions.scope("event", "update") == "own"

    def test_a_closed_account_is_out_at_the_next_statement(self, office: Office, who: str) -> None:
        kate, session = office.session("Kate Hastroff"), office.session(who)
        session.employees.deactivate(session.employees.get(4), None, None, events_to_nobody=True)
        with pytest.raises(SignedOut):
            list(kate.events.visible())

    def test_opened_again_with_a_one_time_password(self, office: Office, who: str) -> None:
        kate, session = office.session("Kate Hastroff"), office.session(who)
        closed = session.employees.deactivate(session.employees.get(4), None, None, events_to_nobody=True)
        opened, password = session.employees.reactivate(closed)
        assert opened.active and opened.must_change_password
        assert not kate.resume()  # the sessions of before stay over
        with pytest.raises(SignInRefused):
            office.nobody().sign_in("kate@epic.example", PASSWORD)
        assert office.nobody().sign_in("kate@epic.example", password).must_change_password

    def test_unlocked_one_signs_in_at_once(self, office: Office, who: str) -> None:
        lock(office, "kate@epic.example")
        session = office.session(who)
        kate = session.employees.get(4)
        assert kate.locked_until
        assert [person.id for person in session.employees.visible().locked()] == [4]
        session.employees.unlock(kate)
        assert session.employees.get(4).locked_until is None
        assert office.nobody().sign_in("kate@epic.example", PASSWORD).name == "Kate Hastroff"


Verb = Callable[[Session], Any]
REFUSED: dict[str, tuple[str, Verb]] = {
    "nobody for the events": ("or nobody", lambda s: s.employees.deactivate(s.employees.get(4), None, None)),
    "nobody for the clients": ("say who takes them over", lambda s: s.employees.deactivate(s.employees.get(2), None, None)),
    "somebody who left": (
        "another active colleague of sales",
        lambda s: s.employees.deactivate(s.employees.get(2), s.employees.get(7), None),
    ),
    "support for clients": (
        "another active colleague of sales",
        lambda s: s.employees.deactivate(s.employees.get(2), s.employees.get(4), None),
    ),
    "themselves": (
        "another active colleague of sales",
        lambda s: s.employees.move(s.employees.get(2), "support", s.employees.get(2), None),
    ),
    "sales for events": (
        "another active colleague of support",
        lambda s: s.employees.deactivate(s.employees.get(4), None, s.employees.get(2)),
    ),
    "somebody of support who left": (
        "another active colleague of support",
        lambda s: s.employees.deactivate(s.employees.get(4), None, s.employees.get(8)),
    ),
    "themselves for events": (
        "another active colleague of support",
        lambda s: s.employees.move(s.employees.get(4), "sales", None, s.employees.get(4)),
    ),
    "the department of now": (
        "choose another one",
        lambda s: s.employees.move(s.employees.get(2), "sales", s.employees.get(3), None),
    ),
    "closed already": ("closed already", lambda s: s.employees.deactivate(s.employees.get(7), None, None)),
    "open already": ("open already", lambda s: s.employees.reactivate(s.employees.get(2))),
    "not locked": ("not locked", lambda s: s.employees.unlock(s.employees.get(2))),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_refused_with_a_sentence_and_nothing_has_changed(office: Office, gina: Session, why: str) -> None:
    sentence, verb = REFUSED[why]
    history = office.as_owner("SELECT count(*) FROM crm.change")
    with pytest.raises(Invalid) as invalid:
        verb(gina)
    assert sentence in invalid.value.message
    assert office.as_owner("SELECT count(*) FROM crm.change") == history


def test_a_stale_version_is_a_conflict(office: Office, gina: Session) -> None:
    seen, otto = gina.employees.get(2), gina.employees.get(7)
    office.as_owner("UPDATE crm.employee SET full_name = full_name || ' II' WHERE id IN (2, 7)")
    for verb in (
        lambda: gina.employees.deactivate(seen, gina.employees.get(3), None),
        lambda: gina.employees.move(seen, "support", gina.employees.get(3), None),
        lambda: gina.employees.reactivate(otto),
    ):
        with pytest.raises(Conflict) as conflict:
            verb()
        assert conflict.value.current.full_name.endswith(" II")
    assert column(office, OWNERS) == [2, 3, 2]
    assert column(office, "SELECT active FROM crm.employee WHERE id IN (2, 7) ORDER BY id") == [True, False]


def test_everything_moved_is_in_the_history_with_who_did_it(office: Office, gina: Session) -> None:
    gina.employees.deactivate(gina.employees.get(2), gina.employees.get(3), None)
    moved = office.as_owner(
        "SELECT entity, entity_id, fields FROM crm.change WHERE actor_id = 6 ORDER BY entity, entity_id"
    )
    assert moved == [
        ("client", 1, {"commercial_contact_id": [2, 3]}),
        ("client", 3, {"commercial_contact_id": [2, 3]}),
        ("contract", 10, {"commercial_id": [2, 3]}),
        ("contract", 412, {"commercial_id": [2, 3]}),
        ("contract", 700, {"commercial_id": [2, 3]}),
        ("employee", 2, {"active": [True, False]}),
    ]


@pytest.mark.parametrize("change", ["active = false", "department = 'support'"])
def test_even_the_owner_leaves_no_client_behind(office: Office, change: str) -> None:
    with pytest.raises(Exception, match="handed over first"):
        office.as_owner(f"UPDATE crm.employee SET {change} WHERE id = 2")


@pytest.mark.parametrize("change", ["active = false", "department = 'sales'"])
def test_even_the_owner_leaves_no_coming_event_behind(office: Office, change: str) -> None:
    with pytest.raises(Exception, match="handed over first"):
        office.as_owner(f"UPDATE crm.employee SET {change} WHERE id = 4")
    office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE support_contact_id = 4")
    office.as_owner(f"UPDATE crm.employee SET {change} WHERE id = 4")


class TestGuards:
    """What crm/staff.py refuses because the database does: administrators to all but administrators, and oneself."""

    def test_administrators_are_unlocked_by_administrators(self, office: Office, gina: Session) -> None:
        office.as_owner(
            "INSERT INTO crm.employee (id, full_name, email, department) VALUES (9, 'Root Two', 'two@epic.example', 'admin')"
        )
        for email in ("two@epic.example", "ada@epic.example", "gina@epic.example"):
            lock(office, email)
        ada = office.session("Ada Racine")
        for session, number in ((gina, 9), (gina, 6), (ada, 1)):  # an administrator, oneself, oneself
            with pytest.raises(NotAllowed):
                session.employees.unlock(session.employees.get(number))
        ada.employees.unlock(ada.employees.get(9))
        assert office.as_owner("SELECT count(*) FROM crm.login_throttle WHERE not_before > now()") == [(2,)]

    def test_nobody_is_moved_into_the_administration_by_accounting(self, office: Office, gina: Session) -> None:
        assert "admin" not in gina.employees.departments_for(gina.employees.get(4))
        with pytest.raises(NotAllowed):
            gina.employees.move(gina.employees.get(4), "admin", None, None, True)
        ada = office.session("Ada Racine")
        assert "admin" in ada.employees.departments_for(ada.employees.get(4))
        assert ada.employees.move(ada.employees.get(4), "admin", None, None, True).department == "admin"

    @pytest.mark.parametrize("who", ["Bill Boquet", "Kate Hastroff"])
    def test_others_do_nothing_of_it(self, office: Office, gina: Session, who: str) -> None:
        session, dawn, otto = office.session(who), gina.employees.get(3), gina.employees.get(7)
        lock(office, "dawn@epic.example")
        for verb in (
            lambda: session.employees.deactivate(dawn, None, None),
            lambda: session.employees.move(dawn, "support", None, None),
            lambda: session.employees.reactivate(otto),
            lambda: session.employees.unlock(dawn),
        ):
            with pytest.raises(NotAllowed):
                verb()
        assert session.employees.mine().first().locked_until is None
