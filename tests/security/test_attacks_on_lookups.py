"""Lookups run as their owner: with raw SQL they give nobody a record beyond reach, nor a hint of one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.company import CLIENTS, CONTRACTS, EVENTS, Office
from tests.security.conftest import Desks
from tests.security.raw_sql import REFUSED, ask, at_desk

INVALID = "22023"  # invalid_parameter_value
LOOKUPS = ("matching_clients", "matching_contracts", "matching_events")
EVERYTHING = {
    "matching_clients": {row[0] for row in CLIENTS},
    "matching_contracts": {row[0] for row in CONTRACTS},
    "matching_events": {row[0] for row in EVENTS},
}
OWN = {
    ("Bill Boquet", "matching_clients", "update"): {1, 3},
    ("Bill Boquet", "matching_contracts", "update"): {10, 412, 700},
    ("Kate Hastroff", "matching_events", "update"): {109},
    ("Gina Comptoir", "matching_contracts", "update"): EVERYTHING["matching_contracts"],
    ("Gina Comptoir", "matching_contracts", "delete"): EVERYTHING["matching_contracts"],
    ("Gina Comptoir", "matching_events", "update"): EVERYTHING["matching_events"],
    ("Gina Comptoir", "matching_events", "assign"): EVERYTHING["matching_events"],
    ("Gina Comptoir", "matching_events", "delete"): EVERYTHING["matching_events"],
}
"""What may be done something to; reading apart, there is no more."""
DEPARTMENTS = ("Bill Boquet", "Kate Hastroff", "Gina Comptoir", "Ada Racine")
WITHOUT_RIGHTS = (None, "Mona Neuve", "Otto Ancien")
"""No token, a one-time password not yet changed, an account that is closed."""
TYPED = ("", "e", "ou", "kevin", "ouick", "casey kev", "652", "#109", "gmail", "assembly", "+1 234 567")


def found(connection: Any, lookup: str, *arguments: Any) -> set[int]:
    marks = ", ".join(["%s"] * len(arguments))
    answer = ask(connection, f"SELECT crm.{lookup}({marks})", *arguments)
    assert answer.state == "", answer.message
    return set(answer.rows[0][0])


@pytest.mark.parametrize("lookup", LOOKUPS)
class TestReach:
    @pytest.mark.parametrize("who", WITHOUT_RIGHTS, ids=str)
    def test_without_rights_nothing_is_found(self, unchanged: Desks, lookup: str, who: str | None) -> None:
        for typed in TYPED:
            for action, entity in (
                ("read", "client"),
                ("update", "contract"),
                ("read", "session"),
                ("create", "event"),
            ):
                assert found(unchanged[who], lookup, typed, action, 50, entity) == set()

    @pytest.mark.parametrize("who", DEPARTMENTS)
    def test_of_an_action_only_those_it_may_be_done_to(self, unchanged: Desks, lookup: str, who: str) -> None:
        for action in ("update", "delete", "assign", "revoke", "", "' OR true --"):
            allowed = OWN.get((who, lookup, action), set())
            for typed in TYPED:
                assert found(unchanged[who], lookup, typed, action, 1_000_000) <= allowed
            assert found(unchanged[who], lookup, "", action, 50) == allowed

    @pytest.mark.parametrize("who", DEPARTMENTS)
    def test_a_right_on_another_entity_reaches_no_further(self, unchanged: Desks, lookup: str, who: str) -> None:
        """Everybody may read sessions of their own: that makes nobody else's records one's own."""
        me = unchanged[who]
        ((number,),) = ask(me, "SELECT crm.actor_id()").rows
        owner = {"matching_clients": 6, "matching_contracts": None, "matching_events": 3}[lookup]
        rows = {"matching_clients": CLIENTS, "matching_contracts": CONTRACTS, "matching_events": EVENTS}[lookup]
        mine = {row[0] for row in rows if (row[owner] if owner else CLIENTS[row[1] - 1][6]) == number}
        for entity, action in (("session", "read"), ("employee", "read"), ("session", "revoke")):
            ((reached,),) = ask(me, "SELECT crm.reach(%s, %s)", entity, action).rows
            wanted = EVERYTHING[lookup] if reached == 0 else mine if reached else set()
            assert found(me, lookup, "", action, 50, entity) == wanted

    @pytest.mark.parametrize(
        "typed",
        ["%", "_", "\\", "%%%", "___", "\\%", "k%n", "k_v", "'", '"', "' OR true --", "$1", "..*", "(", "[a-z]", "🎉🎉🎉", "x" * 10_000, "%" * 10_000, " \t\n ", "#", "#-1", "٣"],
        ids=ascii,
    )  # fmt: skip
    def test_hostile_text_is_only_text(self, unchanged: Desks, lookup: str, typed: str) -> None:
        wanted = EVERYTHING[lookup] if not typed.strip() else set()
        assert found(unchanged["Gina Comptoir"], lookup, typed) <= wanted

    def test_nulls_and_numbers_out_of_range(self, unchanged: Desks, lookup: str) -> None:
        gina = unchanged["Gina Comptoir"]
        assert found(gina, lookup, None) == found(gina, lookup, "kevin", None) == set()
        assert found(gina, lookup, "99999999999999999999") == found(gina, lookup, "999999999") == set()
        assert len(found(gina, lookup, "", "read", -5)) == 1
        assert len(found(gina, lookup, "", "read", None)) == 1
        assert found(gina, lookup, "kevin", "read", 20, None) == set()


class TestNarrowings:
    @pytest.mark.parametrize("lookup", LOOKUPS[1:])
    def test_only_those_there_are(self, unchanged: Desks, lookup: str) -> None:
        for among in ("{x}", "{unsigned,x}", "{NULL}"):
            call = f"SELECT crm.{lookup}('', 'read', 20, 'event', %s::text[])"
            assert ask(unchanged["Ada Racine"], call, among).state == INVALID
            assert ask(unchanged[None], call, among).rows == [([],)]

    def test_they_take_away_and_add_nothing(self, unchanged: Desks) -> None:
        for who in (*DEPARTMENTS, *WITHOUT_RIGHTS):
            for typed in TYPED:
                whole = found(unchanged[who], "matching_contracts", typed, "update", 50)
                for among in ("{unsigned}", "{signed}", "{unpaid}", "{signed,unpaid}", "{signed,unsigned}"):
                    narrowed = ask(
                        unchanged[who],
                        "SELECT crm.matching_contracts(%s, 'update', 50, 'contract', %s::text[])",
                        typed,
                        among,
                    )
                    assert set(narrowed.rows[0][0]) <= whole


def test_who_may_not_read_clients_finds_no_event_or_contract_by_them(practice: Office) -> None:
    """The text of an event holds its client's; what may not be read is not guessed word by word either."""
    practice.as_owner(
        "DELETE FROM crm.permission WHERE department = 'support' AND entity = 'client' AND action = 'read'"
    )
    with at_desk(practice, "Kate Hastroff") as kate:
        for typed in ("gmail", "john.ouick@gmail.com", "2345678901", "startup", "gmail wedding"):
            assert found(kate, "matching_events", typed) == found(kate, "matching_contracts", typed) == set()
        assert found(kate, "matching_events", "wedding") == found(kate, "matching_events", "109") == {109}
        assert found(kate, "matching_contracts", "652") == {652}
        assert found(kate, "matching_clients", "kevin") == set()


