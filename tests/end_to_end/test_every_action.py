"""Every action in both languages: typed by its name, and on a card with one digit; what is said, what is then stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from menus.actions import all_actions
from tests.company import Office
from tests.end_to_end.conftest import Sit
from tests.end_to_end.hands import LANGUAGES, Hands
from tests.end_to_end.journeys_of_looking import ACCOUNT, ASKED, BESIDE, LEAVING, LISTS, NAMED
from tests.end_to_end.journeys_of_sessions import SESSIONS
from tests.end_to_end.journeys_of_work import NEW, ON_CARDS, ON_CARDS_OTHERWISE, TYPED, VERBS, more_work
from tests.end_to_end.test_interruptions import digest

ACTIONS = {action.name: action for action in all_actions()}


class Journey(NamedTuple):
    """One action, the way somebody takes to it, and what they then do and see."""

    who: str
    way: str
    action: str
    go: Callable[[Hands, Office], None]


def journeys() -> Iterator[Journey]:
    for action, new in NEW.items():
        yield Journey(new.who, "typed", action, new.go(ACTIONS[action]))
    for way, lookups in (("typed", NAMED), ("asked for", ASKED), ("on a card", BESIDE)):
        for action, lookup in lookups.items():
            yield Journey(lookup.who, way, action, lookup.go(ACTIONS[action]))
    for action, listed in LISTS.items():
        yield Journey(listed.who, "typed", action, listed.go(ACTIONS[action]))
    for way, cases in (("typed", TYPED), ("on a card", ON_CARDS)):
        for action, case in cases.items():
            verb = ON_CARDS_OTHERWISE.get(action, VERBS[action]) if way == "on a card" else VERBS[action]
            yield Journey(case.who, way, action, verb.go(ACTIONS[action], case))
    for (way, action), (who, go) in SESSIONS.items():
        yield Journey(who, way, action, go)
    for action, (who, go) in ACCOUNT.items():
        yield Journey(who, "typed", action, go)


def chapters() -> dict[str, list[Journey]]:
    """What one person does in one sitting."""
    found: dict[str, list[Journey]] = {}
    for journey in journeys():
        found.setdefault(f"{journey.who.split()[0]}, {journey.way}", []).append(journey)
    return found


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_action_has_its_journeys() -> None:
    by_way: dict[str, set[str]] = {}
    for journey in journeys():
        by_way.setdefault(journey.way, set()).add(journey.action)
    on_records = {name for name, action in ACTIONS.items() if action.on}
    assert by_way["typed"] == set(ACTIONS)
    assert by_way["on a card"] == on_records - {"employee"}  # no card leads to the card of an employee
    assert by_way["asked for"] == {name for name in on_records if name == ACTIONS[name].on}


@pytest.mark.parametrize("chapter", chapters())
def test_journeys(chapter: str, language: str, office: Office, sit: Sit, subtests: pytest.Subtests) -> None:
    more_work(office)
    sitting: list[Hands] = []
    for who, way, action, go in chapters()[chapter]:
        with subtests.test(f"{action} ({way}) in {language}"):
            hands = sitting.pop() if sitting else Hands(sit(who, 140, 50, EPICEVENTS_LANG=language), language)
            go(hands, office)
            assert "Traceback" not in hands.seat.everything
            if action not in LEAVING:  # and where a journey failed, the next one starts afresh too
                sitting.append(hands)


OF_OTHERS = {
    "Bill Boquet": (
        "contract new",
        "contract delete",
        "event assign",
        "event update",
        "employee new",
        "employee",
        "client export",
        "client anonymise",
    ),
    "Kate Hastroff": (
        "client new",
        "client export",
        "client anonymise",
        "contract sign",
        "event new",
        "event assign",
        "employee deactivate",
    ),
    "Gina Comptoir": ("client new", "client update", "clients mine"),
    "Ada Racine": ("client new", "client export", "client anonymise", "contract new", "contract pay", "event update"),
}
"""Whom, and what other departments do."""


@pytest.mark.parametrize("who", OF_OTHERS)
def test_what_others_do_is_refused_when_it_is_typed(who: str, language: str, office: Office, sit: Sit) -> None:
    before = digest(office)
    hands = Hands(sit(who, 140, 50, EPICEVENTS_LANG=language), language)
    for action in OF_OTHERS[who]:
        name = hands.called(action)
        hands.command(name)
        hands.says(hands.either((f"“{name}” is not yours to do", f"« {name} » dépasse vos droits")))
    assert digest(office) == before
