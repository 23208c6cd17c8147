"""Makes a database an Epic Events one: schema, roles, signing key, first administrator."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege, InvalidSchemaName, UndefinedFunction, UniqueViolation
from psycopg2.extensions import encrypt_password

from crm import SCHEMA_VERSION, fields, passwords, session_lengths
from crm.errors import N_, BadSetting, CrmError, WrongSchema
from crm.refusals import as_crm_error
from crm.session_lengths import SessionLengths

OLDEST_SERVER = 14_00_00
SHORTEST_KEY = 32
PUBLIC_PARAMETERS = ("host", "hostaddr", "port", "sslmode", "sslrootcert", "target_session_attrs")

UNCHANGED = SessionLengths()
ADMINISTRATORS = "SELECT FROM crm.employee WHERE department = 'admin' AND active"
FIRST_ADMINISTRATOR = f"""
    INSERT INTO crm.employee (full_name, email, department)
    SELECT %s, %s, 'admin' WHERE NOT EXISTS ({ADMINISTRATORS}) RETURNING id
"""
TOO_MIGHTY = """
    SELECT rolcreaterole OR rolbypassrls OR rolreplication OR pg_catalog.pg_has_role(rolname, 'epic_owner', 'MEMBER')
    FROM pg_catalog.pg_roles WHERE rolname = %s
"""


class OldServer(CrmError):
    """This server is PostgreSQL {found}; Epic Events needs 14 or later."""


class NotOwner(CrmError):
    """The role of --owner-url may not install Epic Events: use a superuser, or a role with CREATEROLE
    that owns the database. PostgreSQL says: {reason}"""


class InstallationFailed(CrmError):
    """Epic Events could not be installed. PostgreSQL says: {reason}"""


class SchemaMissing(CrmError):
    """The file schema.sql is missing from this program: install epicevents again."""


def schema_file() -> Path:
    """schema.sql, wherever this program was installed from. Raises SchemaMissing."""
    for place in _schema_places():
        if place.exists():
            return place.resolve()
    raise SchemaMissing


def _schema_places() -> Iterator[Path]:
    top = Path(__file__).resolve().parent.parent
    yield top / "schema.sql"  # a checkout
    with suppress(metadata.PackageNotFoundError):
        yield from (
            Path(str(file.locate())) for file in metadata.files("epicevents") or [] if file.name == "schema.sql"
        )
    yield top / "share" / "epicevents" / "schema.sql"  # pip install --target, where the package's own list errs


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

    def install(
        self,
        role: str = "epic_app",
        role_password: str | None = None,
        signing_key: str | None = None,
        lengths: SessionLengths = UNCHANGED,
    ) -> bool:
        """Bring the database to this program's schema; True if it was new. Safe to run again.

        `role_password` None leaves the role's as it is; `signing_key` None keeps the key, or makes one.
        `lengths`: of sessions.
        Raises OldServer, WrongSchema, NotOwner, InstallationFailed, BadSetting, Unavailable.
        """
        key = _key_bytes(signing_key)
        try:
            with self._alone():
                return self._install(role, role_password, key, lengths)
        except InsufficientPrivilege as error:
            raise NotOwner(reason=str(error).strip()) from error
        except psycopg2.Error as error:
            raise InstallationFailed(reason=str(error).strip()) from error

    def by_superuser(self) -> bool:
        """Is the owner a superuser? Only one can tighten what section 1 of schema.sql lists."""
        return bool(self._one("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"))

    def has_administrator(self) -> bool:
        return bool(self._one(f"SELECT EXISTS ({ADMINISTRATORS})"))

    def create_administrator(self, full_name: str, email: str, password: str) -> int | None:
        """The first administrator, with a password of their own choice; the employee's number. Raises Invalid.

        None, and nothing is written, when another installer was quicker.
        """
        named = {field.name: field for field in fields.EMPLOYEE}
        person = (named["full_name"].clean(full_name), named["email"].clean(email))
        salt, params, digest = passwords.fresh_credential(
            passwords.check_new(password, passwords.known_words(str(person[0]), str(person[1])))
        )
        with self._alone(), closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            try:
                cursor.execute(FIRST_ADMINISTRATOR, person)
            except UniqueViolation as error:
                raise as_crm_error(error) or error from error
            created = cursor.fetchone()
            if created is not None:
                cursor.execute("SELECT crm.write_credential(%s, %s, %s, %s, false)", (*created, salt, params, digest))
        return int(created[0]) if created else None

    def _install(self, role: str, role_password: str | None, key: bytes | None, lengths: SessionLengths) -> bool:
        found = self.version()
        if found is None:
            lengths.over(session_lengths.DEFAULT)  # refused before anything is made
            self._apply_schema()
        elif found != SCHEMA_VERSION:
            raise WrongSchema(found=found, needed=SCHEMA_VERSION, advice=_advice_to_installer(found))
        if lengths != UNCHANGED:
            self._set_lengths(lengths)
        if key is None and not self._one("SELECT EXISTS (SELECT FROM crm.secret)"):
            key = secrets.token_bytes(64)
        if key:
            self._execute("SELECT crm.set_signing_key(%s)", key)
        self._prepare_role(role, role_password)
        return found is None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The database exists, and no other installer is at work on this server: all its databases share the roles."""
        with closing(self._connect(dbname="postgres")) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            if connection.server_version < OLDEST_SERVER:
                raise OldServer(found=connection.server_version // 10_000)
            cursor.execute("SELECT pg_catalog.pg_advisory_lock(4373)")
            if not self.exists():
                name = sql.Identifier(str(self.owner["dbname"]))
                cursor.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))
            yield

    def _apply_schema(self) -> None:
        script = schema_file().read_text(encoding="utf-8")
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(script)

    def _set_lengths(self, lengths: SessionLengths) -> None:
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            session_lengths.write(cursor, lengths.over(session_lengths.read(cursor)))

    def _prepare_role(self, role: str, password: str | None) -> None:
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            name = sql.Identifier(role)
            if role != "epic_app":
                cursor.execute(TOO_MIGHTY, (role,))
                found = cursor.fetchone()
                if found is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(name))
                elif found[0]:
                    raise BadSetting(
                        name="EPICEVENTS_USER", why=N_("that role may do more than employees may; name a new one")
                    )
                cursor.execute(sql.SQL("GRANT epic_app TO {}").format(name))
                if connection.info.parameter_status("is_superuser") == "on":  # as schema.sql does for epic_app
                    cursor.execute(sql.SQL("ALTER ROLE {} SET track_activities = off").format(name))
            if password:
                scrambled = encrypt_password(password, role, connection, "scram-sha-256")
                cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(name), (scrambled,))

    def _connect(self, **others: str) -> Any:
        try:
            return psycopg2.connect(**{**self.owner, **others})
        except psycopg2.OperationalError as error:
            raise as_crm_error(error) or error from error

    def _one(self, statement: str) -> Any:
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0]

    def _execute(self, statement: str, *arguments: Any) -> None:
        with closing(self._connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, arguments)


