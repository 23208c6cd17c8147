"""Finding records by what is typed: across entities, within what an action accepts, and the newest question first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from crm.errors import Invalid, SignedOut, Unavailable
from crm.search import COMPANIONS, Lookups
from crm.session import Session
from tests.company import Office


def names(found: list[Any]) -> list[str]:
    return [f"{record._meta.table_name} {record.id}" for record in found]


class TestEverywhere:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("kevin ca", ["client 1", "contract 700", "contract 10"]),
            ("casey kevin", ["client 1", "contract 700", "contract 10"]),
            ("startup", ["client 1", "contract 700", "contract 10"]),
            ("ouick", ["client 2", "contract 652", "contract 11", "event 1024", "event 109"]),
            ("JÖHN.OUICK@GMAIL", ["client 2", "contract 652", "contract 11", "event 1024", "event 109"]),
            ("234 567 8901", ["client 2", "contract 652", "contract 11", "event 1024", "event 109"]),
            ("château", ["event 109"]),
            ("wedding ouick", ["event 109"]),
            ("gmail wedding", ["event 109"]),  # one word of the client, one of the title
            ("652", ["contract 652"]),
            ("#652", ["contract 652"]),
            (" # 1023 ", ["event 1023"]),
            ("#wedding", []),
            ("zzz", []),
            ("", []),
            ("  ", []),
        ],
    )
    def test_clients_contracts_and_events(self, kate: Session, typed: str, found: list[str]) -> None:
        assert names(kate.search(typed)) == found

    def test_the_number_goes_before_everything_else(self, office: Office, kate: Session) -> None:
        office.as_owner("UPDATE crm.client SET company_name = 'Warehouse 652' WHERE id = 1")
        assert names(kate.search("652"))[:2] == ["contract 652", "client 1"]

    def test_no_more_than_asked_for_of_each(self, office: Office, kate: Session) -> None:
        office.as_owner(
            "INSERT INTO crm.client (full_name, email, commercial_contact_id)"
            " SELECT 'Kevin Case ' || n, 'k' || n || '@x.example', 2 FROM generate_series(1, 9) AS n"
        )
        assert [type(record).__name__ for record in kate.search("kevin ca")] == ["Client"] * 3 + ["Contract"] * 2
        assert len(kate.search("kevin ca", most=5)) == 7

    def test_the_rows_come_with_all_that_is_shown(self, kate: Session) -> None:
        _client, contract, *_, event = kate.search("ouick")
        assert contract.client.full_name == "John Ouick" and contract.client.company_name == ""
        assert event.contract.client.email == "john.ouick@gmail.com"

    def test_one_statement_for_the_keys_and_one_for_each_entity_found(
        self, kate: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        kate.search("x")
        with caplog.at_level(logging.DEBUG, "peewee"):
            kate.search("kevin ca")
        assert len(caplog.records) == 3

    @pytest.mark.parametrize("typed", ["%", "_", "\\", "'", "k%n", '"', "🎉", "x" * 10_000, "(((", "\u202e", "$1"])
    def test_nothing_that_is_typed_means_anything_but_itself(self, kate: Session, typed: str) -> None:
        assert kate.search(typed) == []

    def test_what_cannot_be_sent_is_refused_in_a_sentence(self, kate: Session) -> None:
        for typed in ("kev\0in", "\ud800"):
            with pytest.raises(Invalid):
                kate.search(typed)

    def test_a_session_that_is_over_says_so(self, office: Office, kate: Session) -> None:
        office.as_owner("UPDATE crm.session SET revoked_at = now()")
        with pytest.raises(SignedOut):
            kate.search("kevin")


class TestEventsByClient:
    def found(self, session: Session, typed: str) -> list[int]:
        return [event.id for event in session.events.visible().matching(typed)]

    @pytest.mark.parametrize("typed", ["bouzin", "loubouzin.grd", "lou bouzin sa", "66612345", "jacky assembly"])
    def test_by_name_company_email_and_phone(self, kate: Session, typed: str) -> None:
        assert self.found(kate, typed) == [1023]

    def test_what_the_client_is_called_now(self, office: Office, kate: Session) -> None:
        bill = office.session("Bill Boquet")
        bill.clients.update(bill.clients.get(3), full_name="Zoé Rebaptisée", company_name="", email="zoe@new.example")
        assert self.found(kate, "rebaptisee") == self.found(kate, "zoe@new") == [1023]
        assert self.found(kate, "loubouzin") == []
        event = kate.events.get(1023)
        assert event.version == 1 and kate.events.history(event)[0].action == "create"  # nobody changed the event

    def test_an_event_made_or_changed_keeps_its_client(self, office: Office, kate: Session) -> None:
        gina = office.session("Gina Comptoir")
        gina.events.update(gina.events.get(1023), title="Reception")
        assert self.found(kate, "reception loubouzin") == [1023]
        assert gina.events.get(1023).version == 2
        start = gina.events.get(1023).start_date
        made = gina.events.create(
            gina.contracts.get(700), title="Launch", start_date=start, end_date=start.replace(hour=23)
        )
        assert self.found(kate, "startup launch") == [made.id]

    def test_made_while_somebody_renames_the_client(self, office: Office, kate: Session) -> None:
        """Whoever comes second waits; in the end the event is found by the new name."""
        bill, gina = office.session("Bill Boquet"), office.session("Gina Comptoir")
        start = gina.events.get(1023).start_date
        values = {"title": "Launch", "start_date": start, "end_date": start.replace(hour=23)}
        with ThreadPoolExecutor(1) as pool:
            with bill.database.all_or_nothing():
                bill.clients.update(bill.clients.get(1), full_name="Keanu Casey")
                making = pool.submit(gina.events.create, gina.contracts.get(700), **values)
                time.sleep(0.2)
                assert not making.done()
            made = making.result(10)
        assert self.found(kate, "keanu launch") == [made.id]


class TestWhatAnActionAccepts:
    """Candidates hold nothing that the action would refuse, and miss nothing that it would accept."""

    def test_an_old_unsigned_contract_behind_sixty_signed_ones(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, status)"
            " SELECT 1, 100, 0, 'signed' FROM generate_series(1, 60)"
        )
        bill = office.session("Bill Boquet")
        mine = bill.contracts.editable()
        assert [contract.id for contract in mine.unsigned().matching("kevin", "update")] == [10]
        assert [contract.id for contract in mine.unpaid().matching("casey kev", "update")] == [700, 10]
        assert [contract.id for contract in mine.signed().unpaid().matching("", "update")] == [700, 412]

    def test_ones_own_behind_sixty_of_others(self, office: Office) -> None:
        office.as_owner(
            "WITH k AS (INSERT INTO crm.client (full_name, email, commercial_contact_id)"
            " SELECT 'Kevin Case' || n, 'k' || n || '@x.example', 3 FROM generate_series(10, 70) AS n RETURNING id)"
            " INSERT INTO crm.contract (client_id, total_amount, amount_to_be_paid, status)"
            " SELECT id, 100, 100, 'signed' FROM k"
        )
        bill = office.session("Bill Boquet")
        under = bill.contracts.awaiting_event()
        assert [contract.id for contract in under.matching("kevin", "create", entity="event")] == [700]
        assert [client.id for client in bill.clients.editable().matching("kevin", "update")] == [1]

    def test_events_going_on_and_without_support(self, office: Office) -> None:
        office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id = 109")
        gina = office.session("Gina Comptoir")
        events = gina.events.visible()
        assert [event.id for event in events.going_on().matching("ouick", "assign")] == [1024]
        assert [event.id for event in events.without_support().matching("")] == [1024]
        assert [event.id for event in events.going_on().matching("109", "assign")] == []

    def test_a_right_on_another_entity_that_one_has_not(self, office: Office) -> None:
        kate = office.session("Kate Hastroff")
        assert kate.contracts.visible().matching("kevin", "create", entity="event") == []
        assert kate.clients.visible().matching("kevin", "create", entity="contract") == []

    def test_a_narrowing_nobody_knows_is_refused(self, office: Office) -> None:
        contracts = office.session("Bill Boquet").contracts.visible()
        with pytest.raises(Invalid):
            replace(contracts, among=("overdue",)).matching("kevin")

    def test_employees_by_words_in_any_order_and_by_number(self, office: Office) -> None:
        everybody = office.session("Gina Comptoir").employees.visible()
        assert [person.id for person in everybody.matching("vichum alienor")] == [5]
        assert [person.id for person in everybody.matching("#5")] == [5]
        assert [person.id for person in everybody.active().matching("ancien")] == []
        assert len(everybody.matching("")) == 8


@pytest.fixture
def lookups(office: Office) -> Lookups:
    return Lookups(office.session("Bill Boquet"))


def sleeping(seconds: float, answer: str) -> Callable[[Session], list[str]]:
    """A lookup that takes its time in PostgreSQL."""

    def find(session: Session) -> list[str]:
        session.database.execute_sql("SELECT pg_sleep(%s)", (seconds,))
        return [answer]

    return find


class TestTheNewestWins:
    def test_the_newest_question_waits_for_none_before_it(
        self, lookups: Lookups, caplog: pytest.LogCaptureFixture
    ) -> None:
        with ThreadPoolExecutor(4) as pool:
            old = []
            for pause in (0, 0.3, 0.1):  # the first is still connecting when the second comes
                old.append(pool.submit(lookups.answer, sleeping(30, "old")))
                time.sleep(pause)
            started = time.monotonic()
            assert lookups.answer(sleeping(0, "newest")) == ["newest"]
            assert time.monotonic() - started < 5
            assert [asked.result(5) for asked in old] == [[], [], []]  # cancelled: no result, and no error either
        assert caplog.records == []

    def test_connections_are_used_again_and_few(self, office: Office, lookups: Lookups) -> None:
        def who(session: Session) -> list[int]:
            return [session.database.connection().info.backend_pid]  # type: ignore[no-untyped-call]

        first = lookups.answer(who)
        assert all(lookups.answer(who) == first for _again in range(3))
        with ThreadPoolExecutor(12) as pool:
            asked = [pool.submit(lookups.answer, sleeping(0.01, "")) for _n in range(30)]
        assert [found.result() for found in asked][-1] in ([""], [])
        ((open_ones,),) = office.as_owner(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'epic_app' AND datname = current_database()"
        )
        assert open_ones <= 1 + COMPANIONS

    def test_one_that_was_cancelled_answers_the_next_question(self, lookups: Lookups) -> None:
        for _again in range(20):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(lookups.answer, sleeping(0.02, "old"))
                assert lookups.answer(lambda session: [len(session.clients.visible().matching("kev"))]) == [1]

    def test_an_error_of_the_newest_is_told(self, lookups: Lookups) -> None:
        with pytest.raises(Invalid):
            lookups.answer(lambda session: list(session.clients.visible().matching("\0")))
        assert lookups.answer(sleeping(0, "afterwards")) == ["afterwards"]

    def test_after_a_new_sign_in_it_is_asked_as_that_employee(self, office: Office) -> None:
        session = office.session("Bill Boquet")
        lookups = Lookups(session)
        mine: Callable[[Session], list[int]] = lambda own: [client.id for client in own.clients.editable()]  # noqa: E731
        assert lookups.answer(mine) == [3, 1]
        session.adopt(office.token("Dawn Lefèvre"))
        assert lookups.answer(mine) == [2]

    def test_cancelling_where_nothing_runs_does_nothing(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        bill.database.cancel()
        assert bill.clients.get(1).full_name == "Kevin Casey"
        bill.database.close()
        bill.database.cancel()
        assert bill.clients.get(1).full_name == "Kevin Casey"

    def test_a_cancelled_statement_is_unavailable_to_whoever_waits(self, office: Office) -> None:
        companion = office.session("Bill Boquet").companion()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(companion.database.execute_sql, "SELECT pg_sleep(30)")
            while not waiting.done():  # until the statement has begun there is nothing to cancel
                companion.database.cancel()
                time.sleep(0.05)
            with pytest.raises(Unavailable):
                waiting.result()
        assert companion.clients.get(1).full_name == "Kevin Casey"
