"""What PostgreSQL says no with, as the errors of crm/errors.py."""

from __future__ import annotations

import peewee
import psycopg2
from psycopg2 import errorcodes

from crm.errors import N_, Conflict, CrmError, Invalid, NoEntry, NotAllowed, NotFound, Unavailable

OUT_OF_RANGE = N_("A number or a date is out of range.")

BROKEN_RULES: dict[str, tuple[str | None, str]] = {
    "client_anonymised": (
        None,
        N_("The personal data of this client was taken away: nothing of this client is changed any more."),
    ),
    "client_contract_unsigned": (
        None,
        N_("This client still has an unsigned contract: have it signed or delete it before you anonymise the client."),
    ),
    "client_contract_unpaid": (
        None,
        N_("This client still has something left to pay: settle that before you anonymise the client."),
    ),
    "client_event_coming": (
        None,
        N_("An event of this client is not over yet: wait for its end, or cancel it, before you anonymise the client."),
    ),
    "contract_total_amount": ("total_amount", N_("The total must be between 0 and 9,999,999,999.99.")),
    "contract_amount_to_be_paid": ("amount_to_be_paid", N_("What remains to be paid must be between 0 and the total.")),
    "contract_stays_signed": ("status", N_("A signed contract stays signed.")),
    "contract_delete_unsigned": (None, N_("A signed contract cannot be deleted.")),
    "contract_delete_without_events": (None, N_("A contract with events cannot be deleted.")),
    "event_contract_signed": ("contract", N_("An event needs a signed contract: have this one signed first.")),
    "event_support_contact": ("support_contact", N_("Only an active colleague of support can run an event.")),
    "event_cancelled": (None, N_("A cancelled event stays as it is.")),
    "event_cancelled_at": (None, OUT_OF_RANGE),
    "client_first_contact_in_bounds": ("first_contact", OUT_OF_RANGE),
    "event_end_date": ("end_date", N_("The end must come after the start.")),
    "event_attendees": ("attendees", N_("The number of attendees must be between 0 and 1,000,000.")),
    "employee_last_admin": (None, N_("This is the last active administrator: name another one first.")),
    "employee_portfolio": (None, N_("Clients and coming events are handed over first.")),
    "employee_open": (None, N_("This account is closed already.")),
    "employee_closed": (None, N_("This account is open already.")),
    "employee_locked": (None, N_("This account is not locked any more.")),
    "employee_other_department": ("department", N_("This is their department already: choose another one.")),
    "hand_over_clients_to": (None, N_("Only another active colleague of sales can take over clients.")),
    "hand_over_clients_to_nobody": (None, N_("There are clients by now: say who takes them over.")),
    "hand_over_events_to_nobody": (None, N_("There are coming events by now: say who takes them over, or nobody.")),
    "hand_over_events_to": (None, N_("Only another active colleague of support can take over events.")),
    "employee_email_key": ("email", N_("Another employee already has this email.")),
}
"""Constraint of schema.sql -> (field, sentence)."""

UNUSABLE_VALUE = N_("The database refused a value: check the length and the characters of what was typed.")

UNREACHABLE = {
    errorcodes.ADMIN_SHUTDOWN,
    errorcodes.CRASH_SHUTDOWN,
    errorcodes.CANNOT_CONNECT_NOW,
    errorcodes.TOO_MANY_CONNECTIONS,
}


def as_crm_error(error: peewee.PeeweeException | psycopg2.Error) -> CrmError | None:
    """The error of ours that `error` stands for; None when it is one that nobody foresaw."""
    cause: object = error
    while isinstance(cause, peewee.PeeweeException):  # peewee wraps a failed connection twice
        cause = getattr(cause, "orig", None)
    if not isinstance(cause, psycopg2.Error):
        return None
    code = cause.pgcode
    if code is None or code in UNREACHABLE:
        return _unreachable(cause)
    if code == errorcodes.INSUFFICIENT_PRIVILEGE:
        return NotAllowed()
    if code == errorcodes.NO_DATA_FOUND:
        return NotFound()
    if code == errorcodes.SERIALIZATION_FAILURE:  # a verb of schema.sql that was given an older version
        return Conflict()
    if code in (errorcodes.DEADLOCK_DETECTED, errorcodes.LOCK_NOT_AVAILABLE, errorcodes.QUERY_CANCELED):
        return Unavailable()
    return _broken_rule(cause, code)


def _unreachable(cause: psycopg2.Error) -> Unavailable | None:
    if not isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError):
        return None
    said = " ".join(str(cause).split())
    # The server is there, but the settings are not for it: a wrong password, another database, no TLS.
    return NoEntry(reason=said) if "FATAL:" in said or "SSL" in said else Unavailable()


def _broken_rule(cause: psycopg2.Error, code: str) -> Invalid | None:
    name = cause.diag.constraint_name
    if name in BROKEN_RULES:
        return Invalid(*BROKEN_RULES[name])
    if code in (errorcodes.NUMERIC_VALUE_OUT_OF_RANGE, errorcodes.DATETIME_FIELD_OVERFLOW):
        return Invalid(None, OUT_OF_RANGE)
    if code == errorcodes.FOREIGN_KEY_VIOLATION:
        return Invalid(None, N_("A record this one refers to is gone."))
    if code[:2] in ("22", "23"):  # data exception, integrity constraint violation
        return Invalid(None, UNUSABLE_VALUE)
    return None
