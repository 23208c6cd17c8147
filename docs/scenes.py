"""What people do in the pictures of the guides: who sits down, which keys they press, when a picture is taken.

Every key sequence of the guides is here and nowhere else. What is waited for is a sentence of the program in English,
or words that are the same in every language.
"""

from __future__ import annotations

from collections.abc import Callable

from docs.company import PASSWORD, Company
from docs.desk import Desk, Welcome, desk
from tests.end_to_end.terminal import CTRL_S, DOWN, ENTER

BILL, CLARA, YANIS = "Bill Boquet", "Clara Whitcombe", "Yanis Benkirane"
KATE, GISELE, ADELE = "Kate Hastroff", "Gisèle Paumier", "Adèle Fontanel"
HOME = "epic events ›"
LISTED, NARROWED = "Fewer rows, or all of them again", "All filters off"
SAVED_EVENT = "1171 ›"
WRITING = "Enter: new line · Ctrl-S: done · Esc: back · Ctrl-C: abandon"
"""What the menu, the prompt or the form says once all is there: at home, in a list, in a filtered one, and so on."""
Scene = Callable[[Company, str], dict[str, str]]
"""The company and a language -> name of a picture, SVG."""


def signing_in(company: Company, language: str) -> dict[str, str]:
    """The first time, with a one-time password."""
    with desk(company, language, YANIS, welcome=Welcome.NEW) as seat:
        seat.until("Email")
        seat.answer("yanis.benkirane@epicevents.example", "Password")
        seat.answer(PASSWORD, "This was a one-time password: please choose your own.")
        seat.capture("first-password")
        return seat.pictures


def sales(company: Company, language: str) -> dict[str, str]:
    """Find Kevin Casey, have his contract signed, plan its event."""
    with desk(company, language, BILL) as seat:
        seat.until(HOME, "clients mine")
        seat.capture("sales-home")
        seat.type("kevin ca", "kevin@startup.io")
        seat.capture("find")
        seat.press(ENTER, until=("Kevin Casey ─", "Change a client's details"))
        seat.capture("client-card")
        seat.command("contracts mine unsigned", "", "Leïla Haddouche", NARROWED)
        seat.capture("sales-unsigned")
        seat.command("contract sign", "kevin", "Signed", "Abandon")
        seat.capture("sign")
        seat.press(ENTER, until=("Last changes", "Create the event of a signed contract"))
        seat.capture("signed")
        event_of_kevin(seat)
        return seat.pictures


def event_of_kevin(seat: Desk) -> None:
    seat.command("event new", "", "Title")
    seat.answer(seat.either("Cool Startup Launch", "Lancement de Cool Startup"), "Start")
    seat.type("12/09/2026 18:00", "2026, 18:00")
    seat.capture("event-form")
    seat.press(ENTER, until=("End",))
    seat.answer("12/09/2026 23:00", "Location")
    seat.answer("Le Loft du Canal, 146 quai de Jemmapes, 75010 Paris", "Attendees")
    seat.answer("80", "Notes")
    seat.press(CTRL_S, until=("Save", "Abandon"))
    seat.capture("event-summary")
    seat.press(ENTER, until=("Last changes", SAVED_EVENT))
    seat.capture("event-card")


def lists(company: Company, language: str) -> dict[str, str]:
    """A list of several pages; another one, narrowed and sorted."""
    with desk(company, language, BILL) as seat:
        seat.until(HOME, "clients mine")
        seat.command("clients", "", "Augustin Vauquelin", LISTED)
        seat.capture("list")
        seat.command("contracts", "", "Harriet Pell", LISTED)
        seat.command("filter unsigned", "", "Kevin Casey", NARROWED)
        seat.command("sort by total amount", "", "Giulia Ferrante", NARROWED)
        seat.capture("list-narrowed")
        return seat.pictures


def small_window(company: Company, language: str) -> dict[str, str]:
    """The usual size of a terminal."""
    with desk(company, language, CLARA, columns=80, rows=24) as seat:
        seat.until(HOME, "clients mine")
        seat.capture("small-window")
        seat.press("?", until=(HOME, "client update", "End my session on this machine"))
        seat.capture("help")
        return seat.pictures


def support(company: Company, language: str) -> dict[str, str]:
    """What is coming, and the notes of one event."""
    with desk(company, language, KATE) as seat:
        seat.until(HOME, "All clients, the newest first")
        seat.capture("support-home")
        seat.command("events mine", "", "Vogt Pharma Research Congress", NARROWED)
        seat.capture("events-mine")
        seat.command("event", "cellar", "Last changes", "Note that an event does not take place")
        seat.capture("support-event")
        notes_of_the_cellar(seat)
        return seat.pictures


def notes_of_the_cellar(seat: Desk) -> None:
    seat.command("event update", "", "Save")
    seat.press(*[DOWN] * 6, ENTER, until=("Notes",))
    seat.answer(seat.either("Tasting starts at 7PM in the lower cellar.", "Dégustation à 19 h, dans le chai du bas."))
    seat.type(seat.either("Caterer arrives at 4PM, back door.", "Traiteur à 16 h, porte de derrière."), WRITING)
    seat.capture("notes")
    seat.press(CTRL_S, until=("→", "Abandon"))
    seat.capture("notes-summary")


def accounting(company: Company, language: str) -> dict[str, str]:
    """An event gets its support contact; a contract is written; a payment comes in."""
    with desk(company, language, GISELE) as seat:
        seat.until(HOME, "contracts unpaid")
        seat.capture("accounting-home")
        seat.command("events without support", "", "Cool Startup Hackathon", NARROWED)
        seat.capture("without-support")
        seat.command("event assign", "hackathon", "Support contact")
        seat.type("al", "alienor.vichum@epicevents.example")
        seat.capture("assign")
        seat.press(ENTER, until=("Last changes",))
        seat.command("contract new", "perrine", "Total amount")
        seat.answer("9500", "Amount to be paid")
        seat.press(ENTER, until=("Save", "Abandon"))
        seat.capture("contract-new")
        seat.press(ENTER, until=("Last changes",))
        seat.command("contract pay", "brightwater", "Payment", "20")
        seat.press(ENTER, until=("Save", "Abandon"))
        seat.capture("payment")
        return seat.pictures


def administration(company: Company, language: str) -> dict[str, str]:
    """A colleague starts; another forgot a password."""
    with desk(company, language, ADELE) as seat:
        seat.until(HOME, "Everybody who works here")
        seat.capture("admin-home")
        seat.command("employees", "", "Yanis Benkirane", LISTED)
        seat.capture("employees")
        seat.command("employee new", "", "Full name")
        seat.answer("Noé Castelain", "Email")
        seat.answer("noe.castelain@epicevents.example", "Department")
        seat.press("2", ENTER, until=("Save",))
        seat.press(ENTER, until=("14 ›", "Close the account of a colleague who leaves"))
        seat.capture("employee-new")
        return seat.pictures


def plain_lines(company: Company, language: str) -> dict[str, str]:
    """The same work without menus."""
    with desk(company, language, KATE, "--plain", columns=80, rows=24) as seat:
        seat.until(HOME)
        seat.command("event", "cellar", "Bodegas Echeverría", "1167 ›")
        seat.capture("plain")
        return seat.pictures


SCENES: tuple[Scene, ...] = (signing_in, sales, lists, small_window, support, accounting, administration, plain_lines)
