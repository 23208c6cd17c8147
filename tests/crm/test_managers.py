"""What an employee gets to see and change through the managers, beyond the matrix of rights."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm.database import Database
from crm.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable, Unsaved
from crm.models import Client
from tests.company import NOW, Office

START, END = datetime(2027, 3, 1, 18, tzinfo=UTC), datetime(2027, 3, 2, 2, tzinfo=UTC)


class CutOff(Database):
    """A database that is out of reach as soon as something was inserted."""

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if self.inserted:
            raise Unavailable
        self.inserted = sql.startswith("INSERT")
        return super().execute_sql(sql, params)

    inserted = False


class TestScopes:
    def test_everybody_sees_everything_but_their_own_is_apart(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        assert {client.id for client in bill.clients.visible()} == {1, 2, 3}
        assert {client.id for client in bill.clients.mine()} == {1, 3}
        assert {client.id for client in bill.clients.editable()} == {1, 3}

    def test_whoever_may_change_nothing_has_nothing_to_edit(self, office: Office) -> None:
        kate = office.session("Kate Hastroff")
        assert list(kate.clients.editable()) == []
        assert list(kate.contracts.editable()) == []

    def test_filters_combine(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        assert [contract.id for contract in bill.contracts.visible().unsigned()] == [11, 10]
        assert [contract.id for contract in bill.contracts.mine().unpaid().signed()] == [700, 412]
        assert [contract.id for contract in bill.contracts.awaiting_event()] == [700, 412]

    def test_events_without_support_and_coming(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        assert [event.id for event in gina.events.visible().without_support()] == [1024]
        assert {event.id for event in gina.events.visible().coming(NOW)} == {109, 1023, 1024}
        assert list(gina.events.visible().coming(datetime(2028, 1, 1, tzinfo=UTC))) == []

    def test_a_record_tells_whether_it_may_be_changed_without_another_statement(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        assert bill.clients.may(bill.clients.get(1), "update")
        assert not bill.clients.may(bill.clients.get(2), "update")
        assert bill.contracts.may(bill.contracts.get(412), "create", "event")
        gina = office.session("Gina Comptoir")
        assert not gina.employees.may(gina.employees.get(1), "update")  # an administrator
        assert office.session("Ada Racine").employees.may(gina.employees.get(1), "update")


class TestClients:
    def test_new_client_is_mine(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        client = bill.clients.create(
            full_name="  Ada   Lovelace ", email="Ada@Engine.example", phone="+33 1 99 00 12 34"
        )
        assert (client.full_name, client.email, client.commercial_contact.full_name) == (
            "Ada Lovelace",
            "ada@engine.example",
            "Bill Boquet",
        )

    def test_names_that_look_like_something_else_are_names(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        for name in (
            "O'Brien; DROP TABLE crm.client",
            "[/red]",
            "[bold]",
            "%s %(x)s",
            "🎉 Fête à Zoë",
            "null",
            "\\'; --",
        ):
            assert bill.clients.create(full_name=name, email="x@y.example").full_name == name

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("full_name", ""),
            ("full_name", "x" * 101),
            ("full_name", "a\x1b[31mb"),
            ("email", "no"),
            ("phone", "call me"),
        ],
    )
    def test_bad_values_name_their_field_and_write_nothing(self, office: Office, field: str, value: str) -> None:
        bill = office.session("Bill Boquet")
        with pytest.raises(Invalid) as invalid:
            bill.clients.create(**{"full_name": "A", "email": "a@b.example", field: value})
        assert invalid.value.field == field
        assert len(list(bill.clients.visible())) == 3

    def test_somebody_elses_client_is_refused(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with pytest.raises(NotAllowed):
            bill.clients.update(bill.clients.get(2), full_name="Mine Now")
        assert bill.clients.get(2).full_name == "John Ouick"

    def test_an_update_moves_last_update_and_version(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        before = bill.clients.get(1)
        after = bill.clients.update(before, company_name="Cooler Startup LLC")
        assert after.version == before.version + 1
        assert after.last_update > before.last_update

    def test_nothing_to_change_sends_nothing(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        client = bill.clients.get(1)
        assert bill.clients.update(client) is client


class TestConflicts:
    def test_two_people_editing_one_record(self, office: Office) -> None:
        here, there = office.session("Bill Boquet"), office.session("Bill Boquet")
        mine, theirs = here.clients.get(1), there.clients.get(1)
        there.clients.update(theirs, phone="+44 20 7946 0999")
        with pytest.raises(Conflict) as conflict:
            here.clients.update(mine, phone="+44 20 7946 0111")
        assert conflict.value.current.phone == "+44 20 7946 0999"
        assert conflict.value.changes == {"phone": "+44 20 7946 0111"}
        assert here.clients.get(1).phone == "+44 20 7946 0999"

    def test_deleted_meanwhile(self, office: Office) -> None:
        gina, other = office.session("Gina Comptoir"), office.session("Gina Comptoir")
        contract = gina.contracts.get(10)
        other.contracts.delete(other.contracts.get(10))
        with pytest.raises(NotFound):
            gina.contracts.update(contract, total_amount=Decimal(1))
        with pytest.raises(NotFound):
            gina.contracts.delete(contract)


class TestContracts:
    def test_a_new_contract_follows_its_client(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        contract = gina.contracts.create(gina.clients.get(2), Decimal("99.90"))
        assert (contract.commercial.full_name, contract.amount_to_be_paid, contract.is_signed) == (
            "Dawn Lefèvre",
            Decimal("99.90"),
            False,
        )

    def test_signing_notes_the_moment_and_stays(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        contract = bill.contracts.sign(bill.contracts.get(10))
        assert contract.is_signed and contract.signed_at is not None
        with pytest.raises(Invalid):
            bill.contracts.update(contract, status="unsigned")

    @pytest.mark.parametrize("amount", ["-5", "0", "1250.01", "NaN", "1e400", "Infinity", "-Infinity", "sNaN"])
    def test_impossible_payments(self, office: Office, amount: str) -> None:
        gina = office.session("Gina Comptoir")
        with pytest.raises(Invalid):
            gina.contracts.record_payment(gina.contracts.get(412), Decimal(amount))
        assert gina.contracts.get(412).amount_to_be_paid == 1250

    def test_payments_add_up(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        contract = gina.contracts.record_payment(gina.contracts.get(412), Decimal("250.50"))
        assert (contract.amount_to_be_paid, contract.paid) == (Decimal("999.50"), Decimal("1500.50"))
        assert gina.contracts.record_payment(contract, Decimal("999.50")).is_paid

    @pytest.mark.parametrize(
        "amounts",
        [
            {"total_amount": Decimal(-1)},
            {"total_amount": Decimal("NaN")},
            {"total_amount": Decimal("1e400")},
            {"total_amount": Decimal(100)},  # below what is to be paid
            {"amount_to_be_paid": Decimal(2501)},
        ],
    )
    def test_impossible_amounts(self, office: Office, amounts: dict[str, Decimal]) -> None:
        gina = office.session("Gina Comptoir")
        with pytest.raises(Invalid):
            gina.contracts.update(gina.contracts.get(412), **amounts)
        assert gina.contracts.get(412).total_amount == 2500

    def test_only_unsigned_contracts_without_events_are_deleted(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        gina.contracts.delete(gina.contracts.get(10))
        with pytest.raises(NotFound):
            gina.contracts.get(10)
        with pytest.raises(Invalid):
            gina.contracts.delete(gina.contracts.get(412))

    def test_a_clients_new_contact_takes_the_contracts_along(self, office: Office) -> None:
        office.as_owner("UPDATE crm.client SET commercial_contact_id = 3 WHERE id = 1")
        dawn = office.session("Dawn Lefèvre")
        assert {contract.id for contract in dawn.contracts.mine()} == {10, 11, 652, 700}


class TestEvents:
    def test_what_is_saved_and_cannot_be_read_back_is_not_to_be_saved_again(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        bill.database = CutOff(office.application, bill.database.token)
        with pytest.raises(Unsaved):
            bill.clients.create(full_name="Eve Nouvelle", email="eve@client.example")
        assert office.as_owner("SELECT count(*) FROM crm.client WHERE full_name = 'Eve Nouvelle'") == [(1,)]

    def test_created_by_sales_waits_for_support(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        event = bill.events.create(bill.contracts.get(700), title="Launch", start_date=START, end_date=END)
        assert event.support_contact is None
        assert event.state(NOW) == "to assign"
        assert event.contract.client.full_name == "Kevin Casey"

    def test_needs_a_signed_contract(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with pytest.raises(Invalid):
            bill.events.create(bill.contracts.get(10), title="Too early", start_date=START, end_date=END)

    def test_ends_after_it_starts(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with pytest.raises(Invalid) as invalid:
            bill.events.create(bill.contracts.get(700), title="Backwards", start_date=END, end_date=START)
        assert invalid.value.field == "end_date"

    def test_states(self, office: Office) -> None:
        event = office.session("Kate Hastroff").events.get(109)
        assert event.state(NOW) == "planned"
        assert event.state(datetime(2027, 6, 4, 14, tzinfo=UTC)) == "under way"
        assert event.state(datetime(2027, 6, 6, tzinfo=UTC)) == "over"
        event.cancelled_at = NOW
        assert event.state(NOW) == "cancelled"

    def test_only_active_support_can_be_named(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        event = gina.events.get(1024)
        assert {colleague.full_name for colleague in gina.employees.candidates()} == {"Kate Hastroff", "Aliénor Vichum"}
        for unfit in ("Bill Boquet", "Ines Partie"):
            with pytest.raises(Invalid):
                gina.events.assign(event, gina.employees.get(office.number(unfit)))
        assert gina.events.assign(event, gina.employees.get(4)).support_contact.full_name == "Kate Hastroff"
        assert gina.events.assign(gina.events.get(1024), None).support_contact is None

    def test_cancel_and_delete(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        assert gina.events.cancel(gina.events.get(109), NOW).is_cancelled
        gina.events.delete(gina.events.get(1024))
        with pytest.raises(NotFound):
            gina.events.get(1024)


class TestEmployees:
    def test_a_failed_creation_leaves_no_half_employee(self, office: Office) -> None:
        ada = office.session("Ada Racine")
        with pytest.raises(Invalid) as invalid:
            ada.employees.create(full_name="Second Bill", email="bill@epic.example", department="sales")
        assert invalid.value.field == "email"
        assert len(list(ada.employees.visible())) == 8
        assert ada.clients.visible().page().rows  # the connection is usable again

    def test_accounting_makes_nobody_an_administrator(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        with pytest.raises(NotAllowed):
            gina.employees.create(full_name="Friend", email="friend@epic.example", department="admin")
        with pytest.raises(NotAllowed):
            gina.employees.move(gina.employees.get(6), "admin", None, None)
        with pytest.raises(NotAllowed):
            gina.employees.deactivate(gina.employees.get(1), None, None)
        assert gina.employees.get(1).active

    def test_the_last_administrator_stays(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.employee (id, full_name, email, department) VALUES (9, 'Root Two', 'two@epic.example', 'admin')"
        )
        ada = office.session("Ada Racine")
        ada.employees.deactivate(ada.employees.get(9), None, None)
        with pytest.raises(NotAllowed):  # oneself
            ada.employees.deactivate(ada.employees.get(1), None, None)

    def test_a_new_password_for_somebody_who_forgot(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        bill = office.session("Bill Boquet")
        password = gina.employees.reset_password(gina.employees.get(2))
        assert not bill.resume()
        assert office.nobody().sign_in("bill@epic.example", password).must_change_password


class TestLookups:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("kev", [1]),
            ("KEVIN CA", [1]),
            ("casey kevin", [1]),
            ("startup", [1]),
            ("gmail", [2]),
            ("67812345678", [1]),
            ("3", [3]),
            ("bouzin sa", [3]),
            ("", [2, 1, 3]),  # nothing typed: from the beginning of the alphabet
            ("100%", []),
            ("_____", []),
            ("' OR 1=1", []),
            ("x" * 10_000, []),
        ],
    )
    def test_clients(self, office: Office, typed: str, found: list[int]) -> None:
        assert [client.id for client in office.session("Kate Hastroff").clients.visible().matching(typed)] == found

    def test_accents_do_not_matter(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        bill.clients.create(full_name="Éloïse Ångström-Œuvré", email="e@a.example")
        for typed in ("eloise", "ÉLOÏSE", "angstrom", "oeuvre"):
            assert [client.full_name for client in bill.clients.visible().matching(typed)] == ["Éloïse Ångström-Œuvré"]

    def test_contracts_and_events(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        assert [contract.id for contract in gina.contracts.visible().matching("652")] == [652]
        assert [contract.id for contract in gina.contracts.visible().matching("ouick")] == [652, 11]
        assert [event.id for event in gina.events.visible().matching("wedding")] == [109]
        assert [event.id for event in gina.events.visible().matching("chateau")] == [109]
        assert [person.id for person in gina.employees.visible().matching("alienor")] == [5]
        assert [person.id for person in gina.employees.visible().matching("5")] == [5]

    def test_only_what_the_action_would_accept(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        assert [client.id for client in bill.clients.editable().matching("", "update")] == [1, 3]


class TestPages:
    @pytest.fixture
    def crowd(self, office: Office) -> Office:
        office.as_owner(
            "INSERT INTO crm.client (id, full_name, email, commercial_contact_id)"
            " SELECT n, 'Client ' || n, 'c' || n || '@x.example', 2 FROM generate_series(9990001, 9990045) AS n"
        )
        return office

    def test_forth_and_back(self, crowd: Office) -> None:
        clients = crowd.session("Bill Boquet").clients.visible()
        first = clients.page()
        second = clients.after(first)
        third = clients.after(second)
        assert [len(page.rows) for page in (first, second, third)] == [20, 20, 8]
        assert [page.number for page in (first, second, third)] == [1, 2, 3]
        assert [(page.has_previous, page.has_next) for page in (first, second, third)] == [
            (False, True),
            (True, True),
            (True, False),
        ]
        keys = [client.id for page in (first, second, third) for client in page.rows]
        assert keys == sorted(set(keys), reverse=True)
        assert [client.id for client in clients.before(third).rows] == [client.id for client in second.rows]
        assert [client.id for client in clients.before(second).rows] == [client.id for client in first.rows]

    def test_by_number(self, crowd: Office) -> None:
        clients = crowd.session("Bill Boquet").clients.visible()
        assert clients.page(3).rows == clients.after(clients.after(clients.page())).rows
        assert clients.page(500).rows == []

    def test_page_500_is_there(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.client (full_name, email, commercial_contact_id)"
            " SELECT 'C', 'c@x.example', 2 FROM generate_series(1, 10000)"
        )
        assert len(office.session("Bill Boquet").clients.visible().page(500).rows) == 20

    def test_an_edited_row_stays_in_its_place(self, crowd: Office) -> None:
        bill = crowd.session("Bill Boquet")
        before = [client.id for client in bill.clients.visible().page().rows]
        bill.clients.update(bill.clients.get(before[5]), full_name="Edited")
        assert [client.id for client in bill.clients.visible().page().rows] == before

    def test_events_with_equal_dates_keep_a_total_order(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.event (contract_id, title, start_date, end_date)"
            " SELECT 652, 'Same time ' || n, '2027-01-01Z', '2027-01-02Z' FROM generate_series(1, 50) AS n"
        )
        events = office.session("Kate Hastroff").events.visible()
        page = events.page()
        seen = [event.id for event in page.rows]
        while page.has_next:
            page = events.after(page)
            seen += [event.id for event in page.rows]
        assert len(seen) == len(set(seen)) == 53

    @pytest.mark.parametrize("entity", ["clients", "contracts", "events"])
    def test_one_statement_a_screen(self, office: Office, entity: str, caplog: pytest.LogCaptureFixture) -> None:
        session = office.session("Gina Comptoir")
        _ = session.permissions
        caplog.set_level(logging.DEBUG, logger="peewee")
        caplog.clear()
        for record in getattr(session, entity).visible().page().rows:
            assert record.id
            if entity == "clients":
                assert record.commercial_contact.full_name
            if entity == "contracts":
                assert record.client.full_name and record.commercial.full_name
            if entity == "events":
                assert record.contract.client.full_name and record.contract.commercial.full_name
        assert len([line for line in caplog.records if line.name == "peewee"]) == 1

    def test_a_relation_that_was_not_joined_asks_no_second_question(self, office: Office) -> None:
        session = office.session("Gina Comptoir")
        (client,) = Client.select().where(Client.id == 1).execute(session.database)
        assert client.commercial_contact == 2  # the bare number: nothing was fetched behind our back


class TestHistory:
    def test_who_did_what(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        client = bill.clients.update(bill.clients.get(1), company_name="Cooler")
        (last, first) = bill.clients.history(client)
        assert (last.actor.full_name, last.action, last.fields) == (
            "Bill Boquet",
            "update",
            {"company_name": ["Cool Startup LLC", "Cooler"]},
        )
        assert (first.actor, first.action) == (None, "create")

    def test_nothing_secret_in_it(self, office: Office) -> None:
        ada = office.session("Ada Racine")
        employee, _password = ada.employees.create(full_name="Nina", email="nina@epic.example", department="sales")
        fields = {name for change in ada.employees.history(employee) for name in change.fields}
        assert fields <= {"full_name", "email", "department", "active", "creation_date", "must_change_password"}
