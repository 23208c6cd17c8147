"""A real PostgreSQL for the whole run, a fresh copy of the company for each test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from crm.embedded import Server
from crm.installation import Installation
from crm.session import Session
from tests.company import Office, settle

TEMPLATE = "company_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded PostgreSQL, in a directory of its own."""
    server = Server(tmp_path_factory.mktemp("server") / "postgresql")
    server.start()
    yield server
    remove(server)


def remove(server: Server) -> None:
    """Stop a server and take away what it leaves outside the test's directory (as root: in /var/lib)."""
    server.stop()
    shutil.rmtree(server.home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of an installed database with the company in it; nobody connects to it."""
    owner = server.parameters(TEMPLATE, "postgres")
    Installation(owner).install()
    settle(owner)
    return TEMPLATE


def run(parameters: dict[str, Any], statement: str) -> None:
    with closing(psycopg2.connect(**parameters)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def office(server: Server, template: str, tmp_path: Path) -> Iterator[Office]:
    """The company, for one test."""
    name = f"office_{next(_numbers)}"
    run(server.parameters("postgres", "postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
    # Rights on the database itself do not come along with a template; schema.sql gives these.
    run(server.parameters(name, "postgres"), f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    run(server.parameters(name, "postgres"), f"GRANT CONNECT ON DATABASE {name} TO epic_app")
    yield Office(server, name, tmp_path)
    run(server.parameters("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def bill(office: Office) -> Session:
    """Of sales, at a desk of his own."""
    return office.session("Bill Boquet")


@pytest.fixture
def kate(office: Office) -> Session:
    """Of support."""
    return office.session("Kate Hastroff")


@pytest.fixture
def gina(office: Office) -> Session:
    """Of accounting."""
    return office.session("Gina Comptoir")


@pytest.fixture
def ada(office: Office) -> Session:
    """Of administration."""
    return office.session("Ada Racine")
