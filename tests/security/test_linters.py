"""Linters that know row-level security and definer functions find nothing in the installed schema."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.company import Office

ROOT = Path(__file__).parent.parent.parent
LOGIN = "crm.login(email text,digest bytea,place crm.line,INOUT status text,INOUT token text,INOUT seconds integer)"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_pgrls_is_content(besieged: Office) -> None:
    """What it is told to overlook stands in pgrls.toml, each with its reason."""
    url = besieged.server.url(besieged.name, "postgres")
    finished = run("pgrls", "lint", "--database-url", url)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "no issues found" in finished.stdout


def test_pgrls_would_notice(office: Office) -> None:
    office.as_owner("ALTER TABLE crm.client DISABLE ROW LEVEL SECURITY")
    finished = run("pgrls", "lint", "--database-url", office.server.url(office.name, "postgres"))
    assert finished.returncode != 0
    assert "crm.client" in finished.stdout


def test_pgspot_is_content() -> None:
    # A procedure with a SET clause cannot COMMIT, and crm.login must; it runs with its caller's rights and names in full
    # what it calls.
    finished = run("pgspot", "--proc-without-search-path", LOGIN, "schema.sql")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "Errors: 0 Warnings: 0 Unknown: 0" in finished.stdout


def test_pgspot_would_notice(tmp_path: Path) -> None:
    schema = (ROOT / "schema.sql").read_text(encoding="utf-8")
    (tmp_path / "open.sql").write_text(
        schema.replace("SECURITY DEFINER SET search_path = pg_catalog, pg_temp", "SECURITY DEFINER")
    )
    finished = run("pgspot", str(tmp_path / "open.sql"))
    assert finished.returncode != 0
    assert "PS003" in finished.stdout


def overlooked(rule: str) -> set[str]:
    with open(ROOT / "pgrls.toml", "rb") as file:
        return set(tomllib.load(file)["lint"]["rules"][rule]["allowlist"])


def test_nothing_is_overlooked_that_is_gone(besieged: Office) -> None:
    definers = besieged.as_owner("SELECT DISTINCT oid::regproc::text FROM pg_proc WHERE prosecdef")
    assert {name for (name,) in definers} == overlooked("SEC014")
    triggers = besieged.as_owner("SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal")
    assert {name for (name,) in triggers} == overlooked("SEC013")


class TestReasons:
    """The facts that the reasons in pgrls.toml rest on."""

    def test_one_permissive_policy_for_each_command(self, besieged: Office) -> None:
        policies = "SELECT polrelid::regclass || ' ' || polcmd::text FROM pg_policy WHERE polpermissive"
        names = [name for (name,) in besieged.as_owner(policies)]
        assert len(names) == len(set(names)) > 10
        assert (
            besieged.as_owner("SELECT FROM pg_policy WHERE polcmd = '*' OR polroles <> ARRAY['epic_app'::regrole::oid]")
            == []
        )

    def test_each_asks_who_it_is_once_a_statement(self, besieged: Office) -> None:
        conditions = besieged.as_owner("""
            SELECT polname, pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polqual IS NOT NULL
            UNION ALL SELECT polname, pg_get_expr(polwithcheck, polrelid) FROM pg_policy WHERE polwithcheck IS NOT NULL
        """)
        assert len(conditions) > 10
        for name, condition in conditions:
            calls = (
                condition.count("crm.may_all(")
                + condition.count("crm.reach(")
                + condition.count("crm.actor_department(")
            )
            assert calls >= 1, name
            assert condition.count("( SELECT crm.") == calls, name

    @pytest.mark.parametrize("table", sorted(overlooked("SEC009")))
    def test_nothing_is_granted_on_tables_without_policies(self, besieged: Office, table: str) -> None:
        every = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
        assert besieged.as_owner("SELECT has_table_privilege('epic_app', %s, %s)", table, every) == [(False,)]
        columns = "SELECT has_any_column_privilege('epic_app', %s, 'SELECT, INSERT, UPDATE, REFERENCES')"
        assert besieged.as_owner(columns, table) == [(False,)]
