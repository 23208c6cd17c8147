"""Lists of records: in which order, how many, narrowed to what; no row is lost or shown twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm.records import COUNTED, Records
from crm.session import Session
from tests.company import NOW, Office
from tests.menus.test_shell import many_clients, statements

ENTITIES = ("client", "contract", "event", "employee")


def ids(rows: list[Any]) -> list[int]:
    return [row.id for row in rows]


def forth(records: Records[Any], size: int) -> list[list[int]]:
    """The numbers on every page, from the first on."""
    page = records.page(1, size)
    pages = [ids(page.rows)]
    while page.has_next:
        page = records.after(page)
        pages.append(ids(page.rows))
    return pages


def back(records: Records[Any], size: int, last: int) -> list[list[int]]:
    """The numbers on every page, from the `last` one on backwards."""
    page = records.page(last, size)
    pages = [ids(page.rows)]
    while page.has_previous:
        page = records.before(page)
        pages.append(ids(page.rows))
    return pages


def crowd(office: Office, seed: int) -> None:
    """Records whose dates and amounts are often the same, contracts with and without a signature."""
    chance = random.Random(seed)

    def day() -> date:
        return date(2026, 1, chance.randint(1, 3))

    for n in range(12):
        office.as_owner(
            "INSERT INTO crm.client (full_name, email, first_contact, commercial_contact_id) VALUES (%s, %s, %s, %s)",
            f"Client {n}", f"c{n}@x.example", day(), chance.choice((2, 3)),
        )  # fmt: skip
        total = chance.choice((0, 10, 20))
        office.as_owner(
            "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, creation_date, status) VALUES (%s, %s, %s, %s, %s)",
            chance.choice((1, 2, 3)), total, chance.choice((0, total)), day(), chance.choice(("unsigned", "signed")),
        )  # fmt: skip
        office.as_owner(
            "INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (%s, %s, %s, '2027-01-01')",
            chance.choice((412, 652)), f"Event {n}", day(),
        )  # fmt: skip
    office.as_owner("ALTER TABLE crm.contract DISABLE TRIGGER USER")
    office.as_owner(
        "UPDATE crm.contract SET signed_at = date_trunc('day', now()) WHERE status = 'signed' AND id %% 2 = 0"
    )
    office.as_owner("ALTER TABLE crm.client DISABLE TRIGGER USER")
    office.as_owner("UPDATE crm.client SET last_update = '2026-01-01' WHERE id %% 3 <> 0")


class TestOrder:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_pages_in_every_order_hold_every_row_once(
        self, office: Office, seed: int, subtests: pytest.Subtests
    ) -> None:
        crowd(office, seed)
        gina = office.session("Gina Comptoir")
        for entity, name, descending in every_order(gina):
            with subtests.test(f"{entity} by {name}, {'descending' if descending else 'ascending'}"):
                records = gina.of(entity).visible().sorted_by(name, descending)
                whole = ids(list(records))
                assert sorted(whole) == sorted(ids(list(gina.of(entity).visible())))
                for size in (1, 2, 3, 7, 100):
                    pages = forth(records, size)
                    assert [number for page in pages for number in page] == whole
                    assert back(records, size, len(pages)) == pages[::-1]

    def test_the_other_direction_is_the_same_rows_backwards(self, office: Office) -> None:
        crowd(office, 3)
        gina = office.session("Gina Comptoir")
        for entity, name, descending in every_order(gina):
            if descending:
                down = ids(list(gina.of(entity).visible().sorted_by(name, descending=True)))
                assert down == ids(list(gina.of(entity).visible().sorted_by(name)))[::-1], (entity, name)

    def test_values_come_in_order(self, office: Office) -> None:
        crowd(office, 4)
        gina = office.session("Gina Comptoir")
        for entity, name, descending in every_order(gina):
            values = [getattr(row, name) for row in gina.of(entity).visible().sorted_by(name, descending)]
            if name == "signed_at":
                values = [value or datetime(1, 1, 1, tzinfo=UTC) for value in values]
            if name != "full_name":
                assert values == sorted(values, reverse=descending), (entity, name)

    def test_the_latest_signature_comes_first_and_what_is_unsigned_last(self, gina: Session) -> None:
        signed = [contract.is_signed for contract in gina.contracts.visible().sorted_by("signed_at", descending=True)]
        assert signed == [True, True, True, False, False]

    def test_names_come_as_in_a_dictionary(self, office: Office, gina: Session) -> None:
        office.as_owner(
            "INSERT INTO crm.employee (full_name, email, department) VALUES ('Élodie Azur', 'x@y.z', 'sales')"
        )
        office.as_owner("INSERT INTO crm.employee (full_name, email, department) VALUES ('eric b', 'x2@y.z', 'sales')")
        names = [employee.full_name for employee in gina.employees.visible().sorted_by("full_name")]
        assert names[3:8] == ["Dawn Lefèvre", "Élodie Azur", "eric b", "Gina Comptoir", "Ines Partie"]

    def test_it_says_what_it_is_sorted_on(self, gina: Session) -> None:
        assert gina.events.visible().sorted_on == "start_date"
        assert gina.contracts.visible().sorted_on == "id"
        assert gina.contracts.visible().sorted_by("total_amount").sorted_on == "total_amount"

    def test_only_what_is_fast_is_offered(self, gina: Session) -> None:
        """Every order but those of the few employees is the order of an index."""
        for entity, name, _descending in every_order(gina):
            if entity != "employee":
                plan = plan_of(gina, gina.of(entity).visible().sorted_by(name))
                assert "Index Scan" in plan and "Sort Key" not in plan, f"{entity} by {name}:\n{plan}"

    def test_ones_own_contracts_have_their_orders_too(self, office: Office) -> None:
        mine = office.session("Bill Boquet").contracts.mine()
        for name in ("creation_date", "total_amount", "amount_to_be_paid"):
            plan = plan_of(office.session("Bill Boquet"), mine.sorted_by(name))
            assert f"contract_of_commercial_{name.replace('_date', '')}" in plan, plan

    def test_what_people_wrote_cannot_be_sorted_on(self, gina: Session) -> None:
        for name in ("full_name", "email", "search"):
            with pytest.raises(KeyError):
                gina.clients.visible().sorted_by(name)


def every_order(session: Session) -> Iterator[tuple[str, str, bool]]:
    for entity in ENTITIES:
        for name in session.of(entity).visible().sortable:
            yield entity, name, False
            yield entity, name, True


def plan_of(session: Session, records: Records[Any]) -> str:
    """How PostgreSQL reads the first page, if it may neither sort nor read whole tables."""
    query, values = session.database.get_sql_context().sql(records._sorted(records.descending).limit(21)).query()
    with session.database.atomic():
        session.database.execute_sql("SET LOCAL enable_sort = off")
        session.database.execute_sql("SET LOCAL enable_seqscan = off")
        session.database.execute_sql("SET LOCAL enable_incremental_sort = off")
        return "\n".join(row[0] for row in session.database.execute_sql(f"EXPLAIN {query}", values).fetchall())


class TestNarrowing:
    def test_filters_combine(self, gina: Session) -> None:
        contracts = gina.contracts.visible()
        bill, kevin = 2, gina.clients.get(1)
        assert ids(list(contracts.of_colleague(bill).unsigned())) == [10]
        assert ids(list(contracts.of_colleague(bill).signed().unpaid())) == [700, 412]
        assert ids(list(contracts.of_client(kevin).since(date(2023, 3, 29)).earlier_than(date(2023, 3, 30)))) == [10]
        assert ids(list(contracts.without_event())) == [700]
        assert ids(list(contracts.without_event().unsigned())) == []
        assert ids(list(contracts.without_event().sorted_by("total_amount", descending=True))) == [700]

    def test_events(self, office: Office, gina: Session) -> None:
        gina.events.cancel(gina.events.get(109), NOW)
        events = gina.events.visible()
        assert ids(list(events.cancelled())) == [109]
        assert ids(list(events.of_colleague(5))) == [1023]
        assert ids(list(events.of_client(gina.clients.get(2)))) == [1024, 109]
        assert ids(list(events.since(datetime(2027, 6, 4, 13, tzinfo=UTC)))) == [1024, 109]
        assert ids(list(events.earlier_than(datetime(2027, 6, 4, 13, tzinfo=UTC)))) == [1023]

    def test_coming_events_are_those_that_end_later(self, office: Office, gina: Session) -> None:
        """However long they take, and whenever the clocks change."""
        office.as_owner("INSERT INTO crm.event (contract_id, title, start_date, end_date) SELECT 412, 'Long ' || n, moment - n * interval '50 hours', moment + n * interval '1 hour' FROM generate_series(-3, 20) AS n, (VALUES ('2026-03-29 03:00Z'::timestamptz)) AS clocks (moment) WHERE n <> 0 AND moment - n * interval '50 hours' < moment + n * interval '1 hour'")  # fmt: skip
        for hours in range(-30, 40):
            now = datetime(2026, 3, 29, 3, tzinfo=UTC) + timedelta(hours=hours)
            coming = ids(list(gina.events.visible().coming(now).sorted_by("start_date")))
            later = [event.id for event in gina.events.visible().sorted_by("start_date") if event.end_date > now]
            assert coming == later

    def test_clients_and_employees(self, gina: Session) -> None:
        clients = gina.clients.visible()
        assert ids(list(clients.of_colleague(2).since(date(2022, 1, 1)))) == [3]
        assert ids(list(clients.earlier_than(date(2022, 1, 11)))) == [2, 1]
        assert ids(list(gina.employees.visible().closed().in_department("support"))) == [8]

    def test_colleagues_are_found_by_everybody(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        assert [found.full_name for found in bill.employees.colleagues("alienor")] == ["Aliénor Vichum"]
        assert len(bill.employees.colleagues("")) == 8
        assert bill.employees.colleagues("nobody") == []


class TestCounting:
    def test_the_total_comes_with_the_page(self, office: Office, gina: Session) -> None:
        many_clients(office, 57)
        clients = gina.clients.visible()
        with statements() as sent:
            page = clients.page(counted=True)
        assert len(sent) == 1 and page.total == 60
        assert clients.after(page).total == clients.before(clients.after(clients.after(page))).total == 60
        assert clients.page(3, counted=True).total == 60
        assert clients.page().total is None
        assert [row.full_name for row in page.rows[:1]] == ["Client Number 57"]

    def test_filters_count_too(self, gina: Session) -> None:
        contracts = gina.contracts.visible()
        assert contracts.unsigned().page(counted=True).total == 2
        assert contracts.without_event().page(counted=True).total == 1
        assert contracts.signed().unsigned().page(counted=True).total == 0
        assert gina.events.visible().of_client(gina.clients.get(2)).page(counted=True).total == 2

    def test_a_long_list_is_not_counted_to_its_end(self, office: Office, gina: Session) -> None:
        many_clients(office, COUNTED - 3)
        assert gina.clients.visible().page(counted=True).total == COUNTED
        many_clients_more(office)
        assert gina.clients.visible().page(counted=True).total == COUNTED + 1

    def test_it_counts_what_may_be_read(self, office: Office) -> None:
        """The list of a department that reads only its own counts only those."""
        office.as_owner(
            "UPDATE crm.permission SET scope = 'own' WHERE department = 'sales' AND action = 'read' AND entity = 'client'"
        )
        assert office.session("Bill Boquet").clients.visible().page(counted=True).total == 2


def many_clients_more(office: Office) -> None:
    office.as_owner(
        "INSERT INTO crm.client (full_name, email, commercial_contact_id)"
        " SELECT 'More ' || n, 'more' || n || '@x.example', 2 FROM generate_series(1, 10) AS n"
    )
