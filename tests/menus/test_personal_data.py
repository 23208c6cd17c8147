"""Asking for a client's personal data, and taking it away: what is asked, said, offered and refused."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from tests import former_client
from tests.company import PASSWORD, Office
from tests.former_client import CONTRACT, EVENT, NAME, NUMBER
from tests.menus.test_shell import after, desk, meanwhile, reopen, shut, speaking

GINA = "Gina Comptoir"
EXPORTS = "SELECT count(*) FROM crm.change WHERE action = 'export'"


@pytest.fixture
def former(office: Office) -> Office:
    former_client.add(office)
    return office


def exports(office: Office) -> int:
    return int(office.as_owner(EXPORTS)[0][0])


class TestExport:
    def test_where_it_is_and_that_it_was_noted(self, former: Office, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        worked = after(former, GINA, "client export brien", str(path))
        assert f"File for everything held on {NAME} (.json or .xlsx) [client-17.json]:" in worked.output
        assert f"Everything held on client 17 is in {path}. The history says that you asked for it." in worked.output
        assert "Gina Comptoir exported everything held on it, just now" in worked.output
        assert json.loads(path.read_text())["client"]["full_name"] == NAME
        assert worked.errors == "" and path.stat().st_mode & 0o777 == 0o600

    def test_a_workbook_in_the_language_of_the_screen(self, former: Office, tmp_path: Path) -> None:
        with speaking("fr"):
            worked = after(former, GINA, "exporter client 17", str(tmp_path / "x.xlsx"))
        assert "Toutes les données du client 17 sont dans" in worked.output
        book = openpyxl.load_workbook(tmp_path / "x.xlsx")
        assert book.sheetnames == ["Client", "Contrats", "Événements", "Historique"]
        assert [cell.value for cell in book["Historique"][1]][:3] == ["Quand", "Qui", "Fiche"]
        assert book["Contrats"]["F2"].value == "signé"

    def test_names_that_will_not_do_are_asked_for_again(self, former: Office, tmp_path: Path) -> None:
        (tmp_path / "folder.json").mkdir()
        names = ["client.pdf", "-", str(tmp_path / "nowhere" / "x.json"), str(tmp_path / "folder.json"), "/proc/x.json"]
        worked = after(former, GINA, "client export 17", *names, str(tmp_path / "x.json"))
        assert worked.errors.splitlines() == [
            "client.pdf cannot be written: its name must end in .json or .xlsx.",
            "… cannot be written: its name must end in .json or .xlsx.",
            f"{tmp_path}/nowhere/x.json cannot be written: there is no such directory.",
            f"{tmp_path}/folder.json cannot be written: it is a directory; add the name of a file.",
            "/proc/x.json cannot be written: there is no such directory.",
        ]
        assert exports(former) == 1

    def test_a_file_that_is_there_is_replaced_only_when_that_is_wanted(self, former: Office, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        path.write_text("mine")
        worked = after(former, GINA, "client export 17", str(path), "")
        assert f"{path} is there already. Replace it?" in worked.output
        assert path.read_text() == "mine" and exports(former) == 0
        after(former, GINA, "client export 17", str(path), "replace")
        assert json.loads(path.read_text())["client"]["id"] == NUMBER

    def test_the_session_is_over_meanwhile(self, former: Office, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        worked = meanwhile(
            former,
            GINA,
            "client export 17",
            lambda: former.as_owner("UPDATE crm.session SET revoked_at = now()"),
            str(path),
            PASSWORD,
            "",  # the same file
        )
        assert worked.errors.replace("Your session is over: please sign in again.\n", "") == ""
        assert path.exists() and exports(former) == 1

    def test_the_database_is_gone_meanwhile(self, former: Office, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        worked = meanwhile(
            former, GINA, "client export 17", lambda: shut(former), str(path), lambda: reopen(former), ""
        )
        assert "The database does not answer" in worked.errors
        assert path.exists() and [child.name for child in tmp_path.iterdir() if child.name.startswith(".")] == []

    def test_left_again(self, former: Office) -> None:
        worked = after(former, GINA, "client export 17", "<", "clients")
        assert worked.errors == "" and exports(former) == 0


class TestAnonymise:
    def test_what_goes_and_what_stays_then_the_card(self, former: Office) -> None:
        worked = after(former, GINA, "client anonymise 17", "anonymise")
        assert "This goes for good, out of the history too:\n" in worked.output
        assert (
            f"  Client: {NAME} · seamus.obrien@tinker.example · +353 1 234 5678 · =Tinker & Tailor\n" in worked.output
        )
        assert "  title, location and notes of 2 events\n" in worked.output
        assert "Kept: number 17, 1 contract with its amounts, all dates, attendees, and who did what" in worked.output
        card = worked.output[worked.output.rindex("Client 17\nClient ID: 17") :]
        assert "Full name: Client 17\nEmail: client-17@anonymous.invalid\nPhone: –\nCompany: –\n" in card
        assert "Anonymised on: " in card
        assert "  Gina Comptoir anonymised it, just now\n" in card
        assert "  Bill Boquet changed full name removed → removed, email removed → removed, just now\n" in card
        assert "Anonymised: client 17.\n" in card
        for trace in ("Brien", "Tinker", "353"):
            assert trace not in card

    @pytest.mark.parametrize("answer", ["", "2", "abandon", "<"])
    def test_nothing_but_consent_is_consent(self, former: Office, answer: str) -> None:
        worked = after(former, GINA, "client anonymise 17", answer)
        assert "Nothing was saved." in worked.output
        assert former.as_owner("SELECT full_name FROM crm.client WHERE id = 17") == [(NAME,)]

    def test_what_is_in_the_way_stands_there_by_number(self, office: Office) -> None:
        worked = after(office, GINA, "client anonymise ouick")
        assert worked.errors == (
            "John Ouick cannot be anonymised while something of theirs is running:\n"
            "  contract 11 · unsigned · €500.00 · €500.00 to be paid\n"
            "  event 1024 · John Ouick Brunch · 5 Jun 2027 11:00 · to assign\n"
            "  event 109 · John Ouick Wedding · 4 Jun 2027 13:00 · planned\n"
        )

    def test_what_got_in_the_way_meanwhile(self, former: Office) -> None:
        worked = meanwhile(
            former,
            GINA,
            "client anonymise 17",
            lambda: former.as_owner("UPDATE crm.contract SET amount_to_be_paid = 1 WHERE id = 170"),
            "anonymise",
        )
        assert worked.errors == (
            "This client still has something left to pay: settle that before you anonymise the client.\n"
        )

    def test_changed_meanwhile(self, former: Office) -> None:
        worked = meanwhile(
            former,
            GINA,
            "client anonymise 17",
            lambda: former.as_owner("UPDATE crm.client SET phone = '1' WHERE id = 17"),
            "anonymise",
        )
        assert worked.errors.startswith("Somebody else changed this record meanwhile")

    def test_menus_offer_nothing_that_would_be_refused(self, former: Office) -> None:
        after(former, GINA, "client anonymise 17", "anonymise")
        for who, refused in (
            (
                GINA,
                ("client anonymise", "contract new", "contract update", "event update", "event assign", "event new"),
            ),
            ("Bill Boquet", ("client update", "contract update", "event new")),
            ("Kate Hastroff", ("event update", "event cancel")),
        ):
            for number, entity in ((NUMBER, "client"), (CONTRACT, "contract"), (EVENT, "event")):
                shell = after(former, who, f"{entity} {number}").shell
                assert shell.place.record.id == number  # type: ignore[attr-defined]
                assert not {action.name for action in shell.place.actions} & set(refused)  # type: ignore[attr-defined]
            shell = desk(former, who).shell
            for action in shell.actions:
                if action.name in refused and action.on is not None:
                    for typed in ("17", "170", "1700", "client 17", "anonymous.invalid"):
                        assert action.candidates(shell.session, typed) == [], (action.name, typed)

    def test_it_can_still_be_exported(self, former: Office, tmp_path: Path) -> None:
        after(former, GINA, "client anonymise 17", "anonymise")
        worked = after(former, GINA, "client export 17", str(tmp_path / "x.xlsx"))
        assert worked.errors == "" and (tmp_path / "x.xlsx").exists()

    def test_in_french(self, former: Office) -> None:
        with speaking("fr"):
            worked = after(former, GINA, "anonymiser client 17", "anonymiser")
        assert "Client 17 anonymisé." in worked.output and "full" not in worked.output
        assert "nom complet effacé → effacé" in worked.output


class TestWhoseItIs:
    @pytest.mark.parametrize("who", ["Bill Boquet", "Kate Hastroff", "Ada Racine"])
    def test_others_are_not_offered_it(self, former: Office, who: str) -> None:
        shell = desk(former, who).shell
        names = {command.msgid for command in shell.commands()}
        assert not names & {"client export", "client anonymise"}
        card = after(former, who, "client 17").shell
        assert not {action.name for action in card.place.actions} & {"client export", "client anonymise"}  # type: ignore[attr-defined]
        worked = after(former, who, "client export", "client anonymise")
        assert worked.errors.count("is not yours to do") == 2

    def test_accounting_is_after_all_daily_actions(self, former: Office) -> None:
        assert [action.name for action in after(former, GINA, "client 17").shell.place.actions] == [  # type: ignore[attr-defined]
            "contract new",
            "client export",
            "client anonymise",
        ]
