"""Everything held on a client in one file, and a former client's personal data gone from everywhere."""

from __future__ import annotations

import io
import json
import stat
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from crm import personal_data, personal_data_files, spreadsheets
from crm.errors import Conflict, CrmError, Invalid, NotFound
from crm.models import Client
from crm.spreadsheets import Sheet
from crm.whole_file import NotWritten, whole_file
from tests import former_client
from tests.company import NOW, Office
from tests.former_client import CANCELLED, CONTRACT, EVENT, NAME, NUMBER, TRACES, VERSION

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def former(office: Office) -> Office:
    former_client.add(office)
    return office


def as_is(msgid: str) -> str:
    return msgid


def the_workbook(office: Office, translate: Any = as_is) -> Any:
    file = io.BytesIO()
    gina = office.session("Gina Comptoir")
    held = personal_data.export(gina, gina.clients.get(NUMBER))
    personal_data_files.write(held, file, ".xlsx", PARIS, translate)
    return openpyxl.load_workbook(file)


def cells(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.rows]


def anonymise(office: Office, who: str = "Gina Comptoir") -> Client:
    session = office.session(who)
    return personal_data.anonymise(session, session.clients.get(NUMBER))


def dump(office: Office) -> str:
    """Every row of every table, as text in small letters."""
    tables = office.as_owner("SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r'")
    rows = [office.as_owner(f"SELECT t::text FROM crm.{table} AS t") for (table,) in tables]
    return "\n".join(text for table in rows for (text,) in table).lower()


