"""Somebody leaves, or moves to another department: who takes over, asked before anything happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crm.errors import Invalid
from crm.fields import DEPARTMENT_NAMES
from crm.hand_over import Portfolio, portfolio
from crm.models import Employee
from crm.session import Session
from menus.finding import entry
from menus.i18n import _, ngettext
from menus.matching import fold
from menus.messages import sentence
from menus.terminal import Abandon, Back, Option

if TYPE_CHECKING:
    from menus.shell import Shell

NOBODY = object()
"""What is chosen when the events are to wait for a support contact."""
Work = Callable[["HandOver"], Employee]
"""Does it, with who takes over; raises CrmError."""


def close(shell: Shell, employee: Employee) -> Employee:
    """Close an account after the questions; the employee as they are then. Raises Back, Abandon."""
    question = _("Close the account of {name}?").format(name=employee.full_name)
    return HandOver(shell, employee).done(
        question,
        _("Close the account"),
        lambda asked: shell.session.employees.deactivate(
            employee, asked.clients_to, asked.events_to, asked.events_to_nobody
        ),
    )


def move(shell: Shell, employee: Employee) -> Employee:
    """Move somebody to another department, in the same way."""
    hand_over = HandOver(shell, employee, shell.session.employees.departments_for(employee))
    return hand_over.done(
        _("Move {name} there?").format(name=employee.full_name),
        _("Move"),
        lambda asked: shell.session.employees.move(
            employee, asked.to, asked.clients_to, asked.events_to, asked.events_to_nobody
        ),
    )


class HandOver:
    """The questions and their answers so far; Esc goes one question back."""

    def __init__(self, shell: Shell, employee: Employee, places: tuple[str, ...] = ()) -> None:
        """`places`: the departments they can move to; none: they leave."""
        self.shell = shell
        self.employee = employee
        self.places = places
        self.to = ""
        self.clients_to: Employee | None = None
        self.events_to: Employee | None = None
        self.events_to_nobody = False
        self.held = Portfolio(0, 0, 0)

    def done(self, question: str, verb: str, work: Work) -> Employee:
        """Ask, let somebody agree, and do it. A receiver whom the database refuses is asked for again."""
        while True:
            self.held = portfolio(self.shell.session, self.employee, self.shell.now())
            self.clients_to = self.events_to = None  # whoever was named for what is there no more is not named
            self.events_to_nobody = False
            self.shell.say(self._told())
            self._ask([*self._questions(), lambda: self._agree(question, verb)])
            try:
                return work(self)
            except Invalid as invalid:
                if not (self._questions() and self.shell.terminal.interactive):
                    raise
                self.shell.terminal.refuse(sentence(invalid))

    def _questions(self) -> list[Callable[[], None]]:
        asked = ((self.places, self._department), (self.held.clients, self._clients), (self.held.events, self._events))
        return [question for needed, question in asked if needed]

    def _ask(self, questions: list[Callable[[], None]]) -> None:
        number = 0
        while number < len(questions):
            try:
                questions[number]()
                number += 1
            except Back:
                if number == 0:
                    raise
                number -= 1

    def _department(self) -> None:
        options = [Option(place, _(DEPARTMENT_NAMES[place])) for place in self.places]
        label = _("New department of {name}").format(name=self.employee.full_name)
        self.to = self.shell.terminal.choose(label, options, self.to)

    def _clients(self) -> None:
        self.clients_to = self._receiver(
            _("Who takes over {what}").format(what=clients_held(self.held)),
            lambda session, typed: _before(
                self.clients_to, typed, session.employees.client_successors(self.employee).matching(typed)
            ),
        )

    def _events(self) -> None:
        def find(session: Session, typed: str) -> list[Any]:
            colleagues: list[Any] = list(session.employees.event_successors(self.employee).matching(typed))
            if not typed.strip():
                return _before(self.events_to, typed, [NOBODY, *colleagues])
            return [*colleagues, *([NOBODY] if fold(_nobody().label).startswith(fold(typed)) else [])]

        self.events_to = self._receiver(_("Who takes over {what}").format(what=events_held(self.held)), find)
        self.events_to_nobody = self.events_to is None

    def _receiver(self, label: str, find: Callable[[Session, str], list[Any]]) -> Employee | None:
        found = self.shell.pick_among(label, find, line=lambda who: _nobody() if who is NOBODY else entry(who))
        return None if found is NOBODY else found

    def _agree(self, question: str, verb: str) -> None:
        """Enter alone is no consent."""
        for line in self._outcome():
            self.shell.say(line)
        options = [Option("yes", verb), Option("no", _("Abandon"))]
        try:
            chosen = self.shell.terminal.choose(question, options, "no")
        except Back:
            if self._questions():
                raise
            raise Abandon from None
        if chosen != "yes":
            raise Abandon

    def _told(self) -> str:
        held = _what_is_held(self.held) or _("nothing to hand over")
        return _("{name}: {held}").format(name=self.employee.full_name, held=held)

    def _outcome(self) -> list[str]:
        lines, name = [], self.employee.full_name
        if self.to:
            lines.append(_("{name} moves to: {place}").format(name=name, place=_(DEPARTMENT_NAMES[self.to])))
        if self.held.clients and self.clients_to is not None:
            lines.append(_takes_over(self.clients_to, clients_held(self.held)))
        if self.held.events and self.events_to is not None:
            lines.append(_takes_over(self.events_to, events_held(self.held)))
        elif self.held.events:
            lines.append(_("Without a support contact from then on: {what}").format(what=events_held(self.held)))
        return lines


def _before(chosen: Employee | None, typed: str, others: list[Any]) -> list[Any]:
    """Whoever was chosen before comes first, as long as nothing else is typed."""
    return [chosen, *(other for other in others if other != chosen)] if chosen and not typed.strip() else others


def _takes_over(whom: Employee, what: str) -> str:
    return _("{name} takes over {what}").format(name=whom.full_name, what=what)


def _what_is_held(held: Portfolio) -> str:
    """3 clients with 5 contracts, 2 coming events; "" for nothing."""
    return ", ".join(([clients_held(held)] if held.clients else []) + ([events_held(held)] if held.events else []))


def clients_held(held: Portfolio) -> str:
    """3 clients with 5 contracts."""
    clients = ngettext("{total} client", "{total} clients", held.clients).format(total=held.clients)
    contracts = ngettext("{total} contract", "{total} contracts", held.contracts).format(total=held.contracts)
    return _("{clients} with {contracts}").format(clients=clients, contracts=contracts)


def events_held(held: Portfolio) -> str:
    """2 coming events."""
    return ngettext("{total} coming event", "{total} coming events", held.events).format(total=held.events)


def _nobody() -> Option:
    return Option("nobody", _("nobody: they wait for a support contact"))
