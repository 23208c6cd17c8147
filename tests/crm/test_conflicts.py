"""Two sessions at one record: merged, or refused with everything one needs to choose; never overwritten."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from crm.conflicts import TRIES
from crm.errors import Conflict, Invalid, NotAllowed, NotFound
from crm.models import Contract
from crm.session import Session
from tests.company import NOW, Office

PHONE, OTHER_PHONE = "+44 20 7946 0999", "+44 20 7946 0111"


def told(record: Any) -> list[tuple[str, Any, Any, str | None]]:
    """What a saved record, or a conflict, says of the others: field, before, after, who."""
    news = record.news if isinstance(record, Conflict) else record.meanwhile
    return [
        (change.name, change.before, change.after, change.past[0].actor.full_name if change.past else None)
        for change in news
    ]


class TestDifferentFields:
    def test_both_stand(self, office: Office, bill: Session) -> None:
        there = office.session("Bill Boquet")
        mine = bill.clients.get(1)
        there.clients.update(there.clients.get(1), phone=PHONE)
        saved = bill.clients.update(mine, company_name="Warm")
        assert (saved.phone, saved.company_name, saved.version) == (PHONE, "Warm", mine.version + 2)
        assert told(saved) == [("phone", "+678 123 456 78", PHONE, "Bill Boquet")]
        assert [change.fields for change in bill.clients.history(saved, 2)] == [
            {"company_name": ["Cool Startup LLC", "Warm"]},
            {"phone": ["+678 123 456 78", PHONE]},
        ]

    def test_nothing_to_tell_when_nobody_else_was_there(self, bill: Session) -> None:
        assert bill.clients.update(bill.clients.get(1), company_name="Warm").meanwhile == ()

    def test_a_value_that_i_left_as_it_was_is_no_change_of_mine(self, office: Office, bill: Session) -> None:
        there = office.session("Bill Boquet")
        mine = bill.clients.get(1)
        there.clients.update(there.clients.get(1), phone=PHONE)
        saved = bill.clients.update(mine, phone=mine.phone, company_name="Warm")
        assert (saved.phone, saved.company_name) == (PHONE, "Warm")

    def test_the_same_value_is_written_once(self, office: Office, bill: Session) -> None:
        there = office.session("Bill Boquet")
        mine = bill.clients.get(1)
        there.clients.update(there.clients.get(1), phone=PHONE)
        saved = bill.clients.update(mine, phone=PHONE)
        assert (saved.version, told(saved)) == (mine.version + 1, [("phone", "+678 123 456 78", PHONE, "Bill Boquet")])

    def test_what_was_changed_and_changed_back_is_nothing_to_tell(self, office: Office, bill: Session) -> None:
        there = office.session("Bill Boquet")
        mine = bill.clients.get(1)
        there.clients.update(there.clients.update(there.clients.get(1), phone=PHONE), phone=mine.phone)
        assert bill.clients.update(mine, phone=OTHER_PHONE).meanwhile == ()

    def test_a_related_record_is_told_with_its_name(self, gina: Session, office: Office) -> None:
        kate = office.session("Kate Hastroff")
        event = kate.events.get(109)
        gina.events.assign(gina.events.get(109), gina.employees.get(5))
        with pytest.raises(Conflict) as conflict:  # it is no longer Kate's
            kate.events.update(event, notes="Mine")
        ((name, before, after, who),) = told(conflict.value)
        assert (name, before.full_name, after.full_name, who) == (
            *("support_contact", "Kate Hastroff"),
            *("Aliénor Vichum", "Gina Comptoir"),
        )
        assert isinstance(conflict.value.refused, NotAllowed)
        assert gina.events.get(109).notes != "Mine"


class TestTheSameField:
    def test_it_says_what_one_has_to_know(self, office: Office, bill: Session) -> None:
        there = office.session("Bill Boquet")
        mine = bill.clients.get(1)
        there.clients.update(there.clients.get(1), phone=PHONE, company_name="Theirs")
        with pytest.raises(Conflict) as caught:
            bill.clients.update(mine, phone=OTHER_PHONE, email="new@startup.io")
        conflict = caught.value
        assert conflict.changes == {"phone": OTHER_PHONE, "email": "new@startup.io"}
        assert conflict.current.phone == PHONE
        assert [clash.name for clash in conflict.clashes] == ["phone"]
        assert sorted(told(conflict)) == [
            ("company_name", "Cool Startup LLC", "Theirs", "Bill Boquet"),
            ("phone", "+678 123 456 78", PHONE, "Bill Boquet"),
        ]
        assert bill.clients.get(1).email == "kevin@startup.io"  # nothing of it was written
        saved = bill.clients.update(conflict.current, **conflict.changes)
        assert (saved.phone, saved.email, saved.company_name) == (OTHER_PHONE, "new@startup.io", "Theirs")

    def test_the_last_of_several_is_the_first_in_the_past(self, office: Office, gina: Session) -> None:
        dawn, mine = office.session("Dawn Lefèvre"), gina.contracts.get(11)
        for total in (600, 700):
            dawn.contracts.update(dawn.contracts.get(11), total_amount=Decimal(total))
        gina.contracts.update(gina.contracts.get(11), total_amount=Decimal(800))
        with pytest.raises(Conflict) as caught:
            gina.contracts.update(mine, total_amount=Decimal(900))
        (clash,) = caught.value.clashes
        assert [change.actor.full_name for change in clash.past] == ["Gina Comptoir", "Dawn Lefèvre", "Dawn Lefèvre"]
        assert (clash.before, clash.after) == (Decimal(500), Decimal(800))

    def test_a_history_that_is_not_mine_to_read_is_no_crash(self, office: Office, gina: Session) -> None:
        ada, mine = office.session("Ada Racine"), gina.employees.get(3)
        ada.employees.update(ada.employees.get(3), full_name="Dawn Durand")
        with pytest.raises(Conflict) as caught:
            gina.employees.update(mine, full_name="Dawn Dupont")
        assert told(caught.value) == [("full_name", "Dawn Lefèvre", "Dawn Durand", None)]

    def test_gone_meanwhile(self, office: Office, gina: Session) -> None:
        other, contract = office.session("Gina Comptoir"), gina.contracts.get(10)
        other.contracts.delete(other.contracts.get(10))
        with pytest.raises(NotFound):
            gina.contracts.update(contract, total_amount=Decimal(1))
        with pytest.raises(NotFound):
            gina.contracts.delete(contract)


class TestTogether:
    """What is fine for each of two people, and is not together."""

    def test_amounts(self, office: Office, bill: Session, gina: Session) -> None:
        mine = bill.contracts.get(412)
        gina.contracts.update(gina.contracts.get(412), total_amount=Decimal(1500))
        with pytest.raises(Conflict) as caught:
            bill.contracts.update(mine, amount_to_be_paid=Decimal(2000))
        assert isinstance(caught.value.refused, Invalid) and caught.value.refused.field == "amount_to_be_paid"
        assert [name for name, *_ in told(caught.value)] == ["total_amount"]
        saved = bill.contracts.update(caught.value.current, amount_to_be_paid=Decimal(1400))
        assert (saved.total_amount, saved.amount_to_be_paid) == (Decimal(1500), Decimal(1400))

    def test_dates(self, office: Office, gina: Session) -> None:
        kate = office.session("Kate Hastroff")
        mine = kate.events.get(109)
        event = gina.events.get(109)
        gina.events.update(event, start_date=event.start_date + timedelta(hours=10))
        with pytest.raises(Conflict) as caught:
            kate.events.update(mine, end_date=event.start_date + timedelta(hours=5))
        assert isinstance(caught.value.refused, Invalid)

    def test_what_i_left_as_it_was_is_no_clash_then_either(self, bill: Session, gina: Session) -> None:
        mine = bill.contracts.get(412)
        gina.contracts.update(gina.contracts.get(412), total_amount=Decimal(1500))
        with pytest.raises(Conflict) as caught:
            bill.contracts.update(mine, total_amount=mine.total_amount, amount_to_be_paid=Decimal(2000))
        assert (caught.value.clashes, caught.value.changes) == ([], {"amount_to_be_paid": Decimal(2000)})

    def test_a_rule_that_mine_alone_breaks_is_no_conflict(self, bill: Session) -> None:
        with pytest.raises(Invalid):
            bill.contracts.update(bill.contracts.get(412), amount_to_be_paid=Decimal(9999))


class TestWithoutEnd:
    def test_somebody_who_never_stops_is_given_way_to(self, office: Office) -> None:
        """Each time the row is read again, somebody has changed it once more before it is written."""
        there = office.session("Bill Boquet")
        bill = office.session("Bill Boquet")
        reads = 0

        class Restless(type(bill.clients)):  # type: ignore[misc]
            def get(self, key: int) -> Any:
                nonlocal reads
                reads += 1
                found = super().get(key)
                there.clients.update(there.clients.get(key), company_name=f"Company {reads}")
                return found

        clients = Restless(bill)
        with pytest.raises(Conflict) as caught:
            clients.update(clients.get(1), phone=PHONE)
        assert (reads, caught.value.clashes) == (TRIES + 1, [])
        assert there.clients.get(1).phone == "+678 123 456 78"


class TestVerbs:
    def test_a_signature_rests_on_the_amount(self, bill: Session, gina: Session) -> None:
        seen = bill.contracts.get(10)
        gina.contracts.update(gina.contracts.get(10), total_amount=Decimal(1500))
        with pytest.raises(Conflict) as caught:
            bill.contracts.sign(seen)
        assert bill.contracts.sign(caught.value.current).is_signed

    def test_signing_twice_is_signing_once(self, bill: Session, gina: Session) -> None:
        seen = bill.contracts.get(10)
        signed = gina.contracts.sign(gina.contracts.get(10))
        assert bill.contracts.sign(seen).signed_at == signed.signed_at

    def test_two_who_cancel(self, office: Office, gina: Session) -> None:
        kate = office.session("Kate Hastroff")
        seen = kate.events.get(109)
        first = gina.events.cancel(gina.events.get(109), NOW)
        second = kate.events.cancel(seen, NOW + timedelta(minutes=1))
        assert second.cancelled_at == first.cancelled_at
        assert [name for name, *_ in told(second)] == ["cancelled_at"]

    def test_two_who_assign(self, office: Office, gina: Session) -> None:
        there, seen = office.session("Gina Comptoir"), gina.events.get(1024)
        there.events.assign(there.events.get(1024), there.employees.get(5))
        with pytest.raises(Conflict) as caught:
            gina.events.assign(seen, gina.employees.get(4))
        (clash,) = caught.value.clashes
        assert (clash.before, clash.after.full_name) == (None, "Aliénor Vichum")
        assert gina.events.assign(caught.value.current, gina.employees.get(4)).support_contact_id == 4

    def test_an_assignment_rests_on_the_dates(self, office: Office, gina: Session) -> None:
        there, seen = office.session("Gina Comptoir"), gina.events.get(1024)
        there.events.update(there.events.get(1024), end_date=seen.end_date + timedelta(hours=1))
        with pytest.raises(Conflict):
            gina.events.assign(seen, gina.employees.get(4))

    def test_deleting_what_was_changed(self, office: Office, gina: Session) -> None:
        there = office.session("Gina Comptoir")
        event, contract = gina.events.get(1024), gina.contracts.get(10)
        there.events.update(there.events.get(1024), attendees=30)
        there.contracts.update(there.contracts.get(10), total_amount=Decimal(2000))
        for delete, seen, news in (
            (gina.events.delete, event, ("attendees", None, 30, "Gina Comptoir")),
            (gina.contracts.delete, contract, ("total_amount", Decimal(1000), Decimal(2000), "Gina Comptoir")),
        ):
            with pytest.raises(Conflict) as caught:
                delete(seen)
            assert told(caught.value) == [news]
            delete(caught.value.current)
            with pytest.raises(NotFound):
                gina.of(caught.value.current._meta.table_name).get(seen.id)


class TestPayments:
    def test_the_same_amount_twice_is_not_counted_once(self, bill: Session, gina: Session) -> None:
        seen = bill.contracts.get(412)
        gina.contracts.record_payment(gina.contracts.get(412), Decimal(250))
        with pytest.raises(Conflict) as caught:
            bill.contracts.record_payment(seen, Decimal(250))
        assert told(caught.value) == [("amount_to_be_paid", Decimal(1250), Decimal(1000), "Gina Comptoir")]
        assert bill.contracts.record_payment(caught.value.current, Decimal(250)).amount_to_be_paid == Decimal(750)

    def test_more_than_is_left_by_now(self, bill: Session, gina: Session) -> None:
        seen = bill.contracts.get(412)
        gina.contracts.record_payment(gina.contracts.get(412), Decimal(1000))
        with pytest.raises(Conflict) as caught:
            bill.contracts.record_payment(seen, Decimal(1000))
        with pytest.raises(Invalid):
            bill.contracts.record_payment(caught.value.current, Decimal(1000))

    def test_a_new_total_beside_it_stands(self, bill: Session, gina: Session) -> None:
        seen = bill.contracts.get(412)
        gina.contracts.update(gina.contracts.get(412), total_amount=Decimal(3000))
        saved = bill.contracts.record_payment(seen, Decimal(250))
        assert (saved.total_amount, saved.amount_to_be_paid) == (Decimal(3000), Decimal(1000))

    def test_many_at_the_same_moment(self, office: Office) -> None:
        """Each insists that theirs is another one: all are counted, none twice, and none goes below zero."""
        everybody = [office.session(name) for name in ("Bill Boquet", "Gina Comptoir") * 4]
        begin = Barrier(len(everybody))

        def pay(session: Session) -> int:
            contract: Contract = session.contracts.get(412)
            begin.wait()
            noted = 0
            while noted < 3:
                try:
                    contract = session.contracts.record_payment(contract, Decimal(60))
                    noted += 1
                except Conflict as conflict:
                    contract = conflict.current
                except Invalid:
                    break
            return noted

        with ThreadPoolExecutor(len(everybody)) as at_once:
            noted = list(at_once.map(pay, everybody))
        assert sum(noted) == 1250 // 60
        assert office.session("Bill Boquet").contracts.get(412).amount_to_be_paid == 1250 - 60 * sum(noted)
        lines = office.as_owner(
            "SELECT count(*) FROM crm.change WHERE entity = 'contract' AND entity_id = 412 AND action = 'update'"
        )
        assert lines == [(sum(noted),)]


class TestOverlaps:
    wedding = ("2027-06-04 13:00Z", "2027-06-05 02:00Z")

    @pytest.mark.parametrize(
        ("start", "end", "overlaps"),
        [
            ("2027-06-04 10:00Z", "2027-06-04 13:00Z", False),  # ends as the other begins
            ("2027-06-04 10:00Z", "2027-06-04 13:01Z", True),
            ("2027-06-05 02:00Z", "2027-06-05 04:00Z", False),
            ("2027-06-05 01:59Z", "2027-06-05 04:00Z", True),
            ("2027-06-04 18:00Z", "2027-06-04 19:00Z", True),  # within
            ("2027-06-01 18:00Z", "2027-06-09 19:00Z", True),  # around
        ],
    )
    def test_touching_is_not_overlapping(
        self, office: Office, gina: Session, start: str, end: str, overlaps: bool
    ) -> None:
        office.as_owner("UPDATE crm.event SET start_date = %s, end_date = %s WHERE id = 1024", start, end)
        found = [event.id for event in gina.events.overlapping(gina.events.get(1024), 4)]
        assert found == ([109] if overlaps else [])

    def test_whose_and_which(self, office: Office, gina: Session) -> None:
        office.as_owner("UPDATE crm.event SET start_date = %s, end_date = %s WHERE id IN (1023, 1024)", *self.wedding)
        event = gina.events.get(1024)
        assert [other.id for other in gina.events.overlapping(event, 4)] == [109]
        assert [other.id for other in gina.events.overlapping(event, 5)] == [1023]
        assert list(gina.events.overlapping(event, None)) == []
        assert list(gina.events.overlapping(gina.events.get(109), 4)) == []  # never itself
        gina.events.cancel(gina.events.get(109), NOW)
        assert list(gina.events.overlapping(event, 4)) == []

    def test_dates_that_an_event_is_to_have(self, gina: Session) -> None:
        event, wedding = gina.events.get(1024), gina.events.get(109)
        assert list(gina.events.overlapping(event, 4)) == []
        assert [other.id for other in gina.events.overlapping(event, 4, wedding.start_date, wedding.end_date)] == [109]

    def test_it_takes_an_index(self, office: Office, gina: Session) -> None:
        """With years of events behind and ahead, those of one colleague are not all looked at."""
        office.as_owner(
            "INSERT INTO crm.event (contract_id, title, support_contact_id, start_date, end_date)"
            " SELECT 652, 'Event ' || n, 4 + n %% 2, '2020-01-01Z'::timestamptz + n * interval '3 hours',"
            " '2020-01-01Z'::timestamptz + n * interval '3 hours' + interval '2 hours' FROM generate_series(1, 5000) AS n"
        )
        office.as_owner("ANALYZE crm.event")
        query = gina.events.overlapping(gina.events.get(1024), 4)._sorted(False).limit(6)
        sql, parameters = gina.database.get_sql_context().sql(query).query()  # type: ignore[no-untyped-call]
        plan = "\n".join(line for (line,) in gina.database.execute_sql(f"EXPLAIN {sql}", parameters).fetchall())
        assert re.search(
            r"using (event_coming|event_of_support) on event.*\n +Index Cond: .*support_contact_id = 4", plan
        )


def test_two_who_assign_at_once_what_overlaps_may_both(office: Office) -> None:
    office.as_owner("UPDATE crm.event SET start_date = %s, end_date = %s", *TestOverlaps.wedding)
    office.as_owner("UPDATE crm.event SET support_contact_id = NULL")
    sessions = [office.session("Gina Comptoir") for _number in (1, 2)]

    def assign(number: int, session: Session) -> Callable[[], Any]:
        return lambda: session.events.assign(session.events.get(number), session.employees.get(4))

    with ThreadPoolExecutor(2) as at_once:
        done = [at_once.submit(assign(number, session)) for number, session in zip((109, 1024), sessions, strict=True)]
    assert [future.result().support_contact_id for future in done] == [4, 4]
