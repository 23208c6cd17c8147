"""The invented company: whole or not there, the same every time, true to the specification and to the rules."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import pytest

from crm import day, demo, fields
from crm.database import Database
from crm.day_parts import Clock
from crm.demo_company import CUSTOMERS, PEOPLE, PROJECTS
from crm.demo_diary import EMPLOYEES
from crm.embedded import Server
from crm.errors import SignInRefused, Unavailable, WrongSchema
from crm.session import Session
from crm.token_file import TokenFile

TODAY = date(2026, 11, 24)  # a Tuesday
PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=PARIS)
OF_THE_SPECIFICATION = {1, 2, 3}  # Kevin Casey, Jacky Blangier, John Ouick
FICTIONAL_NUMBERS = re.compile(
    r"\+33 (1 99 00|2 61 91|3 53 01|4 65 71|5 36 49|6 39 98) \d\d \d\d"  # Arcep
    r"|\+44 (20 7946 0|117 496 0|131 496 0|7700 900)\d{3}"  # Ofcom
    r"|\+1 202-555-01\d\d|\+49 30 23125\d{3}|\+46 8 465 004 \d\d|"  # NANPA, Bundesnetzagentur, PTS, or none
)
_numbers = itertools.count(1)

Owner = dict[str, Any]


def rows(owner: Owner, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(**owner)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return cursor.fetchall() if cursor.description else []


def one(owner: Owner, statement: str, *arguments: Any) -> Any:
    ((value,),) = rows(owner, statement, *arguments)
    return value


def contents(owner: Owner) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that does not depend on when the demo was opened."""
    tables = ("employee", "client", "contract", "event", "change", "credential")
    return {table: rows(owner, f"SELECT * FROM crm.{table} ORDER BY 1") for table in tables}


def is_whole(owner: Owner) -> bool:
    return [
        one(owner, f"SELECT count(*) FROM crm.{table}") for table in ("employee", "client", "contract", "event")
    ] == [
        len(PEOPLE),
        60,
        90,
        70,
    ]


@pytest.fixture
def owner(server: Server) -> Iterator[Owner]:
    """Where nothing is yet; dropped afterwards."""
    owner = server.parameters(f"demo_{next(_numbers)}", "postgres")
    yield owner
    demo._drop(owner)


@pytest.fixture(scope="module")
def company(server: Server) -> Iterator[Owner]:
    """The company of 24 November 2026, to read."""
    owner = server.parameters("demo_to_read", "postgres")
    demo.open_company(owner, today=TODAY, zone=PARIS)
    yield owner
    demo._drop(owner)


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_size(company: Owner) -> None:
    assert is_whole(company)
    assert rows(company, "SELECT department, count(*) FROM crm.employee WHERE active GROUP BY 1 ORDER BY 1") == [
        ("accounting", 3),
        ("admin", 1),
        ("sales", 4),
        ("support", 4),
    ]


