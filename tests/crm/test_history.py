"""The history: everything done to the four entities is in it, by whom and when, and it is found again."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crm.errors import NotFound
from crm.history import ENTITIES, REFERENCES
from crm.models import Change
from crm.session import Session
from tests.company import Office
from tests.menus.test_shell import statements

START, END = datetime(2027, 3, 1, 18, tzinfo=UTC), datetime(2027, 3, 2, 2, tzinfo=UTC)

Line = tuple[str | None, int | None, str, int, str, dict[str, list[Any]]]


class Since:
    """What is written to the history from now on."""

    def __init__(self, office: Office) -> None:
        self.office = office
        ((self.last,),) = office.as_owner("SELECT max(id) FROM crm.change")

    @property
    def lines(self) -> list[Line]:
        """Actor, client, entity, number, action, fields; in the order of writing."""
        return self.office.as_owner(
            "SELECT e.full_name, c.client_id, c.entity, c.entity_id, c.action, c.fields FROM crm.change AS c"
            " LEFT JOIN crm.employee AS e ON e.id = c.actor_id WHERE c.id > %s ORDER BY c.id",
            self.last,
        )

    @property
    def deeds(self) -> list[tuple[str, int, str]]:
        return [(entity, number, action) for _who, _client, entity, number, action, _fields in self.lines]


def numbers(records: Any) -> list[tuple[str, int, str]]:
    return [(change.entity, change.entity_id, change.action) for change in records]


class TestEverythingIsInIt:
    """Each entity, each way to create, change and delete it."""

    def test_clients(self, office: Office, bill: Session) -> None:
        since = Since(office)
        client = bill.clients.create(full_name="Nina Neuve", email="nina@x.example", company_name="Neuve")
        bill.clients.update(client, company_name="Neuve & Cie", phone="+33 1 23 45 67 89")
        created, changed = since.lines
        assert created[:5] == ("Bill Boquet", client.id, "client", client.id, "create")
        assert created[5] == {
            "full_name": [None, "Nina Neuve"],
            "email": [None, "nina@x.example"],
            "phone": [None, ""],
            "company_name": [None, "Neuve"],
            "first_contact": [None, str(client.first_contact)],
            "commercial_contact_id": [None, 2],
        }
        assert changed == (
            *("Bill Boquet", client.id, "client", client.id, "update"),
            {"company_name": ["Neuve", "Neuve & Cie"], "phone": ["", "+33 1 23 45 67 89"]},
        )

    def test_contracts(self, office: Office, bill: Session, gina: Session) -> None:
        since = Since(office)
        contract = gina.contracts.create(gina.clients.get(1), total_amount=Decimal(900))
        bill.contracts.update(bill.contracts.get(contract.id), total_amount=1000)
        gina.contracts.delete(gina.contracts.get(contract.id))
        signed = bill.contracts.sign(bill.contracts.get(10))
        bill.contracts.record_payment(signed, Decimal(250))
        lines = since.lines
        assert [line[:5] for line in lines] == [
            ("Gina Comptoir", 1, "contract", contract.id, "create"),
            ("Bill Boquet", 1, "contract", contract.id, "update"),
            ("Gina Comptoir", 1, "contract", contract.id, "delete"),
            ("Bill Boquet", 1, "contract", 10, "update"),
            ("Bill Boquet", 1, "contract", 10, "update"),
        ]
        assert lines[1][5] == {"total_amount": [900.0, 1000.0]}
        gone = lines[2][5]
        assert {name: new for name, (_old, new) in gone.items()} == dict.fromkeys(gone)
        assert gone["client_id"] == [1, None] and gone["total_amount"] == [1000.0, None]
        assert lines[3][5]["status"] == ["unsigned", "signed"] and lines[3][5]["signed_at"][0] is None
        assert lines[4][5] == {"amount_to_be_paid": [1000.0, 750.0]}

    def test_events(self, office: Office, gina: Session) -> None:
        since = Since(office)
        event = gina.events.create(gina.contracts.get(652), title="Party", start_date=START, end_date=END)
        gina.events.update(event, notes="Umbrellas.")
        gina.events.assign(gina.events.get(event.id), gina.employees.get(4))
        gina.events.cancel(gina.events.get(event.id), START)
        gina.events.delete(gina.events.get(event.id))
        lines = since.lines
        assert {line[:4] for line in lines} == {("Gina Comptoir", 2, "event", event.id)}
        assert [line[4] for line in lines] == ["create", "update", "update", "update", "delete"]
        assert [line[5] for line in lines[1:3]] == [
            {"notes": ["", "Umbrellas."]},
            {"support_contact_id": [None, 4]},
        ]
        assert list(lines[3][5]) == ["cancelled_at"]
        assert lines[4][5]["title"] == ["Party", None] and lines[4][5]["support_contact_id"] == [4, None]

    def test_employees(self, office: Office, ada: Session) -> None:
        since = Since(office)
        nina, _password = ada.employees.create(full_name="Nina", email="nina@epic.example", department="sales")
        ada.employees.move(nina, "support", None, None)
        ada.employees.deactivate(ada.employees.get(nina.id), None, None)
        ada.employees.reset_password(ada.employees.get(2))
        lines = since.lines
        assert {line[:3] for line in lines} == {("Ada Racine", None, "employee")}
        assert [(line[3], line[4]) for line in lines] == [
            (nina.id, "create"),
            *[(nina.id, "update")] * 2,
            (2, "update"),
        ]
        assert [line[5] for line in lines[1:]] == [
            {"department": ["sales", "support"]},
            {"active": [True, False]},
            {"must_change_password": [False, True]},
        ]

    def test_many_rows_of_one_statement(self, office: Office) -> None:
        """A line for each row, however many a statement changes, and none for those that stay as they were."""
        since = Since(office)
        office.as_owner("UPDATE crm.event SET location = 'Paris' WHERE location <> ''")
        office.as_owner("UPDATE crm.event SET location = 'Paris'")
        office.as_owner(
            "INSERT INTO crm.event (contract_id, title, start_date, end_date)"
            " VALUES (652, 'One', '2027-01-01', '2027-01-02'), (412, 'Two', '2027-01-01', '2027-01-02')"
        )
        office.as_owner("DELETE FROM crm.event WHERE title IN ('One', 'Two')")
        deeds = [(action, client) for _who, client, _entity, _number, action, _fields in since.lines]
        assert [sorted(deeds[:2]), deeds[2:3]] == [[("update", 2), ("update", 3)], [("update", 2)]]
        assert sorted(deeds[3:]) == [(action, client) for action in ("create", "delete") for client in (2, 3)]

    def test_what_a_trigger_changes_along_with_it(self, office: Office) -> None:
        """A client that is handed over takes its contracts along: that is in the history of each of them."""
        since = Since(office)
        office.as_owner("UPDATE crm.client SET commercial_contact_id = 3 WHERE id = 1")
        assert sorted(since.lines, key=lambda line: (line[2], line[3])) == [
            (None, 1, "client", 1, "update", {"commercial_contact_id": [2, 3]}),
            (None, 1, "contract", 10, "update", {"commercial_id": [2, 3]}),
            (None, 1, "contract", 700, "update", {"commercial_id": [2, 3]}),
        ]

    def test_what_lookups_compare_is_no_change(self, office: Office, bill: Session) -> None:
        """A client's new name is written into what its events are found by; nobody changed those events."""
        since = Since(office)
        bill.clients.update(bill.clients.get(3), full_name="Lou Bouzin-Petit")
        assert since.deeds == [("client", 3, "update")]
        assert office.as_owner("SELECT search LIKE '%%bouzin-petit%%' FROM crm.event WHERE id = 1023") == [(True,)]

    def test_what_did_not_change_is_not_in_it(self, office: Office, bill: Session) -> None:
        since = Since(office)
        office.as_owner("UPDATE crm.client SET phone = phone, last_update = now()")
        bill.clients.update(bill.clients.get(1), company_name="Cool Startup LLC")
        assert since.lines == []

    def test_what_is_taken_back_was_never_done(self, office: Office, bill: Session) -> None:
        since = Since(office)
        client = bill.clients.get(1)
        with suppress(ZeroDivisionError), bill.database.all_or_nothing():
            bill.clients.update(client, company_name="Cooler")
            raise ZeroDivisionError
        assert since.lines == []

    def test_the_moment_is_when_it_was_done(self, office: Office, bill: Session) -> None:
        bill.clients.update(bill.clients.get(1), company_name="Cooler")
        (change,) = bill.clients.history(bill.clients.get(1), 1)
        assert abs(datetime.now(UTC) - change.at) < timedelta(minutes=1)

    def test_every_column_is_recorded_but_these(self, office: Office) -> None:
        """A new column is in the history without anybody's doing anything, unless it is left out on purpose."""
        columns = office.as_owner(  # NULL at a creation is not written down
            "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relnamespace = 'crm'::regnamespace AND relname = ANY(%s) AND attnum > 0 AND attnotnull",
            list(ENTITIES),
        )
        recorded = office.as_owner("SELECT DISTINCT entity, jsonb_object_keys(fields) FROM crm.change")
        assert set(columns) - set(recorded) == {
            *((entity, name) for entity in ENTITIES for name in ("id", "version")),
            *(("client", "last_update"), ("client", "search"), ("event", "search")),
        }


