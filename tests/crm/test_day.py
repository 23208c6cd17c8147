"""My day: its numbers are those of the records, its lines those of one's rights, and it is one statement."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crm import day, sign_ins
from crm.day import Day
from crm.day_parts import BOUND, Clock
from crm.errors import SignedOut
from crm.session import Session
from tests.company import Office
from tests.menus.test_shell import many_clients, statements

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
CLOCK = Clock(NOW, PARIS)
LINES = {
    "Bill Boquet": ["unsigned", "outstanding", "without event", "untouched"],
    "Kate Hastroff": ["coming", "without location", "without attendees", "without notes"],
    "Gina Comptoir": [
        "to assign",
        *("unsigned young", "unsigned middling", "unsigned old"),
        *("outstanding young", "outstanding middling", "outstanding old"),
    ],
    "Ada Racine": ["people", "one-time passwords", "sign-ins", "locked"],
}


def numbers(read: Day) -> dict[str, tuple[int, Decimal | None]]:
    return {tally.line.key: (tally.count, tally.amount) for tally in read.tallies}


def read(office: Office, who: str, charts: bool = False) -> Day:
    return day.read(office.session(who), CLOCK, charts)


def date_contracts(office: Office) -> None:
    """Ages for the contracts: days before CLOCK."""
    triggers = "ALTER TABLE crm.contract {} TRIGGER USER"
    office.as_owner(triggers.format("DISABLE"))
    for key, created, signed in ((10, 29, None), (11, 30, None), (412, 400, 90), (652, 400, 91), (700, 400, 31)):
        office.as_owner(
            "UPDATE crm.contract SET creation_date = %s, signed_at = %s WHERE id = %s",
            CLOCK.today - timedelta(days=created),
            NOW - timedelta(days=signed, hours=1) if signed else None,
            key,
        )
    office.as_owner(triggers.format("ENABLE"))


@pytest.mark.parametrize("who", LINES)
def test_rights_choose_the_lines(office: Office, who: str) -> None:
    assert [tally.line.key for tally in read(office, who).tallies] == LINES[who]


def test_a_right_that_goes_is_a_line_that_goes(office: Office) -> None:
    office.as_owner(
        "DELETE FROM crm.permission WHERE department = 'support' AND entity = 'event' AND action = 'update'"
    )
    assert read(office, "Kate Hastroff").tallies == []
    office.as_owner("UPDATE crm.permission SET department = 'support' WHERE department = 'admin' AND entity = 'session'"
                    " AND action = 'read' AND NOT EXISTS (SELECT)")  # fmt: skip
    office.as_owner("UPDATE crm.permission SET scope = 'all' WHERE department = 'support' AND entity = 'session'")
    assert [tally.line.key for tally in read(office, "Kate Hastroff").tallies] == LINES["Ada Racine"]


@pytest.mark.parametrize("who", LINES)
def test_the_list_behind_a_line_is_what_was_counted(office: Office, who: str) -> None:
    date_contracts(office)
    session = office.session(who)
    for tally in day.read(session, CLOCK).tallies:
        if tally.line.entity != "session":
            assert len(list(tally.line.records(session, CLOCK))) == tally.count, tally.line.key


@pytest.mark.parametrize("who", LINES)
@pytest.mark.parametrize("charts", [False, True])
def test_it_is_one_statement(office: Office, who: str, charts: bool) -> None:
    session = office.session(who)
    session.permissions  # noqa: B018  # read once a session
    with statements() as sent:
        day.read(session, CLOCK, charts)
    assert len(sent) == 1


def test_sales(office: Office) -> None:
    office.as_owner("ALTER TABLE crm.client DISABLE TRIGGER USER")
    office.as_owner("UPDATE crm.client SET last_update = %s WHERE id = 1", NOW - timedelta(days=90))
    office.as_owner("UPDATE crm.client SET last_update = %s WHERE id = 3", NOW - timedelta(days=90, seconds=1))
    assert numbers(read(office, "Bill Boquet")) == {
        "unsigned": (1, Decimal(1000)),
        "outstanding": (2, Decimal(5250)),  # 412 and 700: not the unsigned one
        "without event": (1, None),  # 700
        "untouched": (1, None),
    }
    assert numbers(read(office, "Dawn Lefèvre")) == {
        "unsigned": (1, Decimal(500)),
        "outstanding": (0, None),
        "without event": (0, None),
        "untouched": (0, None),
    }


def test_amounts_signed_per_month(office: Office) -> None:
    date_contracts(office)
    office.as_owner("ALTER TABLE crm.contract DISABLE TRIGGER USER")
    # 23:30 UTC on the last day of October is November in Paris.
    office.as_owner("UPDATE crm.contract SET signed_at = '2026-10-31 23:30Z' WHERE id = 700")
    rows = read(office, "Bill Boquet").rows["months"]
    months = [(CLOCK.day_of(row.at), row.amount) for row in rows if row.at]
    assert months == [(date(2026, 8, 1), Decimal(2500)), (date(2026, 11, 1), Decimal(4000))]
    assert "months" not in read(office, "Gina Comptoir").rows
    everybody = read(office, "Gina Comptoir", charts=True).rows["months"]
    assert sum(row.amount or 0 for row in everybody) == 14500


def test_support(office: Office) -> None:
    kate = read(office, "Kate Hastroff")
    assert numbers(kate) == {key: (int(key == "coming"), None) for key in LINES["Kate Hastroff"]}
    assert kate.tallies[0].soonest == datetime(2027, 6, 4, 13, 0, tzinfo=UTC)
    assert kate.rows["calendar"] == []  # not within the next weeks
    office.as_owner(
        "UPDATE crm.event SET location = '', attendees = NULL, notes = '', start_date = %s, end_date = %s WHERE id = 109",
        NOW - timedelta(hours=1),
        NOW + timedelta(minutes=1),
    )
    assert numbers(read(office, "Kate Hastroff")) == dict.fromkeys(LINES["Kate Hastroff"], (1, None))
    ((row),) = read(office, "Kate Hastroff").rows["calendar"]
    assert (row.at, row.until) == (NOW - timedelta(hours=1), NOW + timedelta(minutes=1))
    office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id = 109")
    assert read(office, "Kate Hastroff").is_empty


def test_events_per_week(office: Office) -> None:
    office.as_owner(
        "UPDATE crm.event SET start_date = '2026-11-22 23:30Z', end_date = '2026-11-23 05:00Z' WHERE id = 109"
    )
    office.as_owner(
        "UPDATE crm.event SET start_date = '2027-01-17 22:30Z', end_date = '2027-01-18 05:00Z' WHERE id = 1023"
    )
    office.as_owner(
        "UPDATE crm.event SET start_date = '2027-01-17 23:30Z', end_date = '2027-01-18 05:00Z' WHERE id = 1024"
    )

    def weeks(who: str) -> list[tuple[date, int | None]]:
        return [(CLOCK.day_of(row.at), row.number) for row in read(office, who, True).rows["weeks"] if row.at]

    assert weeks("Kate Hastroff") == [(date(2026, 11, 23), 1)]  # Monday half past midnight in Paris
    assert weeks("Gina Comptoir") == [(date(2026, 11, 23), 1), (date(2027, 1, 11), 1)]  # the third is in the ninth week


def test_accounting(office: Office) -> None:
    date_contracts(office)
    gina = read(office, "Gina Comptoir")
    assert numbers(gina) == {
        "to assign": (1, None),
        "unsigned young": (1, Decimal(1000)),
        "unsigned middling": (1, Decimal(500)),
        "unsigned old": (0, None),
        "outstanding young": (0, None),
        "outstanding middling": (1, Decimal(4000)),
        "outstanding old": (1, Decimal(1250)),
    }
    assert gina.tallies[0].soonest == datetime(2027, 6, 5, 11, 0, tzinfo=UTC)
    office.as_owner("UPDATE crm.event SET start_date = '2026-01-01Z', end_date = '2026-01-02Z' WHERE id = 1024")
    assert numbers(read(office, "Gina Comptoir"))["to assign"] == (0, None)  # over: nobody need be sent any more


def test_administration(office: Office) -> None:
    office.as_owner("UPDATE crm.employee SET must_change_password = true WHERE id = 3")
    office.as_owner("DELETE FROM crm.session")
    for email, minutes in (("dawn@epic.example", 5), ("nobody@epic.example", 5), ("otto@epic.example", 5), ("kate@epic.example", -1)):  # fmt: skip
        office.as_owner(
            "INSERT INTO crm.login_throttle (email_hash, not_before) VALUES (crm.email_hash(%s), now() + %s * interval '1 minute')",
            email,
            minutes,
        )
    now = Clock(datetime.now(UTC), PARIS)
    session = office.session("Ada Racine")
    read_now = day.read(session, now)
    assert numbers(read_now) == {
        "people": (6, None),
        "one-time passwords": (1, None),
        "sign-ins": (1, None),  # Ada's
        "locked": (1, None),
    }
    assert {row.label: row.number for row in read_now.rows["staff"]} == {
        "admin": 1,
        "sales": 2,
        "support": 2,
        "accounting": 1,
    }
    ((locked),) = read_now.rows["locked until"]
    assert locked.label == "Dawn Lefèvre"
    assert locked.until is not None and locked.until > now.now
    line = next(tally.line for tally in read_now.tallies if tally.line.key == "locked")
    assert line.records(session, now).first() == session.employees.get(3)


def test_sign_ins_of_the_last_seven_days(office: Office) -> None:
    office.as_owner("DELETE FROM crm.session")
    session = office.session("Ada Racine")
    for moment in ("2026-11-17 22:59Z", "2026-11-17 23:01Z", "2026-11-24 08:00Z"):
        office.as_owner("INSERT INTO crm.session (employee_id, created_at, expires_at) VALUES (2, %s, now())", moment)
    office.as_owner("UPDATE crm.session SET created_at = '2026-11-20Z' WHERE employee_id = 1")
    found = sign_ins.latest(session, CLOCK)
    assert [(sign_in.employee.full_name, sign_in.created_at.day) for sign_in in found] == [
        ("Bill Boquet", 24),
        ("Ada Racine", 20),
        ("Bill Boquet", 17),
    ]
    rows = day.read(session, CLOCK).rows["sign-in days"]
    assert [(CLOCK.day_of(row.at), row.number) for row in rows if row.at] == [
        (date(2026, 11, 18), 1),
        (date(2026, 11, 20), 1),
        (date(2026, 11, 24), 1),
    ]
    assert sign_ins.latest(office.session("Bill Boquet"), CLOCK) != []  # one's own is one's own
    assert {s.employee.full_name for s in sign_ins.latest(office.session("Bill Boquet"), CLOCK)} == {"Bill Boquet"}


def test_counting_ends_somewhere(office: Office) -> None:
    many_clients(office, BOUND + 50)
    office.as_owner("ALTER TABLE crm.client DISABLE TRIGGER USER")
    office.as_owner("UPDATE crm.client SET last_update = '2020-01-01Z'")
    assert numbers(read(office, "Bill Boquet"))["untouched"] == (BOUND + 1, None)


def test_nothing_waits(office: Office) -> None:
    office.as_owner("DELETE FROM crm.event; DELETE FROM crm.contract; UPDATE crm.client SET last_update = now()")
    assert all(read(office, who).is_empty for who in ("Bill Boquet", "Kate Hastroff", "Gina Comptoir"))
    assert day.read(office.session("Ada Racine"), CLOCK).is_empty  # people are no work


def test_to_a_dead_token_nothing_is_not_an_empty_day(office: Office) -> None:
    session = office.session("Bill Boquet")
    session.permissions  # noqa: B018
    office.as_owner("UPDATE crm.session SET revoked_at = now()")
    with pytest.raises(SignedOut):
        day.read(session, CLOCK)


def test_what_waits_longest_comes_first(office: Office) -> None:
    date_contracts(office)

    def first(session: Session, key: str) -> int:
        (line,) = (tally.line for tally in day.read(session, CLOCK).tallies if tally.line.key == key)
        return next(record.id for record in line.records(session, CLOCK))

    assert first(office.session("Bill Boquet"), "outstanding") == 412
    office.as_owner(
        "ALTER TABLE crm.contract DISABLE TRIGGER USER; UPDATE crm.contract SET signed_at = '2020-01-01Z' WHERE id = 700"
    )
    assert first(office.session("Bill Boquet"), "outstanding") == 700
