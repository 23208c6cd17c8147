"""Which language, which time zone, and how each writes."""

from __future__ import annotations

import locale
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crm.errors import BadSetting
from menus import i18n
from menus.i18n import Language, colon, language_code, ngettext, time_zone
from tests.menus.test_shell import speaking

SURROUNDINGS = ("LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine that says nothing about its language."""
    for name in SURROUNDINGS:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


class TestLanguageCode:
    @pytest.mark.parametrize(
        ("wanted", "code"),
        [("fr", "fr"), ("FR", "fr"), ("fr_FR.UTF-8", "fr"), ("en", "en"), ("en_US", "en"), ("de", "en")],
    )
    def test_what_is_asked_for_wins(self, surroundings: pytest.MonkeyPatch, wanted: str, code: str) -> None:
        surroundings.setenv("LANG", "fr_FR.UTF-8" if code == "en" else "en_GB.UTF-8")
        assert language_code(wanted) == code

    @pytest.mark.parametrize("name", SURROUNDINGS)
    def test_else_what_the_surroundings_speak(self, surroundings: pytest.MonkeyPatch, name: str) -> None:
        surroundings.setenv(name, "fr_CA.UTF-8")
        assert language_code(None) == "fr"

    def test_the_first_of_the_surroundings_counts(self, surroundings: pytest.MonkeyPatch) -> None:
        surroundings.setenv("LC_ALL", "de_DE.UTF-8")
        surroundings.setenv("LANG", "fr_FR.UTF-8")
        assert language_code(None) == "en"

    @pytest.mark.parametrize("silent", ["C", "POSIX", "C.UTF-8", "C.utf8", ""])
    def test_a_machine_without_a_language_speaks_the_next_one_or_english(
        self, surroundings: pytest.MonkeyPatch, silent: str
    ) -> None:
        surroundings.setenv("LC_ALL", silent)
        surroundings.setenv("LANG", "fr_FR.UTF-8")
        assert language_code(None) == "fr"
        surroundings.delenv("LANG")
        assert language_code(None) == ("fr" if (locale.getlocale()[0] or "").startswith("fr") else "en")


class TestTimeZone:
    def test_the_one_asked_for(self) -> None:
        assert time_zone("Europe/Paris") == ZoneInfo("Europe/Paris")

    def test_else_this_machines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Kathmandu")
        assert time_zone(None) == ZoneInfo("Asia/Kathmandu")

    @pytest.mark.parametrize("wrong", ["Europe/Atlantis", "../../etc/passwd", "+02:00", "x" * 10_000, "a\0b"])
    def test_no_such_zone_is_a_setting_that_cannot_be_used(self, wrong: str) -> None:
        with pytest.raises(BadSetting) as refused:
            time_zone(wrong)
        assert refused.value.details["name"] == "EPICEVENTS_TZ"


class TestWriting:
    def test_english(self) -> None:
        english = Language("en", ZoneInfo("Europe/Paris"))
        assert english.amount(Decimal("1234567.5")) == "€1,234,567.50"
        assert english.number(12345) == "12,345"
        assert english.day(date(2021, 4, 18)) == "18 Apr 2021"
        assert english.moment(datetime(2027, 6, 4, 13, tzinfo=UTC)) == "4 Jun 2027 15:00"
        assert english.typed_amount(Decimal("1234.5")) == "1,234.50"

    def test_french(self) -> None:
        french = Language("fr", ZoneInfo("Europe/Paris"))
        assert french.amount(Decimal("1234567.5")) == "1\u202f234\u202f567,50\xa0€"
        assert french.number(12345) == "12\u202f345"
        assert french.day(date(2021, 4, 18)) == "18 avr. 2021"
        assert french.moment(datetime(2027, 6, 4, 13, tzinfo=UTC)) == "4 juin 2027 15:00"
        assert french.typed_amount(Decimal("1234.5")) == "1\u202f234,50"

    def test_days_are_offered_as_both_write_them(self) -> None:
        for code in i18n.LANGUAGES:
            assert Language(code, ZoneInfo("UTC")).typed_day(date(2021, 4, 18)) == "18/04/2021"

    def test_nothing_to_say_is_nothing_in_every_language(self) -> None:
        """gettext's answer to "" is the header of the catalogue."""
        for code in i18n.LANGUAGES:
            assert Language(code, ZoneInfo("UTC")).gettext("") == ""

    def test_one_and_several(self) -> None:
        assert [ngettext("one day", "several days", count) for count in (0, 1, 2)] == [
            "several days",
            "one day",
            "several days",
        ]

    def test_a_colon_stands_apart_in_french(self) -> None:
        assert colon("Email") == "Email:"
        with speaking("fr"):
            assert colon("x").rstrip(":").rstrip() == "x"
            assert colon("x").endswith(":")

    def test_every_language_has_its_catalogue(self) -> None:
        for code in set(i18n.LANGUAGES) - {"en"}:
            assert Path(i18n.CATALOGUES, code, "LC_MESSAGES", f"{i18n.DOMAIN}.mo").exists()
            with speaking(code):
                assert i18n._("Save") != "Save"

    def test_one_language_at_a_time(self) -> None:
        with speaking("fr") as french:
            assert i18n.current() is french
        assert i18n.current().code == "en"