class TestFindingAgain:
    @pytest.fixture
    def past(self, office: Office, bill: Session, gina: Session, ada: Session) -> None:
        bill.clients.update(bill.clients.get(1), company_name="Cooler")
        bill.contracts.sign(bill.contracts.get(10))
        gina.contracts.delete(gina.contracts.get(11))
        gina.events.assign(gina.events.get(1024), gina.employees.get(4))
        gina.events.delete(gina.events.get(1023))
        ada.employees.update(ada.employees.get(2), full_name="Bill Bouquet")

    NEWEST = (
        ("employee", 2, "update"),
        ("event", 1023, "delete"),
        ("event", 1024, "update"),
        ("contract", 11, "delete"),
        ("contract", 10, "update"),
        ("client", 1, "update"),
    )

    @pytest.mark.usefixtures("past")
    def test_newest_first_page_by_page(self, ada: Session) -> None:
        everything = ada.history.visible()
        page = everything.page(1, 6, counted=True)
        assert tuple(numbers(page.rows)) == self.NEWEST
        assert (page.total, page.has_next) == (6 + 2 * 8 + 3 + 5 + 3, True)
        seen = [change.id for change in page.rows]
        while page.has_next:
            page = everything.after(page)
            seen += [change.id for change in page.rows]
        assert seen == sorted(seen, reverse=True) and len(seen) == 33
        assert [change.id for change in everything.before(page).rows] == seen[24:30]

    @pytest.mark.usefixtures("past")
    def test_who(self, office: Office, ada: Session) -> None:
        changes = list(ada.history.visible().of_colleague(office.number("Bill Boquet")))
        assert numbers(changes) == [("contract", 10, "update"), ("client", 1, "update")]
        assert {change.actor.full_name for change in changes} == {"Bill Bouquet"}

    @pytest.mark.usefixtures("past")
    def test_what(self, ada: Session) -> None:
        everything = ada.history.visible()
        assert numbers(everything.of_entity("employee"))[0] == ("employee", 2, "update")
        assert numbers(everything.doing("delete")) == [("event", 1023, "delete"), ("contract", 11, "delete")]
        assert numbers(everything.of_entity("event").doing("update")) == [("event", 1024, "update")]
        assert numbers(everything.of_record("contract", 11)) == [("contract", 11, "delete"), ("contract", 11, "create")]

    @pytest.mark.usefixtures("past")
    def test_a_client_with_its_contracts_and_events_deleted_ones_too(self, ada: Session) -> None:
        of_john = numbers(ada.history.visible().about_client(2))
        assert of_john == [
            *(
                ("event", 1024, "update"),
                ("contract", 11, "delete"),
                ("event", 1024, "create"),
                ("event", 109, "create"),
            ),
            *(("contract", 652, "create"), ("contract", 11, "create"), ("client", 2, "create")),
        ]
        assert numbers(ada.history.visible().about_client(3))[0] == ("event", 1023, "delete")

    @pytest.mark.usefixtures("past")
    def test_when(self, office: Office, ada: Session) -> None:
        ((moment,),) = office.as_owner("SELECT at FROM crm.change WHERE entity = 'contract' AND action = 'delete'")
        everything = ada.history.visible()
        assert tuple(numbers(everything.since(moment))) == self.NEWEST[:4]
        assert tuple(numbers(everything.earlier_than(moment)))[:2] == self.NEWEST[4:]
        assert numbers(everything.since(moment).earlier_than(moment)) == []

    def test_moments_that_are_the_same_lose_no_row(self, office: Office, ada: Session) -> None:
        """As in an import: everything at one moment."""
        office.as_owner(
            "INSERT INTO crm.change (at, entity, entity_id, action, fields)"
            " SELECT '2020-01-01', 'client', n, 'create', '{}' FROM generate_series(1, 30) AS n"
        )
        old = ada.history.visible().earlier_than(datetime(2020, 1, 2, tzinfo=UTC))
        page = old.page(1, 7)
        seen = [change.entity_id for change in page.rows]
        while page.has_next:
            page = old.after(page)
            seen += [change.entity_id for change in page.rows]
        assert seen == list(range(30, 0, -1))
        assert [change.entity_id for change in old.sorted_by("at")][:3] == [1, 2, 3]

    def test_counting_stops(self, office: Office, ada: Session) -> None:
        office.as_owner(
            "INSERT INTO crm.change (entity, entity_id, action, fields)"
            " SELECT 'client', n, 'create', '{}' FROM generate_series(1, 1500) AS n"
        )
        assert ada.history.visible().page(counted=True).total == 1001

    def test_one(self, ada: Session, bill: Session) -> None:
        change = ada.history.visible().of_record("employee", 2).first()
        assert change is not None
        assert ada.history.get(change.id) == change
        for session, number in ((ada, 999_999), (bill, change.id)):
            with pytest.raises(NotFound):
                session.history.get(number)

    def test_on_the_card_of_a_record(self, bill: Session) -> None:
        """For the card, and for whoever wants to know who changed a field."""
        client = bill.clients.update(bill.clients.get(1), company_name="Cooler")
        bill.clients.update(client, company_name="Coolest")
        last, before, created = bill.clients.history(client)
        assert [last.fields, before.fields] == [
            {"company_name": ["Cooler", "Coolest"]},
            {"company_name": ["Cool Startup LLC", "Cooler"]},
        ]
        assert last.actor.full_name == "Bill Boquet" and last.at >= before.at and created.action == "create"
        assert bill.clients.history(client, 1) == [last]

    @pytest.mark.parametrize("entity", ENTITIES)
    def test_only_what_one_may_know(self, office: Office, entity: str) -> None:
        """Each department, as crm.permission has it: employees' is the administration's."""
        for name in ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine"):
            session = office.session(name)
            found = session.history.visible().of_entity(entity).first()
            assert (found is not None) == session.permissions.allow((entity, "history")), name
            assert session.permissions.allow((entity, "history")) == (entity != "employee" or name == "Ada Racine")

    def test_without_any_such_right(self, office: Office) -> None:
        office.as_owner("DELETE FROM crm.permission WHERE department = 'support' AND action = 'history'")
        assert list(office.session("Kate Hastroff").history.visible()) == []


