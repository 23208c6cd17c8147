"""What narrows the history: who, what, when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from menus.actions import Candidates
from menus.filters import Filter, days, midnight, of_colleague, of_one
from menus.i18n import N_, _
from menus.written import label

KIND, RECORD, DEED = "kind", "record", "deed"
WHAT = (KIND, RECORD)
"""Filters that make no sense where it is one record's history already."""


def _kind(name: str, entity: str, description: str) -> Filter:
    return Filter(
        name,
        description,
        lambda records, _shell, _value: records.of_entity(entity),
        needs=(entity, "history"),
        instead=KIND,
    )


def _of_record(name: str, entity: str, question: str, description: str, found: Candidates) -> Filter:
    known = of_one(name, description, question, found, lambda records, record: records.of_record(entity, record.id))
    return replace(known, needs=(entity, "history"), instead=RECORD)


def _deed(name: str, action: str, description: str) -> Filter:
    return Filter(name, description, lambda records, _shell, _value: records.doing(action), instead=DEED)


def _by(colleague: Any) -> str:
    return _("by {name}").format(name=colleague.full_name)


CHANGE: tuple[Filter, ...] = (
    Filter(
        N_("filter mine"),
        N_("What I changed myself"),
        lambda records, shell, _value: records.of_colleague(shell.session.identity.employee_id),
        instead="who",
    ),
    replace(of_colleague(N_("What that colleague changed")), written=_by, instead="who"),
    _kind(N_("filter clients"), "client", N_("Changes of clients")),
    _kind(N_("filter contracts"), "contract", N_("Changes of contracts")),
    _kind(N_("filter events"), "event", N_("Changes of events")),
    _kind(N_("filter employees"), "employee", N_("Changes of employees")),
    replace(
        _of_record(
            N_("filter client"),
            "client",
            N_("Client"),
            N_("Changes of that client, its contracts and events"),
            lambda session, typed: session.clients.visible().matching(typed),
        ),
        narrow=lambda records, _shell, client: records.about_client(client.id),
    ),
    _of_record(
        N_("filter contract"),
        "contract",
        N_("Contract"),
        N_("Changes of that contract"),
        lambda session, typed: session.contracts.visible().matching(typed),
    ),
    _of_record(
        N_("filter event"),
        "event",
        N_("Event"),
        N_("Changes of that event"),
        lambda session, typed: session.events.visible().matching(typed),
    ),
    replace(
        _of_record(
            N_("filter employee"),
            "employee",
            N_("Employee"),
            N_("Changes of that employee's account"),
            lambda session, typed: session.employees.visible().matching(typed),
        ),
        written=lambda employee: _("account of {name}").format(name=label(employee)),
    ),
    _deed(N_("filter created"), "create", N_("Creations only")),
    _deed(N_("filter changed"), "update", N_("Changes of what was there already")),
    _deed(N_("filter deleted"), "delete", N_("Deletions only")),
    _deed(N_("filter exported"), "export", N_("Exports of personal data only")),
    _deed(N_("filter anonymised"), "anonymise", N_("Clients made anonymous only")),
    replace(
        _deed(N_("filter unlocked"), "unlock", N_("Accounts unlocked only")),
        needs=("employee", "history"),
    ),
    *days(midnight, N_("Changes made on that day or later"), N_("Changes made on that day or before"), None),
)