class TestExport:
    def test_json_has_every_value_of_the_database(self, former: Office) -> None:
        gina = former.session("Gina Comptoir")
        held = json.loads(personal_data_files.as_json(personal_data.export(gina, gina.clients.get(NUMBER))))
        for entity, rows, where in (
            ("client", [held["client"]], "id = 17"),
            ("contract", held["contracts"], "client_id = 17"),
            ("event", held["events"], "contract_id = 170"),
        ):
            found = former.as_owner(
                f"SELECT to_jsonb(t) - ARRAY['version', 'search'] FROM crm.{entity} AS t WHERE {where} ORDER BY id"
            )
            for (row,), kept in zip(found, rows, strict=True):
                assert {name: same_moment(value) for name, value in row.items()} == {
                    name: same_moment(kept[name]) for name in row
                }

    def test_json_has_names_and_the_whole_past(self, former: Office) -> None:
        gina = former.session("Gina Comptoir")
        held = json.loads(personal_data_files.as_json(personal_data.export(gina, gina.clients.get(NUMBER))))
        assert list(held["client"])[:2] == ["id", "full_name"]
        assert held["client"]["full_name"] == NAME and held["client"]["commercial_contact"] == "Bill Boquet"
        assert held["events"][0]["support_contact"] == "Kate Hastroff"
        assert held["events"][0]["notes"].startswith("Mary decides.\nSéamus likes the river.\n=SUM(A1)")
        past = [(line["entity"], line["entity_id"], line["action"], line["actor"]) for line in held["history"]]
        for line in (
            ("client", 17, "create", None),
            ("client", 17, "update", "Bill Boquet"),
            ("event", EVENT, "update", "Kate Hastroff"),
            ("event", 1702, "delete", "Gina Comptoir"),
            ("contract", 171, "create", None),
            ("contract", 171, "delete", "Gina Comptoir"),
            ("contract", CONTRACT, "update", "Gina Comptoir"),
        ):
            assert line in past
        assert past[-1] == ("client", 17, "export", "Gina Comptoir")  # by whom it was asked for, this time too
        ((count,),) = former.as_owner(
            "SELECT count(*) FROM crm.change WHERE (entity, entity_id) IN (('client', 17), ('contract', 170), ('contract', 171),"
            " ('event', 1700), ('event', 1701), ('event', 1702))"
        )
        assert len(past) == count

    def test_nothing_of_other_clients(self, former: Office) -> None:
        gina = former.session("Gina Comptoir")
        text = personal_data_files.as_json(personal_data.export(gina, gina.clients.get(NUMBER)))
        assert not [name for name in ("Casey", "Ouick", "Bouzin", "startup") if name in text]

    def test_the_workbook_has_real_numbers_dates_and_texts(self, former: Office) -> None:
        book = the_workbook(former)
        assert book.sheetnames == ["Client", "Contracts", "Events", "History"]
        client = dict(zip(*cells(book["Client"]), strict=True))
        assert client["Full name"] == NAME and client["Company"] == "=Tinker & Tailor"
        assert client["Phone"] == "+353 1 234 5678" and client["First contact"] == datetime(2019, 2, 28)
        contract = dict(zip(*cells(book["Contracts"]), strict=True))
        assert (contract["Total amount"], contract["Amount to be paid"]) == (1234.5, 0)
        assert contract["Creation date"].date() == date(2019, 3, 1)
        heads, wedding, picnic = cells(book["Events"])
        event = dict(zip(heads, wedding, strict=True))
        assert event["Title"] == "+O'Brien Wedding" and event["Attendees"] == 80 and event["Contract"] == CONTRACT
        assert event["Start"] == datetime(2020, 7, 1, 15) and event["End"] == datetime(2020, 7, 2, 3, 30)  # in Paris
        assert len(event["Notes"]) == 10_000 and event["Notes"].startswith("Mary decides.\nSéamus")
        assert dict(zip(heads, picnic, strict=True))["Cancellation"] == datetime(2020, 6, 1, 10)
        past = cells(book["History"])
        assert past[0] == ["When", "Who", "Record", "Number", "Deed", "Value", "Before", "After"]
        assert [line[1:] for line in past if line[5:7] == ["Full name", "Shamus Brien"]] == [
            ["Bill Boquet", "client", 17, "changed", "Full name", "Shamus Brien", NAME]
        ]
        assert ["Gina Comptoir", "contract", 170, "changed", "Amount to be paid", 1000, 0] in [
            line[1:] for line in past
        ]
        assert past[-1][1:] == ["Gina Comptoir", "client", 17, "exported", None, None, None]

    def test_no_cell_is_a_formula_or_an_error(self, former: Office) -> None:
        book = the_workbook(former)
        everything = [cell for sheet in book for row in sheet.rows for cell in row]
        assert {cell.data_type for cell in everything} == {"s", "n", "d"}
        for cell in everything:
            if isinstance(cell.value, str):
                assert cell.quotePrefix == cell.value.startswith(("=", "+", "-", "@"))

    def test_headings_are_translated(self, former: Office) -> None:
        book = the_workbook(
            former, lambda msgid: {"History": "Historique", "Full name": "Nom complet"}.get(msgid, msgid)
        )
        assert book.sheetnames[-1] == "Historique"
        assert cells(book["Client"])[0][1] == "Nom complet"

    def test_who_asked_stands_in_the_history(self, former: Office) -> None:
        the_workbook(former)
        bill = former.session("Bill Boquet")
        (line, *_) = bill.clients.history(bill.clients.get(NUMBER))
        assert (line.action, line.actor.full_name, line.fields) == ("export", "Gina Comptoir", {})

    def test_an_anonymised_client_can_still_be_exported(self, former: Office) -> None:
        anonymise(former)
        book = the_workbook(former)
        lines = [line[4:] for line in cells(book["History"])]
        assert ["changed", "Full name", "removed", "removed"] in lines
        assert ["anonymised", None, None, None] in lines
        assert cells(book["Client"])[1][1] == "Client 17"

    def test_a_client_who_is_not_there(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        with pytest.raises(NotFound):
            personal_data.export(gina, Client(id=999, version=1))
        with pytest.raises(NotFound):
            personal_data.anonymise(gina, Client(id=999, version=1))


def same_moment(value: object) -> object:
    """Moments alike, however they are written."""
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC) if "T" in str(value) else value
    except ValueError:
        return value


class TestWorkbook:
    HOSTILE = (
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "#N/A",
        "#REF!",
        "=",
        "'x",
        "[/red]",
        "👨\u200d👩\u200d👧",
        "مرحبا",
        "<a>&amp;",
    )

    @pytest.mark.parametrize("text", HOSTILE)
    def test_texts_come_back_as_they_are(self, text: str) -> None:
        file = io.BytesIO()
        spreadsheets.write([Sheet("Texts", ["Text"], [[text]])], file)
        cell = openpyxl.load_workbook(file).active["A2"]
        assert (cell.value, cell.data_type) == (text, "s")

    @pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\ufffeb", "a\x08b"])
    def test_what_no_workbook_can_hold_is_replaced(self, text: str) -> None:
        file = io.BytesIO()
        spreadsheets.write([Sheet("Texts", ["Text"], [[text]])], file)
        assert openpyxl.load_workbook(file).active["A2"].value == "a\ufffdb"

    def test_what_looks_like_an_escape_is_escaped(self) -> None:
        file = io.BytesIO()
        spreadsheets.write([Sheet("Texts", ["Text"], [["_x0041_"]])], file)
        assert openpyxl.load_workbook(file).active["A2"].value == "_x005F_x0041_"  # which Excel shows as _x0041_

    def test_days_that_excel_does_not_know(self) -> None:
        file = io.BytesIO()
        spreadsheets.write(
            [Sheet("Days", ["Day"], [[date(1899, 12, 31)], [date(1901, 1, 1)], [Decimal("0.10")]])], file
        )
        assert [row[0] for row in cells(openpyxl.load_workbook(file).active)] == [
            "Day",
            "1899-12-31",
            datetime(1901, 1, 1),
            0.1,
        ]


