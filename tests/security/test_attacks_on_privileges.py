"""The application role owns nothing, makes nothing and becomes nobody."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.company import Office
from tests.security.conftest import Desks
from tests.security.raw_sql import REFUSED, TABLES, ask

EXECUTABLE = {
    # what everybody needs: the version, and names without accents
    "crm.schema_version()",
    "crm.fold(text)",
    # who am I, what may I do
    "crm.actor_id()",
    "crm.actor_department()",
    "crm.reach(text,text)",
    "crm.may_all(text,text)",
    # signing in and out
    "crm.login_challenge(text)",
    "crm.login_begin(text,bytea)",
    "crm.login_finish(uuid,crm.line)",
    "crm.login(text,bytea,crm.line,text,text,integer)",
    "crm.logout()",
    # one's own session and password
    "crm.keep_alive(text,timestamp with time zone)",
    "crm.raise_cost(bytea,bytea,text,bytea)",
    "crm.change_password(bytea,text,bytea)",
    # verbs; each asks crm.demand first
    "crm.revoke_session(uuid)",
    "crm.revoke_sessions(integer,boolean)",
    "crm.set_one_time_password(integer,bytea,text,bytea)",
    "crm.deactivate_employee(integer,integer,integer,integer,boolean)",
    "crm.move_employee(integer,integer,text,integer,integer,boolean)",
    "crm.reactivate_employee(integer,integer,bytea,text,bytea)",
    "crm.unlock_employee(integer)",
    "crm.delete_contract(integer,integer)",
    "crm.delete_event(integer,integer)",
    "crm.export_client(integer,jsonb)",
    "crm.anonymise_client(integer,integer)",
    # lookups; each asks crm.reach first
    "crm.matching_clients(text,text,integer,text)",
    "crm.matching_contracts(text,text,integer,text,text[])",
    "crm.matching_events(text,text,integer,text,text[])",
    # whose sign-in is locked, for those who unlock it; asks crm.may_all first
    "crm.locked_accounts()",
}


def functions(office: Office) -> list[tuple[Any, ...]]:
    """signature, whether epic_app may execute it, a call of it that is not folded away."""
    return office.as_owner("""
        SELECT p.oid::regprocedure::text, has_function_privilege('epic_app', p.oid, 'EXECUTE'),
               concat( CASE p.prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT ' END, p.oid::regproc, '(',
                      (SELECT string_agg('(SELECT NULL::' || t::regtype || ')', ', ' ORDER BY n)
                       FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)), ')')
        FROM pg_proc AS p WHERE p.pronamespace = 'crm'::regnamespace
    """)  # fmt: skip


class TestFunctions:
    def test_exactly_these_may_be_executed(self, besieged: Office) -> None:
        assert {signature for signature, executable, _call in functions(besieged) if executable} == EXECUTABLE

    @pytest.mark.parametrize("who", [None, "Ada Racine"], ids=str)
    def test_all_others_refuse(self, unchanged: Desks, besieged: Office, who: str | None) -> None:
        forbidden = [(signature, call) for signature, _, call in functions(besieged) if signature not in EXECUTABLE]
        assert len(forbidden) >= 15
        for signature, call in forbidden:
            assert ask(unchanged[who], call).state == REFUSED, signature

    def test_calling_a_trigger_is_not_the_way_around(self, unchanged: Desks) -> None:
        for trigger in ("record_change", "keep_event", "keep_employee", "keep_contract", "refuse_rewriting"):
            assert ask(unchanged["Ada Racine"], f"SELECT crm.{trigger}()").state == REFUSED

    @pytest.mark.parametrize("department", ["Bill Boquet", "Kate Hastroff", None], ids=str)
    def test_lookups_give_nobody_more_than_reading_does(self, unchanged: Desks, department: str | None) -> None:
        for lookup in ("matching_clients", "matching_contracts", "matching_events"):
            for action in ("read", "update", "delete", "assign", "revoke", "' OR true --", ""):
                answer = ask(unchanged[department], f"SELECT crm.{lookup}('kevin', %s, 1000000)", action)
                entity = lookup.removeprefix("matching_").rstrip("s")
                ((reached,),) = ask(unchanged[department], "SELECT crm.reach(%s, %s)", entity, action).rows
                assert answer.state == ""
                assert answer.rows[0][0] == [] or reached is not None

    @pytest.mark.parametrize(
        ("who", "lookup", "typed", "action", "found"),
        [
            ("Bill Boquet", "matching_clients", "john", "read", [2]),
            ("Bill Boquet", "matching_clients", "john", "update", []),
            ("Bill Boquet", "matching_clients", "2", "update", []),
            ("Bill Boquet", "matching_clients", "gmail", "update", []),
            ("Bill Boquet", "matching_clients", "kevin", "update", [1]),
            ("Bill Boquet", "matching_contracts", "john", "update", []),
            ("Bill Boquet", "matching_contracts", "652", "update", []),
            ("Bill Boquet", "matching_contracts", "412", "update", [412]),
            ("Kate Hastroff", "matching_events", "assembly", "read", [1023]),
            ("Kate Hastroff", "matching_events", "assembly", "update", []),
            ("Kate Hastroff", "matching_events", "1023", "update", []),
            ("Kate Hastroff", "matching_events", "wedding", "update", [109]),
            ("Kate Hastroff", "matching_clients", "john", "update", []),
            ("Mona Neuve", "matching_clients", "john", "read", []),
            (None, "matching_clients", "john", "read", []),
            (None, "matching_contracts", "652", "read", []),
            (None, "matching_events", "wedding", "read", []),
        ],
    )
    def test_lookups_keep_to_the_scope_of_the_action(
        self, unchanged: Desks, who: str | None, lookup: str, typed: str, action: str, found: list[int]
    ) -> None:
        answer = ask(unchanged[who], f"SELECT crm.{lookup}(%s, %s)", typed, action)
        assert answer.rows == [(found,)]

    @pytest.mark.parametrize("typed", ["%", "_", "\\", "%%%", "' OR true --", "\\%", "k_v", "..*", "(", "[a-z]", "$1"])
    def test_what_is_typed_means_nothing_to_like(self, unchanged: Desks, typed: str) -> None:
        for lookup in ("matching_clients", "matching_events"):
            assert ask(unchanged["Bill Boquet"], f"SELECT crm.{lookup}(%s)", typed).rows == [([],)]


DANGEROUS = """
    lo_import lo_export lo_create lo_creat lo_open lo_close lo_get lo_put lo_unlink lo_from_bytea lo_lseek lo_lseek64
    lo_tell lo_tell64 lo_truncate lo_truncate64 loread lowrite
    pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_promote
    pg_read_file pg_read_binary_file pg_stat_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir
    pg_ls_archive_statusdir pg_current_logfile pg_file_write pg_hba_file_rules pg_show_all_file_settings
    pg_switch_wal pg_create_restore_point pg_backup_start pg_backup_stop pg_wal_replay_pause
    pg_stat_reset pg_stat_reset_shared pg_stat_reset_single_table_counters pg_stat_reset_slru
    pg_config pg_log_backend_memory_contexts pg_get_backend_memory_contexts pg_get_shmem_allocations
    pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_advance
