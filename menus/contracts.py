"""What can be done with contracts."""

from __future__ import annotations

from typing import Any

from crm import fields
from crm.models import Client, Contract
from crm.records import ContractRecords
from crm.session import Session
from menus.actions import Action
from menus.clients import is_somebody
from menus.conflicts import again, tell
from menus.forms import Form, confirm
from menus.i18n import N_, _, current
from menus.lists import opening
from menus.payments import NotedAlready, another_or_the_same
from menus.shell import Shell
from menus.written import label


def open_card(shell: Shell, contract: Contract) -> None:
    shell.open_card("contract", contract.id)


def create(shell: Shell, client: Client) -> None:
    asked = fields.named("contract", "total_amount", "amount_to_be_paid")
    title = _("New contract for {name}").format(name=client.full_name)
    offers = {"amount_to_be_paid": lambda values: values.get("total_amount")}
    form = Form(shell, title, asked, about=client, offers=offers)
    contract = form.submit(lambda values: shell.session.contracts.create(client, **values))
    _saved(shell, contract)


def update(shell: Shell, contract: Contract) -> None:
    asked = fields.named("contract", "total_amount", "amount_to_be_paid")
    form = Form(shell, _("Change {name}").format(name=label(contract)), asked, contract)
    _saved(shell, form.submit(lambda changes: shell.session.contracts.update(form.record, **changes)))


def sign(shell: Shell, contract: Contract) -> None:
    def signed(contract: Contract) -> Contract:
        if contract.is_signed:  # by a colleague meanwhile
            return contract
        amount = current().amount(contract.total_amount)
        question = _("Has {client} signed contract {number} over {amount}?")
        question = question.format(client=contract.client.full_name, number=contract.id, amount=amount)
        confirm(shell, question, _("Signed"))
        return shell.session.contracts.sign(contract)

    _saved(shell, again(shell, contract, signed))


def pay(shell: Shell, contract: Contract) -> None:
    form = Form(
        shell,
        _("Payment for {name}").format(name=label(contract)),
        (fields.PAYMENT,),
        about=contract,
        settle=another_or_the_same,
        payment=contract.amount_to_be_paid,
        amount_to_be_paid=contract.amount_to_be_paid,
    )

    def note(values: dict[str, Any]) -> Contract:
        return shell.session.contracts.record_payment(form.record or contract, values["payment"])

    try:
        _saved(shell, form.submit(note))
    except NotedAlready:
        shell.open_card("contract", contract.id)
        shell.say(_("Nothing was saved: this payment is noted already."))


def delete(shell: Shell, contract: Contract) -> None:
    def deleted(contract: Contract) -> Contract:
        confirm(shell, _("Delete {name} for good?").format(name=label(contract)), _("Delete"), final=True)
        shell.session.contracts.delete(contract)
        return contract

    again(shell, contract, deleted)
    shell.close_card("contract", contract.id)
    shell.say(_("Deleted: contract {number}.").format(number=contract.id))


def _saved(shell: Shell, contract: Contract) -> None:
    try:
        shell.open_card("contract", contract.id)
    finally:  # saved it is, though it cannot be shown
        shell.say(_("Saved: contract {number}.").format(number=contract.id))
        tell(shell, contract)


def is_unsigned(session: Session, contract: Contract) -> bool:
    return not contract.is_signed


def may_change(session: Session, contract: Contract) -> bool:
    return not contract.client.is_anonymised


def is_signed(session: Session, contract: Contract) -> bool:
    return contract.is_signed


def is_unpaid(session: Session, contract: Contract) -> bool:
    return not contract.is_paid


ACTIONS = (
    Action("contracts", N_("All contracts, the newest first"), ("contract", "read"), opening("contract")),
    Action(
        "contracts unsigned",
        N_("Contracts that wait for a signature"),
        ("contract", "read"),
        opening("contract", "unsigned"),
    ),
    Action(
        "contracts unpaid",
        N_("Contracts with something left to pay"),
        ("contract", "read"),
        opening("contract", "unpaid"),
    ),
    Action(
        "contracts mine",
        N_("The contracts of my clients"),
        ("contract", "update"),
        opening("contract", "mine"),
        scopes=("own",),
    ),
    Action(
        "contracts mine unsigned",
        N_("My clients' contracts that wait for a signature"),
        ("contract", "update"),
        opening("contract", "mine", "unsigned"),
        scopes=("own",),
    ),
    Action(
        "contracts mine unpaid",
        N_("My clients' contracts with something left to pay"),
        ("contract", "update"),
        opening("contract", "mine", "unpaid"),
        scopes=("own",),
    ),
    Action(
        "contract", N_("Open a contract: contract 652, contract ouick"), ("contract", "read"), open_card, on="contract"
    ),
    Action(
        "contract new",
        N_("Write a contract for a client"),
        ("contract", "create"),
        create,
        on="client",
        fits=is_somebody,
    ),
    Action(
        "contract update",
        N_("Change a contract's amounts"),
        ("contract", "update"),
        update,
        on="contract",
        fits=may_change,
    ),
    Action(
        "contract sign",
        N_("Note that a client has signed"),
        ("contract", "update"),
        sign,
        on="contract",
        fits=is_unsigned,
        among=ContractRecords.unsigned,
    ),
    Action(
        "contract pay",
        N_("Note a payment"),
        ("contract", "update"),
        pay,
        on="contract",
        fits=is_unpaid,
        among=ContractRecords.unpaid,
    ),
    Action(
        "contract delete",
        N_("Delete an unsigned contract without events"),
        ("contract", "delete"),
        delete,
        on="contract",
        fits=is_unsigned,
        among=ContractRecords.unsigned,
    ),
)
