"""What the words after `epicevents` do."""

from __future__ import annotations

import argparse
import sys

from crm.database import Database, parameters_of
from crm.errors import NotInstalled, OwnerUnknown, WrongSchema
from crm.installation import Installation, employee_settings, public_url
from crm.opening import DATABASE, DEMO_DATABASE, embedded_owner, embedded_server, open_database
from crm.preferences import Preferences
from crm.session import Session
from crm.session_lengths import SessionLengths
from crm.settings import Settings
from crm.token_file import TokenFile
from menus import entrance
from menus.actions import all_actions
from menus.first_administrator import Administrator, ask_for_administrator, given_administrator
from menus.i18n import _, current
from menus.plain import PlainTerminal
from menus.shell import Shell, SignIn
from menus.terminal import Abandon, Back, Leave, Option, Terminal


def shell(settings: Settings, given: argparse.Namespace) -> int:
    """The shell. On a machine without a database: one is set up first, or the demo is shown."""
    terminal = terminal_for(given)
    founder = None
    try:
        database = open_database(settings)
    except NotInstalled:
        if settings.database_url is not None:
            raise
        founder = _set_up(settings, terminal)
        if founder is None:
            return demo(settings, given)
        database = open_database(settings)
    preferences = Preferences(settings.preferences_file)
    work = _shell(terminal, database, TokenFile(settings.token_file), entrance.with_password, preferences)
    entrance.come_in(work, founder)
    return work.run()


def demo(settings: Settings, given: argparse.Namespace) -> int:
    """The shell on the invented company."""
    from crm import demo as invented

    owner = embedded_owner(settings, DEMO_DATABASE)

    def let_in(reset: bool = False) -> entrance.People:
        return invented.open_company(owner, reset=reset, zone=current().zone)

    try:
        people = let_in(getattr(given, "reset", False))
    except WrongSchema as error:
        error.details["advice"] = _("Invent the company anew: epicevents demo --reset")
        raise
    database = Database(embedded_server(settings).parameters(DEMO_DATABASE, "epic_app"))
    token_file = TokenFile(settings.data_directory / "demo-token")
    preferences = Preferences(settings.preferences_file)
    return _shell(terminal_for(given), database, token_file, entrance.as_anybody(people, let_in), preferences).run()


def install(settings: Settings, given: argparse.Namespace) -> int:
    """Create or check a database; tell what employees need."""
    terminal = terminal_for(given)
    lengths = SessionLengths.given(given.token_hours, given.session_hours)  # first: what will not do changes nothing
    administrator = given_administrator(given)
    mine = given.owner_url is not None
    owner = parameters_of(given.owner_url, "postgres", None, "--owner-url") if mine else embedded_owner(settings)
    installation = Installation(owner)
    new = installation.install(settings.role, settings.role_password, settings.signing_key, lengths)
    terminal.show(_("The database is installed.") if new else _("The database is up to date."))
    if not installation.by_superuser():
        terminal.show(
            _("Not a superuser: colleagues can see each other's statements and end each other's connections.")
        )
    if not installation.has_administrator():
        try:
            administrator = administrator or ask_for_administrator(terminal, given)
        except (Back, Abandon, Leave):
            raise SystemExit(_("There is no administrator yet: run epicevents install again.")) from None
        if installation.create_administrator(*administrator) is not None:
            terminal.show(_("The first administrator can sign in now: run epicevents."))
    if mine:
        terminal.show(_("Give this .env to every employee:"))
        print(employee_settings(owner, settings.role, settings.role_password), end="")
    return 0


def url(settings: Settings, given: argparse.Namespace) -> int:
    """Print the connection string, without a password: psql and pgAdmin ask for it."""
    if settings.database_url is not None:
        if given.owner:
            raise OwnerUnknown
        reached = parameters_of(settings.database_url, settings.role, settings.role_password)
        print(public_url(reached, "user"))
        return 0
    server = embedded_server(settings)
    server.start()
    print(server.url(DATABASE, "postgres" if given.owner else "epic_app"))
    return 0


def stop(settings: Settings, given: argparse.Namespace) -> int:
    """Stop the embedded server."""
    stopped = embedded_server(settings).stop()
    print(_("The embedded PostgreSQL is stopped.") if stopped else _("No embedded PostgreSQL was running."))
    return 0


def terminal_for(given: argparse.Namespace) -> Terminal:
    """Menus for somebody at a terminal, plain lines for everything else."""
    import os

    if given.plain or not sys.stdin.isatty() or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return PlainTerminal(sys.stdin, sys.stdout, sys.stderr)
    from menus.interactive import InteractiveTerminal

    return InteractiveTerminal()


def _shell(
    terminal: Terminal, database: Database, token_file: TokenFile, sign_in: SignIn, preferences: Preferences
) -> Shell:
    return Shell(Session(database, token_file), terminal, all_actions(), sign_in, _where(database), preferences)


def _where(database: Database) -> str:
    host = str(database.parameters.get("host", ""))
    name = str(database.parameters["dbname"])
    return name if not host or host.startswith("/") else f"{name}@{host}"


def _set_up(settings: Settings, terminal: Terminal) -> Administrator | None:
    """On a new machine: install, and name the first administrator; None for the demo instead."""
    options = [
        Option("install", _("Set up my company: I become the first administrator")),
        Option("demo", _("Look around in an invented company")),
    ]
    try:
        if terminal.choose(_("There is no company on this machine yet"), options, "install") == "demo":
            return None
        founder = ask_for_administrator(terminal)
    except (Back, Abandon, Leave):
        raise SystemExit(_("Nothing was set up.")) from None
    installation = Installation(embedded_owner(settings))
    installation.install(settings.role, settings.role_password, settings.signing_key)
    installation.create_administrator(*founder)
    return founder