class TestFile:
    def test_whole_private_and_in_one_step(self, tmp_path: Path) -> None:
        path = tmp_path / "client-17.json"
        with whole_file(path) as file:
            file.write(b"half")
            assert not path.exists()
            file.write(b" and half")
        assert path.read_bytes() == b"half and half"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [child.name for child in tmp_path.iterdir()] == ["client-17.json"]

    def test_nothing_is_left_of_what_failed(self, tmp_path: Path) -> None:
        def fail() -> None:
            with whole_file(tmp_path / "x.json") as file:
                file.write(b"half")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert list(tmp_path.iterdir()) == []

    def test_nothing_is_replaced_unless_asked(self, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        path.write_text("mine")
        with pytest.raises(NotWritten, match="there already"), whole_file(path):
            pass
        assert path.read_text() == "mine"
        with whole_file(path, replace=True) as file:
            file.write(b"new")
        assert path.read_text() == "new"

    def test_nothing_that_appears_meanwhile_is_replaced(self, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        with pytest.raises(NotWritten, match="there already"), whole_file(path):
            path.write_text("mine")
        assert path.read_text() == "mine"

    def test_what_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "directory.json").mkdir()
        (tmp_path / "file").touch()
        for name, why in (
            ("directory.json", "it is a directory"),
            ("nowhere/x.json", "no such directory"),
            ("file/x.json", "no such directory"),
            ("x" * 300 + ".json", "too long"),
        ):
            with pytest.raises(NotWritten, match=why), whole_file(tmp_path / name) as file:
                file.write(b"x")
        with pytest.raises(NotWritten, match="may not write"), whole_file(Path("/proc/self/x.json")):
            pass

    def test_a_full_disk_is_told(self, tmp_path: Path) -> None:
        with open("/dev/full", "wb", buffering=0) as full, pytest.raises(NotWritten, match="the disk is full"):
            with whole_file(tmp_path / "x.json"):
                full.write(b"x")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["", "client", "client.pdf", ".json", "x\0.json", "\ud800.json", "client.json.gz"])
    def test_names_that_are_none(self, name: str) -> None:
        with pytest.raises(NotWritten):
            personal_data_files.path_of(name)

    def test_names(self) -> None:
        assert personal_data_files.path_of(" ~/Client 17.XLSX ") == Path.home() / "Client 17.XLSX"


