"""What may not be read is not read: not in answers, not in errors, not in plans."""

from __future__ import annotations

import io
import re
from contextlib import closing

import psycopg2
import pytest

from tests.company import EMPLOYEES, Office
from tests.security.conftest import Desks
from tests.security.raw_sql import NOTHING, REFUSED, TABLES, ask, at_desk, company_as_seen

EVERYBODY = ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine", "Mona Neuve", "Otto Ancien", None)
SIGNED_IN = ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine")


class TestSecrets:
    @pytest.mark.parametrize("who", EVERYBODY, ids=str)
    @pytest.mark.parametrize("table", ["secret", "session_length", "credential", "login_throttle", "login_attempt"])
    def test_nobody_reads_or_writes_them(self, unchanged: Desks, who: str | None, table: str) -> None:
        for statement in (
            f"SELECT * FROM crm.{table}",
            f"SELECT FROM crm.{table}",
            f"SELECT count(*) FROM crm.{table}",
            f"SELECT xmin, ctid, tableoid FROM crm.{table}",
            f"TABLE crm.{table}",
            f"COPY crm.{table} TO STDOUT",
            f"INSERT INTO crm.{table} DEFAULT VALUES",
            f"DELETE FROM crm.{table}",
            f"TRUNCATE crm.{table}",
            f"EXPLAIN SELECT FROM crm.{table}",
            f"DO 'BEGIN PERFORM * FROM crm.{table}; END'",
            f"SELECT * FROM crm.client WHERE EXISTS (SELECT FROM crm.{table})",
        ):
            assert ask(unchanged[who], statement).state == REFUSED, statement

    def test_the_administration_neither_sees_keys_nor_makes_tokens(self, unchanged: Desks) -> None:
        for call in ("crm.hmac('x')", "crm.issue_token(2)", "crm.token_jti()", "crm.set_signing_key('x')"):
            assert ask(unchanged["Ada Racine"], f"SELECT {call}").state == REFUSED, call

    def test_the_key_is_in_no_definition(self, unchanged: Desks, besieged: Office) -> None:
        """Source, defaults and comments are anybody's to read, as in every PostgreSQL."""
        ((ipad, opad),) = besieged.as_owner("SELECT encode(ipad, 'hex'), encode(opad, 'hex') FROM crm.secret")
        definitions = ask(
            unchanged[None],
            "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'crm'::regnamespace"
            " UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef"
            " UNION ALL SELECT description FROM pg_description",
        )
        everything = "".join(row[0] for row in definitions.rows)
        assert "crm.actor_id" in everything
        assert ipad not in everything
        assert opad not in everything


