"""Every cell of the table of rights: once in raw SQL with that person's token, once through the managers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from crm.database import Database
from crm.errors import NotAllowed, NotFound, SignedOut
from crm.session import Session
from crm.token_file import TokenFile
from tests.company import Office
from tests.security.conftest import Desks
from tests.security.raw_sql import RECORDS, REFUSED, ask, fingerprint
from tests.security.rights import CELLS, EXPECTED, VARIANTS, Cell

SEEN = [cell for cell in CELLS if cell.allowed and cell.is_look]
DONE = [cell for cell in CELLS if cell.allowed and not cell.is_look]
DENIED = [cell for cell in CELLS if not cell.allowed]
DEEDS = [cell for cell in CELLS if cell.department == "admin" and cell.whose == "other's"]
"""Each act once, whoever may do it."""
NOBODIES = {
    "Mona Neuve": "has not changed her one-time password yet",
    "Otto Ancien": "left, and kept his token",
    None: "has the application role, and no token",
}


def offered(cells: list[Cell]) -> list[Cell]:
    """Those that the managers have something for."""
    return [cell for cell in cells if cell.act.manager]


Seat = Callable[[str], Session]


@pytest.fixture(scope="module")
def seat(besieged: Office, tokens: dict[str, str]) -> Iterator[Seat]:
    """Anybody's session in the besieged company."""
    opened: dict[str, Session] = {}

    def sit_down(name: str) -> Session:
        if name not in opened:
            database = Database(besieged.application)
            opened[name] = Session(database, TokenFile(besieged.directory / name / "token"))
        if not opened[name].is_open:  # at first, and when the last refusal has closed it
            opened[name].adopt(tokens[name])
        return opened[name]

    yield sit_down
    for session in opened.values():
        session.database.close()


def record_of(ada: Session, cell: Cell) -> Any:
    """The record acted on, as an administrator sees it: no refusal may hang on having been shown it."""
    return ada.of(cell.manager).get(cell.key) if cell.key else None


@pytest.mark.parametrize("cell", SEEN, ids=str)
def test_shown_in_raw_sql(unchanged: Desks, cell: Cell) -> None:
    answer = ask(unchanged[cell.person], cell.act.sql, key=cell.key)
    assert answer.state == "", answer
    assert answer.count >= 1


@pytest.mark.parametrize("cell", offered(SEEN), ids=str)
def test_shown_by_the_managers(unchanged: Desks, seat: Seat, cell: Cell) -> None:
    assert cell.act.manager
    assert cell.act.manager(seat(cell.person), record_of(seat("Ada Racine"), cell), cell.key)


def assert_done(cell: Cell, before: dict[str, str], after: dict[str, str]) -> None:
    """Its table changed, and its history, and no other; sessions have none."""
    table = "employee" if cell.entity == "administrator" else cell.entity
    changed = {name for name in watched(cell) if before[name] != after[name]}
    assert changed == ({table} if table == "session" else {table, "change"})


def watched(cell: Cell) -> tuple[str, ...]:
    """Closing an account ends its sessions too: they are looked at where they are what is acted on."""
    return (*RECORDS, "session") if cell.entity == "session" else RECORDS


@pytest.mark.parametrize("cell", DONE, ids=str)
def test_done_in_raw_sql(
    unchanged: Desks, besieged: Office, tokens: dict[str, str], as_it_was: dict[str, str], cell: Cell
) -> None:
    """In a transaction that the owner looks into and rolls back."""
    with closing(psycopg2.connect(**besieged.owner)) as connection:
        ask(connection, "SET SESSION AUTHORIZATION epic_app")
        ask(connection, "SELECT set_config('epic.token', %s, false)", tokens[cell.person])
        assert ask(connection, "SELECT session_user, current_user").rows == [("epic_app", "epic_app")]
        answer = ask(connection, cell.act.sql, key=cell.key)
        assert answer.state == "", answer
        ask(connection, "RESET SESSION AUTHORIZATION")
        assert_done(cell, as_it_was, fingerprint(connection))


@pytest.mark.parametrize("cell", offered(DONE), ids=str)
def test_done_by_the_managers(practice: Office, cell: Cell) -> None:
    ada, session = practice.session("Ada Racine"), practice.session(cell.person)
    record = record_of(ada, cell)
    with closing(psycopg2.connect(**practice.owner)) as owner:
        owner.autocommit = True
        before = fingerprint(owner)
        assert cell.act.manager
        cell.act.manager(session, record, cell.key)
        assert_done(cell, before, fingerprint(owner))
    for opened in (ada, session):
        opened.database.close()


@pytest.mark.parametrize("cell", DENIED, ids=str)
def test_refused_in_raw_sql(unchanged: Desks, cell: Cell) -> None:
    answer = ask(unchanged[cell.person], cell.act.sql, key=cell.key)
    if cell.is_look or (cell.is_hidden and cell.act.sql.startswith("UPDATE")):
        assert (answer.state, answer.count) == ("", 0)
    else:
        assert answer.state == REFUSED, answer


@pytest.mark.parametrize("cell", offered(DENIED), ids=str)
def test_refused_by_the_managers(unchanged: Desks, seat: Seat, cell: Cell) -> None:
    session, record = seat(cell.person), record_of(seat("Ada Racine"), cell)
    assert cell.act.manager
    if cell.action == "history":
        assert cell.act.manager(session, record, cell.key) == []
        return
    with pytest.raises(NotFound if cell.is_hidden and cell.act.sql.startswith(("SELECT", "UPDATE")) else NotAllowed):
        cell.act.manager(session, record, cell.key)


@pytest.mark.parametrize("who", NOBODIES, ids=str)
@pytest.mark.parametrize("cell", DEEDS, ids=lambda cell: f"{cell.action} {cell.entity}")
def test_no_cell_at_all_in_raw_sql(unchanged: Desks, who: str | None, cell: Cell) -> None:
    answer = ask(unchanged[who], cell.act.sql, key=cell.key)
    if cell.act.sql.startswith("SELECT") or (cell.act.sql.startswith("UPDATE") and not answer.state):
        assert (answer.state, answer.count) == ("", 0)
    else:
        assert answer.state == REFUSED, answer


@pytest.mark.parametrize("who", [name for name in NOBODIES if name])
@pytest.mark.parametrize("cell", offered(DEEDS), ids=lambda cell: f"{cell.action} {cell.entity}")
def test_no_cell_at_all_through_the_managers(unchanged: Desks, seat: Seat, who: str, cell: Cell) -> None:
    record = record_of(seat("Ada Racine"), cell)
    assert cell.act.manager
    if cell.action == "history":
        assert cell.act.manager(seat(who), record, cell.key) == []
    else:
        with pytest.raises((NotAllowed, NotFound, SignedOut)):
            cell.act.manager(seat(who), record, cell.key)


def test_the_table_is_that_of_the_database(besieged: Office) -> None:
    held = {tuple(row[:3]): row[3] for row in besieged.as_owner("SELECT * FROM crm.permission")}
    assert held == {
        (department, entity, action): "all" if scope == "others" else scope
        for (department, entity, action), scope in EXPECTED.items()
        if scope != "-" and action not in VARIANTS and (entity, action) != ("administrator", "read")
    }


def test_every_cell_of_the_table_is_tried() -> None:
    assert {(cell.department, cell.entity, cell.action) for cell in CELLS} == set(EXPECTED)
