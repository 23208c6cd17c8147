"""What a journey is made of: who does an action in which way, what is asked and said in each language, what is then stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from menus.actions import Action
from tests.company import Office
from tests.end_to_end.hands import Hands

Pair = tuple[str, str]
"""English, French."""
Go = Callable[[Hands, Office], None]
Steps = Callable[[Hands, str], None]
"""Called with the title of what is asked."""


@dataclass(frozen=True)
class List:
    """Who opens it, what it is called, which records are on it and which are not, and something of each language."""

    who: str
    title: Pair
    shows: tuple[str, ...]
    hides: tuple[str, ...]
    says: Pair

    def go(self, action: Action) -> Go:
        def journey(hands: Hands, _office: Office) -> None:
            hands.command(hands.called(action.name))
            hands.says(f"{hands.either(self.title)} ›", hands.either(self.says), *self.shows)
            assert not [record for record in self.hides if record in hands.text]

        return journey


@dataclass(frozen=True)
class Lookup:
    """Who opens which card with what, and something that stands on it in each language."""

    who: str
    typed: str
    number: int
    shows: Pair
    card: tuple[str, int] | None = None
    """The card that it is opened from: `typed` then is what stands behind its digit."""
    asks: Pair | None = None
    """What is asked for it, when its name alone is typed."""

    def go(self, action: Action) -> Go:
        def journey(hands: Hands, _office: Office) -> None:
            self._open(hands, hands.called(action.name))
            hands.says(f"{hands.called(str(action.on))} {self.number} ›", hands.either(self.shows))

        return journey

    def _open(self, hands: Hands, name: str) -> None:
        if self.card is not None:
            entity, number = self.card
            hands.command(f"{hands.called(entity)} {number}")
            hands.digit(entity, number, self.typed.format(contract=hands.called("contract")))
        elif self.asks is not None:
            hands.command(name)
            hands.answer(hands.either(self.asks), self.typed)
        else:
            hands.command(f"{name} {self.typed}")


@dataclass(frozen=True)
class Case:
    """Who does it with which record: looked up by `typed`, or, if that is empty, in front on its card."""

    who: str
    typed: str
    number: int
    of: str


@dataclass(frozen=True)
class Verb:
    """What an action on a record asks, says and writes. Its sentences may name {number} and {of}."""

    asks: Pair
    steps: Steps
    says: Pair
    """{number}: of the record in front afterwards."""
    statement: str
    """{number}: the record it was done with; {said}: the number that was said."""
    holds: tuple[object, ...] | None
    """The row; None: no row any more."""
    check: Callable[[Office, Case, str], None] = lambda _office, _case, _said: None
    """Called with what was said last."""

    def go(self, action: Action, case: Case) -> Go:
        def journey(hands: Hands, office: Office) -> None:
            begin(hands, action, case)
            self.steps(hands, hands.either(self.asks).format(number=case.number, of=case.of))
            said = hands.reads(pattern(hands.either(self.says), case.of))
            rows = office.as_owner(self.statement.format(number=case.number, said=said))
            assert rows == ([] if self.holds is None else [self.holds])
            self.check(office, case, said)

        return journey


@dataclass(frozen=True)
class New:
    """An action that makes a record out of nothing."""

    who: str
    steps: Callable[[Hands], None]
    says: Pair
    statement: str
    holds: tuple[object, ...]

    def go(self, action: Action) -> Go:
        def journey(hands: Hands, office: Office) -> None:
            hands.command(hands.called(action.name))
            self.steps(hands)
            said = hands.reads(pattern(hands.either(self.says)))
            assert office.as_owner(self.statement.format(said=said)) == [self.holds]

        return journey


def begin(hands: Hands, action: Action, case: Case) -> None:
    """By the name of the action and what is known of the record, or by the digit on its card."""
    name, entity = hands.called(action.name), str(action.on)
    if case.typed:
        hands.command(f"{name} {case.typed}")
    else:
        hands.command(f"{hands.called(entity)} {case.number}")
        hands.digit(entity, case.number, name)


def pattern(says: str, of: str = "") -> str:
    """What is said, around the number or the password in it."""
    literal = re.escape(says.format(of=of, number="NUMBER", password="PASSWORD"))
    return literal.replace("NUMBER", r"(\d+)").replace("PASSWORD", r"(\S+)")
