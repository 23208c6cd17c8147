"""The connection: carries the token, comes back when it drops, never repeats a write."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import peewee
import psycopg2
from psycopg2.extensions import parse_dsn

from crm.errors import N_, BadSetting, Unsaved
from crm.refusals import as_crm_error

CONNECT_SECONDS = 5
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


class Database(peewee.PostgresqlDatabase):
    """A PostgreSQL whose every connection carries one employee's token.

    The token travels in the start-up options: no extra round trip, and unlike SET
    it never stands in pg_stat_activity. Every statement goes through `execute_sql`,
    so this is the one place where PostgreSQL's errors become those of crm/errors.py.
    """

    def __init__(self, parameters: Mapping[str, Any], token: str | None = None, thread_safe: bool = True) -> None:
        """`parameters`: what psycopg2.connect takes.

        `thread_safe` False: one connection for all threads, which must take turns.
        """
        super().__init__(str(parameters.get("dbname", "")), thread_safe=thread_safe)
        self.parameters = dict(parameters)
        self.token = token
        self.in_block = False

    def carry(self, token: str | None) -> None:
        """Be whoever holds `token` (None: nobody) from the next statement on."""
        self.close()
        self.token = token

    def companion(self) -> Database:
        """A second connection of the same holder, for looking things up while the first one works."""
        return Database(self.parameters, self.token, thread_safe=False)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run one statement; after a dropped connection run it once more on a new one, but only if it reads.

        Raises the errors of crm/errors.py; Unsaved when nobody can know whether a write arrived.
        """
        try:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]  # half-typed in peewee
        except peewee.PeeweeException as error:
            if not self._dropped():
                raise _translated(error) from error
            self.close()
            if self.in_block or not sql.startswith("SELECT"):  # writes are INSERT, UPDATE and CALL
                raise Unsaved from error
        try:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]  # half-typed in peewee
        except peewee.PeeweeException as error:
            raise _translated(error) from error

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Everything inside is written, or nothing is."""
        self.execute_sql("BEGIN")
        self.in_block = True
        try:
            yield
            self.execute_sql("COMMIT")
        except BaseException:
            if not self.is_closed():
                self.execute_sql("ROLLBACK")
            raise
        finally:
            self.in_block = False

    def _connect(self) -> Any:
        options = str(self.parameters.get("options", ""))
        if self.token:
            options += f" -c epic.token={self.token}"
        connection = psycopg2.connect(**{**self.parameters, "options": options.strip()})
        connection.autocommit = True
        return connection

    def _dropped(self) -> bool:
        return not self.is_closed() and bool(self.connection().closed)  # type: ignore[no-untyped-call]


def _translated(error: peewee.PeeweeException) -> Exception:
    return as_crm_error(error) or error


def parameters_of(url: str, role: str, password: str | None) -> dict[str, Any]:
    """What psycopg2.connect takes, from DATABASE_URL; role and password fill in what the URL leaves out.

    Raises BadSetting for a URL that cannot be read, or that would cross a network without TLS.
    """
    try:
        parameters: dict[str, Any] = parse_dsn(url)
    except psycopg2.ProgrammingError as error:
        raise BadSetting(name="DATABASE_URL", why=str(error).strip()) from error
    parameters.setdefault("user", role)
    if password and "password" not in parameters:
        parameters["password"] = password
    if not _all_local(parameters):
        parameters.setdefault("sslmode", "require")
        if parameters["sslmode"] in ("disable", "allow", "prefer"):
            raise BadSetting(
                name="DATABASE_URL", why=N_("a server on another machine needs sslmode=require or stricter")
            )
    return {"connect_timeout": CONNECT_SECONDS, "application_name": "epicevents", **parameters}


def _all_local(parameters: Mapping[str, Any]) -> bool:
    hosts = str(parameters.get("hostaddr") or parameters.get("host") or os.environ.get("PGHOST", "")).split(",")
    return all(host in LOCAL_HOSTS or host == "" or host.startswith("/") for host in hosts)
