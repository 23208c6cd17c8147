"""Esc, Ctrl-C, Ctrl-D, wrong passwords, revoked sessions, a database that goes away: sentences, and nothing half done."""

from __future__ import annotations

import pytest

from tests.company import PASSWORD, Office
from tests.end_to_end.conftest import Pipe, Sit
from tests.end_to_end.terminal import CTRL_C, CTRL_D, CTRL_U, DOWN, ENTER, ESCAPE


def test_wrong_password_then_the_right_one(sit: Sit) -> None:
    seat = sit()
    seat.wait_for("Email:")
    seat.say("bill@epic.example")
    seat.answer("Password:", "wrong")
    seat.wait_for("do not go together", "Email: bill@epic.example")
    seat.press(ENTER)
    seat.answer("Password:", PASSWORD)
    seat.wait_for("Hello Bill Boquet (Sales)")
    assert PASSWORD not in seat.everything


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_at_the_sign_in(sit: Sit, key: str) -> None:
    seat = sit()
    seat.wait_for("Email:")
    seat.press(key)
    assert seat.end() == 0
    assert "Traceback" not in seat.everything


FORMS = {
    "client new": "Bill Boquet",
    "client update 1": "Bill Boquet",
    "client export 1": "Gina Comptoir",
    "contract sign 10": "Bill Boquet",
    "contract pay 412": "Bill Boquet",
    "event new 700": "Bill Boquet",
    "contract new kevin": "Gina Comptoir",
    "contract update 10": "Gina Comptoir",
    "contract delete 10": "Gina Comptoir",
    "event update 109": "Kate Hastroff",
    "event cancel 109": "Kate Hastroff",
    "event assign 1024": "Gina Comptoir",
    "event delete 1024": "Gina Comptoir",
    "employee new": "Gina Comptoir",
    "employee update bill": "Gina Comptoir",
    "employee password bill": "Gina Comptoir",
    "employee deactivate bill": "Gina Comptoir",
    "password": "Bill Boquet",
}


def digest(office: Office) -> object:
    return office.as_owner(
        "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ("
        "SELECT c::text AS t FROM crm.client c UNION ALL SELECT k::text FROM crm.contract k UNION ALL SELECT e::text FROM crm.event e"
        " UNION ALL SELECT p::text FROM crm.employee p UNION ALL SELECT h::text FROM crm.change h) AS everything"
    )


@pytest.mark.parametrize("command", FORMS)
def test_every_form_is_left_by_every_key_with_nothing_written(command: str, office: Office, sit: Sit) -> None:
    before = digest(office)
    seat = sit(FORMS[command])
    for key in (ESCAPE, CTRL_C, CTRL_D):
        seat.say(command)
        seat.press(key)
        for _step in range(3):  # Esc goes back step by step
            if seat.lines[-1].endswith("left"):  # how long the session still lasts: this is the menu
                break
            seat.press(key)
    seat.press(CTRL_D)
    assert seat.end() == 0
    assert "Traceback" not in seat.everything and "unexpectedly" not in seat.everything
    assert digest(office) == before


