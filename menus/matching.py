"""What somebody means by what they typed: the same rule for the menu that opens and for Enter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, TypeVar


class Named(Protocol):
    """Something with names (in every language, the shown one first) and an explanation."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def about(self) -> str: ...


N = TypeVar("N", bound=Named)

EXACT, BEGINNING, BEGINNINGS, IN_NAME, HUMPS, ANYWHERE = range(6)
ALIKE = 0.8
"""How alike, of 1, a mistyped name must be to what was meant."""
MOST_HUMPS = 12  # letters; nobody abbreviates with more


@lru_cache(maxsize=1000)
def fold(text: str) -> str:
    """Lower case, no accents, single spaces."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())


def best(typed: str, things: Sequence[N], worst: int = ANYWHERE) -> list[N]:
    """The things that hold every typed word: exact names first, then beginnings, then the rest, in their own order.

    `worst`: EXACT, BEGINNING, BEGINNINGS (of words), IN_NAME, HUMPS (evws: events without) or ANYWHERE: how loose a
    match may be. With ANYWHERE, names that are nearly what was typed stand in for none at all.
    """
    folded = fold(typed)
    ranked = [(rank, thing) for thing in things if (rank := _rank(folded, thing)) is not None and rank <= worst]
    if not ranked and worst >= ANYWHERE:
        return _nearly(folded, things)
    return [thing for _, thing in sorted(ranked, key=lambda pair: pair[0])]


def named_first(typed: str, things: Sequence[N]) -> tuple[N, str] | None:
    """The thing whose name `typed` begins with, the longest name first, and what follows the name."""
    words = typed.split()
    for length in range(len(words), 0, -1):
        beginning = fold(" ".join(words[:length]))
        for thing in things:
            if any(beginning == fold(name) for name in thing.names):
                return thing, " ".join(words[length:])
    return None


def _rank(folded: str, thing: Named) -> int | None:
    names = [fold(name) for name in thing.names]
    if folded in names:
        return EXACT
    if any(name.startswith(folded) for name in names):
        return BEGINNING
    words = folded.split()
    if any(all(any(part.startswith(word) for part in name.split()) for word in words) for name in names):
        return BEGINNINGS
    # Looser than that, only what can be seen counts; and of an explanation not its examples: client kev.
    shown, everything = names[0], f"{names[0]} {fold(thing.about.partition(':')[0])}"
    if all(word in shown for word in words):
        return IN_NAME
    if _humps("".join(words), shown):
        return HUMPS
    return ANYWHERE if all(word in everything for word in words) else None


def _humps(letters: str, name: str) -> bool:
    """Does each letter follow the one before it in `name`, or begin a later word: evws, events without?"""
    return len(letters) < MOST_HUMPS and re.match("(?:|.*? )".join(map(re.escape, letters)), name) is not None


def _nearly(folded: str, things: Sequence[N]) -> list[N]:
    """Those one of whose names is nearly what was typed, the likeliest first."""
    from difflib import get_close_matches

    names = {fold(name): thing for thing in reversed(things) for name in thing.names}
    found = get_close_matches(folded, names, n=3, cutoff=ALIKE)
    return list({id(names[name]): names[name] for name in found}.values())
