"""Where one starts: my day, each line of which opens what is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm import day, sign_ins
from crm.day import Day
from crm.day_parts import Clock, Line
from menus.actions import Action, Command
from menus.charts import charts
from menus.day_view import TEXTS, day_view, sign_in_table
from menus.i18n import N_, _, current
from menus.terminal import NO_KEYS, Keys

if TYPE_CHECKING:
    from menus.shell import Shell


@dataclass
class Home:
    """My day in front of me, and everything I may do."""

    whole: bool = False
    """Also show the chart that has no room beside the lines."""
    day: Day | None = None

    prompt = "epic events ›"

    @property
    def hint(self) -> str:
        if self.day is None or not self.day.tallies:
            return _("type what you want to do")
        return _("type what you want to do · 1 to {last}: a line of my day").format(last=len(self.day.tallies))

    @property
    def keys(self) -> Keys:
        return NO_KEYS

    @property
    def about(self) -> str:
        return _("You are at home: your day, each line of which opens what is behind it, and everything you may do.")

    def show(self, shell: Shell) -> None:
        """One statement: what waits, as it is now."""
        self.day = None  # what cannot be read now is not offered either
        self.day = day.read(shell.session, clock(shell))
        shell.terminal.show(day_view(self.day, self.whole))

    def commands(self, shell: Shell) -> Iterator[Command]:
        """A step for each line, picked by the number it has on the screen: so the menu below need not repeat them."""
        for tally in self.day.tallies if self.day else ():
            yield self._opening(shell, tally.line)

    def open_number(self, shell: Shell, number: int) -> bool:
        return False

    def _opening(self, shell: Shell, line: Line) -> Command:
        text = TEXTS[line.key]
        return Command(
            text.name, text.description, lambda _typed: _open(shell, line), on_screen=True, group=N_("My day")
        )


def _open(shell: Shell, line: Line) -> None:
    """The list behind a line."""
    if line.entity == "session":
        shell.terminal.show(sign_in_table(sign_ins.latest(shell.session, clock(shell))))
    else:
        shell.open_list(line.entity, _(TEXTS[line.key].label), line.records(shell.session, clock(shell)))


def clock(shell: Shell) -> Clock:
    return Clock(shell.now(), current().zone)


def show_day(shell: Shell) -> None:
    shell.go_home(Home(whole=True))


def show_charts(shell: Shell) -> None:
    for chart in charts(day.read(shell.session, clock(shell), charts=True)):
        shell.terminal.show(chart)
        shell.say("")


ACTIONS = (
    Action("my day", N_("What waits for me, and the way back home"), None, show_day),
    Action("charts", N_("Amounts, events or sign-ins over time, drawn"), None, show_charts),
)
