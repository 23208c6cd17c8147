"""What people type: what is read, what is refused with which advice, and that nothing else can happen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from crm import validation
from crm.errors import Invalid

# First examples import dateparser and friends: a deadline would measure the imports.
settings.register_profile("validation", deadline=None)
settings.load_profile("validation")

PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY = datetime(2026, 5, 6, 10, 0, tzinfo=PARIS)

line = partial(validation.text, longest=100)
lines = partial(validation.text, longest=10_000, lines=True)
french = partial(validation.amount, language="fr")
english = partial(validation.amount, language="en")
READERS: dict[str, Callable[[str], object]] = {
    "line": line,
    "lines": lines,
    "optional line": partial(line, required=False),
    "email": validation.email,
    "phone": validation.phone,
    "required phone": partial(validation.phone, required=True),
    "French amount": french,
    "English amount": english,
    "count": validation.whole_number,
    "moment": partial(validation.moment, zone=PARIS, language="fr", now=WEDNESDAY),
    "moment at midnight": partial(validation.moment, zone=PARIS, language="en", now=WEDNESDAY, needs_time=False),
    "day": partial(validation.day, language="fr", today=WEDNESDAY.date()),
}

# st.text() alone leaves out lone surrogates, and hardly ever writes something that looks right.
WORDS = """0 1 4 12 13 30 31 60 75 2023 2026 99999 ٣ . , : - − / + ( ) @ € $ eur ext poste x h pm a.m. midi à at le of T Z
 1e400 nan inf +02:00 lundi tuesday mar demain ago dans jours month juin mars may sept. août first kevin startup.io .test
 é ç é İ ß xn-- 👩‍👧"""
PIECES = [*WORDS.split(), " ", "\u00a0", "\u202f", "\n", "\t", "\r", "\0", "\u202e", "\ufeff", "\u200d", "\ud800"]
TYPED = st.text(st.characters()) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
TYPED |= st.lists(st.sampled_from(PIECES), max_size=10).map(" ".join)


def refusal(read: Callable[[str], object], typed: str) -> str:
    """The sentence that `typed` is refused with, its placeholders filled."""
    with pytest.raises(Invalid) as refused:
        read(typed)
    assert refused.value.field is None
    return str(refused.value)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_whatever_is_typed_is_read_or_refused_with_a_full_sentence(read: Callable[[str], object]) -> None:
    @settings(max_examples=300)
    @given(TYPED)
    def check(typed: str) -> None:
        try:
            read(typed)
        except Invalid as refused:
            sentence = str(refused)
        else:
            return
        assert re.fullmatch(r"[A-Z][^{}]+\.", sentence)

    check()


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    "bit", ["1", "a", "1 ", "1,", "(", "+1 ", "1h ", "à ", "a@", "a.", "\u0301\u0316", "\u202e", "\n", " "]
)
def test_far_too_much_is_refused_at_once(read: Callable[[str], object], bit: str) -> None:
    typed = "4" + bit * (40_000 // len(bit)) + "!"
    began = time.monotonic()
    refusal(read, typed)
    assert time.monotonic() - began < 0.5


# Texts


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("Kevin Casey", "Kevin Casey"),
        ("  Kevin \t  Casey\u00a0\n", "Kevin Casey"),
        ("Cande\u0301-sur-Beuvron", "Candé-sur-Beuvron"),
        ("Assemblée générale (~200 personnes) : 50 % d'élus", "Assemblée générale (~200 personnes) : 50 % d'élus"),
        ("👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️", "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️"),
        ("\ufeffEpic\u200b Ev\u00adents", "Epic Events"),
        ("Zoé" * 33 + "!", "Zoé" * 33 + "!"),
        ("e\u0301" * 100, "é" * 100),
    ],
)
def test_a_line_is_tidied(typed: str, clean: str) -> None:
    assert line(typed) == clean


def test_several_lines_keep_their_shape() -> None:
    typed = "\r\nWedding starts at 3PM,  by the river.  \r\n\r\n\t- Catering\u2028- Music\n"
    assert lines(typed) == "Wedding starts at 3PM,  by the river.\n\n - Catering\n- Music"


@pytest.mark.parametrize("typed", ["", "   ", "\n\t\r\n", "\ufeff", "\u200d", "\u00a0", "\u3164", "\ufe0f"])
def test_nothing_visible_is_empty(typed: str) -> None:
    assert line(typed, required=False) == ""
    assert "cannot stay empty" in refusal(line, typed)


@pytest.mark.parametrize(
    "hidden", [*"\0\x07\x1b\x7f\x80\x9b\x9f\u061c\u200e\u200f\u202a\u202e\u2066\u2069\ufff9\ud800\udfff"], ids=ascii
)
def test_hidden_control_characters_are_refused(hidden: str) -> None:
    for read in (line, lines):
        for typed in (f"Kevin{hidden}Casey", f"{hidden}Kevin", f"Kevin{hidden}"):
            assert "hidden control characters" in refusal(read, typed)


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_a_second_line_is_refused_where_one_is_expected(line_end: str) -> None:
    assert "single line" in refusal(line, f"Kevin{line_end}Casey")
    assert lines(f"Kevin{line_end}Casey") == "Kevin\nCasey"


def test_a_text_has_its_limit_in_characters() -> None:
    assert line("👍" * 100) == "👍" * 100
    assert "at most 100 characters" in refusal(line, "👍" * 101)


@given(TYPED)
def test_a_clean_text_is_what_the_database_accepts(typed: str) -> None:
    """The same rules as the domains crm.line and crm.lines of schema.sql."""
    hidden = "[\x01-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
    for read, forbidden in ((line, f"{hidden}|\n"), (lines, hidden)):
        try:
            clean = read(typed)
        except Invalid:
            continue
        assert not re.search(forbidden, clean)
        assert clean == clean.strip(" ")
        assert "\0" not in clean
        clean.encode()


@pytest.mark.parametrize("name", ["line", "lines", "optional line", "email", "phone"])
def test_what_is_clean_stays_as_it_is(name: str) -> None:
    @settings(max_examples=300)
    @given(TYPED)
    def check(typed: str) -> None:
        try:
            clean = READERS[name](typed)
        except Invalid:
            return
        assert isinstance(clean, str)
        assert READERS[name](clean) == clean

    check()


# Emails


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("kevin@startup.io", "kevin@startup.io"),
        (" Kevin.Casey+crm@Startup.IO ", "kevin.casey+crm@startup.io"),
        ("john.ouick@gmail.com", "john.ouick@gmail.com"),
        ("jacky@loubouzin.grd", "jacky@loubouzin.grd"),
        ("bill@epicevents.test", "bill@epicevents.test"),
        ("bill@epicevents.example", "bill@epicevents.example"),
        ("Contact@ÉLAN.fr", "contact@élan.fr"),
    ],
)
def test_emails(typed: str, clean: str) -> None:
    assert validation.email(typed) == clean


NOT_AN_EMAIL = """kevin kevin@ @startup.io kevin@startup kevin@@startup.io kevin@startup..io kevin@[127.0.0.1] kevin@localhost
    aliénor@epicevents.fr kevin@startup.io,bill@startup.io <kevin@startup.io> "kevin"@startup.io kevin@start_up.io"""


@pytest.mark.parametrize("typed", [*NOT_AN_EMAIL.split(), "Kevin Casey <kevin@startup.io>", "kevin casey@startup.io"])
def test_what_is_not_an_email(typed: str) -> None:
    assert ": kevin@startup.io" in refusal(validation.email, typed)


def test_an_email_fits_its_column() -> None:
    assert "at most 200" in refusal(validation.email, f"kevin@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 20}.io")
    ligatures = ".".join(["\ufb03" * 20] * 4)  # three letters each, once it is a domain
    assert "at most 200" in refusal(validation.email, f"kevin@{ligatures[:-10]}.io")


@given(st.emails())
def test_every_email_in_lower_case(typed: str) -> None:
    try:
        clean = validation.email(typed)
    except Invalid:
        return
    assert clean == clean.lower()
    assert clean.partition("@")[0] == typed.lower().rpartition("@")[0]


# Telephone numbers


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("+678 123 456 78", "+678 123 456 78"),
        ("+ 666 12345", "+ 666 12345"),
        ("+1 234 567 8901", "+1 234-567-8901"),
        ("+33612345678", "+33 6 12 34 56 78"),
        ("+33 (0)6.12.34.56.78", "+33 6 12 34 56 78"),
        ("(+44) 20 7946-0958", "+44 20 7946 0958"),
        ("+33 1 23 45 67 89, poste 12", "+33 1 23 45 67 89 poste 12"),
        ("06  12 34 56 78", "06 12 34 56 78"),
        ("01.23.45.67.89 ext. 12", "01.23.45.67.89 ext. 12"),
        ("(0123) 456/789", "(0123) 456/789"),
        ("112", "112"),
        ("+999 123 456", "+999 123 456"),
        ("\u202a+33\u00a06\u202f12 34 56 78\u202c", "+33 6 12 34 56 78"),
        ("020\u20117946\u20130958", "020-7946-0958"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_phones(typed: str, clean: str) -> None:
    assert validation.phone(typed) == clean


@pytest.mark.parametrize(
    "typed",
    [
        "12",
        "1" * 21,
        "+",
        "()",
        "kevin",
        "06 12 34 56 78 kevin",
        "+33 +33 612345678",
        "06\n12",
        "٠٦١٢٣٤",
        "ext 12",
        "06-",
    ],
)
def test_what_is_not_a_phone(typed: str) -> None:
    assert "3 to 20 digits" in refusal(validation.phone, typed)


def test_a_required_phone_cannot_stay_empty() -> None:
    assert "like +33 6" in refusal(partial(validation.phone, required=True), " ")


def test_phones_of_all_countries_are_kept_in_international_form() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number(region)
        assert example is not None
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        assert validation.phone(written) == written
        assert validation.phone(written.replace(" ", "").replace("-", "")) == written


# Amounts


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1 234,56 €", "1234.56"),
        ("1\u202f234,56\u00a0€", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("€1,234.5", "1234.50"),
        ("1 234.56 EUR", "1234.56"),
        ("1 234 567", "1234567.00"),
        ("1,234,567", "1234567.00"),
        ("1.234.567", "1234567.00"),
        ("1234", "1234.00"),
        ("12,5", "12.50"),
        ("12.5", "12.50"),
        ("0", "0.00"),
        ("0,01 euro", "0.01"),
        ("007", "7.00"),
        ("9 999 999 999,99", "9999999999.99"),
    ],
)
def test_amounts(typed: str, value: str) -> None:
    assert str(french(typed)) == str(english(typed)) == value


def test_one_separator_before_three_digits_is_read_as_the_language_does() -> None:
    assert french("1.234") == english("1,234") == english("€1,234") == Decimal("1234.00")
    assert refusal(french, "1,234") == "Please write at most two decimals, and 1 000 for one thousand."
    assert refusal(english, "1.234") == "Please write at most two decimals, and 1,000 for one thousand."


@pytest.mark.parametrize(
    ("advice", "refused"),
    [
        (
            "an amount in euros, for example 1,234.56",
            ["", " ", "€", "nan", "inf", "1e5", "1e400", "٣", "１２", "12 34", "1.234.56"],
        ),
        (
            "an amount in euros, for example 1,234.56",
            ["1,234,56", "1 23 4", "0 123", ",5", "5,", "$5", "5 £", "+5", "1'234", "five"],
        ),
        ("cannot be negative", ["-5", "−5", "- 5", "-5 €", "€-5", "-€5", "–0"]),
        ("at most two decimals", ["1,2345", "0.123", "1234.567", "1 234,567", "1,234.567", "1.234,567 €"]),
        ("at most 9,999,999,999.99", ["10000000000", "9 999 999 999 999,99", "9" * 40]),
    ],
)
def test_what_is_not_an_amount(advice: str, refused: list[str]) -> None:
    for typed in refused:
        assert advice in refusal(french, typed)
        assert advice in refusal(english, typed)


AMOUNTS = st.decimals(min_value=0, max_value=validation.LARGEST_AMOUNT, places=2)


@given(AMOUNTS)
def test_amounts_written_by_babel_are_read_back(value: Decimal) -> None:
    for locale in ("fr_FR", "en_GB"):
        for written in (format_currency(value, "EUR", locale=locale), format_decimal(value, locale=locale), str(value)):
            assert validation.amount(written, language=locale[:2]) == value


# Whole numbers


@pytest.mark.parametrize(
    ("typed", "number"), [("75", 75), (" 0 ", 0), ("1 000", 1000), ("1,000", 1000), ("1.000.000", 1_000_000)]
)
def test_whole_numbers(typed: str, number: int) -> None:
    assert validation.whole_number(typed, largest=1_000_000) == number


@pytest.mark.parametrize(
    "typed", ["", "-1", "0", "1000001", "2.5", "2,5", "1e3", "٣", "²", "~200", "12 34", "9" * 5000, "1_000"]
)
def test_what_is_not_a_whole_number(typed: str) -> None:
    read = partial(validation.whole_number, smallest=1, largest=1_000_000)
    assert refusal(read, typed) == "Please write a whole number from 1 to 1000000, for example 75."


# Rules between fields


def at(moment: str) -> datetime:
    return validation.moment(moment, zone=PARIS, language="en", now=WEDNESDAY)


def test_an_event_ends_after_it_starts() -> None:
    validation.end_after_start(at("4 Jun 2023 @ 1PM"), at("5 Jun 2023 @ 2AM"))
    validation.end_after_start(at("25/10/2026 02:30"), at("2026-10-25T02:15+01:00"))
    for start, end in [("18/04/2026 14:00", "18/04/2026 14:00"), ("18/04/2026 14:00", "17/04/2026 15:00")]:
        with pytest.raises(Invalid, match="must come after") as refused:
            validation.end_after_start(at(start), at(end))
        assert refused.value.field == "end_date"
    with pytest.raises(Invalid):
        validation.end_after_start(at("18/04/2026 14:00"), at("18/04/2026 14:00").astimezone(UTC))


def test_no_more_is_due_than_the_total() -> None:
    for due in ("0", "0.01", "10.00"):
        validation.due_within_total(Decimal(due), Decimal("10.00"))
    for due in ("-0.01", "10.01"):
        with pytest.raises(Invalid, match="between 0 and the total") as refused:
            validation.due_within_total(Decimal(due), Decimal("10.00"))
        assert refused.value.field == "amount_to_be_paid"


def test_a_payment_is_something_and_no_more_than_what_remains() -> None:
    for payment in ("0.01", "10.00"):
        validation.payment_within_due(Decimal(payment), Decimal("10.00"))
    for payment, why in (("0", "more than zero"), ("-1", "more than zero"), ("NaN", "more than"), ("10.01", "No more")):
        with pytest.raises(Invalid, match=why) as refused:
            validation.payment_within_due(Decimal(payment), Decimal("10.00"))
        assert refused.value.field == "payment"
