"""Actions on sessions: where somebody is signed in, and that it is over there at once."""

from __future__ import annotations

from crm.errors import SignedOut
from crm.session import Session
from tests.company import Office
from tests.end_to_end.hands import Hands
from tests.end_to_end.journeys import Go

MINE, EVERYBODYS = ("My sessions", "Mes sessions"), ("Everybody's sessions", "Sessions de tous")
THIS_ONE = ("(this session)", "(cette session)")
END_ONE = ("End the session of {name}, signed in", "Fermer la session ouverte par {name} le")
END_THEM = ("End all sessions of {name}?", "Fermer toutes les sessions ouvertes par {name} ?")
OVER = ("The session is over.", "La session est fermée.")
ALL_OVER = ("All sessions of {name} are over.", "{name} : toutes les sessions sont fermées.")


def is_over(session: Session) -> bool:
    try:
        session.verify()
    except SignedOut:
        return True
    return False


def my_sessions(hands: Hands, office: Office) -> None:
    elsewhere = office.session("Dawn Lefèvre")
    office.as_owner("UPDATE crm.session SET place = 'old-laptop' WHERE jti = %s", elsewhere.identity.jti)
    hands.command(hands.called("sessions"))
    hands.says(f"{hands.either(MINE)} ›", hands.either(THIS_ONE), "old-laptop")
    hands.command(hands.reads(r"^(\d) .* old-laptop"))
    hands.choose(hands.either(END_ONE).format(name="Dawn Lefèvre"), hands.either(("End it", "La fermer")))
    hands.says(hands.either(OVER), hands.either(THIS_ONE))
    assert is_over(elsewhere)


def everybodys_sessions(hands: Hands, office: Office) -> None:
    gina = office.session("Gina Comptoir")
    hands.command(hands.called("sessions everybody"))
    hands.says(f"{hands.either(EVERYBODYS)} ›", hands.either(THIS_ONE), hands.either(("Management", "Gestion")))
    number = hands.reads(r"^(\d) +Gina Comptoir")
    hands.command(f"{hands.called('end')} {number}")
    hands.choose(hands.either(END_ONE).format(name="Gina Comptoir"), hands.either(("End it", "La fermer")))
    hands.says(hands.either(OVER))
    assert is_over(gina)


def sessions_of(name: str, number: int, typed: str) -> Go:
    """`typed`: how the colleague is looked up; "" for the digit on their card."""

    def journey(hands: Hands, office: Office) -> None:
        theirs = [office.session(name), office.session(name)]
        if typed:
            hands.command(f"{hands.called('employee sessions')} {typed}")
        else:
            hands.command(f"{hands.called('employee')} {number}")
            hands.digit("employee", number, hands.called("employee sessions"))
        hands.says(hands.either((f"Sessions of {name} ›", f"Sessions · {name} ›")))
        hands.command(hands.called("end all"))
        hands.choose(hands.either(END_THEM).format(name=name), hands.either(("End them", "Les fermer")))
        hands.says(
            hands.either(ALL_OVER).format(name=name), hands.either(("Nobody is signed in", "Personne n’est connecté"))
        )
        assert all(map(is_over, theirs))

    return journey


SESSIONS: dict[tuple[str, str], tuple[str, Go]] = {
    ("typed", "sessions"): ("Dawn Lefèvre", my_sessions),
    ("typed", "sessions everybody"): ("Ada Racine", everybodys_sessions),
    ("typed", "employee sessions"): ("Ada Racine", sessions_of("Kate Hastroff", 4, "kate")),
    ("on a card", "employee sessions"): ("Ada Racine", sessions_of("Aliénor Vichum", 5, "")),
}
"""(way, action) -> who, and what they do."""
