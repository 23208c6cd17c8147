"""The program as the guides show it: all of it, but at a moment that is always the same."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from crm.identity import Identity
from crm.opening import DATABASE, open_database
from crm.preferences import Preferences
from crm.session import Session
from crm.settings import Settings
from crm.token_file import TokenFile
from menus import entrance, i18n
from menus.actions import all_actions
from menus.commands import terminal_for
from menus.shell import Shell

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 6, 16, 9, 30, tzinfo=ZONE)
"""When everything in the guides happens: a Tuesday morning."""
LEFT = timedelta(hours=7, minutes=45)
"""How long the sessions in the guides still last."""


class TimelessSession(Session):
    """A session whose remaining time stands still on the screen; the database goes by the real one."""

    @property
    def identity(self) -> Identity:
        return replace(super().identity, expires_at=NOW + LEFT, until=NOW + 2 * LEFT)


def main(arguments: list[str]) -> int:
    """What `epicevents` does, with the clock at NOW; the settings come from the environment alone."""
    settings = Settings.read(os.environ, Path(os.environ["HOME"]))
    i18n.speak(settings.language, i18n.time_zone(settings.time_zone))
    session = TimelessSession(open_database(settings), TokenFile(settings.token_file))
    terminal = terminal_for(Namespace(plain="--plain" in arguments))
    preferences = Preferences(settings.preferences_file)
    shell = Shell(session, terminal, all_actions(), entrance.with_password, DATABASE, preferences, clock=lambda: NOW)
    entrance.come_in(shell)
    return shell.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
