"""Actions that write: how somebody goes through them, what is said, and what the database holds afterwards."""

from __future__ import annotations

from tests.company import Office
from tests.end_to_end.hands import Hands
from tests.end_to_end.journeys import Case, New, Pair, Steps, Verb, pattern


def more_work(office: Office) -> None:
    """Records for the journeys that start from a card, beside those of the specification."""
    for number, name in ((21, "Nora Diaz"), (22, "Omar Petit"), (23, "Rosa Ferrer"), (24, "Udo Former")):
        office.as_owner(
            "INSERT INTO crm.client (id, full_name, email, first_contact, commercial_contact_id) VALUES (%s, %s, %s, '2024-02-01', 2)",
            number,
            name,
            f"{name.split()[0].lower()}@films.example",
        )
    for number, status in ((31, "unsigned"), (32, "unsigned"), (33, "signed"), (34, "unsigned"), (35, "signed")):
        office.as_owner(
            "INSERT INTO crm.contract (id, client_id, total_amount, amount_to_be_paid, status) VALUES (%s, 21, 2500, 1250, %s)",
            number,
            status,
        )
    for number, title, day in (
        (41, "Premiere", "2031-09-01"),
        (42, "Casting", "2031-09-01"),
        (43, "Last Night", "2031-09-01"),
        (44, "Rehearsal", "2031-09-01"),
        (45, "Silent Gala", "2020-09-01"),
    ):
        office.as_owner(
            "INSERT INTO crm.event (id, contract_id, title, start_date, end_date) VALUES (%s, 33, %s, %s, %s)",
            number,
            title,
            f"{day} 10:00Z",
            f"{day} 12:00Z",
        )

    for number, name, department, active in (
        (51, "Sara Partante", "sales", True),
        (52, "Saul Partant", "support", True),
        (53, "Olga Revenue", "sales", False),
        (54, "Oscar Revenu", "support", False),
        (55, "Lola Bloquée", "sales", True),
        (56, "Loïc Bloqué", "support", True),
        (57, "Marc Mobile", "support", True),
        (58, "Mia Mobile", "sales", True),
    ):
        office.as_owner(
            "INSERT INTO crm.employee (id, full_name, email, department, active) VALUES (%s, %s, %s, %s, %s)",
            number,
            name,
            f"number{number}@epic.example",
            department,
            active,
        )
    for number, client in ((61, 51), (62, 58)):
        office.as_owner(
            "INSERT INTO crm.client (id, full_name, email, commercial_contact_id) VALUES (%s, 'Handed Over', 'h@o.example', %s)",
            number,
            client,
        )
    for number, runs in ((63, 52), (64, 57)):
        office.as_owner(
            "INSERT INTO crm.event (id, contract_id, title, support_contact_id, start_date, end_date)"
            " VALUES (%s, 33, 'Handed Over', %s, '2031-09-01 10:00Z', '2031-09-01 12:00Z')",
            number,
            runs,
        )
    office.as_owner(
        "INSERT INTO crm.login_throttle (email_hash, failures, not_before)"
        " SELECT crm.email_hash(email), 5, now() + interval '1 hour' FROM crm.employee WHERE id IN (55, 56)"
    )


def saved(noun: Pair) -> Pair:
    return f"Saved: {noun[0]} {{number}}.", f"{noun[1]} {{number}} enregistré."


def deleted(noun: Pair) -> Pair:
    return f"Deleted: {noun[0]} {{number}}.", f"{noun[1]} {{number}} supprimé."


CLIENT, CONTRACT, EVENT = ("client", "Client"), ("contract", "Contrat"), ("event", "Événement")
EMPLOYEE = ("employee", "Collaborateur")
THE_CONTRACT = ("contract {number} of {of}", "contrat {number} ({of})")
ONE_TIME = (
    "One-time password for {of}, shown this once: {password}",
    "Mot de passe provisoire pour {of}, affiché cette seule fois : {password}",
)


