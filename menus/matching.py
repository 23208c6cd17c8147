"""What somebody means by what they typed: the same rule for the menu that opens and for Enter."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Named(Protocol):
    """Something with names (in every language, the shown one first) and an explanation."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def about(self) -> str: ...


N = TypeVar("N", bound=Named)

EXACT, BEGINNING, BEGINNINGS, IN_NAME, ANYWHERE = range(5)


def fold(text: str) -> str:
    """Lower case, no accents, single spaces."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())


def best(typed: str, things: Sequence[N], worst: int = ANYWHERE) -> list[N]:
    """The things that hold every typed word: exact names first, then beginnings, then the rest, in their own order.

    `worst`: EXACT, BEGINNING, BEGINNINGS (of words), IN_NAME or ANYWHERE: how loose a match may be.
    """
    folded = fold(typed)
    ranked = [(rank, thing) for thing in things if (rank := _rank(folded, thing)) is not None and rank <= worst]
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
    if any(all(word in name for word in words) for name in names):
        return IN_NAME
    everything = " ".join([*names, fold(thing.about)])
    return ANYWHERE if all(word in everything for word in words) else None
