"""What each entity is made of: one description for forms, tables, cards and validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any
from zoneinfo import ZoneInfo

from crm import validation
from crm.errors import N_, Invalid
from crm.models import DEPARTMENTS


class Kind(Enum):
    """How a value is written, read and shown."""

    NUMBER = auto()
    LINE = auto()
    LINES = auto()
    EMAIL = auto()
    PHONE = auto()
    AMOUNT = auto()
    COUNT = auto()
    DAY = auto()
    MOMENT = auto()
    CHOICE = auto()
    RECORD = auto()


TEXTS = {Kind.LINE, Kind.LINES, Kind.EMAIL, Kind.PHONE}


@dataclass(frozen=True)
class Reading:
    """How to read what somebody typed: their language ("en", "fr"), their time zone, their now (aware)."""

    language: str
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True)
class Field:
    """A value of an entity: its name in the model, what people call it, how it is read and shown."""

    name: str
    label: str
    kind: Kind
    required: bool = True
    example: str = ""
    longest: int = 200
    choices: Mapping[str, str] = field(default_factory=dict)
    """For CHOICE: stored value -> what people call it."""
    entity: str = ""
    """For RECORD: what is looked up."""
    editable: bool = True
    """False: the database or a verb of its own sets it."""
    rank: int = 0
    """In tables: 1 is the last column to go on a narrow screen; 0 is on cards only."""
    path: str = ""
    """Where a record keeps it, when that is not `name`: "contract.client"."""
    beside: str = ""
    """The other field of the record that this one must go with ..."""
    rule: Callable[[Any, Any], None] | None = None
    """... and how: called with this value and the other one, it raises Invalid."""

    def of(self, record: object, now: datetime) -> Any:
        """The value in `record`; `now` is for what time derives, like the state of an event."""
        value: Any = record
        for step in (self.path or self.name).split("."):
            value = getattr(value, step)
        return value(now) if callable(value) else value

    def read(self, typed: str, reading: Reading) -> object:
        """The value that `typed` stands for; None for an optional field left empty that is not a text.

        Raises Invalid, naming this field.
        """
        try:
            if self.kind not in TEXTS and not self.required and not typed.strip():
                return None
            return self._value(typed, reading)
        except Invalid as invalid:
            raise Invalid(self.name, invalid.why, **invalid.details) from None

    def agree(self, value: object, others: Mapping[str, Any]) -> None:
        """Invalid, naming this field, unless `value` goes with the values of `others` that are known."""
        other = others.get(self.beside)
        if self.rule is not None and value is not None and other is not None:
            self.rule(value, other)

    def clean(self, value: object) -> object:
        """A value that did not come from a keyboard, as it is stored; Invalid, naming this field."""
        if self.kind in TEXTS:
            return self.read(str(value), Reading("en", ZoneInfo("UTC"), datetime.min))
        if isinstance(value, Decimal) and not value.is_finite():
            raise Invalid(self.name, N_("An amount is a number."))
        return value

    def _value(self, typed: str, reading: Reading) -> object:
        match self.kind:
            case Kind.LINE | Kind.LINES:
                return validation.text(
                    typed, longest=self.longest, required=self.required, lines=self.kind is Kind.LINES
                )
            case Kind.EMAIL:
                return validation.email(typed)
            case Kind.PHONE:
                return validation.phone(typed, required=self.required)
            case Kind.AMOUNT:
                return validation.amount(typed, language=reading.language)
            case Kind.COUNT:
                return validation.whole_number(typed, largest=1_000_000)
            case Kind.DAY:
                return validation.day(
                    typed, language=reading.language, today=reading.now.astimezone(reading.zone).date()
                )
            case Kind.MOMENT:
                return validation.moment(typed, zone=reading.zone, language=reading.language, now=reading.now)
            case Kind.CHOICE:
                return self._choice(typed)
            case Kind.RECORD | Kind.NUMBER:
                raise TypeError(f"{self.name} is looked up, not read")

    def _choice(self, typed: str) -> str:
        folded = typed.strip().lower()
        if folded not in self.choices:
            raise Invalid(self.name, N_("Please choose one of: {choices}."), choices=", ".join(self.choices))
        return folded


DEPARTMENT_NAMES = dict(
    zip(DEPARTMENTS, (N_("Sales"), N_("Support"), N_("Management"), N_("Administration")), strict=True)
)
STATUS_NAMES = {"unsigned": N_("unsigned"), "signed": N_("signed")}
STATE_NAMES = {
    "to assign": N_("to assign"),
    "planned": N_("planned"),
    "under way": N_("under way"),
    "over": N_("over"),
    "cancelled": N_("cancelled"),
}
PAYMENTS_NAMES = {"none": N_("nothing paid yet"), "partial": N_("partly paid"), "full": N_("fully paid")}
DEED_NAMES = {
    "create": N_("created"),
    "update": N_("changed"),
    "delete": N_("deleted"),
    "export": N_("exported"),
    "anonymise": N_("anonymised"),
    "unlock": N_("unlocked"),
}
"""What was done, as the history has it -> in a word."""
YES_NO = {"True": N_("yes"), "False": N_("no")}

CLIENT = (
    Field("id", N_("Client ID"), Kind.NUMBER, editable=False, rank=1),
    Field("full_name", N_("Full name"), Kind.LINE, longest=100, rank=1),
    Field("email", N_("Email"), Kind.EMAIL, example="kevin@startup.io", rank=4),
    Field("phone", N_("Phone"), Kind.PHONE, required=False, example="+678 123 456 78", rank=5),
    Field("company_name", N_("Company"), Kind.LINE, required=False, longest=100, rank=2),
    Field("first_contact", N_("First contact"), Kind.DAY),
    Field("last_update", N_("Last update"), Kind.MOMENT, editable=False, rank=6),
    Field("commercial_contact", N_("Commercial contact"), Kind.RECORD, editable=False, rank=3),
    Field("anonymised_at", N_("Anonymised on"), Kind.MOMENT, editable=False),
)
CONTRACT = (
    Field("id", N_("Contract ID"), Kind.NUMBER, editable=False, rank=1),
    Field("client", N_("Client"), Kind.RECORD, entity="client", rank=1),
    Field("commercial", N_("Commercial contact"), Kind.RECORD, editable=False, rank=4),
    Field("total_amount", N_("Total amount"), Kind.AMOUNT, rank=3),
    Field(
        "amount_to_be_paid",
        N_("Amount to be paid"),
        Kind.AMOUNT,
        rank=3,
        beside="total_amount",
        rule=validation.due_within_total,
    ),
    Field("payments", N_("Payments"), Kind.CHOICE, choices=PAYMENTS_NAMES, editable=False),
    Field("creation_date", N_("Creation date"), Kind.DAY, editable=False, rank=5),
    Field("status", N_("Status"), Kind.CHOICE, choices=STATUS_NAMES, editable=False, rank=2),
    Field("signed_at", N_("Signed on"), Kind.MOMENT, editable=False),
)
PAYMENT = Field("payment", N_("Payment"), Kind.AMOUNT, beside="amount_to_be_paid", rule=validation.payment_within_due)
EVENT = (
    Field("id", N_("Event ID"), Kind.NUMBER, editable=False, rank=1),
    Field("title", N_("Title"), Kind.LINE, longest=150, rank=1),
    Field("contract", N_("Contract"), Kind.RECORD, entity="contract", rank=6),
    Field("client", N_("Client"), Kind.RECORD, editable=False, path="contract.client", rank=3),
    Field("client_contact", N_("Client contact"), Kind.LINES, editable=False, path="contract.client.contact"),
    Field("start_date", N_("Start"), Kind.MOMENT, rank=2),
    Field(
        "end_date",
        N_("End"),
        Kind.MOMENT,
        beside="start_date",
        rule=lambda end, start: validation.end_after_start(start, end),
    ),
    Field(
        "support_contact", N_("Support contact"), Kind.RECORD, entity="employee", required=False, editable=False, rank=4
    ),
    Field("location", N_("Location"), Kind.LINE, required=False, rank=7),
    Field("attendees", N_("Attendees"), Kind.COUNT, required=False, rank=8),
    Field("notes", N_("Notes"), Kind.LINES, required=False, longest=10_000),
    Field("state", N_("State"), Kind.CHOICE, choices=STATE_NAMES, editable=False, rank=5),
)
EMPLOYEE = (
    Field("id", N_("Employee ID"), Kind.NUMBER, editable=False, rank=1),
    Field("full_name", N_("Full name"), Kind.LINE, longest=100, rank=1),
    Field("email", N_("Email"), Kind.EMAIL, rank=3),
    Field("department", N_("Department"), Kind.CHOICE, choices=DEPARTMENT_NAMES, rank=2),
    Field("active", N_("Active"), Kind.CHOICE, choices=YES_NO, editable=False, rank=4),
    Field("creation_date", N_("Creation date"), Kind.DAY, editable=False, rank=5),
)
ENTITIES = {"client": CLIENT, "contract": CONTRACT, "event": EVENT, "employee": EMPLOYEE}
UNLISTED = (
    Field("cancelled_at", N_("Cancellation"), Kind.MOMENT, required=False),
    Field("must_change_password", N_("One-time password"), Kind.CHOICE, choices=YES_NO),
)
"""What the history and conflicts tell of, though no form, table or card has it under this name."""


def named(entity: str, *names: str) -> tuple[Field, ...]:
    """These fields of `entity`, in this order."""
    by_name = {field.name: field for field in ENTITIES[entity]}
    return tuple(by_name[name] for name in names)


def described(entity: str, name: str) -> Field:
    """The field `name` of `entity`, listed or not; what is new in the database is a line, and told all the same."""
    known = {field.name: field for field in (*ENTITIES[entity], *UNLISTED)}
    return known.get(name) or Field(name, name.replace("_", " "), Kind.LINE)


def editable(entity: str) -> tuple[Field, ...]:
    """What a form asks for."""
    return tuple(field for field in ENTITIES[entity] if field.editable)


def columns(entity: str) -> tuple[Field, ...]:
    """What a table shows, widest screen first."""
    return tuple(field for field in ENTITIES[entity] if field.rank)
