"""A client's personal data: all of it in one file, or gone for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crm import personal_data, personal_data_files
from crm.errors import CrmError, SignedOut, Unavailable
from crm.models import Client
from crm.personal_data import Running
from crm.whole_file import NotWritten, check, refuse, whole_file
from menus.actions import Action
from menus.clients import is_somebody
from menus.forms import confirm
from menus.i18n import N_, _, colon, current, ngettext
from menus.messages import sentence
from menus.shell import Shell
from menus.terminal import Abandon
from menus.written import beside, label


def export(shell: Shell, client: Client) -> None:
    """Until it is written, or somebody leaves."""
    author, typed = shell.session.identity, f"client-{client.id}.json"
    question = _("File for everything held on {name} (.json or .xlsx)").format(name=client.full_name)
    while True:
        typed = shell.terminal.text(question, typed, _refusal, "")
        path = personal_data_files.path_of(typed)
        try:
            if not path.exists() or _may_be_replaced(shell, path):
                _write(shell, client, path)
                break
        except SignedOut:
            shell.sign_in_again(author)
        except (NotWritten, Unavailable) as error:
            shell.terminal.refuse(sentence(error))
    try:
        shell.open_card("client", client.id)
    finally:  # written it is, though the card cannot be shown
        said = _("Everything held on client {number} is in {path}. The history says that you asked for it.")
        shell.say(said.format(number=client.id, path=path.absolute()))


def anonymise(shell: Shell, client: Client) -> None:
    running = personal_data.running(shell.session, client, shell.now())
    if running:
        shell.terminal.refuse("\n".join(_in_the_way(shell, client, running)))
        return
    for line in _what_becomes_of(shell, client):
        shell.say(line)
    question = _("Take the personal data of {name} away for good?")
    confirm(shell, question.format(name=client.full_name), _("Anonymise"), final=True)
    personal_data.anonymise(shell.session, client)
    try:
        shell.open_card("client", client.id)
    finally:
        shell.say(_("Anonymised: client {number}.").format(number=client.id))


def _write(shell: Shell, client: Client, path: Path) -> None:
    """The place for it first: without one, nothing is asked for, and nothing noted."""
    with whole_file(path, replace=True) as file:
        held = personal_data.export(shell.session, client)
        personal_data_files.write(held, file, path.suffix, current().zone, _)


def _refusal(typed: str) -> str | None:
    try:
        path = personal_data_files.path_of(typed)
        check(path, replace=True)
    except CrmError as error:
        return sentence(error)
    except OSError as error:
        return sentence(refuse(path, error.errno or 0, error.strerror or ""))
    return None


def _may_be_replaced(shell: Shell, path: Path) -> bool:
    try:
        confirm(shell, _("{path} is there already. Replace it?").format(path=path), _("Replace"), final=True)
    except Abandon:
        return False
    return True


def _in_the_way(shell: Shell, client: Client, running: Running) -> Iterator[str]:
    """What runs, by number."""
    yield _("{name} cannot be anonymised while something of theirs is running:").format(name=client.full_name)
    yield from (f"  {beside(contract, shell.now())}" for contract in running.contracts)
    yield from (f"  {_('event')} {event.id} · {beside(event, shell.now())}" for event in running.events)


def _what_becomes_of(shell: Shell, client: Client) -> Iterator[str]:
    contracts, events = (
        manager.visible().of_client(client).page(counted=True).total or 0
        for manager in (shell.session.contracts, shell.session.events)
    )
    yield _("This goes for good, out of the history too:")
    yield "  " + colon(_("Client")) + " " + " · ".join(filter(None, _values_of(client)))
    gone = ngettext("title, location and notes of {count} event", "title, location and notes of {count} events", events)
    yield "  " + gone.format(count=events)
    kept = ngettext(
        "Kept: number {number}, {count} contract with its amounts, all dates, attendees, and who did what when.",
        "Kept: number {number}, {count} contracts with their amounts, all dates, attendees, and who did what when.",
        contracts,
    )
    yield kept.format(number=client.id, count=contracts)


def _values_of(client: Client) -> list[str]:
    return [label(client), str(client.email), str(client.phone), str(client.company_name)]


ACTIONS = (
    Action(
        "client export",
        N_("Everything held on a client, in one file"),
        ("client", "export"),
        export,
        on="client",
        seldom=True,
    ),
    Action(
        "client anonymise",
        N_("Take a former client's personal data away"),
        ("client", "anonymise"),
        anonymise,
        on="client",
        fits=is_somebody,
        seldom=True,
    ),
)
