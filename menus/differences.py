"""Old and new values side by side on one line: whole where they are short, else from the first word that differs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from rich.cells import cell_len

from menus.written import NOTHING, on_one_line, shortened

ROOM = 56
"""Cells for both values together: with a label and a number in front, that fits into 80 columns."""
BELOW = 40
"""Cells for each of two values on lines of their own, with who wrote it behind."""
AROUND = 2  # words that are the same, before and behind


def difference(old: str, new: str) -> str:
    """`old` → `new`; of long texts what changed, with a few words around it."""
    old, new = on_one_line(old) or NOTHING, on_one_line(new) or NOTHING
    if cell_len(old) + cell_len(new) > ROOM:
        old, new = _apart(old.split(" "), new.split(" "), ROOM // 2)
    return f"{old} → {new}"


def apart(one: str, other: str) -> tuple[str, str]:
    """Two values that stand below one another: whole where they are short, else with what differs."""
    one, other = on_one_line(one) or NOTHING, on_one_line(other) or NOTHING
    if max(cell_len(one), cell_len(other)) > BELOW:
        return _apart(one.split(" "), other.split(" "), BELOW)
    return one, other


def _apart(old: Sequence[str], new: Sequence[str], room: int) -> tuple[str, str]:
    begin = _alike(old, new)
    end = min(_alike(old[::-1], new[::-1]), len(old) - begin, len(new) - begin)
    left = ROOM - 1 if NOTHING in (*old[:1], *new[:1]) else room
    before, after = (_around(words, begin, len(words) - end, left) for words in (old, new))
    return before, after


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words they begin with are the same."""
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _around(words: Sequence[str], begin: int, end: int, room: int) -> str:
    """The words from `begin` to `end` and those beside them; "…" for what is left out."""
    left, right = max(0, begin - AROUND), min(len(words), end + AROUND)
    parts = ["…"] * (left > 0) + list(words[left:right]) + ["…"] * (right < len(words))
    return shortened(" ".join(parts), room)
