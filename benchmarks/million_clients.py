"""Are lookups and pages still instant with a million clients, two million contracts and half a million events?

    python -m benchmarks.million_clients [NUMBER OF CLIENTS]

Fills a server of its own in a temporary directory (about two minutes), then times, through the managers and on one
connection, what a key press or a command costs. Prints median and 95th percentile in milliseconds, and each median
as a ratio to the cheapest possible statement (SELECT 1) of the same run: the ratio is what compares between machines.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2

from crm import day
from crm.database import Database
from crm.day_parts import Clock
from crm.embedded import Server
from crm.installation import Installation
from crm.models import Client
from crm.records import Records
from crm.session import Session
from crm.token_file import TokenFile
from tests.conftest import remove

ROUNDS = 30
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid IN ('crm.client'::regclass, 'crm.contract'::regclass, 'crm.event'::regclass) AND NOT indisunique
"""
"""Made after the rows: row by row they would take longer than all the rest."""
FILL = """
SET session_replication_role = replica;  -- no history of it: this is the fast way in
INSERT INTO crm.employee (id, full_name, email, department, must_change_password)
SELECT n, 'Employee ' || n, 'e' || n || '@epic.example',
       (ARRAY['sales', 'support', 'accounting'])[1 + n %% 3], false
FROM generate_series(1, 300) AS n;
INSERT INTO crm.employee (id, full_name, email, department, must_change_password)
VALUES (301, 'Admin', 'a@epic.example', 'admin', false);
INSERT INTO crm.session (employee_id, created_at, expires_at)
SELECT 1 + n %% 300, now() - n * interval '3 minutes', now() - n * interval '3 minutes' + interval '8 hours'
FROM generate_series(1, 15000) AS n;
INSERT INTO crm.client (full_name, email, phone, company_name, first_contact, last_update, commercial_contact_id)
SELECT (ARRAY['Kévin', 'Marie', 'Zoë', 'Ahmed', 'Lou', 'John', 'Aliénor', 'Bill'])[1 + n %% 8] || ' '
       || (ARRAY['Casey', 'Ouick', 'Bouzin', 'Lefèvre', 'Vichum', 'Hastroff', 'Boquet'])[1 + n %% 7]
       || ' ' || md5(n::text),
       'c' || n || '@x' || n %% 1000 || '.example', '+33 1 99 ' || n, 'Company ' || md5((n / 10)::text),
       current_date - (hashint4(n) & 2047), now() - (hashint4(n + 1) & 1048575) * interval '1 minute',
       3 * (1 + n %% 99)
FROM generate_series(1, %(clients)s) AS n;
INSERT INTO crm.contract (client_id, commercial_id, total_amount, amount_to_be_paid, creation_date, status, signed_at)
SELECT client.id, client.commercial_contact_id, 1000 + (hashint4(n) & 65535), CASE WHEN n %% 50 = 0 THEN 500 ELSE 0 END,
       current_date - (hashint4(n + 1) & 2047), CASE WHEN n %% 20 = 0 THEN 'unsigned' ELSE 'signed' END,
       CASE WHEN n %% 20 <> 0 THEN now() - (hashint4(n + 2) & 1048575) * interval '1 minute' END
FROM generate_series(1, %(clients)s * 2) AS n JOIN crm.client ON client.id = 1 + n %% %(clients)s;
INSERT INTO crm.event (contract_id, title, support_contact_id, start_date, end_date, location, search)
SELECT contract.id, title, CASE WHEN contract.id %% 100 <> 1 THEN 1 + 3 * (contract.id %% 99) END,
       now() + (contract.id %% 700 - 350) * interval '1 day',
       now() + (contract.id %% 700 - 350) * interval '1 day' + interval '5 hours',
       location, crm.fold(title || ' ' || location) || ' ' || client.search
FROM crm.contract JOIN crm.client ON client.id = client_id
     CROSS JOIN LATERAL (
         SELECT 'Event ' || md5(contract.id::text) AS title, 'Hall ' || contract.id %% 100 AS location) AS named
WHERE status = 'signed' AND contract.id %% 4 = 1;
"""


def main(clients: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory) / "postgresql")
        try:
            server.start()
            owner = server.parameters("million", "postgres")
            Installation(owner).install()
            tokens = fill(owner, clients)
            report(server, Path(directory), tokens["sales"])
            days(server, Path(directory), tokens)
        finally:
            remove(server)