def test_kevin_casey_is_the_specification_s(company: Owner) -> None:
    ((name, mail, phone, firm, first_contact, last_update, contact),) = rows(
        company,
        "SELECT c.full_name, c.email, phone, company_name, first_contact, last_update, e.full_name FROM crm.client c "
        "JOIN crm.employee e ON e.id = commercial_contact_id WHERE c.full_name = 'Kevin Casey'",
    )
    assert (name, mail, phone, firm) == ("Kevin Casey", "kevin@startup.io", "+678 123 456 78", "Cool Startup LLC")
    assert (first_contact, last_update.astimezone(PARIS).date()) == (date(2021, 4, 18), date(2023, 3, 29))
    assert contact == "Bill Boquet"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(
            109,
            {
                "title": "John Ouick Wedding",
                "contract_id": 652,
                "client": ("John Ouick", "", "john.ouick@gmail.com", "+1 234 567 8901"),
                "start_date": datetime(2023, 6, 4, 13, 0, tzinfo=PARIS),
                "end_date": datetime(2023, 6, 5, 2, 0, tzinfo=PARIS),
                "support": "Kate Hastroff",
                "location": "53 Rue du Château, 41120 Candé-sur-Beuvron, France",
                "attendees": 75,
                "notes": "Wedding starts at 3PM, by the river.\nCatering is organized, reception starts at 5PM.",
            },
            id="wedding",
        ),
        pytest.param(
            1023,
            {
                "title": "Lou Bouzin General Assembly",
                "contract_id": 412,
                "client": ("Jacky Blangier", "Lou Bouzin", "jacky@loubouzin.grd", "+ 666 12345"),
                "start_date": datetime(2023, 5, 5, 15, 0, tzinfo=PARIS),
                "end_date": datetime(2023, 5, 5, 17, 0, tzinfo=PARIS),
                "support": "Aliénor Vichum",
                "location": "Salle des fêtes de Mufflins",
                "attendees": 200,
                "notes": "Assemblée générale des actionnaires (~200 personnes).",
            },
            id="assembly",
        ),
    ],
)
def test_events_of_the_specification(company: Owner, number: int, expected: dict[str, Any]) -> None:
    ((*client, title, contract, start, end, support, location, attendees, notes),) = rows(
        company,
        "SELECT cl.full_name, company_name, cl.email, phone, title, c.id, start_date, end_date, s.full_name, location, "
        "attendees, notes FROM crm.event e JOIN crm.contract c ON c.id = contract_id JOIN crm.client cl "
        "ON cl.id = client_id JOIN crm.employee s ON s.id = support_contact_id WHERE e.id = %s",
        number,
    )
    assert expected == {
        "title": title,
        "contract_id": contract,
        "client": tuple(client),
        "start_date": start,
        "end_date": end,
        "support": support,
        "location": location,
        "attendees": attendees,
        "notes": notes,
    }


