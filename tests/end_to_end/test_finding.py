"""A few letters find a record; a slow database never holds up the keys."""

from __future__ import annotations

import time

import pytest

from tests.company import Office
from tests.end_to_end.conftest import Pipe, Sit
from tests.end_to_end.terminal import CTRL_U, ENTER, TAB

IN = {
    "en": ("contract 700  Kevin Casey", "signed · €4,000.00 · Cool Startup LLC", "client 1 ›", "contract 10 ›"),
    "fr": ("contrat 700  Kevin Casey", "signé", "client 1 ›", "contrat 10 ›"),
}
SLOW = """
    ALTER FUNCTION crm.matching_clients(text, text, int, text) RENAME TO quick;
    CREATE FUNCTION crm.matching_clients(typed text, action text DEFAULT 'read', most int DEFAULT 20, entity text DEFAULT 'client')
        RETURNS int[] LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            IF typed = 'ke' THEN PERFORM pg_sleep(30); END IF;
            RETURN crm.quick(typed, action, most, entity);
        END $$;
    GRANT EXECUTE ON FUNCTION crm.matching_clients(text, text, int, text) TO epic_app
"""
"""Two letters are looked up for half a minute, three as fast as ever."""


@pytest.mark.parametrize("language", IN)
def test_two_words_tab_and_enter_open_the_card(sit: Sit, language: str) -> None:
    line, about, card, other = IN[language]
    seat = sit("Bill Boquet", EPICEVENTS_LANG=language)
    seat.settle()
    seat.child.send("kevin ca")
    seat.wait_for("client 1  Kevin Casey", "Cool Startup LLC · kevin@startup.io", line, about)
    seat.press(TAB, ENTER)
    seat.wait_for("+678 123 456 78", card)
    seat.child.send("casey kev")
    seat.wait_for(line)
    seat.press(TAB, TAB, TAB, ENTER)
    seat.wait_for(other)


@pytest.mark.parametrize("language", IN)
def test_typed_faster_than_the_menu_enter_means_the_same(sit: Sit, language: str) -> None:
    seat = sit("Kate Hastroff", EPICEVENTS_LANG=language)
    seat.settle()
    seat.child.send("kevin ca" + ENTER)
    seat.wait_for("+678 123 456 78", IN[language][2])


def test_typing_goes_on_while_the_database_thinks(office: Office, sit: Sit) -> None:
    office.as_owner(SLOW)
    seat = sit("Bill Boquet")
    seat.settle()
    seat.press("k", "e")  # PostgreSQL is busy with it for half a minute
    started = time.monotonic()
    seat.child.send("v")
    seat.wait_for("› kev", "client 1  Kevin Casey")
    assert time.monotonic() - started < 10
    seat.press(CTRL_U, "k", "e")
    seat.child.send("\x7f")  # shorter again: no longer what is being looked up
    seat.wait_for("› k", "What waits for me, and the way back home")
    seat.press("e")
    started = time.monotonic()
    seat.child.send(CTRL_U + "#652" + ENTER)
    seat.wait_for("contract 652 ›")
    assert time.monotonic() - started < 10


def test_leaving_waits_for_no_lookup(office: Office, sit: Sit) -> None:
    office.as_owner(SLOW)
    seat = sit("Bill Boquet")
    seat.settle()
    seat.press("k", "e")
    started = time.monotonic()
    seat.child.send(CTRL_U + "quit" + ENTER)
    assert seat.end() == 0
    assert time.monotonic() - started < 10


def test_through_a_pipe_one_is_opened_and_of_several_one_is_asked_for(pipe: Pipe) -> None:
    piped = pipe("Kate Hastroff", "chateau", "kevin ca", "contract 10", "quit")
    assert piped.status == 0 and piped.errors == ""
    assert "event 109 ›" in piped.output and "contract 10 ›" in piped.output
    assert "1. client 1  Kevin Casey · Cool Startup LLC · kevin@startup.io · +678 123 456 78" in piped.output
