"""What the people of the demo's company did, day by day, until the evening before it is opened."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from operator import attrgetter
from random import Random
from typing import Any, NamedTuple

from crm.demo_company import (
    ACCOUNTANTS,
    ADELE,
    CUSTOMERS,
    GISELE,
    KEVIN_CASEY_LAST_UPDATE,
    PEOPLE,
    PROJECTS,
    Customer,
    Day,
    Happening,
    Person,
    Project,
)

EMPLOYEES = {person.full_name: number for number, person in enumerate(PEOPLE, 1)}
CLIENTS = {customer.full_name: (number, customer) for number, customer in enumerate(CUSTOMERS, 1)}
EARLIEST = date(2024, 3, 1)  # whatever a wrong clock says: the records of the specification are of 2023
FIRST_CONTRACT, FIRST_EVENT = 701, 1101  # above those of the specification
DEPOSIT = 30  # per cent, usually paid at signature
ROOMY = timedelta(days=30)  # from planning to event: leaves time for a change of plan
WORKING_DAYS, SATURDAY = range(5), 5


@dataclass(frozen=True)
class Deed:
    """What an employee did: a new record, or new values for one. `actor` None: the installation."""

    at: datetime
    actor: int | None
    entity: str
    key: int
    values: Mapping[str, Any]
    new: bool


class Plan(NamedTuple):
    """An event before it has a number: when, by whom and under which contract it was put down; when it starts."""

    at: datetime
    actor: str
    contract: int
    start: datetime
    happening: Happening


class Diary:
    """Everything that was done in the company until the evening before `today`."""

    def __init__(self, today: date, zone: tzinfo | None) -> None:
        self._today = max(today, EARLIEST)
        self._zone = zone
        self._chance = Random(2018)  # noqa: S311  # the same company every time
        self._deeds: list[Deed] = []
        self._met: dict[int, datetime] = {}
        self._plans: list[Plan] = []
        self._handover = datetime.max  # when clients go from somebody who leaves to colleagues

    def deeds(self) -> list[Deed]:
        """In the order of time."""
        for number, person in enumerate(PEOPLE, 1):
            self._hire(number, person)
        for number, customer in enumerate(CUSTOMERS, 1):
            self._meet(number, customer)
        for place, project in enumerate(PROJECTS):
            self._agree(project.number or FIRST_CONTRACT + place, project)
        for place, plan in enumerate(sorted(self._plans, key=attrgetter("at"))):
            self._organise(plan.happening.number or FIRST_EVENT + place, plan)
        return sorted(self._deeds, key=attrgetter("at"))

    def _hire(self, number: int, person: Person) -> None:
        hired = self._at_work(person.hired)
        values = {name: getattr(person, name) for name in ("full_name", "email", "department")}
        boss = ADELE if number > 1 else None
        self._create(hired, boss, "employee", number, **values, creation_date=hired.date(), must_change_password=False)
        if person.left is not None:
            left = self._at_work(person.left).replace(hour=17)
            self._handover = left - timedelta(hours=1)
            self._change(left, GISELE, "employee", number, active=False)

    def _meet(self, number: int, customer: Customer) -> None:
        met = self._met[number] = self._at_work(customer.first_contact)
        contact = self._contact(customer, met)
        values = {name: getattr(customer, name) for name in ("full_name", "email", "phone", "company_name")}
        called = self._called(customer, met)
        if called is not None:
            values["phone"] = ""
            self._change_client(called, self._contact(customer, called), number, phone=customer.phone)
        values |= {"first_contact": met.date(), "commercial_contact_id": EMPLOYEES[contact]}
        self._create(met, contact, "client", number, **values, last_update=self._aware(met))
        if customer.former_contact:
            self._change_client(self._handover, GISELE, number, commercial_contact_id=EMPLOYEES[customer.contact])

    def _called(self, customer: Customer, met: datetime) -> datetime | None:
        """When the telephone number became known; None: from the start, or never."""
        if customer.full_name == "Kevin Casey":
            return self._at_work(KEVIN_CASEY_LAST_UPDATE)
        if isinstance(customer.first_contact, date) or not customer.phone or self._chance.random() > 0.3:
            return None
        return self._later(met, self._chance.randint(3, 40))

    def _agree(self, number: int, project: Project) -> None:
        """A contract, its signature and payments; its events are planned."""
        client, customer = CLIENTS[project.client]
        created = max(self._at_work(project.created), self._met[client] + timedelta(minutes=40))
        amounts = dict.fromkeys(("total_amount", "amount_to_be_paid"), Decimal(project.total))
        self._create(
            created, self._accountant(), "contract", number, client_id=client, creation_date=created.date(), **amounts
        )
        if project.signed_after is None:
            return
        signed = self._later(created, project.signed_after)
        self._change(
            signed, self._contact(customer, signed), "contract", number, status="signed", signed_at=self._aware(signed)
        )
        starts = self._starts(project, customer)
        self._collect(number, project, signed, starts)
        for start, happening in zip(starts, project.happenings, strict=True):
            at = self._later(signed, self._chance.randint(1, 6))
            self._plans.append(Plan(at, self._contact(customer, at), number, start, happening))

    def _starts(self, project: Project, customer: Customer) -> list[datetime]:
        """When its events start: on working days for a company; from a Saturday on for a family, all shifted alike."""
        weekdays = WORKING_DAYS if customer.company_name else (SATURDAY,)
        starts = []
        for happening in project.happenings:
            leader = happening if customer.company_name else project.happenings[0]
            day = self._day(happening.day) + self._shift(leader.day, weekdays)
            starts.append(datetime.combine(day, time()) + timedelta(hours=happening.hour))
        return starts

    def _shift(self, day: Day, weekdays: Container[int]) -> timedelta:
        """To the next of these weekdays, away from today; what is under way stays, and so do dates."""
        shift = timedelta(0)
        if isinstance(day, int) and day not in (-1, 0):
            while (self._day(day) + shift).weekday() not in weekdays:
                shift += timedelta(days=1 if day > 0 else -1)
        return shift

    def _collect(self, number: int, project: Project, signed: datetime, starts: Sequence[datetime]) -> None:
        """Payments: a deposit and the rest when all is over, or as much as there was so far."""
        payments = [(signed, project.paid)] if project.paid else []
        if project.paid == 100 and starts and starts[-1].date() < self._today:
            payments = [(signed, DEPOSIT), (starts[-1], 100)]
        for occasion, paid in payments:
            at = self._later(occasion, self._chance.randint(4, 12))
            due = Decimal(project.total) * (100 - paid) / 100
            self._change(at, self._accountant(), "contract", number, amount_to_be_paid=due)

    def _organise(self, number: int, plan: Plan) -> None:
        """An event as it was first put down, and what became of it."""
        event, at = plan.happening, plan.at
        values: dict[str, Any] = {name: getattr(event, name) for name in ("title", "location", "attendees")}
        values |= {"notes": "" if event.cancelled is not None else event.notes, **self._dates(plan.start, event)}
        revisions = self._revisions(plan)
        before = {name: old for _, changes in revisions for name, (old, _) in changes.items()}
        self._create(at, plan.actor, "event", number, contract_id=plan.contract, **{**values, **before})
        for actor, changes in revisions:
            at = self._later(at, self._chance.randint(1, 6))
            self._change(at, actor, "event", number, **{name: new for name, (_, new) in changes.items()})
        if event.cancelled is not None:
            at = self._later(at, (self._day(event.cancelled) - at.date()).days)
            self._change(at, self._accountant(), "event", number, notes=event.notes, cancelled_at=self._aware(at))

    def _revisions(self, plan: Plan) -> list[tuple[str, dict[str, tuple[Any, Any]]]]:
        """Who changed what of an event, old and new: the support contact, and perhaps dates and attendees."""
        event = plan.happening
        if not event.support:
            return []
        revisions: list[tuple[str, dict[str, tuple[Any, Any]]]] = [
            (self._accountant(), {"support_contact_id": (None, EMPLOYEES[event.support])})
        ]
        roomy = event.number is None and plan.start - plan.at > ROOMY  # those of the specification stay as they are
        if roomy and self._chance.random() < 0.3:
            old = self._dates(plan.start + timedelta(days=self._chance.choice((-7, 1, 7))), event)
            new = self._dates(plan.start, event)
            revisions.append((event.support, {name: (old[name], new[name]) for name in new}))
        if roomy and event.attendees and self._chance.random() < 0.3:
            revisions.append((event.support, {"attendees": (event.attendees * 4 // 5, event.attendees)}))
        return revisions

    def _dates(self, start: datetime, event: Happening) -> dict[str, datetime]:
        return {"start_date": self._aware(start), "end_date": self._aware(start + timedelta(hours=event.hours))}

    def _accountant(self) -> str:
        return self._chance.choice(ACCOUNTANTS)

    def _contact(self, customer: Customer, at: datetime) -> str:
        return customer.former_contact if customer.former_contact and at < self._handover else customer.contact

    def _day(self, day: Day) -> date:
        return day if isinstance(day, date) else self._today + timedelta(days=day)

    def _at_work(self, day: Day) -> datetime:
        """Some time on that day; on the Friday before a weekend, unless it is a date."""
        found = self._day(day)
        while isinstance(day, int) and found.weekday() not in WORKING_DAYS:
            found -= timedelta(days=1)
        return datetime.combine(found, time(self._chance.randint(9, 15), self._chance.randint(0, 59)))

    def _later(self, moment: datetime, days: int) -> datetime:
        """About so many days after `moment`, but before today."""
        at = self._at_work(min((moment.date() - self._today).days + days, -1))
        return at if at > moment else moment + timedelta(minutes=self._chance.randint(5, 25))

    def _aware(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=self._zone) if self._zone else moment.astimezone()

    def _create(self, at: datetime, actor: str | None, entity: str, number: int, **values: Any) -> None:
        self._deeds.append(Deed(self._aware(at), EMPLOYEES[actor] if actor else None, entity, number, values, True))

    def _change(self, at: datetime, actor: str, entity: str, number: int, **values: Any) -> None:
        self._deeds.append(Deed(self._aware(at), EMPLOYEES[actor], entity, number, values, False))

    def _change_client(self, at: datetime, actor: str, number: int, **values: Any) -> None:
        self._change(at, actor, "client", number, **values, last_update=self._aware(at))