def test_who_reads_own_clients_only_finds_contracts_of_those(practice: Office) -> None:
    practice.as_owner(
        "UPDATE crm.permission SET scope = 'own' WHERE department = 'sales' AND entity = 'client' AND action = 'read'"
    )
    with at_desk(practice, "Bill Boquet") as bill:
        assert found(bill, "matching_clients", "ouick") == found(bill, "matching_contracts", "ouick") == set()
        assert found(bill, "matching_events", "gmail") == set()
        assert found(bill, "matching_contracts", "kevin") == {10, 700}
        assert found(bill, "matching_contracts", "652") == {652}  # contracts themselves may all be read


class TestSearchColumn:
    @pytest.mark.parametrize("who", [*DEPARTMENTS, None], ids=str)
    def test_is_neither_read_nor_written(self, unchanged: Desks, who: str | None) -> None:
        for statement in (
            "SELECT search FROM crm.event",
            "SELECT FROM crm.event WHERE search LIKE '%kevin%'",
            "UPDATE crm.event SET search = 'kevin' WHERE id = 109",
            "INSERT INTO crm.event (contract_id, title, start_date, end_date, search) VALUES (652, 'x', now(), now() + '1h', 'x')",
        ):
            assert ask(unchanged[who], statement).state == REFUSED, statement

    def test_renaming_a_client_gives_no_right_on_its_events(self, practice: Office) -> None:
        with at_desk(practice, "Bill Boquet") as bill:
            assert ask(bill, "UPDATE crm.client SET full_name = 'New Name' WHERE id = 3").count == 1
            assert found(bill, "matching_events", "new name") == {1023}
        assert practice.as_owner("SELECT version, title FROM crm.event WHERE id = 1023") == [
            (1, "Lou Bouzin General Assembly")
        ]
        assert practice.as_owner("SELECT count(*) FROM crm.change WHERE entity = 'event' AND action = 'update'") == [
            (0,)
        ]