@pytest.mark.parametrize(
    ("what", "condition"),
    [
        ("event over", "end_date < %(now)s AND cancelled_at IS NULL"),
        ("event under way all day", "start_date < %(today)s AND end_date > %(tomorrow)s"),
        ("event of today", "start_date >= %(today)s AND start_date < %(tomorrow)s"),
        ("event to come", "start_date > %(tomorrow)s AND cancelled_at IS NULL AND support_contact_id IS NOT NULL"),
        ("event that needs somebody soon", "support_contact_id IS NULL AND start_date - %(now)s < interval '7 days'"),
        ("event that needs somebody later", "support_contact_id IS NULL AND start_date - %(now)s > interval '30 days'"),
        ("event cancelled before it came", "cancelled_at < start_date AND start_date < %(now)s"),
        ("event to come cancelled", "cancelled_at < %(now)s AND start_date > %(now)s"),
        ("event somewhere", "location = '' AND start_date > %(now)s"),
        ("event for nobody knows how many", "attendees IS NULL"),
        ("event without notes", "notes = ''"),
        ("contract unsigned since yesterday or Friday", "status = 'unsigned' AND creation_date > %(now)s - interval '4 days'"),
        ("contract unsigned for months", "status = 'unsigned' AND creation_date < %(now)s - interval '6 months'"),
        ("contract partly paid", "status = 'signed' AND amount_to_be_paid > 0 AND amount_to_be_paid < total_amount"),
        ("contract paid", "amount_to_be_paid = 0"),
        ("client without a company", "company_name = ''"),
        ("client without a phone", "phone = ''"),
        ("employee who left", "NOT active"),
    ],
)  # fmt: skip
def test_there_is_at_least_one(company: Owner, what: str, condition: str) -> None:
    day = datetime(2026, 11, 24, tzinfo=PARIS)
    moments = {"now": NOON, "today": day, "tomorrow": day + timedelta(days=1)}
    with closing(psycopg2.connect(**company)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM crm.{what.split(maxsplit=1)[0]} WHERE {condition}", moments)
        assert cursor.fetchone() > (0,), what


def test_unsigned_contracts_have_no_payments_and_different_ages(company: Owner) -> None:
    unsigned = rows(
        company, "SELECT creation_date, total_amount, amount_to_be_paid FROM crm.contract WHERE status = 'unsigned'"
    )
    assert all(total == due for _, total, due in unsigned)
    assert len({created for created, *_ in unsigned}) > 10


def test_something_is_overdue(company: Owner) -> None:
    assert one(
        company,
        "SELECT count(*) FROM crm.contract c JOIN crm.event e ON e.contract_id = c.id WHERE amount_to_be_paid > 0 "
        "AND cancelled_at IS NULL AND end_date < %s - interval '60 days'",
        NOON,
    ) >= 3  # fmt: skip


def test_each_salesperson_has_a_signed_contract_that_waits_for_its_event(company: Owner) -> None:
    waiting = rows(
        company,
        "SELECT DISTINCT commercial_id FROM crm.contract c WHERE status = 'signed' "
        "AND NOT EXISTS (SELECT FROM crm.event WHERE contract_id = c.id)",
    )
    assert sorted(waiting) == rows(
        company, "SELECT id FROM crm.employee WHERE department = 'sales' AND active ORDER BY id"
    )


def test_somebody_of_support_is_needed_in_two_places_at_once(company: Owner) -> None:
    assert one(
        company,
        "SELECT count(*) FROM crm.event a JOIN crm.event b ON a.id < b.id AND a.support_contact_id = b.support_contact_id "
        "AND (a.start_date, a.end_date) OVERLAPS (b.start_date, b.end_date) WHERE a.start_date > %s",
        NOON,
    )  # fmt: skip


def test_every_active_employee_of_sales_and_support_has_a_portfolio(company: Owner) -> None:
    portfolio = Counter(
        key
        for (key,) in rows(
            company,
            "SELECT commercial_contact_id FROM crm.client UNION ALL SELECT support_contact_id FROM crm.event",
        )
    )
    people = rows(company, "SELECT id FROM crm.employee WHERE department IN ('sales', 'support') AND active")
    assert all(portfolio[key] >= 10 for (key,) in people)


@pytest.mark.parametrize("entity", ["client", "event", "employee"])
def test_texts_are_as_the_forms_would_write_them(company: Owner, entity: str) -> None:
    texts = [field for field in fields.ENTITIES[entity] if field.kind in fields.TEXTS and not field.path]
    for number, *values in rows(company, f"SELECT id, {', '.join(field.name for field in texts)} FROM crm.{entity}"):
        for field, value in zip(texts, values, strict=True):
            if (entity, field.name) != ("client", "phone") or number not in OF_THE_SPECIFICATION:
                assert field.clean(value) == value, number


def test_nobody_real_can_be_reached(company: Owner) -> None:
    for number, mail, phone in rows(company, "SELECT id, email, phone FROM crm.client"):
        if number not in OF_THE_SPECIFICATION:
            assert mail.endswith(".example")
            assert FICTIONAL_NUMBERS.fullmatch(phone), phone
    assert all(mail.endswith(".example") for (mail,) in rows(company, "SELECT email FROM crm.employee"))


def test_numbers_go_on_behind_those_used(company: Owner) -> None:
    for table in ("employee", "client", "contract", "event"):
        last, highest = rows(
            company,
            f"SELECT currval, highest FROM (SELECT last_value AS currval FROM crm.{table}_id_seq) s, "
            f"(SELECT max(id) AS highest FROM crm.{table}) t",
        )[0]
        assert last == highest


def test_everybody_has_a_day_worth_looking_at(server: Server, company: Owner, tmp_path: Path) -> None:
    clock = Clock(NOON, PARIS)
    for name, _department, token in demo.open_company(company, today=TODAY, zone=PARIS).values():
        session = Session(Database(server.parameters("demo_to_read", "epic_app")), TokenFile(tmp_path / "token"))
        session.adopt(token)
        read = day.read(session, clock)
        assert sum(tally.count > 0 for tally in read.tallies) >= 2, name
        assert any(rows for rows in read.rows.values()) or len(read.tallies) == 7, name


def test_people_signed_in_on_the_days_before(company: Owner) -> None:
    days = rows(company, "SELECT DISTINCT (created_at)::date FROM crm.session WHERE created_at < %s", NOON)
    assert len(days) >= 7
    assert one(company, "SELECT count(*) FROM crm.session WHERE created_at < %s AND expires_at > %s", NOON, NOON) == 0


# --- its history -----------------------------------------------------------------------------------------------------


def test_history_was_made_by_people_with_the_right_to(company: Owner) -> None:
    assert rows(company, "SELECT entity, entity_id FROM crm.change WHERE actor_id IS NULL") == [("employee", 1)]
    assert (
        rows(
            company,
            "SELECT e.full_name, c.entity, c.entity_id, c.fields FROM crm.change c JOIN crm.employee e ON e.id = actor_id "
            "WHERE NOT EXISTS (SELECT FROM crm.permission p WHERE p.department = e.department AND p.entity = c.entity "
            "AND p.action = CASE WHEN c.action = 'update' AND fields ? 'support_contact_id' THEN 'assign' ELSE c.action END) "
            "AND NOT fields ? 'commercial_contact_id'",
        )
        == []
    )
    handovers = rows(
        company, "SELECT DISTINCT actor_id FROM crm.change WHERE action = 'update' AND fields ? 'commercial_contact_id'"
    )
    assert handovers == [(EMPLOYEES["Gisèle Paumier"],)]


def test_history_of_one_s_own_records_is_one_s_own(company: Owner) -> None:
    created = rows(
        company,
        "SELECT actor_id, (fields -> 'commercial_contact_id' ->> 1)::int FROM crm.change WHERE entity = 'client' AND action = 'create'",
    )
    assert created
    assert all(actor == contact for actor, contact in created)
    moved = rows(
        company,
        "SELECT actor_id, support_contact_id FROM crm.change c JOIN crm.event e ON e.id = entity_id WHERE entity = 'event' "
        "AND action = 'update' AND (fields ? 'start_date' OR fields ? 'attendees')",
    )
    assert len(moved) > 10
    assert all(actor == contact for actor, contact in moved)


def test_history_runs_from_the_first_hire_to_yesterday(company: Owner) -> None:
    moments = [at for (at,) in rows(company, "SELECT at FROM crm.change ORDER BY id")]
    assert moments == sorted(moments)
    assert moments[0].date() == date(2018, 1, 8)
    assert moments[-1] < datetime(2026, 11, 24, tzinfo=PARIS)
    assert moments[-1] > datetime(2026, 11, 20, tzinfo=PARIS)


def test_client_was_updated_when_the_history_says_so(company: Owner) -> None:
    assert one(
        company,
        "SELECT count(*) FROM crm.client c WHERE last_update <> "
        "(SELECT max(at) FROM crm.change WHERE entity = 'client' AND entity_id = c.id)",
    ) == 0  # fmt: skip
    assert one(company, "SELECT count(*) FROM crm.client WHERE last_update::date < '2024-01-01'") > 0


def test_versions_count_the_changes(company: Owner) -> None:
    for table in ("employee", "client", "contract", "event"):
        assert one(
            company,
            f"SELECT count(*) FROM crm.{table} t WHERE version <> "
            f"(SELECT count(*) FROM crm.change WHERE entity = '{table}' AND entity_id = t.id)",
        ) == 0  # fmt: skip


def test_who_left_is_remembered(company: Owner) -> None:
    former = EMPLOYEES["Hubert Lacassagne"]
    assert one(company, "SELECT active FROM crm.employee WHERE id = %s", former) is False
    assert one(company, "SELECT count(*) FROM crm.client WHERE commercial_contact_id = %s", former) == 0
    assert one(company, "SELECT count(*) FROM crm.contract WHERE commercial_id = %s", former) == 0
    assert one(company, "SELECT count(*) FROM crm.change WHERE actor_id = %s AND entity = 'contract'", former) > 3
    assert one(company, "SELECT count(*) FROM crm.session WHERE employee_id = %s", former) == 0


def test_the_schema_is_as_installed(company: Owner, template: str) -> None:
    """Filling bends a default and a trigger: both must be straight again."""
    seen = [
        rows(
            {**company, "dbname": database},
            "SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_class c ON c.oid = adrelid "
            "JOIN pg_attribute a ON a.attrelid = adrelid AND attnum = adnum UNION ALL "
            "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2, 3",
        )
        for database in (company["dbname"], template)
    ]
    assert seen[0] == seen[1]
    assert len(seen[0]) > 20


# --- who comes in ----------------------------------------------------------------------------------------------------


def test_everybody_active_is_offered_by_department(company: Owner) -> None:
    people = demo.open_company(company, today=TODAY, zone=PARIS)
    active = [person.full_name for person in PEOPLE if person.left is None]
    assert sorted(name for name, _, _ in people.values()) == sorted(active)
    departments = [department for _, department, _ in people.values()]
    assert [department for department, _ in itertools.groupby(departments)] == [
        "sales",
        "support",
        "accounting",
        "admin",
    ]
    assert all(EMPLOYEES[name] == int(number) for number, (name, _, _) in people.items())


def test_each_token_is_its_holder_s(server: Server, company: Owner, tmp_path: Path) -> None:
    for number, (name, department, token) in demo.open_company(company).items():
        session = Session(
            Database(server.parameters(company["dbname"], "epic_app")), TokenFile(tmp_path / number / "token")
        )
        identity = session.adopt(token)
        session.verify()
        assert (identity.employee_id, identity.name, session.identity.department) == (int(number), name, department)
        assert not session.identity.must_change_password
        assert session.clients.visible().page().has_next
        if department == "sales":
            assert session.contracts.editable().unsigned().first() is not None
        elif department == "support":
            assert session.events.editable().coming(NOON).first() is not None
        elif department == "accounting":
            assert session.events.editable().without_support().first() is not None
        session.database.close()


def test_a_card_shows_who_changed_what(server: Server, company: Owner, tmp_path: Path) -> None:
    people = demo.open_company(company)
    session = Session(Database(server.parameters(company["dbname"], "epic_app")), TokenFile(tmp_path / "token"))
    session.adopt(people[str(EMPLOYEES["Bill Boquet"])][2])
    kevin, *_ = session.clients.visible().matching("kevin casey")
    assert [(change.actor.full_name, change.action) for change in session.clients.history(kevin)] == [
        ("Bill Boquet", "update"),
        ("Bill Boquet", "create"),
    ]
    assert session.clients.visible().matching("lou bouzin")[0].full_name == "Jacky Blangier"
    session.database.close()


def test_tokens_are_fresh_and_earlier_ones_go_on(company: Owner) -> None:
    earlier, later = demo.open_company(company), demo.open_company(company)
    number = next(iter(earlier))
    assert earlier[number][2] != later[number][2]
    for people in (earlier, later):
        options = f"-c epic.token={people[number][2]}"
        assert one({**company, "user": "epic_app", "options": options}, "SELECT crm.actor_id()") == int(number)


def test_no_password_lets_anybody_in(server: Server, company: Owner, tmp_path: Path) -> None:
    session = Session(Database(server.parameters(company["dbname"], "epic_app")), TokenFile(tmp_path / "token"))
    for password in ("", "demo", "epicevents"):
        mail = one(company, "SELECT email FROM crm.employee WHERE full_name = 'Bill Boquet'")
        with pytest.raises(SignInRefused):
            session.sign_in(mail, password)
        rows(company, "DELETE FROM crm.login_throttle")
    session.database.close()
    assert one(company, "SELECT count(*) FROM crm.credential") == 0


def test_newcomers_and_reset_passwords_do_not_lock_anybody_out(server: Server, owner: Owner, tmp_path: Path) -> None:
    people = demo.open_company(owner)
    session = Session(Database(server.parameters(owner["dbname"], "epic_app")), TokenFile(tmp_path / "token"))
    session.adopt(people[str(EMPLOYEES["Gisèle Paumier"])][2])
    newcomer, _ = session.employees.create(
        full_name="Nina Novice", email="nina@epicevents.example", department="support"
    )
    session.employees.reset_password(session.employees.get(EMPLOYEES["Kate Hastroff"]))
    session.database.close()
    people = demo.open_company(owner)
    assert people[str(newcomer.id)][:2] == ("Nina Novice", "support")
    for number in (newcomer.id, EMPLOYEES["Kate Hastroff"]):
        options = f"-c epic.token={people[str(number)][2]}"
        connection = {**owner, "user": "epic_app", "options": options}
        assert one(connection, "SELECT crm.actor_department()") == "support"
    assert one(owner, "SELECT count(*) FROM crm.credential") == 0


# --- coming and going ------------------------------------------------------------------------------------------------


def test_the_same_day_makes_the_same_company(company: Owner, owner: Owner) -> None:
    demo.open_company(owner, today=TODAY, zone=PARIS)
    assert contents(owner) == contents(company)


def test_opening_again_changes_nothing(owner: Owner) -> None:
    demo.open_company(owner, today=TODAY)
    before = contents(owner)
    demo.open_company(owner, today=TODAY + timedelta(days=100))
    assert contents(owner) == before


def test_reset_makes_it_anew_though_somebody_is_in_it(owner: Owner) -> None:
    demo.open_company(owner, today=TODAY, zone=PARIS)
    before = contents(owner)
    with closing(psycopg2.connect(**owner)) as somebody, somebody.cursor() as cursor:
        cursor.execute("UPDATE crm.client SET full_name = 'Somebody Else'")
        somebody.commit()
        demo.open_company(owner, reset=True, today=TODAY, zone=PARIS)
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("SELECT 1")
    assert contents(owner) == before


def test_reset_where_nothing_is(owner: Owner) -> None:
    assert len(demo.open_company(owner, reset=True)) == 12


def test_of_two_that_open_it_first_one_waits(owner: Owner) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: demo.open_company(owner), range(2)))
    assert [len(people) for people in both] == [12, 12]
    assert is_whole(owner)


