"""What can be done with events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from crm import fields
from crm.conflicts import Elsewhere
from crm.errors import Conflict
from crm.fields import Field
from crm.models import Client, Contract, Employee, Event
from crm.records import ContractRecords, EventRecords
from crm.session import Session
from menus import overlaps
from menus.actions import Action
from menus.answers import Offer
from menus.conflicts import MINE, THEIRS, again, by, refusal, tell
from menus.contracts import is_signed, may_change
from menus.forms import Form, confirm
from menus.i18n import N_, _
from menus.lists import opening
from menus.shell import Shell
from menus.terminal import Back, Option

ASKED = tuple(field for field in fields.editable("event") if field.name != "contract")
USUAL_LENGTH = timedelta(hours=4)
"""Of an event, as offered for its end."""


def open_card(shell: Shell, event: Event) -> None:
    shell.open_card("event", event.id)


def create(shell: Shell, contract: Contract) -> None:
    title = _("New event for {name}").format(name=contract.client.full_name)
    form = Form(shell, title, _asked_for(contract.client), about=contract, offers={"end_date": _after(USUAL_LENGTH)})
    event = form.submit(lambda values: shell.session.events.create(contract, **values))
    _saved(shell, event)


def update(shell: Shell, event: Event) -> None:
    offers = {"end_date": _after(event.end_date - event.start_date)}
    form = Form(shell, _("Change {name}").format(name=event.title), ASKED, event, offers=offers)

    def save(changes: dict[str, Any]) -> Event:
        _ask_about_overlaps(shell, form.record, changes)
        return shell.session.events.update(form.record, **changes)

    _saved(shell, form.submit(save))


def assign(shell: Shell, event: Event) -> None:
    colleague = _pick(shell, event)
    while True:
        colleague = _free(shell, event, colleague)
        try:
            assigned = shell.session.events.assign(event, colleague)
        except Conflict as conflict:
            shell.terminal.refuse(refusal(conflict, shell.now()))
            event = conflict.current
            if conflict.clashes and not _rather(shell, event, conflict.clashes[0], colleague):
                shell.open_card("event", event.id)
                return
        else:
            _saved(shell, assigned)
            return


def cancel(shell: Shell, event: Event) -> None:
    confirm(shell, _("Cancel {name}?").format(name=event.title), _("Cancel the event"), final=True)
    _saved(shell, shell.session.events.cancel(event, shell.now()))


def delete(shell: Shell, event: Event) -> None:
    def deleted(event: Event) -> Event:
        confirm(shell, _("Delete {name} for good?").format(name=event.title), _("Delete"), final=True)
        shell.session.events.delete(event)
        return event

    again(shell, event, deleted)
    shell.close_card("event", event.id)
    shell.say(_("Deleted: event {number}.").format(number=event.id))


def _saved(shell: Shell, event: Event) -> None:
    try:
        shell.open_card("event", event.id)
    finally:  # saved it is, though it cannot be shown
        shell.say(_("Saved: event {number}.").format(number=event.id))
        tell(shell, event)
        if event.meanwhile:
            overlaps.tell(shell, event)


def _pick(shell: Shell, event: Event) -> Employee:
    label = _("Support contact for {name}").format(name=event.title)
    picked: Employee = shell.pick_among(label, lambda session, typed: session.employees.candidates().matching(typed))
    return picked


def _free(shell: Shell, event: Event, colleague: Employee) -> Employee:
    """`colleague`, or somebody else if that one runs another event then and is not to run both."""
    while not overlaps.goes_on(shell, event, colleague, _("Assign all the same"), _("Name somebody else")):
        colleague = _pick(shell, event)
    return colleague


def _rather(shell: Shell, event: Event, clash: Elsewhere, colleague: Employee) -> bool:
    """Whether `colleague` is to run it rather than whom somebody else has just named."""
    theirs = event.support_contact.full_name if event.support_contact else _("Nobody")
    options = [Option(THEIRS, by(theirs, clash, shell.now())), Option(MINE, colleague.full_name)]
    return shell.terminal.choose(_("Who runs {name}?").format(name=event.title), options, THEIRS) == MINE


def _ask_about_overlaps(shell: Shell, event: Event, changes: dict[str, Any]) -> None:
    """Back, if it would be at the time of another event of its support contact and is not to."""
    dates = {"start_date", "end_date"}
    start, end = (changes.get(name, getattr(event, name)) for name in sorted(dates, reverse=True))
    if dates & changes.keys() and not overlaps.goes_on(
        shell, event, event.support_contact, _("Save all the same"), _("Change the dates"), start, end
    ):
        raise Back


def _asked_for(client: Client) -> tuple[Field, ...]:
    """With an example of a title."""
    example = (
        _("{company} General Assembly").format(company=client.company_name)
        if client.company_name
        else _("{name} Wedding").format(name=client.full_name)
    )
    return tuple(replace(field, example=example) if field.name == "title" else field for field in ASKED)


def _after(length: timedelta) -> Offer:
    """An end so long after the start."""
    return lambda values: values["start_date"] + length if values.get("start_date") else None


def may_begin(session: Session, contract: Contract) -> bool:
    return is_signed(session, contract) and may_change(session, contract)


def goes_on(session: Session, event: Event) -> bool:
    return not event.is_cancelled and not event.contract.client.is_anonymised


ACTIONS = (
    Action("events", N_("All events, the latest first"), ("event", "read"), opening("event")),
    Action(
        "events coming", N_("Events not over yet, the soonest first"), ("event", "read"), opening("event", "coming")
    ),
    Action("events mine", N_("The events I run"), ("event", "update"), opening("event", "mine"), scopes=("own",)),
    Action(
        "events without support",
        N_("Events that wait for a support contact"),
        ("event", "read"),
        opening("event", "without support"),
    ),
    Action("event", N_("Open an event: event 109, event ouick"), ("event", "read"), open_card, on="event"),
    Action(
        "event new",
        N_("Create the event of a signed contract"),
        ("event", "create"),
        create,
        on="contract",
        fits=may_begin,
        among=ContractRecords.signed,
    ),
    Action(
        "event update",
        N_("Change an event: title, dates, place, notes"),
        ("event", "update"),
        update,
        on="event",
        fits=goes_on,
        among=EventRecords.going_on,
    ),
    Action(
        "event assign",
        N_("Name the support colleague who runs an event"),
        ("event", "assign"),
        assign,
        on="event",
        fits=goes_on,
        among=EventRecords.going_on,
    ),
    Action(
        "event cancel",
        N_("Note that an event does not take place"),
        ("event", "update"),
        cancel,
        on="event",
        fits=goes_on,
        among=EventRecords.going_on,
    ),
    Action("event delete", N_("Delete an event"), ("event", "delete"), delete, on="event"),
)
