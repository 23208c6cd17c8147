"""Makes a database an Epic Events one: schema, roles, signing key, first administrator."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.errors import (
    DuplicateDatabase,
    InsufficientPrivilege,
    InvalidSchemaName,
    UndefinedFunction,
    UniqueViolation,
)
from psycopg2.extensions import encrypt_password

from crm import SCHEMA_VERSION, fields, passwords
from crm.errors import N_, BadSetting, CrmError, Unavailable, WrongSchema

OLDEST_SERVER = 14_00_00
SHORTEST_KEY = 32
PUBLIC_PARAMETERS = ("host", "hostaddr", "port", "sslmode", "sslrootcert", "target_session_attrs")


class OldServer(CrmError):
    """This server is PostgreSQL {found}; Epic Events needs 14 or later."""


class NotOwner(CrmError):
    """The role of --owner-url may not install Epic Events: use a superuser, or a role with CREATEROLE
    that owns the database. PostgreSQL says: {reason}"""


def schema_file() -> Path:
    """schema.sql: at the top of a checkout, or where an ordinary pip install put it."""
    checkout = Path(__file__).resolve().parent.parent / "schema.sql"
    if checkout.exists():
        return checkout
    for file in metadata.files("epicevents") or []:
        if file.name == "schema.sql":
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError("schema.sql is missing from this installation: install epicevents again")


class Installation:
    """One database, seen by its owner."""

    def __init__(self, owner: Mapping[str, Any]) -> None:
        """`owner`: what psycopg2.connect takes, for a superuser or a role that may create roles."""
        self.owner = dict(owner)

    def exists(self) -> bool:
        """Is there a database of that name? Raises Unavailable."""
        with closing(self._connect(dbname="postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_catalog.pg_database WHERE datname = %s", (self.owner["dbname"],))
            return cursor.fetchone() is not None

    def version(self) -> int | None:
        """The schema version; None when the database holds no Epic Events, or does not exist. Raises Unavailable."""
        if not self.exists():
            return None
        try:
            return int(self._one("SELECT crm.schema_version()"))
        except (UndefinedFunction, InvalidSchemaName):
            return None

    def install(self, role: str = "epic_app", role_password: str | None = None, signing_key: str | None = None) -> bool:
        """Bring the database to this program's schema; True if it was new. Safe to run again.

        `role_password` None leaves the role's as it is; `signing_key` None keeps the key, or makes one.
        Raises OldServer, WrongSchema, NotOwner, BadSetting, Unavailable.
        """
        key = _key_bytes(signing_key)
        try:
            self._create_database()
            found = self.version()
            if found is None:
                self._apply_schema(key or secrets.token_bytes(64))
            elif found != SCHEMA_VERSION:
                raise WrongSchema(found=found, needed=SCHEMA_VERSION, advice=advice_for(found))
            elif key:
                self._execute("SELECT crm.set_signing_key(%s)", key)
            self._prepare_role(role, role_password)
        except InsufficientPrivilege as error:
            raise NotOwner(reason=str(error).strip()) from error
        return found is None

    def has_administrator(self) -> bool:
        return bool(self._one("SELECT EXISTS (SELECT FROM crm.employee WHERE department = 'admin' AND active)"))

    def create_administrator(self, full_name: str, email: str, password: str) -> int:
        """The first administrator, with a password of their own choice; the employee's number. Raises Invalid."""
        named = {field.name: field for field in fields.EMPLOYEE}
        person = (named["full_name"].clean(full_name), named["email"].clean(email))
        salt, params, digest = passwords.fresh_credential(passwords.check_new(password))
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO crm.employee (full_name, email, department) VALUES (%s, %s, 'admin') RETURNING id", person
            )
            (key,) = cursor.fetchone() or (0,)
            cursor.execute("SELECT crm.write_credential(%s, %s, %s, %s, false)", (key, salt, params, digest))
        return int(key)

    def _create_database(self) -> None:
        with closing(self._connect(dbname="postgres")) as connection:
            connection.autocommit = True
            if connection.server_version < OLDEST_SERVER:
                raise OldServer(found=connection.server_version // 10_000)
            if not self.exists():
                name = sql.Identifier(str(self.owner["dbname"]))
                with connection.cursor() as cursor, suppress(DuplicateDatabase, UniqueViolation):
                    cursor.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))

    def _apply_schema(self, key: bytes) -> None:
        script = schema_file().read_text(encoding="utf-8")
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.pg_advisory_xact_lock(4373)")  # two installers at once: the second waits
            cursor.execute("SELECT pg_catalog.to_regnamespace('crm') IS NULL")
            if cursor.fetchone() == (True,):
                cursor.execute(script)
                cursor.execute("SELECT crm.set_signing_key(%s)", (key,))

    def _prepare_role(self, role: str, password: str | None) -> None:
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            name = sql.Identifier(role)
            if role != "epic_app":
                cursor.execute("SELECT FROM pg_catalog.pg_roles WHERE rolname = %s", (role,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(name))
                cursor.execute(sql.SQL("GRANT epic_app TO {}").format(name))
            if password:
                scrambled = encrypt_password(password, role, connection, "scram-sha-256")
                cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(name), (scrambled,))

    def _connect(self, **others: str) -> Any:
        try:
            return psycopg2.connect(**{**self.owner, **others})
        except psycopg2.OperationalError as error:
            raise Unavailable from error

    def _one(self, statement: str) -> Any:
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0]

    def _execute(self, statement: str, *arguments: Any) -> None:
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, arguments)


def employee_settings(owner: Mapping[str, Any], role: str, role_password: str | None) -> str:
    """The .env that employees get: where the database is and the application role; nothing that grants more."""
    public = {name: owner[name] for name in ("dbname", *PUBLIC_PARAMETERS) if name in owner}
    return f"DATABASE_URL={_url(public)}\nEPICEVENTS_USER={role}\nEPICEVENTS_PW={role_password or ''}\n"


def _url(parameters: Mapping[str, Any]) -> str:
    from urllib.parse import quote, urlencode

    name = quote(str(parameters["dbname"]), safe="")
    rest = urlencode({key: value for key, value in parameters.items() if key != "dbname"}, quote_via=quote, safe="/,:")
    return f"postgresql:///{name}?{rest}"


def _key_bytes(signing_key: str | None) -> bytes | None:
    if signing_key is None:
        return None
    if len(signing_key.encode()) < SHORTEST_KEY:
        raise BadSetting(
            name="EPICEVENTS_SK", why=N_("a signing key has at least 32 characters; leave it out to have one made")
        )
    return signing_key.encode()


def advice_for(found: int) -> str:
    """What to do about a database of schema version `found`."""
    if found > SCHEMA_VERSION:
        return N_("Install the newer program: pip install --upgrade epicevents")
    return N_("Have the owner of the database run: epicevents install")