class TestRows:
    def test_without_a_token_nothing(self, unchanged: Desks) -> None:
        assert company_as_seen(unchanged[None]) == NOTHING

    def test_what_sales_and_support_see_of_the_staff(self, unchanged: Desks) -> None:
        for who, number in (("Bill Boquet", 2), ("Kate Hastroff", 4)):
            assert ask(unchanged[who], "SELECT id FROM crm.employee").rows == [(number,)]
            assert ask(unchanged[who], "SELECT DISTINCT employee_id FROM crm.session").rows == [(number,)]
            assert ask(unchanged[who], "SELECT FROM crm.change WHERE entity = 'employee'").count == 0

    def test_colleague_shows_three_columns_and_takes_nothing(self, unchanged: Desks) -> None:
        columns = (
            "SELECT attname FROM pg_attribute WHERE attrelid = 'crm.colleague'::regclass AND attnum > 0 ORDER BY attnum"
        )
        assert ask(unchanged[None], columns).rows == [("id",), ("full_name",), ("department",)]
        assert ask(unchanged["Bill Boquet"], "SELECT FROM crm.colleague").count == len(EMPLOYEES) + 3
        for who in (None, "Mona Neuve", "Otto Ancien"):
            assert ask(unchanged[who], "SELECT FROM crm.colleague").count == 0
        for who in SIGNED_IN:
            for statement in (
                "UPDATE crm.colleague SET department = 'admin' WHERE id = 2",
                "INSERT INTO crm.colleague (full_name, department) VALUES ('New', 'admin')",
                "DELETE FROM crm.colleague",
                "SELECT email FROM crm.colleague",
            ):
                assert ask(unchanged[who], statement).state in (REFUSED, "42703")

    def test_everybody_reads_the_rights_of_their_own_department_only(self, unchanged: Desks) -> None:
        for who, department in zip(SIGNED_IN, ("sales", "support", "accounting", "admin"), strict=True):
            seen = ask(unchanged[who], "SELECT DISTINCT department FROM crm.permission").rows
            assert seen == [(department,)]

    @pytest.mark.parametrize(
        "setting",
        [
            "debug_parallel_query = on",
            "force_parallel_mode = on",
            "plan_cache_mode = force_generic_plan",
            "enable_seqscan = off",
            "enable_indexscan = off",
            "search_path = crm",
            "standard_conforming_strings = off",
            "transform_null_equals = on",
            "plpgsql.extra_errors = 'all'",
            "constraint_exclusion = on",
            "default_transaction_read_only = on",
            "client_min_messages = debug5",
            "DateStyle = 'SQL, DMY'",
            "bytea_output = escape",
            "client_encoding = 'LATIN1'",
            "TimeZone = 'Pacific/Auckland'",
            "statement_timeout = 60000",
        ],
    )
    def test_no_setting_of_ones_own_shows_more(
        self, unchanged: Desks, besieged: Office, tokens: dict[str, str], setting: str
    ) -> None:
        with closing(besieged.connect(tokens["Bill Boquet"])) as bill, closing(besieged.connect(None)) as nobody:
            for connection in (bill, nobody):
                assert ask(connection, f"SET {setting}").state in ("", "42704")  # of another version of PostgreSQL
            assert company_as_seen(nobody) == NOTHING
            assert ask(bill, "SELECT email FROM crm.employee").rows in ([("bill@epic.example",)], [])
            assert ask(bill, "UPDATE crm.client SET phone = '' WHERE id = 2").state in (REFUSED, "25006")

    def test_row_security_off_is_an_error(self, unchanged: Desks, besieged: Office, tokens: dict[str, str]) -> None:
        with closing(besieged.connect(tokens["Bill Boquet"])) as bill:
            assert ask(bill, "SET row_security = off").state == ""
            assert ask(bill, "SELECT FROM crm.employee").state == REFUSED
            assert ask(bill, "SELECT FROM crm.client").state == REFUSED

    def test_copy_obeys_the_policies(self, unchanged: Desks) -> None:
        def copied(who: str | None, statement: str) -> str:
            out = io.StringIO()
            with unchanged[who].cursor() as cursor:
                cursor.copy_expert(statement, out)
            return out.getvalue()

        assert copied("Bill Boquet", "COPY crm.employee (email) TO STDOUT") == "bill@epic.example\n"
        assert copied(None, "COPY crm.employee (email) TO STDOUT") == ""
        assert copied(None, "COPY crm.client (email) TO STDOUT") == ""


LEAKY = {
    "writes down what it sees": "set_config('leak.seen', coalesce(current_setting('leak.seen', true), '') || email, false) <> ''",
    "fails on what it sees": "email::int > 0",
    "fails on a date": "email::date IS NULL",
    "divides by it": "1 / (id - 1) >= 0",
    "matches": "email LIKE 'a%'",
    "matches a pattern": "email ~ '^a'",
    "converts": "convert_from(decode(email, 'hex'), 'UTF8') <> ''",
    "casts to XML": "xmlparse(CONTENT '<' || email) IS NOT NULL",
    "casts to JSON": "email::json IS NOT NULL",
    "asks again": "query_to_xml('SELECT ' || quote_literal(email), true, true, '') IS NOT NULL",
    "reads the whole row": "e::text LIKE '%ada%'",
    "notifies": "pg_notify('leak', email) IS NOT NULL",
    "looks up a table": "to_regclass(email) IS NOT NULL",
}


