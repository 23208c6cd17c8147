"""The company that the guides show: that of the demo, made for one day; each scene gets a copy."""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2 import sql

from crm import demo, passwords
from crm.embedded import Server
from docs.program import NOW, ZONE

TEMPLATE = "guide_template"
PASSWORD = "violet umbrella parade"  # noqa: S105  # the one-time password of whoever is new
STANDING_CLOCK = """
    CREATE FUNCTION public.stand_still() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$
    DECLARE
        moments jsonb := '{}';
    BEGIN
        FOR place IN 1 .. TG_NARGS - 1 LOOP
            IF to_jsonb(NEW) -> TG_ARGV[place] <> coalesce(to_jsonb(OLD) -> TG_ARGV[place], '""')
               AND to_jsonb(NEW) ->> TG_ARGV[place] IS NOT NULL THEN
                moments := jsonb_set(moments, ARRAY[TG_ARGV[place]], to_jsonb(TG_ARGV[0]));
            END IF;
        END LOOP;
        RETURN jsonb_populate_record(NEW, moments);
    END $$;
"""
KEPT_BY_THE_DATABASE = {
    "client": ("last_update",),
    "contract": ("creation_date", "signed_at"),
    "employee": ("creation_date",),
    "change": ("at",),
}
"""Table -> the moments that PostgreSQL takes from its own clock and that people see: in the guides they are NOW."""
SIGN_INS = """
    UPDATE crm.session SET created_at = %s::timestamptz - employee_id * interval '7 minutes'
                                        - interval '1 day' * (ARRAY[0, 0, 1, 1, 4, 5, 6])[employee_id %% 7 + 1]
"""
"""On some of the last working days, before this moment."""


@dataclass
class Company:
    """Databases on `server`, one for each scene."""

    server: Server
    people: demo.People = field(default_factory=dict)
    credential: tuple[bytes, str, bytes] = (b"", "", b"")
    """What is kept of PASSWORD; made once, for that takes a while."""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def found(self) -> None:
        """Make the template. Every session in it is in force, and so is every token in every copy."""
        owner = self.server.parameters(TEMPLATE, "postgres")
        self.people = demo.open_company(owner, today=NOW.date(), zone=ZONE)
        self.credential = passwords.fresh_credential(PASSWORD)
        with closing(psycopg2.connect(**owner)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(STANDING_CLOCK)
            for table, columns in KEPT_BY_THE_DATABASE.items():
                cursor.execute(_trigger(table, (NOW.isoformat(), *columns)))
            cursor.execute(SIGN_INS, (NOW,))

    def copy(self) -> str:
        """The name of a new database with the company in it."""
        name = f"guide_{next(self._numbers)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        return name

    def drop(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        """Leave nothing on the server."""
        self.drop(TEMPLATE)

    def url(self, name: str) -> str:
        """For employees."""
        return self.server.url(name, "epic_app")

    def token(self, full_name: str) -> str:
        return next(token for name, _department, token in self.people.values() if name == full_name)

    def give_one_time_password(self, database: str, full_name: str) -> None:
        number = next(number for number, (name, *_) in self.people.items() if name == full_name)
        with (
            closing(psycopg2.connect(**self.server.parameters(database, "postgres"))) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT crm.write_credential(%s, %s, %s, %s, true)", (number, *self.credential))

    def _run(self, statement: sql.Composed) -> None:
        with closing(psycopg2.connect(**self.server.parameters("postgres", "postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


def _trigger(table: str, arguments: tuple[str, ...]) -> sql.Composed:
    """Named so that it comes after the others."""
    statement = """
        CREATE TRIGGER zz_stand_still BEFORE INSERT OR UPDATE ON {}
        FOR EACH ROW EXECUTE FUNCTION public.stand_still({})
    """
    return sql.SQL(statement).format(sql.Identifier("crm", table), sql.SQL(", ").join(map(sql.Literal, arguments)))
