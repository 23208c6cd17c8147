"""Days and moments as people write them, in French or English; day before month in both.

Nothing is guessed: a date has its year (two digits mean 20..) or is a word such as "tomorrow" or "lundi".
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.errors import N_, Invalid

LONGEST = 80
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""What schema.sql accepts: from 1900-01-01 00:00 UTC to just before 2200-01-01 00:00 UTC."""

_NOT_A_MOMENT = N_("Please write a day and a time: 18/04/2026 14:30, 18 April 2026 2pm, tomorrow 14:00.")
_NOT_A_DAY = N_("Please write a day, month and year: 18/04/2026, 18 April 2026 or 2026-04-18.")
_TIME_MISSING = N_("Please add the time, for example {day} 14:30.")
_DAY_ONLY = N_("Please write the day without a time, for example 18/04/2026.")
_NO_SUCH_DAY = N_("The calendar has no such day: please check day, month and year.")
_NO_SUCH_TIME = N_("There is no such time: please write one from 00:00 to 23:59, for example 14:30.")
_SKIPPED_TIME = N_("The clocks skip {time} that day: please write a later time, like {later}.")
_OTHER_WEEKDAY = N_("{day} is another day of the week: please check the date.")
_YEAR_OUT_OF_RANGE = N_("Please write a year from {first} to {last}.")

_CLOCK = r"""(?x: (?P<noon> midi | noon) | (?P<hour> [0-9]{1,2})
    (?: (?: : | [ ]?h(?:eures?)?[ ]? | \.(?=[0-9]{2}[ ]?[ap]\.?m)) (?P<minute> [0-9]{2}) (?: :00)?  # 13:30, 13h30
      | [ ]?h(?:eures?)?  # 13h
      | (?=[ ]?[ap]\.?m)  # 1pm
    ) (?: [ ]?(?P<half> [ap])\.?m\.?)? )"""
_DAY_THEN_TIME = re.compile(rf"(?:(?P<day>.*)[ ,@])?{_CLOCK}")
_TIME_THEN_DAY = re.compile(rf"{_CLOCK}[ ,@](?P<day>.+)")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]{2}:[0-9]{2}(?::00)?(?:z|[+-][0-9]{2}:[0-9]{2})")

_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})([-/.])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})")
# 21-04-18 could start with the year: two digits for it only after a slash or a dot.
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})([-/.])(?P<month>[0-9]{1,2})\2(?P<year>[0-9]{4}|(?<=[/.])[0-9]{2})")
_NAME = r"(?P<month>[a-zà-ÿ]{3,10})\.?"
_DAY_AND_NAME = re.compile(
    rf"(?P<day>[0-9]{{1,2}})(?:er|st|nd|rd|th)?(?: of)?[ /.-]?{_NAME},?[ /.-]?(?P<year>[0-9]{{4}}|[0-9]{{2}})"
)
_NAME_AND_DAY = re.compile(rf"{_NAME}[ -]?(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<year>[0-9]{{4}})")
_UNIT = r"(?:jours?|days?|semaines?|weeks?|mois|months?|ans?|années?|years?)"
_DISTANCE = re.compile(rf"(?:dans|in|il y a) [0-9]{{1,3}} {_UNIT}|[0-9]{{1,3}} {_UNIT} ago")

_FROM_TODAY = {
    "aujourd'hui": 0, "today": 0, "demain": 1, "tomorrow": 1, "hier": -1, "yesterday": -1,
    "après-demain": 2, "après demain": 2, "apres-demain": 2, "apres demain": 2,
}  # fmt: skip
_WEEKDAYS = (
    ("lundi", "monday"), ("mardi", "tuesday"), ("mercredi", "wednesday"), ("jeudi", "thursday"),
    ("vendredi", "friday"), ("samedi", "saturday"), ("dimanche", "sunday"),
)  # fmt: skip
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}
_SHORT_WEEKDAY = {name[:3]: number for name, number in _WEEKDAY.items()}


def moment(typed: str, *, zone: ZoneInfo, language: str, now: datetime, needs_time: bool = True) -> datetime:
    """An aware moment of `zone`, to the minute; `now` is aware. Invalid when it cannot be read or does not exist.

    Without a day it is today, without a time Invalid (with `needs_time` False: midnight); the name of a weekday
    means the coming one, never today. A time that the end of summer repeats is the first of the two; the other can
    be written with its offset, 2025-10-26T02:30+01:00.
    """
    words = _words(typed)
    if _INSTANT.fullmatch(words):
        return _instant(words, zone)
    written_day, clock = _split(words)
    today = now.astimezone(zone).date()
    found = _date(written_day, today, language) if written_day or clock is None else today
    if found is None:
        raise Invalid(None, _NOT_A_MOMENT)
    if clock is None and needs_time:
        raise Invalid(None, _TIME_MISSING, day=_shown(found))
    return _existing(datetime.combine(found, clock or time()), zone)


def day(typed: str, *, language: str, today: date) -> date:
    """A day without a time; the name of a weekday means the coming one. Invalid when it cannot be read."""
    written_day, clock = _split(_words(typed))
    found = _date(written_day, today, language)
    if clock is not None:
        raise Invalid(None, _DAY_ONLY)
    if found is None:
        raise Invalid(None, _NOT_A_DAY)
    return found