@pytest.mark.parametrize("condition", LEAKY.values(), ids=LEAKY)
def test_leaky_conditions_never_meet_a_hidden_row(
    unchanged: Desks, besieged: Office, tokens: dict[str, str], condition: str
) -> None:
    """PostgreSQL applies the policies before any function that could tell what it was given."""
    with closing(besieged.connect(tokens["Bill Boquet"])) as bill:
        ask(bill, "SET enable_seqscan = off")
        for target in ("e.id <> 2", "e.id = 1", "e.department = 'admin'", "e.email > 'b' AND e.id <> 2"):
            for order in (f"{target} AND {condition}", f"{condition} AND {target}"):
                answer = ask(bill, f"SELECT FROM crm.employee AS e WHERE {order}")
                if answer.state:  # then about the one row that is Bill's
                    assert "bill@epic.example" in answer.message or "division" not in answer.message
                    assert not re.search(r"ada@|gina@|dawn@|abel@", answer.message), answer
                else:
                    assert answer.count == 0
        ((seen,),) = ask(bill, "SELECT coalesce(current_setting('leak.seen', true), '')").rows
        assert seen.replace("bill@epic.example", "") == ""
        for table in ("session", "permission", "change"):
            hidden = {
                "session": "employee_id <> 2",
                "permission": "department <> 'sales'",
                "change": "entity = 'employee'",
            }
            leak = "set_config('leak.more', t::text, false) <> ''"
            assert ask(bill, f"SELECT FROM crm.{table} AS t WHERE {hidden[table]} AND {leak}").count == 0
        assert ask(bill, "SELECT current_setting('leak.more', true)").rows == [(None,)]


class TestErrors:
    def test_a_broken_rule_shows_no_row(self, unchanged: Desks) -> None:
        for who, statement in (
            ("Bill Boquet", "UPDATE crm.contract SET total_amount = -1 WHERE id = 10"),
            ("Bill Boquet", "UPDATE crm.client SET full_name = '' WHERE id = 1"),
            ("Kate Hastroff", "UPDATE crm.event SET end_date = start_date WHERE id = 109"),
            ("Bill Boquet", "UPDATE crm.client SET full_name = NULL WHERE id = 1"),
            ("Gina Comptoir", "UPDATE crm.employee SET email = 'x' WHERE id = 2"),
        ):
            answer = ask(unchanged[who], statement)
            assert answer.state[:2] == "23", answer
            assert answer.detail is None

    def test_duplicates_show_no_value(self, unchanged: Desks) -> None:
        new = "INSERT INTO crm.employee (full_name, email, department) VALUES ('New', 'ada@epic.example', 'sales')"
        for who in ("Bill Boquet", "Kate Hastroff", "Mona Neuve", None):
            assert ask(unchanged[who], new).state == REFUSED  # taken or not
        answer = ask(unchanged["Gina Comptoir"], new)
        assert (answer.constraint, answer.detail) == ("employee_email_key", None)

    def test_foreign_keys_are_asked_after_the_policies(self, unchanged: Desks) -> None:
        for contract in (109, 652, 999_999):
            party = f"INSERT INTO crm.event (contract_id, title, start_date, end_date) VALUES ({contract}, 'X', now(), now())"
            for who in ("Kate Hastroff", "Ada Racine", "Bill Boquet", None):
                answer = ask(unchanged[who], party)
                assert (answer.state, answer.detail) == (REFUSED, None)
        for client in (2, 999_999):
            deal = f"INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid) VALUES ({client}, 1, 1)"
            for who in ("Kate Hastroff", "Ada Racine", "Bill Boquet", None):
                assert ask(unchanged[who], deal).state == REFUSED

    @pytest.mark.parametrize("call", ["crm.delete_contract", "crm.delete_event"])
    def test_refusals_are_the_same_for_what_exists_and_what_does_not(self, unchanged: Desks, call: str) -> None:
        for who in ("Bill Boquet", "Kate Hastroff", "Ada Racine", None):
            answers = {str(ask(unchanged[who], f"CALL {call}({key})")) for key in (10, 109, 652, 999_999)}
            assert len(answers) == 1
            assert REFUSED in answers.pop()

    def test_resetting_passwords_refuses_alike(self, unchanged: Desks) -> None:
        reset = "CALL crm.set_one_time_password(%s, %s, 'm=19456,t=2,p=1', %s)"
        for who in ("Bill Boquet", "Kate Hastroff", None):
            answers = {str(ask(unchanged[who], reset, key, b"s" * 16, b"d" * 32)) for key in (1, 3, 999_999)}
            assert len(answers) == 1
            assert REFUSED in answers.pop()


