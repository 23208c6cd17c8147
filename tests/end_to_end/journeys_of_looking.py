"""Actions that show: lists, cards, my day, and one's own account."""

from __future__ import annotations

from crm.preferences import Preferences
from tests.company import PASSWORD, Office
from tests.end_to_end.hands import Hands
from tests.end_to_end.journeys import Go, List, Lookup

KEVIN, JOHN, LOU, NORA = "Kevin Casey", "John Ouick", "Lou Bouzin", "Nora Diaz"
WEDDING, ASSEMBLY, BRUNCH, CASTING = "John Ouick Wedding", "Lou Bouzin General Assembly", "John Ouick Brunch", "Casting"
CONTACT = ("Commercial contact", "Contact commercial")
DUE = ("Amount to be paid", "Reste à payer")
UNSIGNED = ("unsigned", "non signé")

LISTS = {
    "clients": List("Kate Hastroff", ("Clients", "Clients"), (KEVIN, JOHN, LOU), (), CONTACT),
    "clients mine": List("Bill Boquet", ("Clients · mine", "Clients · les miens"), (KEVIN, LOU), (JOHN,), CONTACT),
    "contracts": List("Ada Racine", ("Contracts", "Contrats"), (KEVIN, JOHN, LOU), (), ("€8,000.00", "8 000,00 €")),
    "contracts unsigned": List(
        "Gina Comptoir", ("Contracts · unsigned", "Contrats · non signés"), (KEVIN, JOHN), (LOU,), UNSIGNED
    ),
    "contracts unpaid": List(
        "Gina Comptoir", ("Contracts · unpaid", "Contrats · impayés"), (KEVIN, LOU), ("652",), DUE
    ),
    "contracts mine": List("Bill Boquet", ("Contracts · mine", "Contrats · les miens"), (KEVIN, LOU), (JOHN,), DUE),
    "contracts mine unsigned": List(
        "Bill Boquet", ("Contracts · mine · unsigned", "Contrats · les miens · non signés"), (KEVIN,), (JOHN, LOU), UNSIGNED
    ),
    "contracts mine unpaid": List(
        "Dawn Lefèvre", ("Contracts · mine · unpaid", "Contrats · les miens · impayés"), (JOHN,), (KEVIN, "652"), DUE
    ),
    "events": List("Ada Racine", ("Events", "Événements"), (WEDDING, BRUNCH, ASSEMBLY), (), ("to assign", "à affecter")),
    "events coming": List(
        "Kate Hastroff", ("Events · coming", "Événements · à venir"), (CASTING, "Premiere"), ("Silent Gala",), ("1 Sept 2031", "1 sept. 2031")
    ),
    "events mine": List(
        "Kate Hastroff", ("Events · mine", "Événements · les miens"), (WEDDING,), (BRUNCH, ASSEMBLY), ("4 Jun 2027", "4 juin 2027")
    ),
    "events without support": List(
        "Bill Boquet", ("Events · without support", "Événements · sans support"), (BRUNCH, CASTING), (WEDDING, ASSEMBLY), ("to assign", "à affecter")
    ),
    "employees": List(
        "Gina Comptoir", ("Employees", "Collaborateurs"), ("Ada Racine", "kate@epic.example"), (), ("Management", "Gestion")
    ),
    "history": List(
        "Kate Hastroff", ("History", "Historique"), ("Silent Gala", "Omar Petit"), ("Ines Partie",), ("created", "création")
    ),
}  # fmt: skip


FIRST_CONTACT = ("18 Apr 2021", "18 avr. 2021")
HALF_PAID = ("€1,250.00", "1 250,00 €")
PEOPLE = ("Attendees", "Participants")

