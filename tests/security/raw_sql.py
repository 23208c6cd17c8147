"""What somebody with psql, the application role and perhaps a token can do, and what it changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from tests.company import Office

REFUSED = "42501"  # insufficient_privilege
BROKEN_RULE = "23514"  # check_violation

RECORDS = ("client", "contract", "event", "employee", "change")
TABLES = (
    *RECORDS,
    "permission",
    "session",
    "session_length",
    "revocation",
    "credential",
    "secret",
    "login_throttle",
    "login_attempt",
    "scrubbing",
)

DATA = " UNION ALL ".join(
    f"SELECT '{table}', md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM crm.{table} AS t"
    for table in TABLES
)
FENCES = """
    SELECT 'class', md5(string_agg(concat_ws('|', oid, relowner, relacl, relrowsecurity, relforcerowsecurity), E'\\n' ORDER BY oid))
        FROM pg_class WHERE relnamespace = 'crm'::regnamespace
    UNION ALL SELECT 'column', md5(string_agg(concat_ws('|', attrelid, attname, attacl), E'\\n' ORDER BY attrelid, attnum))
        FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'crm'::regnamespace)
    UNION ALL SELECT 'function', md5(string_agg(concat_ws('|', oid, proowner, prosecdef, proconfig, proacl, prosrc), E'\\n' ORDER BY oid))
        FROM pg_proc WHERE pronamespace = 'crm'::regnamespace OR proname ~ '^(lo_|pg_.*_backend)'
    UNION ALL SELECT 'policy', md5(string_agg(p::text, E'\\n' ORDER BY oid)) FROM pg_policy AS p
    UNION ALL SELECT 'trigger', md5(string_agg(concat_ws('|', oid, tgenabled, tgfoid), E'\\n' ORDER BY oid)) FROM pg_trigger
    UNION ALL SELECT 'schema', md5(string_agg(concat_ws('|', nspname, nspowner, nspacl), E'\\n' ORDER BY oid)) FROM pg_namespace
        WHERE nspname !~ '^pg_t'
    UNION ALL SELECT 'database', md5(string_agg(concat_ws('|', datdba, datacl), E'\\n')) FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'role', md5(string_agg(concat_ws('|', rolname, rolsuper, rolbypassrls, rolcreaterole, rolpassword), E'\\n' ORDER BY oid)) FROM pg_authid
        WHERE rolname ~ '^(epic|pg_|postgres)'
    UNION ALL SELECT 'membership', md5(string_agg(concat_ws('|', roleid, member), E'\\n' ORDER BY roleid, member)) FROM pg_auth_members
        WHERE member::regrole::text ~ '^(epic|pg_)'
    UNION ALL SELECT 'setting', md5(string_agg(s::text, E'\\n' ORDER BY s::text)) FROM pg_db_role_setting AS s
        WHERE setrole IN (0, 'epic_app'::regrole, 'epic_owner'::regrole)
"""


@dataclass
class Answer:
    """What PostgreSQL said to one statement: `state` is "" when it obeyed, else the SQLSTATE."""

    state: str = ""
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    count: int = 0
    message: str = ""
    detail: str | None = None
    constraint: str | None = None


def ask(connection: Any, statement: str, *arguments: Any, **named: Any) -> Answer:
    """Run `statement`, whatever comes of it."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement, named or arguments or None)
        except psycopg2.Error as error:
            diagnosis = error.diag
            return Answer(
                error.pgcode or "?",
                message=str(error).strip(),
                detail=diagnosis.message_detail,
                constraint=diagnosis.constraint_name,
            )
        return Answer(rows=cursor.fetchall() if cursor.description else [], count=cursor.rowcount)


def ask_each(connection: Any, *statements: str) -> Answer:
    """Run `statements` one after the other up to the first refusal; the last answer."""
    answer = Answer()
    for statement in statements:
        answer = ask(connection, statement)
        if answer.state:
            break
    return answer


def on_version(procedure: str, key: object, *arguments: str) -> str:
    """CALL one of the verbs on employees with the version that their record has now; an error when it does not obey."""
    return f"""DO $do$ DECLARE seen int := (SELECT version FROM crm.employee WHERE id = {key}); BEGIN
        CALL crm.{procedure}({", ".join((str(key), "seen", *arguments))}); END $do$"""


DISMISS_BILL = on_version("deactivate_employee", 2, "3", "NULL")
"""His clients go to Dawn Lefèvre."""
MOVE_BILL = "SET session_replication_role = replica; UPDATE crm.employee SET department = 'support' WHERE id = 2"
"""By the owner, with no trigger: his clients stay, so that only his rights have changed."""


@contextmanager
def at_desk(office: Office, who: str | None) -> Iterator[Any]:
    """A connection of `who` (None: the application role without a token)."""
    with closing(office.connect(office.token(who) if who else None)) as connection:
        yield connection


def fingerprint(owner: Any) -> dict[str, str]:
    """What the database holds, table by table, and everything that guards it; `owner`: a connection of the owner's."""
    return {name: digest for query in (DATA, FENCES) for name, digest in ask(owner, query).rows}


def company_as_seen(connection: Any) -> dict[str, int]:
    """How many rows of each table this connection sees; -1 where it may not even ask."""
    seen = {}
    for table in (*TABLES, "colleague"):
        answer = ask(connection, f"SELECT count(*) FROM crm.{table}")
        seen[table] = -1 if answer.state else answer.rows[0][0]
    return seen


NOTHING = {
    **dict.fromkeys((*RECORDS, "permission", "session", "colleague"), 0),
    **dict.fromkeys(
        ("session_length", "revocation", "credential", "secret", "login_throttle", "login_attempt", "scrubbing"), -1
    ),
}
"""What `company_as_seen` is to somebody without a live token."""