def employee_settings(owner: Mapping[str, Any], role: str, role_password: str | None) -> str:
    """The .env that employees get: where the database is and the application role; nothing that grants more."""
    user, password = _quoted(role), _quoted(role_password or "")
    return f"DATABASE_URL={public_url(owner)}\nEPICEVENTS_USER={user}\nEPICEVENTS_PW={password}\n"


def public_url(parameters: Mapping[str, Any], *more: str) -> str:
    """Where the database is, without a password. `more`: names of further parameters to keep, such as "user"."""
    from urllib.parse import quote, urlencode

    name = quote(str(parameters["dbname"]), safe="")
    kept = {key: parameters[key] for key in (*more, *PUBLIC_PARAMETERS) if key in parameters}
    return f"postgresql:///{name}?{urlencode(kept, quote_via=quote, safe='/,:')}".rstrip("?")


def _quoted(value: str) -> str:
    """As .env wants a value whose characters all stand for themselves."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _key_bytes(signing_key: str | None) -> bytes | None:
    if signing_key is None:
        return None
    if len(signing_key.encode()) < SHORTEST_KEY:
        raise BadSetting(
            name="EPICEVENTS_SK", why=N_("a signing key has at least 32 characters; leave it out to have one made")
        )
    return signing_key.encode()


def _advice_to_installer(found: int) -> str:
    if found > SCHEMA_VERSION:
        return advice_for(found)
    return N_("This program cannot bring it up to date: use the one that installed it, or install a new database.")


def advice_for(found: int) -> str:
    """What to do about a database of schema version `found`."""
    if found > SCHEMA_VERSION:
        return N_("Install the newer version of this program.")
    return N_("Have the owner of the database run: epicevents install")
