"""From settings to an open database: a server of yours, or the embedded one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import peewee

from crm import SCHEMA_VERSION
from crm.database import Database, parameters_of
from crm.errors import NotInstalled, WrongSchema
from crm.installation import Installation, advice_for
from crm.settings import Settings

DATABASE = "epic_events"
DEMO_DATABASE = "epic_events_demo"


if TYPE_CHECKING:
    from crm.embedded import Server

OWNER = "postgres"
APPLICATION_ROLE = "epic_app"


def embedded_server(settings: Settings) -> Server:
    """The server of this user's data directory, started or not."""
    from crm.embedded import Server  # not needed with a server of your own

    return Server(settings.data_directory / "postgresql")


def embedded_owner(settings: Settings, database: str = DATABASE) -> dict[str, Any]:
    """Start the embedded server if need be; what psycopg2.connect takes to own `database` on it."""
    server = embedded_server(settings)
    server.start()
    return server.parameters(database, OWNER)


def open_database(settings: Settings, database: str = DATABASE) -> Database:
    """The database that employees work in. Raises NotInstalled, WrongSchema, Unavailable, BadSetting."""
    if settings.database_url is not None:
        opened = Database(parameters_of(settings.database_url, settings.role, settings.role_password))
    else:
        if not embedded_server(settings).data.exists():  # nothing was ever set up here: no need to start it to see
            raise NotInstalled
        owner = embedded_owner(settings, database)
        if not Installation(owner).exists():
            raise NotInstalled
        opened = Database(embedded_server(settings).parameters(database, APPLICATION_ROLE))
    check_version(opened)
    return opened


def check_version(database: Database) -> None:
    """Refuse to work on a schema of another version than this program's."""
    try:
        (found,) = database.execute_sql("SELECT crm.schema_version()").fetchone()
    except peewee.ProgrammingError as error:  # no such schema, no such function
        raise NotInstalled from error
    if found != SCHEMA_VERSION:
        raise WrongSchema(found=found, needed=SCHEMA_VERSION, advice=advice_for(found))
