"""The history at a real terminal: from a card with one key, as a list, one change in full."""

from __future__ import annotations

import pytest

from tests.company import Office
from tests.end_to_end.conftest import Pipe, Sit
from tests.end_to_end.hands import LANGUAGES, Hands


@pytest.fixture(autouse=True)
def busy(office: Office) -> None:
    gina = office.session("Gina Comptoir")
    gina.events.assign(gina.events.get(1024), gina.employees.get(4))
    gina.events.update(gina.events.get(109), notes="Wedding starts at 4PM, by the river.\nBring umbrellas.")
    gina.contracts.delete(gina.contracts.get(11))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30), (140, 40)])
def test_from_a_card_and_back(office: Office, sit: Sit, language: str, columns: int, rows: int) -> None:
    hands = Hands(sit("Kate Hastroff", columns, rows, EPICEVENTS_LANG=language), language)
    hands.command(f"{hands.called('event')} 1024")
    hands.says(f"0  {hands.called('all changes')}")
    hands.key("0")
    prompt = f"{hands.called('event')} 1024 · {hands.called('history')} ›"
    hands.says(prompt, hands.either(("Support contact: nobody → Kate", "Contact support : personne → Kate")))
    hands.command("2")
    hands.says("John Ouick Brunch", hands.either(("The installation", "l’installation")), "2027")
    hands.seat.child.send("\x1b")
    hands.says(prompt)
    hands.seat.child.send("\x1b")
    hands.says(f"{hands.called('event')} 1024 ›")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_deleted_is_found_in_the_list(office: Office, sit: Sit, language: str) -> None:
    hands = Hands(sit("Bill Boquet", 100, 30, EPICEVENTS_LANG=language), language)
    hands.command(hands.called("history"))
    hands.command(hands.called("filter deleted"))
    hands.says(f"{hands.called('History')} · {hands.either(('deleted', 'suppressions'))} ›", "Gina Comptoir")
    hands.command("1")
    hands.says(
        hands.either(("contract 11, deleted", "contrat 11, fiche supprimée")), hands.either(("€500.00", "500,00 €"))
    )
    hands.key("2" if "2  client 2" in hands.text else "1")
    hands.says(f"{hands.called('client')} 2 ›", "John Ouick")


@pytest.mark.parametrize("language", LANGUAGES)
def test_through_a_pipe(office: Office, pipe: Pipe, language: str) -> None:
    lines = {
        "en": ("history", "filter events", "2", "<", "event 1024", "0"),
        "fr": ("historique", "filtrer événements", "2", "<", "événement 1024", "0"),
    }
    done = pipe("Gina Comptoir", *lines[language], EPICEVENTS_LANG=language)
    assert (done.status, done.errors) == (0, "")
    assert {"en": "nobody → Kate Hastroff", "fr": "personne → Kate Hastroff"}[language] in done.output


def test_without_colours(office: Office, sit: Sit) -> None:
    hands = Hands(sit("Bill Boquet", 100, 30, NO_COLOR="1", EPICEVENTS_LANG="en"), "en")
    hands.command("history")
    hands.says("History ›", "contract 11", "deleted")