WORDS = [
    ("client", "full_name", "Kevin Casey"),
    ("client", "email", "kevin@startup.io"),
    ("client", "phone", "+678 123 456 78"),
    ("client", "company_name", "Cool Startup LLC"),
    ("event", "title", "John Ouick Wedding"),
    ("event", "location", "Salle des fêtes de Mufflins"),
    ("employee", "email", "ada@epic.example"),
    ("employee", "full_name", "Ada Racine"),
]


class TestPlans:
    """EXPLAIN estimates from statistics and counts what an index finds before the policies hide it."""

    @pytest.mark.parametrize("who", [None, "Otto Ancien", "Bill Boquet"], ids=str)
    @pytest.mark.parametrize("analyze", [True, False], ids=["counts", "estimates"])
    def test_they_tell_no_word_that_is_hidden(
        self, unchanged: Desks, besieged: Office, tokens: dict[str, str], who: str | None, analyze: bool
    ) -> None:
        options = "ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF" if analyze else "COSTS ON"
        with closing(besieged.connect(tokens[who] if who else None)) as connection:
            ask(connection, "SET enable_seqscan = off")
            for table, column, word in WORDS:
                if who == "Bill Boquet" and table != "employee":
                    continue  # nothing there is hidden from him
                for condition in ("{} = %s", "{} >= %s", "{} < %s", "lower({}) = lower(%s)"):
                    query = f"EXPLAIN ({options}) SELECT FROM crm.{table} WHERE id <> 2 AND {condition.format(column)}"
                    plans = {
                        re.sub(r"'.*?'", "'…'", str(ask(connection, query, guess)))
                        for guess in (word, word[:-1], word + "x", "Zzz", "")
                    }
                    assert len(plans) == 1, plans
                    assert "Filter" in plans.pop()

    @pytest.mark.parametrize("who", [None, "Otto Ancien", "Bill Boquet"], ids=str)
    def test_nor_where_and_when_somebody_else_is_signed_in(
        self, practice: Office, tokens: dict[str, str], who: str | None
    ) -> None:
        practice.as_owner("UPDATE crm.session SET place = 'ada-pc', address = '192.0.2.1' WHERE employee_id = 1")
        practice.as_owner("ANALYZE crm.session")
        guesses = {
            "place = %s": ("ada-pc", "other", ""),
            "address = %s": ("192.0.2.1", "192.0.2.2"),
            "last_used > %s": ("2000-01-01", "2100-01-01"),
        }
        with closing(practice.connect(tokens[who] if who else None)) as connection:
            ask(connection, "SET enable_seqscan = off")
            for condition, words in guesses.items():
                query = f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT FROM crm.session WHERE employee_id <> 2 AND {condition}"
                plans = {re.sub(r"'.*?'", "'…'", str(ask(connection, query, guess))) for guess in words}
                assert len(plans) == 1, plans
                assert "Filter" in plans.pop()

    def test_the_folded_columns_are_nobodys(self, unchanged: Desks) -> None:
        """They hold a whole client in one word, and have an index."""
        for table in ("client", "event"):
            for who in ("Ada Racine", None):
                assert ask(unchanged[who], f"EXPLAIN SELECT FROM crm.{table} WHERE search < 'k'").state == REFUSED
                assert ask(unchanged[who], f"SELECT * FROM crm.{table}").state == REFUSED

    @pytest.mark.parametrize("table", ["client", "event"])
    def test_a_plan_that_is_shown_before_it_is_refused_tells_nothing(self, besieged: Office, table: str) -> None:
        """The planner weighs a condition before anybody asks for a grant, and prints what it made of it."""
        besieged.as_owner("ANALYZE crm.client, crm.event")
        with closing(besieged.connect(None)) as connection, connection.cursor() as cursor:
            cursor.execute("SET client_min_messages = log; SET debug_print_plan = on")
            weighed = []
            for guess in ("a", "john", "kevin casey", "lou bouzin sa", "zzz"):
                del connection.notices[:]
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(
                        f"SELECT FROM crm.{table} AS t, (SELECT generate_series(1, 1000000000000) AS n OFFSET 0) AS g"
                        " WHERE t.search <= %s OR g.n = -1",
                        (guess,),
                    )
                weighed.append(re.findall(r"plan_rows (\d+)", "".join(connection.notices)))
            assert weighed[0] and all(rows == weighed[0] for rows in weighed)

    def test_no_statistics_of_what_people_wrote(self, besieged: Office) -> None:
        """Of texts only those that take a few known values."""
        kept = besieged.as_owner(
            "SELECT c.relname || '.' || a.attname FROM pg_statistic AS s JOIN pg_class AS c ON c.oid = s.starelid"
            " JOIN pg_attribute AS a ON a.attrelid = s.starelid AND a.attnum = s.staattnum"
            " JOIN pg_type AS t ON t.oid = a.atttypid"
            " WHERE c.relnamespace = 'crm'::regnamespace AND t.typcategory = 'S' ORDER BY 1"
        )
        granted = {name for (name,) in kept} - {"credential.params"}
        assert granted == {
            *("employee.department", "contract.status", "change.entity", "change.action"),
            *("permission.department", "permission.entity", "permission.action", "permission.scope"),
        }

    def test_statistics_are_not_shown(self, unchanged: Desks) -> None:
        for who in (None, "Ada Racine"):
            assert ask(unchanged[who], "SELECT FROM pg_stats WHERE schemaname = 'crm'").count == 0
            for table in ("pg_statistic", "pg_statistic_ext_data", "pg_authid"):
                assert ask(unchanged[who], f"SELECT FROM {table}").state == REFUSED


