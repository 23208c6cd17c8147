"""The lines of the day: what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from peewee import SQL

from crm import sign_ins
from crm.day_parts import ALL, BOUND, COUNT, MINE, Clock, Line, Narrow, row
from crm.models import Contract, Event
from crm.session import Session

YOUNG, OLD = timedelta(days=30), timedelta(days=90)


@dataclass(frozen=True)
class SignInLine(Line):
    """Sign-ins have no list of records behind them, but a table: `sign_ins.latest`."""

    def query(self, session: Session, clock: Clock) -> Any:
        return row(self.key, sign_ins.since(clock).select(SQL("1")).limit(BOUND + 1), number=COUNT)


def _written(after: timedelta | None, until: timedelta | None) -> Narrow:
    """Unsigned contracts written less than `after` and at least `until` ago."""
    return lambda contracts, clock: contracts.unsigned().created(
        after and clock.today - after, until and clock.today - until
    )


def _outstanding(after: timedelta | None, until: timedelta | None) -> Narrow:
    """Contracts with something left to pay, signed less than `after` and at least `until` ago."""
    return lambda contracts, clock: contracts.outstanding(after and clock.now - after, until and clock.now - until)


def _coming(events: Any, clock: Clock) -> Any:
    return events.coming(clock.now).soonest_first()


CHANGE_CONTRACTS, RUN_EVENTS, WATCH_ACCOUNTS = ("contract", "update"), ("event", "update"), ("session", "read")
AGES = (("young", YOUNG, None), ("middling", OLD, YOUNG), ("old", None, OLD))

LINES: tuple[Line, ...] = (
    # one's own clients and contracts
    Line(
        "unsigned",
        CHANGE_CONTRACTS,
        MINE,
        "contract",
        lambda contracts, _: contracts.unsigned().ascending(Contract.id),
        Contract.total_amount,
    ),
    Line(
        "outstanding",
        CHANGE_CONTRACTS,
        MINE,
        "contract",
        lambda contracts, _: contracts.outstanding(),
        Contract.amount_to_be_paid,
    ),
    Line(
        "without event",
        ("event", "create"),
        MINE,
        "contract",
        lambda contracts, _: contracts.without_event().ascending(Contract.signed_at, Contract.id),
    ),
    Line("untouched", ("client", "update"), MINE, "client", lambda all_, clock: all_.untouched_since(clock.now - OLD)),
    # the events one runs
    Line("coming", RUN_EVENTS, MINE, "event", _coming, soonest=Event.start_date),
    Line(
        "without location", RUN_EVENTS, MINE, "event", lambda events, clock: _coming(events, clock).without_location()
    ),
    Line(
        "without attendees", RUN_EVENTS, MINE, "event", lambda events, clock: _coming(events, clock).without_attendees()
    ),
    Line("without notes", RUN_EVENTS, MINE, "event", lambda events, clock: _coming(events, clock).without_notes()),
    # everybody's
    Line(
        "to assign",
        ("event", "assign"),
        ALL,
        "event",
        lambda events, clock: _coming(events, clock).without_support(),
        soonest=Event.start_date,
    ),
    *(
        Line(f"unsigned {age}", CHANGE_CONTRACTS, ALL, "contract", _written(after, until), Contract.total_amount)
        for age, after, until in AGES
    ),
    *(
        Line(
            f"outstanding {age}",
            CHANGE_CONTRACTS,
            ALL,
            "contract",
            _outstanding(after, until),
            Contract.amount_to_be_paid,
        )
        for age, after, until in AGES
    ),
    # the accounts of the staff
    Line("people", WATCH_ACCOUNTS, ALL, "employee", lambda people, _: people.active(), waits=False),
    Line("one-time passwords", WATCH_ACCOUNTS, ALL, "employee", lambda all_, _: all_.active().with_one_time_password()),
    SignInLine("sign-ins", WATCH_ACCOUNTS, ALL, "session", lambda none, _: none, waits=False),
    Line("locked", WATCH_ACCOUNTS, ALL, "employee", lambda people, _: people.locked()),
)
