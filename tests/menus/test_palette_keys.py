"""Esc climbs out of what is typed, Up brings back what was."""

from __future__ import annotations

import pytest

from menus.palette_keys import Remembered, one_level_up


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("client kev", "client "),
        ("client kevin ca", "client "),
        ("client ", ""),
        ("client", ""),
        ("  client kev", "client "),
        ("client  ", ""),
        ("", ""),
    ],
)
def test_one_level_up_and_twice_clears(typed: str, left: str) -> None:
    assert one_level_up(typed) == left
    assert one_level_up(left) == ""


def test_digits_are_not_remembered() -> None:
    remembered = Remembered()
    for line in ("clients", "1", " 12 ", "client kev"):
        remembered.append_string(line)
    assert remembered.get_strings() == ["clients", "client kev"]
