"""Who may let everybody else in: asked for once, when a database is new."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from crm import passwords
from crm.errors import Invalid
from crm.fields import Field, named
from menus.i18n import N_, _
from menus.messages import sentence
from menus.new_password import ask_new_password
from menus.terminal import Terminal

Administrator = tuple[str, str, str]
"""(full name, email, password)"""


def given_administrator(given: argparse.Namespace) -> Administrator | None:
    """From the options of `epicevents install`, if they say everything; as they are stored. Raises Invalid."""
    if not (given.admin_name and given.admin_email and given.admin_password_file):
        return None
    try:
        lines = given.admin_password_file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(None, N_("The password file cannot be read: {reason}"), reason=str(error)) from error
    name, email = named("employee", "full_name", "email")
    full_name, address = str(name.clean(given.admin_name)), str(email.clean(given.admin_email))
    password = passwords.check_new(lines[0] if lines else "", passwords.known_words(full_name, address))
    return full_name, address, password


def ask_for_administrator(terminal: Terminal, given: argparse.Namespace | None = None) -> Administrator:
    """Name, email, and a password typed twice."""
    name, email = named("employee", "full_name", "email")
    full_name = (given and given.admin_name) or terminal.text(_(name.label), "", _check(name), "")
    address = (given and given.admin_email) or terminal.text(_(email.label), "", _check(email), "")
    return full_name, address, ask_new_password(terminal, passwords.known_words(full_name, address))


def _check(field: Field) -> Callable[[str], str | None]:
    def refusal(typed: str) -> str | None:
        try:
            field.clean(typed)
        except Invalid as invalid:
            return sentence(invalid)
        return None

    return refusal