KILLED = """
import json, os, signal, sys
from crm import demo

class Interrupted(demo.Diary):
    def deeds(self):
        yield from super().deeds()[:300]
        os.kill(os.getpid(), signal.SIGKILL)

demo.Diary = Interrupted
demo.open_company(json.loads(sys.argv[1]))
"""


def test_killed_in_the_middle_it_is_not_taken_for_whole(owner: Owner) -> None:
    command = (sys.executable, "-c", KILLED, json.dumps(owner))
    killed = subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert one(owner, "SELECT crm.schema_version()") == 1
    assert len(demo.open_company(owner, today=TODAY)) == 12
    assert is_whole(owner)


def test_connection_lost_in_the_middle(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(demo.Diary):
        def deeds(self) -> Iterator[demo.Deed]:  # type: ignore[override]
            deeds = super().deeds()
            yield from deeds[:300]
            rows(
                owner,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                owner["dbname"],
            )
            yield from deeds[300:]

    with monkeypatch.context() as patched:
        patched.setattr(demo, "Diary", Interrupted)
        with pytest.raises(Unavailable):
            demo.open_company(owner)
    assert one(owner, "SELECT count(*) FROM crm.employee") == 0
    assert len(demo.open_company(owner)) == 12
    assert is_whole(owner)


def test_another_schema_is_refused_and_replaced_by_reset(owner: Owner) -> None:
    demo.open_company(owner)
    rows(
        owner,
        "CREATE OR REPLACE FUNCTION crm.schema_version() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 99",
    )
    with pytest.raises(WrongSchema):
        demo.open_company(owner)
    assert len(demo.open_company(owner, reset=True)) == 12
    assert one(owner, "SELECT crm.schema_version()") != 99


def test_no_server(company: Owner) -> None:
    for reset in (False, True):
        with pytest.raises(Unavailable):
            demo.open_company({**company, "port": 1}, reset=reset)


# --- any day ---------------------------------------------------------------------------------------------------------

Book = dict[str, dict[int, dict[str, Any]]]


def replayed(deeds: list[demo.Deed]) -> Book:
    """The records as the deeds leave them; every deed must find what it changes."""
    book: Book = defaultdict(dict)
    for deed in deeds:
        if deed.new:
            assert deed.key not in book[deed.entity]
            book[deed.entity][deed.key] = {"made": deed.at, **deed.values}
        else:
            book[deed.entity][deed.key].update(deed.values)
        assert deed.actor is None or deed.actor in book["employee"]
    return book


DAYS = [*(TODAY + timedelta(days=days) for days in range(7)), date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29)]