"""


def test_dangerous_functions_of_postgresql(besieged: Office) -> None:
    granted = besieged.as_owner(
        "SELECT DISTINCT proname FROM pg_proc WHERE proname = ANY (%s) AND has_function_privilege('epic_app', oid, 'EXECUTE')",
        DANGEROUS.split(),
    )
    assert granted == []


FORBIDDEN = {
    "becoming somebody": """
        SET ROLE epic_owner
        SET ROLE postgres
        SET SESSION AUTHORIZATION postgres
        SET SESSION AUTHORIZATION epic_owner
        SELECT set_config('role', 'epic_owner', false)
        SELECT set_config('session_authorization', 'postgres', false)
    """,
    "roles": """
        ALTER ROLE epic_app SUPERUSER
        ALTER ROLE epic_app BYPASSRLS
        ALTER ROLE epic_app CREATEROLE
        ALTER ROLE epic_app REPLICATION
        ALTER ROLE epic_app VALID UNTIL 'infinity'
        ALTER ROLE epic_owner LOGIN PASSWORD 'x'
        ALTER ROLE epic_owner SET search_path = public
        ALTER ROLE postgres PASSWORD 'x'
        CREATE ROLE mallory
        DROP ROLE epic_owner
        GRANT epic_owner TO epic_app
        GRANT postgres TO epic_app
        GRANT pg_read_all_data TO epic_app
        GRANT pg_signal_backend TO epic_app
        REASSIGN OWNED BY epic_owner TO epic_app
        DROP OWNED BY epic_owner
    """,
    "grants": """
        GRANT SELECT ON crm.secret TO epic_app
        GRANT EXECUTE ON FUNCTION crm.issue_token(int, crm.line) TO epic_app
        GRANT CREATE ON SCHEMA public TO epic_app
        ALTER DEFAULT PRIVILEGES FOR ROLE epic_owner GRANT ALL ON TABLES TO epic_app
    """,
    "row-level security": """
        ALTER TABLE crm.client DISABLE ROW LEVEL SECURITY
        ALTER TABLE crm.client OWNER TO epic_app
        ALTER TABLE crm.client DISABLE TRIGGER ALL
        ALTER TABLE crm.change DISABLE TRIGGER append_only
        DROP POLICY client_update ON crm.client
        ALTER POLICY client_update ON crm.client USING (true)
        CREATE POLICY open_door ON crm.client USING (true)
        DROP TRIGGER keep_event ON crm.event
        ALTER TABLE crm.employee ALTER COLUMN department SET DEFAULT 'admin'
        SET session_replication_role = replica
    """,
    "the schema": """
        DROP TABLE crm.client
        TRUNCATE crm.client
        TRUNCATE crm.event CASCADE
        ALTER FUNCTION crm.is_owner() SECURITY DEFINER
        CREATE OR REPLACE FUNCTION crm.is_owner() RETURNS boolean LANGUAGE sql AS 'SELECT true'
        DROP FUNCTION crm.demand(text, text, int)
        ALTER VIEW crm.colleague SET (security_barrier = false)
        COMMENT ON TABLE crm.client IS 'x'
        CREATE INDEX ON crm.client (phone)
        CREATE STATISTICS s ON full_name, email FROM crm.client
        REINDEX TABLE crm.client
        CLUSTER crm.client USING client_pkey
        REFRESH MATERIALIZED VIEW crm.colleague
        DROP SCHEMA crm CASCADE
        ALTER SCHEMA crm OWNER TO epic_app
        ALTER EXTENSION pg_trgm SET SCHEMA crm
        DROP EXTENSION unaccent
        ALTER TEXT SEARCH DICTIONARY crm_extensions.unaccent (RULES = 'x')
    """,
    "something of one's own": """
        CREATE TABLE crm.mine (id int)
        CREATE TABLE public.mine (id int)
        CREATE TEMP TABLE mine (id int)
        CREATE TEMP VIEW mine AS SELECT 1
        CREATE TEMP SEQUENCE mine
        SELECT 1 AS id INTO TEMP mine
        CREATE SCHEMA mine
        CREATE VIEW public.mine AS SELECT 1
        CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'
        CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'
        CREATE FUNCTION crm.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS 'BEGIN RETURN true; END'
        CREATE FUNCTION crm_extensions.leak(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'
        CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)
        CREATE OPERATOR pg_temp.<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)
        CREATE CAST (text AS int) WITH INOUT
        CREATE TYPE public.mine AS (id int)
        CREATE DOMAIN pg_temp.mine AS text
        CREATE AGGREGATE public.mine (text) (SFUNC = textcat, STYPE = text)
        CREATE EXTENSION hstore SCHEMA public
        CREATE EXTENSION dblink SCHEMA crm
        CREATE FOREIGN DATA WRAPPER mine
        CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION crm.refuse_rewriting()
        CREATE PUBLICATION mine FOR TABLE crm.client
        CREATE DATABASE mine
        CREATE TABLESPACE mine LOCATION '/tmp'
        CREATE FUNCTION public.mine() RETURNS int LANGUAGE c AS 'libc', 'getpid'
    """,
    "the server": """
        ALTER SYSTEM SET fsync = off
        ALTER DATABASE besieged SET row_security = off
        ALTER DATABASE besieged OWNER TO epic_app
        COPY (SELECT 1) TO '/tmp/mine'
        COPY (SELECT 1) TO PROGRAM 'id'
        COPY crm.client (full_name) FROM '/etc/passwd'
        COPY crm.client (full_name) FROM PROGRAM 'id'
        SELECT pg_read_file('/etc/passwd')
        SELECT pg_read_file('postgresql.conf')
        SELECT pg_ls_dir('/')
        SELECT lo_import('/etc/passwd')
        SELECT lo_export(1, '/tmp/mine')
        SELECT lo_create(0)
        SELECT lo_from_bytea(0, 'x')
        LOAD 'auto_explain'
        SET log_statement = 'none'
        SET log_min_messages = 'panic'
        SET session_preload_libraries = 'x'
        SET lo_compat_privileges = on
        SET zero_damaged_pages = on
        SET track_activities = on
    """,
}  # fmt: skip
STATEMENTS = [
    pytest.param(statement.strip(), id=f"{kind}: {statement.strip()[:60]}")
    for kind, statements in FORBIDDEN.items()
    for statement in statements.strip().splitlines()
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_forbidden_to_the_administration_too(unchanged: Desks, statement: str) -> None:
    answer = ask(unchanged["Ada Racine"], statement)
    wrong_kind = ("42809", "0A000")  # said before anybody asks who it is
    assert answer.state == REFUSED or (
        answer.state in wrong_kind and statement.startswith(("REFRESH", "CREATE DOMAIN"))
    ), answer


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT UPDATE ON crm.employee TO epic_app",
        "GRANT SELECT ON crm.contract TO PUBLIC",
        "REVOKE ALL ON crm.client FROM epic_app",
        "REVOKE ALL ON ALL TABLES IN SCHEMA crm FROM epic_app",
        "REVOKE ALL ON SCHEMA crm FROM epic_app",
        "REVOKE ALL ON FUNCTION crm.actor_id() FROM epic_app",
        "DROP OWNED BY epic_app",
        "REASSIGN OWNED BY epic_app TO epic_app",
        "ANALYZE crm.client",
        "VACUUM crm.client",
    ],
)
def test_obeyed_with_a_warning_and_without_effect(unchanged: Desks, statement: str) -> None:
    """DROP OWNED would take away the role's grants and policies, were they its own to take."""
    assert ask(unchanged["Ada Racine"], statement).state in ("", REFUSED)
    assert ask(unchanged["Bill Boquet"], "SELECT FROM crm.client").count == 3


