"""A list, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm.errors import Invalid
from crm.records import Page, Records
from menus.actions import Command
from menus.i18n import N_, _
from menus.terminal import Keys
from menus.views import listing
from menus.written import label

if TYPE_CHECKING:
    from menus.shell import Shell

LAST_PAGE = 1_000_000


@dataclass
class ListPlace:
    """A list, on one of its pages."""

    entity: str
    title: str
    records: Records[Any]
    page: Page[Any] | None = None

    @property
    def prompt(self) -> str:
        return f"{self.title} ›"

    @property
    def hint(self) -> str:
        if self.page and self.page.has_next:
            return _("number: open · PgDn: next · Esc: back")
        return _("number: open · Esc: back")

    @property
    def keys(self) -> Keys:
        return {"pagedown": _("next"), "pageup": _("previous")}

    def show(self, shell: Shell) -> None:
        """One statement: the page in front, as it is now."""
        self._turn(shell, self.records.page(self.page.number if self.page else 1))

    def commands(self, shell: Shell) -> Iterator[Command]:
        page = self.page
        if page:
            yield Command(
                N_("next"),
                N_("The next page"),
                lambda _typed: self._next(shell, page),
                offered=page.has_next,
                numbered=False,
            )
            yield Command(
                N_("previous"),
                N_("The page before"),
                lambda _typed: self._previous(shell, page),
                offered=page.has_previous,
                numbered=False,
            )
        if page and (page.has_next or page.has_previous):
            yield Command(
                N_("page"),
                N_("A page by its number: page 12"),
                lambda typed: self._jump(shell, typed),
                takes_argument=True,
                numbered=False,
            )
        for record in page.rows if page else ():
            yield self._opening(shell, record)

    def open_number(self, shell: Shell, number: int) -> bool:
        """Also one that is on another page."""
        shell.open_card(self.entity, number)
        return True

    def _opening(self, shell: Shell, record: Any) -> Command:
        return Command(
            str(record.id), label(record), lambda _typed: shell.open_card(self.entity, record.id), offered=False
        )

    def _next(self, shell: Shell, page: Page[Any]) -> None:
        if not page.has_next:
            raise Invalid(None, N_("This is the last page."))
        self._turn(shell, self.records.after(page))

    def _previous(self, shell: Shell, page: Page[Any]) -> None:
        if not page.has_previous:
            raise Invalid(None, N_("This is the first page."))
        self._turn(shell, self.records.before(page))

    def _jump(self, shell: Shell, typed: str) -> None:
        number = typed.strip()
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= LAST_PAGE):
            raise Invalid(None, N_("Type the number of a page, like: page 12"))
        page = self.records.page(int(number))
        if not page.rows and page.number > 1:
            raise Invalid(None, N_("There is no page {number}."), number=page.number)
        self._turn(shell, page)

    def _turn(self, shell: Shell, page: Page[Any]) -> None:
        """Show `page`; the first one, when somebody deleted what was on it."""
        self.page = page if page.rows or page.number == 1 else self.records.page()
        shell.terminal.show(listing(self.entity, self.title, self.page, shell.now()))
