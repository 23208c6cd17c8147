"""What this employee may see and change: queries filtered by ownership, verbs that save.

Every manager belongs to one signed-in session. PostgreSQL refuses by itself whatever
is not offered here; filtering first makes menus honest and refusals rare.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import peewee
from peewee import JOIN, ModelSelect

from crm import conflicts, fields, monitoring, validation
from crm.errors import Conflict, NotFound, Unavailable, Unsaved
from crm.fields import Field
from crm.models import Change, Client, Colleague, Contract, Employee, Event, Record
from crm.records import ClientRecords, ContractRecords, EventRecords, Records

if TYPE_CHECKING:
    from crm.session import Session

R = TypeVar("R", bound=Record)
Q = TypeVar("Q", bound=Records[Any])


class Manager(Generic[R, Q]):
    """The records of one entity, as one employee may see and change them."""

    entity: ClassVar[str]
    model: type[R]
    records: type[Q]
    owner: peewee.Field[Any]
    order: tuple[peewee.Field[Any], ...]
    descending = True
    fields: tuple[Field, ...]

    def __init__(self, session: Session) -> None:
        self.session = session

    def visible(self) -> Q:
        """Everything I may read, joined: the names on a screen come with its one statement."""
        return self.records(self._joined(), self.order, self.session.fetch, self.descending)

    def briefly(self) -> Q:
        """The same with no more joined than what a record is called by: its client."""
        return replace(self.visible(), query=self._brief())

    def mine(self) -> Q:
        """Those I am responsible for."""
        return self.visible().where(self.owner == self.session.identity.employee_id)

    def scope(self, action: str, entity: str | None = None) -> Q:
        """Those I may do `action` to: all, my own, or none, as crm.permission says.

        `entity`: when the right is on another one, as creating events is on contracts.
        """
        match self.session.permissions.scope(entity or self.entity, action):
            case "all":
                return self.visible()
            case "own":
                return self.mine()
        return self.visible().none()

    def editable(self) -> Q:
        """Those I may change."""
        return self.scope("update")

    def may(self, record: R, action: str, entity: str | None = None) -> bool:
        """Is `record` in that scope? Without asking the database again."""
        match self.session.permissions.scope(entity or self.entity, action):
            case "all":
                return True
            case "own":
                return bool(record.__data__[self.owner.name] == self.session.identity.employee_id)
        return False

    def get(self, key: int) -> R:
        """The record of that number, or NotFound."""
        found: R | None = self.visible().where(self.model.id == key).first()
        if found is None:
            raise NotFound
        return found

    def history(self, record: R, most: int = 10) -> list[Change]:
        """The last changes of `record`, newest first, each with its actor."""
        query = (
            Change.select(Change, Colleague)
            .join(Colleague, JOIN.LEFT_OUTER, on=(Change.actor == Colleague.id))
            .where(Change.entity == self.entity, Change.entity_id == record.id)
            .order_by(Change.at.desc(), Change.id.desc())
            .limit(most)
        )
        return self.session.answer(lambda: list(query.execute(self.session.database)))

    def update(self, record: R, *, rests_on: Collection[str] = (), **changes: Any) -> R:
        """Save `changes` to `record` as I saw it; the fresh record, in its `meanwhile` what others changed since.

        `rests_on`: fields that the changes were worked out from. Raises Conflict when somebody changed one of those,
        or one of mine to something else, meanwhile; Invalid, NotAllowed, NotFound.
        """
        changes = self._cleaned(changes)
        return conflicts.save(self, record, changes, rests_on) if changes else record

    def write(self, seen: R, changes: dict[str, Any]) -> bool:
        """Save `changes` to that version of a record, and to no other; False when there is a newer one, or none."""
        query = self.model.update(changes).where(self.model.id == seen.id, self.model.version == seen.version)  # type: ignore[attr-defined]
        return bool(self.session.answer(lambda: query.execute(self.session.database)))

    def since(self, seen: R, current: R, changes: Mapping[str, Any]) -> Conflict:
        """What others made of a record between two versions of it, against `changes` of mine."""
        return conflicts.compared(self, seen, current, self._cleaned(changes))

    def _create(self, values: dict[str, Any]) -> R:
        query = self.model.insert(self._cleaned(values))
        key = self.session.answer(lambda: query.execute(self.session.database))
        try:
            return self.get(key)
        except Unavailable as error:  # it is there: to try again would make a second one
            raise Unsaved from error

    def _cleaned(self, values: Mapping[str, Any]) -> dict[str, Any]:
        described = {field.name: field for field in self.fields}
        plain = {name: value.id if isinstance(value, Record) else value for name, value in values.items()}
        return {name: described[name].clean(value) if name in described else value for name, value in plain.items()}

    def _delete(self, record: R) -> None:
        """Raises Conflict when somebody changed it since I saw it, so that nobody deletes what they never read."""
        try:
            self.session.call(f"delete_{self.entity}", record.id, record.version)  # type: ignore[attr-defined]
        except Conflict:
            raise self.since(record, self.get(record.id), {}) from None

    def _joined(self) -> ModelSelect[R]:
        raise NotImplementedError

    def _brief(self) -> ModelSelect[R]:
        return self.model.select()


class Clients(Manager[Client, ClientRecords]):
    entity = "client"
    model = Client
    records = ClientRecords
    owner = Client.commercial_contact
    order = (Client.id,)
    fields = fields.CLIENT

    def create(self, **values: Any) -> Client:
        """A new client, of whom I am the commercial contact."""
        return self._create(values)

    def _joined(self) -> ModelSelect[Client]:
        return Client.select(Client, Colleague).join(Colleague, on=(Client.commercial_contact == Colleague.id))


class Contracts(Manager[Contract, ContractRecords]):
    entity = "contract"
    model = Contract
    records = ContractRecords
    owner = Contract.commercial
    order = (Contract.id,)
    fields = fields.CONTRACT

    def create(self, client: Client, total_amount: Decimal, amount_to_be_paid: Decimal | None = None) -> Contract:
        """An unsigned contract of `client`; all of it is to be paid unless said otherwise."""
        due = total_amount if amount_to_be_paid is None else amount_to_be_paid
        return self._create({"client": client.id, "total_amount": total_amount, "amount_to_be_paid": due})

    def awaiting_event(self) -> ContractRecords:
        """Signed ones under which I may create an event."""
        return self.scope("create", "event").signed()

    def sign(self, contract: Contract) -> Contract:
        """Note that the client has signed; Conflict if it is over another amount by now."""
        signed = self.update(contract, rests_on=("total_amount",), status="signed")
        if not any(news.name == "status" for news in signed.meanwhile):  # else a colleague has noted it
            monitoring.contract_signed(contract.id, self.session.identity.employee_id)
        return signed

    def record_payment(self, contract: Contract, amount: Decimal) -> Contract:
        """Take `amount` off what remains to be paid; Invalid unless it is positive and no more than remains.

        Conflict if something else remains by now: nobody can know whether a colleague noted the same payment.
        """
        due = contract.amount_to_be_paid
        validation.payment_within_due(amount, due)
        return self.update(contract, rests_on=("amount_to_be_paid",), amount_to_be_paid=due - amount)

    def delete(self, contract: Contract) -> None:
        """Delete an unsigned contract without events. Raises Conflict, NotFound, Invalid."""
        self._delete(contract)

    def _joined(self) -> ModelSelect[Contract]:
        return (
            Contract.select(Contract, Client, Colleague)
            .join_from(Contract, Client)
            .join_from(Contract, Colleague, on=(Contract.commercial == Colleague.id))
        )

    def _brief(self) -> ModelSelect[Contract]:
        return Contract.select(Contract, Client).join(Client)


class Events(Manager[Event, EventRecords]):
    entity = "event"
    model = Event
    records = EventRecords
    owner = Event.support_contact
    order = (Event.start_date, Event.id)
    fields = fields.EVENT

    def create(self, contract: Contract, **values: Any) -> Event:
        """An event under `contract`, which must be signed; it waits for a support contact."""
        return self._create({"contract": contract.id, **values})

    def assign(self, event: Event, support_contact: Employee | None) -> Event:
        """Give `event` to somebody of support, or to nobody; Conflict if it is at another time by now."""
        contact = support_contact and support_contact.id
        return self.update(event, rests_on=("start_date", "end_date"), support_contact=contact)

    def overlapping(
        self, event: Event, colleague: int | None, start: datetime | None = None, end: datetime | None = None
    ) -> EventRecords:
        """What else `colleague` runs while `event` takes place, or would take place from `start` to `end`."""
        elsewhere = self.visible().of_colleague(colleague) if colleague is not None else self.visible().none()
        return elsewhere.beside(event).within(start or event.start_date, end or event.end_date)

    def cancel(self, event: Event, now: datetime) -> Event:
        """Note that it does not take place; a colleague who noted that before is in `meanwhile`."""
        try:
            return self.update(event, cancelled_at=now)
        except Conflict as conflict:
            if not conflict.clashes:
                raise
            done: Event = conflict.current
            return conflicts.told(done, conflict.news)

    def delete(self, event: Event) -> None:
        """Raises Conflict, NotFound."""
        self._delete(event)

    def _joined(self) -> ModelSelect[Event]:
        commercial = Colleague.alias()
        return (
            Event.select(Event, Contract, Client, commercial, Colleague)
            .join_from(Event, Contract)
            .join_from(Contract, Client)
            .join_from(Contract, commercial, on=(Contract.commercial == commercial.id))
            .join_from(Event, Colleague, JOIN.LEFT_OUTER, on=(Event.support_contact == Colleague.id))
        )

    def _brief(self) -> ModelSelect[Event]:
        return Event.select(Event, Contract, Client).join_from(Event, Contract).join_from(Contract, Client)
