"""A list, page by page, sorted and filtered as somebody likes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from crm.errors import Invalid
from crm.records import PAGE_SIZE, Page, Records
from menus.actions import Candidates, Command
from menus.filters import FILTER, FILTERS, Chosen, Filter, by_name
from menus.i18n import N_, _
from menus.matching import IN_NAME, best
from menus.selection import Selection
from menus.sorting import SORTINGS, Sorting, sorting
from menus.terminal import Keys, Option, View
from menus.views import listing, numbers_of
from menus.written import label

if TYPE_CHECKING:
    from menus.shell import Shell

LAST_PAGE = 1_000_000
LONGEST_PROMPT = 40
TITLES = {
    "client": N_("Clients"),
    "contract": N_("Contracts"),
    "event": N_("Events"),
    "employee": N_("Employees"),
    "change": N_("History"),
}
NO_FILTER = N_("filter none")


def opening(entity: str, *filters: str) -> Callable[[Shell], None]:
    """What opens the list of an entity with these filters on ("mine", "unsigned"): a ready-made combination."""

    def open_list(shell: Shell) -> None:
        shell.open_list(entity, _(TITLES[entity]), shell.session.of(entity).visible(), *filters)

    return open_list


class ListPlace:
    """A list, on one of its pages."""

    def __init__(self, entity: str, title: str, records: Records[Any], *filters: str) -> None:
        """`filters`: those that are on from the beginning, like "unsigned"."""
        self.entity = entity
        on = tuple(Chosen(by_name(name, self.known_filters)) for name in filters)
        self.selection = Selection(entity, title, records, on)
        self.page: Page[Any] | None = None
        self._size = PAGE_SIZE

    @property
    def known_filters(self) -> Sequence[Filter]:
        """What it can be narrowed to, permitted or not."""
        return FILTERS[self.entity]

    @property
    def prompt(self) -> str:
        named = self.selection.named
        return f"{named if cell_len(named) <= LONGEST_PROMPT else f'{self.selection.title} · …'} ›"

    @property
    def hint(self) -> str:
        if self.page and self.page.has_next:
            return _("number: open · PgDn: next · Esc: back")
        return _("number: open · Esc: back")

    @property
    def about(self) -> str:
        about = _(
            "You are in the list “{title}”. A number opens a record: its place, in the column #, or its own number, "
            "on whatever page. A place that is also the number of a record here is left out: the record counts."
        )
        return about.format(title=self.selection.titled)

    @property
    def keys(self) -> Keys:
        return {"pagedown": _("next"), "pageup": _("previous")}

    def show(self, shell: Shell) -> None:
        """One statement: the page in front, as it is now and fits now, and how many rows there are."""
        above = (self.page.number - 1) * self.page.size if self.page else 0
        self._size = self._rows_of(shell)
        self._turn(shell, self._page(shell, above // self._size + 1))

    def commands(self, shell: Shell) -> Iterator[Command]:
        if self.page:
            yield from self._turning(shell, self.page)
        example = _("Another order: {example}").format(example=_(SORTINGS[self.entity][0].name))
        yield _choice(N_("sort"), example, lambda typed: self._sort(shell, typed), True)
        yield _choice(FILTER, N_("Fewer rows, or all of them again"), lambda typed: self._filter(shell, typed), True)
        yield from self._sortings(shell)
        yield from self._filters(shell)
        for number, record in numbers_of(self.page.rows if self.page else []).items():
            yield self._opening(shell, number, record)

    def open_number(self, shell: Shell, number: int) -> bool:
        """A row in front; or else a record of that number, also one that is on another page."""
        row = numbers_of(self.page.rows if self.page else []).get(number)
        shell.open_card(self.entity, number if row is None else row.id)
        return True

    def _opening(self, shell: Shell, number: int, record: Any) -> Command:
        about = label(record) if number == record.id else f"{record.id}  {label(record)}"
        return _choice(str(number), about, lambda _typed: shell.open_card(self.entity, record.id), offered=False)

    # Turning pages

    def _turning(self, shell: Shell, page: Page[Any]) -> Iterator[Command]:
        yield _choice(N_("next"), N_("The next page"), lambda _typed: self._next(shell, page), offered=page.has_next)
        yield _choice(
            N_("previous"), N_("The page before"), lambda _typed: self._previous(shell, page), offered=page.has_previous
        )
        if page.has_next or page.has_previous:
            told = N_("A page by its number: page 12")
            yield _choice(N_("page"), told, lambda typed: self._jump(shell, typed), takes_argument=True)

    def _next(self, shell: Shell, page: Page[Any]) -> None:
        if not page.has_next:
            raise Invalid(None, N_("This is the last page."))
        self._turn(shell, self.selection.current(shell).after(page))

    def _previous(self, shell: Shell, page: Page[Any]) -> None:
        if not page.has_previous:
            raise Invalid(None, N_("This is the first page."))
        self._turn(shell, self.selection.current(shell).before(page))

    def _jump(self, shell: Shell, typed: str) -> None:
        number = typed.strip()
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= LAST_PAGE):
            raise Invalid(None, N_("Type the number of a page, like: page 12"))
        page = self._page(shell, int(number))
        if not page.rows and page.number > 1:
            raise Invalid(None, N_("There is no page {number}."), number=page.number)
        self._turn(shell, page)

    def _page(self, shell: Shell, number: int = 1) -> Page[Any]:
        return self.selection.current(shell).page(number, self._size, counted=True)

    def _turn(self, shell: Shell, page: Page[Any]) -> None:
        """Show `page`; the first one, when somebody deleted what was on it."""
        self.page = page if page.rows or page.number == 1 else self._page(shell)
        shell.terminal.show(self._view(shell, self.page))

    def _view(self, shell: Shell, page: Page[Any]) -> View:
        nothing = "" if page.rows else self._nothing(shell)
        sorted_on, _descending = self.selection.order
        return listing(self.entity, self.selection.titled, page, shell.now(), sorted_on, nothing)

    def _rows_of(self, shell: Shell) -> int:
        """How many make a page."""
        return shell.terminal.page_rows

    def _nothing(self, shell: Shell) -> str:
        """What to do about an empty list."""
        if self.selection.filters:
            last = _(self.selection.filters[-1].filter.name)
            if len(self.selection.filters) == 1:
                return _("Nothing here. “{filter}” takes the filter off.").format(filter=last)
            sentence = _("Nothing here. “{filter}” takes the last filter off, “{none}” all of them.")
            return sentence.format(filter=last, none=_(NO_FILTER))
        adding = [action for action in shell.actions if action.name == f"{self.entity} new"]
        if self.selection.title == _(TITLES[self.entity]) and any(action.allowed(shell.session) for action in adding):
            return _("Nothing here. “{command}” makes a beginning.").format(command=_(adding[0].name))
        return _("Nothing here.")

    # Sorting and filtering

    def _change(self, shell: Shell, selection: Selection) -> None:
        """Show the first page of it; if that cannot be shown, nothing is changed."""
        self._size = self._rows_of(shell)
        page = selection.current(shell).page(1, self._size, counted=True)
        self.selection = selection
        self._turn(shell, page)

    def _sortings(self, shell: Shell) -> Iterator[Command]:
        for known in SORTINGS[self.entity]:
            about = known.title(self.selection.sorted_by(known).order[1])
            yield _choice(known.name, about, lambda _typed, known=known: self._sort_by(shell, known), offered=False)

    def _sort_by(self, shell: Shell, known: Sorting) -> None:
        self._change(shell, self.selection.sorted_by(known))

    def _sort(self, shell: Shell, typed: str) -> None:
        if typed:
            _the_one(typed, list(self._sortings(shell))).run("")
            return
        options = []
        for known in SORTINGS[self.entity]:
            order = _(known.title(self.selection.sorted_by(known).order[1]))
            turns = _("{order} (turns it round)").format(order=order)
            options.append(Option(known.field, turns if known.field == self.selection.order[0] else order))
        picked = sorting(self.entity, shell.terminal.choose(_("Sort"), options, ""))
        if picked is not None:
            self._sort_by(shell, picked)

    def _filters(self, shell: Shell) -> Iterator[Command]:
        for known in self._allowed(shell):
            on = self.selection.on(known) is not None
            about = _("on: {filter}").format(filter=_(known.description)) if on else known.description
            yield _choice(
                known.name,
                about,
                lambda typed, known=known: self._filter_by(shell, known, typed),
                takes_argument=known.ask is not None,
                offered=False,
                candidates=known.candidates,
            )
        if self.selection.filters:
            yield _choice(
                NO_FILTER,
                N_("All filters off"),
                lambda _typed: self._change(shell, self.selection.unfiltered()),
            )

    def _filter_by(self, shell: Shell, known: Filter, typed: str) -> None:
        off = self.selection.on(known) is not None and not typed
        value = known.ask(shell, typed) if known.ask is not None and not off else None
        self._change(shell, self.selection.toggled(known, value))

    def _filter(self, shell: Shell, typed: str) -> None:
        commands = list(self._filters(shell))
        if not typed:
            wide = max(cell_len(command.names[0]) for command in commands)
            options = [Option(line.names[0], f"{line.names[0]:<{wide}}  {line.about}") for line in commands]
            typed = shell.terminal.choose(_("Filter"), options, "")
        _the_one(typed, commands).run("")

    def _allowed(self, shell: Shell) -> list[Filter]:
        return [known for known in self.known_filters if known.allowed(shell.session)]


def _choice(
    name: str,
    about: str,
    run: Callable[[str], None],
    takes_argument: bool = False,
    offered: bool = True,
    candidates: Candidates | None = None,
) -> Command:
    """A command of the list; no digit picks it, because numbers mean rows here."""
    return Command(name, about, run, takes_argument, offered, numbered=False, candidates=candidates)


def _the_one(typed: str, commands: list[Command]) -> Command:
    """The command that `typed` names or is a part of the name of. Raises Invalid."""
    found = best(typed, commands, IN_NAME)
    if not found:
        raise Invalid(None, N_("There is no choice “{typed}” here."), typed=typed)
    return found[0]
