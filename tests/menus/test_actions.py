"""One table of actions: who is offered what, and on which record. Every right has its action."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

import menus
from menus.actions import Action, all_actions
from menus.palette import options
from tests.company import Office
from tests.menus.test_shell import after, completions, desk, give

READING = {
    "clients", "client",
    "contracts", "contracts unsigned", "contracts unpaid", "contract",
    "events", "events coming", "events without support", "event",
    "history",
}  # fmt: skip
ACCOUNT = {"sessions", "my day", "charts", "language", "password", "sign out", "?", "quit"}
OFFERED = {
    "Bill Boquet": READING | ACCOUNT | {
        "clients mine", "client new", "client update",
        "contracts mine", "contracts mine unsigned", "contracts mine unpaid", "contract update", "contract sign", "contract pay",
        "event new",
    },
    "Kate Hastroff": READING | ACCOUNT | {"events mine", "event update", "event cancel"},
    "Gina Comptoir": READING | ACCOUNT | {
        "client export", "client anonymise",
        "contract new", "contract update", "contract sign", "contract pay", "contract delete",
        "event new", "event update", "event assign", "event cancel", "event delete",
        "employees", "employee", "employee new", "employee update", "employee password",
        "employee move", "employee unlock", "employee deactivate", "employee reactivate",
    },
    "Ada Racine": READING | ACCOUNT | {
        "employees", "employee", "employee new", "employee update", "employee password",
        "employee move", "employee unlock", "employee deactivate", "employee reactivate",
        "sessions everybody", "employee sessions",
    },
}  # fmt: skip
"""What each department's menu holds, and nothing else."""

RIGHTS = {
    ("client", "read"): {"clients", "client"},
    ("client", "history"): {"history"},
    ("client", "create"): {"client new"},
    ("client", "update"): {"client update", "clients mine"},
    ("client", "export"): {"client export"},
    ("client", "anonymise"): {"client anonymise"},
    ("contract", "read"): {"contracts", "contracts unsigned", "contracts unpaid", "contract"},
    ("contract", "create"): {"contract new"},
    ("contract", "update"): {
        "contract update",
        "contract sign",
        "contract pay",
        "contracts mine",
        "contracts mine unsigned",
        "contracts mine unpaid",
    },
    ("contract", "delete"): {"contract delete"},
    ("event", "read"): {"events", "events coming", "events without support", "event"},
    ("event", "create"): {"event new"},
    ("event", "update"): {"event update", "event cancel", "events mine"},
    ("event", "assign"): {"event assign"},
    ("event", "delete"): {"event delete"},
    ("employee", "read"): {"employees", "employee"},
    ("employee", "create"): {"employee new", "employee reactivate"},
    ("employee", "update"): {"employee update", "employee password", "employee move", "employee unlock"},
    ("employee", "delete"): {"employee deactivate"},
    ("session", "read"): {"sessions", "sessions everybody", "employee sessions"},
}
"""Section 3 of the design: each right, and the actions that use it."""


