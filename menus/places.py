"""Where somebody is: at home, in a list, on a card. Each place shows itself and offers its own steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from crm.errors import Invalid
from crm.records import Page, Records
from menus.actions import Command, command_of
from menus.i18n import N_, _
from menus.neighbours import as_lines, neighbours
from menus.views import card, listing

if TYPE_CHECKING:
    from menus.shell import Shell

LAST_PAGE = 1_000_000


class Place(Protocol):
    """Somewhere to be."""

    @property
    def prompt(self) -> str: ...
    @property
    def hint(self) -> str: ...
    def show(self, shell: Shell) -> None: ...
    def commands(self, shell: Shell) -> Iterator[Command]: ...
    def open_number(self, shell: Shell, number: int) -> bool:
        """Open the record that this number means here; False if it means none."""


class Home:
    """Where one starts: everything I may do, and nothing in front of me."""

    prompt = "epic events ›"

    @property
    def hint(self) -> str:
        return _("type what you want to do")

    def show(self, shell: Shell) -> None:
        """Nothing: the menu that opens says it all."""

    def commands(self, shell: Shell) -> Iterator[Command]:
        return iter(())

    def open_number(self, shell: Shell, number: int) -> bool:
        return False


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
        return _("number: open · anything from the menu · Esc: back")

    def show(self, shell: Shell) -> None:
        """One statement: the page in front, as it is now."""
        self._turn(shell, self.records.page(self.page.number if self.page else 1))

    def commands(self, shell: Shell) -> Iterator[Command]:
        page = self.page
        if page and page.has_next:
            yield Command(
                N_("next"),
                N_("The next page"),
                lambda _typed: self._turn(shell, self.records.after(page)),
                numbered=False,
            )
        if page and page.has_previous:
            yield Command(
                N_("previous"),
                N_("The page before"),
                lambda _typed: self._turn(shell, self.records.before(page)),
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
        from menus.written import label

        return Command(
            str(record.id), label(record), lambda _typed: shell.open_card(self.entity, record.id), offered=False
        )

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


@dataclass
class CardPlace:
    """One record, and what may be done with it."""

    entity: str
    number: int
    record: Any = None
    near: Sequence[tuple[str, Sequence[Any]]] = ()

    @property
    def prompt(self) -> str:
        return f"{_(self.entity)} {self.number} ›"

    @property
    def hint(self) -> str:
        return _("a number on the card: open · anything from the menu · Esc: back")

    def show(self, shell: Shell) -> None:
        manager = shell.session.of(self.entity)
        self.record = manager.get(self.number)
        changes = manager.history(self.record) if shell.session.permissions.allow((self.entity, "history")) else []
        self.near = neighbours(shell.session, self.record)
        shell.terminal.show(card(self.entity, self.record, shell.now(), as_lines(self.record, self.near), changes))

    def open_number(self, shell: Shell, number: int) -> bool:
        """One of the neighbours that the card shows."""
        for entity, records in self.near:
            if number in [record.id for record in records]:
                shell.open_card(entity, number)
                return True
        return False

    def commands(self, shell: Shell) -> Iterator[Command]:
        for action in shell.actions:
            if (
                action.on == self.entity
                and action.name != self.entity
                and action.offered_on(shell.session, self.record)
            ):
                yield command_of(shell, action, self.record)
