"""What was done to clients, contracts, events and employees: by whom, when, field by field.

PostgreSQL writes it (crm.record_change in schema.sql) and shows each entity's to whoever has the right `history` on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from peewee import JOIN, SQL, ModelSelect, fn

from crm.errors import NotFound
from crm.models import Change, Colleague
from crm.records import COUNTED, Records

if TYPE_CHECKING:
    from crm.session import Session

ENTITIES = ("client", "contract", "event", "employee")
REFERENCES = {
    "client_id": "client",
    "contract_id": "contract",
    "commercial_contact_id": "employee",
    "commercial_id": "employee",
    "support_contact_id": "employee",
}
"""Fields that hold the number of a record -> the entity it is of."""
NAMES = """SELECT 'client', id, full_name FROM crm.client WHERE id = ANY(%(client)s::int[])
    UNION ALL SELECT 'contract', k.id, c.full_name FROM crm.contract AS k JOIN crm.client AS c ON c.id = k.client_id
        WHERE k.id = ANY(%(contract)s::int[])
    UNION ALL SELECT 'event', id, title FROM crm.event WHERE id = ANY(%(event)s::int[])
    UNION ALL SELECT 'employee', id, full_name FROM crm.colleague WHERE id = ANY(%(employee)s::int[])"""

Key = tuple[str, int]
"""An entity and a number."""


@dataclass(frozen=True)
class Names:
    """What the records are called now that a change is about or that its values are; those that are gone, not at all.

    Of a contract it is the name of its client.
    """

    known: Mapping[Key, str]

    def of(self, entity: str, number: int) -> str:
        """ "" for a record that is gone, or that one may not see."""
        return self.known.get((entity, number), "")

    def has(self, entity: str, number: int) -> bool:
        return (entity, number) in self.known


NO_NAMES = Names({})


class ChangeRecords(Records[Change]):
    """Changes, narrowed to what somebody wants to know of them."""

    sortable: ClassVar = {"at": Change.at}

    def of_colleague(self, number: int) -> Self:
        """Those that this employee made."""
        return self.where(Change.actor == number)

    def of_entity(self, entity: str) -> Self:
        """Those of clients, or of contracts, …"""
        return self.where(Change.entity == entity)

    def of_record(self, entity: str, number: int) -> Self:
        return self.where(Change.entity == entity, Change.entity_id == number)

    def about_client(self, number: int) -> Self:
        """Those of that client, its contracts and events, deleted ones too."""
        return self.where(Change.client == number)

    def doing(self, action: str) -> Self:
        """Creations ("create"), changes ("update"), deletions ("delete")."""
        return self.where(Change.action == action)

    def since(self, moment: datetime) -> Self:
        return self.where(Change.at >= moment)

    def earlier_than(self, moment: datetime) -> Self:
        return self.where(Change.at < moment)

    def _total(self) -> ModelSelect[Change]:
        """Counted in their order, along an index: the table begins with the oldest, far from what is asked for."""
        some = self.bare(SQL("1")).order_by(*(column.desc() for column in self.order)).limit(COUNTED + 1)
        return Change.select(fn.count(SQL("*"))).from_(some)


class History:
    """The history, as far as one employee may read it. Nobody writes into it but PostgreSQL."""

    model = Change

    def __init__(self, session: Session) -> None:
        self.session = session

    def visible(self) -> ChangeRecords:
        """Every change I may read, newest first, each with its actor."""
        query = Change.select(Change, Colleague).join(Colleague, JOIN.LEFT_OUTER, on=(Change.actor == Colleague.id))
        records = ChangeRecords(query, (Change.at, Change.id), self.session.fetch, descending=True)
        readable = [entity for entity in ENTITIES if self.session.permissions.allow((entity, "history"))]
        if not readable:
            return records.none()
        return records if len(readable) == len(ENTITIES) else records.where(Change.entity.in_(readable))

    def get(self, key: int) -> Change:
        """Raises NotFound."""
        found = self.visible().where(Change.id == key).first()
        if found is None:
            raise NotFound
        return found

    def names(self, changes: Sequence[Change]) -> Names:
        """What to call everything in `changes`: what was changed, whose it is, and the records that its values are.

        One statement, however many there are; none if there is nothing to call.
        """
        records = [(str(change.entity), int(change.entity_id)) for change in changes]
        clients = [("client", int(change.client)) for change in changes if change.client is not None]
        return self._called([*records, *clients, *references(changes)])

    def values(self, changes: Sequence[Change]) -> Names:
        """The same of the values alone, and only of updates: for the card of the record that was changed."""
        return self._called(references(change for change in changes if change.action == "update"))

    def _called(self, keys: Iterable[Key]) -> Names:
        wanted: dict[str, set[int]] = {entity: set() for entity in ENTITIES}
        for entity, number in keys:
            wanted[entity].add(number)
        if not any(wanted.values()):
            return NO_NAMES
        numbers = {entity: sorted(found) for entity, found in wanted.items()}
        rows = self.session.answer(lambda: self.session.database.execute_sql(NAMES, numbers).fetchall())
        return Names({(entity, number): name for entity, number, name in rows})


def references(changes: Iterable[Change]) -> Iterator[Key]:
    """The records that values of `changes` stand for."""
    for change in changes:
        for field, values in dict(change.fields).items():
            if field in REFERENCES:
                yield from ((REFERENCES[field], value) for value in values if isinstance(value, int))
