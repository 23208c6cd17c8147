"""What people type becomes a clean value, or Invalid with a sentence that says what to write instead."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

from crm.dates import day, moment
from crm.errors import N_, Invalid

__all__ = [
    "amount", "day", "due_within_total", "email", "end_after_start", "moment", "payment_within_due", "phone", "text",
    "whole_number",
]  # fmt: skip

EMAIL_LONGEST = 200
"""Characters; RFC 5321 would allow 254, the domain crm.line of schema.sql has room for 200."""
NUMBER_LONGEST = 60
"""Characters of a telephone number, an amount or a count, its spaces and currency included."""
PHONE_DIGITS = range(3, 21)
LARGEST_AMOUNT = Decimal("9999999999.99")
"""Euros: what numeric(12,2) holds."""
LARGEST_COUNT = 2**31 - 1

_TOO_LONG = N_("This is too long: please write at most {longest} characters.")
_MISSING = N_("This cannot stay empty: please write something.")
_SEVERAL_LINES = N_("Please write this on a single line.")
_UNSHOWABLE_FOUND = N_("This contains hidden control characters: please type it instead of pasting it.")
_NOT_AN_EMAIL = N_("Please write one email address, no accents before the @: kevin@startup.io.")
_NOT_A_PHONE = N_("Please write a telephone number of 3 to 20 digits, like +33 6 12 34 56 78 ext 12.")
_NOT_AN_AMOUNT = N_("Please write an amount in euros, for example 1,234.56.")
_NEGATIVE = N_("An amount cannot be negative: please write it without a minus sign.")
_TOO_MANY_DECIMALS = N_("Please write at most two decimals, and {example} for one thousand.")
_TOO_MUCH = N_("This amount is too large: please write at most 9,999,999,999.99.")
_NOT_A_COUNT = N_("Please write a whole number from {smallest} to {largest}, for example 75.")
_ENDS_TOO_EARLY = N_("The end must come after the start.")
_DUE_BEYOND_TOTAL = N_("What remains to be paid must be between 0 and the total.")
_NOTHING_PAID = N_("A payment is more than zero.")
_PAID_TOO_MUCH = N_("No more than what remains can be paid.")

# Soft hyphen, zero-width space, word joiner, byte order mark: they come with pasted text and change nothing.
_WITHOUT_EFFECT = re.compile("[\u00ad\u200b\u2060\ufeff]")
_LINE_BREAK = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
# As in schema.sql: C0, C1, bidirectional overrides and isolates; and half characters, which UTF-8 cannot carry.
_UNSHOWABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2061-\u206f\ufff9-\ufffb\ud800-\udfff]"
)
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"

_EXTENSION = r"(?:,? ?(?P<word>extension|ext\.?|poste|x) ?(?P<extension>[0-9]{1,6}))?"
_PHONE = re.compile(r"(?P<number>\(?\+? ?\(?[0-9](?:[0-9 ()./-]*[0-9)])?)" + _EXTENSION, re.IGNORECASE | re.ASCII)
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2212", "-----")

_EURO = re.compile(r"^(-?)(?:€|eur\b) ?| ?(?:€|eur|euros?)$", re.IGNORECASE)
_WHOLE = r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?P<group>[ .,])[0-9]{3}(?:(?P=group)[0-9]{3})*)"
_COUNT = re.compile(_WHOLE)
_AMOUNT = re.compile(_WHOLE + r"(?:(?P<point>[.,])(?P<cents>[0-9]{1,2}))?")
_LONG_FRACTION = re.compile(r"[0-9][0-9 .,]*[.,][0-9]{3,}")


def text(typed: str, *, longest: int, required: bool = True, lines: bool = False) -> str:
    """`typed` in Unicode NFC without outer spaces, at most `longest` characters; "" when optional and empty.

    On one line, runs of spaces become one; with `lines`, line ends become line feeds and spaces before them go.
    Invalid for control and direction-changing characters; characters without effect (byte order mark) are left out.
    """
    # Before any other work: normalising is quadratic in the number of accents on one letter.
    if len(typed.strip()) > 2 * longest:
        raise Invalid(None, _TOO_LONG, longest=longest)
    written = _LINE_BREAK.sub("\n", _WITHOUT_EFFECT.sub("", typed)).replace("\t", " ")
    written = unicodedata.normalize("NFC", written).strip(" \n")
    if _UNSHOWABLE.search(written):
        raise Invalid(None, _UNSHOWABLE_FOUND)
    if "\n" in written and not lines:
        raise Invalid(None, _SEVERAL_LINES)
    clean = "\n".join(line.rstrip() if lines else " ".join(line.split()) for line in written.split("\n")).strip()
    if len(clean) > longest:
        raise Invalid(None, _TOO_LONG, longest=longest)
    if not any(map(_visible, clean)):
        clean = ""
    if required and not clean:
        raise Invalid(None, _MISSING)
    return clean


def email(typed: str) -> str:
    """One address in lower case, as the database keeps it; its domain is not looked up. Invalid otherwise."""
    from email_validator import EmailNotValidError, validate_email  # takes 40 ms to import

    written = text(typed, longest=EMAIL_LONGEST)
    try:
        found = validate_email(written, allow_smtputf8=False, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid(None, _NOT_AN_EMAIL) from None
    address = found.normalized.lower()
    if len(address) > EMAIL_LONGEST:
        raise Invalid(None, _TOO_LONG, longest=EMAIL_LONGEST)
    return address


def phone(typed: str, *, required: bool = False) -> str:
    """A telephone number: in international form if it starts with + and exists, else as typed; "" when empty.

    A national number stays as typed: its country would be a guess, and people look it up as they know it.
    """
    if not required and not typed.strip():
        return ""
    written = _short(typed, _NOT_A_PHONE).translate(_DASHES)
    found = _PHONE.fullmatch(written)
    if found is None or sum(map(str.isdigit, written)) not in PHONE_DIGITS:
        raise Invalid(None, _NOT_A_PHONE)
    international = _international(found["number"])
    if international is None:
        return written
    return f"{international} {found['word']} {found['extension']}" if found["word"] else international


def amount(typed: str, *, language: str) -> Decimal:
    """Euros from 0 to LARGEST_AMOUNT, with two decimals, written the French or the English way. Invalid otherwise.

    A separator followed by exactly three digits, once, could mean thousands or decimals: it means thousands where it
    does in `language` ("fr": 1.234, "en": 1,234), and is refused otherwise. Only the digits 0 to 9 count as digits.
    """
    written = _EURO.sub(r"\1", _short(typed, _NOT_AN_AMOUNT).translate(_DASHES))
    if written.startswith("-"):
        raise Invalid(None, _NEGATIVE)
    found = _AMOUNT.fullmatch(written)
    thousands = "." if language.startswith("fr") else ","
    if found is None or _decimals_perhaps(found, thousands):
        long_fraction = _LONG_FRACTION.fullmatch(written)
        raise Invalid(
            None,
            _TOO_MANY_DECIMALS if long_fraction else _NOT_AN_AMOUNT,
            example="1 000" if thousands == "." else "1,000",
        )
    if found["group"] and found["group"] == found["point"]:
        raise Invalid(None, _NOT_AN_AMOUNT)
    value = Decimal(f"{_digits(found['whole'])}.{found['cents'] or '0'}")
    if value > LARGEST_AMOUNT:
        raise Invalid(None, _TOO_MUCH)
    return value.quantize(Decimal("0.01"))


def whole_number(typed: str, *, smallest: int = 0, largest: int = LARGEST_COUNT) -> int:
    """A number from `smallest` (not negative) to `largest`; thousands may be apart (1 000, 1,000 or 1.000)."""
    found = _COUNT.fullmatch(_short(typed, _NOT_A_COUNT, smallest=smallest, largest=largest))
    if found is None or not smallest <= int(_digits(found["whole"])) <= largest:
        raise Invalid(None, _NOT_A_COUNT, smallest=smallest, largest=largest)
    return int(_digits(found["whole"]))


def end_after_start(start: datetime, end: datetime) -> None:
    """Invalid unless `end` comes after `start`, both aware."""
    # Within one time zone Python compares wall clocks, which run backwards once a year.
    if end.astimezone(UTC) <= start.astimezone(UTC):
        raise Invalid("end_date", _ENDS_TOO_EARLY)


def due_within_total(due: Decimal, total: Decimal) -> None:
    """Invalid unless `due`, what remains to be paid, is between 0 and `total`."""
    if not 0 <= due <= total:
        raise Invalid("amount_to_be_paid", _DUE_BEYOND_TOTAL)


def payment_within_due(payment: Decimal, due: Decimal) -> None:
    """Invalid unless `payment` is more than zero and no more than `due`, what remains to be paid."""
    if not payment.is_finite() or payment <= 0:
        raise Invalid("payment", _NOTHING_PAID)
    if payment > due:
        raise Invalid("payment", _PAID_TOO_MUCH)


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Me", "Zs") and character not in _BLANK_LETTERS


def _short(typed: str, why: str, **details: object) -> str:
    """A number as one tidy line; contacts copied from other programs bring direction marks along."""
    try:
        return text(_DIRECTION.sub("", typed), longest=NUMBER_LONGEST)
    except Invalid:
        raise Invalid(None, why, **details) from None


def _international(number: str) -> str | None:
    import phonenumbers  # takes 30 ms to import

    if "+" not in number:
        return None
    try:
        known = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(known):
        return None
    return phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _decimals_perhaps(found: re.Match[str], thousands: str) -> bool:
    """Whether the only separator stands in front of three digits and does not mean thousands in this language."""
    once = found["whole"].count(found["group"] or " ") == 1
    return once and not found["cents"] and found["group"] not in (" ", thousands)


def _digits(grouped: str) -> str:
    return re.sub("[ .,]", "", grouped)