class TestColleaguesAtWork:
    def test_their_statements_do_not_show(self, unchanged: Desks, besieged: Office, tokens: dict[str, str]) -> None:
        """All connect as one role, to which PostgreSQL would show every statement of its own."""
        with closing(besieged.connect(tokens["Ada Racine"])) as ada:
            ask(ada, "SELECT 'a secret of Ada''s', pg_backend_pid()")
            pid = ada.info.backend_pid
            ((query, state),) = ask(
                unchanged["Bill Boquet"], "SELECT query, state FROM pg_stat_activity WHERE pid = %s", pid
            ).rows
            assert "secret" not in query
            assert state == "disabled"
            everything = ask(unchanged["Bill Boquet"], "SELECT s::text FROM pg_stat_activity AS s").rows
            assert not any("eyJ" in text for (text,) in everything)

    def test_nobody_switches_that_on_again(self, unchanged: Desks, besieged: Office, tokens: dict[str, str]) -> None:
        for statement in ("SET track_activities = on", "ALTER ROLE epic_app SET track_activities = on"):
            assert ask(unchanged["Bill Boquet"], statement).state == REFUSED
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            psycopg2.connect(**besieged.application, options="-c track_activities=on")
        bill = unchanged["Bill Boquet"]
        ask(bill, "BEGIN")
        assert ask(bill, "ALTER ROLE epic_app RESET ALL").state == ""
        kept = ask(bill, "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'epic_app'::regrole")
        assert ["track_activities=off"] in [row[0] for row in kept.rows]

    def test_nobody_ends_their_connections(self, unchanged: Desks) -> None:
        pid = unchanged["Ada Racine"].info.backend_pid
        for call in ("pg_terminate_backend", "pg_cancel_backend"):
            assert ask(unchanged["Bill Boquet"], f"SELECT {call}({pid})").state == REFUSED
        assert ask(unchanged["Ada Racine"], "SELECT 1").rows == [(1,)]