def _words(typed: str) -> str:
    """Lower case, single spaces, straight apostrophes; "" when it is too long to be a date."""
    if len(typed) > LONGEST:
        return ""
    return " ".join(unicodedata.normalize("NFC", typed).casefold().replace("’", "'").split())


def _instant(iso: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(iso.upper())
    except ValueError:
        raise Invalid(None, _NOT_A_MOMENT) from None
    return _in_range(found).astimezone(zone)


def _split(words: str) -> tuple[str, time | None]:
    """The words for the day, and the time before or behind them; None when there is no time."""
    words = re.sub("(?<=[0-9])t(?=[0-9])", " ", words)
    found = _DAY_THEN_TIME.fullmatch(words) or _TIME_THEN_DAY.fullmatch(words)
    written_day = (found["day"] or "") if found else words
    return _bare(written_day), _time(found) if found else None


def _bare(written_day: str) -> str:
    """Without what joins a day to its time: "le 4 juin 2023 à", "4 Jun 2023 @"."""
    return re.sub(r"^(?:le|on) |(?:(?:^| )(?:à|a|at)|[ ,@])*$", "", written_day.strip(" ,@"))


def _time(found: re.Match[str]) -> time:
    if found["noon"]:
        return time(12)
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "p" else 0) if 1 <= hour <= 12 else 24
    try:
        return time(hour, int(found["minute"] or 0))
    except ValueError:
        raise Invalid(None, _NO_SUCH_TIME) from None


def _date(words: str, today: date, language: str) -> date | None:
    """The day that `words` name; None when they name none, Invalid when it does not exist or is out of range."""
    found = _from_today(words, today, language) or _written_out(words, language)
    if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid(None, _YEAR_OUT_OF_RANGE, first=FIRST_YEAR, last=LAST_YEAR)
    return found


def _from_today(words: str, today: date, language: str) -> date | None:
    if words in _FROM_TODAY:
        return today + timedelta(days=_FROM_TODAY[words])
    if words in _WEEKDAY:
        return today + timedelta(days=(_WEEKDAY[words] - today.weekday() - 1) % 7 + 1)
    if _DISTANCE.fullmatch(words):
        return _parsed(words, language, parser="relative-time", today=today)
    return None


def _written_out(words: str, language: str) -> date | None:
    """A date in figures or with its month named, perhaps behind its weekday, which then has to be right."""
    first, _, rest = words.partition(" ")
    name = first.rstrip(".,")
    weekday = _WEEKDAY.get(name, _SHORT_WEEKDAY.get(name))
    found = _in_figures(words) or _with_month_named(words, language)
    if found is not None or weekday is None:
        return found
    found = _in_figures(rest) or _with_month_named(rest, language)
    if found is not None and found.weekday() != weekday:
        raise Invalid(None, _OTHER_WEEKDAY, day=_shown(found))
    return found


def _in_figures(words: str) -> date | None:
    found = _YEAR_FIRST.fullmatch(words) or _DAY_FIRST.fullmatch(words)
    return _calendar_day(found, int(found["month"])) if found else None


def _with_month_named(words: str, language: str) -> date | None:
    found = _DAY_AND_NAME.fullmatch(words) or _NAME_AND_DAY.fullmatch(words)
    if found is None:
        return None
    # Only the name is left to dateparser: given the whole, it ignores a wrong weekday and two-digit years are 21...
    month = _parsed(f"1 {found['month']} 2000", language, parser="absolute-time", today=date(2000, 1, 1))
    return _calendar_day(found, month.month) if month else None


def _parsed(words: str, language: str, *, parser: str, today: date) -> date | None:
    from dateparser import DateDataParser  # type: ignore[import-untyped]  # ships no types; takes 80 ms to import

    languages = ["en", "fr"] if language == "en" else ["fr", "en"]
    settings = {"PARSERS": [parser], "STRICT_PARSING": True, "RELATIVE_BASE": datetime.combine(today, time())}
    found: datetime | None = (
        DateDataParser(languages, use_given_order=True, settings=settings).get_date_data(words).date_obj
    )
    return found.date() if found else None


def _calendar_day(found: re.Match[str], month: int) -> date:
    year = int(found["year"])
    try:
        return date(year if len(found["year"]) == 4 else 2000 + year, month, int(found["day"]))
    except ValueError:
        raise Invalid(None, _NO_SUCH_DAY) from None


def _existing(wall: datetime, zone: ZoneInfo) -> datetime:
    """`wall` on the clocks of `zone`; Invalid when they skip it."""
    found = wall.replace(tzinfo=zone)
    later = found.astimezone(UTC).astimezone(zone)
    if later.replace(tzinfo=None) != wall:
        raise Invalid(None, _SKIPPED_TIME, time=f"{wall:%H:%M}", later=f"{later:%H:%M}")
    return _in_range(found)


def _in_range(found: datetime) -> datetime:
    if not FIRST_YEAR <= found.year <= LAST_YEAR or not FIRST_YEAR <= found.astimezone(UTC).year <= LAST_YEAR:
        raise Invalid(None, _YEAR_OUT_OF_RANGE, first=FIRST_YEAR, last=LAST_YEAR)
    return found


def _shown(found: date) -> str:
    return f"{found:%d/%m/%Y}"
