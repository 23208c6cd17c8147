"""Two events of one support colleague at the same time: listed, then allowed to whoever wants it all the same."""

from __future__ import annotations

import pytest

from tests.company import Office
from tests.menus.test_conflicts import TOLD, of_event
from tests.menus.test_shell import after, meanwhile, speaking

WEDDING = "#109 · John Ouick Wedding · 4 Jun 2027 13:00 – 5 Jun 2027 02:00 · 53 Rue du Château, 41120 Candé-sur-Beuvron, France\n"


def stored(office: Office, number: int = 1024) -> tuple[object, ...]:
    (row,) = office.as_owner("SELECT support_contact_id, start_date::text FROM crm.event WHERE id = %s", number)
    return row


@pytest.fixture
def during_the_wedding(office: Office) -> Office:
    office.as_owner(
        "UPDATE crm.event SET start_date = '2027-06-04 20:00Z', end_date = '2027-06-04 22:00Z' WHERE id = 1024"
    )
    return office


class TestAssigning:
    def test_all_the_same(self, during_the_wedding: Office) -> None:
        worked = after(during_the_wedding, "Gina Comptoir", "event assign 1024", "kate", "assign")
        warning = (
            f"Kate Hastroff runs something else at that time:\n{WEDDING}Two events at once?\n  1. Name somebody else\n"
        )
        assert warning in worked.output
        assert stored(during_the_wedding)[0] == 4

    def test_somebody_else(self, during_the_wedding: Office) -> None:
        after(during_the_wedding, "Gina Comptoir", "event assign 1024", "kate", "name", "alienor")
        assert stored(during_the_wedding)[0] == 5

    def test_esc_leaves_it(self, during_the_wedding: Office) -> None:
        after(during_the_wedding, "Gina Comptoir", "event assign 1024", "kate", "<", "clients")
        assert stored(during_the_wedding)[0] is None

    def test_many_are_cut_short(self, during_the_wedding: Office) -> None:
        during_the_wedding.as_owner(
            "INSERT INTO crm.event (contract_id, title, support_contact_id, start_date, end_date)"
            " SELECT 652, 'Party ' || n, 4, '2027-06-04 20:00Z', '2027-06-04 21:00Z' FROM generate_series(1, 9) AS n"
        )
        worked = after(during_the_wedding, "Gina Comptoir", "event assign 1024", "kate", "assign")
        assert worked.output.count(" · Party ") == 4
        assert "· Party 4 · 4 Jun 2027 20:00 – 21:00\n… and more\n" in worked.output

    def test_nothing_to_warn_of(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "event assign 1024", "kate")
        assert "at that time" not in worked.output
        assert stored(office)[0] == 4

    def test_dates_that_changed_meanwhile_are_looked_at_again(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        wedding = gina.events.get(109)
        moved = of_event(gina, 1024, start_date=wedding.start_date, end_date=wedding.end_date)
        worked = meanwhile(office, "Gina Comptoir", "event 1024", moved, "event assign", "kate", "assign")
        assert "Start: 5 Jun 2027 11:00 → 4 Jun 2027 13:00 (Gina Comptoir, just now)\n" in worked.errors
        assert WEDDING in worked.output
        assert stored(office)[0] == 4

    def test_in_french(self, during_the_wedding: Office) -> None:
        with speaking("fr"):
            worked = after(during_the_wedding, "Gina Comptoir", "affecter événement 1024", "kate", "2")
        assert "Kate Hastroff suit déjà autre chose à ce moment-là" in worked.output
        assert "#109 · John Ouick Wedding · 4 juin 2027 15:00 – 5 juin 2027 04:00 · " in worked.output
        assert stored(during_the_wedding)[0] == 4


class TestDates:
    @pytest.fixture
    def of_kate(self, office: Office) -> Office:
        office.as_owner(
            "UPDATE crm.event SET support_contact_id = 4, start_date = '2027-06-03 20:00Z', end_date = '2027-06-04 10:00Z'"
            " WHERE id = 1024"
        )
        return office

    def test_saved_all_the_same(self, of_kate: Office) -> None:
        worked = after(of_kate, "Kate Hastroff", "event update 1024", "end", "4 June 2027 8pm", "save", "save all")
        assert WEDDING in worked.output and "Two events at once?\n  1. Change the dates\n" in worked.output
        (row,) = of_kate.as_owner("SELECT end_date = '2027-06-04 20:00Z' FROM crm.event WHERE id = 1024")
        assert row == (True,)

    def test_back_to_the_form(self, of_kate: Office) -> None:
        end = ("end", "4 June 2027 8pm", "save", "change", "end", "4 June 2027 9am", "save")
        worked = after(of_kate, "Kate Hastroff", "event update 1024", *end)
        assert worked.output.count(WEDDING) == 1
        assert "Saved: event 1024." in worked.output

    def test_esc_is_back_to_the_form_too(self, of_kate: Office) -> None:
        worked = after(of_kate, "Kate Hastroff", "event update 1024", "end", "4 June 2027 8pm", "save", "<", "abandon")
        assert worked.output.count("End: 4 Jun 2027 10:00 → 4 Jun 2027 20:00") == 2

    def test_other_fields_ask_nothing(self, during_the_wedding: Office) -> None:
        during_the_wedding.as_owner("UPDATE crm.event SET support_contact_id = 4 WHERE id = 1024")
        worked = after(during_the_wedding, "Kate Hastroff", "event update 1024", "attendees", "12", "save")
        assert "at that time" not in worked.output and "Saved: event 1024." in worked.output

    def test_somebody_assigned_meanwhile_is_told(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        assigned = lambda: gina.events.assign(gina.events.get(1024), gina.employees.get(4))  # noqa: E731
        worked = meanwhile(office, "Gina Comptoir", "event update 1024", "start", "4 June 2027 8pm", assigned, "save")
        assert f"{TOLD}Support contact: – → Kate Hastroff (Gina Comptoir, just now)\n" in worked.output
        assert f"Kate Hastroff runs something else at that time:\n{WEDDING}" in worked.output
