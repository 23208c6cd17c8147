"""A list in front of somebody: its pages, what opens a row, sorting and filtering."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from crm.models import Contract
from crm.records import ContractRecords
from menus.filters import FILTER, FILTERS
from menus.i18n import _
from menus.lists import ListPlace
from menus.sorting import SORTINGS
from tests.company import Office
from tests.menus.test_shell import after, completions, desk, give, many_clients, prompts, speaking, typed

PAGE_UP, PAGE_DOWN, CTRL_U = "\x1b[5~", "\x1b[6~", "\x15"


@pytest.fixture
def keyboard() -> Iterator[None]:
    """prompt_toolkit reads from a pipe, and draws on nothing."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield


@pytest.mark.usefixtures("keyboard")
class TestKeys:
    def test_page_down_and_up_turn_pages(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        many_clients(office, 17)  # two pages on this screen
        shell = typed(office, "Bill Boquet", "clients\r", PAGE_DOWN, PAGE_DOWN, PAGE_UP, PAGE_UP)
        assert prompts(shell) == ["epic events ›", *["Clients ›"] * 5]
        said = capsys.readouterr().out
        assert said.index("Page 1") < said.index("Page 2") < said.index("This is the last page.")
        assert said.index("This is the last page.") < said.rindex("Page 1") < said.index("This is the first page.")

    def test_while_something_is_typed_they_turn_nothing(
        self, office: Office, capsys: pytest.CaptureFixture[str]
    ) -> None:
        many_clients(office, 37)
        typed(office, "Bill Boquet", "clients\r", f"x{PAGE_DOWN}{CTRL_U}{PAGE_DOWN}")
        assert capsys.readouterr().out.count("Page 2") == 1


def table(output: str) -> list[str]:
    """The last table: title, headings, rows, footer."""
    lines = output.splitlines()
    heading = max(number for number, line in enumerate(lines) if line.startswith("# | "))
    return lines[heading - 1 : next(n for n, line in enumerate(lines) if n > heading and " | " not in line) + 1]


def shown(output: str) -> tuple[str, list[str], str]:
    """Title, record numbers and footer of the last table."""
    title, _headings, *rows, footer = table(output)
    return title, [row.split(" | ")[1] for row in rows], footer


class TestNumbers:
    def test_a_place_opens_its_row(self, office: Office) -> None:
        many_clients(office, 57)
        for number, opened in (("1", 1000057), ("20", 1000038), ("03", 1000055), ("1000050", 1000050)):
            worked = after(office, "Bill Boquet", "clients", number)
            assert f"client {opened} ›" in worked.output, number

    def test_a_number_on_the_page_comes_before_a_place(self, office: Office) -> None:
        many_clients(office, 17)  # 20 in all: 1000017 … 1000001, 3, 2, 1
        worked = after(office, "Bill Boquet", "clients", "2", "<", "4", "<", "02")
        assert re.findall(r"^client (\d+) ›", worked.output, re.MULTILINE) == ["2", "1000014", "2"]
        rows = table(worked.output[: worked.output.index("client 2 ›")])[2:-1]
        assert [row.split(" | ")[:2] for row in rows][:5] == [
            ["", "1000017"],
            ["", "1000016"],
            ["", "1000015"],
            ["4", "1000014"],
            ["5", "1000013"],
        ]
        assert rows[-1].startswith("20 | 1 | ")

    def test_any_other_number_is_a_record_wherever_it_is(self, office: Office) -> None:
        many_clients(office, 57)
        worked = after(office, "Bill Boquet", "clients", "21", "1000001")
        assert worked.errors == "There is no such record, or it is gone.\n"
        assert worked.output.count("client 1000001 ›") == 1

    def test_the_menu_says_what_a_number_opens(self, office: Office) -> None:
        many_clients(office, 57)
        shell = desk(office, "Bill Boquet").shell
        give(shell, "clients")
        assert [(line.key, line.about) for line in completions(shell)("2")] == [("2", "1000056  Client Number 56")]
        assert [line.about for line in completions(shell)("1000056")] == ["Client Number 56"]

    def test_no_record_on_an_empty_list(self, office: Office) -> None:
        worked = after(office, "Bill Boquet", "contracts", "filter from 1/1/2100", "1")
        assert worked.errors == "There is no such record, or it is gone.\n"


class TestSorting:
    def test_by_a_column_and_the_other_way_round(self, office: Office) -> None:
        shell = desk(office, "Gina Comptoir").shell
        assert shown(give(shell, "contracts", "sort total amount")) == (
            "Contracts · by total amount, largest first",
            ["652", "700", "412", "10", "11"],
            "5 contracts",
        )
        assert shown(give(shell, "sort by total amount"))[:2] == (
            "Contracts · by total amount, smallest first",
            ["11", "10", "412", "700", "652"],
        )
        assert shown(give(shell, "sort creation"))[:2] == (
            "Contracts · by creation date, newest first",
            ["700", "11", "10", "652", "412"],
        )
        assert shown(give(shell, "sort number"))[0] == "Contracts · by number, lowest first"
        assert shown(give(shell, "sort number"))[0] == "Contracts"

    def test_the_usual_order_turns_round_too(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "events", "sort start")
        assert shown(worked.output)[:2] == ("Events · by start, soonest first", ["1023", "109", "1024"])

    def test_asked_for(self, office: Office) -> None:
        worked = after(office, "Ada Racine", "employees", "sort", "by name")
        assert "  1. by number, highest first (turns it round)\n  2. by name, A to Z\n" in worked.output
        title, found, _footer = shown(worked.output)
        assert title == "Employees · by name, A to Z" and found == ["1", "5", "2", "3", "6", "8", "4", "7"]

    def test_pages_follow_the_order(self, office: Office) -> None:
        many_clients(office, 57)
        shell = desk(office, "Bill Boquet").shell
        _title, first, footer = shown(give(shell, "clients", "sort first contact", "sort first contact"))
        assert first[:3] == ["1", "2", "3"] and footer == "1–20 of 60 · Page 1"
        _title, second, footer = shown(give(shell, "next"))
        assert second == [str(1000018 + n) for n in range(20)] and footer == "21–40 of 60 · Page 2"
        assert shown(give(shell, "previous"))[1] == first
        assert shown(give(shell, "page 2"))[1] == second
        assert shown(give(shell, "1000020", "<"))[1] == second  # back is the same page in the same order

    def test_unknown_orders_are_refused(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "clients", "sort email", "sort colour")
        assert worked.errors.splitlines() == [f"There is no choice “{typed}” here." for typed in ("email", "colour")]

    def test_in_french(self, office: Office) -> None:
        with speaking("fr"):
            worked = after(office, "Gina Comptoir", "contrats", "trier montant", "sort by signature")
            assert "Contrats · par montant total, le plus grand d’abord\n" in worked.output
            assert shown(worked.output)[0] == "Contrats · par signature, les plus récents d’abord"
            assert worked.errors == ""


class TestFilters:
    def test_they_combine_and_stand_in_the_title(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        assert shown(give(shell, "contracts", "filter mine"))[:2] == ("Contracts · mine", ["700", "412", "10"])
        assert shown(give(shell, "filter signed"))[:2] == ("Contracts · mine · signed", ["700", "412"])
        title, found, footer = shown(give(shell, "filter from 1/3/2023"))
        assert (title, found) == (
            "Contracts · mine · signed · from 1 Mar 2023 · by creation date, newest first",
            ["700"],
        )
        assert footer == "1 contract"

    def test_twice_is_off(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        give(shell, "contracts", "filter mine", "filter unsigned")
        assert shown(give(shell, "filter mine"))[0] == "Contracts · unsigned"
        assert shown(give(shell, "filter from 1/3/2023", "filter from 29/3/2023"))[0].startswith(
            "Contracts · unsigned · from 29 Mar 2023"
        )
        assert shown(give(shell, "filter from"))[0] == "Contracts · unsigned"
        assert shown(give(shell, "filter client kevin", "filter none"))[0] == "Contracts"
        assert [line.msgid for line in shell.commands() if line.msgid == "filter none"] == []

    @pytest.mark.parametrize(
        ("who", "lines", "title", "found"),
        [
            ("Gina Comptoir", ["contracts", "filter without event"], "Contracts · without event", ["700"]),
            ("Gina Comptoir", ["contracts", "filter client ouick"], "Contracts · John Ouick", ["652", "11"]),
            ("Bill Boquet", ["contracts", "filter colleague dawn"], "Contracts · Dawn Lefèvre", ["652", "11"]),
            (
                "Gina Comptoir",
                ["contracts", "filter until 29/3/2023"],
                "Contracts · until 29 Mar 2023 · by creation date, newest first",
                ["10", "652", "412"],
            ),
            (
                "Gina Comptoir",
                ["clients", "filter from 10/1/2022", "filter until 2/5/2022"],
                "Clients · from 10 Jan 2022 · until 2 May 2022 · by first contact, newest first",
                ["3", "2"],
            ),
            ("Bill Boquet", ["clients", "filter mine"], "Clients · mine", ["3", "1"]),
            ("Kate Hastroff", ["events", "filter mine"], "Events · mine", ["109"]),
            ("Gina Comptoir", ["events", "filter without support"], "Events · without support", ["1024"]),
            ("Gina Comptoir", ["events", "filter client bouzin"], "Events · Lou Bouzin", ["1023"]),
            ("Bill Boquet", ["events", "filter colleague kate"], "Events · Kate Hastroff", ["109"]),
            ("Kate Hastroff", ["events", "filter from 5 June 2027"], "Events · from 5 Jun 2027", ["1024"]),
            ("Kate Hastroff", ["events", "filter until 4 June 2027"], "Events · until 4 Jun 2027", ["109", "1023"]),
            (
                "Kate Hastroff",
                ["events coming"],
                "Events · coming · by start, soonest first",
                ["1023", "109", "1024"],
            ),
            ("Ada Racine", ["employees", "filter department support"], "Employees · Support", ["4", "5", "8"]),
            (
                "Ada Racine",
                ["employees", "filter department support", "filter active"],
                "Employees · Support · active",
                ["4", "5"],
            ),
            ("Gina Comptoir", ["employees", "filter closed"], "Employees · closed", ["7", "8"]),
        ],
    )
    def test_every_filter(self, office: Office, who: str, lines: list[str], title: str, found: list[str]) -> None:
        worked = after(office, who, *lines)
        assert worked.errors == ""
        assert shown(worked.output)[:2] == (title, found)

    def test_a_cancelled_event(self, office: Office) -> None:
        office.as_owner("UPDATE crm.event SET cancelled_at = now() WHERE id = 109")
        worked = after(office, "Gina Comptoir", "events", "filter cancelled")
        assert shown(worked.output)[:2] == ("Events · cancelled", ["109"])

    def test_asked_for_with_explanations_and_marks(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contracts unsigned", "filter", "8", "29/03/2023", "filter", "1")
        assert "  1. filter unsigned       on: Contracts that wait for a signature\n" in worked.output
        assert "  2. filter signed         Contracts that are signed\n" in worked.output
        assert "filter mine" not in worked.output  # no contract is hers
        assert "Day (for example 18/04/2026): " in worked.output
        assert shown(worked.output)[0] == "Contracts · until 29 Mar 2023 · by creation date, newest first"

    def test_a_question_that_is_left_changes_nothing(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contracts unsigned", "filter", "<", "sort", "<", "filter from", "<")
        assert worked.errors == "" and worked.output.count("Contracts · unsigned\n") == 1
        assert re.findall(r"^(.*›)", worked.output, re.MULTILINE)[-1] == "Contracts · unsigned ›"

    def test_wrong_values_are_refused_and_the_list_stays(self, office: Office) -> None:
        lines = ["filter from 31/2/2026", "filter client nobody", "filter colour", "filter mine"]
        worked = after(office, "Gina Comptoir", "contracts unsigned", *lines)
        assert len(worked.errors.splitlines()) == 4, worked.errors
        assert worked.output.count("Contracts · unsigned\n") == 1
        worked = after(office, "Ada Racine", "employees", "filter department cooks")
        assert worked.errors == "There is no choice “cooks” here.\n"

    def test_an_empty_list_says_what_to_do(self, office: Office) -> None:
        worked = after(office, "Gina Comptoir", "contracts", "filter signed", "filter unsigned")
        assert worked.output.count("Nothing here. “filter unsigned” takes the last filter off, “filter none” all of them.") == 1  # fmt: skip
        worked = after(office, "Gina Comptoir", "contracts", "filter from 1/1/2100")
        assert "Nothing here. “filter from” takes the filter off." in worked.output
        office.as_owner("DELETE FROM crm.event")
        worked = after(office, "Gina Comptoir", "events")
        assert "Nothing here. “event new” makes a beginning." in worked.output
        worked = after(office, "Kate Hastroff", "events")  # she makes none
        assert "Nothing here.\n" in worked.output

    def test_a_value_is_looked_up_while_it_is_typed(self, office: Office) -> None:
        shell = desk(office, "Bill Boquet").shell
        give(shell, "contracts")
        find = completions(shell)
        found = find("filter client kev")[0]
        assert (found.key, found.label) == ("filter client 1", "filter client 1  Kevin Casey")
        assert next(line.about for line in find("filter colleague ka")) == "Support"
        assert shown(give(shell, found.key))[0] == "Contracts · Kevin Casey"

    def test_in_french(self, office: Office) -> None:
        with speaking("fr"):
            worked = after(office, "Bill Boquet", "contrats", "filtrer les miens", "filtrer non", "filter unpaid")
            assert worked.errors == ""
            assert shown(worked.output)[:2] == ("Contrats · les miens · non signés · impayés", ["10"])
            worked = after(office, "Ada Racine", "collaborateurs", "filtrer département gestion", "sans filtre")
            assert "Collaborateurs · Gestion\n" in worked.output and shown(worked.output)[2] == "8 collaborateurs"

    def test_every_name_begins_with_the_word(self) -> None:
        """What follows it stands in titles."""
        for code in ("en", "fr"):
            with speaking(code):
                for filters in FILTERS.values():
                    for known in filters:
                        assert _(known.name).startswith(f"{_(FILTER)} ") and known.short, known.name

    def test_every_sorting_is_one_that_records_have(self, office: Office) -> None:
        gina = office.session("Gina Comptoir")
        for entity, sortings in SORTINGS.items():
            assert {known.field for known in sortings} == set(gina.of(entity).visible().sortable)

    def test_a_long_prompt_is_shortened(self, office: Office) -> None:
        worked = after(
            office, "Bill Boquet", "contracts mine", "filter unsigned", "filter from 1/1/2023", "filter client kevin"
        )
        assert worked.output.endswith("Contracts · … › \n") or "Contracts · … ›" in worked.output.splitlines()[-1]

    def test_where_one_is_is_explained(self) -> None:
        place = ListPlace("contract", "Contracts", ContractRecords(Contract.select(), (Contract.id,), list), "unsigned")
        assert "“Contracts · unsigned”" in place.about and "#" in place.about
