"""The small company that tests work in: the people and records of the specification, and a few more."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2

from crm import passwords
from crm.database import Database
from crm.embedded import Server
from crm.session import Session
from crm.token_file import TokenFile

PASSWORD = "violet umbrella parade"

EMPLOYEES = [  # id, name, email, department, active
    (1, "Ada Racine", "ada@epic.example", "admin", True),
    (2, "Bill Boquet", "bill@epic.example", "sales", True),
    (3, "Dawn Lefèvre", "dawn@epic.example", "sales", True),
    (4, "Kate Hastroff", "kate@epic.example", "support", True),
    (5, "Aliénor Vichum", "alienor@epic.example", "support", True),
    (6, "Gina Comptoir", "gina@epic.example", "accounting", True),
    (7, "Otto Ancien", "otto@epic.example", "sales", False),
    (8, "Ines Partie", "ines@epic.example", "support", False),
]
CLIENTS = [  # id, name, email, phone, company, first contact, commercial contact
    (1, "Kevin Casey", "kevin@startup.io", "+678 123 456 78", "Cool Startup LLC", "2021-04-18", 2),
    (2, "John Ouick", "john.ouick@gmail.com", "+1 234 567 8901", "", "2022-01-10", 3),
    (3, "Lou Bouzin", "jacky@loubouzin.grd", "+ 666 12345", "Lou Bouzin SA", "2022-05-02", 2),
]
CONTRACTS = [  # id, client, total, to be paid, creation date, status
    (10, 1, 1000, 1000, "2023-03-29", "unsigned"),
    (11, 2, 500, 500, "2023-03-30", "unsigned"),
    (412, 3, 2500, 1250, "2023-01-20", "signed"),
    (652, 2, 8000, 0, "2023-02-14", "signed"),
    (700, 1, 4000, 4000, "2023-04-01", "signed"),
]
EVENTS = [  # id, contract, title, support contact, start, end, location, attendees, notes
    (
        109,
        652,
        "John Ouick Wedding",
        4,
        "2027-06-04 13:00Z",
        "2027-06-05 02:00Z",
        "53 Rue du Château, 41120 Candé-sur-Beuvron, France",
        75,
        "Wedding starts at 3PM, by the river.\nCatering is organized, reception starts at 5PM.",
    ),
    (
        1023,
        412,
        "Lou Bouzin General Assembly",
        5,
        "2027-05-05 15:00Z",
        "2027-05-05 17:00Z",
        "Salle des fêtes de Mufflins",
        200,
        "Assemblée générale des actionnaires (~200 personnes).",
    ),
    (1024, 652, "John Ouick Brunch", None, "2027-06-05 11:00Z", "2027-06-05 14:00Z", "", None, ""),
]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@cache
def credential() -> tuple[bytes, str, bytes]:
    """Everybody's: one argon2 for the whole test run."""
    return passwords.fresh_credential(PASSWORD)


def settle(owner: dict[str, Any]) -> None:
    """Fill an installed, empty database with the company."""
    with closing(psycopg2.connect(**owner)) as connection, connection, connection.cursor() as cursor:
        for row in EMPLOYEES:
            cursor.execute(
                "INSERT INTO crm.employee (id, full_name, email, department, active) VALUES (%s, %s, %s, %s, %s)", row
            )
            cursor.execute("SELECT crm.write_credential(%s, %s, %s, %s, false)", (row[0], *credential()))
        for row in CLIENTS:
            cursor.execute(
                "INSERT INTO crm.client (id, full_name, email, phone, company_name, first_contact, commercial_contact_id) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                row,
            )
        for row in CONTRACTS:
            cursor.execute(
                "INSERT INTO crm.contract (id, client_id, total_amount, amount_to_be_paid, creation_date, status) VALUES (%s, %s, %s, %s, %s, %s)",
                row,
            )
        for row in EVENTS:
            cursor.execute(
                "INSERT INTO crm.event (id, contract_id, title, support_contact_id, start_date, end_date, location, attendees, notes) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                row,
            )
        for table in ("employee", "client", "contract", "event"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('crm.{table}', 'id'), 2000)")


@dataclass
class Office:
    """One database with the company in it, and everybody who works there."""

    server: Server
    name: str
    directory: Path

    @property
    def owner(self) -> dict[str, Any]:
        return self.server.parameters(self.name, "postgres")

    @property
    def application(self) -> dict[str, Any]:
        return self.server.parameters(self.name, "epic_app")

    def number(self, full_name: str) -> int:
        return next(key for key, name, *_ in EMPLOYEES if name == full_name)

    def email(self, full_name: str) -> str:
        return next(email for _, name, email, *_ in EMPLOYEES if name == full_name)

    def token(self, full_name: str) -> str:
        """A genuine token, without the wait for argon2."""
        return self.as_owner("SELECT crm.issue_token(%s)", self.number(full_name))[0][0]

    def as_owner(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Run a statement as the owner of the database; its rows, if it has any."""
        with closing(psycopg2.connect(**self.owner)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchall() if cursor.description else []

    def connect(self, token: str | None) -> Any:
        """What an employee with psql has: the application role, and a token or none. Autocommit."""
        options = f"-c epic.token={token}" if token else ""
        connection = psycopg2.connect(**{**self.application, "options": options})
        connection.autocommit = True
        return connection

    def nobody(self) -> Session:
        """A shell's session before anybody signed in."""
        return Session(Database(self.application), TokenFile(self.directory / "token"))

    def session(self, full_name: str) -> Session:
        """`full_name` at work."""
        file = TokenFile(self.directory / full_name / "token")
        file.write(self.token(full_name))
        session = Session(Database(self.application), file)
        assert session.resume()
        return session
