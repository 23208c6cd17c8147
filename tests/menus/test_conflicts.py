"""Two people at one record: what goes together stands and is told, what does not is chosen, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from crm.session import Session
from tests.company import Office
from tests.menus.test_forms import client, ctrl_c
from tests.menus.test_shell import meanwhile, speaking

MEANWHILE = "Somebody else changed this record meanwhile.\n"
TOLD = "Others changed this meanwhile, and that is saved as well:\n"


def of_client(session: Session, **changes: Any) -> Callable[[], object]:
    return lambda: session.clients.update(session.clients.get(1), **changes)


def of_contract(session: Session, number: int, **changes: Any) -> Callable[[], object]:
    return lambda: session.contracts.update(session.contracts.get(number), **changes)


def of_event(session: Session, number: int, **changes: Any) -> Callable[[], object]:
    return lambda: session.events.update(session.events.get(number), **changes)


def paid(session: Session, amount: str, number: int = 412) -> Callable[[], object]:
    return lambda: session.contracts.record_payment(session.contracts.get(number), Decimal(amount))


def due(office: Office, number: int = 412) -> str:
    ((amount,),) = office.as_owner("SELECT amount_to_be_paid::text FROM crm.contract WHERE id = %s", number)
    return str(amount)


class TestDifferentFields:
    def test_both_stand_and_it_is_told(self, office: Office, bill: Session) -> None:
        company = ("client update 1", "company", "Warm Startup LLC")
        worked = meanwhile(office, "Bill Boquet", *company, of_client(bill, phone="+44 20 7946 0999"), "save")
        assert worked.errors == ""
        assert (
            f"Saved: client 1.\n{TOLD}Phone: +678 123 456 78 → +44 20 7946 0999 (Bill Boquet, just now)\n"
            in worked.output
        )
        assert client(office) == ("Kevin Casey", "kevin@startup.io", "+44 20 7946 0999", "Warm Startup LLC")

    def test_of_an_employee(self, office: Office) -> None:
        ada = office.session("Ada Racine")
        moved = lambda: ada.employees.move(ada.employees.get(3), "support", ada.employees.get(2), None)  # noqa: E731
        worked = meanwhile(office, "Gina Comptoir", "employee update 3", "full name", "Dawn Durand", moved, "save")
        assert f"Saved: employee 3.\n{TOLD}Department: Sales → Support (somebody else)\n" in worked.output

    def test_in_french(self, office: Office, bill: Session) -> None:
        with speaking("fr"):
            company = ("modifier client 1", "entreprise", "Warm Startup LLC")
            worked = meanwhile(
                office, "Bill Boquet", *company, of_client(bill, phone="+44 20 7946 0999"), "enregistrer"
            )
        assert worked.errors == ""
        assert "+44 20 7946 0999 (Bill Boquet, à l’instant)" in worked.output
        assert client(office)[2:] == ("+44 20 7946 0999", "Warm Startup LLC")

    def test_what_was_derived_is_nobodys_change(self, office: Office, gina: Session) -> None:
        sign = lambda: gina.contracts.sign(gina.contracts.get(10))  # noqa: E731
        worked = meanwhile(office, "Bill Boquet", "contract update 10", "total amount", "1200", sign, "save")
        assert f"{TOLD}Status: unsigned → signed (Gina Comptoir, just now)\n" in worked.output
        assert "Signed on" not in worked.output[worked.output.index(TOLD) :]

    def test_a_card_that_was_left_open(self, office: Office, bill: Session) -> None:
        card = ("client 1", of_client(bill, phone="+44 20 7946 0999"), "client update", "company", "Warm", "save")
        worked = meanwhile(office, "Bill Boquet", *card)
        assert f"{TOLD}Phone: " in worked.output
        assert client(office)[2:] == ("+44 20 7946 0999", "Warm")

    def test_what_does_not_go_together_leads_to_the_question(self, office: Office, gina: Session) -> None:
        """The total falls below what remains to be paid: the form shows it as it is now, and what I typed."""
        worked = meanwhile(
            office,
            "Bill Boquet",
            *("contract update 412", "amount to be paid", "2400"),
            of_contract(gina, 412, total_amount=Decimal(2000)),
            *("save", "1900", "save"),
        )
        assert worked.errors == (
            f"{MEANWHILE}Total amount: €2,500.00 → €2,000.00 (Gina Comptoir, just now)\n"
            "What remains to be paid must be between 0 and the total.\n"
        )
        assert due(office) == "1900.00"

    def test_a_start_that_moves_behind_my_end(self, office: Office, gina: Session) -> None:
        moved = of_event(gina, 1023, end_date=gina.events.get(1023).start_date.replace(hour=16))
        worked = meanwhile(
            office, "Aliénor Vichum", "event update 1023", "start", "5 May 2027 16:30", moved, "save", "5 May 2027 16:45", "save"
        )  # fmt: skip
        assert worked.errors.startswith(MEANWHILE) and "The end must come after the start." in worked.errors
        (row,) = office.as_owner("SELECT start_date < end_date FROM crm.event WHERE id = 1023")
        assert row == (True,)


class TestTheSameField:
    begun = ("client update 1", "company", "Mine")

    def test_theirs(self, office: Office, bill: Session) -> None:
        worked = meanwhile(
            office, "Bill Boquet", *self.begun, of_client(bill, company_name="Theirs"), "save", "theirs", "save"
        )
        assert worked.errors == MEANWHILE
        assert (
            "Company: which one counts?\n  1. Theirs: Theirs (Bill Boquet, just now)\n  2. Mine: Mine\n  3. Write something else\n"
            in worked.output
        )
        assert "Nothing has changed." in worked.output
        assert client(office)[3] == "Theirs"

    def test_mine(self, office: Office, bill: Session) -> None:
        worked = meanwhile(
            office, "Bill Boquet", *self.begun, of_client(bill, company_name="Theirs"), "save", "mine", "save"
        )
        assert "Company: Theirs → Mine" in worked.output
        assert client(office)[3] == "Mine"

    def test_something_else(self, office: Office, bill: Session) -> None:
        theirs = of_client(bill, company_name="Theirs")
        meanwhile(office, "Bill Boquet", *self.begun, theirs, "save", "write", "Ours", "save")
        assert client(office)[3] == "Ours"

    def test_enter_alone_overwrites_nothing(self, office: Office, bill: Session) -> None:
        meanwhile(office, "Bill Boquet", *self.begun, of_client(bill, company_name="Theirs"), "save", "", "save")
        assert client(office)[3] == "Theirs"

    def test_esc_leads_to_the_summary_and_saving_asks_again(self, office: Office, bill: Session) -> None:
        theirs = of_client(bill, company_name="Theirs")
        worked = meanwhile(office, "Bill Boquet", *self.begun, theirs, "save", "<", "save", "mine", "save")
        assert worked.output.count("Company: which one counts?") == 2
        assert worked.output.count("Company: Theirs → Mine") == 2
        assert client(office)[3] == "Mine"

    def test_a_value_written_from_the_summary_settles_it(self, office: Office, bill: Session) -> None:
        theirs = of_client(bill, company_name="Theirs")
        worked = meanwhile(office, "Bill Boquet", *self.begun, theirs, "save", "<", "company", "Ours", "save")
        assert worked.output.count("Company: which one counts?") == 1
        assert client(office)[3] == "Ours"

    def test_ctrl_c_keeps_it_for_later_and_asks_again_then(self, office: Office, bill: Session) -> None:
        theirs = of_client(bill, company_name="Theirs")
        later = ("client update 1", "on", "mine", "save")
        worked = meanwhile(office, "Bill Boquet", *self.begun, theirs, "save", ctrl_c, *later)
        assert worked.output.count("Company: which one counts?") == 2
        assert client(office)[3] == "Mine"

    def test_several_fields_one_after_the_other_and_another_change_in_between(
        self, office: Office, bill: Session
    ) -> None:
        worked = meanwhile(
            office,
            "Bill Boquet",
            *(*self.begun, "phone", "+33 1 11 11 11 11", "full name", "My Name"),
            of_client(bill, company_name="Theirs", phone="+33 1 22 22 22 22", email="new@startup.io"),
            *("save", "mine", "theirs"),
            of_client(bill, full_name="Their Name"),
            *("save", "mine", "save"),
        )
        assert worked.errors == (
            f"{MEANWHILE}Email: kevin@startup.io → new@startup.io (Bill Boquet, just now)\n{MEANWHILE}"
        )
        assert client(office) == ("My Name", "new@startup.io", "+33 1 11 11 11 11", "Theirs")

    def test_the_same_value_is_no_clash(self, office: Office, bill: Session) -> None:
        worked = meanwhile(office, "Bill Boquet", *self.begun, of_client(bill, company_name="Mine"), "save")
        assert worked.errors == ""
        assert f"{TOLD}Company: Cool Startup LLC → Mine (Bill Boquet, just now)\n" in worked.output
        assert office.as_owner("SELECT count(*) FROM crm.change WHERE entity = 'client' AND entity_id = 1") == [(2,)]

    def test_whose_history_is_not_to_be_read_is_somebodys(self, office: Office) -> None:
        ada = office.session("Ada Racine")
        renamed = lambda: ada.employees.update(ada.employees.get(3), full_name="Dawn Durand")  # noqa: E731
        worked = meanwhile(
            office, "Gina Comptoir", "employee update 3", "full name", "Dawn Dupont", renamed, "save", "mine", "save"
        )
        assert "  1. Theirs: Dawn Durand (somebody else)\n" in worked.output
        assert office.as_owner("SELECT full_name FROM crm.employee WHERE id = 3") == [("Dawn Dupont",)]

    def test_in_french(self, office: Office, bill: Session) -> None:
        with speaking("fr"):
            begun = ("modifier client 1", "entreprise", "La mienne")
            theirs = of_client(bill, company_name="La sienne")
            worked = meanwhile(office, "Bill Boquet", *begun, theirs, "enregistrer", "2", "enregistrer")
        assert worked.errors.replace("\xa0", " ") == "Quelqu’un d’autre a modifié cette fiche entre-temps.\n"
        assert "La sienne (Bill Boquet, à l’instant)" in worked.output
        assert client(office)[3] == "La mienne"

    def test_long_texts_show_where_they_differ(self, office: Office, gina: Session) -> None:
        notes = gina.events.get(109).notes
        worked = meanwhile(
            office,
            "Kate Hastroff",
            *("event update 109", "notes", notes + " Bring flowers.", "."),
            of_event(gina, 109, notes=notes + " No flowers."),
            *("save", "mine", "save"),
        )
        assert "Theirs: … at 5PM. No flowers." in worked.output
        assert "Mine: … at 5PM. Bring flowers." in worked.output


class TestGone:
    def test_the_form_stays_to_be_read(self, office: Office, gina: Session) -> None:
        worked = meanwhile(
            office,
            "Gina Comptoir",
            *("contract update 10", "total amount", "5000"),
            lambda: gina.contracts.delete(gina.contracts.get(10)),
            *("save", "<", "clients"),
        )
        assert worked.errors == "There is no such record, or it is gone.\n"
        assert worked.output.count("Total amount: €1,000.00 → €5,000.00") == 2
        assert worked.output.rstrip().endswith("Clients ›")
        assert worked.shell.drafts


class TestDrafts:
    begun = ("client update 1", "company", "Mine", "abandon")

    def test_what_others_changed_since_is_chosen(self, office: Office, bill: Session) -> None:
        worked = meanwhile(
            office, "Bill Boquet", *self.begun, of_client(bill, company_name="Theirs"), "client update 1", "on", "mine", "save"
        )  # fmt: skip
        assert "Theirs: Theirs (Bill Boquet, just now)" in worked.output
        assert client(office)[3] == "Mine"

    def test_on_an_older_card_than_it_was_typed_against(self, office: Office, bill: Session) -> None:
        """The card is of before; the draft knows what somebody else wrote, and settled that."""
        theirs = of_client(bill, company_name="Theirs")
        form = ("client update", "company", "Mine", theirs, "save", "mine", "abandon", "client update", "on", "save")
        worked = meanwhile(office, "Bill Boquet", "client 1", *form)
        assert worked.output.count("Company: which one counts?") == 1
        assert client(office)[3] == "Mine"

    def test_a_payment(self, office: Office, gina: Session) -> None:
        worked = meanwhile(
            office,
            "Bill Boquet",
            *("contract pay 412", "250", "abandon"),
            paid(gina, "250"),
            *("contract pay 412", "on", "same"),
        )
        assert "Gina Comptoir noted €250.00 meanwhile.\nIs your payment of €250.00 another one?" in worked.output
        assert due(office) == "1000.00"


class TestPayments:
    begun = ("contract pay 412", "100")
    question = "Gina Comptoir noted €250.00 meanwhile.\nIs your payment of €100.00 another one?"

    def test_another_one(self, office: Office, gina: Session) -> None:
        worked = meanwhile(office, "Bill Boquet", *self.begun, paid(gina, "250"), "save", "another", "save")
        assert worked.errors == (f"{MEANWHILE}Amount to be paid: €1,250.00 → €1,000.00 (Gina Comptoir, just now)\n")
        assert (
            f"{self.question}\n  1. The same one: there is nothing to note\n  2. Another one: €900.00 then remain\n"
            in worked.output
        )
        assert due(office) == "900.00"

    def test_the_same_one(self, office: Office, gina: Session) -> None:
        worked = meanwhile(
            office, "Bill Boquet", "contract pay 412", "250", paid(gina, "250"), "save", "same", "clients"
        )
        assert "Nothing was saved: this payment is noted already." in worked.output
        assert due(office) == "1000.00" and not worked.shell.drafts

    def test_the_same_amount_is_not_taken_for_the_same_payment(self, office: Office, gina: Session) -> None:
        meanwhile(office, "Bill Boquet", "contract pay 412", "250", paid(gina, "250"), "save", "another", "save")
        assert due(office) == "750.00"

    def test_esc_and_saving_all_the_same_asks_again(self, office: Office, gina: Session) -> None:
        worked = meanwhile(office, "Bill Boquet", *self.begun, paid(gina, "250"), "save", "<", "save", "same")
        assert worked.output.count(self.question) == 2
        assert due(office) == "1000.00"

    def test_more_than_remains_is_no_other_payment(self, office: Office, gina: Session) -> None:
        worked = meanwhile(
            office, "Bill Boquet", "contract pay 412", "1250", paid(gina, "250"), "save", "another", "change", "300", "save"
        )  # fmt: skip
        assert "There is no choice “another” here." in worked.errors
        assert due(office) == "700.00"

    def test_a_third_one_in_between(self, office: Office, gina: Session) -> None:
        worked = meanwhile(
            office, "Bill Boquet", *self.begun, paid(gina, "250"), "save", "another", paid(gina, "50"), "save", "another", "save"
        )  # fmt: skip
        assert worked.output.count("Is your payment of €100.00 another one?") == 2
        assert due(office) == "850.00"

    def test_the_total_changes_beside_it(self, office: Office, gina: Session) -> None:
        changed = of_contract(gina, 412, total_amount=Decimal(3000))
        worked = meanwhile(office, "Bill Boquet", *self.begun, changed, "save")
        assert worked.errors == ""
        assert f"{TOLD}Total amount: €2,500.00 → €3,000.00 (Gina Comptoir, just now)\n" in worked.output
        assert due(office) == "1150.00"

    def test_what_remains_was_corrected_upwards(self, office: Office, gina: Session) -> None:
        corrected = of_contract(gina, 412, amount_to_be_paid=Decimal(1400))
        worked = meanwhile(office, "Bill Boquet", *self.begun, corrected, "save", "another", "save")
        question = "Gina Comptoir changed what remains to be paid.\nIs your payment of €100.00 another one?"
        assert question in worked.output
        assert due(office) == "1300.00"

    def test_in_french(self, office: Office, gina: Session) -> None:
        with speaking("fr"):
            begun = ("encaisser contrat 412", "100", paid(gina, "250"))
            worked = meanwhile(office, "Bill Boquet", *begun, "enregistrer", "2", "enregistrer")
        assert "Gina Comptoir a noté 250,00" in worked.output.replace("\xa0", " ")
        assert due(office) == "900.00"


class TestSigning:
    def test_over_another_amount_it_is_asked_again(self, office: Office, gina: Session) -> None:
        changed = of_contract(gina, 10, total_amount=Decimal(1500))
        worked = meanwhile(office, "Bill Boquet", "contract sign 10", changed, "1", "1")
        assert worked.errors == f"{MEANWHILE}Total amount: €1,000.00 → €1,500.00 (Gina Comptoir, just now)\n"
        assert "Has Kevin Casey signed contract 10 over €1,500.00?" in worked.output
        assert office.as_owner("SELECT status FROM crm.contract WHERE id = 10") == [("signed",)]

    def test_beside_a_payment_it_goes_through(self, office: Office, gina: Session) -> None:
        worked = meanwhile(office, "Bill Boquet", "contract sign 10", paid(gina, "100", 10), "1")
        assert worked.errors == ""
        assert f"{TOLD}Amount to be paid: €1,000.00 → €900.00 (Gina Comptoir, just now)\n" in worked.output
        assert office.as_owner("SELECT status FROM crm.contract WHERE id = 10") == [("signed",)]

    def test_signed_by_somebody_else_already(self, office: Office, gina: Session) -> None:
        sign = lambda: gina.contracts.sign(gina.contracts.get(10))  # noqa: E731
        worked = meanwhile(office, "Bill Boquet", "contract sign 10", sign, "1")
        assert worked.errors == ""
        assert f"{TOLD}Status: unsigned → signed (Gina Comptoir, just now)\n" in worked.output
        rows = office.as_owner(
            "SELECT actor_id FROM crm.change WHERE entity = 'contract' AND entity_id = 10 AND fields ? 'status' AND action = 'update'"
        )
        assert rows == [(6,)]

    def test_signed_and_changed(self, office: Office, gina: Session) -> None:
        def both() -> None:
            gina.contracts.sign(gina.contracts.update(gina.contracts.get(10), total_amount=Decimal(1500)))

        worked = meanwhile(office, "Bill Boquet", "contract sign 10", both, "1", "clients")
        assert worked.output.count("Has Kevin Casey signed") == 1
        assert "Status: unsigned → signed (Gina Comptoir, just now)" in worked.errors


class TestDeleting:
    def test_what_was_changed_meanwhile_is_told_and_asked_again(self, office: Office, gina: Session) -> None:
        worked = meanwhile(office, "Gina Comptoir", "event delete 1024", of_event(gina, 1024, attendees=30), "1", "2")
        assert worked.errors == f"{MEANWHILE}Attendees: – → 30 (Gina Comptoir, just now)\n"
        assert worked.output.count("Delete John Ouick Brunch for good?") == 2
        assert office.as_owner("SELECT attendees FROM crm.event WHERE id = 1024") == [(30,)]
        meanwhile(office, "Gina Comptoir", "event delete 1024", of_event(gina, 1024, attendees=31), "1", "1")
        assert office.as_owner("SELECT FROM crm.event WHERE id = 1024") == []

    def test_a_contract(self, office: Office, gina: Session) -> None:
        changed = of_contract(gina, 10, total_amount=Decimal(1500))
        worked = meanwhile(office, "Gina Comptoir", "contract delete 10", changed, "1", "1")
        assert worked.errors == f"{MEANWHILE}Total amount: €1,000.00 → €1,500.00 (Gina Comptoir, just now)\n"
        assert office.as_owner("SELECT FROM crm.contract WHERE id = 10") == []


class TestCancelling:
    def test_two_who_cancel(self, office: Office, gina: Session) -> None:
        cancel = lambda: gina.events.update(  # noqa: E731
            gina.events.get(109), cancelled_at=gina.events.get(109).start_date
        )
        worked = meanwhile(office, "Kate Hastroff", "event cancel 109", cancel, "1")
        assert worked.errors == ""
        assert f"{TOLD}Cancellation: – → 4 Jun 2027 13:00 (Gina Comptoir, just now)\n" in worked.output


class TestAssigning:
    def assigned(self, office: Office, number: int = 1024) -> int | None:
        ((who,),) = office.as_owner("SELECT support_contact_id FROM crm.event WHERE id = %s", number)
        return None if who is None else int(who)

    def give(self, session: Session, colleague: int, number: int = 1024) -> Callable[[], object]:
        return lambda: session.events.assign(session.events.get(number), session.employees.get(colleague))

    def test_theirs(self, office: Office, gina: Session) -> None:
        begun = ("event 1024", self.give(gina, 5), "event assign", "kate")
        worked = meanwhile(office, "Gina Comptoir", *begun, "1", "clients")
        assert worked.errors == f"{MEANWHILE}Support contact: – → Aliénor Vichum (Gina Comptoir, just now)\n"
        question = "Who runs John Ouick Brunch?\n  1. Aliénor Vichum (Gina Comptoir, just now)\n  2. Kate Hastroff\n"
        assert question in worked.output
        assert self.assigned(office) == 5

    def test_mine(self, office: Office, gina: Session) -> None:
        begun = ("event 1024", self.give(gina, 5), "event assign", "kate")
        worked = meanwhile(office, "Gina Comptoir", *begun, "2")
        assert "Saved: event 1024." in worked.output
        assert self.assigned(office) == 4

    def test_the_same(self, office: Office, gina: Session) -> None:
        worked = meanwhile(office, "Gina Comptoir", "event 1024", self.give(gina, 4), "event assign", "kate")
        assert worked.errors == ""
        assert f"{TOLD}Support contact: – → Kate Hastroff (Gina Comptoir, just now)\n" in worked.output

    def test_beside_another_change(self, office: Office, gina: Session) -> None:
        begun = ("event 1024", of_event(gina, 1024, location="Paris"), "event assign", "kate")
        worked = meanwhile(office, "Gina Comptoir", *begun)
        assert f"{TOLD}Location: – → Paris (Gina Comptoir, just now)\n" in worked.output
        assert self.assigned(office) == 4

    def test_in_french(self, office: Office, gina: Session) -> None:
        with speaking("fr"):
            begun = ("événement 1024", self.give(gina, 5), "affecter événement", "kate")
            worked = meanwhile(office, "Gina Comptoir", *begun, "2")
        assert "1. Aliénor Vichum (Gina Comptoir, à l’instant)" in worked.output
        assert self.assigned(office) == 4
