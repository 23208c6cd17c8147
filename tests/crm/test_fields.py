"""The one description of every entity: it fits the models, the database and what people type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import peewee
import pytest

from crm import fields
from crm.errors import Invalid
from crm.fields import ENTITIES, TEXTS, Field, Kind, Reading
from crm.models import DEPARTMENTS, Client, Contract, Employee, Event
from tests.company import NOW, Office

MODELS: dict[str, type[peewee.Model]] = {"client": Client, "contract": Contract, "event": Event, "employee": Employee}
ALL = [pytest.param(entity, field, id=f"{entity}.{field.name}") for entity in ENTITIES for field in ENTITIES[entity]]
DERIVED = {"event.state", "event.client_contact", "contract.payments"}
STORED = [param for param in ALL if param.id not in DERIVED]
PARIS = Reading("fr", ZoneInfo("Europe/Paris"), NOW)
LONDON = Reading("en", ZoneInfo("Europe/London"), NOW)

STORED_AS = {  # what the model keeps for each kind
    Kind.NUMBER: (peewee.AutoField,),
    Kind.LINE: (peewee.CharField,),
    Kind.LINES: (peewee.TextField,),
    Kind.EMAIL: (peewee.CharField,),
    Kind.PHONE: (peewee.CharField,),
    Kind.AMOUNT: (peewee.DecimalField,),
    Kind.COUNT: (peewee.IntegerField,),
    Kind.DAY: (peewee.DateField,),
    Kind.MOMENT: (peewee.DateTimeField,),
    Kind.CHOICE: (peewee.CharField, peewee.BooleanField),
    Kind.RECORD: (peewee.ForeignKeyField,),
}


def named(entity: str, name: str) -> Field:
    return fields.named(entity, name)[0]


class TestDescription:
    @pytest.mark.parametrize(("entity", "field"), STORED)
    def test_each_field_is_one_of_the_model(self, entity: str, field: Field) -> None:
        model = MODELS[entity]
        *steps, last = (field.path or field.name).split(".")
        for step in steps:
            model = model._meta.fields[step].rel_model
        assert isinstance(model._meta.fields[last], STORED_AS[field.kind])

    @pytest.mark.parametrize(("entity", "field"), ALL)
    def test_each_has_what_its_kind_needs(self, entity: str, field: Field) -> None:
        assert field.label[0].isupper()
        assert field.label.strip() == field.label
        assert (field.kind is Kind.CHOICE) == bool(field.choices)
        assert field.kind is not Kind.RECORD or not field.editable or field.entity in ENTITIES

    @pytest.mark.parametrize("entity", ENTITIES)
    def test_names_and_labels_are_unique(self, entity: str) -> None:
        described = ENTITIES[entity]
        assert len({field.name for field in described}) == len({field.label for field in described}) == len(described)

    @pytest.mark.parametrize("entity", ENTITIES)
    def test_whatever_the_model_has_is_described_or_kept_from_people(self, entity: str) -> None:
        hidden = {"version", "must_change_password", "cancelled_at"}
        assert set(MODELS[entity]._meta.fields) - hidden <= {field.name for field in ENTITIES[entity]}

    def test_choices_are_those_of_the_database(self, office: Office) -> None:
        def allowed(constraint: str) -> set[str]:
            (values,) = office.as_owner(
                "SELECT array(SELECT m[1] FROM regexp_matches(pg_get_constraintdef(oid), '''(\\w+)''', 'g') AS m)"
                " FROM pg_constraint WHERE conname = %s",
                constraint,
            )[0]
            return set(values)

        assert set(named("employee", "department").choices) == set(DEPARTMENTS) == allowed("employee_department_check")
        assert set(named("contract", "status").choices) == allowed("contract_status_check")

    def test_states_are_all_that_an_event_can_be_in(self) -> None:
        event = Event(start_date=NOW, end_date=NOW, support_contact_id=None, cancelled_at=NOW)
        early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
        states = {event.state(NOW)}
        for start, end, support in ((late, late, None), (late, late, 4), (early, late, 4), (early, early, 4)):
            states.add(Event(start_date=start, end_date=end, support_contact=support).state(NOW))
        assert states == set(named("event", "state").choices)


class TestForms:
    @pytest.mark.parametrize(
        ("entity", "asked"),
        [
            ("client", ["full_name", "email", "phone", "company_name", "first_contact"]),
            ("contract", ["client", "total_amount", "amount_to_be_paid"]),
            ("event", ["title", "contract", "start_date", "end_date", "location", "attendees", "notes"]),
            ("employee", ["full_name", "email", "department"]),
        ],
    )
    def test_ask_for_what_the_database_lets_people_write(self, office: Office, entity: str, asked: list[str]) -> None:
        assert [field.name for field in fields.editable(entity)] == asked
        columns = [MODELS[entity]._meta.fields[name].column_name for name in asked]
        granted = office.as_owner(
            f"SELECT bool_and(has_column_privilege('epic_app', 'crm.{entity}', name, 'INSERT')) FROM unnest(%s) AS name",
            columns,
        )
        assert granted == [(True,)]

    def test_in_the_order_that_one_wants(self) -> None:
        assert [field.name for field in fields.named("client", "email", "full_name")] == ["email", "full_name"]
        with pytest.raises(KeyError):
            fields.named("client", "weather")


class TestTables:
    @pytest.mark.parametrize("entity", ENTITIES)
    def test_show_the_ranked_ones(self, entity: str) -> None:
        shown = fields.columns(entity)
        assert [field for field in ENTITIES[entity] if field in shown] == list(shown)
        assert {field.rank > 0 for field in shown} == {True}
        assert next(field.name for field in shown if field.rank == 1) == "id"

    def test_values_come_from_records(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        for entity, key in (("client", 1), ("contract", 412), ("event", 109), ("employee", 2)):
            record = gina.of(entity).get(key)
            values = {field.name: field.of(record, NOW) for field in ENTITIES[entity]}
            assert values["id"] == key
            assert values.pop("anonymised_at", None) is None  # this one does not apply to most
            assert None not in [
                values[field.name] for field in ENTITIES[entity] if field.required and field.name in values
            ]

    def test_some_of_them_by_a_path_or_derived(self, office: Office) -> None:
        event = office.session("Kate Hastroff").events.get(109)
        assert named("event", "client").of(event, NOW).full_name == "John Ouick"
        assert named("event", "state").of(event, NOW) == "planned"
        assert named("event", "state").of(event, datetime(2028, 1, 1, tzinfo=UTC)) == "over"


class TestReading:
    @pytest.mark.parametrize(
        ("entity", "name", "typed", "reading", "meant"),
        [
            ("client", "full_name", "  Ada   Lovelace ", PARIS, "Ada Lovelace"),
            ("client", "email", "Ada@Engine.Example", PARIS, "ada@engine.example"),
            ("client", "phone", "", PARIS, ""),
            ("client", "company_name", "", PARIS, ""),
            ("client", "first_contact", "18/04/2021", PARIS, date(2021, 4, 18)),
            ("contract", "total_amount", "1 234,50", PARIS, Decimal("1234.50")),
            ("contract", "total_amount", "1,234.50", LONDON, Decimal("1234.50")),
            ("event", "start_date", "04/06/2027 15:00", PARIS, datetime(2027, 6, 4, 13, tzinfo=UTC)),
            ("event", "start_date", "04/06/2027 15:00", LONDON, datetime(2027, 6, 4, 14, tzinfo=UTC)),
            ("event", "attendees", "75", PARIS, 75),
            ("event", "attendees", " ", PARIS, None),
            ("event", "notes", "one\n\ntwo", PARIS, "one\n\ntwo"),
            ("employee", "department", " Support ", PARIS, "support"),
            ("contract", "status", "signed", PARIS, "signed"),
        ],
    )
    def test_what_is_typed(self, entity: str, name: str, typed: str, reading: Reading, meant: Any) -> None:
        assert named(entity, name).read(typed, reading) == meant

    @pytest.mark.parametrize(
        ("entity", "name", "typed"),
        [
            ("client", "full_name", ""),
            ("client", "full_name", "x" * 101),
            ("client", "email", "kevin"),
            ("client", "phone", "call me"),
            ("client", "company_name", "x" * 101),
            ("client", "first_contact", ""),
            ("client", "first_contact", "30/02/2021"),
            ("contract", "total_amount", ""),
            ("contract", "total_amount", "-5"),
            ("contract", "amount_to_be_paid", "much"),
            ("event", "title", "x" * 151),
            ("event", "start_date", "01/01/1899 12:00"),
            ("event", "end_date", "01/01/2200 12:00"),
            ("event", "attendees", "1000001"),
            ("event", "notes", "x" * 10_001),
            ("employee", "department", "marketing"),
            ("employee", "department", ""),
        ],
    )
    def test_a_refusal_names_its_field(self, entity: str, name: str, typed: str) -> None:
        with pytest.raises(Invalid) as invalid:
            named(entity, name).read(typed, PARIS)
        assert invalid.value.field == name
        assert "{" not in str(invalid.value)

    def test_a_choice_says_what_there_is(self) -> None:
        with pytest.raises(Invalid, match="sales, support, accounting, admin"):
            named("employee", "department").read("marketing", PARIS)

    @pytest.mark.parametrize(
        ("entity", "name"), [("client", "id"), ("event", "contract"), ("event", "support_contact")]
    )
    def test_records_are_looked_up_not_read(self, entity: str, name: str) -> None:
        with pytest.raises(TypeError, match=name):
            named(entity, name).read("12", PARIS)

    @pytest.mark.parametrize(
        ("entity", "field"), [pytest.param(*param.values, id=param.id) for param in ALL if param.values[1].example]
    )
    def test_examples_can_be_typed(self, entity: str, field: Field) -> None:
        assert field.read(field.example, PARIS)


class TestCleaning:
    """Values that did not come from a keyboard: from a spreadsheet, or from a colleague's program."""

    def test_texts_are_read_like_typed_ones(self) -> None:
        assert named("client", "email").clean("Kevin@StartUp.io ") == "kevin@startup.io"
        assert named("client", "phone").clean("") == ""
        with pytest.raises(Invalid) as invalid:
            named("client", "full_name").clean("a\x1b[31mb")
        assert invalid.value.field == "full_name"

    @pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
    def test_an_amount_is_a_number(self, value: Decimal) -> None:
        with pytest.raises(Invalid) as invalid:
            named("contract", "total_amount").clean(value)
        assert invalid.value.field == "total_amount"

    @pytest.mark.parametrize(
        ("entity", "name", "value"),
        [
            ("contract", "total_amount", Decimal("1.5")),
            ("event", "attendees", None),
            ("client", "first_contact", date(2021, 4, 18)),
        ],
    )
    def test_everything_else_is_the_databases_to_judge(self, entity: str, name: str, value: Any) -> None:
        assert named(entity, name).clean(value) == value

    def test_texts_have_room_in_the_database(self) -> None:
        for entity in ENTITIES.values():
            for field in entity:
                if field.kind in TEXTS:
                    assert field.longest <= (10_000 if field.kind is Kind.LINES else 200)

    def test_a_field_can_be_varied_for_one_form(self) -> None:
        optional = replace(named("contract", "total_amount"), required=False)
        assert optional.read("", PARIS) is None


class TestFieldsThatGoTogether:
    MOMENT = datetime(2027, 6, 4, 13, tzinfo=ZoneInfo("Europe/Paris"))

    @pytest.mark.parametrize(
        ("field", "value", "others"),
        [
            (named("event", "end_date"), MOMENT, {"start_date": MOMENT}),
            (named("contract", "amount_to_be_paid"), Decimal(11), {"total_amount": Decimal(10)}),
            (fields.PAYMENT, Decimal(11), {"amount_to_be_paid": Decimal(10)}),
        ],
    )
    def test_is_told_by_the_field_that_comes_later(self, field: Field, value: Any, others: dict[str, Any]) -> None:
        with pytest.raises(Invalid) as invalid:
            field.agree(value, others)
        assert invalid.value.field == field.name
        field.agree(value, {})  # not known yet
        field.agree(value, dict.fromkeys(others))
        field.agree(None, others)

    def test_what_goes_together_is_there(self) -> None:
        for entity in ENTITIES.values():
            names = {field.name for field in entity}
            for field in entity:
                assert (field.beside == "") == (field.rule is None)
                assert not field.beside or field.beside in names
