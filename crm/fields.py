"""What each entity is made of: one description for forms, tables, cards and validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from zoneinfo import ZoneInfo

from crm import validation
from crm.errors import Invalid, N_
from crm.models import DEPARTMENTS


class Kind(Enum):
    """How a value is written, read and shown."""

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
    """A value of an entity: its name in the model, what people call it, how it is read."""

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
                return validation.text(typed, longest=self.longest, required=self.required, lines=self.kind is Kind.LINES)
            case Kind.EMAIL:
                return validation.email(typed)
            case Kind.PHONE:
                return validation.phone(typed, required=self.required)
            case Kind.AMOUNT:
                return validation.amount(typed, language=reading.language)
            case Kind.COUNT:
                return validation.whole_number(typed, largest=1_000_000)
            case Kind.DAY:
                return validation.day(typed, language=reading.language, today=reading.now.astimezone(reading.zone).date())
            case Kind.MOMENT:
                return validation.moment(typed, zone=reading.zone, language=reading.language, now=reading.now)
            case Kind.CHOICE:
                return self._choice(typed)
            case Kind.RECORD:
                raise TypeError("records are looked up, not read")

    def _choice(self, typed: str) -> str:
        folded = typed.strip().lower()
        if folded not in self.choices:
            raise Invalid(self.name, N_("Please choose one of: {choices}."), choices=", ".join(self.choices))
        return folded


DEPARTMENT_NAMES = dict(zip(DEPARTMENTS, (N_("Sales"), N_("Support"), N_("Management"), N_("Administration")), strict=True))

CLIENT = (
    Field("full_name", N_("Full name"), Kind.LINE, longest=100),
    Field("email", N_("Email"), Kind.EMAIL, example="kevin@startup.io"),
    Field("phone", N_("Phone"), Kind.PHONE, required=False, example="+678 123 456 78"),
    Field("company_name", N_("Company"), Kind.LINE, required=False, longest=100),
    Field("first_contact", N_("First contact"), Kind.DAY),
)
CONTRACT = (
    Field("client", N_("Client"), Kind.RECORD, entity="client"),
    Field("total_amount", N_("Total amount"), Kind.AMOUNT),
    Field("amount_to_be_paid", N_("Amount to be paid"), Kind.AMOUNT),
)
PAYMENT = Field("payment", N_("Payment"), Kind.AMOUNT)
EVENT = (
    Field("contract", N_("Contract"), Kind.RECORD, entity="contract"),
    Field("title", N_("Title"), Kind.LINE, longest=150),
    Field("start_date", N_("Start"), Kind.MOMENT),
    Field("end_date", N_("End"), Kind.MOMENT),
    Field("location", N_("Location"), Kind.LINE, required=False),
    Field("attendees", N_("Attendees"), Kind.COUNT, required=False),
    Field("notes", N_("Notes"), Kind.LINES, required=False, longest=10_000),
)
SUPPORT_CONTACT = Field("support_contact", N_("Support contact"), Kind.RECORD, entity="employee")
EMPLOYEE = (
    Field("full_name", N_("Full name"), Kind.LINE, longest=100),
    Field("email", N_("Email"), Kind.EMAIL),
    Field("department", N_("Department"), Kind.CHOICE, choices=DEPARTMENT_NAMES),
)
