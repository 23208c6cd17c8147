"""My own account, and the way out."""

from __future__ import annotations

from menus.actions import Action
from menus.i18n import N_, _
from menus.new_password import ask_new_password
from menus.palette import digits
from menus.shell import Shell
from menus.terminal import Leave


def change_password(shell: Shell) -> None:
    """The present password first: it makes the fresh session that the database asks for."""
    shell.session.confirm_password(shell.terminal.secret(_("Your present password")))
    replace_password(shell)


def replace_password(shell: Shell, one_time: str | None = None) -> None:
    """A new password, typed twice. Raises Back, Abandon."""
    shell.session.change_password(ask_new_password(shell.terminal, one_time))
    shell.say(_("Your password is changed; your other sessions are over."))


def sign_out(shell: Shell) -> None:
    shell.session.sign_out()
    shell.drafts.clear()
    shell.say(_("You are signed out."))


def show_help(shell: Shell) -> None:
    """Every line of the menu, where one stands, with its explanation."""
    commands = list(shell.commands())
    for command in commands:
        shell.say(f"{digits(command, commands):>3}  {command.names[0]:<28} {command.about}")
    shell.say(
        _("Type a name or a part of it, or its number. Esc or < goes back, Ctrl-C abandons a form, Ctrl-D leaves.")
    )


def quit_shell(shell: Shell) -> None:
    raise Leave


ACTIONS = (
    Action("password", N_("Change my password"), None, change_password),
    Action("sign out", N_("End my session on this machine"), None, sign_out),
    Action("?", N_("What can I do here?"), None, show_help),
    Action("quit", N_("Leave the program; my session stays open"), None, quit_shell),
)
