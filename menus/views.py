"""Tables and cards: what is on them, then how a screen or a plain line shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from rich import box
from rich.cells import cell_len
from rich.console import Group, JustifyMethod, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crm.fields import ENTITIES, Field, Kind
from crm.models import Change, Contract, Record
from crm.records import COUNTED, Page
from menus.i18n import _, colon, current, ngettext
from menus.past import change_line
from menus.written import label, visible, written

EDGES, GAP = 2, 3  # of rich's SIMPLE_HEAD
NARROWEST, ENOUGH, WIDEST = 12, 26, 32
ESSENTIAL = 2  # columns up to this rank are rather cut than left out
RIGHT = {Kind.NUMBER, Kind.AMOUNT, Kind.COUNT}
WHOLE = RIGHT | {Kind.DAY, Kind.MOMENT, Kind.CHOICE}


@dataclass(frozen=True)
class Listing:
    """Records as lines of a table."""

    title: str
    fields: Sequence[Field]
    rows: Sequence[Sequence[str]]
    footer: str = ""
    places: Sequence[str] = ()
    """What opens each row by where it stands; "" where it does not."""

    def on_screen(self, width: int) -> RenderableType:
        """Whole columns go, the least important first, before texts are cut; no row wraps."""
        title = _one_line(self.title)
        heading = Text(title, style="bold", no_wrap=cell_len(title) > 2 * width, overflow="ellipsis")
        table = [self._table(width)] if self.rows else [Text()]
        return Group(heading, *table, *([Text(self.footer, style="table.caption")] if self.footer else []))

    def as_lines(self) -> Iterator[str]:
        """A header and a line for each record, values apart by bars."""
        yield _one_line(self.title)
        yield " | ".join([*(["#"] if self.places else []), *(_(field.label) for field in self.fields)])
        for number, row in enumerate(self.rows):
            yield " | ".join([*self.places[number : number + 1], *(_one_line(cell) for cell in row)])
        if self.footer:
            yield self.footer

    def _table(self, width: int) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        placed = max(map(len, self.places), default=0)
        if placed:
            table.add_column("#", justify="right", no_wrap=True, style="dim", width=placed)
        widths = self._widths(width - placed - GAP if placed else width)
        for index, cells in widths.items():
            justify: JustifyMethod = "right" if self.fields[index].kind in RIGHT else "left"
            table.add_column(self._title(index), justify=justify, no_wrap=True, overflow="ellipsis", width=cells)
        for number, row in enumerate(self.rows):
            place = [Text(self.places[number])] if placed else []
            table.add_row(*place, *(Text(_one_line(row[index])) for index in widths))
        return table

    def _widths(self, width: int) -> dict[int, int]:
        """Cells for each column that stays: what it wants, or else the least it needs; then what is left over."""
        shown = sorted(range(len(self.fields)), key=lambda index: (self.fields[index].rank, index))
        while self.fields[shown[-1]].rank > ESSENTIAL and self._needed(shown, self._wanted) > width:
            shown.pop()
        while len(shown) > 1 and self._needed(shown, self._least) > width:
            shown.pop()
        cells = self._wanted if self._needed(shown, self._wanted) <= width else self._least
        widths = {index: cells(index) for index in shown}
        left = width - self._needed(shown, cells)
        for index in shown:
            more = max(0, min(left, self._natural(index) - widths[index]))
            widths[index] += more
            left -= more
        return dict(sorted(widths.items()))

    def _needed(self, shown: Sequence[int], cells: Callable[[int], int]) -> int:
        return EDGES + sum(map(cells, shown)) + GAP * (len(shown) - 1)

    def _wanted(self, index: int) -> int:
        """Room for everything in it; texts beyond WIDEST are cut rather than push a column out."""
        whole = self.fields[index].kind in WHOLE
        return max(self._heading(index), self._natural(index) if whole else min(self._natural(index), WIDEST))

    def _least(self, index: int) -> int:
        """Headings, numbers and dates are never cut, texts to no less than what tells them apart."""
        enough = ENOUGH if self.fields[index].rank == 1 else NARROWEST
        whole = self.fields[index].kind in WHOLE
        return self._wanted(index) if whole else max(self._heading(index), min(self._natural(index), enough))

    def _heading(self, index: int) -> int:
        return cell_len(self._title(index))

    def _title(self, index: int) -> str:
        """The label, but a short one for the number: a table of events need not say "Event ID"."""
        field = self.fields[index]
        return _("ID") if field.kind is Kind.NUMBER else _(field.label)

    def _natural(self, index: int) -> int:
        return max((cell_len(_one_line(row[index])) for row in self.rows), default=0)


class Row(NamedTuple):
    """A line of a card: what it is called, what it says, the key that leads on from it."""

    name: str
    text: str
    key: str = ""


@dataclass(frozen=True)
class Card:
    """One record: its values, what stands beside it, its last changes. A name stands in front of its first row only."""

    title: str
    rows: Sequence[Row]

    def on_screen(self, width: int) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for name, rows in self._named:
            for place, row in enumerate(rows):
                key = (f"{row.key}  ", "bold") if row.key else ""
                grid.add_row(Text("" if place else name), Text.assemble(key, visible(row.text)))
        title = Text(visible(self.title))
        return Panel(grid, title=title, title_align="left", box=box.ROUNDED, width=min(width, 100))

    def as_lines(self) -> Iterator[str]:
        yield visible(self.title)
        for name, rows in self._named:
            texts = [f"{row.key}  {visible(row.text)}" if row.key else visible(row.text) for row in rows]
            if len(texts) == 1:
                yield f"{colon(name)} {texts[0]}"
            else:
                yield colon(name)
                yield from (f"  {text}" for text in texts)

    @property
    def _named(self) -> Iterator[tuple[str, list[Row]]]:
        for name, rows in groupby(self.rows, key=lambda row: row.name):
            yield name, list(rows)


def listing(entity: str, title: str, page: Page[Any], now: datetime, sorted_on: str = "", nothing: str = "") -> Listing:
    """A page of records as a table, with the field it is sorted on; `nothing`: what to say of an empty one."""
    shown = [_kept(field) if field.name == sorted_on else field for field in ENTITIES[entity]]
    shown = [field for field in shown if field.rank]
    rows = [[_cell(field, field.of(record, now)) for field in shown] for record in page.rows]
    numbers = {row.id for row in page.rows}
    places = ["" if place in numbers else str(place) for place in range(1, len(page.rows) + 1)]
    return Listing(title, shown, rows, _page_footer(entity, page) if page.rows else nothing, places)


def numbers_of(rows: Sequence[Any]) -> Mapping[int, Any]:
    """What each number opens in a table: a row by its place, but first of all by the number of its record."""
    return dict(enumerate(rows, 1)) | {row.id: row for row in rows}


def _kept(field: Field) -> Field:
    """`field` as a column that stays on a narrow screen."""
    return replace(field, rank=min(field.rank or ESSENTIAL, ESSENTIAL))


def card(entity: str, record: Record, now: datetime, beside: Sequence[Row], changes: Sequence[Change]) -> Card:
    """Everything about one record, with what stands `beside` it (in place of the value it is, if it is one), and its
    last changes. A value that could be known and is not shows as a dash; one that does not apply is left out.
    """
    rows, left = [], list(beside)
    for field in ENTITIES[entity]:
        name, text = _(field.label), written(field, field.of(record, now))
        standing = [row for row in left if row.name == name]
        if standing:
            rows.extend(standing)
            left = [row for row in left if row.name != name]
        elif text or not field.required:
            rows.append(Row(name, text or "–"))
    past = [Row(_("Last changes"), change_line(change, now)) for change in changes]
    return Card(label(record), [*rows, *left, *past])


def _cell(field: Field, value: object) -> str:
    return str(value.id) if isinstance(value, Contract) else written(field, value)


def _page_footer(entity: str, page: Page[Any]) -> str:
    """Which rows these are, of how many; only so far as they were counted."""
    if page.number == 1 and not page.has_next:
        return _how_many(entity, len(page.rows))
    if page.total is None:
        return _("Page {number}").format(number=page.number)
    first = (page.number - 1) * page.size + 1
    last = first + len(page.rows) - 1
    sentence, total = _("{first}–{last} of {total} · Page {number}"), max(page.total, last)
    if not page.has_next:
        total = last
    elif page.total > COUNTED:
        sentence, total = _("{first}–{last} of more than {total} · Page {number}"), max(COUNTED, last)
    shown = {name: current().number(value) for name, value in {"first": first, "last": last, "total": total}.items()}
    return sentence.format(number=page.number, **shown)


def _how_many(entity: str, total: int) -> str:
    match entity:
        case "client":
            sentence = ngettext("{total} client", "{total} clients", total)
        case "contract":
            sentence = ngettext("{total} contract", "{total} contracts", total)
        case "event":
            sentence = ngettext("{total} event", "{total} events", total)
        case _other:
            sentence = ngettext("{total} employee", "{total} employees", total)
    return sentence.format(total=total)


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()))
