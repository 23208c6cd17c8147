"""Noting a payment: two people who do so at once are asked whether it is the same one."""

from __future__ import annotations

from decimal import Decimal

from crm.conflicts import Elsewhere
from crm.errors import Conflict
from menus.conflicts import who
from menus.forms import Form
from menus.i18n import _, current
from menus.terminal import Back, Option

ANOTHER, SAME, ANEW = "another", "same", "anew"


class NotedAlready(Exception):
    """A colleague was faster: there is nothing to note."""


def another_or_the_same(form: Form, conflict: Conflict) -> None:
    """Whether what a colleague noted meanwhile is this payment too. Raises Back, Abandon, NotedAlready."""
    payment, due = form.answers.values["payment"], conflict.current.amount_to_be_paid
    form.answers.learn(amount_to_be_paid=due)
    noted = next((change for change in conflict.news if change.name == "amount_to_be_paid"), None)
    if noted is None:
        return
    form.answers.clashes["payment"] = noted
    form.shell.say(_told(noted))
    if payment > due:
        form.shell.say(_("No more than {due} is left to pay.").format(due=current().amount(due)))
    question = _("Is your payment of {payment} another one?").format(payment=current().amount(payment))
    chosen = form.shell.terminal.choose(question, _options(payment, due), "")
    if chosen == SAME:
        form.answers.drop()
        raise NotedAlready
    if chosen == ANEW and not form.ask_again("payment", anew=True):
        raise Back
    form.answers.clashes.clear()


def _told(noted: Elsewhere) -> str:
    amount, names = current().amount, who(noted) or _("Somebody else")
    if noted.after < noted.before:
        return _("{who} noted {paid} meanwhile.").format(who=names, paid=amount(noted.before - noted.after))
    return _("{who} changed what remains to be paid.").format(who=names)


def _options(payment: Decimal, due: Decimal) -> list[Option]:
    amount = current().amount
    left = _("Another one: {due} then remain").format(due=amount(due - payment))
    another = [Option(ANOTHER, left)] if payment <= due else []
    same = Option(SAME, _("The same one: there is nothing to note"))
    return [same, *another, Option(ANEW, _("Change the amount"))]
