"""Tables and cards on every width, with whatever people write into them."""

from __future__ import annotations

import io
import itertools
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from wcwidth import wcswidth

from crm.fields import ENTITIES, columns
from crm.models import Change, Client, Colleague
from crm.records import Page
from menus.past import change_line
from menus.terminal import View
from menus.views import WIDEST, Card, Listing, Row, card, listing
from menus.written import visible, when
from tests.company import NOW, Office
from tests.menus.test_shell import after, speaking

WIDTHS = (60, 80, 100, 140)
HOSTILE = {
    "markup": "[/red]",
    "bold": "[bold]Kevin[/bold]",
    "link": "[link=https://x.example]click[/link]",
    "emoji code": ":smile: :warning:",
    "escape": "\x1b[31mred\x1b[0m",
    "clear screen": "a\x1b[2J\x1b[Hb",
    "title": "a\x1b]0;owned\x07b",
    "C1": "a\x9b31mb",
    "control": "a\x00\x07\b\r\t\v\x7fb",
    "bidi": "abc\u202edef\u2066ghi\u2069",
    "marks": "a\u200fb\u061cc",
    "CJK": "株式会社日本語テスト漢字",
    "emoji": "🎉🎊 Fête 👍🏽 🇫🇷 ❤️",
    "family": "👨\u200d👩\u200d👧\u200d👦" * 10,
    "combining": "e" + "\u0301" * 200,
    "spaces": "a\u3000b\u2003c\xa0d\u202fe",
    "lines": "one\ntwo\u2028three\x85four",
    "long": "x" * 10_000,
    "long words": "ab " * 3_333,
    "wide long": "漢" * 5_000,
    "arabic": "مرحبا بالعالم",
    "empty": "",
    "percent": "%s %(x)s {0} {name}",
    "backslash": "\\[bold] \\",
}


def screen(view: View, width: int) -> list[str]:
    """The lines on a screen of that width."""
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False, emoji=False, color_system=None)
    console.print(view.on_screen(width))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines()]


def assert_tame(text: str) -> None:
    """Nothing in it that a terminal acts upon."""
    assert all(letter == "\n" or not (letter < " " or "\x7f" <= letter <= "\x9f") for letter in text), ascii(text)
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029")


def hostile_rows(entity: str, text: str) -> list[list[str]]:
    """Ids of 7 digits, and `text` wherever the entity has one."""
    texts = {1000001: "ordinary", 9999999: text, 7654321: ""}
    return [
        [str(number) if field.name == "id" else written for field in columns(entity)]
        for number, written in texts.items()
    ]


