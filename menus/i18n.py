"""The language of the screen: gettext for sentences, Babel for dates, numbers and amounts."""

from __future__ import annotations

import gettext as gnu
import locale
import os
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

DOMAIN = "epicevents"
CATALOGUES = Path(__file__).parent / "locale"
LANGUAGES = {"en": "en_GB", "fr": "fr_FR"}
"""Language -> the Babel locale that writes its dates, numbers and amounts."""
CURRENCY = "EUR"


def N_(msgid: str) -> str:
    """Mark a sentence for translation and return it unchanged."""
    return msgid


@cache
def _catalogue(code: str) -> gnu.NullTranslations:
    return gnu.translation(DOMAIN, CATALOGUES, [code], fallback=code == "en")


class Language:
    """One language and one time zone, and everything that is written with them."""

    def __init__(self, code: str, zone: ZoneInfo) -> None:
        self.code = code
        self.zone = zone
        self._locale = LANGUAGES[code]
        self._catalogue = _catalogue(code)

    def gettext(self, msgid: str) -> str:
        return self._catalogue.gettext(msgid) if msgid else ""

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self._catalogue.ngettext(singular, plural, count)

    def amount(self, value: Decimal) -> str:
        """1 234,56 € or €1,234.56."""
        from babel.numbers import format_currency

        return format_currency(value, CURRENCY, locale=self._locale)

    def number(self, value: int) -> str:
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self._locale)

    def day(self, value: date) -> str:
        """18 avr. 2021 or 18 Apr 2021; of a moment, its day in the time zone of the reader."""
        from babel.dates import format_date

        local = value.astimezone(self.zone) if isinstance(value, datetime) else value
        return format_date(local, "medium", locale=self._locale)

    def time(self, value: datetime) -> str:
        """13:00 in the time zone of the reader."""
        return value.astimezone(self.zone).strftime("%H:%M")

    def ago(self, past: timedelta) -> str:
        """5 minutes ago, il y a 5 minutes."""
        from babel.dates import format_timedelta

        return format_timedelta(-past, add_direction=True, locale=self._locale)

    def moment(self, value: datetime) -> str:
        """4 juin 2023, 13:00 in the time zone of the reader."""
        from babel.dates import format_datetime

        local = value.astimezone(self.zone)
        return format_datetime(local, "d MMM y HH:mm", locale=self._locale)

    def round_amount(self, value: Decimal) -> str:
        """1 235 € or €1,235: without cents."""
        from babel.core import Locale
        from babel.numbers import format_currency

        pattern = Locale.parse(self._locale).currency_formats["standard"].pattern.replace(".00", "")
        return format_currency(value, CURRENCY, pattern, locale=self._locale, currency_digits=False)

    def weekday(self, value: date) -> str:
        """mer. 25 nov. or Wed 25 Nov: a day that is near."""
        return self._date(value, "EEE d MMM")

    def whole_day(self, value: date) -> str:
        """mercredi 25 novembre 2026 or Wednesday 25 November 2026."""
        return self._date(value, "EEEE d MMMM y")

    def month(self, value: date) -> str:
        """nov. 2026 or Nov 2026."""
        return self._date(value, "MMM y")

    def short_day(self, value: date) -> str:
        """25 nov. or 25 Nov."""
        return self._date(value, "d MMM")

    def weekdays(self) -> list[str]:
        """lun., mar., …; Mon, Tue, …"""
        from babel.dates import get_day_names

        names = get_day_names("abbreviated", locale=self._locale)
        return [names[number] for number in range(7)]

    def _date(self, value: date, pattern: str) -> str:
        from babel.dates import format_date

        return format_date(value, pattern, locale=self._locale)

    def spelled_moment(self, value: datetime) -> str:
        """vendredi 4 juin 2027, 13:00 in the time zone of the reader."""
        from babel.dates import format_datetime

        return format_datetime(value.astimezone(self.zone), "EEEE d MMMM y, HH:mm", locale=self._locale)

    def typed_amount(self, value: Decimal) -> str:
        """An amount as a form offers it for change: read back to the same value."""
        from babel.numbers import format_decimal

        return format_decimal(value, "#,##0.00", locale=self._locale)

    def typed_day(self, value: date) -> str:
        return value.strftime("%d/%m/%Y")

    def typed_moment(self, value: datetime) -> str:
        """A moment as a form offers it; the second time that clocks show an hour in October, with its offset."""
        local = value.astimezone(self.zone)
        return local.isoformat(timespec="minutes") if local.fold else local.strftime("%d/%m/%Y %H:%M")


def language_code(wanted: str | None) -> str:
    """ "fr" or "en": what EPICEVENTS_LANG says, else what the surroundings speak, else English."""
    for spoken in (
        wanted,
        *(os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")),
        locale.getlocale()[0],
    ):
        if spoken and (code := spoken[:2].lower()) in LANGUAGES:
            return code
        if spoken and spoken not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
            return "en"
    return "en"


def time_zone(wanted: str | None) -> ZoneInfo:
    """The zone named in EPICEVENTS_TZ, else this machine's. Raises BadSetting."""
    from crm.errors import BadSetting

    if wanted is None:
        from tzlocal import get_localzone_name

        wanted = get_localzone_name()
    try:
        return ZoneInfo(wanted)
    except (KeyError, ValueError, OSError) as error:
        raise BadSetting(name="EPICEVENTS_TZ", why=N_("it is not a time zone such as Europe/Paris")) from error


UNIVERSAL = ZoneInfo("UTC")
_current = Language("en", UNIVERSAL)


def use(language: Language) -> None:
    """Speak `language` from now on."""
    global _current
    _current = language


def speak(wanted: str | None, zone: ZoneInfo = UNIVERSAL) -> None:
    """The language that `wanted`, or else the surroundings, name."""
    use(Language(language_code(wanted), zone))


def current() -> Language:
    return _current


def _(msgid: str) -> str:
    """`msgid` in the language of the screen."""
    return _current.gettext(msgid)


def in_every_language(msgid: str) -> tuple[str, ...]:
    """`msgid` in the language of the screen, then in English, then in the others, each once."""
    others = (_catalogue(code).gettext(msgid) for code in LANGUAGES)
    return tuple(dict.fromkeys((_(msgid), msgid, *others)))


def colon(label: str) -> str:
    """`label` and its colon, which French keeps apart with a space."""
    return _("{label}:").format(label=label)


def ngettext(singular: str, plural: str, count: int) -> str:
    return _current.ngettext(singular, plural, count)
