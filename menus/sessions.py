"""Where somebody is signed in, and ending it: a place whose numbers are sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from crm import sessions
from crm.errors import Invalid
from crm.fields import DEPARTMENT_NAMES, Field, Kind
from crm.models import Employee, SignIn
from crm.records import EmployeeRecords
from crm.session import Session
from menus.actions import Action, Command
from menus.forms import confirm
from menus.i18n import N_, _, current
from menus.terminal import NO_KEYS, Keys
from menus.views import Listing
from menus.written import when

if TYPE_CHECKING:
    from menus.shell import Shell

WHO = (Field("employee", N_("Name"), Kind.LINE, rank=1), Field("department", N_("Department"), Kind.LINE, rank=4))
WHERE = (
    Field("created_at", N_("Signed in"), Kind.MOMENT, rank=1),
    Field("last_used", N_("Last used"), Kind.MOMENT, rank=1),
    Field("expires_at", N_("Expires"), Kind.MOMENT, rank=3),
    Field("place", N_("Machine"), Kind.LINE, rank=2),
    Field("address", N_("Address"), Kind.LINE, rank=5),
)


class Whose(NamedTuple):
    """Whose sessions are shown; nobody's: everybody's."""

    number: int | None = None
    name: str = ""


class SessionsPlace:
    """Open sessions in front of me."""

    def __init__(self, whose: Whose, mine: bool) -> None:
        self.whose = whose
        self.mine = mine
        self.rows: Sequence[SignIn] = ()

    @property
    def title(self) -> str:
        if self.mine:
            return _("My sessions")
        return _("Sessions of {name}").format(name=self.whose.name) if self.whose.number else _("Everybody's sessions")

    @property
    def prompt(self) -> str:
        return f"{self.title} ›"

    @property
    def hint(self) -> str:
        return _("number: end it · Esc: back")

    @property
    def about(self) -> str:
        return _(
            "You are looking at sessions that are open now. A number ends that session, after a question: whoever "
            "works in it is signed out at once."
        )

    @property
    def keys(self) -> Keys:
        return NO_KEYS

    def show(self, shell: Shell) -> None:
        """One statement."""
        self.rows = sessions.open_now(shell.session, self.whose.number)
        shell.terminal.show(self._table(shell))

    def commands(self, shell: Shell) -> Iterator[Command]:
        yield _step(N_("end"), N_("End a session: end 2"), lambda typed: self._end_typed(shell, typed), True)
        if self.mine and len(self.rows) > 1:
            yield _step(
                N_("end others"), N_("End all my sessions but this one"), lambda _typed: self._end_others(shell)
            )
        if self.whose.number:
            yield _step(N_("end all"), self._about_all(), lambda _typed: self._end_all(shell))
        for number, opened in enumerate(self.rows, 1):
            about = _called(opened, self.whose.number is None)
            yield _step(str(number), about, lambda _typed, opened=opened: self._end(shell, opened), offered=False)

    def open_number(self, shell: Shell, number: int) -> bool:
        return False

    def _about_all(self) -> str:
        return N_("End all my sessions, this one too") if self.mine else N_("End all of these sessions")

    def _table(self, shell: Shell) -> Listing:
        rows = [self._row(shell, opened) for opened in self.rows]
        places = [str(number) for number, _row in enumerate(rows, 1)]
        columns = (*(() if self.whose.number else WHO), *WHERE)
        footer = "" if rows else _("Nobody is signed in here.")
        if len(rows) == sessions.MOST:
            footer = _("These are the {most} last used; others: {command}.").format(
                most=sessions.MOST, command=_(OF_COLLEAGUE)
            )
        return Listing(self.title, columns, rows, footer, places)

    def _row(self, shell: Shell, opened: SignIn) -> list[str]:
        now = shell.now()
        place = opened.place or "–"
        if sessions.is_this_one(shell.session, opened):
            place = _("{machine} (this session)").format(machine=place)
        where = [
            when(opened.created_at, now),
            when(opened.last_used, now),
            current().moment(opened.expires_at),
            place,
            opened.address or "",
        ]
        who = [opened.employee.full_name, _(DEPARTMENT_NAMES[opened.employee.department])]
        return where if self.whose.number else [*who, *where]

    def _end_typed(self, shell: Shell, typed: str) -> None:
        number = typed.strip()
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= len(self.rows)):
            raise Invalid(None, N_("Type the number of a session, like: end 2"))
        self._end(shell, self.rows[int(number) - 1])

    def _end(self, shell: Shell, opened: SignIn) -> None:
        if sessions.is_this_one(shell.session, opened):
            confirm(shell, _("End this session? You will be signed out."), _("Sign out"))
            _leave(shell)
            return
        asked = _("End the session of {name}, signed in {when}?").format(
            name=opened.employee.full_name, when=current().moment(opened.created_at)
        )
        confirm(shell, asked, _("End it"))
        sessions.end(shell.session, opened)
        self._ended(shell, _("The session is over."))

    def _end_others(self, shell: Shell) -> None:
        confirm(shell, _("End all your sessions but this one?"), _("End them"))
        sessions.end_all(shell.session, shell.session.identity.employee_id, but_this=True)
        self._ended(shell, _("Your other sessions are over."))

    def _end_all(self, shell: Shell) -> None:
        if self.mine:
            confirm(shell, _("End all your sessions? You will be signed out here too."), _("Sign out everywhere"))
            sessions.end_all(shell.session, shell.session.identity.employee_id, but_this=True)
            _leave(shell)
            return
        confirm(shell, _("End all sessions of {name}?").format(name=self.whose.name), _("End them"))
        sessions.end_all(shell.session, self.whose.number or 0)
        self._ended(shell, _("All sessions of {name} are over.").format(name=self.whose.name))

    def _ended(self, shell: Shell, said: str) -> None:
        try:
            self.show(shell)
        finally:  # ended they are, though it cannot be shown
            shell.say(said)


def _leave(shell: Shell) -> None:
    from menus.account import sign_out

    sign_out(shell)


def _called(opened: SignIn, named: bool) -> str:
    since = current().moment(opened.created_at)
    return " · ".join(part for part in (opened.employee.full_name if named else "", opened.place, since) if part)


def _step(name: str, about: str, run: Callable[[str], None], takes: bool = False, offered: bool = True) -> Command:
    """A command of this place; no digit picks it, because numbers mean sessions here."""
    return Command(name, about, run, takes_argument=takes, offered=offered, numbered=False)


def show_mine(shell: Shell) -> None:
    identity = shell.session.identity
    shell.open_place(SessionsPlace(Whose(identity.employee_id, identity.name), mine=True))


def show_everybody(shell: Shell) -> None:
    shell.open_place(SessionsPlace(Whose(), mine=False))


def show_of(shell: Shell, employee: Employee) -> None:
    shell.open_place(SessionsPlace(Whose(employee.id, employee.full_name), mine=False))


def is_open_to_others(session: Session, employee: Employee) -> bool:
    """A colleague who can have sessions; for one's own there is a line in the menu."""
    return bool(employee.active and employee.id != session.identity.employee_id)


OF_COLLEAGUE = N_("employee sessions")
READ = ("session", "read")
ACTIONS = (
    Action("sessions", N_("Where I am signed in, to end it there"), READ, show_mine),
    Action("sessions everybody", N_("Who is signed in where, to end it"), READ, show_everybody, scopes=("all",)),
    Action(
        "employee sessions",
        N_("Where a colleague is signed in, to end it"),
        READ,
        show_of,
        on="employee",
        fits=is_open_to_others,
        among=EmployeeRecords.active,
        scopes=("all",),
    ),
)
