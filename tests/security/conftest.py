"""One company that every attempt on it must leave as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from crm.embedded import Server
from tests.company import EMPLOYEES, Office
from tests.conftest import run
from tests.security.raw_sql import TABLES, ask, fingerprint

PUT_ASIDE = "CREATE SCHEMA kept;" + "".join(f"CREATE TABLE kept.{table} AS TABLE crm.{table};" for table in TABLES)
PUT_BACK = """
    DO $$
    DECLARE
        kept record;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR kept IN
            SELECT relname AS name, string_agg(quote_ident(attname), ', ') AS columns
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r' AND attnum > 0 AND attgenerated = ''
            GROUP BY relname
        LOOP
            EXECUTE 'DELETE FROM crm.' || kept.name;
            EXECUTE 'INSERT INTO crm.' || kept.name || ' (' || kept.columns || ') OVERRIDING SYSTEM VALUE SELECT '
                || kept.columns || ' FROM kept.' || kept.name;
        END LOOP;
    END $$
"""


@pytest.fixture(scope="session")
def besieged(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A company for attempts that are to be refused: shared, because nothing may have changed after any of them.

    With a second administrator, Abel Racine, a third who left, Alma Racine, and Mona Neuve of sales, who has not yet
    changed her one-time password.
    """
    name = "besieged"
    run(server.parameters("postgres", "postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
    run(server.parameters(name, "postgres"), f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    run(server.parameters(name, "postgres"), f"GRANT CONNECT ON DATABASE {name} TO epic_app")
    office = Office(server, name, tmp_path_factory.mktemp(name))
    hire(office, 20, "Abel Racine", "abel@epic.example", "admin", False)
    hire(office, 21, "Mona Neuve", "mona@epic.example", "sales", True)
    hire(office, 22, "Alma Racine", "alma@epic.example", "admin", False)
    office.as_owner("UPDATE crm.employee SET active = false WHERE id = 22")
    office.as_owner("ANALYZE")
    office.as_owner(PUT_ASIDE)
    yield office
    run(server.parameters("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def hire(office: Office, *person: Any) -> None:
    """`person`: number, name, email, department, must change the password."""
    columns = "id, full_name, email, department, must_change_password"
    office.as_owner(f"INSERT INTO crm.employee ({columns}) VALUES (%s, %s, %s, %s, %s)", *person)


@pytest.fixture(scope="session")
def tokens(besieged: Office) -> dict[str, str]:
    """A genuine token of everybody, also of those whom it must not help."""
    everybody = besieged.as_owner("SELECT full_name, crm.issue_token(id) FROM crm.employee")
    besieged.as_owner("INSERT INTO kept.session TABLE crm.session")
    assert len(everybody) == len(EMPLOYEES) + 3
    return dict(everybody)


class Desks(dict[str | None, Any]):
    """name -> their connection to the besieged company, opened when it is first asked for; None: without a token."""

    def __init__(self, office: Office, tokens: dict[str, str]) -> None:
        super().__init__()
        self.office = office
        self.tokens = tokens

    def __missing__(self, name: str | None) -> Any:
        self[name] = self.office.connect(self.tokens[name] if name else None)
        return self[name]


@pytest.fixture(scope="session")
def desks(besieged: Office, tokens: dict[str, str]) -> Iterator[Desks]:
    desks = Desks(besieged, tokens)
    yield desks
    for connection in desks.values():
        connection.close()


@pytest.fixture(scope="session")
def watch(besieged: Office, tokens: dict[str, str]) -> Iterator[Callable[[], dict[str, str]]]:
    """Takes the fingerprint of the besieged company, everybody's tokens handed out."""
    assert tokens
    with closing(psycopg2.connect(**besieged.owner)) as owner:
        owner.autocommit = True
        yield lambda: fingerprint(owner)


@pytest.fixture(scope="session")
def as_it_was(watch: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The fingerprint before anybody tried anything."""
    return watch()


@pytest.fixture
def practice(besieged: Office, as_it_was: dict[str, str], watch: Callable[[], dict[str, str]]) -> Iterator[Office]:
    """The besieged company, to change as one likes: it is put right again afterwards, faster than a new one is made.

    Only what is in the tables: who alters the schema needs `office`.
    """
    yield besieged
    besieged.as_owner(PUT_BACK)
    assert watch() == as_it_was


@pytest.fixture
def unchanged(desks: Desks, as_it_was: dict[str, str], watch: Callable[[], dict[str, str]]) -> Iterator[Desks]:
    """The desks of the besieged company; whatever is tried there, in the end nothing has changed."""
    yield desks
    for connection in desks.values():
        if connection.info.transaction_status:
            ask(connection, "ROLLBACK")
    assert watch() == as_it_was