class TestAnonymise:
    def test_no_table_holds_anything_of_the_person(self, former: Office) -> None:
        before = dump(former)
        assert [trace for trace in TRACES if trace in before] == list(TRACES)
        client = anonymise(former)
        after = dump(former)
        assert [trace for trace in TRACES if trace in after] == []
        assert (client.full_name, client.email) == ("Client 17", "client-17@anonymous.invalid")
        assert (client.phone, client.company_name, client.is_anonymised) == ("", "", True)
        assert former.as_owner("SELECT count(*) FROM crm.scrubbing") == [(0,)]

    def test_figures_stay(self, former: Office) -> None:
        figures = (
            "SELECT c::text FROM crm.contract AS c WHERE client_id = 17",
            "SELECT id, contract_id, support_contact_id, start_date, end_date, attendees, cancelled_at FROM crm.event WHERE contract_id = 170 ORDER BY id",
            "SELECT id, first_contact, commercial_contact_id FROM crm.client WHERE id = 17",
            "SELECT id, at, actor_id, entity, entity_id, action, ARRAY(SELECT jsonb_object_keys(fields)) FROM crm.change ORDER BY id LIMIT (SELECT count(*) FROM crm.change WHERE action <> 'anonymise')",
            "SELECT fields -> 'attendees', fields -> 'amount_to_be_paid' FROM crm.change WHERE action <> 'anonymise' ORDER BY id",
        )
        before = [former.as_owner(statement) for statement in figures]
        anonymise(former)
        assert [former.as_owner(statement) for statement in figures] == before

    def test_others_keep_what_is_theirs(self, former: Office) -> None:
        others = (
            "SELECT c::text FROM crm.client AS c WHERE id <> 17 ORDER BY id",
            "SELECT e::text FROM crm.event AS e WHERE contract_id <> 170 ORDER BY id",
            "SELECT h::text FROM crm.change AS h WHERE NOT (entity = 'client' AND entity_id = 17 OR entity = 'event' AND entity_id BETWEEN 1700 AND 1702) ORDER BY id",
        )
        before = [former.as_owner(statement) for statement in others]
        anonymise(former)
        assert [former.as_owner(statement) for statement in others] == before

    def test_the_history_says_who_did_it_and_what_was_removed(self, former: Office) -> None:
        anonymise(former)
        bill = former.session("Bill Boquet")
        now, update, create = bill.clients.history(bill.clients.get(NUMBER))
        assert (now.action, now.actor.full_name, now.fields) == ("anonymise", "Gina Comptoir", {})
        removed = {"removed": True}
        assert update.fields == {"full_name": [removed, removed], "email": [removed, removed]}
        assert create.fields["phone"] == [None, removed] and create.fields["first_contact"] == [None, "2019-02-28"]
        for event in (EVENT, CANCELLED):
            line, *_ = bill.events.history(bill.events.get(event))
            assert (line.action, line.actor.full_name, line.fields) == ("anonymise", "Gina Comptoir", {})

    def test_it_is_found_by_what_it_is_called_now(self, former: Office) -> None:
        anonymise(former)
        kate = former.session("Kate Hastroff")
        for words in ("Séamus", "brien", "tinker", "353 1 234", "wicklow", "wedding o'brien"):
            assert kate.search(words) == []
        assert [client.id for client in kate.clients.visible().matching("client 17")] == [NUMBER]
        assert {event.id for event in kate.events.visible().matching("anonymous.invalid")} == {EVENT, CANCELLED}

    def test_what_runs_stands_in_the_way(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        for number, contracts, events in ((1, [700, 10], []), (2, [11], [1024, 109]), (3, [412], [1023])):
            running = personal_data.running(gina, gina.clients.get(number), NOW)
            assert bool(running)
            assert [contract.id for contract in running.contracts] == contracts
            assert [event.id for event in running.events] == events

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ("UPDATE crm.contract SET amount_to_be_paid = 0.01 WHERE id = 170", "left to pay"),
            (
                "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (17, 5, 0)",
                "unsigned contract",
            ),
            ("UPDATE crm.event SET end_date = '2030-01-01Z' WHERE id = 1700", "not over yet"),
            ("UPDATE crm.event SET cancelled_at = NULL WHERE id = 1701", "not over yet"),
        ],
    )
    def test_refused_and_nothing_is_lost(self, former: Office, change: str, why: str) -> None:
        gina = former.session("Gina Comptoir")
        client = gina.clients.get(NUMBER)
        former.as_owner(change)
        before = dump(former)
        with pytest.raises(Invalid, match=why):
            personal_data.anonymise(gina, client)
        assert dump(former) == before

    def test_as_it_was_seen_or_not_at_all(self, former: Office) -> None:
        gina = former.session("Gina Comptoir")
        client = gina.clients.get(NUMBER)
        former.as_owner("UPDATE crm.client SET phone = '1' WHERE id = 17")
        before = dump(former)
        with pytest.raises(Conflict) as refused:
            personal_data.anonymise(gina, client)
        assert refused.value.current.phone == "1"
        assert dump(former) == before

    def test_not_twice(self, former: Office) -> None:
        anonymise(former)
        with pytest.raises(Invalid, match="was taken away"):
            anonymise(former)

    def test_nothing_of_it_changes_any_more(self, former: Office) -> None:
        anonymise(former)
        bill, gina, kate = (former.session(name) for name in ("Bill Boquet", "Gina Comptoir", "Kate Hastroff"))
        event = kate.events.get(EVENT)
        attempts = (
            lambda: bill.clients.update(bill.clients.get(NUMBER), phone="+353 1 234 5678"),
            lambda: gina.contracts.create(gina.clients.get(NUMBER), Decimal(10)),
            lambda: gina.contracts.update(gina.contracts.get(CONTRACT), amount_to_be_paid=Decimal(10)),
            lambda: gina.events.create(
                gina.contracts.get(CONTRACT), title="Again", start_date=event.start_date, end_date=event.end_date
            ),
            lambda: bill.events.create(
                bill.contracts.get(CONTRACT), title="Again", start_date=event.start_date, end_date=event.end_date
            ),
            lambda: kate.events.update(event, notes="Mary"),
            lambda: gina.events.assign(gina.events.get(EVENT), None),
        )
        before = dump(former)
        for attempt in attempts:
            with pytest.raises(Invalid, match="was taken away"):
                attempt()  # type: ignore[no-untyped-call]
        assert dump(former) == before

    def test_a_portfolio_is_handed_over_whole(self, former: Office) -> None:
        anonymise(former)
        former.as_owner("UPDATE crm.client SET commercial_contact_id = 3 WHERE commercial_contact_id = 2")
        assert former.as_owner("SELECT commercial_id FROM crm.contract WHERE client_id = 17") == [(3,)]

    def test_no_day_waits_for_it(self, former: Office) -> None:
        former.as_owner(
            "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, status) VALUES (17, 5, 0, 'signed')"
        )
        bill = former.session("Bill Boquet")
        assert [contract.client.id for contract in bill.contracts.mine().without_event()].count(NUMBER) == 1
        assert NUMBER in [client.id for client in bill.clients.mine().untouched_since(datetime.now(UTC))]
        anonymise(former)
        assert NUMBER not in [contract.client.id for contract in bill.contracts.mine().without_event()]
        assert NUMBER not in [client.id for client in bill.clients.mine().untouched_since(datetime.now(UTC))]

    def test_lookups_for_changes_leave_it_out(self, former: Office) -> None:
        anonymise(former)
        for who, action, entity in (
            ("Bill Boquet", "update", "client"),
            ("Gina Comptoir", "create", "contract"),
            ("Gina Comptoir", "anonymise", "client"),
        ):
            clients = former.session(who).clients
            for typed in ("17", "client", "anonymous.invalid", "invalid client"):
                assert clients.visible().matching(typed, action, entity=entity) == [], typed
        gina = former.session("Gina Comptoir")
        assert [client.id for client in gina.clients.visible().matching("17", "export")] == [NUMBER]


