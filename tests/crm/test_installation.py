"""Installing on servers as companies have them: over the network, with passwords, PostgreSQL 18 and 15."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import psycopg2
import pytest
from dotenv import dotenv_values

import crm
from crm import embedded_binaries as binaries
from crm import installation
from crm.database import SURROUNDINGS, Database, parameters_of
from crm.embedded import Server
from crm.embedded_binaries import Account
from crm.errors import (
    BadSetting,
    Invalid,
    NoEntry,
    NoServerBinaries,
    NotInstalled,
    SignedOut,
    Unavailable,
    WrongSchema,
)
from crm.installation import Installation, InstallationFailed, NotOwner, OldServer, employee_settings, schema_file
from crm.opening import open_database
from crm.session import Session
from crm.settings import Settings
from crm.token_file import TokenFile
from tests.company import PASSWORD, Office
from tests.conftest import run

ROOT = Path(__file__).parents[2]
OWNERS_PASSWORD = "own/er:p@ss #1%'"
EMPLOYEES_PASSWORD = 'they\'ll "all" have it: \\ #1 ${HOME} é'
ADMINISTRATOR = ("Ada Racine", "ada@epic.example", PASSWORD)
PRETENDED_VERSION = "CREATE OR REPLACE FUNCTION crm.schema_version() RETURNS int LANGUAGE sql AS 'SELECT {}'"


@dataclass
class Cluster:
    """A PostgreSQL on the network of this machine: on 127.0.0.1, and on 127.0.0.2, which counts as another machine."""

    directory: Path
    programs: Path
    port: int
    speaks_tls: bool = False

    def start(self) -> None:
        account = Account.server()
        account.make_private(self.directory)
        account.write(self.directory / "password", OWNERS_PASSWORD)
        access = ("-U", "postgres", "--auth=scram-sha-256", "--pwfile=password", "-E", "UTF8", "--locale=C.UTF-8")
        self._run(account, self.programs / "initdb", "-D", "data", *access, "--no-sync")
        settings = [
            f"port = {self.port}",
            "listen_addresses = '127.0.0.1,127.0.0.2'",
            "unix_socket_directories = ''",
            "fsync = off",
        ]
        if self._can_speak_tls(account):
            pair = ("-keyout", "data/server.key", "-out", "data/server.crt", "-subj", "/CN=db.epic.example")
            self._run(account, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *pair)
            settings.append("ssl = on")
            self.speaks_tls = True
        account.write(self.directory / "data" / "postgresql.auto.conf", "\n".join(settings) + "\n")
        self._run(account, self.programs / "pg_ctl", "-D", "data", "-l", "log", "-s", "-w", "start")

    def stop(self) -> None:
        self._run(Account.server(), self.programs / "pg_ctl", "-D", "data", "-s", "-m", "immediate", "stop")

    def url(self, database: str, role: str = "postgres", host: str = "127.0.0.1") -> str:
        return f"postgresql://{role}:{quote(OWNERS_PASSWORD, safe='')}@{host}:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> None:
        run(parameters_of(self.url(database), "", None), statement)

    def ask(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.url(database))) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def role_that_may_create_roles(self) -> str:
        """The URL of a database that such a role owns."""
        self.run(f"CREATE ROLE installer LOGIN CREATEROLE PASSWORD '{OWNERS_PASSWORD.replace(chr(39), chr(39) * 2)}'")
        self.run("CREATE DATABASE epic OWNER installer TEMPLATE template0")
        return self.url("epic", "installer")

    def wipe(self) -> None:
        for (name,) in self.ask("SELECT datname FROM pg_database WHERE datname <> 'postgres' AND NOT datistemplate"):
            self.run(f'DROP DATABASE "{name}" WITH (FORCE)')
        strangers = "FROM pg_roles WHERE rolname <> 'postgres' AND rolname NOT LIKE 'pg\\_%'"
        if (roles := self.ask(f"SELECT string_agg(quote_ident(rolname), ', ') {strangers}")) != [(None,)]:
            self.run(f"DROP ROLE {roles[0][0]}")

    def _can_speak_tls(self, account: Account) -> bool:
        linked = subprocess.run(["ldd", self.programs / "postgres"], capture_output=True, text=True, check=False).stdout
        return "libssl" in linked and shutil.which("openssl") is not None

    def _run(self, account: Account, *command: str | Path) -> None:
        done = account.run(*command, directory=self.directory)
        assert done.returncode == 0, done.stdout


def programs_of(major: int) -> Path:
    for programs in binaries.installed():
        try:
            found = binaries.choose([programs], Path("/nonexistent"))[1]
        except NoServerBinaries:
            continue
        if found == major:
            return programs if os.geteuid() else binaries.for_everybody(programs)
    pytest.skip(f"needs the binaries of PostgreSQL {major}")


@pytest.fixture(scope="module", params=[18, 15], ids=["PostgreSQL 18", "PostgreSQL 15"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    programs = programs_of(request.param)
    with tempfile.TemporaryDirectory(prefix="installation-", dir="/tmp") as directory, socket.socket() as free:
        Path(directory).chmod(0o755)
        free.bind(("127.0.0.1", 0))
        cluster = Cluster(Path(directory) / "cluster", programs, free.getsockname()[1])
        free.close()
        cluster.start()
        yield cluster
        cluster.stop()


@pytest.fixture
def blank(cluster: Cluster) -> Iterator[Cluster]:
    """A server on which nobody has ever installed anything."""
    yield cluster
    cluster.wipe()


@pytest.fixture(params=["superuser", "role that may create roles"])
def owner_url(blank: Cluster, request: pytest.FixtureRequest) -> str:
    """What --owner-url gets: a superuser's, of a database that does not exist, or an ordinary owner's."""
    return blank.url("epic") if request.param == "superuser" else blank.role_that_may_create_roles()


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*SURROUNDINGS.values(), "PGSSLMODE", "PGSERVICE", "PGPASSWORD", "PGUSER"):
        monkeypatch.delenv(variable, raising=False)


def installation_at(owner_url: str) -> Installation:
    return Installation(parameters_of(owner_url, "postgres", None, "--owner-url"))


def dotenv_of(owner_url: str, role: str = "epic_app", password: str | None = EMPLOYEES_PASSWORD) -> str:
    return employee_settings(parameters_of(owner_url, "postgres", None), role, password)


def dotenv_url(owner_url: str) -> str:
    return dotenv_of(owner_url).splitlines()[0].removeprefix("DATABASE_URL=")


def employee_with(dotenv: str, directory: Path) -> Session:
    """Somebody who was given this .env and nothing else."""
    (directory / ".env").write_text(dotenv, encoding="utf-8")
    settings = Settings.read({"EPICEVENTS_DATA": str(directory)}, directory)
    return Session(open_database(settings), TokenFile(settings.token_file))


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.02)


class TestOnAnyServer:
    def test_from_nothing_to_an_employee_at_work(self, owner_url: str, tmp_path: Path) -> None:
        new = installation_at(owner_url)
        assert new.install("epic_app", EMPLOYEES_PASSWORD)
        assert not new.has_administrator()
        assert new.create_administrator(*ADMINISTRATOR) == 1
        assert new.has_administrator()
        ada = employee_with(dotenv_of(owner_url), tmp_path)
        assert ada.sign_in("ada@epic.example", PASSWORD).department == "admin"
        assert [person.full_name for person in ada.employees.visible()] == ["Ada Racine"]
        assert ada.database.execute_sql("SELECT current_user").fetchone() == ("epic_app",)

    def test_again_it_changes_nothing(self, owner_url: str, tmp_path: Path) -> None:
        installed = installation_at(owner_url)
        installed.install("epic_paris", EMPLOYEES_PASSWORD)
        installed.create_administrator(*ADMINISTRATOR)
        ada = employee_with(dotenv_of(owner_url, "epic_paris"), tmp_path)
        ada.sign_in("ada@epic.example", PASSWORD)
        assert not installed.install("epic_paris")
        assert ada.employees.get(1).full_name == "Ada Racine"  # the token counts as before
        again = employee_with(dotenv_of(owner_url, "epic_paris"), tmp_path)  # and so does the role's password
        assert again.resume()

    def test_a_role_of_another_name_may_do_as_little(self, blank: Cluster, owner_url: str) -> None:
        installation_at(owner_url).install("epic_paris", EMPLOYEES_PASSWORD)
        mighty = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
        owns = "pg_has_role(rolname, 'epic_owner', 'MEMBER')"
        assert blank.ask(f"SELECT rolname, {mighty}, {owns} FROM pg_roles WHERE rolname LIKE 'epic%' ORDER BY 1") == [
            ("epic_app", False, False),
            ("epic_owner", False, True),
            ("epic_paris", False, False),
        ]
        paris = Database(parameters_of(dotenv_url(owner_url), "epic_paris", EMPLOYEES_PASSWORD))
        assert paris.execute_sql("SELECT count(*) FROM crm.permission").fetchone() == (0,)
        if "installer" not in owner_url:  # only a superuser may hide what colleagues are asking
            assert paris.execute_sql("SHOW track_activities").fetchone() == ("off",)
        with pytest.raises(NoEntry, match="password authentication failed"):
            Database(parameters_of(dotenv_url(owner_url), "epic_paris", "wrong")).execute_sql("SELECT 1")

    def test_over_a_network_only_with_tls(self, blank: Cluster, tmp_path: Path) -> None:
        url = blank.url("epic", host="127.0.0.2")
        if not blank.speaks_tls:
            with pytest.raises(NoEntry, match="SSL"):
                installation_at(url).install()
            return
        installation_at(url).install("epic_app", EMPLOYEES_PASSWORD)
        installation_at(url).create_administrator(*ADMINISTRATOR)
        dotenv = dotenv_of(url)
        assert "sslmode=require" in dotenv
        ada = employee_with(dotenv, tmp_path)
        ada.sign_in("ada@epic.example", PASSWORD)
        pid = ada.database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
        assert blank.ask(f"SELECT ssl FROM pg_stat_ssl WHERE pid = {pid}") == [(True,)]
        with pytest.raises(BadSetting):
            employee_with(dotenv.replace("sslmode=require", "sslmode=disable"), tmp_path)


class TestRefusals:
    def test_a_role_that_may_not_create_roles(self, blank: Cluster) -> None:
        url = blank.role_that_may_create_roles()
        blank.run("ALTER ROLE installer NOCREATEROLE")
        with pytest.raises(NotOwner, match="PostgreSQL says: permission denied"):
            installation_at(url).install()
        assert installation_at(url).version() is None

    def test_a_role_that_owns_nothing(self, blank: Cluster) -> None:
        blank.role_that_may_create_roles()
        with pytest.raises(NotOwner):
            installation_at(blank.url("new_one", "installer")).install()
        assert blank.ask("SELECT count(*) FROM pg_database WHERE datname = 'new_one'") == [(0,)]

    def test_employees_are_not_handed_a_mighty_role(self, blank: Cluster) -> None:
        blank.role_that_may_create_roles()
        blank.run("CREATE ROLE with_bypass LOGIN BYPASSRLS")
        for role in ("postgres", "epic_owner", "installer", "with_bypass"):
            with pytest.raises(BadSetting, match="EPICEVENTS_USER"):
                installation_at(blank.url("epic")).install(role, "their password")
        assert blank.ask("SELECT 1", "epic") == [(1,)]  # the password of postgres is what it was

    def test_what_postgresql_says_is_passed_on(self, blank: Cluster) -> None:
        blank.run("CREATE DATABASE epic")
        blank.run("CREATE SCHEMA crm", "epic")
        with pytest.raises(InstallationFailed, match='schema "crm" already exists'):
            installation_at(blank.url("epic")).install()
        assert blank.ask("SELECT to_regrole('epic_owner') IS NULL") == [(True,)]  # all or nothing

    def test_a_server_that_is_too_old(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        # No PostgreSQL 13 can be had here any more: let 14 be later than this one.
        monkeypatch.setattr(installation, "OLDEST_SERVER", 99_00_00)
        with pytest.raises(OldServer, match="PostgreSQL 18; Epic Events needs 14"):
            Installation(server.parameters("never", "postgres")).install()
        assert not Installation(server.parameters("never", "postgres")).exists()

    def test_a_server_that_does_not_answer(self, tmp_path: Path) -> None:
        nowhere = Installation({"host": str(tmp_path), "dbname": "epic", "user": "postgres"})
        for question in (nowhere.exists, nowhere.version, nowhere.install, nowhere.has_administrator):
            with pytest.raises(Unavailable):
                question()


class TestVersions:
    @pytest.mark.parametrize(
        ("found", "advice"),
        [
            (2, "Install the newer version of this program."),
            (0, "Have the owner of the database run: epicevents install"),
        ],
    )
    def test_the_shell_refuses_another_one(self, office: Office, tmp_path: Path, found: int, advice: str) -> None:
        office.as_owner(PRETENDED_VERSION.format(found))
        url = office.server.url(office.name, "epic_app")
        with pytest.raises(WrongSchema, match=f"version {found}, this program needs {crm.SCHEMA_VERSION}. .*{advice}"):
            open_database(Settings.read({"DATABASE_URL": url}, tmp_path))

    @pytest.mark.parametrize(
        ("found", "advice"), [(2, "Install the newer version of this program."), (0, "cannot bring it up to date")]
    )
    def test_the_installer_too_and_touches_nothing(self, office: Office, found: int, advice: str) -> None:
        token = office.token("Bill Boquet")
        office.as_owner(PRETENDED_VERSION.format(found))
        with pytest.raises(WrongSchema, match=advice):
            Installation(office.owner).install(signing_key="k" * 40)
        assert Installation(office.owner).version() == found
        assert office.connect(token).cursor().execute("SELECT 1") is None
        assert Database(office.application, token).execute_sql("SELECT crm.actor_id()").fetchone() == (2,)

    def test_a_database_without_epic_events_has_none(self, server: Server, tmp_path: Path) -> None:
        nothing = Installation(server.parameters("postgres", "postgres"))
        assert nothing.version() is None
        with pytest.raises(NotInstalled):
            open_database(Settings.read({"DATABASE_URL": server.url("postgres", "postgres")}, tmp_path))


class TestKeys:
    def test_any_of_32_bytes_and_more_signs_as_other_programs_verify(self, office: Office) -> None:
        for key in ("k" * 32, "k" * 63 + "!", "k" * 64, "k" * 65, "k" * 200, "clé" * 20, "é" * 16):
            Installation(office.owner).install(signing_key=key)
            token = office.token("Bill Boquet")
            claims = jwt.decode(token, key.encode(), algorithms=["HS256"], leeway=1)
            assert (claims["sub"], claims["name"], claims["department"]) == ("2", "Bill Boquet", "sales")
            for wrong in (key.encode() + b"x", key.encode()[:-1] + b"x"):
                with pytest.raises(jwt.InvalidSignatureError):
                    jwt.decode(token, wrong, algorithms=["HS256"], leeway=1)

    def test_a_shorter_one_is_refused_before_anything_is_done(self, server: Server) -> None:
        installer = Installation(server.parameters("never", "postgres"))
        for key in ("", "k" * 31, "é" * 15):
            with pytest.raises(
                BadSetting, match="EPICEVENTS_SK cannot be used: a signing key has at least 32 characters"
            ):
                installer.install(signing_key=key)
        assert not installer.exists()

    def test_another_one_ends_every_session(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        Installation(office.owner).install(signing_key="a" * 40)
        with pytest.raises(SignedOut):
            bill.clients.visible().page()
        assert office.nobody().sign_in("bill@epic.example", PASSWORD).name == "Bill Boquet"

    def test_the_same_one_again_ends_none_and_none_keeps_what_there_is(self, office: Office) -> None:
        Installation(office.owner).install(signing_key="a" * 40)
        bill = office.session("Bill Boquet")
        Installation(office.owner).install(signing_key="a" * 40)
        Installation(office.owner).install()
        assert bill.clients.visible().page().rows

    def test_one_is_made_for_a_schema_that_was_applied_by_hand(self, office: Office) -> None:
        office.as_owner("DELETE FROM crm.secret")
        with pytest.raises(Unavailable):
            office.nobody().sign_in("nobody@epic.example", PASSWORD)
        assert not Installation(office.owner).install()
        assert office.nobody().sign_in("bill@epic.example", PASSWORD).name == "Bill Boquet"

    def test_nobody_can_read_it(self, office: Office) -> None:
        Installation(office.owner).install(signing_key="not in the clear " * 3)
        (row,) = office.as_owner("SELECT to_jsonb(s)::text FROM crm.secret AS s")[0]
        assert "not in the clear" not in row
        assert b"not in the clear".hex() not in row


class TestFirstAdministrator:
    @pytest.mark.parametrize(
        ("full_name", "email", "password", "field"),
        [
            ("", "root@epic.example", PASSWORD, "full_name"),
            ("Root", "not an address", PASSWORD, "email"),
            ("Root", "root@epic.example", "too short", "password"),
            ("Root", "bill@epic.example", PASSWORD, "email"),  # taken
        ],
    )
    def test_is_refused_like_any_other_employee(
        self, office: Office, full_name: str, email: str, password: str, field: str
    ) -> None:
        office.as_owner(
            "SET session_replication_role = replica; UPDATE crm.employee SET department = 'sales' WHERE id = 1"
        )
        with pytest.raises(Invalid) as invalid:
            Installation(office.owner).create_administrator(full_name, email, password)
        assert invalid.value.field == field
        assert office.as_owner("SELECT count(*) FROM crm.employee") == [(8,)]

    def test_is_the_first_only(self, office: Office) -> None:
        assert Installation(office.owner).create_administrator("Second", "second@epic.example", PASSWORD) is None
        assert office.as_owner("SELECT count(*) FROM crm.employee") == [(8,)]


class TestInterruptions:
    def install_in_another_process(self, url: str, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "menus", "install", "--owner-url", url, *options],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": "/nonexistent",
                "LANG": "C.UTF-8",
                "EPICEVENTS_LOG_FILE": "/dev/null",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_killed_in_the_middle_it_leaves_nothing_and_can_be_run_again(self, blank: Cluster) -> None:
        blank.run("CREATE DATABASE epic")
        with closing(psycopg2.connect(blank.url("epic"))) as in_the_way, in_the_way.cursor() as cursor:
            cursor.execute("CREATE SCHEMA crm")  # the installer waits here, its roles and extensions made
            installer = self.install_in_another_process(blank.url("epic"))
            eventually(lambda: blank.ask("SELECT 1 FROM pg_locks WHERE NOT granted") != [])
            installer.send_signal(signal.SIGKILL)
            installer.communicate()
        others = "SELECT 1 FROM pg_stat_activity WHERE datname = 'epic'"
        eventually(lambda: blank.ask(others) == [])
        assert blank.ask("SELECT to_regrole('epic_owner') IS NULL, to_regrole('epic_app') IS NULL") == [(True, True)]
        assert blank.ask("SELECT 1 FROM pg_namespace WHERE nspname IN ('crm', 'crm_extensions')", "epic") == []
        assert installation_at(blank.url("epic")).install()
        assert installation_at(blank.url("epic")).create_administrator(*ADMINISTRATOR) == 1

    def test_ended_before_there_is_an_administrator_it_asks_for_one_again(self, server: Server, tmp_path: Path) -> None:
        owner = server.parameters("left_early", "postgres")
        url = server.url("left_early", "postgres")
        first = self.install_in_another_process(url)
        said, refused = first.communicate(timeout=30)
        assert (first.returncode, "The database is installed." in said) == (1, True)
        assert refused == "There is no administrator yet: run epicevents install again.\n"
        (tmp_path / "password").write_text(f"{PASSWORD}\n")
        person = ("--admin-name", "Ada", "--admin-email", "ada@epic.example")
        again = self.install_in_another_process(url, *person, "--admin-password-file", str(tmp_path / "password"))
        said, refused = again.communicate(timeout=30)
        assert (again.returncode, refused) == (0, "")
        assert "The database is up to date." in said
        assert Database(owner).execute_sql("SELECT full_name FROM crm.employee").fetchall() == [("Ada",)]

    @pytest.mark.parametrize("databases", [("epic", "epic"), ("epic", "other")], ids=["one database", "two databases"])
    def test_two_at_once(self, blank: Cluster, tmp_path: Path, databases: tuple[str, str]) -> None:
        def install(database: str) -> bool:
            installer = installation_at(blank.url(database))
            new = installer.install("epic_paris", EMPLOYEES_PASSWORD, "k" * 40)
            installer.create_administrator(*ADMINISTRATOR)
            return new

        with ThreadPoolExecutor(2) as pool:
            new = list(pool.map(install, databases))
        assert sum(new) == len(set(databases))
        for database in databases:
            assert blank.ask("SELECT full_name FROM crm.employee", database) == [("Ada Racine",)]
        ada = employee_with(dotenv_of(blank.url(databases[0]), "epic_paris"), tmp_path)
        ada.sign_in("ada@epic.example", PASSWORD)
        other = Database(parameters_of(blank.url(databases[1]), "", None), ada.database.token)
        known_there = databases[0] == databases[1]  # a session of one company is none of another's
        assert other.execute_sql("SELECT crm.actor_id() IS NOT NULL").fetchone() == (known_there,)


class TestDotenv:
    def test_holds_what_employees_need_and_nothing_of_the_owner(self) -> None:
        password = quote(OWNERS_PASSWORD, safe="")
        given = dotenv_of(f"postgresql://paul:{password}@db.epic.example/epic?sslmode=verify-full&sslkey=/root/key")
        assert given == (
            "DATABASE_URL=postgresql:///epic?host=db.epic.example&sslmode=verify-full\n"
            "EPICEVENTS_USER='epic_app'\n"
            "EPICEVENTS_PW='they\\'ll \"all\" have it: \\\\ #1 ${HOME} é'\n"
        )

    @pytest.mark.parametrize(
        "password",
        [
            "plain",
            "with space",
            "#1",
            "a #b",
            "it's",
            '"quoted"',
            "\\",
            "back\\",
            "\\'",
            "$HOME",
            "${HOME}",
            "é€🎉",
            "a=b",
            "'",
            "export",
        ],
    )
    def test_any_password_survives_it(self, tmp_path: Path, password: str) -> None:
        given = employee_settings({"dbname": "epic", "host": "localhost"}, "epic's app", password)
        (tmp_path / ".env").write_text(given, encoding="utf-8")
        settings = Settings.read({}, tmp_path)
        assert (settings.role, settings.role_password) == ("epic's app", password)
        assert dotenv_values(tmp_path / ".env", interpolate=False)["EPICEVENTS_PW"] == password

    @pytest.mark.parametrize(
        "owner",
        [
            {"dbname": "epic"},
            {"dbname": "épic events/2?&#", "host": "/run/post gres", "port": "5433"},
            {
                "dbname": "epic",
                "host": "a.example,b.example",
                "port": "5432,5433",
                "target_session_attrs": "read-write",
                "sslmode": "require",
            },
            {
                "dbname": "epic",
                "hostaddr": "192.0.2.7",
                "sslmode": "verify-full",
                "sslrootcert": "/etc/ssl/epic events.pem",
            },
        ],
    )
    def test_any_server_survives_it(self, tmp_path: Path, owner: dict[str, str]) -> None:
        secret = {"user": "postgres", "password": "owner's", "sslkey": "/root/key", "passfile": "/root/.pgpass"}
        (tmp_path / ".env").write_text(employee_settings({**owner, **secret}, "epic_app", None), encoding="utf-8")
        settings = Settings.read({}, tmp_path)
        assert settings.role_password is None
        found = parameters_of(settings.database_url or "", "epic_app", None)
        assert {name: value for name, value in found.items() if name in {*owner, *secret}} == {
            **owner,
            "user": "epic_app",
        }

    def test_a_server_that_the_installers_environment_named_is_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGHOST", "db.epic.example")
        monkeypatch.setenv("PGPORT", "6000")
        given = dotenv_of("postgresql:///epic")
        assert "DATABASE_URL=postgresql:///epic?host=db.epic.example&port=6000&sslmode=require\n" in given


class TestSchemaFile:
    def test_is_that_of_the_checkout_here(self) -> None:
        assert schema_file() == ROOT / "schema.sql"

    def test_comes_with_an_ordinary_pip_install(self, tmp_path: Path) -> None:
        source = tmp_path / "source"
        build = ("build", "*.egg-info", "__pycache__", ".*", "tests", "benchmarks")
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*build))
        self.pip("wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(source))
        (wheel,) = tmp_path.glob("*.whl")
        venv = tmp_path / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        self.pip("--python", str(venv / "bin" / "python"), "install", "--no-deps", str(wheel))
        self.pip("install", "--no-deps", "--target", str(tmp_path / "target"), str(wheel))
        (packages,) = venv.glob("lib/python*/site-packages")
        (packages / "dependencies.pth").write_text(f"{Path(psycopg2.__file__).parents[1]}\n")
        for python, path in ((venv / "bin" / "python", ""), (Path(sys.executable), str(tmp_path / "target"))):
            found = self.schema_file_of(python, path)
            assert tmp_path in found.parents
            assert source not in found.parents
            assert found.read_bytes() == (ROOT / "schema.sql").read_bytes()
        found.unlink()
        assert self.schema_file_of(python, path) == Path("SchemaMissing")

    def pip(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if "No matching distribution found for setuptools" in done.stderr:
            pytest.skip("building needs setuptools from the network")
        assert done.returncode == 0, done.stderr

    def schema_file_of(self, python: Path, path: str) -> Path:
        """Where a program of its own finds schema.sql, with the modules of `path` if there is one."""
        program = """
import sys
sys.path[:0] = [path for path in sys.argv[1:] if path]
from crm.installation import CrmError, schema_file
try:
    print(schema_file())
except CrmError as error:
    print(type(error).__name__)
"""
        done = subprocess.run([python, "-I", "-c", program, path], cwd="/", capture_output=True, text=True, check=True)
        return Path(done.stdout.strip())
