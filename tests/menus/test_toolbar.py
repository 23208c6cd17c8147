"""The last line of the screen: how long a session still lasts, and what to do when that is not long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm.identity import Identity
from menus.toolbar import last_minutes, toolbar
from tests.menus.test_shell import speaking

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def lasting(left: timedelta, more: timedelta = timedelta()) -> Identity:
    """`more`: what renewing can still add."""
    return Identity(2, "jti", "Bill Boquet", "sales", NOW + left, NOW + left + more, False)


@pytest.mark.parametrize(
    ("left", "more", "told"),
    [
        (timedelta(minutes=10, seconds=1), timedelta(), ""),
        (timedelta(minutes=10), timedelta(), "Your session ends in 10 min: then sign in again to go on"),
        (timedelta(minutes=7, seconds=1), timedelta(), "Your session ends in 8 min: then sign in again to go on"),
        (timedelta(seconds=1), timedelta(), "Your session ends in 1 min: then sign in again to go on"),
        (timedelta(minutes=8), timedelta(hours=4), "Your session ends in 8 min: any command renews it"),
        (timedelta(), timedelta(hours=4), "Your session is over: you will be asked for your password"),
        (timedelta(hours=-9), timedelta(), "Your session is over: you will be asked for your password"),
    ],
)
def test_what_is_told_in_the_last_minutes(left: timedelta, more: timedelta, told: str) -> None:
    assert last_minutes(lasting(left, more), NOW) == told
    shown = toolbar(lasting(left, more), "epic_events", NOW)
    assert shown.urgent == bool(told)
    assert shown.text.startswith(" Bill Boquet · Sales · epic_events · ")
    assert shown.text.endswith(told or "0 h 10 left")


@pytest.mark.parametrize("code", ["en", "fr"])
def test_it_fits_into_eighty_columns(code: str) -> None:
    with speaking(code):
        for left, more in ((8, 0), (8, 60), (0, 0)):
            identity = lasting(timedelta(minutes=left), timedelta(minutes=more))
            assert len(last_minutes(identity, NOW)) < 70
