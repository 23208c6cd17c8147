"""The palette under somebody's fingers: what one key does, and how few keys it takes."""

from __future__ import annotations

import re

import pytest

from tests.company import Office
from tests.end_to_end.conftest import Sit
from tests.end_to_end.terminal import CTRL_C, CTRL_D, DOWN, ENTER, ESCAPE, UP, Terminal

WORDS = {
    "en": {
        "clients": "Clients ›", "home": "epic events ›", "card": "client 1 ›", "contract": "contract 10 ›",
        "signed": "Saved: contract 10.", "help": "You are looking at one record.", "account": "My account",
    },
    "fr": {
        "clients": "Clients ›", "home": "epic events ›", "card": "client 1 ›", "contract": "contrat 10 ›",
        "signed": "Contrat 10 enregistré.", "help": "Vous regardez une fiche.", "account": "Mon compte",
    },
}  # fmt: skip


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Counted:
    """Fingers that count what they press."""

    def __init__(self, seat: Terminal) -> None:
        self.seat = seat
        self.pressed = 0

    def __call__(self, *keys: str) -> None:
        for key in keys:
            self.pressed += 1
            self.seat.press(key)


def test_find_kevin_casey_open_his_unsigned_contract_sign_it(office: Office, sit: Sit, language: str) -> None:
    """Twelve keys after the prompt, the whole of `kevin ca` typed."""
    seat, words = sit("Bill Boquet", EPICEVENTS_LANG=language), WORDS[language]
    press = Counted(seat)
    press(*"kevin ca", ENTER)
    seat.wait_for(words["card"])
    press("1")  # the unsigned contract stands first
    seat.wait_for(words["contract"])
    (digit,) = re.findall(r"(\d) (?:contract sign|signer contrat|contrat signer)", seat.text) or [""]
    press(digit)
    press(ENTER)
    seat.wait_for(words["signed"])
    assert press.pressed <= 12
    assert office.as_owner("SELECT status FROM crm.contract WHERE id = 10") == [("signed",)]


def test_escape_climbs_and_digits_lead_on(sit: Sit, language: str) -> None:
    seat, words = sit("Bill Boquet", EPICEVENTS_LANG=language), WORDS[language]
    seat.say("clients")
    seat.wait_for(words["clients"])
    seat.say("client 1")
    seat.wait_for(words["card"])
    seat.press("1")
    seat.wait_for(words["contract"])
    seat.child.send("client kev")
    seat.settle()
    seat.press(ESCAPE)
    assert re.search(r"› client\s*$", seat.text, re.MULTILINE)
    seat.press(ESCAPE)
    assert "› client" not in seat.lines[-4]
    for place in (words["card"], words["clients"], words["home"], words["home"]):
        seat.press(ESCAPE)
        seat.wait_for(place)
        assert [line for line in seat.lines if "›" in line][-1].startswith(place)


def test_up_recalls_what_was_typed_and_not_the_digits(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("client 1")
    seat.say("clients")
    seat.press(UP)
    assert re.search(r"Clients › clients$", seat.text, re.MULTILINE)
    seat.press(UP)
    assert re.search(r"Clients › client 1$", seat.text, re.MULTILINE)
    seat.press(DOWN, ENTER)
    seat.wait_for("Clients ›")
    seat.press(CTRL_C)
    seat.wait_for("Nothing was saved.")


def test_question_mark_explains_at_once(sit: Sit, language: str) -> None:
    seat, words = sit("Kate Hastroff", rows=60, EPICEVENTS_LANG=language), WORDS[language]
    seat.say("client 1")
    seat.wait_for(words["card"])
    seat.press("?")
    seat.wait_for(words["help"], words["account"])
    seat.press(CTRL_D)
    assert seat.end() == 0


def test_the_menu_stands_under_headings(sit: Sit) -> None:
    seat = sit("Gina Comptoir", columns=100, rows=90)
    for heading in ("Clients", "Contracts", "Events", "Employees", "My account"):
        seat.wait_for(f"{heading} ")
    assert re.search(r"^ +Contracts +\d+ contracts ", seat.text, re.MULTILINE)


def test_a_card_shows_everything_that_can_be_done_below_a_full_screen(sit: Sit) -> None:
    seat = sit("Gina Comptoir", columns=100, rows=24)
    seat.say("contracts")
    seat.wait_for("Contracts ›")
    seat.say("contract 10")
    seat.wait_for("contract 10 ›", "contract update", "contract sign", "contract pay", "contract delete")


def test_the_language_changes_on_the_way_and_at_the_next_start(sit: Sit, office: Office) -> None:
    seat = sit("Bill Boquet", EPICEVENTS_LANG="", LANG="en_GB.UTF-8")
    seat.say("language")
    seat.wait_for("Français")
    seat.press("2", ENTER)
    seat.wait_for("Le programme parle maintenant français")
    seat.say("contrats")
    seat.wait_for("Montant total")
    seat.press(CTRL_D)
    assert seat.end() == 0