class TestTable:
    def test_exactly_this_is_offered(self, office: Office, subtests: pytest.Subtests) -> None:
        for name, wanted in OFFERED.items():
            with subtests.test(name):
                shell = desk(office, name).shell
                assert {line.msgid for line in shell.commands()} == wanted
                assert {option.key for option in completions(shell)("")} == wanted  # and all of it opens

    def test_every_right_has_its_action(self) -> None:
        by_right: dict[tuple[str, str] | None, set[str]] = {}
        for action in all_actions():
            by_right.setdefault(action.needs, set()).add(action.name)
        assert by_right == {**RIGHTS, None: ACCOUNT - {"sessions"}}

    def test_every_right_of_the_database_is_used_or_shown(self, office: Office) -> None:
        """The history of all is one list, and on the cards; administrator only narrows employee; sessions are ended where they are read."""
        granted = {
            (entity, action) for entity, action in office.as_owner("SELECT DISTINCT entity, action FROM crm.permission")
        }
        elsewhere = {right for right in granted if right[1] in ("history", "revoke") or right[0] == "administrator"}
        elsewhere -= set(RIGHTS)
        assert granted - elsewhere == set(RIGHTS)

    def test_names_are_unique_and_explained(self) -> None:
        table = all_actions()
        assert len({action.name for action in table}) == len(table)
        assert all(action.description for action in table)
        assert {action.on for action in table} == {None, "client", "contract", "event", "employee"}

    def test_an_action_is_frozen(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            all_actions()[0].name = "other"  # type: ignore[misc]

    def test_an_action_on_no_record_has_no_candidates(self, office: Office) -> None:
        (clients,) = [action for action in all_actions() if action.name == "clients"]
        session = office.session("Bill Boquet")
        assert not clients.offered_on(session, session.clients.get(1))
        with pytest.raises(TypeError):
            clients.candidates(session, "kev")

    def test_what_is_not_offered_cannot_be_named_either(self, office: Office, subtests: pytest.Subtests) -> None:
        for name, offered in OFFERED.items():
            with subtests.test(name):
                forbidden = sorted({action.name for action in all_actions()} - offered)
                shell = desk(office, name).shell
                menu = list(shell.commands())
                assert not set(forbidden) & {
                    option.key for line in forbidden for option in options(line, menu, shell.lookups)
                }
                give(shell, *forbidden)
        assert office.as_owner("SELECT count(*) FROM crm.change WHERE actor_id IS NOT NULL") == [(0,)]

    def test_the_name_of_what_others_do_is_no_lookup_and_no_other_command(
        self, office: Office, subtests: pytest.Subtests
    ) -> None:
        """`contract` takes a record, and `nouveau client` comes near `nouveau contrat`, a contract for a client."""
        for name, line in (
            ("Bill Boquet", "contract new"),
            ("Kate Hastroff", "client new"),
            ("Gina Comptoir", "nouveau client"),
        ):
            with subtests.test(f"{name}: {line}"):
                assert after(office, name, line).errors == (
                    f"“{line}” is not yours to do, or not with this record; ? shows what is.\n"
                )

    def test_more_after_such_a_name_is_looked_up(self, office: Office) -> None:
        office.as_owner("UPDATE crm.client SET full_name = 'New York Bakery' WHERE id = 2")
        assert "New York Bakery" in after(office, "Kate Hastroff", "client new york").output

    def test_a_right_that_is_given_brings_its_actions(self, office: Office) -> None:
        """The menus follow crm.permission, not the name of the department."""
        office.as_owner("INSERT INTO crm.permission VALUES ('support', 'client', 'create', 'own')")
        office.as_owner(
            "DELETE FROM crm.permission WHERE department = 'support' AND entity = 'event' AND action = 'update'"
        )
        offered = {line.msgid for line in desk(office, "Kate Hastroff").shell.commands()}
        assert offered == OFFERED["Kate Hastroff"] - {"events mine", "event update", "event cancel"} | {"client new"}


class TestCards:
    """A record one may not change does not offer it."""

    def offered(self, office: Office, name: str, card: str) -> list[str]:
        worked = after(office, name, card)
        assert worked.errors == ""
        return [line.msgid for line in worked.shell.commands() if line.offered]

    OFFERED_ON = (
        ("Bill Boquet", "client 1", ["client update"]),
        ("Bill Boquet", "client 2", []),  # Dawn's
        ("Kate Hastroff", "client 1", []),
        ("Gina Comptoir", "client 1", ["contract new", "client export", "client anonymise"]),
        ("Ada Racine", "client 1", []),
        ("Bill Boquet", "contract 10", ["contract update", "contract sign", "contract pay"]),  # unsigned
        ("Bill Boquet", "contract 412", ["contract update", "contract pay", "event new"]),  # signed, half paid
        ("Bill Boquet", "contract 11", []),  # Dawn's
        ("Bill Boquet", "contract 652", []),
        ("Dawn Lefèvre", "contract 652", ["contract update", "event new"]),  # signed and paid
        ("Gina Comptoir", "contract 10", ["contract update", "contract sign", "contract pay", "contract delete"]),
        ("Gina Comptoir", "contract 652", ["contract update", "event new"]),
        ("Kate Hastroff", "contract 10", []),
        ("Ada Racine", "contract 10", []),
        ("Kate Hastroff", "event 109", ["event update", "event cancel"]),
        ("Kate Hastroff", "event 1023", []),  # Aliénor's
        ("Kate Hastroff", "event 1024", []),  # nobody's
        ("Bill Boquet", "event 1023", []),  # his client's, but not his to change
        ("Gina Comptoir", "event 1024", ["event update", "event assign", "event cancel", "event delete"]),
        ("Ada Racine", "event 109", []),
        (
            "Gina Comptoir",
            "employee bill",
            ["employee update", "employee password", "employee move", "employee deactivate"],
        ),
        ("Gina Comptoir", "employee ada", []),  # an administrator
        ("Gina Comptoir", "employee otto", ["employee update", "employee reactivate"]),  # no account any more
        ("Gina Comptoir", "employee gina", ["employee update"]),  # herself
        ("Ada Racine", "employee ada", ["employee update"]),
        (
            "Ada Racine",
            "employee gina",
            ["employee update", "employee password", "employee move", "employee deactivate", "employee sessions"],
        ),
    )

    def test_what_a_card_offers(self, office: Office, subtests: pytest.Subtests) -> None:
        for name, card, wanted in self.OFFERED_ON:
            with subtests.test(f"{name}: {card}"):
                assert self.offered(office, name, card) == wanted

    def test_a_cancelled_event_can_only_be_deleted(self, office: Office) -> None:
        office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id IN (109, 1024)")
        assert self.offered(office, "Gina Comptoir", "event 1024") == ["event delete"]
        assert self.offered(office, "Kate Hastroff", "event 109") == []

    def test_a_card_follows_what_was_just_done(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell

        def offered(*lines: str) -> list[str]:
            give(shell, *lines)
            return [line.msgid for line in shell.commands() if line.offered]

        assert offered("contract 10") == ["contract update", "contract sign", "contract pay"]
        assert offered("contract sign", "1") == ["contract update", "contract pay", "event new"]
        assert offered("contract pay", "", "save") == ["contract update", "event new"]

    def test_the_menu_of_the_department_is_there_too_but_waits_to_be_typed(self, office: Office) -> None:
        shell = after(office, "Bill Boquet", "client 2").shell
        beside = {"contract 11", "contract 652", "event 1024", "event 109"}
        assert {line.msgid for line in shell.commands()} == OFFERED["Bill Boquet"] | beside
        assert completions(shell)("") == []
        assert completions(shell)("contracts mi")[0].key == "contracts mine"


class TestVerbs:
    """Each action once, line by line, by somebody who may: what the database holds afterwards."""

    DONE = (
        (
            "Bill Boquet",
            ["client update 1", "company", "Warm", "save"],
            "SELECT company_name FROM crm.client WHERE id = 1",
            "Warm",
        ),
        ("Gina Comptoir", ["contract delete 11", "delete"], "SELECT count(*) FROM crm.contract WHERE id = 11", 0),
        ("Bill Boquet", ["contract sign kevin", "1"], "SELECT status FROM crm.contract WHERE id = 10", "signed"),
        (
            "Bill Boquet",
            ["contract pay 412", "250", "save"],
            "SELECT amount_to_be_paid::text FROM crm.contract WHERE id = 412",
            "1000.00",
        ),
        (
            "Bill Boquet",
            ["contract update 10", "2", "1500", "save"],
            "SELECT total_amount::text FROM crm.contract WHERE id = 10",
            "1500.00",
        ),
        (
            "Gina Comptoir",
            ["contract new lou", "900", "900", "save"],
            "SELECT client_id || ' ' || commercial_id FROM crm.contract WHERE id > 2000",
            "3 2",
        ),
        (
            "Kate Hastroff",
            ["event update 109", "attendees", "80", "save"],
            "SELECT attendees FROM crm.event WHERE id = 109",
            80,
        ),
        (
            "Kate Hastroff",
            ["event cancel 109", "1"],
            "SELECT cancelled_at IS NOT NULL FROM crm.event WHERE id = 109",
            True,
        ),
        ("Gina Comptoir", ["event assign 1024", "kate"], "SELECT support_contact_id FROM crm.event WHERE id = 1024", 4),
        ("Gina Comptoir", ["event delete 1024", "delete"], "SELECT count(*) FROM crm.event WHERE id = 1024", 0),
        (
            "Ada Racine",
            ["employee update gina", "full name", "Gina C.", "save"],
            "SELECT full_name FROM crm.employee WHERE id = 6",
            "Gina C.",
        ),
        (
            "Gina Comptoir",
            ["employee deactivate bill", "dawn", "close"],
            "SELECT string_agg(DISTINCT c.commercial_contact_id::text || ' ' || e.active, ',')"
            " FROM crm.client AS c, crm.employee AS e WHERE e.id = 2",
            "3 false",
        ),
        (
            "Ada Racine",
            ["employee move alienor", "sales", "nobody", "move"],
            "SELECT e.department || ' ' || coalesce(v.support_contact_id, 0)"
            " FROM crm.employee AS e, crm.event AS v WHERE e.id = 5 AND v.id = 1023",
            "sales 0",
        ),
        (
            "Gina Comptoir",
            ["employee reactivate otto", "1"],
            "SELECT active AND must_change_password FROM crm.employee WHERE id = 7",
            True,
        ),
        (
            "Gina Comptoir",
            ["employee password vichum", "1"],
            "SELECT must_change_password FROM crm.employee WHERE id = 5",
            True,
        ),
    )

    def test_what_is_done(self, office: Office, subtests: pytest.Subtests) -> None:
        for name, lines, question, answer in self.DONE:
            with subtests.test(lines[0]):
                worked = after(office, name, *lines)
                assert worked.errors == ""
                assert office.as_owner(question) == [(answer,)]

    def test_a_new_colleague_gets_a_one_time_password_that_works(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "employee new", "Eve Nouvelle", "eve@epic.example", "support", "save")
        line = next(
            line for line in worked.output.splitlines() if line.startswith("One-time password for Eve Nouvelle")
        )
        password = line.rsplit(" ", 1)[1]
        new = "eve has a good password"
        arrived = desk(office, None, "eve@epic.example", password, new, new, "events mine")
        arrived.work()
        assert arrived.errors == "" and "Hello Eve Nouvelle (Support)." in arrived.output

    LISTS = (
        ("Bill Boquet", "clients mine", ["3", "1"]),
        ("Bill Boquet", "contracts mine", ["700", "412", "10"]),
        ("Bill Boquet", "contracts mine unsigned", ["10"]),
        ("Bill Boquet", "contracts mine unpaid", ["700", "412", "10"]),
        ("Gina Comptoir", "contracts unsigned", ["11", "10"]),
        ("Gina Comptoir", "contracts unpaid", ["700", "412", "11", "10"]),
        ("Gina Comptoir", "contracts", ["700", "652", "412", "11", "10"]),
        ("Gina Comptoir", "events without support", ["1024"]),
        ("Kate Hastroff", "events mine", ["109"]),
        ("Kate Hastroff", "events", ["1024", "109", "1023"]),
        ("Ada Racine", "employees", ["1", "2", "3", "4", "5", "6", "7", "8"]),
    )

    def test_every_list_and_filter(self, office: Office, subtests: pytest.Subtests) -> None:
        for name, line, found in self.LISTS:
            with subtests.test(f"{name}: {line}"):
                lines = after(office, name, line).output.splitlines()
                assert [row.split(" | ")[1] for row in lines if " | " in row][1:] == found


class TestNoDepartmentInTheCode:
    """`needs` and crm.permission decide; no condition of the menus asks for a department."""

    SOURCES = sorted(Path(menus.__file__).parent.glob("*.py"))

    @pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
    def test_no_condition_asks_for_it(self, source: Path) -> None:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        tests = [node.test for node in ast.walk(tree) if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert)]
        tests += [node.subject for node in ast.walk(tree) if isinstance(node, ast.Match)]
        tests += [test for node in ast.walk(tree) if isinstance(node, ast.comprehension) for test in node.ifs]
        tests += [node for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.BoolOp)]
        asked = [ast.unparse(test) for test in tests if "department" in ast.unparse(test).lower()]
        assert asked == []

    @pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
    def test_no_department_is_named(self, source: Path) -> None:
        constants = [
            node.value
            for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant)
        ]
        assert not {"sales", "support", "accounting", "admin"} & {
            value for value in constants if isinstance(value, str)
        }

    def test_the_table_is_made_of_actions_alone(self) -> None:
        assert all(type(action) is Action for action in all_actions())