NAMED = {
    "client": Lookup("Kate Hastroff", "startup", 1, FIRST_CONTACT),
    "contract": Lookup("Ada Racine", "bouzin", 412, HALF_PAID),
    "event": Lookup("Bill Boquet", "wedding", 109, PEOPLE),
    "employee": Lookup("Gina Comptoir", "alienor", 5, ("Active", "Actif")),
}
ASKED = {
    "client": Lookup("Ada Racine", "678 123", 1, FIRST_CONTACT, asks=("Client", "Client")),
    "contract": Lookup("Ada Racine", "jacky@loubouzin", 412, HALF_PAID, asks=("Contract", "Contrat")),
    "event": Lookup("Ada Racine", "mufflins", 1023, PEOPLE, asks=("Event", "Événement")),
    "employee": Lookup("Ada Racine", "gina@", 6, ("Management", "Gestion"), asks=("Employee", "Collaborateur")),
}
BESIDE = {
    "client": Lookup("Kate Hastroff", LOU, 3, ("Full name", "Nom complet"), card=("contract", 412)),
    "contract": Lookup("Kate Hastroff", "{contract} 652", 652, ("fully paid", "payé en totalité"), card=("event", 109)),
    "event": Lookup("Kate Hastroff", ASSEMBLY, 1023, PEOPLE, card=("contract", 412)),
}


def my_day(hands: Hands, _office: Office) -> None:
    hands.command(hands.called("my day"))
    hands.says(
        hands.either(("My day · ", "Ma journée · ")), hands.either(("My unsigned contracts", "Mes contrats non signés"))
    )


def charts(hands: Hands, _office: Office) -> None:
    hands.command(hands.called("charts"))
    hands.says(hands.either(("Amounts signed per month", "Montants signés par mois")))


def explanation(hands: Hands, _office: Office) -> None:
    hands.key("?")
    hands.says(hands.either(("Tab completes, Enter runs it", "Tab complète")), hands.called("sign out"))


NEW_PASSWORD = "seven brass lanterns"


def new_password(hands: Hands, office: Office) -> None:
    hands.command(hands.called("password"))
    hands.secret(hands.either(("Your present password", "Votre mot de passe actuel")), PASSWORD)
    hands.secret(hands.either(("New password, at least", "Nouveau mot de passe, au moins")), NEW_PASSWORD)
    hands.secret(hands.either(("The new password again", "Le nouveau mot de passe, une seconde fois")), NEW_PASSWORD)
    hands.says(
        hands.either(
            ("Your password is changed; your other sessions", "Votre mot de passe est changé ; vos autres sessions")
        )
    )
    office.nobody().sign_in("dawn@epic.example", NEW_PASSWORD)


def other_language(hands: Hands, office: Office) -> None:
    """To the other one and back; what was chosen last is kept for the next start."""
    for chosen in ("fr", "en") if hands.language == "en" else ("en", "fr"):
        hands.command(hands.called("language"))
        hands.choose(hands.either(("Language", "Langue")), {"en": "English", "fr": "Français"}[chosen])
        hands = Hands(hands.seat, chosen)
        hands.says(hands.either(("The program now speaks English.", "Le programme parle maintenant français.")))
        (kept,) = office.directory.glob("seat */data/preferences.json")
        assert Preferences(kept).language == chosen


OPEN = "SELECT count(*) FROM crm.session WHERE employee_id = 3 AND revoked_at IS NULL"


def signing_out(hands: Hands, office: Office) -> None:
    before = office.as_owner(OPEN)[0][0]
    hands.command(hands.called("sign out"))
    hands.seat.wait_until(lambda: hands.line.startswith("Email"), "Email")
    assert hands.either(("You are signed out.", "Votre session est fermée.")) in hands.text
    assert office.as_owner(OPEN)[0][0] == before - 1


def quitting(hands: Hands, office: Office) -> None:
    """The session stays open."""
    before = office.as_owner(OPEN)
    hands.command(hands.called("quit"))
    assert hands.seat.end() == 0
    assert office.as_owner(OPEN) == before


ACCOUNT: dict[str, tuple[str, Go]] = {
    "my day": ("Bill Boquet", my_day),
    "charts": ("Bill Boquet", charts),
    "?": ("Bill Boquet", explanation),
    "password": ("Dawn Lefèvre", new_password),
    "language": ("Dawn Lefèvre", other_language),
    "sign out": ("Dawn Lefèvre", signing_out),
    "quit": ("Dawn Lefèvre", quitting),
}
LEAVING = {"sign out", "quit"}
"""After these somebody has to sit down again."""
