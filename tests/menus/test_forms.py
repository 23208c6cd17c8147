"""Forms: defaults, summary, mending, refusals of the database, conflicts; and nothing written until it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from crm import fields
from crm.errors import Unavailable
from menus import entrance
from menus.clients import _saved as saved
from menus.forms import Form
from tests.company import PASSWORD, Office
from tests.menus.test_shell import Desk, Meanwhile, after, desk, meanwhile, reopen, shut, speaking


def ctrl_c() -> None:
    raise KeyboardInterrupt


def everything(office: Office) -> object:
    return office.as_owner(
        "SELECT md5(string_agg(t, '|' ORDER BY t)) FROM (SELECT c::text AS t FROM crm.client c UNION ALL SELECT k::text FROM crm.contract k"
        " UNION ALL SELECT e::text FROM crm.event e UNION ALL SELECT p::text FROM crm.employee p UNION ALL SELECT h::text FROM crm.change h) AS x"
    )


def client(office: Office, number: int = 1) -> tuple[Any, ...]:
    (row,) = office.as_owner("SELECT full_name, email, phone, company_name FROM crm.client WHERE id = %s", number)
    return row


class TestNewRecords:
    def test_what_is_known_beforehand_is_offered(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client new", "Zoë", "zoe@nee.example", "", "", "", "save")
        today = f"{worked.shell.today():%d/%m/%Y}"
        assert f"First contact [{today}]: " in worked.output
        assert office.as_owner("SELECT first_contact = %s FROM crm.client WHERE id > 2000", worked.shell.today()) == [
            (True,)
        ]

    def test_all_of_a_new_contract_is_to_be_paid_unless_said_otherwise(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contract new kevin", "1234.5", "", "save")
        assert "Amount to be paid [1,234.50]: " in worked.output
        amounts = "SELECT total_amount::text, amount_to_be_paid::text FROM crm.contract WHERE id > 2000"
        assert office.as_owner(amounts) == [("1234.50", "1234.50")]

    def test_the_summary_shows_everything_before_it_is_saved(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client new", "Zoë", "ZOE@nee.example", "", "Née", "")
        assert (
            "New client:\n  1. Save\n  2. Full name: Zoë\n  3. Email: zoe@nee.example\n  4. Phone: –\n  5. Company: Née\n"
            in worked.output
        )
        assert office.as_owner("SELECT count(*) FROM crm.client") == [(3,)]  # the lines ended before Save

    def test_a_bad_answer_is_asked_for_again_with_a_reason(self, office: Office) -> None:
        worked = after(
            office,
            "Bill Boquet",
            "client new",
            "",
            "Zoë",
            "zoe",
            "zoe@nee.example",
            "call me",
            "",
            "",
            "tomorrow",
            "save",
        )
        assert worked.errors.splitlines()[0] == "This cannot stay empty: please write something."
        assert "email address" in worked.errors and "telephone number" in worked.errors
        assert office.as_owner("SELECT full_name FROM crm.client WHERE id > 2000") == [("Zoë",)]

    def test_back_goes_one_question_back_and_keeps_the_answers(self, office: Office) -> None:
        worked = after(
            office, "Bill Boquet", "client new", "Zoé", "zoe@nee.example", "<", "<", "Zoë", "", "", "", "", "save"
        )
        assert worked.errors == ""
        assert "Full name [Zoé]: " in worked.output and "Email [zoe@nee.example]: " in worked.output
        assert office.as_owner("SELECT full_name, email FROM crm.client WHERE id > 2000") == [
            ("Zoë", "zoe@nee.example")
        ]

    def test_back_from_the_summary_walks_through_the_questions(self, office: Office) -> None:
        answers = ("Zoé", "zoe@nee.example", "", "", "")
        after(office, "Bill Boquet", "client new", *answers, "<", "<", "<", "<", "<", "Zoë", "", "", "", "", "save")
        assert office.as_owner("SELECT full_name, email FROM crm.client WHERE id > 2000") == [
            ("Zoë", "zoe@nee.example")
        ]

    def test_back_from_the_first_question_leaves_the_form(self, office: Office) -> None:
        before = everything(office)
        worked = after(office, "Bill Boquet", "client new", "Zoë", "<", "<", "clients")
        assert "Nothing was saved." in worked.output and worked.output.rstrip().endswith("Clients ›")
        assert everything(office) == before

    def test_a_field_is_mended_from_the_summary_and_the_others_stay(self, office: Office) -> None:
        worked = after(
            office,
            "Bill Boquet",
            "client new",
            "Zoë",
            "zoe@nee.example",
            "",
            "",
            "",
            "email",
            "zoe@mended.example",
            "4",
            "+33 1 99 00 12 34",
            "save",
        )
        assert worked.errors == ""
        assert office.as_owner("SELECT full_name, email, phone FROM crm.client WHERE id > 2000") == [
            ("Zoë", "zoe@mended.example", "+33 1 99 00 12 34")
        ]

    def test_back_out_of_mending_changes_nothing(self, office: Office) -> None:
        after(office, "Bill Boquet", "client new", "Zoë", "zoe@nee.example", "", "", "", "email", "<", "save")
        assert office.as_owner("SELECT email FROM crm.client WHERE id > 2000") == [("zoe@nee.example",)]

    def test_the_new_record_is_in_front_afterwards(self, office: Office) -> None:
        worked = after(
            office,
            "Bill Boquet",
            "client new",
            "Zoë",
            "zoe@nee.example",
            "",
            "",
            "",
            "save",
            "client update",
            "2",
            "Zoé",
            "save",
        )
        assert worked.errors == ""
        assert office.as_owner("SELECT full_name FROM crm.client WHERE id > 2000") == [("Zoé",)]


class TestChangedRecords:
    def test_only_the_summary_is_shown_and_only_changes_are_saved(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client update 1", "company", "Warm Startup LLC", "save")
        assert "Company: Cool Startup LLC → Warm Startup LLC" in worked.output
        assert "Full name [" not in worked.output  # nothing is asked that nobody wants to change
        assert client(office) == ("Kevin Casey", "kevin@startup.io", "+678 123 456 78", "Warm Startup LLC")
        assert office.as_owner("SELECT fields FROM crm.change WHERE entity = 'client' AND action = 'update'") == [
            ({"company_name": ["Cool Startup LLC", "Warm Startup LLC"]},)
        ]

    def test_a_dash_empties_an_optional_field_and_not_a_required_one(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client update 1", "phone", "-", "full name", "-", "<", "save")
        assert "Phone: +678 123 456 78 → –" in worked.output
        assert "cannot stay empty" in worked.errors
        assert client(office) == ("Kevin Casey", "kevin@startup.io", "", "Cool Startup LLC")

    def test_saving_without_a_change_writes_nothing(self, office: Office) -> None:
        before = everything(office)
        worked = after(office, "Bill Boquet", "client update 1", "save")
        assert "Nothing has changed." in worked.output
        assert everything(office) == before

    @pytest.mark.parametrize("way_out", ["abandon", "<"])
    def test_abandoning_writes_nothing(self, office: Office, way_out: str) -> None:
        before = everything(office)
        worked = after(office, "Bill Boquet", "client update 1", "company", "Gone", way_out, "clients")
        assert "Nothing was saved." in worked.output
        assert everything(office) == before

    def test_what_enter_keeps_is_the_same_value(self, office: Office) -> None:
        """Every field is mended and left as it is: no change, nothing to save."""
        before = everything(office)
        worked = after(
            office,
            "Gina Comptoir",
            "event update 109",
            *("2", "", "3", "", "4", "", "5", "", "6", "", "7", "."),
            "save",
        )
        assert worked.errors == "" and "Nothing has changed." in worked.output
        assert everything(office) == before

    def test_notes_of_several_lines_are_one_line_in_the_summary(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "event update 109", "notes", "One.", "Two.", ".", "save")
        assert "Notes: Wedding starts at 3PM, by t… → One. ⏎ Two.\n" in worked.output
        assert office.as_owner("SELECT notes FROM crm.event WHERE id = 109") == [("One.\nTwo.",)]

    def test_a_department_is_chosen(self, office: Office) -> None:
        lines = ("employee new", "Eve Nouvelle", "eve@epic.example", "support", "save")
        assert "Department: Support" in after(office, "Gina Comptoir", *lines).output
        made = "SELECT department FROM crm.employee WHERE email = 'eve@epic.example'"
        assert office.as_owner(made) == [("support",)]


class TestConfirmations:
    def test_anything_but_yes_writes_nothing(self, office: Office, subtests: pytest.Subtests) -> None:
        office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id = 109")  # Kate has nothing to hand over
        before = everything(office)
        for command in (
            "contract delete 10",
            "contract sign 10",
            "event delete 1024",
            "event cancel 1024",
            "employee deactivate kate",
            "employee password kate",
        ):
            for answer in ("2", "Abandon", "no", "<"):
                with subtests.test(f"{command}: {answer}"):
                    worked = after(office, "Gina Comptoir", command, answer, "clients")
                    assert "Nothing was saved." in worked.output and worked.output.rstrip().endswith("Clients ›")
                    assert everything(office) == before

    def test_what_cannot_be_taken_back_takes_more_than_enter(self, office: Office) -> None:
        office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id = 109")
        before = everything(office)
        for command in ("contract delete 10", "event delete 1024", "event cancel 1024", "employee deactivate kate"):
            assert "Nothing was saved." in after(office, "Gina Comptoir", command, "").output
        assert everything(office) == before

    def test_the_question_says_what_it_is_about(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "contract sign 10", "1")
        assert "Has Kevin Casey signed contract 10 over €1,000.00?" in worked.output
        assert office.as_owner("SELECT status FROM crm.contract WHERE id = 10") == [("signed",)]


class TestRefusals:
    def test_more_to_be_paid_than_the_total(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contract new kevin", "1000", "2000", "500", "save")
        assert worked.errors == "What remains to be paid must be between 0 and the total.\n"
        assert worked.output.count("Amount to be paid [1,000.00]: ") == 2
        assert office.as_owner(
            "SELECT total_amount::text, amount_to_be_paid::text FROM crm.contract WHERE id > 2000"
        ) == [("1000.00", "500.00")]

    def test_an_end_before_the_start(self, office: Office) -> None:
        worked = after(
            office,
            "Bill Boquet",
            "event new 700",
            "Party",
            "4 June 2027 1pm",
            "4 June 2027 noon",
            "5 June 2027 2am",
            "",
            "",
            ".",
            "save",
        )
        assert worked.errors == "The end must come after the start.\n"
        assert office.as_owner("SELECT end_date FROM crm.event WHERE id > 2000") == [
            (datetime(2027, 6, 5, 2, tzinfo=UTC),)
        ]

    def test_an_email_that_is_taken(self, office: Office) -> None:
        worked = after(
            office,
            "Gina Comptoir",
            "employee new",
            "Kate Bis",
            "kate@epic.example",
            "support",
            "save",
            "kate.bis@epic.example",
            "save",
        )
        assert worked.errors == "Another employee already has this email.\n"
        assert office.as_owner("SELECT full_name FROM crm.employee WHERE email = 'kate.bis@epic.example'") == [
            ("Kate Bis",)
        ]

    def test_back_from_what_is_asked_again_is_the_summary(self, office: Office) -> None:
        taken = ("Kate Bis", "kate@epic.example", "support", "save")
        worked = after(office, "Gina Comptoir", "employee new", *taken, "<", "email", "bis@epic.example", "save")
        assert worked.errors == "Another employee already has this email.\n"
        assert office.as_owner("SELECT full_name, email FROM crm.employee WHERE id > 2000") == [
            ("Kate Bis", "bis@epic.example")
        ]

    def test_too_large_a_payment(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "contract pay 412", "5000", "0", "250", "save")
        assert worked.errors == "No more than what remains can be paid.\nA payment is more than zero.\n"
        assert office.as_owner("SELECT amount_to_be_paid::text FROM crm.contract WHERE id = 412") == [("1000.00",)]

    def test_not_allowed_keeps_the_form(self, office: Office) -> None:
        """Accounting may not make administrators, and is told when it tries; then it chooses another department."""
        worked = after(
            office,
            "Gina Comptoir",
            "employee new",
            "Eve Nouvelle",
            "eve@epic.example",
            "admin",
            "save",
            "department",
            "sales",
            "save",
        )
        assert worked.errors == "You are not allowed to do this.\n"
        assert office.as_owner("SELECT full_name, department FROM crm.employee WHERE id > 2000") == [
            ("Eve Nouvelle", "sales")
        ]

    def test_an_unavailable_database_keeps_the_form(self, office: Office) -> None:
        answers = ("client new", "Zoë", "zoe@nee.example", "", "", "")
        worked = meanwhile(
            office, "Bill Boquet", *answers, lambda: shut(office), "save", "save", lambda: reopen(office), "save"
        )
        assert worked.errors == (
            "The connection was lost while saving. Look whether the change is there before you repeat it.\n"
            "The database does not answer. Please try again in a moment.\n"
        )
        assert office.as_owner("SELECT full_name FROM crm.client WHERE id > 2000") == [("Zoë",)]

    def test_a_session_that_is_over_asks_for_the_password_and_goes_on(self, office: Office) -> None:
        worked = meanwhile(
            office,
            "Bill Boquet",
            *("client new", "Zoë", "zoe@nee.example", "", "", ""),
            lambda: office.as_owner("UPDATE crm.session SET revoked_at = now()"),
            *("save", "wrong", PASSWORD),
        )
        assert worked.errors == "This email and password do not go together.\n"
        assert worked.output.count("Your session is over. Your password, Bill Boquet: ") == 2
        assert "Email: \n" not in worked.output.split("session is over")[1]
        assert office.as_owner("SELECT full_name, commercial_contact_id FROM crm.client WHERE id > 2000") == [
            ("Zoë", 2)
        ]


LAUNCH = ("Launch", "4 June 2027 1pm")


class TestValuesThatGoTogether:
    def test_an_end_is_offered_a_few_hours_after_the_start(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "event new 700", *LAUNCH, "", "", "", ".", "save")
        assert "End [04/06/2027 17:00]: " in worked.output
        assert office.as_owner("SELECT end_date FROM crm.event WHERE id > 2000") == [
            (datetime(2027, 6, 4, 17, tzinfo=UTC),)
        ]

    def test_what_was_offered_and_kept_follows_what_it_came_from(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contract new kevin", "1000", "", "total amount", "3000", "save")
        assert worked.errors == ""
        assert office.as_owner(
            "SELECT total_amount::text, amount_to_be_paid::text FROM crm.contract WHERE id > 2000"
        ) == [("3000.00", "3000.00")]

    def test_what_somebody_answered_stays(self, office: Office) -> None:
        after(office, "Gina Comptoir", "contract new kevin", "1000", "400", "total amount", "3000", "save")
        assert office.as_owner("SELECT amount_to_be_paid::text FROM crm.contract WHERE id > 2000") == [("400.00",)]

    def test_a_start_moved_beyond_the_end_leads_to_the_end(self, office: Office) -> None:
        worked = after(office, "Kate Hastroff", "event update 109", "start", "11 June 2027 1pm", "", "save")
        assert worked.errors == "The end must come after the start.\n"
        assert "End [12/06/2027 02:00]: " in worked.output  # as long as it was
        assert office.as_owner("SELECT end_date FROM crm.event WHERE id = 109") == [
            (datetime(2027, 6, 12, 2, tzinfo=UTC),)
        ]

    def test_it_is_not_saved_before_they_do(self, office: Office) -> None:
        before = everything(office)
        worked = after(
            office, "Kate Hastroff", "event update 109", "start", "11 June 2027 1pm", "<", "save", "<", "abandon"
        )
        assert worked.errors.count("The end must come after the start.\n") == 2
        assert everything(office) == before


class TestDone:
    """`>`, which is Ctrl-S line by line: no more questions than have to be."""

    def test_what_may_stay_empty_is_not_asked(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "event new 700", *LAUNCH, ">", "save")
        assert worked.errors == "" and "Location" not in worked.output.split("New event")[0]
        assert office.as_owner("SELECT title, location, attendees, notes FROM crm.event WHERE id > 2000") == [
            ("Launch", "", None, "")
        ]

    def test_what_is_missing_is(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client new", "Zoë", "zoe@nee.example", "<", ">", "save")
        assert worked.errors == ""
        worked = after(office, "Bill Boquet", "client new", "Zoé", "<", ">", "zoe@nee.example", "save")
        assert worked.errors == "" and "Phone" not in worked.output.split("New client")[0]
        assert office.as_owner("SELECT full_name, first_contact FROM crm.client WHERE id > 2000 ORDER BY id") == [
            ("Zoë", worked.shell.today()),
            ("Zoé", worked.shell.today()),
        ]

    def test_not_with_an_answer_that_will_not_do(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client new", ">", "Zoë", ">", "zoe@nee.example", ">", "save")
        assert worked.errors == "This cannot stay empty: please write something.\n" * 2
        assert office.as_owner("SELECT full_name FROM crm.client WHERE id > 2000") == [("Zoë",)]

    def test_a_choice_that_nobody_made_is_asked_for(self, office: Office) -> None:
        answers = ("Zoë", "zoe@epic.example", "<", ">", "support", "save")
        assert after(office, "Gina Comptoir", "employee new", *answers).errors == ""
        assert office.as_owner("SELECT department FROM crm.employee WHERE id > 2000") == [("support",)]


class TestDrafts:
    def test_what_was_typed_is_offered_when_the_form_is_opened_again(self, office: Office) -> None:
        worked = after(
            office, "Bill Boquet", "client new", "Zoë", "zoe@nee.example", "<", "<", "<",
            "client new", "on", "", "", "", "", "", "save",
        )  # fmt: skip
        assert worked.errors == ""
        assert "Nothing was saved. Open the form again to go on with what you typed." in worked.output
        assert "Go on with what you typed before?\n  1. Go on\n  2. Start afresh\n" in worked.output
        assert office.as_owner("SELECT full_name, email FROM crm.client WHERE id > 2000") == [
            ("Zoë", "zoe@nee.example")
        ]

    def test_where_nothing_was_typed_nothing_is_said(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client new", "<", "client update 1", "<", "client new")
        assert "Nothing was saved" not in worked.output and "Go on with" not in worked.output

    def test_a_fresh_start_forgets_it(self, office: Office) -> None:
        worked = after(
            office, "Bill Boquet", "client new", "Zoë", "<", "<",
            "client new", "afresh", "<", "client new", "<", "clients",
        )  # fmt: skip
        assert worked.errors == "" and worked.output.count("Go on with what you typed before?") == 1

    def test_going_back_from_that_question_keeps_it(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "client new", "Zoë", "<", "<", "client new", "<", "client new", "<")
        assert worked.output.count("Go on with what you typed before?") == 2

    def test_it_is_for_the_same_record_only(self, office: Office) -> None:
        worked = after(
            office, "Bill Boquet", "client update 1", "company", "Warm", "<", "client update 3", "<", "client update 1", "on"
        )  # fmt: skip
        assert worked.output.count("Go on with what you typed before?") == 1
        assert worked.output.count("Company: Cool Startup LLC → Warm") == 2

    def test_changes_lie_on_top_of_what_the_record_is_by_now(self, office: Office) -> None:
        other = office.session("Bill Boquet")
        worked = meanwhile(
            office,
            "Bill Boquet",
            *("client update 1", "company", "Warm Startup LLC", "abandon"),
            lambda: other.clients.update(other.clients.get(1), phone="+44 20 7946 0999"),
            *("client update 1", "on", "save"),
        )
        assert worked.errors == ""
        changed = "Phone: +678 123 456 78 → +44 20 7946 0999 (Bill Boquet, just now)"
        assert f"This has been changed since you typed that:\n{changed}\n" in worked.output
        assert client(office) == ("Kevin Casey", "kevin@startup.io", "+44 20 7946 0999", "Warm Startup LLC")

    def test_signing_out_forgets_it(self, office: Office) -> None:
        worked = after(
            office, "Bill Boquet", "client new", "Zoë", "<", "<", "sign out", "bill@epic.example", PASSWORD, "client new"
        )  # fmt: skip
        assert "Go on with what you typed before?" not in worked.output

    def test_it_survives_a_session_that_is_over_and_is_nobody_elses(self, office: Office) -> None:
        def over() -> None:
            office.as_owner("UPDATE crm.session SET revoked_at = now()")

        worked = meanwhile(
            office,
            "Bill Boquet",
            *("client new", "Zoë", "zoe@nee.example", ">", over, "save", ctrl_c, ""),
            *("dawn@epic.example", PASSWORD, "client new", "<", over, "clients", ""),
            *("bill@epic.example", PASSWORD, "client new", "on", "save"),
        )
        assert (
            worked.output.count("Your session is over. Your password, Bill Boquet: ") == 2
        )  # in the form, at the menu
        assert worked.output.count("Go on with what you typed before?") == 1
        assert office.as_owner("SELECT full_name, commercial_contact_id FROM crm.client WHERE id > 2000") == [
            ("Zoë", 2)
        ]


class TestLookedUpFields:
    """No form of the program asks for a record yet: its actions begin with one."""

    def form(self, desk: Desk, **known: object) -> dict[str, Any]:
        asked = fields.named("contract", "client", "total_amount")
        saved: dict[str, Any] = {}
        Form(desk.shell, "A form", asked, **known).submit(saved.update)
        return saved

    def test_nothing_typed_keeps_what_is_known(self, office: Office) -> None:
        bill = desk(office, "Bill Boquet", "", "1000", "save")
        kevin = bill.shell.session.clients.get(1)
        assert self.form(bill, client=kevin)["client"] == kevin
        bill = desk(office, "Bill Boquet", "ouick", "1000", "save")
        assert self.form(bill, client=kevin)["client"].full_name == "John Ouick"

    def test_a_session_that_is_over_meanwhile(self, office: Office) -> None:
        bill = desk(office, "Bill Boquet")
        bill.shell.terminal.stdin = Meanwhile(  # type: ignore[attr-defined]
            lambda: office.as_owner("UPDATE crm.session SET revoked_at = now()"),
            "kevin",
            PASSWORD,
            "kevin",
            "1",
            "save",
        )
        assert self.form(bill)["client"].full_name == "Kevin Casey"
        assert "Your session is over. Your password, Bill Boquet: " in bill.output

    def test_a_database_that_is_away_is_told(self, office: Office) -> None:
        worked = meanwhile(office, "Gina Comptoir", "event assign 1024", lambda: shut(office), "kate")
        assert worked.errors.startswith("The database does not answer. Please try again in a moment.\n")
        reopen(office)


class TestSessionsThatAreOver:
    def test_in_the_demo_one_chooses_again(self, office: Office) -> None:
        def people() -> entrance.People:
            return {
                "2": ("Bill Boquet", "sales", office.token("Bill Boquet")),
                "3": ("Dawn Lefèvre", "sales", office.token("Dawn Lefèvre")),
            }

        def over() -> None:
            office.as_owner("UPDATE crm.session SET revoked_at = now()")

        worked = desk(office, None)
        worked.shell._sign_in = entrance.as_anybody(people(), people)
        form = ("client new", "Zoë", "zoe@nee.example", ">")
        worked.shell.terminal.stdin = Meanwhile(  # type: ignore[attr-defined]
            *("bill", *form, over, "save", "bill", "client new", "Zoé", "<", "<", "clients"),
            *("client new", "afresh", *form[1:], over, "save", "dawn", "client new", "<"),
        )
        worked.work()
        assert worked.errors == "Your session is over: please sign in again.\n" * 2
        assert worked.output.count("Go on with what you typed before?") == 1  # to Bill, never to Dawn
        assert office.as_owner("SELECT full_name, commercial_contact_id FROM crm.client WHERE id > 2000") == [
            ("Zoë", 2)
        ]

    def test_an_account_closed_meanwhile_asks_until_somebody_gives_up(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        worked = meanwhile(
            office,
            "Bill Boquet",
            *("client new", "Zoë", "zoe@nee.example", ">"),
            lambda: gina.employees.deactivate(gina.employees.get(2), gina.employees.get(3), None),
            *("save", PASSWORD),
        )
        assert worked.errors == "This email and password do not go together.\n"
        assert office.as_owner("SELECT count(*) FROM crm.client") == [(3,)]

    def test_a_one_time_password_is_replaced_on_the_way(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        worked = desk(office, "Bill Boquet")

        def answers() -> Iterator[str]:
            yield from ("client new", "Zoë", "zoe@nee.example", ">")
            one_time = gina.employees.reset_password(gina.employees.get(2))
            yield from ("save", one_time, "bill has a new password", "bill has a new password")

        stdin = Meanwhile()
        stdin._answers = answers()
        worked.shell.terminal.stdin = stdin  # type: ignore[attr-defined]
        worked.work()
        assert worked.errors == "" and "Saved: client" in worked.output


def saying(words: str, names: tuple[str, ...]) -> set[str]:
    """All that can be said of saving."""
    return {words.format(name, number) for name in names for number in range(3000)}


class TestSaved:
    @pytest.mark.parametrize(
        ("language", "words", "names"),
        [
            ("en", "Saved: {} {}.", ("client", "contract", "event", "employee")),
            ("fr", "{} {} enregistré.", ("Client", "Contrat", "Événement", "Collaborateur")),
        ],
    )
    def test_each_entity_says_its_number(
        self, office: Office, language: str, words: str, names: tuple[str, ...]
    ) -> None:
        client, contract, event, employee = names
        with speaking(language):
            sold = after(
                office, "Bill Boquet", "client new", "Zoë", "zoe@nee.example", ">", "1", "client update 1", "2", "Kevin", "1",
                "contract pay 412", "", "1", "contract sign 10", "1", "event new 700", "Party", "4/6/2027 13:00", ">", "1",
            )  # fmt: skip
            kept = after(
                office, "Gina Comptoir", "contract new kevin", "1000", "", "1", "contract update 11", "2", "600", "1",
                "employee new", "Zoë", "zoe@epic.example", "2", "1", "employee update kate", "2", "Kate", "1",
                "event update 109", "2", "New title", "1", "event assign 1024", "kate",
            )  # fmt: skip
        assert sold.errors == kept.errors == ""
        said = [line for line in (sold.output + kept.output).splitlines() if line in saying(words, names)]
        assert said == [
            words.format(name, number)
            for name, number in (
                *((client, 2001), (client, 1), (contract, 412), (contract, 10), (event, 2001)),
                *((contract, 2001), (contract, 11), (employee, 2001), (employee, 4), (event, 109), (event, 1024)),
            )
        ]

    def test_it_is_said_though_the_card_cannot_be_shown(self, office: Office) -> None:
        bill = desk(office, "Bill Boquet").shell
        kevin = bill.session.clients.get(1)
        shut(office)
        with pytest.raises(Unavailable):
            saved(bill, kevin)
        reopen(office)
        assert "Saved: client 1." in bill.terminal.stdout.getvalue()  # type: ignore[attr-defined]


class TestBadInput:
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_each_gets_a_sentence_and_the_question_again(self, office: Office, language: str) -> None:
        with speaking(language):
            worked = after(
                office, "Bill Boquet", "event new 700", "x" * 10_000, "\x1b[31mred", "🎉 O'Brien; DROP TABLE crm.client",
                "31/02/2027 12:00", "4/6/2027", "4/6/27 25:00", "x" * 10_000, "4/6/2027 13:00", "", "", "-3", "1.5", "75",
                ".", "1",
            )  # fmt: skip
        assert len(worked.errors.splitlines()) == 8
        assert office.as_owner("SELECT title, attendees FROM crm.event WHERE id > 2000") == [
            ("🎉 O'Brien; DROP TABLE crm.client", 75)
        ]

    def test_an_amount_that_could_mean_two_things(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contract new kevin", "1.234", "1,234", "", "save")
        assert "two decimals" in worked.errors
        with speaking("fr"):
            assert after(office, "Gina Comptoir", "contract new kevin", "1.234", "", "1").errors == ""
        amounts = "SELECT total_amount::text FROM crm.contract WHERE id > 2000"
        assert office.as_owner(amounts) == [("1234.00",), ("1234.00",)]