def change(label: Pair, *values: str) -> Steps:
    """One field, written as it is in each language."""

    def steps(hands: Hands, title: str) -> None:
        hands.change(title, hands.either(label), hands.either((values[0], values[-1])))

    return steps


def confirm(verb: Pair) -> Steps:
    return lambda hands, question: hands.choose(question, hands.either(verb))


def assign(hands: Hands, question: str) -> None:
    hands.answer(question, "hastroff")


def pay(hands: Hands, title: str) -> None:
    hands.answer(hands.either(("Payment", "Paiement")), hands.either(("250.75", "250,75")))
    hands.save(title)


def a_file(hands: Hands, question: str) -> None:
    hands.answer(question, "everything.xlsx")


def amounts(hands: Hands, title: str) -> None:
    hands.answer(hands.either(("Total amount", "Montant total")), hands.either(("12,500.50", "12 500,50")))
    hands.answer(hands.either(("Amount to be paid", "Reste à payer")), hands.either(("10,000.00", "10 000,00")))
    hands.save(title)


def an_event(hands: Hands, title: str) -> None:
    hands.answer(hands.either(("Title", "Titre")), "Fête d’été")
    hands.answer(hands.either(("Start", "Début")), hands.either(("4 Jun 2031 @ 1PM", "4 juin 2031 à 13h")))
    hands.answer(hands.either(("End", "Fin")), hands.either(("5 Jun 2031 @ 2AM", "5 juin 2031 à 2h")))
    hands.answer(hands.either(("Location", "Lieu")), "Candé-sur-Beuvron")
    hands.answer(hands.either(("Attendees", "Participants")), "75")
    hands.several_lines("Notes", "By the river.", "Bring umbrellas.")
    hands.save(title)


def closes(question: Pair, receiver: str) -> Steps:
    """Who takes over first, then the consent."""

    def steps(hands: Hands, asked: str) -> None:
        hands.answer(hands.either(question), receiver)
        hands.choose(asked, hands.either(("Close the account", "Fermer le compte")))

    return steps


def moves(place: Pair, question: Pair, receiver: str) -> Steps:
    def steps(hands: Hands, asked: str) -> None:
        hands.choose(hands.either(("New department of", "Nouveau département")), hands.either(place))
        hands.answer(hands.either(question), receiver)
        hands.choose(asked, hands.either(("Move", "Muter")))

    return steps


def a_client(hands: Hands) -> None:
    hands.answer(hands.either(("Full name", "Nom complet")), "Zoë Née")
    hands.answer("Email", "Zoe@Nee.example")
    hands.answer(hands.either(("Phone", "Téléphone")), "+33 1 23 45 67 89")
    hands.answer(hands.either(("Company", "Entreprise")), "Née & Filles")
    hands.answer(hands.either(("First contact", "Premier contact")), hands.either(("18 Apr 2021", "18 avril 2021")))
    hands.save(hands.either(("New client", "Nouveau client")))


def an_employee(hands: Hands) -> None:
    hands.answer(hands.either(("Full name", "Nom complet")), "Nils Nouveau")
    hands.answer("Email", "nils@epic.example")
    hands.choose(hands.either(("Department", "Département")), "Support")
    hands.save(hands.either(("New employee", "Nouveau collaborateur")))
    hands.reads(pattern(hands.either(ONE_TIME), "Nils Nouveau"))


def opens(office: Office, case: Case, password: str) -> None:
    """The one-time password that was shown lets its owner in, who has to choose another."""
    session = office.nobody()
    session.sign_in(office.email(case.of), password)
    assert session.identity.must_change_password