class TestNames:
    def changes(self, session: Session) -> list[Change]:
        return session.history.visible().page(1, 100).rows

    def test_one_statement_for_a_page(self, ada: Session) -> None:
        changes = self.changes(ada)
        with statements() as sent:
            names = ada.history.names(changes)
        assert len(sent) == 1
        assert [
            names.of("employee", 3), names.of("client", 2), names.of("contract", 652), names.of("event", 109),
        ] == ["Dawn Lefèvre", "John Ouick", "John Ouick", "John Ouick Wedding"]  # fmt: skip

    def test_none_where_there_is_nothing_to_call(self, bill: Session) -> None:
        with statements() as sent:
            assert not bill.history.names([]).has("client", 1)
            assert bill.history.values(bill.clients.history(bill.clients.get(1))).of("employee", 2) == ""
        assert not [statement for statement in sent if "UNION" in statement]

    def test_of_what_is_gone_there_is_none(self, gina: Session) -> None:
        gina.events.delete(gina.events.get(1024))
        names = gina.history.names(self.changes(gina))
        assert not names.has("event", 1024) and names.of("event", 1024) == ""

    def test_people_are_named_to_everybody(self, office: Office, bill: Session) -> None:
        """The rows of crm.employee are closed to sales; names are no secret."""
        office.as_owner("UPDATE crm.client SET commercial_contact_id = 3 WHERE id = 1")
        names = bill.history.values(bill.clients.history(bill.clients.get(1)))
        assert (names.of("employee", 2), names.of("employee", 3)) == ("Bill Boquet", "Dawn Lefèvre")

    def test_every_reference_of_the_tables_is_known(self, office: Office) -> None:
        keys = office.as_owner(
            "SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint AS c"
            " JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.conrelid::regclass::text = ANY(%s)",
            [f"crm.{entity}" for entity in ENTITIES],
        )
        assert {(name, f"crm.{entity}") for name, entity in REFERENCES.items()} == set(keys)
