"""How people come in: with their password, or in the demo as whoever they like."""

from __future__ import annotations

from collections.abc import Callable

from crm.errors import CrmError, SignedOut, SignInDelayed, SignInRefused, Unavailable
from crm.fields import DEPARTMENT_NAMES
from crm.identity import Identity
from menus.account import replace_password
from menus.first_administrator import Administrator
from menus.i18n import _
from menus.messages import sentence
from menus.shell import Shell, SignIn
from menus.terminal import Abandon, Back, Leave, Option

People = dict[str, tuple[str, str, str]]


def come_in(shell: Shell, founder: Administrator | None = None) -> None:
    """Without being asked anything: whoever just set this up, or the session of last time."""
    try:
        if founder is not None:
            _name, email, password = founder
            shell.session.sign_in(email, password)
        elif not shell.session.resume():
            return
        if shell.session.identity.must_change_password:
            shell.session.sign_out()  # left before choosing a password: that takes a fresh sign-in
            return
        greet(shell)
    except CrmError as error:
        shell.terminal.refuse(sentence(error))


def with_password(shell: Shell, again: Identity | None = None) -> None:
    """Ask for email and password until they go together; `again` for the password alone. Raises Leave, Abandon."""
    if again is not None and shell.session.email is not None:
        _with_password_alone(shell, again.name, shell.session.email)
        return
    if again is not None:
        shell.terminal.refuse(sentence(SignedOut()))
    email = password = ""
    while not shell.session.is_open:
        try:
            email = shell.terminal.text(_("Email"), email, lambda typed: None, "")
            password = shell.terminal.secret(_("Password"))
            shell.session.sign_in(email, password)
        except Back:
            continue
        except Abandon:
            raise Leave from None
        except (SignInRefused, SignInDelayed, Unavailable) as refusal:
            shell.terminal.refuse(sentence(refusal))
    _replace_one_time_password(shell, password)
    greet(shell)


def _with_password_alone(shell: Shell, name: str, email: str) -> None:
    """Whoever sits there was in the middle of something: nothing but the password is asked, until it is right."""
    label = _("Your session is over. Your password, {name}").format(name=name)
    if not shell.terminal.interactive:
        shell.say(_("An empty line goes back."))
    password = ""
    while not shell.session.is_open:
        try:
            password = shell.terminal.secret(label)
            if not (password or shell.terminal.interactive):  # there "<" may be a password
                raise Back
            shell.session.sign_in(email, password)
        except Back:
            raise Abandon from None
        except (SignInRefused, SignInDelayed, Unavailable) as refusal:
            shell.terminal.refuse(sentence(refusal))
    _replace_one_time_password(shell, password)


def as_anybody(people: People, renewed: Callable[[], People] | None = None) -> SignIn:
    """For the demo: choose whom to be.

    `people`: number -> (name, department, token); `renewed`: the same with new tokens, once theirs are over.
    """

    def choose(shell: Shell, again: Identity | None = None) -> None:
        nonlocal people
        if again is not None:
            shell.terminal.refuse(sentence(SignedOut()))
        before = str(again.employee_id) if again is not None else ""
        options = [
            Option(key, f"{name} ({_(DEPARTMENT_NAMES[department])})")
            for key, (name, department, _token) in people.items()
        ]
        try:
            chosen = shell.terminal.choose(_("Whom do you want to be?"), options, before if before in people else "")
        except (Back, Abandon):
            raise (Leave if again is None else Abandon) from None
        try:
            shell.session.adopt(people[chosen][2])
            shell.session.verify()
        except SignedOut:
            if renewed is None:
                raise
            people = renewed()
            shell.session.adopt(people[chosen][2])
        if chosen != before:
            greet(shell)

    return choose


def greet(shell: Shell) -> None:
    identity = shell.session.identity
    department = _(DEPARTMENT_NAMES[identity.department])
    shell.say(
        _("Hello {name} ({department}). Type what you want to do; ? explains.").format(
            name=identity.name, department=department
        )
    )


def _replace_one_time_password(shell: Shell, password: str) -> None:
    if not shell.session.identity.must_change_password:
        return
    shell.say(_("This was a one-time password: please choose your own."))
    try:
        replace_password(shell, password)
    except (Back, Abandon):
        shell.session.sign_out()
        raise Abandon from None
