"""What a form offers is read back to the same value; what is shown can do nothing to the screen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from crm import fields
from crm.dates import moment
from crm.errors import Invalid
from crm.fields import ENTITIES, PAYMENT, Field, Kind, Reading
from menus import i18n
from menus.toolbar import time_left
from menus.written import details, label, typed, visible, written
from tests.company import NOW, Office
from tests.menus.test_shell import speaking

ZONES = ("Europe/Paris", "Europe/London", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
BY_KIND: dict[Kind, Field] = {field.kind: field for entity in ENTITIES.values() for field in entity if field.editable}
SECOND_TIME = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the clocks of Paris show 02:30, as they did an hour before


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> Iterator[i18n.Language]:
    with speaking(request.param) as language:
        yield language


def read_back(field: Field, value: object) -> object:
    """What Enter makes of what the form offers; moments in UTC, for Python calls no two zones' repeated times equal."""
    language = i18n.current()
    read = field.read(typed(field, value), Reading(language.code, language.zone, NOW))
    return read.astimezone(UTC) if isinstance(read, datetime) else read


class TestOfferedIsReadBack:
    @given(st.decimals(min_value=0, max_value=Decimal("9999999999.99"), places=2))
    @example(Decimal("0.00"))
    @example(Decimal("1000.00"))
    @example(Decimal("1234.56"))
    @example(Decimal("9999999999.99"))
    def test_amounts(self, value: Decimal) -> None:
        for code in ("en", "fr"):
            with speaking(code):
                assert read_back(PAYMENT, value) == value

    @given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
    @example(date(2021, 4, 18))
    @example(date(2000, 2, 29))
    def test_days(self, value: date) -> None:
        for code in ("en", "fr"):
            with speaking(code):
                assert read_back(BY_KIND[Kind.DAY], value) == value

    @given(
        st.datetimes(min_value=datetime(1912, 1, 1), max_value=datetime(2199, 12, 30)),
        st.integers(0, 1),
        st.sampled_from(ZONES),
    )
    @example(datetime(2026, 10, 25, 2, 30), 0, "Europe/Paris")
    @example(datetime(2026, 10, 25, 2, 30), 1, "Europe/Paris")
    @example(datetime(2026, 10, 25, 1, 0), 1, "Europe/London")
    @example(datetime(2026, 4, 5, 1, 45), 1, "Australia/Lord_Howe")
    @settings(deadline=None)
    def test_moments(self, wall: datetime, fold: int, zone: str) -> None:
        value = wall.replace(second=0, microsecond=0, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
        assume(value.astimezone(ZoneInfo(zone)).utcoffset().total_seconds() % 60 == 0)  # type: ignore[union-attr]  # once Newfoundland had seconds
        for code in ("en", "fr"):
            with speaking(code, zone):
                assert read_back(BY_KIND[Kind.MOMENT], value) == value

    @given(st.integers(0, 1_000_000))
    def test_counts(self, value: int) -> None:
        for code in ("en", "fr"):
            with speaking(code):
                assert read_back(BY_KIND[Kind.COUNT], value) == value

    @given(st.text(max_size=60), st.sampled_from([Kind.LINE, Kind.LINES]))
    def test_texts(self, value: str, kind: Kind) -> None:
        field = BY_KIND[kind]
        try:
            kept = field.clean(value)
        except Invalid:
            assume(False)
        assert read_back(field, kept) == kept

    @pytest.mark.parametrize(
        "phone", ["+678 123 456 78", "+ 666 12345", "+1 234 567 8901", "01 23 45 67 89 ext 12", ""]
    )
    def test_telephone_numbers(self, phone: str, language: i18n.Language) -> None:
        kept = BY_KIND[Kind.PHONE].clean(phone)
        assert read_back(BY_KIND[Kind.PHONE], kept) == kept

    @pytest.mark.parametrize(
        "kind", [kind for kind, field in BY_KIND.items() if kind not in (Kind.RECORD, Kind.CHOICE)]
    )
    def test_nothing_is_offered_for_nothing(self, kind: Kind) -> None:
        assert typed(BY_KIND[kind], None) == ""

    def test_everything_on_record_survives_a_form(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        asked = [
            (entity, field)
            for entity in ENTITIES
            for field in fields.editable(entity)
            if field.kind not in (Kind.RECORD, Kind.CHOICE)
        ]
        for code, (entity, field) in itertools.product(("en", "fr"), asked):
            with speaking(code):
                for record in gina.of(entity).visible():
                    value = field.clean(field.of(record, NOW))
                    assert read_back(field, value) == value, (record, field.name)

    def test_only_the_second_time_of_an_hour_is_offered_with_its_offset(self, language: i18n.Language) -> None:
        field = BY_KIND[Kind.MOMENT]
        assert typed(field, SECOND_TIME) == "2026-10-25T02:30+01:00"
        assert typed(field, SECOND_TIME - timedelta(hours=1)) == "25/10/2026 02:30"
        assert typed(field, datetime(2027, 6, 4, 13, tzinfo=UTC)) == "04/06/2027 15:00"


class TestInFrench:
    """The formats of the specification, and those of everyday."""

    @pytest.mark.parametrize(
        ("answer", "value"),
        [
            ("1 234,56 €", Decimal("1234.56")),
            ("1\N{NARROW NO-BREAK SPACE}234,56\N{NO-BREAK SPACE}€", Decimal("1234.56")),
            ("1234,5", Decimal("1234.50")),
            ("1.234", Decimal(1234)),
            ("12 500", Decimal(12500)),
        ],
    )
    def test_amounts(self, answer: str, value: Decimal) -> None:
        assert PAYMENT.read(answer, Reading("fr", ZoneInfo("Europe/Paris"), NOW)) == value

    @pytest.mark.parametrize(
        "answer", ["18/04/2021", "18 avril 2021", "18 avr. 2021", "le 18 avril 2021", "2021-04-18"]
    )
    def test_days(self, answer: str) -> None:
        assert BY_KIND[Kind.DAY].read(answer, Reading("fr", ZoneInfo("Europe/Paris"), NOW)) == date(2021, 4, 18)

    @pytest.mark.parametrize(
        "answer", ["4 juin 2027 à 13h", "04/06/2027 13:00", "4 juin 2027 13h00", "vendredi 4 juin 2027, 13 h"]
    )
    def test_moments(self, answer: str) -> None:
        read = BY_KIND[Kind.MOMENT].read(answer, Reading("fr", ZoneInfo("Europe/Paris"), NOW))
        assert read == datetime(2027, 6, 4, 11, tzinfo=UTC)

    def test_what_a_card_shows_can_be_typed_into_a_form(self) -> None:
        """People read a value on the screen and type it again."""
        with speaking("fr") as language:
            reading = Reading("fr", language.zone, NOW)
            amount, day, start = Decimal("12345.60"), date(2021, 4, 18), datetime(2027, 6, 4, 11, tzinfo=UTC)
            assert PAYMENT.read(written(PAYMENT, amount), reading) == amount
            assert BY_KIND[Kind.DAY].read(written(BY_KIND[Kind.DAY], day), reading) == day
            assert moment(written(BY_KIND[Kind.MOMENT], start), zone=language.zone, language="fr", now=NOW) == start


class TestVisible:
    @pytest.mark.parametrize(
        "text",
        [
            "[/red]",
            "[bold]Kevin[/bold]",
            ":smile:",
            "Zoë Née",
            "日本語",
            "🎉 Fête",
            "a\nb",
            "1\u202f234,56\xa0€",
            "\\",
            "é́",
        ],
    )
    def test_what_people_write_stays(self, text: str) -> None:
        assert visible(text) == text

    @pytest.mark.parametrize(
        "letter",
        [
            "\x1b",
            "\x00",
            "\x07",
            "\b",
            "\r",
            "\t",
            "\v",
            "\x7f",
            "\x9b",
            "\u202e",
            "\u2066",
            "\u2028",
            "\u200f",
            "\ud800",
            "\U000e0041",
        ],
    )
    def test_what_could_move_the_cursor_or_turn_the_line_is_seen_and_does_nothing(self, letter: str) -> None:
        assert visible(f"a{letter}b") == "a\N{REPLACEMENT CHARACTER}b"

    def test_emoji_come_apart_rather_than_be_wider_than_they_were_counted(self) -> None:
        assert visible("👨\u200d👩\u200d👧") == "👨👩👧"

    @given(st.text())
    def test_nothing_dangerous_is_left(self, text: str) -> None:
        shown = visible(text)
        assert visible(shown) == shown
        assert not any((letter < " " and letter != "\n") or "\x7f" <= letter <= "\x9f" for letter in shown)


class TestWritten:
    def test_empty_values_are_nothing(self) -> None:
        assert [written(field, None) for entity in ENTITIES.values() for field in entity] == [""] * sum(
            map(len, ENTITIES.values())
        )

    def test_amounts_days_and_moments_follow_the_language(self) -> None:
        start = datetime(2027, 6, 4, 13, tzinfo=UTC)
        with speaking("en"):
            assert written(PAYMENT, Decimal("1234.5")) == "€1,234.50"
            assert written(BY_KIND[Kind.DAY], date(2021, 4, 18)) == "18 Apr 2021"
            assert written(BY_KIND[Kind.MOMENT], start) == "4 Jun 2027 15:00"
        with speaking("fr"):
            assert written(PAYMENT, Decimal("1234.5")) == "1\u202f234,50\xa0€"
            assert written(BY_KIND[Kind.DAY], date(2021, 4, 18)) == "18 avr. 2021"
            assert written(BY_KIND[Kind.MOMENT], start) == "4 juin 2027 15:00"

    def test_choices_are_shown_by_name(self) -> None:
        (department,) = fields.named("employee", "department")
        assert [written(department, key) for key in department.choices] == [
            "Sales",
            "Support",
            "Management",
            "Administration",
        ]
        (active,) = fields.named("employee", "active")
        assert (written(active, True), written(active, False)) == ("yes", "no")

    def test_namesakes_are_told_apart(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        assert label(gina.contracts.get(652)) == "contract 652 of John Ouick"
        assert details(gina.contracts.get(652)) == "signed · €8,000.00 · john.ouick@gmail.com"
        assert details(gina.contracts.get(11)) == "unsigned · €500.00 · john.ouick@gmail.com"
        assert details(gina.clients.get(1)) == "Cool Startup LLC · kevin@startup.io · +678 123 456 78"
        assert (
            details(gina.clients.get(2)) == "john.ouick@gmail.com · +1 234 567 8901"
        )  # no company, no empty place for it
        assert (label(gina.events.get(109)), details(gina.events.get(109))) == (
            "John Ouick Wedding",
            "4 Jun 2027 13:00 · John Ouick · john.ouick@gmail.com",
        )
        assert details(gina.employees.get(4)) == "kate@epic.example"

    @pytest.mark.parametrize(
        ("left", "shown"),
        [
            (timedelta(hours=7, minutes=32, seconds=59), "7 h 32 left"),
            (timedelta(hours=1, minutes=5), "1 h 05 left"),
            (timedelta(seconds=59), "0 h 00 left"),
            (timedelta(seconds=-5), "0 h 00 left"),
        ],
    )
    def test_time_left(self, left: timedelta, shown: str) -> None:
        assert time_left(NOW + left, NOW) == shown
