"""The database of `epicevents demo`: an invented company, and a way in for everybody without a password."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import psycopg2
from psycopg2 import extensions, sql

from crm import SCHEMA_VERSION
from crm.demo_diary import Deed, Diary
from crm.errors import Unavailable
from crm.installation import Installation
from crm.models import DEPARTMENTS

People = dict[str, tuple[str, str, str]]  # employee number -> (full name, department, token)

# The triggers write the history, but with each deed's moment instead of the clock's; so for the clients' last update.
BACKDATED = """
    ALTER TABLE crm.change ALTER COLUMN at SET DEFAULT current_setting('epic.moment')::timestamptz;
    ALTER TABLE crm.client DISABLE TRIGGER keep_client;
"""
AS_OF = sql.SQL("SELECT set_config('epic.token', %s, true), set_config('epic.moment', %s, true);")
UP_TO_DATE = """
    ALTER TABLE crm.change ALTER COLUMN at SET DEFAULT clock_timestamp();
    ALTER TABLE crm.client ENABLE TRIGGER keep_client;
    SELECT set_config('epic.token', '', true);
    DELETE FROM crm.session;
    SELECT setval(pg_get_serial_sequence('crm.employee', 'id'), (SELECT max(id) FROM crm.employee)),
           setval(pg_get_serial_sequence('crm.client', 'id'), (SELECT max(id) FROM crm.client)),
           setval(pg_get_serial_sequence('crm.contract', 'id'), (SELECT max(id) FROM crm.contract)),
           setval(pg_get_serial_sequence('crm.event', 'id'), (SELECT max(id) FROM crm.event));
"""
# Most people sign in on most working days, one after the other from half past eight on; all of it is over.
SIGNED_IN = """
    INSERT INTO crm.session (employee_id, created_at, expires_at, last_used)
    SELECT employee.id, came.at, came.at + interval '8 hours', came.at + interval '8 hours'
    FROM crm.employee CROSS JOIN generate_series(1, 13) AS ago
    CROSS JOIN LATERAL (
        SELECT (%s::date - ago + time '08:30' + employee.id * interval '7 minutes')::timestamptz
    ) AS came (at)
    WHERE employee.active AND extract(isodow FROM came.at) < 6 AND (employee.id * 7 + ago * 3) %% 5 > 0
"""


def open_company(
    owner: Mapping[str, Any], reset: bool = False, today: date | None = None, zone: tzinfo | None = None
) -> People:
    """Install and fill the demo database of `owner` unless it is there; everybody active, each with a fresh token.

    `owner`: psycopg2.connect's keywords for a superuser; with `reset` its database is dropped first, whatever is in it.
    `zone`: what the company's clocks show; None: what this machine's do. Raises WrongSchema, Unavailable.
    """
    installation = Installation(owner)
    try:
        if reset:
            _drop(owner)
        if reset or installation.version() != SCHEMA_VERSION:
            installation.install()
        with closing(psycopg2.connect(**owner)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(4373)")  # two demos at once: the second waits
            cursor.execute("SELECT EXISTS (SELECT FROM crm.employee)")
            if cursor.fetchone() == (False,):
                day = today or datetime.now(UTC).astimezone(zone).date()
                _fill(cursor, Diary(day, zone).deeds())
                cursor.execute(SIGNED_IN, (day,))
            return _let_in(cursor)
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:  # the latter: already closed
        raise Unavailable from error


def _drop(owner: Mapping[str, Any]) -> None:
    with closing(psycopg2.connect(**{**owner, "dbname": "postgres"})) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            name = sql.Identifier(str(owner["dbname"]))
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _let_in(cursor: extensions.cursor) -> People:
    """A token for everybody; passwords that somebody handed out while trying the menus are void."""
    cursor.execute("DELETE FROM crm.credential")
    cursor.execute("UPDATE crm.employee SET must_change_password = false WHERE must_change_password")
    cursor.execute(
        "SELECT id::text, full_name, department, crm.issue_token(id) FROM crm.employee WHERE active "
        "ORDER BY array_position(%s, department), employee.id",
        (list(DEPARTMENTS),),
    )
    return {number: (full_name, department, token) for number, full_name, department, token in cursor.fetchall()}


def _fill(cursor: extensions.cursor, deeds: Iterable[Deed]) -> None:
    """Have everybody do what they did."""
    cursor.execute(BACKDATED)
    tokens: dict[int | None, str] = {None: ""}
    for deed in deeds:
        if deed.actor not in tokens:
            cursor.execute("SELECT crm.issue_token(%s)", (deed.actor,))
            (tokens[deed.actor],) = cursor.fetchone() or ("",)
        context = (tokens[deed.actor], deed.at.isoformat())
        cursor.execute(AS_OF + _statement(deed), (*context, *deed.values.values(), deed.key))
    cursor.execute(UP_TO_DATE)


def _statement(deed: Deed) -> sql.Composed:
    table, columns = sql.Identifier("crm", deed.entity), [sql.Identifier(name) for name in deed.values]
    if deed.new:
        names = sql.SQL(", ").join([*columns, sql.Identifier("id")])
        marks = sql.SQL(", ").join([sql.Placeholder()] * (len(columns) + 1))
        return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(table, names, marks)
    changes = sql.SQL(", ").join(sql.SQL("{} = %s").format(column) for column in columns)
    return sql.SQL("UPDATE {} SET {}, version = version + 1 WHERE id = %s").format(table, changes)
