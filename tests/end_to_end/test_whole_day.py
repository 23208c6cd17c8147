"""The main job on a fresh machine: from an empty directory to an event with its notes, by five people at one terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from crm.embedded import Server
from tests.conftest import remove
from tests.end_to_end.terminal import CTRL_S, CTRL_U, DOWN, ENTER, Terminal, environment

PASSWORDS = {name: f"{name.lower()} has a long password" for name in ("Ada", "Bill", "Gina", "Kate")}
PEOPLE = (("Bill Boquet", "sales"), ("Gina Comptoir", "accounting"), ("Kate Hastroff", "support"))
NOTES = "Wedding starts at 3PM, by the river.\nCatering is organized, reception starts at 5PM."


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The home of somebody who has never used the program; their server is stopped in the end."""
    home = tmp_path / "Zoë's home"
    home.mkdir()
    yield home
    remove(Server(home / "data" / "postgresql"))


def rows(home: Path, statement: str) -> list[tuple[Any, ...]]:
    owner = Server(home / "data" / "postgresql").parameters("epic_events", "postgres")
    with closing(psycopg2.connect(**owner)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def check_what_the_database_holds(home: Path) -> None:
    """Exactly the day's work, and who did what."""
    assert rows(home, "SELECT full_name, department, active, must_change_password FROM crm.employee ORDER BY id") == [
        ("Ada Racine", "admin", True, False),
        ("Bill Boquet", "sales", True, False),
        ("Gina Comptoir", "accounting", True, False),
        ("Kate Hastroff", "support", True, False),
    ]
    assert rows(
        home, "SELECT full_name, email, phone, company_name, first_contact::text, commercial_contact_id FROM crm.client"
    ) == [("Kevin Casey", "kevin@startup.io", "+678 123 456 78", "Cool Startup LLC", "2021-04-18", 2)]
    assert rows(
        home, "SELECT client_id, commercial_id, total_amount::text, amount_to_be_paid::text, status FROM crm.contract"
    ) == [(1, 2, "12500.50", "10000.00", "signed")]
    assert rows(
        home,
        "SELECT contract_id, title, support_contact_id, start_date AT TIME ZONE 'Europe/Paris', end_date AT TIME ZONE 'Europe/Paris',"
        " location, attendees, notes FROM crm.event",
    ) == [(1, "Cool Startup Launch", 4, *moments(), "53 Rue du Château, 41120 Candé-sur-Beuvron, France", 75, NOTES)]
    assert rows(
        home,
        "SELECT employee.full_name, entity, action, array(SELECT jsonb_object_keys(fields) ORDER BY 1) FROM crm.change"
        " JOIN crm.employee ON employee.id = actor_id WHERE entity <> 'employee' ORDER BY change.id",
    ) == [
        (
            "Bill Boquet",
            "client",
            "create",
            ["commercial_contact_id", "company_name", "email", "first_contact", "full_name", "phone"],
        ),
        (
            "Gina Comptoir",
            "contract",
            "create",
            ["amount_to_be_paid", "client_id", "commercial_id", "creation_date", "status", "total_amount"],
        ),
        ("Gina Comptoir", "contract", "update", ["signed_at", "status"]),
        (
            "Bill Boquet",
            "event",
            "create",
            ["attendees", "contract_id", "end_date", "location", "notes", "start_date", "title"],
        ),
        ("Gina Comptoir", "event", "update", ["support_contact_id"]),
        ("Kate Hastroff", "event", "update", ["notes"]),
    ]
    assert rows(home, "SELECT count(*) FROM crm.session WHERE revoked_at IS NULL AND employee_id <> 1") == [(0,)]


def moments() -> tuple[Any, Any]:
    from datetime import datetime

    return datetime(2027, 6, 4, 13), datetime(2027, 6, 5, 2)


def test_in_a_terminal(home: Path) -> None:
    seat = Terminal(home, environment(home))
    seat.wait_for("There is no company on this machine yet", "Set up my company")
    seat.press(ENTER)
    seat.answer("Full name:", "Ada Racine")
    seat.answer("Email:", "ada@epic.example")
    seat.answer("New password", PASSWORDS["Ada"])
    seat.answer("The new password again", PASSWORDS["Ada"])
    seat.wait_for("Hello Ada Racine (Administration)")

    one_time: dict[str, str] = {}
    for name, department in PEOPLE:
        first = name.split()[0]
        seat.say("employee new")
        seat.say(name)
        seat.say(f"{first.lower()}@epic.example")
        seat.press({"sales": "1", "support": "2", "accounting": "3"}[department], ENTER)
        seat.wait_for("New employee", "Save")
        seat.press(ENTER)
        shown = seat.wait_for(f"One-time password for {name}")
        one_time[first] = re.findall(r"once: (\S+)", shown)[-1]
    seat.say("sign out")

    def become(first: str, password: str) -> None:
        seat.wait_for("Email:")
        seat.answer("Email:", f"{first.lower()}@epic.example")
        seat.answer("Password:", password)

    for first, password in one_time.items():
        become(first, password)
        seat.wait_for("please choose your own")
        seat.answer("New password", PASSWORDS[first])
        seat.answer("The new password again", PASSWORDS[first])
        seat.wait_for(f"Hello {first}")
        seat.say("sign out")

    become("Bill", PASSWORDS["Bill"])
    seat.wait_for("Hello Bill Boquet (Sales)")
    seat.say("client new")
    for answer in ("Kevin Casey", "Kevin@Startup.io", "+678 123 456 78", "Cool Startup LLC", "\x1518 avril 2021"):
        seat.say(answer)
    seat.press(ENTER)
    seat.wait_for("Saved: client 1.")
    seat.say("sign out")

    become("Gina", PASSWORDS["Gina"])
    seat.wait_for("Hello Gina Comptoir (Management)")
    seat.say("contract new kev")
    seat.say("12 500,50")
    seat.say(f"{CTRL_U}10,000.00")
    seat.press(ENTER)
    seat.wait_for("Saved: contract 1.")
    seat.say("contract sign")
    seat.wait_for("Has Kevin Casey signed contract 1 over €12,500.50?")
    seat.press(ENTER)
    seat.wait_for("Saved: contract 1.", "signed")
    seat.say("sign out")

    become("Bill", PASSWORDS["Bill"])
    seat.wait_for("Hello Bill Boquet (Sales)")
    seat.say("event new 1")
    for answer in (
        "Cool Startup Launch",
        "4 Jun 2027 @ 1PM",
        "5 Jun 2027 @ 2AM",
        "53 Rue du Château, 41120 Candé-sur-Beuvron, France",
        "75",
    ):
        seat.say(answer)
    seat.press(CTRL_S)
    seat.wait_for("New event for Kevin Casey")
    seat.press(ENTER)
    seat.wait_for("Saved: event 1.")
    seat.say("sign out")

    become("Gina", PASSWORDS["Gina"])
    seat.wait_for("Hello Gina Comptoir (Management)")
    seat.say("events without support")
    seat.wait_for("Cool Startup Launch", "to assign")
    seat.say("1")
    seat.say("event assign")
    seat.child.send("hast")
    seat.wait_for("kate@epic.example")
    seat.press(ENTER)
    seat.wait_for("Saved: event 1.", "Kate Hastroff")
    seat.say("sign out")

    become("Kate", PASSWORDS["Kate"])
    seat.wait_for("Hello Kate Hastroff (Support)")
    seat.say("events mine")
    seat.wait_for("Cool Startup Launch")
    seat.say("1")
    seat.say("event update")
    seat.wait_for("Save")
    seat.press(*[DOWN] * 6, ENTER)
    first_line, second_line = NOTES.split("\n")
    seat.press(first_line, ENTER, second_line, CTRL_S)
    seat.wait_for("→", "by the river")
    seat.press(ENTER)
    seat.wait_for("Saved: event 1.")
    seat.say("sign out")
    seat.press("\x04")
    assert seat.end() == 0
    assert not [password for password in (*PASSWORDS.values(),) if password in seat.everything]
    check_what_the_database_holds(home)


def test_line_by_line(home: Path) -> None:
    def piped(*lines: str) -> str:
        finished = subprocess.run(
            [sys.executable, "-m", "menus"],
            cwd=home,
            env=environment(home),
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (finished.returncode, finished.stderr) == (0, "")
        return finished.stdout

    def as_(first: str, *lines: str) -> str:
        return piped(f"{first.lower()}@epic.example", PASSWORDS[first], *lines, "sign out")

    said = piped(
        *("install", "Ada Racine", "ada@epic.example", PASSWORDS["Ada"], PASSWORDS["Ada"]),
        *(
            answer
            for name, department in PEOPLE
            for answer in ("employee new", name, f"{name.split()[0]}@epic.example", department, "save")
        ),
        "sign out",
    )
    for first, password in re.findall(r"One-time password for (\w+) .*?once: (\S+)", said):
        piped(f"{first}@epic.example", password, PASSWORDS[first], PASSWORDS[first], "sign out")
    as_(
        "Bill",
        "client new",
        "Kevin Casey",
        "Kevin@Startup.io",
        "+678 123 456 78",
        "Cool Startup LLC",
        "18 avril 2021",
        "save",
    )
    as_("Gina", "contract new kev", "12 500,50", "10,000.00", "save")
    as_("Gina", "contract sign", "kevin", "Signed")
    launch = (
        "Cool Startup Launch",
        "4 Jun 2027 @ 1PM",
        "5 Jun 2027 @ 2AM",
        "53 Rue du Château, 41120 Candé-sur-Beuvron, France",
        "75",
    )
    as_("Bill", "event new 1", *launch, ".", "save")
    as_("Gina", "event assign 1", "kate")
    assert NOTES.split("\n")[1] in as_("Kate", "event update 1", "Notes", *NOTES.split("\n"), ".", "save", "event 1")
    check_what_the_database_holds(home)
