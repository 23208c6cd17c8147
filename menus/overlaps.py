"""Events of one colleague at the same time: allowed, after a warning that lists them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from crm.models import Colleague, Employee, Event
from menus.i18n import _, current
from menus.terminal import Option

if TYPE_CHECKING:
    from menus.shell import Shell

Contact = Colleague | Employee | None
MOST = 5
GO_ON, OTHERWISE = "go on", "otherwise"


def goes_on(shell: Shell, event: Event, colleague: Contact, go_on: str, otherwise: str, *dates: datetime) -> bool:
    """Whether nothing overlaps, or somebody wants it all the same.

    `go_on`, `otherwise`: what the two ways are called; `dates`: start and end that `event` is to have.
    """
    if not (warning := _warning(shell, event, colleague, *dates)):
        return True
    shell.say(warning)
    options = [Option(OTHERWISE, otherwise), Option(GO_ON, go_on)]
    return shell.terminal.choose(_("Two events at once?"), options, OTHERWISE) == GO_ON


def tell(shell: Shell, event: Event) -> None:
    """What `event`, as it is saved, overlaps."""
    if warning := _warning(shell, event, event.support_contact):
        shell.say(warning)


def _warning(shell: Shell, event: Event, colleague: Contact, *dates: datetime) -> str:
    """ "" where there is nothing to warn of."""
    if colleague is None:
        return ""
    page = shell.session.events.overlapping(event, colleague.id, *dates).page(size=MOST)
    if not page.rows:
        return ""
    more = [_("… and more")] if page.has_next else []
    said = _("{name} runs something else at that time:").format(name=colleague.full_name)
    return "\n".join([said, *map(_line, page.rows), *more])


def _line(event: Event) -> str:
    """Number, title, from when to when, where."""
    language = current()
    same_day = language.day(event.start_date) == language.day(event.end_date)
    end = (language.time if same_day else language.moment)(event.end_date)
    parts = [f"#{event.id}", str(event.title), f"{language.moment(event.start_date)} – {end}", str(event.location)]
    return " · ".join(part for part in parts if part)
