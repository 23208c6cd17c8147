"""The `epicevents` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from crm import monitoring
from crm.errors import CrmError
from crm.settings import Settings
from menus import commands, i18n
from menus.i18n import _
from menus.messages import sentence

Run = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0, 1 for a refusal, 2 for a command that was not understood."""
    given = _parser().parse_args(arguments)
    try:
        i18n.speak(os.environ.get("EPICEVENTS_LANG"))  # before the settings: something may be wrong with them
        settings = Settings.read(os.environ, Path.cwd())
        i18n.speak(settings.language)
        i18n.speak(settings.language, i18n.time_zone(settings.time_zone))
        if (problem := monitoring.start(settings)) is not None:
            print(sentence(problem), file=sys.stderr)
        run: Run = given.run
        return _flushed(run(settings, given))
    except CrmError as error:
        print(sentence(error), file=sys.stderr)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on: end quietly
    except Exception as error:
        reference = monitoring.unexpected(error)
        print(
            _("Something unexpected went wrong; it was noted as {reference}.").format(reference=reference),
            file=sys.stderr,
        )
    finally:
        monitoring.stop()
    return 1


def _flushed(status: int) -> int:
    """So that a reader who has gone raises BrokenPipeError here, not when the interpreter ends."""
    sys.stdout.flush()
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="epicevents", description="The CRM of Epic Events. Without a command: the shell."
    )
    parser.add_argument(
        "--plain", action="store_true", help="plain lines instead of menus: for screen readers and pipes"
    )
    parser.set_defaults(run=commands.shell)
    several = parser.add_subparsers(metavar="command")
    demo = several.add_parser("demo", help="the shell on an invented company; choose whom to be")
    demo.add_argument("--reset", action="store_true", help="invent the company anew")
    demo.add_argument("--plain", action="store_true", help=argparse.SUPPRESS, default=argparse.SUPPRESS)
    demo.set_defaults(run=commands.demo)
    install = several.add_parser("install", help="create or check a database, and its first administrator")
    install.add_argument(
        "--owner-url",
        metavar="URL",
        help="postgresql://… of a superuser, or of a role with CREATEROLE; left out: the embedded server",
    )
    install.add_argument("--admin-name", metavar="NAME", help="full name of the first administrator")
    install.add_argument("--admin-email", metavar="EMAIL")
    install.add_argument(
        "--admin-password-file",
        metavar="FILE",
        type=Path,
        help="a file whose first line is the password; left out: asked for",
    )
    install.add_argument(
        "--token-hours", metavar="HOURS", help="how long somebody who does nothing stays signed in; new databases: 8"
    )
    install.add_argument(
        "--session-hours",
        metavar="HOURS",
        help="how long somebody who works does, from the sign-in on; new databases: 12",
    )
    install.set_defaults(run=commands.install)
    url = several.add_parser("url", help="the connection string, for psql or pgAdmin")
    url.add_argument("--owner", action="store_true", help="of the owner of the embedded server")
    url.set_defaults(run=commands.url)
    several.add_parser("stop", help="stop the embedded server").set_defaults(run=commands.stop)
    return parser


if __name__ == "__main__":
    sys.exit(main())