NEW = {
    "client new": New(
        "Bill Boquet", a_client, saved(CLIENT),
        "SELECT full_name, email, phone, company_name, first_contact::text, commercial_contact_id FROM crm.client WHERE id = {said}",
        ("Zoë Née", "zoe@nee.example", "+33 1 23 45 67 89", "Née & Filles", "2021-04-18", 2),
    ),
    "employee new": New(
        "Gina Comptoir", an_employee, saved(EMPLOYEE),
        "SELECT full_name, email, department, active, must_change_password FROM crm.employee WHERE id = {said}",
        ("Nils Nouveau", "nils@epic.example", "support", True, True),
    ),
}  # fmt: skip

ON_CARDS_OTHERWISE = {
    "employee deactivate": Verb(
        ("Close the account of {of}?", "{of} : fermer le compte ?"),
        closes(("Who takes over 1 coming event", "Qui reprend 1 événement à venir"), "hastroff"),
        saved(EMPLOYEE),
        "SELECT active, (SELECT support_contact_id FROM crm.event WHERE id = 63) FROM crm.employee WHERE id = {number} AND id = {said}",
        (False, 4),
    ),
    "employee move": Verb(
        ("Move {of} there?", "{of} : confirmer la mutation ?"),
        moves(("Support", "Support"), ("Who takes over 1 client with 0 contracts", "Qui reprend 1 client avec 0 contrat"), "dawn"),
        saved(EMPLOYEE),
        "SELECT department, (SELECT commercial_contact_id FROM crm.client WHERE id = 62) FROM crm.employee WHERE id = {number} AND id = {said}",
        ("support", 3),
    ),
}  # fmt: skip
"""Where the record on the card is of another kind, so that other questions are asked."""

