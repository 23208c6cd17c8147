"""Two people at one record: what the others changed is told, and where both changed the same, one chooses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from crm.conflicts import Elsewhere
from crm.errors import Conflict
from crm.fields import Field, Kind, described
from crm.models import Record
from menus.differences import apart, difference
from menus.i18n import _, colon
from menus.messages import sentence
from menus.terminal import Back, Option
from menus.written import NOTHING, entity_of, when, written

if TYPE_CHECKING:
    from menus.forms import Form
    from menus.shell import Shell

R = TypeVar("R", bound=Record)
THEIRS, MINE, ANEW = "theirs", "mine", "anew"


def again(shell: Shell, record: R, verb: Callable[[R], R]) -> R:
    """What comes of `verb`, which asks and does; what others changed meanwhile is told, and `verb` begins again."""
    while True:
        try:
            return verb(record)
        except Conflict as conflict:
            if conflict.current is None:
                raise
            shell.terminal.refuse(refusal(conflict, shell.now()))
            record = conflict.current


def tell(shell: Shell, saved: Record) -> None:
    """What others changed while `saved` was being changed here."""
    if saved.meanwhile:
        shell.say(_("Others changed this meanwhile, and that is saved as well:"))
        for line in lines(saved, saved.meanwhile, shell.now()):
            shell.say(line)


def refusal(conflict: Conflict, now: datetime, asked: Collection[str] = ()) -> str:
    """Why nothing was saved, and what others changed; fields that are `asked` for are left to the question."""
    chosen = {clash.name for clash in conflict.clashes}.intersection(asked)
    news = [change for change in conflict.news if change.name not in chosen]
    return "\n".join([sentence(conflict), *lines(conflict.current, news, now)])


def lines(record: Record, news: Iterable[Elsewhere], now: datetime) -> list[str]:
    """A line for each field: old → new, by whom, and how long ago."""
    return [by(_line(described(entity_of(record), change.name), change), change, now) for change in news]


def by(what: str, change: Elsewhere, now: datetime) -> str:
    """`what`, and in brackets who did it when, as far as that is known."""
    if not change.past:
        return _("{what} (somebody else)").format(what=what)
    since = when(change.past[0].at, now)
    return _("{what} ({who}, {when})").format(what=what, who=who(change), when=since)


def who(change: Elsewhere) -> str:
    """Everybody who did it, the last one first."""
    actors = [line.actor.full_name if line.actor is not None else _("The installation") for line in change.past]
    return ", ".join(dict.fromkeys(actors))


def which_count(form: Form, _conflict: Conflict) -> None:
    """Of each field that somebody else changed too: theirs, mine, or something else. Raises Back, Abandon."""
    for name, clash in [*form.answers.clashes.items()]:
        (field,) = (field for field in form.fields if field.name == name)
        chosen = _which(form.shell, field, clash, form.answers.values[name])
        if chosen == ANEW and not form.ask_again(name):
            raise Back
        if chosen == THEIRS:
            form.answers.answer(field, form.answers.before[name])
        form.answers.clashes.pop(name, None)


def _which(shell: Shell, field: Field, clash: Elsewhere, mine: object) -> str:
    """Whether THEIRS or MINE is to count, or something that is written ANEW. Raises Back, Abandon."""
    values = apart(written(field, clash.after), written(field, mine))
    theirs = by(_("Theirs: {value}").format(value=values[0]), clash, shell.now())
    options = [
        Option(THEIRS, theirs),
        Option(MINE, _("Mine: {value}").format(value=values[1])),
        Option(ANEW, _("Write something else")),
    ]
    return shell.terminal.choose(_("{field}: which one counts?").format(field=_(field.label)), options, THEIRS)


def _line(field: Field, change: Elsewhere) -> str:
    after = written(field, change.after)
    if field.kind is Kind.RECORD and isinstance(change.before, int):  # its name was not fetched
        return f"{colon(_(field.label))} {after or NOTHING}"
    return f"{colon(_(field.label))} {difference(written(field, change.before), after)}"
