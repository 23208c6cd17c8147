"""The history as a list: all of it, or that of one record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm.fields import Field, Kind
from crm.records import Page, Records
from menus.actions import Action
from menus.filters import Filter
from menus.history_filters import CHANGE, WHAT
from menus.i18n import N_, _
from menus.lists import ListPlace, opening
from menus.past import deed, name_of, who
from menus.past_view import past
from menus.terminal import View
from menus.views import Listing, page_footer
from menus.written import on

if TYPE_CHECKING:
    from menus.shell import Shell

HISTORY = N_("history")
COLUMNS = (
    Field("at", N_("When"), Kind.MOMENT, rank=1),
    Field("actor", N_("Who"), Kind.LINE, rank=2),
    Field("record", N_("Record"), Kind.CHOICE, rank=1),  # never cut: it ends with the number
    Field("name", N_("Name"), Kind.LINE, rank=3),
    Field("fields", N_("Change"), Kind.LINE, rank=2),
)
LINES_EACH = 3
"""Of a change in the history of one record, more or less."""


class HistoryPlace(ListPlace):
    """Changes of everything whose history one may read, a line each."""

    @property
    def known_filters(self) -> Sequence[Filter]:
        return CHANGE

    @property
    def about(self) -> str:
        about = _("You are in the list “{title}”. A number opens that change, with every value.")
        return about.format(title=self.selection.titled)

    def _view(self, shell: Shell, page: Page[Any]) -> View:
        names, now = shell.session.history.names(page.rows), shell.now()
        rows = []
        for change in page.rows:
            record = f"{_(change.entity)} {change.entity_id}"
            rows.append((on(change.at, now), who(change), record, name_of(change, names), deed(change, names)))
        places = [str(place) for place in range(1, len(rows) + 1)]
        footer = page_footer("change", page) if rows else self._nothing(shell)
        return Listing(self.selection.titled, COLUMNS, rows, footer, places)


class RecordHistory(HistoryPlace):
    """Changes of one record, with every value."""

    def __init__(self, entity: str, number: int, title: str, records: Records[Any]) -> None:
        super().__init__("change", title, records)
        self.of = f"{_(entity)} {number}"

    @property
    def prompt(self) -> str:
        return f"{self.of} · {_(HISTORY)} ›"

    @property
    def known_filters(self) -> Sequence[Filter]:
        return [known for known in CHANGE if known.instead not in WHAT]

    def _view(self, shell: Shell, page: Page[Any]) -> View:
        nothing = "" if page.rows else self._nothing(shell)
        return past(self.selection.titled, page, shell.session.history.names(page.rows), nothing)

    def _rows_of(self, shell: Shell) -> int:
        return max(LINES_EACH, shell.terminal.page_rows // LINES_EACH)


ACTIONS = (
    Action("history", N_("Who changed what, and when"), ("client", "history"), opening("change"), under="change"),
)
