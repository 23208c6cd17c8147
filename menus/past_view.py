"""The history of one record as a screen or as lines: each change with every field, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crm.history import Names
from crm.models import Change
from crm.records import Page
from menus.i18n import _, colon, current
from menus.past import deed, in_full, who
from menus.views import page_footer
from menus.written import visible


class PastRow(NamedTuple):
    """A change: when, by whom, and what was done, a line for each value."""

    place: str
    when: str
    who: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Past:
    """Changes of one record, newest first."""

    title: str
    rows: Sequence[PastRow]
    footer: str

    def on_screen(self, width: int) -> RenderableType:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("#", justify="right", no_wrap=True, style="dim")
        table.add_column(_("When"), no_wrap=True)
        table.add_column(_("Who"), overflow="fold")
        table.add_column(_("Change"), overflow="fold")
        for row in self.rows:
            table.add_row(row.place, row.when, Text(visible(row.who)), Text(visible("\n".join(row.lines))))
        title = Text(visible(self.title), style="bold")
        return Group(title, *([table] if self.rows else [Text()]), Text(self.footer, style="table.caption"))

    def as_lines(self) -> Iterator[str]:
        """A line for each change, then one for each of its values."""
        yield visible(self.title)
        for row in self.rows:
            yield f"{row.place} | {row.when} | {visible(row.who)}"
            yield from (f"  {visible(line)}" for line in "\n".join(row.lines).split("\n"))
        yield self.footer


def past(title: str, page: Page[Change], names: Names, nothing: str) -> Past:
    """A page of the history of a record; `nothing`: what to say of an empty one."""
    rows = [
        PastRow(str(place), current().moment(change.at), who(change), list(_lines(change, names)))
        for place, change in enumerate(page.rows, 1)
    ]
    return Past(title, rows, page_footer("change", page) if rows else nothing)


def _lines(change: Change, names: Names) -> Iterator[str]:
    """What was done, if it was no update; the values of an update."""
    if change.action != "update":
        yield deed(change, names)
        return
    before = ""
    for label, text in in_full(change, names):
        yield text if label == before else f"{colon(label)} {text}"
        before = label
