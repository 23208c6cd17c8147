"""What somebody chose for themselves is there at the next start, and never in the way of one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from crm.preferences import Preferences
from crm.settings import Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "preferences.json"


def test_nothing_chosen(file: Path) -> None:
    assert Preferences(file).language is None
    assert not file.exists()


def test_a_choice_is_kept(file: Path) -> None:
    Preferences(file).choose_language("fr")
    Preferences(file).choose_language("en")
    assert Preferences(file).language == "en"
    assert [kept.name for kept in file.parent.iterdir()] == ["preferences.json"]
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b'{"language": 1}', b"\xff\xfe", b"null"])
def test_a_damaged_file_is_no_choice_and_is_mended_by_the_next(file: Path, damaged: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(damaged)
    assert Preferences(file).language is None
    Preferences(file).choose_language("fr")
    assert Preferences(file).language == "fr"


def test_what_else_is_kept_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"later": 1}')
    Preferences(file).choose_language("fr")
    assert '"later": 1' in file.read_text()


def test_environment_then_choice_then_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EPICEVENTS_LANG=en\n")
    surroundings = {"EPICEVENTS_DATA": str(tmp_path / "data")}
    assert Settings.read(surroundings, tmp_path).language == "en"
    Preferences(tmp_path / "data" / "preferences.json").choose_language("fr")
    assert Settings.read(surroundings, tmp_path).language == "fr"
    assert Settings.read({**surroundings, "EPICEVENTS_LANG": "en"}, tmp_path).language == "en"