def test_nothing_is_announced(office: Office) -> None:
    """LISTEN is anybody's; the database sends nothing that could be overheard."""
    with at_desk(office, "Kate Hastroff") as kate, at_desk(office, "Gina Comptoir") as gina:
        heard = kate.notifies
        for channel in ("crm", "epic", "event", "notification", "client"):
            ask(kate, f"LISTEN {channel}")
        assert ask(gina, "UPDATE crm.event SET support_contact_id = 4 WHERE id = 1024").count == 1
        kate.poll()
        assert heard == []


@pytest.mark.parametrize("who", [None, "Bill Boquet", "Ada Racine"], ids=str)
def test_sequences_tell_and_take_nothing(unchanged: Desks, besieged: Office, who: str | None) -> None:
    connection = unchanged[who]
    names = besieged.as_owner(
        "SELECT c.oid, c.oid::regclass::text FROM pg_class AS c WHERE relkind = 'S' AND relnamespace = 'crm'::regnamespace"
    )
    assert len(names) == 5
    for oid, name in names:
        for call in (
            f"SELECT nextval('{name}')",
            f"SELECT setval('{name}', 1)",
            f"SELECT currval('{name}')",
            f"SELECT last_value FROM {name}",
            f"ALTER SEQUENCE {name} RESTART",
        ):
            assert ask(connection, call).state == REFUSED, call
        told = ask(connection, f"SELECT pg_sequence_last_value({oid})")
        assert told.state == REFUSED or told.rows == [(None,)]
    shown = ask(connection, "SELECT last_value FROM pg_sequences WHERE schemaname = 'crm'")
    assert {row[0] for row in shown.rows} == {None}


def test_every_table_is_thought_of(besieged: Office) -> None:
    tables = besieged.as_owner(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'crm'::regnamespace"
    )
    assert {name for (name,) in tables} == set(TABLES)


@pytest.mark.parametrize("staff", [0, 800])
def test_whether_an_address_has_an_account_shows_in_no_statistics(office: Office, staff: int) -> None:
    """How many rows and pages one's own statement touched is the same for everybody, and for nobody."""
    office.as_owner(
        "INSERT INTO crm.employee (full_name, email, department)"
        " SELECT 'E', 'e' || n || '@epic.example', 'sales' FROM generate_series(1, %s) AS n",
        staff,
    )
    office.as_owner(
        "INSERT INTO crm.credential SELECT e.id, c.salt, c.params, c.verifier FROM crm.employee AS e, crm.credential AS c"
        " WHERE c.employee_id = 2 AND e.full_name = 'E'"
    )
    office.as_owner("ANALYZE")

    def touched(email: str) -> str:
        with at_desk(office, None) as stranger:
            for _warm in range(3):
                ask(stranger, "SELECT crm.login_challenge('ada@epic.example')")
            ask(stranger, "BEGIN")
            plan = ask(stranger, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT crm.login_challenge(%s)", email).rows
            read = "SELECT relname, seq_tup_read, idx_tup_fetch FROM pg_stat_xact_all_tables WHERE schemaname = 'crm' ORDER BY 1"
            return str(([line for (line,) in plan if "Buffers" in line], ask(stranger, read).rows))

    assert len({touched(f"{name}@epic.example") for name in ("ada", "bill", "otto", "nobody", "noone")}) == 1
