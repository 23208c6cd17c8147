"""From settings to an open database: the embedded one on its data directory, or a server of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.database import Database
from crm.errors import NoEntry, NotInstalled, Unavailable
from crm.installation import Installation
from crm.opening import DATABASE, check_version, embedded_owner, embedded_server, open_database
from crm.settings import Settings
from tests.company import Office
from tests.conftest import remove


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Those of a new user, who has no server."""
    settings = Settings.read({"EPICEVENTS_DATA": str(tmp_path / "data")}, tmp_path)
    yield settings
    remove(embedded_server(settings))


def where(database: Database) -> tuple[str, str]:
    return database.execute_sql("SELECT current_user::text, current_database()::text").fetchone()


def test_the_embedded_server_from_the_first_day_on(settings: Settings) -> None:
    server = embedded_server(settings)
    with pytest.raises(NotInstalled):
        open_database(settings)
    assert not server.home.exists()  # to see that there is nothing, nothing is made

    owner = embedded_owner(settings)
    assert server.is_running()
    with pytest.raises(NotInstalled):
        open_database(settings)

    Installation(owner).install()
    assert where(open_database(settings)) == ("epic_app", DATABASE)

    server.stop()
    assert where(open_database(settings)) == ("epic_app", DATABASE)  # started on demand


def test_a_server_of_ones_own(office: Office, tmp_path: Path) -> None:
    url = f"postgresql:///{office.name}?host={office.application['host']}"
    opened = open_database(Settings.read({"DATABASE_URL": url, "EPICEVENTS_DATA": str(tmp_path)}, tmp_path))
    assert where(opened) == ("epic_app", office.name)
    assert list(tmp_path.iterdir()) == []  # no embedded server beside it


def test_another_role_than_the_usual_one(office: Office, tmp_path: Path) -> None:
    url = f"postgresql:///{office.name}?host={office.application['host']}"
    opened = open_database(Settings.read({"DATABASE_URL": url, "EPICEVENTS_USER": "postgres"}, tmp_path))
    assert where(opened) == ("postgres", office.name)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql:///epic?host={tmp_path}"
    with pytest.raises(Unavailable) as unavailable:
        open_database(Settings.read({"DATABASE_URL": url}, tmp_path))
    assert not isinstance(unavailable.value, NoEntry)


def test_a_database_that_is_not_there(office: Office, tmp_path: Path) -> None:
    url = f"postgresql:///no_such_database?host={office.application['host']}"
    with pytest.raises(NoEntry, match='database "no_such_database" does not exist'):
        open_database(Settings.read({"DATABASE_URL": url}, tmp_path))


def test_a_schema_of_somebody_else(office: Office) -> None:
    office.as_owner("ALTER SCHEMA crm RENAME TO other; CREATE SCHEMA crm; GRANT USAGE ON SCHEMA crm TO epic_app")
    with pytest.raises(NotInstalled):
        check_version(Database(office.application))
