"""Two people changing one record: what each changed, what goes together, what somebody has to choose.

Three versions meet: the record as I saw it, as it is now, and what I want of it. Fields that only the others
changed stand as they are now, those that only I changed are written on top; a field that both changed is a clash.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from crm.errors import Conflict, Invalid, NotAllowed
from crm.models import Change, Record

if TYPE_CHECKING:
    from crm.managers import Manager

R = TypeVar("R", bound=Record)

TRIES = 5
"""How often a change is written again on top of what others go on saving."""
MOST_CHANGES = 100
"""Lines of the history that are looked through for who it was."""
KEPT_BY_THE_DATABASE = ("id", "version", "last_update", "signed_at")
"""They follow from other changes, and are nobody's to have changed."""


@dataclass(frozen=True)
class Elsewhere:
    """What others made of one field since I saw it."""

    name: str
    before: Any
    """As I saw it; a related record, or its bare number where it was not joined."""
    after: Any
    past: tuple[Change, ...] = ()
    """The lines of the history that say so, newest first; none, where they are not mine to read."""


def save(manager: Manager[R, Any], seen: R, changes: dict[str, Any], rests_on: Collection[str]) -> R:
    """Write `changes` to the record that `seen` shows, on top of what others changed meanwhile; the fresh record.

    What they did stands in its `meanwhile`. `rests_on`: fields that the changes were worked out from.
    Raises Conflict when somebody changed one of those, or a field of mine to something else; and when what they did
    makes mine break a rule, or something that I may not do any more.
    """
    wanted, now = changes, Conflict(seen, changes)
    for _try in range(TRIES):
        try:
            written = not wanted or manager.write(now.current, wanted)
        except (Invalid, NotAllowed) as refused:
            if now.current is seen:
                raise
            raise Conflict(now.current, now.changes, now.news, refused) from refused
        if written:
            return told(manager.get(seen.id), now.news)
        now = compared(manager, seen, manager.get(seen.id), changes)
        if now.clashes or any(news.name in rests_on for news in now.news):
            raise now
        wanted = {name: value for name, value in now.changes.items() if _value(now.current, name) != value}
    raise now


def compared(manager: Manager[R, Any], seen: R, current: R, changes: dict[str, Any]) -> Conflict:
    """What others changed between `seen` and `current`, against what of `changes` is new against `seen`."""
    mine = {name: value for name, value in changes.items() if _value(seen, name) != value}
    changed = [name for name in seen._meta.fields if name not in KEPT_BY_THE_DATABASE]
    changed = [name for name in changed if _value(seen, name) != _value(current, name)]
    past = _past(manager, seen, current) if changed else []
    return Conflict(current, mine, tuple(_elsewhere(name, seen, current, past) for name in changed))


def told(record: R, news: Sequence[Elsewhere]) -> R:
    """`record`, with what others did meanwhile."""
    record.meanwhile = tuple(news)
    return record


def _past(manager: Manager[R, Any], seen: R, current: R) -> list[Change]:
    """The lines of the history since, newest first; none, where they are not mine to read."""
    since = current.version - seen.version  # type: ignore[attr-defined]
    if since > 0 and manager.session.permissions.allow((manager.entity, "history")):
        with suppress(NotAllowed):
            return manager.history(current, min(since, MOST_CHANGES))
    return []


def _elsewhere(name: str, seen: Record, current: Record, past: Sequence[Change]) -> Elsewhere:
    column = type(current)._meta.fields[name].column_name
    told = tuple(change for change in past if column in change.fields)
    return Elsewhere(name, getattr(seen, name), getattr(current, name), told)


def _value(record: Record, name: str) -> Any:
    """As it is stored: of a related record its number."""
    return record.__data__[name]