class TestMeanwhile:
    """Two real connections: whatever is under way when a client is anonymised either counts, or is refused."""

    LATE = {
        "a contract": ("Gina Comptoir", "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES (17, 5, 5)"),
        "an event": ("Gina Comptoir", "INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES (170, 'Mary', '2030-01-01Z', '2030-01-02Z')"),
        "a debt": ("Gina Comptoir", "UPDATE crm.contract SET amount_to_be_paid = 5 WHERE id = 170"),
        "notes": ("Kate Hastroff", "UPDATE crm.event SET notes = 'Mary' WHERE id = 1700"),
        "a phone": ("Bill Boquet", "UPDATE crm.client SET phone = '+353 1 234' WHERE id = 17"),
    }  # fmt: skip

    @pytest.mark.parametrize("late", LATE)
    def test_what_comes_second_is_refused(self, former: Office, late: str) -> None:
        who, statement = self.LATE[late]
        gina = former.connect(former.token("Gina Comptoir"))
        other = former.connect(former.token(who))
        said: list[Any] = []
        with gina.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("CALL crm.anonymise_client(17, %s)", (VERSION,))
            thread = Thread(target=lambda: said.append(attempt(other, statement)))
            thread.start()
            await_a_lock(former)
            cursor.execute("COMMIT")
            thread.join(10)
        assert said == ["client_anonymised"]
        assert [trace for trace in TRACES if trace in dump(former)] == []

    @pytest.mark.parametrize("late", LATE)
    def test_what_comes_first_counts(self, former: Office, late: str) -> None:
        who, statement = self.LATE[late]
        gina = former.session("Gina Comptoir")
        client = gina.clients.get(NUMBER)
        other = former.connect(former.token(who))
        said: list[CrmError] = []

        def take_away() -> None:
            try:
                personal_data.anonymise(gina, client)
            except CrmError as error:
                said.append(error)

        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(statement)
            thread = Thread(target=take_away)
            thread.start()
            await_a_lock(former)
            cursor.execute("COMMIT")
            thread.join(10)
        traces = [trace for trace in TRACES if trace in dump(former)]
        if late == "notes":  # they went with all others
            assert (said, traces) == ([], [])
        else:
            assert len(said) == 1 and isinstance(said[0], Invalid | Conflict) and traces == list(TRACES)


def attempt(connection: Any, statement: str) -> str | None:
    """The name of the rule that it broke."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except Exception as error:
            return str(error.diag.constraint_name)  # type: ignore[attr-defined]
    return None


def await_a_lock(office: Office) -> None:
    """Until somebody waits for somebody else."""
    for _ in range(1000):
        if office.as_owner("SELECT 1 FROM pg_locks WHERE NOT granted"):  # epic_app has no statistics of activity
            return
    raise AssertionError("nobody waits")
