"""Days and moments in French and English: what is read, and what is refused rather than guessed."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_datetime
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.dates import day, moment
from crm.errors import Invalid

ROOT = Path(__file__).parents[2]
PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY = datetime(2026, 5, 6, 10, 0, tzinfo=PARIS)
TODAY = WEDNESDAY.date()


def in_paris(typed: str, language: str = "fr") -> str:
    """The wall clock of Paris that `typed` stands for."""
    return f"{moment(typed, zone=PARIS, language=language, now=WEDNESDAY):%Y-%m-%d %H:%M}"


def refused_moment(typed: str, zone: ZoneInfo = PARIS) -> str:
    with pytest.raises(Invalid) as refused:
        moment(typed, zone=zone, language="fr", now=WEDNESDAY)
    return str(refused.value)


def refused_day(typed: str) -> str:
    with pytest.raises(Invalid) as refused:
        day(typed, language="fr", today=TODAY)
    return str(refused.value)


ONE_DAY = """18 avril 2021|18/04/2021|18/4/2021|18.04.2021|18-04-2021|2021-04-18|2021/4/18|18/04/21|18 avril 21|le 18 avril 2021
    |18 AVRIL 2021|18 avr. 2021|dimanche 18 avril 2021|dim. 18/04/2021|18 April 2021|18th of April 2021|April 18, 2021
    |Apr 18th 2021|Sunday, 18 April 2021|on 18 April 2021|18-avr-2021|  18\u00a0avril\u202f2021 """


@pytest.mark.parametrize("typed", ONE_DAY.split("|"))
def test_spellings_of_one_day(typed: str) -> None:
    for language in ("fr", "en"):
        assert day(typed, language=language, today=TODAY) == date(2021, 4, 18)
        assert in_paris(f"{typed} 14:30", language) == "2021-04-18 14:30"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1er février 2024", "2024-02-01"),
        ("1 fe\u0301vrier 2024", "2024-02-01"),
        ("1 fevrier 2024", "2024-02-01"),
        ("4 mar 2024", "2024-03-04"),
        ("mar 4 2024", "2024-03-04"),
        ("mar. 5 mars 2024", "2024-03-05"),
        ("15 août 2024", "2024-08-15"),
        ("15 aout 2024", "2024-08-15"),
        ("29/02/2024", "2024-02-29"),
        ("aujourd’hui", "2026-05-06"),
        ("today", "2026-05-06"),
        ("Demain", "2026-05-07"),
        ("tomorrow", "2026-05-07"),
        ("hier", "2026-05-05"),
        ("après-demain", "2026-05-08"),
        ("jeudi", "2026-05-07"),
        ("monday", "2026-05-11"),
        ("mercredi", "2026-05-13"),
        ("dans 3 jours", "2026-05-09"),
        ("in 2 weeks", "2026-05-20"),
        ("il y a 1 mois", "2026-04-06"),
        ("3 days ago", "2026-05-03"),
        ("01/01/1900", "1900-01-01"),
        ("31/12/2199", "2199-12-31"),
    ],
)
def test_days(typed: str, found: str) -> None:
    assert str(day(typed, language="fr", today=TODAY)) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("2021-04-18 14:30", "2021-04-18 14:30"),
        ("2021-04-18T14:30", "2021-04-18 14:30"),
        ("2021-04-18T14:30:00Z", "2021-04-18 16:30"),
        ("2021-04-18T14:30-05:00", "2021-04-18 21:30"),
        ("4 Jun 2023 @ 1PM", "2023-06-04 13:00"),
        ("5 Jun 2023 @ 2AM", "2023-06-05 02:00"),
        ("5 May 2023 @ 3PM", "2023-05-05 15:00"),
        ("4 juin 2023 à 13h", "2023-06-04 13:00"),
        ("le dimanche 4 juin 2023 à 13 h 05", "2023-06-04 13:05"),
        ("4 June 2023, 1:05:00 p.m.", "2023-06-04 13:05"),
        ("4 June 2023 at 1.05pm", "2023-06-04 13:05"),
        ("04/06/2023 13 heures", "2023-06-04 13:00"),
        ("13h30", "2026-05-06 13:30"),
        ("à 9h", "2026-05-06 09:00"),
        ("midi", "2026-05-06 12:00"),
        ("12am", "2026-05-06 00:00"),
        ("12:30 PM", "2026-05-06 12:30"),
        ("demain 14h", "2026-05-07 14:00"),
        ("tomorrow 2pm", "2026-05-07 14:00"),
        ("2pm tomorrow", "2026-05-07 14:00"),
        ("lundi 9h", "2026-05-11 09:00"),
        ("mercredi 9h", "2026-05-13 09:00"),
        ("on Monday at 9am", "2026-05-11 09:00"),
        ("in 3 days 10:00", "2026-05-09 10:00"),
    ],
)
def test_moments(typed: str, found: str) -> None:
    assert in_paris(typed) == found


NOT_A_DATE = """|abc|12|12 12|2024|18/04|18 avril|avril 2021|Mars|May|Sam|lun|Mars 2024|Kevin Casey|+678 123 456 78|06 12 34 56 78
|18/04-2021|21-04-18|4 jours 2023|1 min 2000|4 juin 2023 demain|lundi prochain|dans jours|dans 9999 jours|in 2 hours
|٠٤/٠٦/٢٠٢٣|18/04/20211|1 234,56|kevin@startup.io|31 jui 2023|le|T|now|\0|\ud800"""


@pytest.mark.parametrize("typed", NOT_A_DATE.replace("\n", "").split("|"), ids=ascii)
def test_what_is_not_a_date_is_refused_rather_than_guessed(typed: str) -> None:
    assert refused_day(typed).startswith("Please write a day, month and year: 18/04/2026")
    assert refused_moment(typed).startswith("Please write a day and a time: 18/04/2026 14:30")
    if typed:
        assert refused_moment(f"{typed} 14h").startswith("Please write a day and a time")


@pytest.mark.parametrize(
    "typed", ["32/01/2024", "30/02/2024", "29/02/2023", "31 avril 2024", "0 mai 2024", "2024-13-01", "1/1/0000"]
)
def test_days_that_the_calendar_does_not_have(typed: str) -> None:
    assert "has no such day" in refused_day(typed)
    assert "has no such day" in refused_moment(f"{typed} 14:30")


def test_an_instant_that_does_not_exist() -> None:
    for typed in ("2026-13-01T14:30Z", "2026-04-18T25:00Z", "2026-04-18T14:30+99:00"):
        assert refused_moment(typed).startswith("Please write a day and a time")


@pytest.mark.parametrize("typed", ["25:00", "24:00", "12:60", "13pm", "0am", "99h", "demain 24h", "18/04/2026 25:00"])
def test_times_that_clocks_do_not_show(typed: str) -> None:
    assert "no such time" in refused_moment(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "demain 14",
        "on Monday at 9",
        "14:3",
        "14:30:15 demain",
        "18/04/2026 14:30-16:00",
        "2026-04-18 09:00-12:00",
        "13h 14h",
    ],
)
def test_times_that_are_unclear(typed: str) -> None:
    assert refused_moment(typed).startswith("Please write a day and a time")


@pytest.mark.parametrize("typed", ["31/12/1899", "01/01/2200", "1 mai 9999", "dans 999 ans", "2200-01-01"])
def test_years_out_of_range(typed: str) -> None:
    assert refused_day(typed) == "Please write a year from 1900 to 2199."
    assert refused_moment(f"{typed} 14:30") == "Please write a year from 1900 to 2199."


def test_the_range_of_years_is_that_of_the_database_which_counts_in_utc() -> None:
    new_york = ZoneInfo("America/New_York")
    assert "1900 to 2199" in refused_moment("01/01/1900 0h00")
    assert "1900 to 2199" in refused_moment("31/12/2199 23h", new_york)
    assert "1900 to 2199" in refused_moment("9999-12-31T23:59-12:00")
    assert in_paris("01/01/1900 0h10") == "1900-01-01 00:10"


def test_a_wrong_weekday_is_told() -> None:
    assert refused_day("lundi 4 juin 2023") == "04/06/2023 is another day of the week: please check the date."
    assert "another day of the week" in refused_moment("Mon 4 Jun 2023 @ 1PM")


def test_a_moment_needs_its_time() -> None:
    assert refused_moment("18 avril 2026") == "Please add the time, for example 18/04/2026 14:30."
    midnight = moment("18 avril 2026", zone=PARIS, language="fr", now=WEDNESDAY, needs_time=False)
    assert midnight == datetime(2026, 4, 18, tzinfo=PARIS)


def test_a_day_has_no_time() -> None:
    for typed in ("18/04/2026 14h", "2026-04-18T00:00", "13h30", "demain 9h"):
        assert refused_day(typed) == "Please write the day without a time, for example 18/04/2026."


def test_a_moment_knows_its_zone() -> None:
    found = moment("18/07/2026 14:30", zone=PARIS, language="fr", now=WEDNESDAY)
    assert found.tzinfo is PARIS
    assert found.astimezone(UTC) == datetime(2026, 7, 18, 12, 30, tzinfo=UTC)


def test_today_is_that_of_the_zone() -> None:
    late = datetime(2026, 5, 6, 23, 30, tzinfo=UTC)
    assert moment("demain 8h", zone=PARIS, language="fr", now=late).day == 8
    assert moment("demain 8h", zone=ZoneInfo("America/New_York"), language="fr", now=late).day == 7


@pytest.mark.parametrize(
    ("zone", "typed", "later"),
    [
        ("Europe/Paris", "29/03/2026 02:00", "03:00"),
        ("Europe/Paris", "29/03/2026 02:59", "03:59"),
        ("Australia/Lord_Howe", "04/10/2026 02:15", "02:45"),
        ("America/New_York", "08/03/2026 2:30 AM", "03:30"),
    ],
)
def test_a_time_that_summer_skips_is_refused(zone: str, typed: str, later: str) -> None:
    sentence = refused_moment(typed, ZoneInfo(zone))
    assert sentence.startswith("The clocks skip ")
    assert sentence.endswith(f"like {later}.")


def test_of_a_time_that_winter_repeats_the_first_is_meant() -> None:
    first = moment("25/10/2026 02:30", zone=PARIS, language="fr", now=WEDNESDAY)
    second = moment("2026-10-25T02:30+01:00", zone=PARIS, language="fr", now=WEDNESDAY)
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert second.tzinfo is PARIS


DAYS = st.dates(date(1900, 1, 2), date(2199, 12, 30))


@settings(deadline=None)
@given(DAYS)
def test_days_written_by_babel_are_read_back(when: date) -> None:
    for locale in ("fr_FR", "en_GB"):
        for form in ("medium", "long", "full", "dd/MM/yyyy", "yyyy-MM-dd"):
            assert day(format_date(when, form, locale=locale), language=locale[:2], today=TODAY) == when


@settings(deadline=None)
@given(DAYS, st.times())
def test_moments_written_by_babel_are_read_back(when: date, at: time) -> None:
    wall = datetime.combine(when, at.replace(second=0, microsecond=0), tzinfo=UTC)
    for locale in ("fr_FR", "en_GB", "en_US"):
        for form in ("medium", "d MMMM yyyy HH:mm", "EEEE d MMM yyyy 'at' h:mm a", "yyyy-MM-dd'T'HH:mm"):
            written = format_datetime(wall, form, locale=locale)
            assert moment(written, zone=ZoneInfo("UTC"), language=locale[:2], now=WEDNESDAY) == wall


@settings(deadline=None, max_examples=300)
@given(st.from_regex(r"[0-9]{1,2} [a-zà-ÿ]{3,10} [0-9]{4}", fullmatch=True))
def test_a_day_is_never_other_than_written(typed: str) -> None:
    """Whatever word stands for the month."""
    try:
        found = day(typed, language="fr", today=TODAY)
    except Invalid:
        return
    number, _, year = typed.split()
    assert (found.day, found.year) == (int(number), int(year))


def test_dates_in_figures_do_not_wait_for_dateparser() -> None:
    """Nor does the import of crm.validation bring in anything slow."""
    program = """
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from crm import validation
now = datetime.now(UTC)
for typed in ("2021-04-18 14:30", "2021-04-18T14:30+02:00", "18/04/2021 14h30", "4.6.2023 @ 1PM", "demain 14h", "lundi 9h", "13h"):
    validation.moment(typed, zone=ZoneInfo("Europe/Paris"), language="fr", now=now)
for typed in ("2021-04-18", "18/04/2021", "tomorrow"):
    validation.day(typed, language="en", today=now.date())
slow = ("dateparser", "email_validator", "phonenumbers", "dns", "babel")
print(*[name for name in slow if name in sys.modules])
validation.day("18 avril 2021", language="fr", today=now.date())
print("dateparser" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["", "True", ""]