def fill(owner: dict[str, Any], clients: int) -> dict[str, str]:
    """The records, and a token for each department; one of sales and one of support have a hundredth of them."""
    started = time.monotonic()
    with closing(psycopg2.connect(**owner)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(INDEXES)
            indexes = cursor.fetchall()
            for name, _definition in indexes:
                cursor.execute(f"DROP INDEX {name}")
            cursor.execute(FILL, {"clients": clients})
            for _name, definition in indexes:
                cursor.execute(definition)
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SELECT department, crm.issue_token(min(id)) FROM crm.employee GROUP BY department")
            tokens = dict(cursor.fetchall())
    print(f"{clients:,} clients made in {time.monotonic() - started:.0f} s")
    return tokens


def report(server: Server, directory: Path, token: str) -> None:
    session = Session(Database(server.parameters("million", "epic_app")), TokenFile(directory / "token"))
    session.adopt(token)
    clients, contracts, events = session.clients, session.contracts, session.events
    now = session.identity.expires_at  # an hour or so from now will do
    floor = median(lambda: session.database.execute_sql("SELECT 1"))
    print(f"{'':44} {'median':>9} {'p95':>9} {'ratio':>7}")
    line("SELECT 1", lambda: session.database.execute_sql("SELECT 1"), floor)
    for typed in ("kevin ca", "casey kevin", "ouick", "c4242@", "#424242", "zzzz"):
        line(f"everywhere {typed!r}", lambda typed=typed: session.search(typed), floor)
    for typed in (
        *("k", "kev", "kevin ca", "casey kevin", "ouick casey", "lefevre"),
        *("c4242@", "424242", "zzzz", "company 1f"),
    ):
        line(f"client lookup {typed!r}", lambda typed=typed: clients.visible().matching(typed), floor)
    for typed in ("kev", "lefevre", "casey kevin"):
        line(f"my client lookup {typed!r}", lambda typed=typed: clients.editable().matching(typed, "update"), floor)
    for typed in ("kevin ca", "424242"):
        line(f"contract lookup {typed!r}", lambda typed=typed: contracts.visible().matching(typed), floor)
    for typed in ("casey", "kevin ca", "c4242@"):  # of the second there are none
        unsigned = contracts.editable().unsigned()
        line(
            f"my unsigned contract lookup {typed!r}", lambda typed=typed, u=unsigned: u.matching(typed, "update"), floor
        )
    for typed in ("event 4", "hall 42", "424241", "ouick", "ouick hall 42", "c4242@"):
        line(f"event lookup {typed!r}", lambda typed=typed: events.visible().matching(typed), floor)
    line("page of clients", lambda: clients.visible().page(), floor)
    line("page of my clients", lambda: clients.mine().page(), floor)
    line("page of contracts", lambda: contracts.visible().page(), floor)
    line("page of unsigned contracts", lambda: contracts.visible().unsigned().page(), floor)
    line("page of my unsigned contracts", lambda: contracts.mine().unsigned().page(), floor)
    line("page of unpaid contracts", lambda: contracts.visible().unpaid().page(), floor)
    line("page of my unpaid contracts", lambda: contracts.mine().unpaid().page(), floor)
    line("page of events", lambda: events.visible().page(), floor)
    line("page of coming events", lambda: events.visible().coming(now).page(), floor)
    line("page of events without support", lambda: events.visible().without_support().page(), floor)
    deep = clients.visible().page(500)
    line("page 500 of clients, by number", lambda: clients.visible().page(500), floor)
    line("page 501 of clients, by next", lambda: clients.visible().after(deep), floor)
    lists(session, now, floor)


def lists(session: Session, now: datetime, floor: float) -> None:
    """Pages as the lists of the shell show them: sorted, filtered, with their total."""
    clients, contracts, events = session.clients, session.contracts, session.events
    of_contracts = {
        "all contracts": contracts.visible(),
        "unsigned": contracts.visible().unsigned(),
        "mine": contracts.mine(),
        "mine, unsigned": contracts.mine().unsigned(),
        "mine, unpaid": contracts.mine().unpaid(),
        "without event": contracts.visible().without_event(),
        "mine, without event": contracts.mine().without_event(),
        "last 30 days": contracts.visible().since(now.date() - timedelta(days=30)),
        "of a client": contracts.visible().of_client(Client(id=4242)),
    }
    for what, records in of_contracts.items():
        timed(f"{what}, counted", records, floor)
        for column in ("creation_date", "total_amount"):
            timed(f"{what}, by {column}", records.sorted_by(column, descending=True), floor)
    for column in ("signed_at", "amount_to_be_paid"):
        timed(f"all contracts, by {column}", contracts.visible().sorted_by(column, descending=True), floor)
    for what, of in {"all clients": clients.visible(), "my clients": clients.mine()}.items():
        for column in ("id", "first_contact", "last_update"):
            timed(f"{what}, by {column}", of.sorted_by(column), floor)
    timed("coming events, soonest first", events.visible().coming(now).sorted_by("start_date"), floor)
    timed("events of a client", events.visible().of_client(Client(id=4242)), floor)
    timed("events of a colleague, coming", events.visible().of_colleague(4).coming(now), floor)
    for column in ("creation_date", "signed_at", "total_amount"):
        deep = contracts.visible().sorted_by(column, descending=True)
        page = deep.page(500)
        line(f"page 501 by {column}, by next", lambda deep=deep, page=page: deep.after(page), floor)


def timed(what: str, records: Records[Any], floor: float) -> None:
    """The first page with its total, and the page behind it."""
    line(what, lambda: records.page(counted=True), floor)
    page = records.page()
    if page.has_next:
        line("    the page behind it", lambda: records.after(page), floor)


def days(server: Server, directory: Path, tokens: dict[str, str]) -> None:
    """What each department sees first, its charts, and the first page behind each line."""
    for department, token in tokens.items():
        session = Session(Database(server.parameters("million", "epic_app")), TokenFile(directory / "token"))
        session.adopt(token)
        day_of(department, session)


def day_of(department: str, session: Session) -> None:
    clock = Clock(datetime.now(UTC), ZoneInfo("Europe/Paris"))
    floor = median(lambda: session.database.execute_sql("SELECT 1"))
    line(f"day of {department}", lambda: day.read(session, clock), floor)
    line(f"charts of {department}", lambda: day.read(session, clock, charts=True), floor)
    for tally in day.read(session, clock).tallies:
        if tally.line.entity != "session":
            name = f"  page behind {tally.line.key!r} ({tally.count})"
            line(name, lambda tally=tally: tally.line.records(session, clock).page(), floor)


def line(name: str, work: Callable[[], Any], floor: float) -> None:
    taken = times(work)
    middle, tail = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    print(f"{name:44} {middle:7.2f}ms {tail:7.2f}ms {middle / floor:7.1f}")


def median(work: Callable[[], Any]) -> float:
    return statistics.median(times(work))


def times(work: Callable[[], Any]) -> list[float]:
    """Milliseconds of each of ROUNDS runs, after one to warm up."""
    work()
    taken = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