def test_nowhere_to_put_anything(besieged: Office, template: str) -> None:
    """No schema to create in, no temporary one either: so nothing can stand in the way of a search path.

    `template`: rights on a database do not come along with a copy; these are the ones that the installation gave.
    """
    assert (
        besieged.as_owner("SELECT nspname FROM pg_namespace WHERE has_schema_privilege('epic_app', oid, 'CREATE')")
        == []
    )
    privileges = "SELECT has_database_privilege('epic_app', %s, unnest(ARRAY['CREATE', 'TEMP', 'CONNECT']))"
    for database in (besieged.name, template):
        assert besieged.as_owner(privileges, database) == [(False,), (False,), (True,)]


def test_the_role_is_nobody_special(besieged: Office) -> None:
    attributes = (
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles"
        " WHERE rolname IN ('epic_app', 'epic_owner')"
    )
    assert besieged.as_owner(attributes) == [(False,), (False,)]
    assert besieged.as_owner("SELECT FROM pg_auth_members WHERE member = 'epic_app'::regrole") == []
    assert besieged.as_owner("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'epic_owner'") == [(False,)]
    for catalog, owner in (("pg_class", "relowner"), ("pg_proc", "proowner"), ("pg_namespace", "nspowner")):
        assert besieged.as_owner(f"SELECT FROM {catalog} WHERE {owner} = 'epic_app'::regrole") == []


MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
SELECTABLE = {"employee", "permission", "contract", "change"}
"""Tables granted as a whole. ACCESS SHARE on them is any reader's lock: it stops nobody but whoever alters the table."""


@pytest.mark.parametrize("who", [None, "Ada Racine"], ids=str)
def test_no_lock_on_a_table_that_stops_others(unchanged: Desks, who: str | None) -> None:
    for table, mode in itertools.product(TABLES, MODES):
        ask(unchanged[who], "BEGIN")
        answer = ask(unchanged[who], f"LOCK TABLE crm.{table} IN {mode} MODE NOWAIT")
        ask(unchanged[who], "ROLLBACK")
        harmless = table in SELECTABLE and mode == "ACCESS SHARE"
        assert answer.state == ("" if harmless else REFUSED), (table, mode)
