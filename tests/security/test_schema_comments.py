"""Every object of the schema explains itself, and none is open by default."""

from __future__ import annotations

import pytest

from tests.company import Office

EVERY = {
    "schema": """
        SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname IN ('crm', 'crm_extensions')""",
    "table or view": """
        SELECT relname, obj_description(oid, 'pg_class') FROM pg_class
        WHERE relnamespace = 'crm'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')""",
    "index of no constraint": """
        SELECT relname, obj_description(c.oid, 'pg_class') FROM pg_class AS c
        WHERE relnamespace = 'crm'::regnamespace AND relkind = 'i'
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid AND contype IN ('p', 'u', 'x'))""",
    "domain or type": """
        SELECT typname, obj_description(t.oid, 'pg_type') FROM pg_type AS t LEFT JOIN pg_class AS c ON c.oid = typrelid
        WHERE typnamespace = 'crm'::regnamespace AND typelem = 0 AND (c.oid IS NULL OR c.relkind = 'c')""",
    "function or procedure": """
        SELECT oid::regprocedure::text, obj_description(oid, 'pg_proc') FROM pg_proc
        WHERE pronamespace = 'crm'::regnamespace""",
    "trigger": """
        SELECT tgrelid::regclass || '.' || tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'crm'::regnamespace)""",
    "policy": """
        SELECT polrelid::regclass || '.' || polname, obj_description(oid, 'pg_policy') FROM pg_policy""",
    "role": """
        SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname ~ '^epic'""",
}


@pytest.mark.parametrize("kind", EVERY)
def test_has_a_comment(besieged: Office, kind: str) -> None:
    found = besieged.as_owner(EVERY[kind])
    assert found
    assert [name for name, comment in found if not comment] == []


def test_every_table_has_row_level_security(besieged: Office) -> None:
    tables = "SELECT relname, relrowsecurity FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind IN ('r', 'p')"
    assert [name for name, secured in besieged.as_owner(tables) if not secured] == []


def test_every_definer_function_pins_its_search_path(besieged: Office) -> None:
    definers = besieged.as_owner("SELECT oid::regprocedure::text, proconfig FROM pg_proc WHERE prosecdef")
    assert len(definers) > 15
    assert [name for name, settings in definers if "search_path=pg_catalog, pg_temp" not in (settings or [])] == []


def test_every_view_is_a_barrier_or_asks_as_its_reader(besieged: Office) -> None:
    views = besieged.as_owner(
        "SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'v'"
    )
    assert views == [("colleague", ["security_barrier=true"])]


PUBLIC_RIGHTS = """
    SELECT 'table', c.relname, a.privilege_type FROM pg_class AS c,
        aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) AS a
        WHERE relnamespace = 'crm'::regnamespace AND relkind NOT IN ('i', 'I') AND a.grantee = 0
    UNION ALL SELECT 'column', attname, a.privilege_type FROM pg_attribute, aclexplode(attacl) AS a
        WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'crm'::regnamespace) AND a.grantee = 0
    UNION ALL SELECT 'function', proname, a.privilege_type FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a
        WHERE pronamespace = 'crm'::regnamespace AND a.grantee = 0
    UNION ALL SELECT 'type', typname, a.privilege_type FROM pg_type, aclexplode(coalesce(typacl, acldefault('T', typowner))) AS a
        WHERE typnamespace = 'crm'::regnamespace AND typelem = 0 AND typrelid = 0 AND a.grantee = 0
    UNION ALL SELECT 'schema', nspname, a.privilege_type FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS a
        WHERE nspname IN ('crm', 'crm_extensions', 'public') AND a.grantee = 0
    UNION ALL SELECT 'database', datname, a.privilege_type FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS a
        WHERE datname = current_database() AND a.grantee = 0
"""


def test_public_has_no_right_on_anything(besieged: Office) -> None:
    """Row types of tables aside: PostgreSQL gives their USAGE by itself, and it serves only to declare columns."""
    assert besieged.as_owner(PUBLIC_RIGHTS) == []


def test_what_is_made_later_is_closed_too(besieged: Office) -> None:
    """Within a transaction that is rolled back: a function the owner adds tomorrow."""
    made = besieged.as_owner("""
        SET LOCAL ROLE epic_owner;
        CREATE FUNCTION crm.tomorrow() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TYPE crm.thing AS (id int);
        SELECT has_function_privilege('epic_app', 'crm.tomorrow()', 'EXECUTE'), has_type_privilege('epic_app', 'crm.thing', 'USAGE');
    """)
    besieged.as_owner("DROP FUNCTION crm.tomorrow(); DROP TYPE crm.thing")
    assert made == [(False, False)]


def test_exactly_these_columns_may_be_written(besieged: Office) -> None:
    """Of those that say whose a record is only event.support_contact_id, which the trigger guards."""
    writable = besieged.as_owner("""
        SELECT c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'crm'::regnamespace AND a.attnum > 0 AND c.relkind = 'r'
          AND has_column_privilege('epic_app', c.oid, a.attnum, 'INSERT, UPDATE')
        ORDER BY 1
    """)
    assert {name for (name,) in writable} == {
        *("employee.full_name", "employee.email", "employee.department"),
        *("client.full_name", "client.email", "client.phone", "client.company_name", "client.first_contact"),
        *("contract.client_id", "contract.total_amount", "contract.amount_to_be_paid", "contract.status"),
        *("event.contract_id", "event.title", "event.support_contact_id", "event.start_date", "event.end_date"),
        *("event.location", "event.attendees", "event.notes", "event.cancelled_at"),
    }
