"""The records of Epic Events: what they hold, and what can be said of them without asking anybody.

Models are bound to no database: managers hand their own to every query. So a relation
that was not joined raises instead of quietly sending one more statement per row.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from peewee import (
    AutoField,
    BigAutoField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

if TYPE_CHECKING:
    from crm.conflicts import Elsewhere

DEPARTMENTS = ("sales", "support", "accounting", "admin")


class Record(Model):
    """A row of the schema crm."""

    id = AutoField()
    meanwhile: tuple[Elsewhere, ...] = ()
    """What others changed between the version that was seen and mine; of a record that was just saved."""

    class Meta:
        schema = "crm"


class Permission(Model):
    """A right of a department: an action on an entity, on one's own records or on all."""

    department = CharField()
    entity = CharField()
    action = CharField()
    scope = CharField()

    class Meta:
        schema = "crm"
        table_name = "permission"
        primary_key = False


class Colleague(Record):
    """An employee as every other one sees them."""

    full_name = CharField()
    department = CharField()

    class Meta:
        table_name = "colleague"


class Employee(Record):
    """Somebody who works here, as accounting and administration see them."""

    full_name = CharField()
    email = CharField()
    department = CharField()
    creation_date = DateField()
    active = BooleanField()
    must_change_password = BooleanField()
    version = IntegerField()
    locked_until: datetime | None = None
    """When they may try to sign in again after too many wrong passwords; None: now, or not mine to know."""

    class Meta:
        table_name = "employee"


class Client(Record):
    """Whom events are organised for."""

    full_name = CharField()
    email = CharField()
    phone = CharField()
    company_name = CharField()
    first_contact = DateField()
    last_update = DateTimeField()
    commercial_contact = ForeignKeyField(Colleague, column_name="commercial_contact_id", lazy_load=False, backref="+")
    version = IntegerField()
    anonymised_at = DateTimeField(null=True)

    class Meta:
        table_name = "client"

    @property
    def is_anonymised(self) -> bool:
        """Was the personal data taken away? Then nothing of this client is changed any more."""
        return self.anonymised_at is not None

    @property
    def contact(self) -> str:
        """How to reach them, a line each."""
        return "\n".join(way for way in (self.email, self.phone) if way)


class Contract(Record):
    """What a client agreed to pay; amounts in euros."""

    client = ForeignKeyField(Client, column_name="client_id", lazy_load=False, backref="+")
    commercial = ForeignKeyField(Colleague, column_name="commercial_id", lazy_load=False, backref="+")
    total_amount = DecimalField(max_digits=12, decimal_places=2)
    amount_to_be_paid = DecimalField(max_digits=12, decimal_places=2)
    creation_date = DateField()
    status = CharField()
    signed_at = DateTimeField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "contract"

    @property
    def is_signed(self) -> bool:
        return bool(self.status == "signed")

    @property
    def is_paid(self) -> bool:
        return bool(self.amount_to_be_paid == 0)

    @property
    def payments(self) -> str:
        """none, partial or full: how much of it came in."""
        if self.is_paid:
            return "full"
        return "partial" if self.paid else "none"

    @property
    def paid(self) -> Decimal:
        return Decimal(self.total_amount - self.amount_to_be_paid)


class Event(Record):
    """What is organised under a signed contract."""

    support_contact_id: int | None
    contract = ForeignKeyField(Contract, column_name="contract_id", lazy_load=False, backref="+")
    title = CharField()
    support_contact = ForeignKeyField(
        Colleague, column_name="support_contact_id", null=True, lazy_load=False, backref="+"
    )
    start_date = DateTimeField()
    end_date = DateTimeField()
    location = CharField()
    attendees = IntegerField(null=True)
    notes = TextField()
    cancelled_at = DateTimeField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "event"

    def state(self, now: datetime) -> str:
        """cancelled, over, under way, to assign or planned: what people call it, derived."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.end_date <= now:
            return "over"
        if self.start_date <= now:
            return "under way"
        return "to assign" if self.support_contact_id is None else "planned"

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None


class Change(Record):
    """A line of the history: {field: [old, new]}."""

    id = BigAutoField()
    at = DateTimeField()
    actor = ForeignKeyField(Colleague, column_name="actor_id", null=True, lazy_load=False, backref="+")
    client = IntegerField(column_name="client_id", null=True)
    entity = CharField()
    entity_id = IntegerField()
    action = CharField()
    fields = Field()  # jsonb, which psycopg2 reads into a dict

    class Meta:
        table_name = "change"


class SignIn(Model):
    """That somebody signed in, and the session that began with it: a row of crm.session."""

    employee_id: int
    jti = CharField(primary_key=True)
    employee = ForeignKeyField(Colleague, column_name="employee_id", lazy_load=False, backref="+")
    created_at = DateTimeField()
    expires_at = DateTimeField()
    revoked_at = DateTimeField(null=True)
    last_used = DateTimeField()
    place = CharField()
    """What the program said its machine is called; "" if it said nothing."""
    address = CharField(null=True)
    """As PostgreSQL saw it; None on a socket."""

    class Meta:
        schema = "crm"
        table_name = "session"
