"""Two shells in two pseudo-terminals, side by side at one record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.company import Office
from tests.end_to_end.conftest import Sit
from tests.end_to_end.hands import Hands
from tests.end_to_end.terminal import CTRL_C, ESCAPE

Hire = Callable[..., Hands]
SAVED_AS_WELL = (
    "Others changed this meanwhile, and that is saved as well:",
    "D’autres ont modifié cette fiche entre-temps, et tout est enregistré :",
)
MEANWHILE = "Somebody else changed this record meanwhile."
GALA = ("Change Lou Bouzin General Assembly", "Modifier : Lou Bouzin General Assembly")
LOCATION, ATTENDEES = ("Location", "Lieu"), ("Attendees", "Participants")
WHICH = ("Location: which one counts?", "Lieu : quelle valeur garder ?")
PAYMENT = ("Payment for contract 412 of Lou Bouzin", "Paiement : contrat 412 (Lou Bouzin)")


@pytest.fixture
def hire(sit: Sit) -> Hire:
    """Somebody in front of a shell of their own: hire("Bill Boquet", "fr")."""

    def somebody(full_name: str, language: str = "en") -> Hands:
        return Hands(sit(full_name, EPICEVENTS_LANG=language), language)

    return somebody


def begin(hands: Hands, label: tuple[str, str], value: str) -> None:
    """Change a field of the general assembly, up to the summary; nothing is saved yet."""
    hands.command(f"{hands.called('event update')} 1023")
    hands.choose(hands.either(GALA), hands.either(label))
    hands.answer(hands.either(label), value)
    hands.seat.wait_until(lambda: f"→ {value}" in hands.text, f"→ {value}")


def save(hands: Hands) -> None:
    hands.seat.wipe()
    hands.save(hands.either(GALA))


def stored(office: Office) -> tuple[object, ...]:
    (row,) = office.as_owner("SELECT location, attendees, support_contact_id FROM crm.event WHERE id = 1023")
    return row


def due(office: Office) -> str:
    ((amount,),) = office.as_owner("SELECT amount_to_be_paid::text FROM crm.contract WHERE id = 412")
    return str(amount)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_different_fields_both_stand_and_the_second_one_is_told(office: Office, hire: Hire, language: str) -> None:
    alienor, gina = hire("Aliénor Vichum", language), hire("Gina Comptoir", language)
    begin(alienor, ATTENDEES, "250")
    begin(gina, LOCATION, "Lyon")
    save(gina)
    gina.says(gina.either(("Saved: event 1023.", "Événement 1023 enregistré.")))
    save(alienor)
    alienor.says(
        alienor.either(SAVED_AS_WELL),
        alienor.either(("Location: Salle des fêtes de Mufflins → Lyon", "Lieu : Salle des fêtes de Mufflins → Lyon")),
        "Gina Comptoir",
    )
    assert stored(office) == ("Lyon", 250, 5)


@pytest.mark.parametrize(("choice", "stands"), [("Theirs: Lyon", "Lyon"), ("Mine: Paris", "Paris")])
def test_the_same_field_is_chosen(office: Office, hire: Hire, choice: str, stands: str) -> None:
    alienor, gina = hire("Aliénor Vichum"), hire("Gina Comptoir")
    begin(alienor, LOCATION, "Paris")
    begin(gina, LOCATION, "Lyon")
    save(gina)
    gina.says("Saved: event 1023.")
    save(alienor)
    alienor.seat.wait_for(MEANWHILE, "Theirs: Lyon (Gina Comptoir, just now)", "Mine: Paris")
    assert stored(office)[0] == "Lyon"
    alienor.choose(WHICH[0], choice)
    save(alienor)
    alienor.says("Nothing has changed." if stands == "Lyon" else "Saved: event 1023.")
    assert stored(office)[0] == stands


def test_the_same_field_in_french(office: Office, hire: Hire) -> None:
    alienor, gina = hire("Aliénor Vichum", "fr"), hire("Gina Comptoir", "fr")
    begin(alienor, LOCATION, "Paris")
    begin(gina, LOCATION, "Lyon")
    save(gina)
    gina.says("Événement 1023 enregistré.")
    save(alienor)
    alienor.seat.wait_until(lambda: "La sienne : Lyon (Gina Comptoir, à l’instant)" in alienor.text, "La sienne")
    alienor.choose(WHICH[1], "La vôtre : Paris")
    save(alienor)
    alienor.says("Événement 1023 enregistré.")
    assert stored(office)[0] == "Paris"


def test_something_else_and_a_third_change_in_between(office: Office, hire: Hire) -> None:
    alienor, gina, third = hire("Aliénor Vichum"), hire("Gina Comptoir"), hire("Gina Comptoir")
    begin(alienor, LOCATION, "Paris")
    begin(gina, LOCATION, "Lyon")
    save(gina)
    gina.says("Saved: event 1023.")
    save(alienor)
    alienor.choose(WHICH[0], "Write something else")
    alienor.answer("Location", "Nantes")
    alienor.seat.wait_for("Lyon → Nantes")
    begin(third, LOCATION, "Brest")
    save(third)
    third.says("Saved: event 1023.")
    save(alienor)
    alienor.seat.wait_for("Theirs: Brest (Gina Comptoir, just now)", "Mine: Nantes")
    alienor.choose(WHICH[0], "Mine: Nantes")
    save(alienor)
    alienor.says("Saved: event 1023.")
    assert stored(office)[0] == "Nantes"


def test_esc_and_ctrl_c_in_the_choice_lose_nothing(office: Office, hire: Hire) -> None:
    alienor, gina = hire("Aliénor Vichum"), hire("Gina Comptoir")
    begin(alienor, LOCATION, "Paris")
    begin(gina, LOCATION, "Lyon")
    save(gina)
    gina.says("Saved: event 1023.")
    save(alienor)
    alienor.seat.wait_for("Mine: Paris")
    alienor.seat.wipe()
    alienor.seat.press(ESCAPE)
    alienor.seat.wait_for("Location: Lyon → Paris")
    save(alienor)
    alienor.seat.wait_for("Mine: Paris")
    alienor.seat.press(CTRL_C)
    alienor.says("Open the form again to go on with what you typed.")
    alienor.command("event update 1023")
    alienor.choose("Go on with what you typed before?", "Go on")
    alienor.seat.wait_for("This has been changed since you typed that:", "Mine: Paris")
    alienor.choose(WHICH[0], "Mine: Paris")
    save(alienor)
    alienor.says("Saved: event 1023.")
    assert stored(office)[0] == "Paris"


@pytest.mark.parametrize(("choice", "runs"), [("Aliénor Vichum", 5), ("Kate Hastroff", 4)])
def test_two_who_assign(office: Office, hire: Hire, choice: str, runs: int) -> None:
    here, there = hire("Gina Comptoir"), hire("Gina Comptoir")
    here.command("event 1024")
    here.says("event 1024 ›")
    there.command("event assign 1024")
    there.answer("Support contact for John Ouick Brunch", "alienor")
    there.says("Saved: event 1024.")
    here.command("event assign")
    here.answer("Support contact for John Ouick Brunch", "hastroff")
    here.seat.wait_for(MEANWHILE, "Aliénor Vichum (Gina Comptoir, just now)")
    here.choose("Who runs John Ouick Brunch?", choice)
    here.says("event 1024 ›", choice)
    assert office.as_owner("SELECT support_contact_id FROM crm.event WHERE id = 1024") == [(runs,)]


@pytest.mark.parametrize(
    ("language", "choice", "left"),
    [
        ("en", "The same one: there is nothing to note", "1000.00"),
        ("en", "Another one: €750.00 then remain", "750.00"),
        ("fr", "Un autre : il restera 750,00 €", "750.00"),
    ],
)
def test_two_who_note_a_payment(office: Office, hire: Hire, language: str, choice: str, left: str) -> None:
    bill, gina = hire("Bill Boquet", language), hire("Gina Comptoir", language)
    for hands in (bill, gina):
        hands.command(f"{hands.called('contract pay')} 412")
        hands.answer(hands.either(("Payment", "Paiement")), hands.either(("250.00", "250,00")))
        hands.seat.wait_until(lambda here=hands: here.called("Save") in here.text, "the summary")  # type: ignore[misc]
    gina.save(gina.either(PAYMENT))
    gina.says(gina.either(("Saved: contract 412.", "Contrat 412 enregistré.")))
    bill.save(bill.either(PAYMENT))
    noted = bill.either(("Gina Comptoir noted €250.00 meanwhile.", "Gina Comptoir a noté 250,00 € entre-temps."))
    bill.seat.wait_until(lambda: noted in bill.text, noted)
    question = bill.either(("Is your payment of €250.00 another one?", "Votre paiement de 250,00 € est-il un autre ?"))
    bill.choose(question, choice)
    if left == "1000.00":
        bill.says("Nothing was saved: this payment is noted already.", "€1,000.00")
    else:
        bill.seat.wipe()
        bill.save(bill.either(PAYMENT))
        bill.says(bill.either(("Saved: contract 412.", "Contrat 412 enregistré.")))
    assert due(office) == left


def test_an_overlap_is_listed_before_it_is_assigned(office: Office, hire: Hire) -> None:
    office.as_owner(
        "UPDATE crm.event SET start_date = '2027-06-04 20:00Z', end_date = '2027-06-04 22:00Z' WHERE id = 1024"
    )
    gina = hire("Gina Comptoir")
    gina.command("event assign 1024")
    gina.answer("Support contact for John Ouick Brunch", "hastroff")
    gina.seat.wait_for(
        "Kate Hastroff runs something else at that time:", "#109 · John Ouick Wedding · 4 Jun 2027 15:00"
    )
    gina.choose("Two events at once?", "Assign all the same")
    gina.says("Saved: event 1024.")
    assert office.as_owner("SELECT support_contact_id FROM crm.event WHERE id = 1024") == [(4,)]
