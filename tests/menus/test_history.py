"""The history in front of somebody: as a list, of one record, one change in full; how a change is written."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rich.cells import cell_len
from wcwidth import wcswidth

from crm.fields import ENTITIES
from crm.history import NO_NAMES, Names
from crm.models import Change, Colleague
from crm.records import Page
from menus.filters import FILTER
from menus.history_filters import CHANGE
from menus.i18n import _
from menus.past import DEEDS, called, change_line, deed, differences, in_full, name_of
from menus.past_view import past
from tests.company import NOW, Office
from tests.menus.test_lists import table
from tests.menus.test_shell import after, completions, desk, give, speaking, statements
from tests.menus.test_views import HOSTILE, WIDTHS, assert_tame, screen

NAMES = Names(
    {
        ("employee", 2): "Bill Boquet",
        ("employee", 3): "Dawn Lefèvre",
        ("client", 2): "John Ouick",
        ("contract", 652): "John Ouick",
        ("event", 109): "John Ouick Wedding",
    }
)


def change(fields: dict[str, list[Any]], entity: str = "event", action: str = "update", number: int = 109) -> Change:
    return Change(
        id=7, at=NOW, actor=Colleague(id=6, full_name="Gina Comptoir", department="accounting"),
        client=2, entity=entity, entity_id=number, action=action, fields=fields,
    )  # fmt: skip


def table_of(output: str) -> list[list[str]]:
    """The rows of the last list: place, when, who, record, name, change."""
    return [row.split(" | ") for row in table(output)[2:-1]]


def deeds_of(output: str) -> list[str]:
    """Who did what with which record, in the last list."""
    return [f"{who}: {record}: {what}" for _place, _when, who, record, _name, what in table_of(output)]


@pytest.fixture
def busy(office: Office) -> Office:
    """A company in which something was done."""
    gina, bill = office.session("Gina Comptoir"), office.session("Bill Boquet")
    bill.clients.update(bill.clients.get(1), company_name="Cooler")
    gina.events.update(gina.events.get(109), notes="Wedding starts at 4PM, by the river.\nBring umbrellas.")
    gina.events.assign(gina.events.get(1024), gina.employees.get(4))
    gina.events.delete(gina.events.get(1023))
    gina.contracts.delete(gina.contracts.get(11))
    office.session("Ada Racine").employees.reset_password(gina.employees.get(8))
    return office


DONE = [
    "Ada Racine: employee 8: one-time password no → yes",
    "Gina Comptoir: contract 11: deleted",
    "Gina Comptoir: event 1023: deleted",
    "Gina Comptoir: event 1024: support contact nobody → Kate Hastroff",
    "Gina Comptoir: event 109: notes … starts at 3PM, by the riv… → … starts at 4PM, by the riv…",
    "Bill Boquet: client 1: company Cool Startup LLC → Cooler",
]


class TestWords:
    @pytest.mark.parametrize(
        ("entity", "fields", "line"),
        [
            ("client", {"commercial_contact_id": [2, 3]}, "commercial contact Bill Boquet → Dawn Lefèvre"),
            ("contract", {"commercial_id": [2, 3]}, "commercial contact Bill Boquet → Dawn Lefèvre"),
            ("event", {"support_contact_id": [None, 3]}, "support contact nobody → Dawn Lefèvre"),
            ("event", {"support_contact_id": [3, None]}, "support contact Dawn Lefèvre → nobody"),
            ("event", {"contract_id": [652, 9]}, "contract contract 652 · John Ouick → contract 9"),
            ("contract", {"client_id": [2, 9]}, "client client 2 · John Ouick → client 9"),
            ("event", {"notes": ["", "Bring\numbrellas."]}, "notes – → Bring ⏎ umbrellas."),
            ("event", {"cancelled_at": [None, NOW.isoformat()]}, "cancellation"),
            ("event", {"location": ["", "Paris"], "title": ["A", "B"]}, "title A → B, location – → Paris"),
            ("employee", {"department": ["sales", "kitchen"]}, "department Sales → kitchen"),
        ],
    )
    def test_values_on_one_line(self, entity: str, fields: dict[str, list[Any]], line: str) -> None:
        assert deed(change(fields, entity), NAMES) == line
        assert change_line(change(fields, entity), NOW, NAMES) == f"Gina Comptoir changed {line}, just now"

    def test_in_french(self) -> None:
        with speaking("fr"):
            assigned = change({"support_contact_id": [None, 3]})
            assert change_line(assigned, NOW, NAMES) == (
                "Gina Comptoir a modifié contact support personne → Dawn Lefèvre, à l’instant"
            )
            assert change_line(change({}, action="delete"), NOW).startswith("Gina Comptoir a supprimé la fiche")
            assert called("contract", 652, NAMES) == "contrat 652 · John Ouick"

    def test_long_notes_show_what_differs(self) -> None:
        before = "Catering is organized, reception starts at 5PM, dinner at 8PM in the great hall upstairs."
        line = deed(change({"notes": [before, before.replace("8PM", "9PM")]}), NAMES)
        assert line == "notes … dinner at 8PM in the … → … dinner at 9PM in the …"

    def test_in_full_nothing_is_cut(self) -> None:
        before, after_it = "A long one. " * 50 + "\nTwo lines.", "Short."
        assert list(in_full(change({"notes": [before, after_it], "attendees": [None, 75]}), NAMES)) == [
            ("Attendees", "– → 75"),
            ("Notes", before),
            ("Notes", f"→ {after_it}"),
        ]

    def test_creations_and_deletions_show_what_was_there(self) -> None:
        values = {"title": [None, "Party"], "location": [None, ""], "support_contact_id": [None, 3]}
        made = list(in_full(change(values, action="create"), NAMES))
        assert made == [("Title", "Party"), ("Support contact", "Dawn Lefèvre"), ("Location", "–")]
        gone = {name: [new, None] for name, (_old, new) in values.items()}
        assert list(in_full(change(gone, action="delete"), NAMES)) == made

    def test_a_moment_keeps_its_day_in_full(self) -> None:
        moved = change({"start_date": ["2027-06-04T13:00:00+00:00", "2027-06-04T14:00:00+00:00"]})
        assert deed(moved, NAMES) == "start 13:00 → 14:00"
        assert [tuple(each) for each in differences(moved, NAMES)] == [
            ("Start", "4 Jun 2027 13:00", "4 Jun 2027 14:00")
        ]

    @pytest.mark.parametrize(
        ("about", "name"),
        [
            (change({}), "John Ouick Wedding"),
            (change({}, "contract", number=652), "John Ouick"),
            (change({"title": ["Gala", None]}, action="delete", number=9), "Gala"),
            (change({"title": [None, "Gala"]}, action="create", number=9), "Gala"),
            (change({"notes": ["", "x"]}, number=9), "John Ouick"),  # gone: its client
        ],
    )
    def test_what_a_record_is_called(self, about: Change, name: str) -> None:
        assert name_of(about, NAMES) == name

    def test_every_action_of_the_database_has_its_words(self, office: Office) -> None:
        ((check,),) = office.as_owner(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'crm.change'::regclass AND conname = 'change_action_check'"
        )
        assert set(re.findall(r"'(\w+)'", check)) == set(DEEDS)

    def test_every_recorded_value_has_a_name_in_both_languages(self, office: Office) -> None:
        office.as_owner("UPDATE crm.event SET cancelled_at = now()")
        recorded = office.as_owner("SELECT DISTINCT entity, jsonb_object_keys(fields) FROM crm.change")
        labels = {}
        for code in ("en", "fr"):
            with speaking(code):
                labels[code] = {
                    (entity, key): next(iter(differences(change({key: [None, None]}, entity), NO_NAMES))).label
                    for entity, key in recorded
                }
        assert not [key for key, label in labels["en"].items() if label == key[1].replace("_", " ")]
        same = {label for key, label in labels["fr"].items() if label == labels["en"][key]}
        assert same <= {"Client", "Email", "Notes"}

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_whatever_people_wrote(self, text: str) -> None:
        changed = change({"notes": [text, text + "x"], "title": ["", text], "location": [text, ""]})
        page = Page([changed], 1, has_previous=False, has_next=False)
        for width in WIDTHS:
            lines = screen(past(text, page, NAMES, ""), width)
            assert all(cell_len(line) <= width and wcswidth(line) <= width for line in lines)
            assert_tame("\n".join(lines))
        assert_tame("\n".join(past(text, page, NAMES, "").as_lines()))
        assert "\n" not in deed(changed, NAMES)


class TestList:
    def test_newest_first_with_names(self, busy: Office) -> None:
        output = after(busy, "Ada Racine", "history").output
        assert deeds_of(output)[:6] == DONE
        assert [row[4] for row in table_of(output)][:6] == [
            "Ines Partie", "John Ouick", "Lou Bouzin General Assembly", "John Ouick Brunch", "John Ouick Wedding", "Kevin Casey"
        ]  # fmt: skip
        assert table(output)[0] == "History" and table(output)[1] == "# | When | Who | Record | Name | Change"

    @pytest.mark.parametrize("who", ["Bill Boquet", "Kate Hastroff", "Gina Comptoir"])
    def test_employees_are_not_in_it_for_others(self, busy: Office, who: str) -> None:
        output = after(busy, who, "history").output
        assert deeds_of(output)[:5] == DONE[1:]
        assert "employee" not in output[output.index("History\n") :]
        worked = after(busy, who, "history", "filter employees", "filter employee bill")
        assert "employees" not in table(worked.output)[0] and len(worked.errors.splitlines()) == 2

    def test_a_page_takes_two_statements(self, busy: Office) -> None:
        shell = desk(busy, "Ada Racine").shell
        give(shell, "history")
        for turn in ("next", "previous", "filter events", "sort date"):
            with statements() as sent:
                give(shell, turn)
            assert len(sent) == 2, turn

    def test_pages(self, busy: Office) -> None:
        shell = desk(busy, "Ada Racine").shell
        first = give(shell, "history")
        assert table(first)[-1] == "1–20 of 33 · Page 1"
        second = give(shell, "next")
        assert table(second)[-1] == "21–33 of 33 · Page 2" and len(table_of(second)) == 13
        assert table(give(shell, "previous")) == table(first)
        oldest = give(shell, "sort by date")
        assert table(oldest)[0] == "History · by date, oldest first"
        assert deeds_of(oldest)[0] == "The installation: employee 1: created"

    FILTERS = (
        (["filter colleague gina"], "by Gina Comptoir", DONE[1:5]),
        (["filter colleague gina", "filter deleted"], "by Gina Comptoir · deleted", DONE[1:3]),
        (["filter deleted"], "deleted", DONE[1:3]),
        (["filter events", "filter changed"], "events · changed", DONE[3:5]),
        (["filter clients", "filter changed"], "clients · changed", DONE[5:]),
        (["filter contracts", "filter deleted"], "contracts · deleted", DONE[1:2]),
        (["filter employees", "filter colleague ada"], "employees · by Ada Racine", DONE[:1]),
        (["filter client kevin", "filter changed"], "Kevin Casey · changed", DONE[5:]),
        (["filter event wedding", "filter changed"], "John Ouick Wedding · changed", DONE[4:5]),
        (["filter employee ines", "filter colleague ada"], "account of Ines Partie · by Ada Racine", DONE[:1]),
        (["filter events", "filter clients", "filter changed"], "clients · changed", DONE[5:]),  # one kind at a time
        (["filter created", "filter changed", "filter mine"], "changed · mine", DONE[:1]),
    )

    @pytest.mark.parametrize(("lines", "title", "found"), FILTERS)
    def test_filters(self, busy: Office, lines: list[str], title: str, found: list[str]) -> None:
        worked = after(busy, "Ada Racine", "history", *lines)
        assert worked.errors == ""
        assert (table(worked.output)[0], deeds_of(worked.output)) == (f"History · {title}", found)

    def test_a_client_with_all_that_belongs_to_it(self, busy: Office) -> None:
        worked = after(busy, "Bill Boquet", "history", "filter client ouick", "filter deleted")
        assert deeds_of(worked.output) == ["Gina Comptoir: contract 11: deleted"]
        worked = after(busy, "Bill Boquet", "history", "filter contract 652")
        assert deeds_of(worked.output) == ["The installation: contract 652: created"]

    def test_days(self, busy: Office) -> None:
        busy.as_owner(
            "SET LOCAL session_replication_role = replica;"
            " UPDATE crm.change SET at = '2026-10-14 22:30Z' WHERE action = 'delete'"  # the 15th in Paris
        )
        with speaking("en"):
            for line, count in (("from 15/10/2026", 31 + 2), ("until 14/10/2026", 0), ("until 15/10/2026", 2)):
                worked = after(busy, "Ada Racine", "history", f"filter {line}")
                day = {"15": "15 Oct 2026", "14": "14 Oct 2026"}[line.split()[1][:2]]
                assert f"History · {line.split()[0]} {day}" in worked.output
                assert worked.errors == ""
                rows = 0 if "Nothing here." in worked.output else len(table_of(worked.output))
                assert rows == min(count, 20), line
            deleted = table_of(after(busy, "Ada Racine", "history", "filter deleted").output)
            assert {row[1] for row in deleted} == {"15 Oct 00:30"}

    def test_asked_for_and_looked_up_while_typing(self, busy: Office) -> None:
        shell = desk(busy, "Gina Comptoir").shell
        give(shell, "history")
        assert [line.key for line in completions(shell)("filter client kev")][:1] == ["filter client 1"]
        output = give(shell, "filter", "filter deleted")
        assert "filter mine" in output and "What I changed myself" in output
        assert deeds_of(output) == DONE[1:3]

    @pytest.mark.parametrize("action", sorted(set(DEEDS) - {"update"}))
    def test_each_action_has_its_filter(self, busy: Office, action: str) -> None:
        busy.as_owner("ALTER TABLE crm.change DROP CONSTRAINT change_action_check")
        busy.as_owner(
            "INSERT INTO crm.change (entity, entity_id, action, fields) VALUES ('client', 1, %s, '{}')", action
        )
        name = DEEDS[action].name
        worked = after(busy, "Ada Racine", "history", f"filter {name}")
        assert table(worked.output)[0] == f"History · {name}"
        assert {row[5] for row in table_of(worked.output)} == {name}

    def test_in_french(self, busy: Office) -> None:
        with speaking("fr"):
            worked = after(busy, "Ada Racine", "historique", "filtrer suppressions", "filtrer collègue gina")
            assert worked.errors == ""
            assert table(worked.output)[:2] == [
                "Historique · suppressions · par Gina Comptoir",
                "# | Quand | Qui | Fiche | Nom | Modification",
            ]
            assert [row[2:4] + row[5:] for row in table_of(worked.output)] == [
                ["Gina Comptoir", "contrat 11", "suppression"],
                ["Gina Comptoir", "événement 1023", "suppression"],
            ]

    def test_every_name_begins_with_the_word(self) -> None:
        for code in ("en", "fr"):
            with speaking(code):
                names = [_(known.name) for known in CHANGE]
                assert len(set(names)) == len(names)
                assert all(name.startswith(f"{_(FILTER)} ") for name in names)

    @pytest.mark.parametrize("code", ["en", "fr"])
    def test_on_every_width(self, busy: Office, code: str) -> None:
        """Records keep their numbers, and nothing wraps."""
        shell, shown = desk(busy, "Ada Racine").shell, []
        shell.terminal.show = shown.append  # type: ignore[method-assign]  # only listens
        with speaking(code):
            shell.open_list("change", "History", shell.session.history.visible())
            for width in WIDTHS:
                lines = screen(shown[-1], width)
                assert all(cell_len(line) <= width for line in lines)
                assert len(lines) == 20 + 6
                assert sum(f"{_('event')} 1023 " in f"{line} " for line in lines) == 2  # deleted, created
            assert _("Change") in screen(shown[-1], 80)[2]

    def test_whoever_has_no_such_right_is_offered_none(self, office: Office) -> None:
        office.as_owner("DELETE FROM crm.permission WHERE department = 'support' AND action = 'history'")
        worked = after(office, "Kate Hastroff", "history", "event 109", "history", "0")
        assert len(worked.errors.splitlines()) == 3 and "all changes" not in worked.output


class TestOneChange:
    def test_in_full_from_the_list(self, busy: Office) -> None:
        output = after(busy, "Bill Boquet", "history", "4").output
        card = output[output.index("event 109 · John Ouick Wedding\n") :]
        assert re.sub("^When: .*$", "When: …", card, flags=re.MULTILINE).startswith(
            "event 109 · John Ouick Wedding\n"
            "When: …\n"
            "Who: Gina Comptoir\n"
            "Record: 1  event 109 · John Ouick Wedding\n"
            "Client: 2  client 2 · John Ouick\n"
            "Change: changed\n"
            "Notes:\n"
            "  Wedding starts at 3PM, by the river.\nCatering is organized, reception starts at 5PM.\n"
            "  → Wedding starts at 4PM, by the river.\nBring umbrellas.\n"
            "History: 0  all changes of it\n"
        )

    def test_ways_on_from_it(self, busy: Office) -> None:
        shell = desk(busy, "Bill Boquet").shell
        give(shell, "history", "4")
        assert "Event ID: 109" in give(shell, "1")
        assert "Client ID: 2" in give(shell, "<", "2")
        assert "History of event 109 · John Ouick Wedding\n1 | " in give(shell, "<", "0")
        assert "\nevent 109 · John Ouick Wedding\nWhen: " in give(shell, "<")
        assert give(shell, "<", "<").count("History\n") == 1

    def test_what_is_deleted_has_its_past_instead_of_a_card(self, busy: Office) -> None:
        shell = desk(busy, "Gina Comptoir").shell
        card = give(shell, "history", "filter deleted", "2")
        assert "Record: event 1023, deleted\n" in card and "Title: Lou Bouzin General Assembly\n" in card
        assert "Change: deleted\n" in card and "Support contact: Aliénor Vichum\n" in card
        whole = give(shell, "0")
        assert re.findall(r"^(\d) \| .* \| (.*)\n  (.*)$", whole, re.MULTILINE) == [
            ("1", "Gina Comptoir", "deleted"),
            ("2", "The installation", "created"),
        ]
        assert "Title: Lou Bouzin General Assembly\n" in give(shell, "2")  # its creation, in full
        assert "Client ID: 3" in give(shell, "1")

    def test_by_its_number(self, busy: Office) -> None:
        ((number,),) = busy.as_owner("SELECT max(id) FROM crm.change WHERE entity = 'client'")
        worked = after(busy, "Bill Boquet", "history", str(number))
        assert f"change {number} ›" in worked.output and "Company: Cool Startup LLC → Cooler" in worked.output
        ((hidden,),) = busy.as_owner("SELECT max(id) FROM crm.change WHERE entity = 'employee'")
        assert after(busy, "Bill Boquet", "history", str(hidden)).errors == "There is no such record, or it is gone.\n"


class TestOfARecord:
    @pytest.mark.parametrize(
        ("who", "card", "lines"),
        [
            ("Bill Boquet", "client 1", ["Company: Cool Startup LLC → Cooler", "created"]),
            ("Kate Hastroff", "event 1024", ["Support contact: nobody → Kate Hastroff", "created"]),
            ("Gina Comptoir", "contract 652", ["created"]),
            ("Ada Racine", "employee 8", ["One-time password: no → yes", "One-time password: yes → no", "created"]),
        ],
    )
    def test_one_key_from_its_card(self, busy: Office, who: str, card: str, lines: list[str]) -> None:
        for key in ("0", "history"):
            worked = after(busy, who, card, key)
            assert worked.errors == ""
            assert "  0  all changes\n" in worked.output
            assert re.findall(r"^  (.*)$", worked.output[worked.output.index("\nHistory of ") :], re.MULTILINE) == lines
            assert worked.output.splitlines()[-1].startswith(f"{card} · history ›")

    def test_not_where_one_may_not(self, busy: Office) -> None:
        """Accounting keeps the staff, but what was changed of them is the administration's."""
        worked = after(busy, "Gina Comptoir", "employee 8", "0")
        assert "all changes" not in worked.output and worked.errors == "“0” is not in the menu; ? shows what is.\n"

    def test_the_last_ones_name_people(self, busy: Office) -> None:
        assert "Gina Comptoir changed support contact nobody → Kate Hastroff, just now" in (
            after(busy, "Kate Hastroff", "event 1024").output
        )

    def test_pages_and_filters(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        for number in range(30):
            bill.clients.update(bill.clients.get(1), company_name=f"Company {number}")
        shell = desk(office, "Bill Boquet").shell
        said = give(shell, "client 1", "0")
        first = re.findall(r"→ Company (\d+)$", said[said.index("History of") :], re.MULTILINE)
        assert first == [str(29 - n) for n in range(len(first))] and "of 31 · Page 1" in said
        said = give(shell, "next")
        assert re.findall(r"→ Company (\d+)$", said, re.MULTILINE)[0] == str(29 - len(first))
        said = give(shell, "filter created")
        assert "History of Kevin Casey · created\n1 | " in said and "1 change\n" in said
        assert not {"filter clients", "filter client"} & {line.msgid for line in shell.commands()}
        assert "\nKevin Casey\nClient ID: 1\n" in give(shell, "<")

    def test_long_texts_fold_on_the_screen(self, office: Office) -> None:
        notes = "A long story. " * 60
        changed = change({"notes": ["", notes.strip()]})
        for width in WIDTHS:
            lines = screen(past("History", Page([changed], 1, False, False), NAMES, ""), width)
            assert all(cell_len(line) <= width for line in lines)
            assert " ".join(" ".join(lines).split()).count("story.") == 60

    def test_in_french(self, busy: Office) -> None:
        with speaking("fr"):
            worked = after(busy, "Kate Hastroff", "événement 1024", "0")
            assert "  Contact support : personne → Kate Hastroff" in worked.output.replace("\xa0", " ")
            assert "Historique : John Ouick Brunch" in worked.output.replace("\xa0", " ")


def test_every_entity_has_its_place_in_the_filters() -> None:
    rights = {known.needs[0] for known in CHANGE if known.needs}
    assert rights == set(ENTITIES)
    assert {known.instead for known in CHANGE} == {"who", "kind", "record", "deed", ""}
