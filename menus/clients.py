"""What can be done with clients."""

from __future__ import annotations

from crm import fields
from crm.models import Client
from crm.session import Session
from menus.actions import Action
from menus.conflicts import tell
from menus.forms import Form
from menus.i18n import N_, _
from menus.lists import opening
from menus.shell import Shell


def open_card(shell: Shell, client: Client) -> None:
    shell.open_card("client", client.id)


def create(shell: Shell) -> None:
    form = Form(shell, _("New client"), fields.editable("client"), first_contact=shell.today())
    _saved(shell, form.submit(lambda values: shell.session.clients.create(**values)))


def update(shell: Shell, client: Client) -> None:
    form = Form(shell, _("Change {name}").format(name=client.full_name), fields.editable("client"), client)
    _saved(shell, form.submit(lambda changes: shell.session.clients.update(form.record, **changes)))


def _saved(shell: Shell, client: Client) -> None:
    try:
        shell.open_card("client", client.id)
    finally:  # saved it is, though it cannot be shown
        shell.say(_("Saved: client {number}.").format(number=client.id))
        tell(shell, client)


def is_somebody(session: Session, client: Client) -> bool:
    """Their personal data is still there, and may change."""
    return not client.is_anonymised


ACTIONS = (
    Action("clients", N_("All clients, the newest first"), ("client", "read"), opening("client")),
    Action(
        "clients mine",
        N_("The clients whose commercial contact I am"),
        ("client", "update"),
        opening("client", "mine"),
        scopes=("own",),
    ),
    Action("client", N_("Open a client: client kev, client 12"), ("client", "read"), open_card, on="client"),
    Action("client new", N_("Add a client to my portfolio"), ("client", "create"), create),
    Action(
        "client update", N_("Change a client's details"), ("client", "update"), update, on="client", fits=is_somebody
    ),
)