VERBS = {
    "client update": Verb(
        ("Change {of}", "Modifier : {of}"), change(("Phone", "Téléphone"), "+33 1 98 76 54 32"), saved(CLIENT),
        "SELECT phone FROM crm.client WHERE id = {number} AND id = {said}", ("+33 1 98 76 54 32",),
    ),
    "client export": Verb(
        ("File for everything held on {of}", "Fichier pour toutes les données du client {of}"), a_file,
        ("Everything held on client {number} is in", "Toutes les données du client {number} sont dans"),
        "SELECT actor_id FROM crm.change WHERE entity = 'client' AND entity_id = {number} AND entity_id = {said} AND action = 'export'", (6,),
    ),
    "client anonymise": Verb(
        ("Take the personal data of {of} away for good?", "Effacer définitivement les données du client {of} ?"),
        confirm(("Anonymise", "Anonymiser")), ("Anonymised: client {number}.", "Client {number} anonymisé."),
        "SELECT full_name = 'Client ' || id, anonymised_at IS NOT NULL FROM crm.client WHERE id = {number} AND id = {said}", (True, True),
    ),
    "contract new": Verb(
        ("New contract for {of}", "Nouveau contrat pour {of}"), amounts, saved(CONTRACT),
        "SELECT total_amount::text, amount_to_be_paid::text, status FROM crm.contract WHERE client_id = {number} AND id = {said}",
        ("12500.50", "10000.00", "unsigned"),
    ),
    "contract update": Verb(
        THE_CONTRACT, change(("Total amount", "Montant total"), "9,000.25", "9 000,25"), saved(CONTRACT),
        "SELECT total_amount::text FROM crm.contract WHERE id = {number} AND id = {said}", ("9000.25",),
    ),
    "contract sign": Verb(
        ("Has {of} signed contract {number} over €", "Contrat {number} de "), confirm(("Signed", "Signé")), saved(CONTRACT),
        "SELECT status, signed_at > now() - interval '1 hour' FROM crm.contract WHERE id = {number} AND id = {said}",
        ("signed", True),
    ),
    "contract pay": Verb(
        THE_CONTRACT, pay, saved(CONTRACT),
        "SELECT amount_to_be_paid::text FROM crm.contract WHERE id = {number} AND id = {said}", ("999.25",),
    ),
    "contract delete": Verb(
        (f"Delete {THE_CONTRACT[0]} for good?", f"{THE_CONTRACT[1]} : supprimer définitivement ?"), confirm(("Delete", "Supprimer")),
        deleted(CONTRACT), "SELECT id FROM crm.contract WHERE id IN ({number}, {said})", None,
    ),
    "event new": Verb(
        ("New event for {of}", "Nouvel événement pour {of}"), an_event, saved(EVENT),
        "SELECT title, (start_date AT TIME ZONE 'Europe/Paris')::text, (end_date AT TIME ZONE 'Europe/Paris')::text, location, attendees, notes,"
        " support_contact_id FROM crm.event WHERE contract_id = {number} AND id = {said}",
        ("Fête d’été", "2031-06-04 13:00:00", "2031-06-05 02:00:00", "Candé-sur-Beuvron", 75, "By the river.\nBring umbrellas.", None),
    ),
    "event update": Verb(
        ("Change {of}", "Modifier : {of}"), change(("Attendees", "Participants"), "1,250", "1 250"), saved(EVENT),
        "SELECT attendees FROM crm.event WHERE id = {number} AND id = {said}", (1250,),
    ),
    "event assign": Verb(
        ("Support contact for {of}", "Contact support pour « {of} »"), assign, saved(EVENT),
        "SELECT support_contact_id FROM crm.event WHERE id = {number} AND id = {said}", (4,),
    ),
    "event cancel": Verb(
        ("Cancel {of}?", "Annuler « {of} » ?"), confirm(("Cancel the event", "Annuler l’événement")), saved(EVENT),
        "SELECT cancelled_at > now() - interval '1 hour' FROM crm.event WHERE id = {number} AND id = {said}", (True,),
    ),
    "event delete": Verb(
        ("Delete {of} for good?", "{of} : supprimer définitivement ?"), confirm(("Delete", "Supprimer")),
        deleted(EVENT), "SELECT id FROM crm.event WHERE id IN ({number}, {said})", None,
    ),
    "employee update": Verb(
        ("Change {of}", "Modifier : {of}"), change(("Email", "Email"), "new.name@epic.example"), saved(EMPLOYEE),
        "SELECT email FROM crm.employee WHERE id = {number} AND id = {said}", ("new.name@epic.example",),
    ),
    "employee password": Verb(
        ("Give {of} a new one-time password?", "Donner à {of} un nouveau mot de passe provisoire ?"),
        confirm(("New password", "Nouveau mot de passe")), ONE_TIME,
        "SELECT must_change_password FROM crm.employee WHERE id = {number}", (True,), opens,
    ),
    "employee deactivate": Verb(
        ("Close the account of {of}?", "{of} : fermer le compte ?"),
        closes(("Who takes over 1 client with 0 contracts", "Qui reprend 1 client avec 0 contrat"), "dawn"),
        saved(EMPLOYEE),
        "SELECT active, (SELECT commercial_contact_id FROM crm.client WHERE id = 61) FROM crm.employee WHERE id = {number} AND id = {said}",
        (False, 3),
    ),
    "employee move": Verb(
        ("Move {of} there?", "{of} : confirmer la mutation ?"),
        moves(("Sales", "Commercial"), ("Who takes over 1 coming event", "Qui reprend 1 événement à venir"), "hastroff"),
        saved(EMPLOYEE),
        "SELECT department, (SELECT support_contact_id FROM crm.event WHERE id = 64) FROM crm.employee WHERE id = {number} AND id = {said}",
        ("sales", 4),
    ),
    "employee reactivate": Verb(
        ("Open the account of {of} again, with a one-time password?", "{of} : rouvrir le compte, avec un mot de passe provisoire ?"),
        confirm(("Open the account", "Rouvrir le compte")), ONE_TIME,
        "SELECT active, must_change_password FROM crm.employee WHERE id = {number}", (True, True),
    ),
    "employee unlock": Verb(
        ("Let {of} try to sign in again at once?", "Permettre à {of} de se connecter à nouveau tout de suite ?"),
        confirm(("Unlock", "Débloquer")), saved(EMPLOYEE),
        "SELECT (SELECT count(*) FROM crm.login_throttle WHERE email_hash = crm.email_hash(e.email) AND not_before > now()) FROM crm.employee AS e"
        " WHERE id = {number} AND id = {said}",
        (0,),
    ),
}  # fmt: skip