@pytest.mark.parametrize("zone", [PARIS, None], ids=["Paris", "here"])
@pytest.mark.parametrize("today", [date(1970, 1, 1), *DAYS, date(2027, 1, 1), date(2040, 12, 31)], ids=str)
def test_it_holds_together_whatever_the_day(today: date, zone: ZoneInfo | None) -> None:
    deeds = demo.Diary(today, zone).deeds()
    assert all(earlier.at <= later.at for earlier, later in itertools.pairwise(deeds))
    book = replayed(deeds)
    assert [len(book[entity]) for entity in ("employee", "client", "contract", "event")] == [13, 60, 90, 70]
    for contract in book["contract"].values():
        assert contract["made"] > book["client"][contract["client_id"]]["made"]
        assert Decimal(0) <= contract["amount_to_be_paid"] <= contract["total_amount"]
    for event in book["event"].values():
        assert event["made"] > book["contract"][event["contract_id"]]["signed_at"]
        assert event["made"] < event["start_date"] < event["end_date"]
        assert event.get("cancelled_at", event["start_date"]) <= event["start_date"]


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_today_is_today(today: date) -> None:
    deeds = demo.Diary(today, PARIS).deeds()
    midnight = datetime.combine(today, datetime.min.time(), PARIS)
    assert deeds[-1].at < midnight
    events = replayed(deeds)["event"].values()
    for hour in range(24):
        now = midnight.astimezone(UTC) + timedelta(hours=hour)
        assert any(event["start_date"] < now < event["end_date"] for event in events)
    afternoon = midnight.replace(hour=15)
    assert sum(event["start_date"] < afternoon < event["end_date"] for event in events) >= 2
    soon = [
        e
        for e in events
        if afternoon < e["start_date"] < afternoon + timedelta(days=5) and not e.get("support_contact_id")
    ]
    assert soon
    weekdays = Counter(event["start_date"].weekday() for event in events)
    assert weekdays[6] <= 6  # a wedding of the specification, brunches, and what is under way


def test_clients_are_there_before_their_contracts_in_the_data() -> None:
    assert {project.client for project in PROJECTS} <= {customer.full_name for customer in CUSTOMERS}
    created = [project.created for project in PROJECTS if isinstance(project.created, int)]
    assert created == sorted(created)
    met = [customer.first_contact for customer in CUSTOMERS if isinstance(customer.first_contact, int)]
    assert met == sorted(met)
