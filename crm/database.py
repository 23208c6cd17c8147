"""The connection: carries the token, comes back when it drops, never repeats a write."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import zip_longest
from threading import local
from types import SimpleNamespace
from typing import Any

import peewee
import psycopg2
from psycopg2.extensions import parse_dsn

from crm.errors import N_, BadSetting, CrmError, Invalid, Unavailable, Unsaved
from crm.refusals import UNUSABLE_VALUE, as_crm_error

CONNECT_SECONDS = 5
SILENT_MILLISECONDS = 10_000
"""How long a network may swallow what is sent before a connection counts as dropped; Linux itself waits 15 min."""
REPEATABLE = ("SELECT", "BEGIN")
"""What changes nothing by itself; writes are INSERT, UPDATE and CALL."""
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
ENCRYPTED = ("require", "verify-ca", "verify-full")
SURROUNDINGS = {"host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE"}
"""What libpq itself reads where a URL is silent: taken first, so that we judge the server it will go to."""


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
        self._here: Any = local() if thread_safe else SimpleNamespace()
        """`carried`: the token of the open connection; `in_block`."""

    @property
    def in_block(self) -> bool:
        """Is this connection inside `all_or_nothing`?"""
        return bool(getattr(self._here, "in_block", False))

    def carry(self, token: str | None) -> None:
        """Be whoever holds `token` (None: nobody) from the next statement on, in every thread."""
        self.close()
        self.token = token

    def renew(self, token: str) -> None:
        """Carry a later token of the same session: the open connection goes on, as the earlier one counts as long."""
        if not self.is_closed() and self._here.carried == self.token:
            self._here.carried = token
        self.token = token

    def companion(self) -> Database:
        """A second connection of the same holder, for looking things up while the first one works."""
        return Database(self.parameters, self.token, thread_safe=False)

    def cancel(self) -> None:
        """End the statement that another thread is waiting for on this connection: Unavailable there."""
        connection = None if self.is_closed() else self.connection()  # type: ignore[no-untyped-call]
        with suppress(psycopg2.Error):
            if connection is not None:
                connection.cancel()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run one statement; after a dropped connection run it once more on a new one, but only if it writes nothing.

        Raises the errors of crm/errors.py; Unsaved when nobody can know whether a write arrived.
        """
        if self.in_block:
            if self.is_closed():  # what came before is lost: nothing more of this block may be written
                raise Unsaved
        elif not self.is_closed() and self._here.carried != self.token:  # another thread called `carry`
            self.close()
        try:
            return self._once(sql, params)
        except Unsaved:
            if self.in_block or not sql.startswith(REPEATABLE):
                raise
        try:
            return self._once(sql, params)
        except Unsaved as error:
            raise Unavailable from error

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Everything inside is written, or nothing is."""
        self.execute_sql("BEGIN")
        self._here.in_block = True
        try:
            yield
            self.execute_sql("COMMIT")
        except BaseException:
            with suppress(CrmError):  # a dropped connection has rolled back by itself
                if not self.is_closed():
                    self.execute_sql("ROLLBACK")
            raise
        finally:
            self._here.in_block = False

    def _connect(self) -> Any:
        options = str(self.parameters.get("options", ""))
        if self.token:
            options += f" -c epic.token={self.token}"
        connection = psycopg2.connect(**{**self.parameters, "options": options.strip()})
        connection.autocommit = True
        self._here.carried = self.token
        return connection

    def _once(self, sql: str, params: Any) -> Any:
        """Run one statement, once; Unsaved when the connection dropped meanwhile or before."""
        try:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]  # half-typed in peewee
        except peewee.PeeweeException as error:
            if self._dropped():
                self.close()
                raise Unsaved from error
            raise as_crm_error(error) or error from error
        except ValueError as error:  # NUL and half characters never get as far as PostgreSQL
            raise Invalid(None, UNUSABLE_VALUE) from error

    def _dropped(self) -> bool:
        return not self.is_closed() and bool(self.connection().closed)  # type: ignore[no-untyped-call]


def parameters_of(url: str, role: str, password: str | None, setting: str = "DATABASE_URL") -> dict[str, Any]:
    """What psycopg2.connect takes, from a URL; role and password fill in what it leaves out.

    Raises BadSetting, naming `setting`, for a URL that cannot be read, names no database,
    or would cross a network without TLS.
    """
    try:
        parameters: dict[str, Any] = parse_dsn(url)
    except psycopg2.ProgrammingError as error:
        # The reason may quote the URL, and that a password.
        raise BadSetting(
            name=setting, why=N_("it must look like postgresql://host/database; write @ in a password as %40")
        ) from error
    for name, variable in SURROUNDINGS.items():
        if os.environ.get(variable):
            parameters.setdefault(name, os.environ[variable])
    if not parameters.get("dbname"):
        raise BadSetting(name=setting, why=N_("it must name the database, as in postgresql://host/database"))
    parameters.setdefault("user", role)
    if password:
        parameters.setdefault("password", password)
    if not _all_local(parameters):
        _demand_encryption(parameters, setting)
    return {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": SILENT_MILLISECONDS,
        "application_name": "epicevents",
        **parameters,
    }


def _demand_encryption(parameters: dict[str, Any], setting: str) -> None:
    surroundings = os.environ.get("PGSSLMODE")
    parameters.setdefault("sslmode", surroundings if surroundings in ENCRYPTED else "require")
    if parameters["sslmode"] not in ENCRYPTED:
        raise BadSetting(name=setting, why=N_("a server on another machine needs sslmode=require or stricter"))


def _all_local(parameters: Mapping[str, Any]) -> bool:
    if "service" in parameters or os.environ.get("PGSERVICE"):  # its file may name any host
        return False
    addresses, names = (str(parameters.get(key, "")).split(",") for key in ("hostaddr", "host"))
    hosts = (address or name for address, name in zip_longest(addresses, names, fillvalue=""))
    return all(host in LOCAL_HOSTS or host == "" or host.startswith("/") for host in hosts)
