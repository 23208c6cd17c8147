"""The connection, cut for real: between statements, inside one, in a block, during COMMIT, and with its server."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from crm.database import SURROUNDINGS, Database, parameters_of
from crm.embedded import Server
from crm.errors import BadSetting, Conflict, Invalid, Unavailable, Unsaved
from crm.installation import Installation
from crm.session import Session
from crm.token_file import TokenFile
from tests.company import PASSWORD, Office
from tests.conftest import remove

EMPLOYEES = "datname = current_database() AND usename = 'epic_app'"
WAIT_AT_COMMIT = """
    CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON crm.client
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.wait();
"""


def cut(office: Office) -> None:
    """End every employee's connection; returns when they are gone."""
    office.as_owner(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {EMPLOYEES}")


@contextmanager
def held(office: Office) -> Iterator[None]:
    """Whoever asks for advisory lock 1 has to wait."""
    with closing(psycopg2.connect(**office.owner)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(1)")
        yield


def cut_once_it_waits(office: Office) -> None:
    """End every employee's connection as soon as one waits for a lock, in the middle of a statement."""
    waiting = "SELECT 1 FROM pg_locks JOIN pg_database ON database = pg_database.oid WHERE datname = current_database() AND NOT granted"
    eventually(lambda: office.as_owner(waiting) != [])
    cut(office)


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.02)


def client_names(office: Office) -> list[str]:
    return [name for (name,) in office.as_owner("SELECT full_name FROM crm.client ORDER BY id")]


def backend(database: Database) -> int:
    return int(database.execute_sql("SELECT pg_backend_pid()").fetchone()[0])


def in_a_block(session: Session, write: Callable[[], object]) -> None:
    with session.database.all_or_nothing():
        write()


class Cable:
    """A way to the server that can be cut after a statement has passed and before its answer has."""

    def __init__(self, office: Office, directory: Path) -> None:
        self.cut_at: bytes | None = None
        """When a statement with this goes by, its answer and all that follows get lost."""
        self.parameters = {**office.application, "host": str(directory)}
        del self.parameters["requirepeer"]
        self._server = f"{office.application['host']}/.s.PGSQL.{office.application['port']}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{directory}/.s.PGSQL.{office.application['port']}")
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                program, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                doomed = threading.Event()
                threading.Thread(target=self._questions, args=(program, server, doomed), daemon=True).start()
                threading.Thread(target=self._answers, args=(program, server, doomed), daemon=True).start()

    def _questions(self, program: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while said := program.recv(65536):
                if self.cut_at is not None and self.cut_at in said:
                    doomed.set()
                server.sendall(said)
            server.close()

    def _answers(self, program: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while (said := server.recv(65536)) and not doomed.is_set():
                program.sendall(said)
            for end in (program, server):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cable(office: Office) -> Iterator[Cable]:
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:  # the name of a socket is short
        cable = Cable(office, Path(directory))
        yield cable
        cable.close()


def over(cable: Cable, office: Office, full_name: str) -> Session:
    """`full_name` at work, at the other end of `cable`."""
    file = TokenFile(office.directory / "over cable" / "token")
    file.write(office.token(full_name))
    session = Session(Database(cable.parameters), file)
    assert session.resume()
    return session


class TestReads:
    def test_go_on_after_a_cut_as_the_same_employee(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        before = backend(bill.database)
        cut(office)
        assert bill.clients.get(1).full_name == "Kevin Casey"
        assert backend(bill.database) != before
        assert bill.database.execute_sql("SELECT crm.actor_id()").fetchone() == (office.number("Bill Boquet"),)

    def test_are_repeated_when_they_are_cut_in_the_middle(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with ThreadPoolExecutor(1) as pool:
            with held(office):
                slow = pool.submit(bill.database.execute_sql, "SELECT crm.actor_id(), pg_advisory_lock(1)")
                cut_once_it_waits(office)
            assert slow.result(10).fetchone()[0] == office.number("Bill Boquet")

    def test_are_repeated_once(self, office: Office, cable: Cable) -> None:
        bill = over(cable, office, "Bill Boquet")
        cable.cut_at = b"SELECT"
        with pytest.raises(Unavailable) as unavailable:
            bill.clients.get(1)
        assert not isinstance(unavailable.value, Unsaved)  # nothing was being saved
        cable.cut_at = None
        assert bill.clients.create(full_name="Next One", email="next@one.example").full_name == "Next One"


class TestWrites:
    def test_on_a_dropped_connection_are_not_sent_again(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        cut(office)
        with pytest.raises(Unsaved):
            bill.clients.create(full_name="Written Once", email="once@x.example")
        assert "Written Once" not in client_names(office)
        bill.clients.create(full_name="Written Once", email="once@x.example")
        assert client_names(office).count("Written Once") == 1

    def test_cut_in_the_middle_are_not_repeated(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        office.as_owner(WAIT_AT_COMMIT)
        with ThreadPoolExecutor(1) as pool, held(office):
            insert = pool.submit(lambda: bill.clients.create(full_name="Too Slow", email="slow@x.example"))
            cut_once_it_waits(office)
            with pytest.raises(Unsaved):
                insert.result(10)
        assert client_names(office) == ["Kevin Casey", "John Ouick", "Lou Bouzin"]
        assert bill.clients.get(1)

    def test_that_arrived_though_the_answer_was_lost_are_there_once(self, office: Office, cable: Cable) -> None:
        bill = over(cable, office, "Bill Boquet")
        cable.cut_at = b"INSERT"
        with pytest.raises(Unsaved):
            bill.clients.create(full_name="Arrived", email="arrived@x.example")
        cable.cut_at = None
        eventually(lambda: "Arrived" in client_names(office))
        assert client_names(office).count("Arrived") == 1
        assert len(bill.clients.visible().matching("arrived")) == 1  # and one can look

    def test_an_update_whose_answer_was_lost_is_written_once_when_repeated_by_hand(
        self, office: Office, cable: Cable
    ) -> None:
        bill = over(cable, office, "Bill Boquet")
        client = bill.clients.get(1)
        cable.cut_at = b"UPDATE"
        with pytest.raises(Unsaved):
            bill.clients.update(client, phone="+44 20 7946 0999")
        cable.cut_at = None
        eventually(lambda: bill.clients.get(1).version == client.version + 1)
        (news,) = bill.clients.update(client, phone="+44 20 7946 0999").meanwhile
        assert (news.name, news.past[0].actor.full_name) == ("phone", "Bill Boquet")
        assert bill.clients.get(1).version == client.version + 1

    def test_a_payment_whose_answer_was_lost_is_a_conflict_when_repeated_by_hand(
        self, office: Office, cable: Cable
    ) -> None:
        bill = over(cable, office, "Bill Boquet")
        contract = bill.contracts.get(412)
        cable.cut_at = b"UPDATE"
        with pytest.raises(Unsaved):
            bill.contracts.record_payment(contract, Decimal(250))
        cable.cut_at = None
        eventually(lambda: bill.contracts.get(412).version == contract.version + 1)
        with pytest.raises(Conflict):
            bill.contracts.record_payment(contract, Decimal(250))
        assert bill.contracts.get(412).amount_to_be_paid == Decimal(1000)

    def test_a_lost_sign_in_is_no_lost_write(self, office: Office, cable: Cable) -> None:
        nobody = Session(Database(cable.parameters), TokenFile(office.directory / "token"))
        cable.cut_at = b"CALL"
        with pytest.raises(Unavailable) as unavailable:
            nobody.sign_in("bill@epic.example", PASSWORD)
        assert not isinstance(unavailable.value, Unsaved)
        cable.cut_at = None
        assert nobody.sign_in("bill@epic.example", PASSWORD).name == "Bill Boquet"

    @pytest.mark.parametrize("typed", ["a\0b", "half a character \udce9"])
    def test_what_no_database_can_hold_is_refused(self, office: Office, typed: str) -> None:
        kate = office.session("Kate Hastroff")
        with pytest.raises(Invalid):
            kate.clients.visible().matching(typed)
        with pytest.raises(Invalid):
            office.nobody().sign_in(typed, PASSWORD)
        assert kate.clients.get(1)


class TestBlocks:
    def test_write_everything(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with bill.database.all_or_nothing():
            bill.clients.create(full_name="One", email="one@x.example")
            bill.clients.create(full_name="Two", email="two@x.example")
            assert bill.database.in_block
        assert client_names(office)[-2:] == ["One", "Two"]
        assert not bill.database.in_block

    def test_or_nothing(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        before = backend(bill.database)

        def write() -> None:
            bill.clients.create(full_name="One", email="one@x.example")
            bill.clients.create(full_name="", email="two@x.example")

        with pytest.raises(Invalid):
            in_a_block(bill, write)
        assert len(client_names(office)) == 3
        assert backend(bill.database) == before

    def test_a_refusal_of_the_database_rolls_back_too(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")

        def write() -> None:
            gina.contracts.update(gina.contracts.get(10), amount_to_be_paid=1)
            gina.contracts.update(gina.contracts.get(11), amount_to_be_paid=501)

        with pytest.raises(Invalid):
            in_a_block(gina, write)
        assert gina.contracts.get(10).amount_to_be_paid == 1000

    def test_begin_on_a_new_connection_when_the_old_one_is_gone(self, office: Office) -> None:
        """Nothing has been written yet, so there is nothing to ask anybody about."""
        ada = office.session("Ada Racine")
        cut(office)
        employee, _password = ada.employees.create(full_name="After Lunch", email="lunch@x.example", department="sales")
        assert ada.employees.get(employee.id).full_name == "After Lunch"

    def test_cut_in_the_middle_write_nothing_at_all(self, office: Office) -> None:
        bill = office.session("Bill Boquet")

        def write() -> None:
            bill.clients.create(full_name="First Half", email="half@x.example")
            cut(office)
            bill.clients.get(1)  # a read, yet not repeated: the first half is gone

        with pytest.raises(Unsaved):
            in_a_block(bill, write)
        assert len(client_names(office)) == 3
        assert bill.clients.get(1)

    def test_write_no_second_half_either(self, office: Office) -> None:
        bill = office.session("Bill Boquet")

        def write() -> None:
            bill.clients.create(full_name="First Half", email="half@x.example")
            cut(office)
            with suppress(Unsaved):
                bill.clients.create(full_name="Cut Off", email="cut@x.example")
            bill.clients.create(full_name="Second Half", email="second@x.example")

        with pytest.raises(Unsaved):
            in_a_block(bill, write)
        assert len(client_names(office)) == 3

    def test_cut_during_commit_are_not_repeated(self, office: Office) -> None:
        office.as_owner(WAIT_AT_COMMIT)
        bill = office.session("Bill Boquet")
        with ThreadPoolExecutor(1) as pool, held(office):
            written = pool.submit(
                in_a_block, bill, lambda: bill.clients.create(full_name="Nearly", email="nearly@x.example")
            )
            cut_once_it_waits(office)
            with pytest.raises(Unsaved):
                written.result(10)
        assert len(client_names(office)) == 3
        assert bill.clients.get(1)

    def test_committed_though_the_answer_was_lost_are_there_once(self, office: Office, cable: Cable) -> None:
        bill = over(cable, office, "Bill Boquet")
        cable.cut_at = b"COMMIT"
        with pytest.raises(Unsaved), bill.database.all_or_nothing():
            bill.clients.create(full_name="Committed", email="committed@x.example")
        cable.cut_at = None
        eventually(lambda: client_names(office).count("Committed") == 1)
        assert bill.clients.visible().matching("committed")

    def test_what_interrupts_one_is_told_even_if_the_connection_is_gone(self, office: Office) -> None:
        bill = office.session("Bill Boquet")

        def write() -> None:
            bill.clients.create(full_name="Ctrl-C", email="ctrl@x.example")
            cut(office)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            in_a_block(bill, write)
        assert len(client_names(office)) == 3
        assert bill.clients.get(1)


class TestServer:
    @pytest.fixture
    def own(self, tmp_path: Path) -> Iterator[Server]:
        server = Server(tmp_path / "postgresql")
        server.start()
        yield server
        remove(server)

    def test_stopped_and_started_again_in_the_middle_of_the_day(self, own: Server) -> None:
        owner = own.parameters("epic_events", "postgres")
        Installation(owner).install()
        database = Database(own.parameters("epic_events", "epic_app"))
        version, logout = "SELECT crm.schema_version()", "CALL crm.logout()"
        assert database.execute_sql(version).fetchone() == (1,)
        own.stop()
        own.start()
        assert database.execute_sql(version).fetchone() == (1,)
        own.stop()
        for statement in (version, logout, version):
            with pytest.raises(Unavailable) as unavailable:
                database.execute_sql(statement)
            assert type(unavailable.value) is Unavailable
        with pytest.raises(Unavailable), database.all_or_nothing():
            pass
        own.start()
        database.execute_sql(logout)
        own.stop()
        own.start()
        with pytest.raises(Unsaved):
            database.execute_sql(logout)
        database.execute_sql(logout)


class TestToken:
    def test_is_in_nobodys_sight(self, office: Office) -> None:
        office.as_owner(f"ALTER ROLE epic_app IN DATABASE {office.name} SET track_activities = on")
        bill = office.session("Bill Boquet")
        companion = bill.database.companion()
        companion.execute_sql("SELECT 'last statement'")
        token = bill.database.token or ""
        (seen,) = office.as_owner("SELECT string_agg(to_jsonb(a)::text, '') FROM pg_stat_activity AS a")[0]
        assert "last statement" in seen
        assert token not in seen
        assert "epic.token" not in seen
        assert token not in office.server.log.read_text()

    def test_counts_from_the_next_statement_on(self, office: Office) -> None:
        database = Database(office.application)
        actor = "SELECT crm.actor_id()"
        assert database.execute_sql(actor).fetchone() == (None,)
        for full_name in ("Bill Boquet", "Kate Hastroff"):
            database.carry(office.token(full_name))
            assert database.execute_sql(actor).fetchone() == (office.number(full_name),)
        database.carry(None)
        assert database.execute_sql(actor).fetchone() == (None,)

    def test_counts_in_every_thread(self, office: Office) -> None:
        database = Database(office.application, office.token("Bill Boquet"))

        def actor() -> Any:
            return database.execute_sql("SELECT crm.actor_id()").fetchone()[0]

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(actor).result(10) == office.number("Bill Boquet")
            database.carry(None)
            assert pool.submit(actor).result(10) is None

    def test_options_of_the_url_stay_beside_it(self, office: Office) -> None:
        parameters = {**office.application, "options": "-c statement_timeout=4321"}
        database = Database(parameters, office.token("Bill Boquet"))
        settings = "SELECT current_setting('statement_timeout'), crm.actor_id()"
        assert database.execute_sql(settings).fetchone() == ("4321ms", office.number("Bill Boquet"))


class TestThreads:
    def test_each_has_a_connection_of_its_own(self, office: Office) -> None:
        database = Database(office.application)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(backend, database).result(10) != backend(database)

    def test_the_block_of_one_is_not_the_block_of_another(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with ThreadPoolExecutor(1) as pool, bill.database.all_or_nothing():
            bill.clients.create(full_name="In the Block", email="in@x.example")
            elsewhere = pool.submit(backend, bill.database).result(10)
            office.as_owner("SELECT pg_terminate_backend(%s, 5000)", elsewhere)
            assert pool.submit(backend, bill.database).result(10) != elsewhere  # reopened, as outside any block
            assert len(pool.submit(lambda: list(bill.clients.visible())).result(10)) == 3
        assert client_names(office)[-1] == "In the Block"

    def test_a_token_that_changes_meanwhile_waits_for_the_end_of_the_block(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with ThreadPoolExecutor(1) as pool, bill.database.all_or_nothing():
            bill.clients.create(full_name="One", email="one@x.example")
            pool.submit(bill.database.carry, office.token("Kate Hastroff")).result(10)
            bill.clients.create(full_name="Two", email="two@x.example")
        assert client_names(office)[-2:] == ["One", "Two"]
        assert bill.database.execute_sql("SELECT crm.actor_id()").fetchone() == (office.number("Kate Hastroff"),)

    def test_share_the_companion(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        companion = bill.companion()
        with ThreadPoolExecutor(1) as pool:
            there = pool.submit(backend, companion.database).result(10)
        assert backend(companion.database) == there
        assert there != backend(bill.database)

    def test_the_companion_comes_back_too_and_is_the_same_employee(self, office: Office) -> None:
        companion = office.session("Bill Boquet").companion()
        assert len(companion.clients.editable().matching("", "update")) == 2
        cut(office)
        assert len(companion.clients.editable().matching("", "update")) == 2
        assert companion.identity.name == "Bill Boquet"

    def test_the_companion_works_while_a_block_is_open(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        with bill.database.all_or_nothing():
            bill.clients.create(full_name="Not Yet There", email="not@x.example")
            assert bill.companion().clients.visible().matching("not yet") == []


@pytest.fixture
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*SURROUNDINGS.values(), "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.usefixtures("no_surroundings")
class TestParameters:
    @pytest.mark.parametrize(
        "url",
        [
            "postgresql:///epic",
            "postgresql://localhost/epic",
            "postgresql://127.0.0.1:5433/epic",
            "postgresql://[::1]/epic",
            "postgresql://%2Fvar%2Frun%2Fpostgresql/epic",
            "postgresql:///epic?host=/var/run/postgresql",
            "postgresql://localhost,127.0.0.1:5433/epic",
            "postgresql://db.epic.example/epic?hostaddr=127.0.0.1",  # through a tunnel
            "postgresql://localhost/epic?sslmode=disable",
        ],
    )
    def test_on_this_machine_tls_is_nobodys_business(self, url: str) -> None:
        assert parameters_of(url, "epic_app", None).get("sslmode") in (None, "disable")

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://db.epic.example/epic",
            "postgresql://192.0.2.7/epic",
            "postgresql://localhost,db.epic.example/epic",
            "postgresql:///epic?host=/tmp,db.epic.example",
            "postgresql://localhost/epic?hostaddr=192.0.2.7",
            "postgresql://localhost,db.epic.example/epic?hostaddr=127.0.0.1,",
            "postgresql://127.0.0.1.epic.example/epic",
            "postgresql:///epic?service=elsewhere",
        ],
    )
    def test_across_a_network_there_is_tls_or_nothing(self, url: str) -> None:
        assert parameters_of(url, "epic_app", None)["sslmode"] == "require"
        and_more = "&" if "?" in url else "?"
        for enough in ("require", "verify-ca", "verify-full"):
            assert parameters_of(f"{url}{and_more}sslmode={enough}", "epic_app", None)["sslmode"] == enough
        for weak in ("disable", "allow", "prefer", "nonsense"):
            with pytest.raises(BadSetting, match="sslmode=require"):
                parameters_of(f"{url}{and_more}sslmode={weak}", "epic_app", None)

    @pytest.mark.parametrize(
        ("variable", "value"),
        [("PGHOST", "db.epic.example"), ("PGHOSTADDR", "192.0.2.7"), ("PGSERVICE", "elsewhere")],
    )
    def test_the_server_that_the_environment_names_is_judged_alike(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert parameters_of("postgresql:///epic", "epic_app", None)["sslmode"] == "require"
        with pytest.raises(BadSetting):
            parameters_of("postgresql:///epic?sslmode=disable", "epic_app", None)

    def test_the_url_comes_before_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGHOST", "db.epic.example")
        monkeypatch.setenv("PGPORT", "6000")
        parameters = parameters_of("postgresql://localhost/epic", "epic_app", None)
        assert (parameters["host"], parameters["port"]) == ("localhost", "6000")
        assert "sslmode" not in parameters

    @pytest.mark.parametrize(
        ("wish", "granted"), [("verify-full", "verify-full"), ("prefer", "require"), ("disable", "require")]
    )
    def test_the_environment_may_ask_for_more_than_tls_not_for_less(
        self, monkeypatch: pytest.MonkeyPatch, wish: str, granted: str
    ) -> None:
        monkeypatch.setenv("PGSSLMODE", wish)
        assert parameters_of("postgresql://db.epic.example/epic", "epic_app", None)["sslmode"] == granted

    @pytest.mark.parametrize(
        ("url", "user", "password"),
        [
            ("postgresql://localhost/epic", "epic_app", "from .env"),
            ("postgresql://paul@localhost/epic", "paul", "from .env"),
            ("postgresql://paul:p%40ss%2Fw%3Frd%23%20%25@localhost/epic", "paul", "p@ss/w?rd# %"),
            ("postgresql:///epic?user=paul&password=%C3%A9%27%22%5C", "paul", "é'\"\\"),
        ],
    )
    def test_role_and_password_fill_in_what_the_url_leaves_out(self, url: str, user: str, password: str) -> None:
        parameters = parameters_of(url, "epic_app", "from .env")
        assert (parameters["user"], parameters["password"]) == (user, password)
        assert parameters["dbname"] == "epic"

    def test_no_password_at_all(self) -> None:
        assert "password" not in parameters_of("postgresql://localhost/epic", "epic_app", None)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://u:secret@[::1/epic",
            "postgresql://u:secret@localhost/epic?colour=blue",
            "postgresql://u:se%zzcret@localhost/epic",
            "postgresql://u:secret@localhost",
            "postgresql://",
            "",
        ],
    )
    def test_a_url_that_will_not_do_is_named_and_its_password_is_not(self, url: str) -> None:
        with pytest.raises(BadSetting) as refused:
            parameters_of(url, "epic_app", "another secret", "--owner-url")
        assert str(refused.value).startswith("--owner-url cannot be used: it must ")
        assert "cret" not in str(refused.value)

    def test_a_dead_server_is_given_up_soon(self) -> None:
        limits = parameters_of("postgresql://localhost/epic", "epic_app", None)
        assert limits["connect_timeout"] <= 5
        assert limits["tcp_user_timeout"] <= 15_000  # to see it at work takes a network that can be cut
        with socket.socket() as silent:  # takes connections and never says a word
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/epic?connect_timeout=2"
            began = time.monotonic()
            with pytest.raises(Unavailable):
                Database(parameters_of(url, "epic_app", None)).execute_sql("SELECT 1")
            assert time.monotonic() - began < 4
