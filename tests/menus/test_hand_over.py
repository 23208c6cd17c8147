"""Closing, moving, reopening and unlocking accounts as somebody goes through it, line by line."""

from __future__ import annotations

import pytest

from tests.company import Office
from tests.menus.test_shell import after, desk, meanwhile

MINE = "SELECT commercial_contact_id FROM crm.client ORDER BY id"


class TestQuestions:
    def test_what_there_is_and_who_gets_it_is_told_before(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "employee deactivate bill", "dawn", "close")
        assert "Bill Boquet: 2 clients with 3 contracts\n" in worked.output
        assert "Dawn Lefèvre takes over 2 clients with 3 contracts\nClose the account of Bill Boquet?" in worked.output
        assert office.as_owner(MINE) == [(3,), (3,), (3,)]

    def test_events_can_go_to_a_colleague_or_wait(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "employee deactivate kate", "alienor", "close")
        assert "Aliénor Vichum takes over 1 coming event\n" in worked.output
        worked = after(office, "Ada Racine", "employee deactivate alienor", "nobody", "close")
        assert "Without a support contact from then on: 2 coming events\n" in worked.output
        assert office.as_owner("SELECT count(*) FROM crm.event WHERE support_contact_id IS NULL") == [(3,)]

    @pytest.mark.parametrize("unfit", ["otto", "kate", "bill"])
    def test_only_those_who_can_take_over_are_found(self, office: Office, unfit: str) -> None:
        worked = after(office, "Gina Comptoir", "employee deactivate bill", unfit, "<", "clients")
        assert f"Nothing here matches “{unfit}”." in worked.errors
        assert office.as_owner(MINE) == [(2,), (3,), (2,)]

    def test_back_leads_to_the_question_before(self, office: Office) -> None:
        worked = after(
            office, "Gina Comptoir", "employee move bill", "support", "dawn", "<", "<", "accounting", "dawn", "move"
        )
        assert worked.output.count("New department of Bill Boquet") == 2
        assert "Bill Boquet moves to: Management\n" in worked.output
        assert office.as_owner("SELECT department FROM crm.employee WHERE id = 2") == [("accounting",)]

    @pytest.mark.parametrize("answers", [["<"], ["dawn", ""], ["dawn", "abandon"], ["dawn", "<", "<"]])
    def test_nothing_happens_before_the_end(self, office: Office, answers: list[str]) -> None:
        after(office, "Gina Comptoir", "employee deactivate bill", *answers, "clients")
        assert office.as_owner(MINE) == [(2,), (3,), (2,)]
        assert office.as_owner("SELECT active FROM crm.employee WHERE id = 2") == [(True,)]

    def test_accounting_is_not_offered_the_administration(self, office: Office) -> None:
        offered = "  3. Administration"
        assert offered not in after(office, "Gina Comptoir", "employee move kate", "<").output
        assert offered in after(office, "Ada Racine", "employee move kate", "<").output


class TestCard:
    def test_what_somebody_holds_leads_to_it(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "employee bill", "all clients")
        assert "Clients: 1  2 clients with 3 contracts" in worked.output
        assert "Clients of Bill Boquet" in worked.output and "Lou Bouzin" in worked.output
        worked = after(office, "Ada Racine", "employee kate", "coming events")
        assert "Events: 1  1 coming event" in worked.output
        assert "John Ouick Wedding" in worked.output and "Assembly" not in worked.output

    def test_locked_and_one_time_password(self, office: Office) -> None:
        office.as_owner(
            "INSERT INTO crm.login_throttle (email_hash, failures, not_before)"
            " VALUES (crm.email_hash('kate@epic.example'), 5, now() + interval '1 hour')"
        )
        office.as_owner("UPDATE crm.employee SET must_change_password = true WHERE id = 4")
        worked = after(office, "Gina Comptoir", "employee kate", "employee unlock", "1")
        assert "Active: yes, locked until " in worked.output
        assert worked.output.count("One-time password: to be replaced at the next sign-in") == 2
        assert worked.output.count("Active: yes\n") == 1
        assert office.as_owner("SELECT count(*) FROM crm.login_throttle WHERE not_before > now()") == [(0,)]

    def test_unlock_finds_only_those_locked(self, office: Office) -> None:
        assert "Nothing here matches “kate”." in after(office, "Gina Comptoir", "employee unlock kate", "<").errors


class TestReopened:
    def test_the_password_shown_opens_the_account(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "employee reactivate otto", "1")
        line = next(line for line in worked.output.splitlines() if line.startswith("One-time password for Otto"))
        new = "otto has a good password"
        arrived = desk(office, None, "otto@epic.example", line.rsplit(" ", 1)[1], new, new, "clients mine")
        arrived.work()
        assert arrived.errors == "" and "Hello Otto Ancien" in arrived.output


def test_filters(office: Office) -> None:
    office.as_owner(
        "INSERT INTO crm.login_throttle (email_hash, failures, not_before)"
        " VALUES (crm.email_hash('kate@epic.example'), 5, now() + interval '1 hour')"
    )
    office.as_owner("UPDATE crm.employee SET must_change_password = true WHERE id = 5")
    for who in ("Gina Comptoir", "Ada Racine"):
        worked = after(office, who, "employees", "filter locked")
        assert [line.split(" | ")[2] for line in worked.output.splitlines() if " | " in line][-1] == "Kate Hastroff"
        worked = after(office, who, "employees", "filter one-time password")
        assert [line.split(" | ")[2] for line in worked.output.splitlines() if " | " in line][-1] == "Aliénor Vichum"


class TestMeanwhile:
    def test_events_that_come_between_are_asked_about(self, office: Office) -> None:
        """Nobody's consent to a hand-over without events is a consent to leave those to nobody."""
        office.as_owner("UPDATE crm.event SET support_contact_id = NULL WHERE support_contact_id = 4")
        assign = "UPDATE crm.event SET support_contact_id = 4 WHERE id = 109"
        worked = meanwhile(
            office, "Gina Comptoir", "employee deactivate kate", lambda: office.as_owner(assign), "close"
        )
        assert "There are coming events by now: say who takes them over, or nobody." in worked.errors
        assert office.as_owner("SELECT active FROM crm.employee WHERE id = 4") == [(True,)]
        assert office.as_owner("SELECT support_contact_id FROM crm.event WHERE id = 109") == [(4,)]
