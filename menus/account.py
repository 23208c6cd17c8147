"""My own account, and the way out."""

from __future__ import annotations

import os
from itertools import groupby

from menus.actions import Action
from menus.i18n import LANGUAGES, N_, Language, _, current, use
from menus.new_password import ask_new_password
from menus.palette import digits
from menus.shell import Shell
from menus.terminal import Leave, Option


def change_password(shell: Shell) -> None:
    """The present password first: it makes the fresh session that the database asks for."""
    shell.session.confirm_password(shell.terminal.secret(_("Your present password")))
    replace_password(shell)


def replace_password(shell: Shell, one_time: str | None = None) -> None:
    """A new password, typed twice. Raises Back, Abandon."""
    shell.session.change_password(ask_new_password(shell.terminal, shell.session.known_words, one_time))
    shell.say(_("Your password is changed; your other sessions are over."))


def change_language(shell: Shell) -> None:
    """Of the screen, from now on and at the next start."""
    from babel import Locale

    names = {code: str(Locale(code).get_display_name(code)) for code in LANGUAGES}
    options = [Option(code, name.capitalize()) for code, name in names.items()]
    code = shell.terminal.choose(_("Language"), options, current().code)
    use(Language(code, current().zone))
    shell.go_home()
    shell.say(_("The program now speaks {language}.").format(language=names[code]))
    _keep_language(shell, code)


def _keep_language(shell: Shell, code: str) -> None:
    try:
        shell.preferences.choose_language(code)
    except OSError as error:
        shell.terminal.refuse(
            _("This choice cannot be kept for the next start: {reason}").format(reason=error.strerror)
        )
    if os.environ.get("EPICEVENTS_LANG"):
        shell.say(_("EPICEVENTS_LANG is set on this machine: at the next start it decides again."))


def sign_out(shell: Shell) -> None:
    shell.session.sign_out()
    shell.drafts.clear()
    shell.say(_("You are signed out."))


def show_help(shell: Shell) -> None:
    """Where one stands, every line of the menu with its explanation, and what the keys do."""
    commands = [command for command in shell.commands() if not command.names[0].isdigit()]  # rows speak for themselves
    shell.say(shell.about)
    for group, lines in groupby(commands, key=lambda command: command.group):
        shell.say(f"\n{_(group)}")
        for command in lines:
            shell.say(f"{digits(command, commands):>3}  {command.names[0]:<28} {command.about}")
    shell.say("\n" + "\n".join(map(_, KEYS)))


def quit_shell(shell: Shell) -> None:
    raise Leave


KEYS = (
    N_("Type a name, a part of it or its number; a client, a contract or an event by what you know of it."),
    N_("Tab completes, Enter runs it, Up brings back what you typed, Esc goes one level up (twice: clears)."),
    N_("Ctrl-C abandons a form, Ctrl-D leaves. In plain lines, < goes back."),
)

ACTIONS = (
    Action("language", N_("French or English"), None, change_language),
    Action("password", N_("Change my password"), None, change_password),
    Action("sign out", N_("End my session on this machine"), None, sign_out),
    Action("?", N_("What can I do here?"), None, show_help),
    Action("quit", N_("Leave the program; my session stays open"), None, quit_shell),
)