class TestListing:
    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_nothing_wraps_and_every_id_can_be_read(self, text: str) -> None:
        for entity, width in itertools.product(ENTITIES, (20, 40, *WIDTHS, 250)):
            rows = hostile_rows(entity, text)
            lines = screen(Listing(text or "-", columns(entity), rows, "Page 2"), width)
            assert all(cell_len(line) <= width and wcswidth(line) <= width for line in lines)
            assert_tame("\n".join(lines))
            assert len(lines) in (len(rows) + 6, len(rows) + 7)  # title, gap, headings, rule, gap, footer
            for row in rows:
                assert sum(row[0] in line for line in lines) == 1

    def test_real_lists(self, office: Office, subtests: pytest.Subtests) -> None:
        session = office.session("Gina Comptoir")
        for code, entity, width in itertools.product(("en", "fr"), ENTITIES, WIDTHS):
            with subtests.test(f"{entity}, {width} cells, {code}"), speaking(code):
                page = session.of(entity).visible().page()
                lines = screen(listing(entity, entity, page, NOW), width)
                assert all(cell_len(line) <= width for line in lines)
                assert not any("…" in line for line in lines), "a column should have gone before anything is cut"
                for record in page.rows:
                    assert sum(str(record.id) in line.split()[:2] for line in lines[:-1]) == 1

    def test_the_least_important_columns_go_first(self, office: Office) -> None:
        page = office.session("Gina Comptoir").contracts.visible().page()
        shown = listing("contract", "Contracts", page, NOW)

        def headings(width: int) -> list[str]:
            _place, _number, *names = re.split(r"\s{2,}", screen(shown, width)[2].strip())
            return names

        everything = [field.label for field in columns("contract")[1:]]
        assert headings(140) == everything
        assert headings(100) == [name for name in everything if name != "Creation date"]
        assert headings(80) == ["Client", "Total amount", "Amount to be paid", "Status"]
        assert headings(60) == ["Client", "Total amount", "Status"]
        assert headings(40) == ["Client", "Status"]
        assert headings(10) == []

    @given(
        st.lists(st.lists(st.text(max_size=50), min_size=7, max_size=7), max_size=5),
        st.integers(20, 160),
    )
    @example(
        [[""] * 7, ["", "", "", "", "0" * 23, "", "0" * 28 + "\x1b⺀⺀"]], 107
    )  # shown, it is one wider than it is
    @settings(deadline=None)
    def test_whole_columns_go_before_a_text_is_cut(self, texts: list[list[str]], width: int) -> None:
        fields = columns("client")
        rows = [[str(index + 1), *row[1:]] for index, row in enumerate(texts)]
        lines = screen(Listing("Clients", fields, rows), width)
        assert all(cell_len(line) <= width for line in lines)
        optional = [field for field in fields if field.rank > 2 and any(field.label in line for line in lines[:4])]
        shown = (visible(" ".join(cell.split())) for row in rows for cell in row)
        longest = max(map(cell_len, shown), default=0)
        if optional and longest <= WIDEST:
            assert not any("…" in line for line in lines[4:] if "…" not in "".join(map("".join, texts)))

    def test_room_that_is_left_goes_to_long_texts(self) -> None:
        rows = [["1", "x" * 60, "", "", "", "", ""]]
        assert any("x" * 60 in line for line in screen(Listing("Clients", columns("client"), rows), 140))
        assert any("x" * 20 in line and "…" in line for line in screen(Listing("Clients", columns("client"), rows), 60))

    def test_an_empty_list_says_so(self) -> None:
        nothing = Page([], 1, has_previous=False, has_next=False)  # type: ignore[var-annotated]
        empty = listing("client", "Clients", nothing, NOW, nothing="Nothing here.")
        assert screen(empty, 80) == ["Clients", "", "Nothing here."]
        assert list(empty.as_lines())[-1] == "Nothing here."

    def test_the_page_is_told_when_there_is_more_than_one(self, office: Office) -> None:
        rows = office.session("Gina Comptoir").clients.visible().page().rows

        def footer(number: int, has_previous: bool, has_next: bool) -> str:
            return listing("client", "Clients", Page(rows, number, has_previous, has_next), NOW).footer

        assert footer(1, False, False) == "3 clients"
        assert [footer(1, False, True), footer(2, True, True), footer(500, True, False)] == [
            "Page 1",
            "Page 2",
            "Page 500",
        ]

    @pytest.mark.parametrize(
        ("number", "has_next", "total", "english", "french"),
        [
            (1, True, 57, "1–20 of 57 · Page 1", "1–20 sur 57 · Page 1"),
            (3, False, 57, "41–60 of 60 · Page 3", "41–60 sur 60 · Page 3"),  # more have come meanwhile
            (1, True, 1000, "1–20 of 1,000 · Page 1", "1–20 sur 1\u202f000 · Page 1"),
            (1, True, 1001, "1–20 of more than 1,000 · Page 1", "1–20 sur plus de 1\u202f000 · Page 1"),
            (
                60,
                True,
                1001,
                "1,181–1,200 of more than 1,200 · Page 60",
                "1\u202f181–1\u202f200 sur plus de 1\u202f200 · Page 60",
            ),
            (60, False, 1001, "1,181–1,200 of 1,200 · Page 60", "1\u202f181–1\u202f200 sur 1\u202f200 · Page 60"),
            (1, False, 20, "20 clients", "20 clients"),
        ],
    )
    def test_which_rows_of_how_many(self, number: int, has_next: bool, total: int, english: str, french: str) -> None:
        rows = [Client(id=key, full_name="x", email="", phone="", company_name="", commercial_contact=Colleague(id=1, full_name="y")) for key in range(20)]  # fmt: skip
        page = Page(rows, number, number > 1, has_next, total)
        for code, footer in (("en", english), ("fr", french)):
            with speaking(code):
                assert listing("client", "Clients", page, NOW).footer == footer

    def test_one_is_not_many(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        said = []
        for code, entity, key in itertools.product(("en", "fr"), ENTITIES, (1, 10, 109)):
            rows = list(gina.of(entity).visible().where(gina.of(entity).model.id == key))
            with speaking(code):
                said += [listing(entity, entity, Page(rows, 1, False, False), NOW).footer] if rows else []
        assert said == [
            *("1 client", "1 contract", "1 event", "1 employee"),
            *("1 client", "1 contrat", "1 événement", "1 collaborateur"),
        ]

    def test_the_field_it_is_sorted_on_stays(self, office: Office) -> None:
        page = office.session("Gina Comptoir").contracts.visible().page()
        for width in (60, 80, 100, 140):
            for name, heading in (("creation_date", "Creation date"), ("signed_at", "Signed on")):
                assert heading in screen(listing("contract", "Contracts", page, NOW, name), width)[2]

    def test_a_place_is_shown_where_it_opens_the_row(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        contracts = listing("contract", "Contracts", gina.contracts.visible().page(), NOW)
        assert contracts.places == ["1", "2", "3", "4", "5"]
        assert screen(contracts, 80)[2].split()[:2] == ["#", "ID"]
        assert list(contracts.as_lines())[1].startswith("# | Contract ID | Client")
        clients = listing("client", "Clients", gina.clients.visible().page(), NOW)  # numbers 3, 2 and 1
        assert clients.places == ["", "", ""]
        assert screen(clients, 80)[2].split()[:2] == ["ID", "Full"]
        assert list(clients.as_lines())[2].startswith(" | 3 | Lou Bouzin")

    def test_a_long_title_is_read_to_its_end(self) -> None:
        title = "Contrats · non signés · les miens · depuis le 1 oct. 2026 · par montant total, le plus grand d’abord"
        lines = screen(Listing(title, columns("client"), [["1", *[""] * 6]]), 80)
        assert " ".join(lines[:2]) == title

    def test_plain_lines(self, office: Office) -> None:
        page = office.session("Gina Comptoir").contracts.visible().unsigned().page()
        lines = list(listing("contract", "Unsigned contracts", page, NOW).as_lines())
        assert lines[0] == "Unsigned contracts"
        assert (
            lines[1]
            == "# | Contract ID | Client | Commercial contact | Total amount | Amount to be paid | Creation date | Status"
        )
        assert lines[2] == "1 | 11 | John Ouick | Dawn Lefèvre | €500.00 | €500.00 | 30 Mar 2023 | unsigned"

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_a_record_is_one_plain_line(self, text: str) -> None:
        lines = list(Listing(text, columns("client"), hostile_rows("client", text)).as_lines())
        assert_tame("\n".join(lines))
        assert [line.split(" | ")[0] for line in lines[2:]] == ["1000001", "9999999", "7654321"]
        assert not any("\n" in line for line in lines[1:])


class TestCard:
    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_everything_is_inside_the_frame(self, text: str) -> None:
        values = [Row("Client ID", "1000001"), Row("Full name", text), Row("Notes", text + "\n" + text)]
        for width in (40, *WIDTHS):
            lines = screen(
                Card(
                    text, [*values, Row("Contracts", text, "1"), Row("Last changes", text), Row("Last changes", text)]
                ),
                width,
            )
            assert all(cell_len(line) <= width and wcswidth(line) <= width for line in lines)
            assert_tame("\n".join(lines))
            assert any("1000001" in line for line in lines)
        assert_tame("".join(Card(text, values).as_lines()))

    def test_a_client_shows_as_typed(self, office: Office, subtests: pytest.Subtests) -> None:
        bill = office.session("Bill Boquet")
        for name in ("[/red]", "[bold]", "[bold]x[/bold] :smile:", "%s {0}", "日本語 🎉"):
            with subtests.test(name):
                office.as_owner("UPDATE crm.client SET full_name = %s, company_name = %s WHERE id = 1", name, name)
                record = bill.clients.get(1)
                shown = screen(card("client", record, NOW, [], bill.clients.history(record)), 100)
                assert name in shown[0]
                assert sum(name in line for line in shown) >= 3  # title, name, company
                table = screen(listing("client", "Clients", bill.clients.visible().page(), NOW), 100)
                assert sum(name in line for line in table) == 1
                plain = after(office, "Bill Boquet", "client 1", "clients", "client update 1", "2", "", "contract 10")
                assert plain.output.count(name) >= 8

    def test_what_could_be_known_shows_as_a_dash_what_does_not_apply_is_left_out(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        client = card("client", bill.clients.get(2), NOW, [], [])
        assert Row("Company", "–") in client.rows
        for number, payments, signed in (
            (10, "nothing paid yet", False),
            (412, "partly paid", True),
            (652, "fully paid", True),
        ):
            rows = card("contract", bill.contracts.get(number), NOW, [], []).rows
            assert Row("Payments", payments) in rows
            assert ("Signed on" in [row.name for row in rows]) is signed

    def test_an_event_is_the_support_sheet_of_the_specification(self, office: Office) -> None:
        event = office.session("Kate Hastroff").events.get(109)
        shown = card("event", event, NOW, [], [])
        assert [row.name for row in shown.rows] == [
            "Event ID", "Title", "Contract", "Client", "Client contact", "Start", "End", "Support contact",
            "Location", "Attendees", "Notes", "State",
        ]  # fmt: skip
        lines = screen(shown, 100)
        contact = lines.index(next(line for line in lines if "Client contact" in line))
        assert "john.ouick@gmail.com" in lines[contact] and "+1 234 567 8901" in lines[contact + 1]
        assert "by the river." in "\n".join(lines)

    def test_lines_that_lead_elsewhere_begin_with_their_key(self, office: Office) -> None:
        bill = office.session("Bill Boquet")
        beside = [Row("Client", "Kevin Casey · Cool", "1"), Row("Events", "this", "2"), Row("Events", "that", "3")]
        shown = card("contract", bill.contracts.get(700), NOW, beside, [])
        assert [row for row in shown.rows if row.name == "Client"] == beside[:1]  # instead of the bare name
        lines = screen(shown, 80)
        assert any(re.match(r"│ Client +1  Kevin Casey · Cool", line) for line in lines)
        assert any(re.match(r"│ Events +2  this", line) for line in lines)
        assert any(re.match(r"│  +3  that", line) for line in lines)
        plain = list(shown.as_lines())
        assert "Client: 1  Kevin Casey · Cool" in plain and "Events:" in plain and "  3  that" in plain

    def test_french_amounts_keep_their_spaces(self, office: Office) -> None:
        record = office.session("Gina Comptoir").contracts.get(652)
        with speaking("fr"):
            shown = card("contract", record, NOW, [], [])
            assert any("8\u202f000,00\xa0€" in line for line in screen(shown, 80))
            assert any("8\u202f000,00\xa0€" in line for line in shown.as_lines())

    def test_a_wide_screen_does_not_stretch_it(self, office: Office) -> None:
        record = office.session("Bill Boquet").clients.get(1)
        assert {cell_len(line) for line in screen(card("client", record, NOW, [], []), 250)} == {100}


class TestChangeLine:
    def change(
        self,
        fields: dict[str, list[object]],
        entity: str = "client",
        action: str = "update",
        actor: str | None = "Bill Boquet",
    ) -> Change:
        who = Colleague(id=2, full_name=actor, department="sales") if actor else None
        return Change(id=1, at=NOW, actor=who, entity=entity, entity_id=1, action=action, fields=fields)

    def test_old_and_new(self) -> None:
        changed = self.change({"full_name": ["Kevin", "Kévin"], "company_name": ["", "Cool"]})
        assert change_line(changed, NOW) == "Bill Boquet changed full name Kevin → Kévin, company – → Cool, just now"

    @pytest.mark.parametrize(
        ("entity", "name", "old", "new", "shown"),
        [
            ("contract", "amount_to_be_paid", 1250.0, 9999999999.99, "amount to be paid €1,250.00 → €9,999,999,999.99"),
            ("contract", "status", "unsigned", "signed", "status unsigned → signed"),
            ("client", "first_contact", "2021-04-18", "2021-04-19", "first contact 18 Apr 2021 → 19 Apr 2021"),
            ("event", "start_date", "2026-06-04T13:00:00+00:00", "2026-06-04T14:00:00+00:00", "start 13:00 → 14:00"),
            (
                "event",
                "start_date",
                "2026-06-04T13:00:00+00:00",
                "2026-06-05T13:00:00+00:00",
                "start 4 Jun 2026 13:00 → 5 Jun 2026 13:00",
            ),
            ("event", "attendees", None, 75, "attendees – → 75"),
            ("event", "support_contact_id", None, 4, "support contact nobody → employee 4"),
            ("event", "notes", "a", "b\nc", "notes a → b ⏎ c"),
            ("employee", "active", True, False, "active yes → no"),
            ("employee", "department", "sales", "support", "department Sales → Support"),
            ("employee", "must_change_password", True, False, "one-time password yes → no"),
            ("event", "cancelled_at", None, "2026-11-24T09:00:00+00:00", "cancellation"),
            ("client", "something_new", 1, 2, "something new 1 → 2"),
        ],
    )
    def test_every_kind_of_value(self, entity: str, name: str, old: object, new: object, shown: str) -> None:
        assert change_line(self.change({name: [old, new]}, entity), NOW) == f"Bill Boquet changed {shown}, just now"

    def test_the_moment_of_a_signature_is_that_of_the_line(self) -> None:
        signed = {"status": ["unsigned", "signed"], "signed_at": [None, NOW.isoformat()]}
        line = change_line(self.change(signed, "contract"), NOW)
        assert line == "Bill Boquet changed status unsigned → signed, just now"

    def test_creations_and_the_installation(self) -> None:
        assert change_line(self.change({}, action="create"), NOW) == "Bill Boquet created it, just now"
        assert change_line(self.change({}, action="create", actor=None), NOW).startswith("The installation created it")

    @pytest.mark.parametrize(
        ("later", "english", "french"),
        [
            (timedelta(seconds=59), "just now", "à l’instant"),
            (timedelta(minutes=5), "5 minutes ago", "il y a 5 minutes"),
            (timedelta(hours=2), "today at 10:00", "aujourd’hui à 10:00"),
            (timedelta(hours=15), "yesterday at 10:00", "hier à 10:00"),
            (timedelta(days=2), "24 Nov 2026 10:00", "24 nov. 2026 10:00"),
        ],
    )
    def test_how_long_ago(self, later: timedelta, english: str, french: str) -> None:
        for code, shown in (("en", english), ("fr", french)):
            with speaking(code):
                assert when(NOW, NOW + later) == shown

    def test_what_is_written_to_the_history_is_read_from_it(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        gina.contracts.update(gina.contracts.get(10), total_amount=Decimal("1234567.89"))
        gina.events.update(gina.events.get(1024), start_date=datetime(2027, 6, 5, 10, tzinfo=UTC), attendees=12)
        lines = [change_line(change, NOW) for change in gina.contracts.history(gina.contracts.get(10), 1)]
        assert lines[0].startswith("Gina Comptoir changed total amount €1,000.00 → €1,234,567.89, ")
        (line,) = [change_line(change, NOW) for change in gina.events.history(gina.events.get(1024), 1)]
        assert "start 11:00 → 10:00" in line and "attendees – → 12" in line