TYPED = {
    "client update": Case("Bill Boquet", "kev", 1, "Kevin Casey"),
    "client export": Case("Gina Comptoir", "kev", 1, "Kevin Casey"),
    "client anonymise": Case("Gina Comptoir", "ferrer", 23, "Rosa Ferrer"),
    "contract new": Case("Gina Comptoir", "ouick", 2, "John Ouick"),
    "contract update": Case("Gina Comptoir", "loubouzin", 412, "Lou Bouzin"),
    "contract sign": Case("Bill Boquet", "casey", 10, "Kevin Casey"),
    "contract pay": Case("Bill Boquet", "bouzin", 412, "Lou Bouzin"),
    "contract delete": Case("Gina Comptoir", "casey", 10, "Kevin Casey"),
    "event new": Case("Bill Boquet", "casey", 700, "Kevin Casey"),
    "event update": Case("Kate Hastroff", "wedding", 109, "John Ouick Wedding"),
    "event assign": Case("Gina Comptoir", "brunch", 1024, "John Ouick Brunch"),
    "event cancel": Case("Kate Hastroff", "wedding", 109, "John Ouick Wedding"),
    "event delete": Case("Gina Comptoir", "assembly", 1023, "Lou Bouzin General Assembly"),
    "employee update": Case("Ada Racine", "dawn", 3, "Dawn Lefèvre"),
    "employee password": Case("Ada Racine", "boquet", 2, "Bill Boquet"),
    "employee deactivate": Case("Ada Racine", "partante", 51, "Sara Partante"),
    "employee move": Case("Ada Racine", "marc", 57, "Marc Mobile"),
    "employee reactivate": Case("Ada Racine", "olga", 53, "Olga Revenue"),
    "employee unlock": Case("Ada Racine", "lola", 55, "Lola Bloquée"),
}
ON_CARDS = {
    "client update": Case("Bill Boquet", "", 22, "Omar Petit"),
    "client export": Case("Gina Comptoir", "", 22, "Omar Petit"),
    "client anonymise": Case("Gina Comptoir", "", 24, "Udo Former"),
    "contract new": Case("Gina Comptoir", "", 22, "Omar Petit"),
    "contract update": Case("Bill Boquet", "", 31, "Nora Diaz"),
    "contract sign": Case("Gina Comptoir", "", 32, "Nora Diaz"),
    "contract pay": Case("Gina Comptoir", "", 33, "Nora Diaz"),
    "contract delete": Case("Gina Comptoir", "", 34, "Nora Diaz"),
    "event new": Case("Bill Boquet", "", 35, "Nora Diaz"),
    "event update": Case("Gina Comptoir", "", 41, "Premiere"),
    "event assign": Case("Gina Comptoir", "", 42, "Casting"),
    "event cancel": Case("Gina Comptoir", "", 43, "Last Night"),
    "event delete": Case("Gina Comptoir", "", 44, "Rehearsal"),
    "employee update": Case("Gina Comptoir", "", 3, "Dawn Lefèvre"),
    "employee password": Case("Gina Comptoir", "", 5, "Aliénor Vichum"),
    "employee deactivate": Case("Gina Comptoir", "", 52, "Saul Partant"),
    "employee move": Case("Gina Comptoir", "", 58, "Mia Mobile"),
    "employee reactivate": Case("Gina Comptoir", "", 54, "Oscar Revenu"),
    "employee unlock": Case("Gina Comptoir", "", 56, "Loïc Bloqué"),
}