def test_ctrl_d_in_a_form_goes_back_to_the_menu_and_then_leaves(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("client new")
    seat.wait_for("Full name:")
    seat.press(CTRL_D)
    seat.wait_for("Nothing was saved")
    seat.press(CTRL_D)
    assert seat.end() == 0


def test_ctrl_c_at_the_menu_says_how_to_leave(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.press(CTRL_C)
    seat.wait_for("Ctrl-D leaves the program")


def test_what_was_typed_is_still_there_after_going_back(sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("client new")
    seat.say("Zoë Née")
    seat.child.send("zoe@half")
    seat.settle()
    seat.press(ESCAPE)
    assert seat.lines[[i for i, line in enumerate(seat.lines) if "Full name:" in line][-1]].endswith("Zoë Née")
    seat.press(ENTER)
    seat.wait_for("Email: zoe@half")


def test_session_revoked_in_the_middle_of_a_form_loses_nothing(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("client new")
    for answer in ("Late Client", "late@client.example", "", "", ""):
        seat.say(answer)
    seat.wait_for("Save")
    office.as_owner("UPDATE crm.session SET revoked_at = now()")
    seat.press(ENTER)
    seat.answer("Your session is over. Your password, Bill Boquet:", PASSWORD)
    seat.wait_for("Saved: client")
    assert office.as_owner("SELECT full_name FROM crm.client WHERE email = 'late@client.example'") == [("Late Client",)]


def test_account_closed_while_at_work(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    gina = office.session("Gina Comptoir")
    gina.employees.deactivate(gina.employees.get(2), gina.employees.get(3), None)
    seat.say("clients")
    seat.answer("Your session is over. Your password, Bill Boquet:", PASSWORD)
    seat.wait_for("do not go together")
    seat.press(ESCAPE)
    seat.wait_for("Email:")


def test_a_connection_that_was_cut_is_opened_again(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("clients")
    office.as_owner("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'epic_app'")
    seat.say("contracts")
    seat.wait_for("Contracts ›", "412")


def test_somebody_else_changed_the_record_meanwhile(office: Office, sit: Sit) -> None:
    seat = sit("Bill Boquet")
    seat.say("client update 1")
    seat.wait_for("Save")
    other = office.session("Bill Boquet")
    other.clients.update(other.clients.get(1), phone="+44 20 7946 0999")
    seat.press("5")
    seat.press(ENTER)
    seat.press(CTRL_U)
    seat.say("Warm Startup LLC")
    seat.press(ENTER)
    seat.wait_for("Saved: client 1", "Others changed this meanwhile", "+44 20 7946 0999 (Bill Boquet, just now)")
    (row,) = office.as_owner("SELECT phone, company_name FROM crm.client WHERE id = 1")
    assert row == ("+44 20 7946 0999", "Warm Startup LLC")


def test_a_form_is_abandoned_from_its_summary(office: Office, sit: Sit) -> None:
    before = digest(office)
    seat = sit("Bill Boquet")
    seat.say("client update 1")
    seat.wait_for("Abandon")
    seat.press(*[DOWN] * 6, ENTER)
    seat.wait_for("Nothing was saved")
    assert digest(office) == before


class TestPiped:
    def test_end_of_input_in_a_form_writes_nothing(self, office: Office, pipe: Pipe) -> None:
        before = digest(office)
        ended = pipe("Bill Boquet", "client new", "Half A Client")
        assert ended.status == 0 and "Traceback" not in ended.errors
        assert digest(office) == before

    def test_refused_lines_go_to_standard_error_and_the_status_says_so(self, pipe: Pipe) -> None:
        ended = pipe("Bill Boquet", "no such thing", "quit")
        assert ended.status == 1
        assert "“no such thing” is not in the menu" in ended.errors
        assert "no such thing" not in ended.output

    def test_wrong_password(self, pipe: Pipe) -> None:
        ended = pipe(None, "bill@epic.example", "wrong")
        assert ended.status == 1
        assert ended.errors.strip() == "This email and password do not go together."

    def test_markup_and_escape_sequences_are_shown_as_typed(self, office: Office, pipe: Pipe) -> None:
        office.as_owner("UPDATE crm.client SET full_name = '[/red] [bold]x' WHERE id = 1")
        assert "[/red] [bold]x" in pipe("Bill Boquet", "clients", "client 1").output

    def test_bytes_that_are_no_text(self, office: Office, pipe: Pipe) -> None:
        ended = pipe("Bill Boquet", "client new", "x" * 10_000, "Fine Name", "fine@name.example", "", "", "", "save")
        assert ended.status == 1
        assert office.as_owner("SELECT full_name FROM crm.client WHERE email = 'fine@name.example'") == [("Fine Name",)]
