"""Environment and .env, as people and Windows write them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from crm.errors import BadSetting
from crm.settings import Settings

URL = "postgresql://db.epic.example/epic_events?sslmode=verify-full"


def read(directory: Path, dotenv: str | bytes = "", **environment: str) -> Settings:
    """Settings of somebody who starts in `directory`, where this .env lies."""
    (directory / ".env").write_bytes(dotenv if isinstance(dotenv, bytes) else dotenv.encode())
    return Settings.read(environment, directory)


class TestSources:
    def test_without_any_everything_has_a_place(self, tmp_path: Path) -> None:
        settings = Settings.read({}, tmp_path)
        assert (settings.database_url, settings.role, settings.role_password) == (None, "epic_app", None)
        assert (settings.signing_key, settings.language, settings.time_zone, settings.sentry_dsn) == (None,) * 4
        assert settings.data_directory.name == "epicevents"
        assert settings.token_file == settings.data_directory / "token"
        assert settings.log_file == settings.data_directory / "epicevents.log"

    def test_the_dotenv_of_the_start_directory_is_read(self, tmp_path: Path) -> None:
        settings = read(tmp_path, f"DATABASE_URL={URL}\nEPICEVENTS_USER=epic_paris\nEPICEVENTS_LANG=fr\n")
        assert (settings.database_url, settings.role, settings.language) == (URL, "epic_paris", "fr")

    def test_and_none_of_another_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / ".env").write_text(f"DATABASE_URL={URL}\n")
        below = tmp_path / "below"
        below.mkdir()
        monkeypatch.chdir(tmp_path)
        assert Settings.read({}, below).database_url is None

    def test_the_environment_wins(self, tmp_path: Path) -> None:
        settings = read(tmp_path, "EPICEVENTS_USER=from_file\nEPICEVENTS_TZ=Europe/Paris\n", EPICEVENTS_USER="from_env")
        assert (settings.role, settings.time_zone) == ("from_env", "Europe/Paris")

    def test_even_when_it_is_empty(self, tmp_path: Path) -> None:
        assert read(tmp_path, f"DATABASE_URL={URL}\n", DATABASE_URL="").database_url is None

    @pytest.mark.parametrize("nothing", ["", "   ", "\t", "''", '""'])
    def test_an_empty_value_is_none(self, tmp_path: Path, nothing: str) -> None:
        names = (
            "DATABASE_URL",
            "EPICEVENTS_USER",
            "EPICEVENTS_PW",
            "EPICEVENTS_SK",
            "EPICEVENTS_TOKEN_FILE",
            "SENTRY_DSN",
        )
        empty = read(tmp_path, "".join(f"{name}={nothing}\n" for name in names))
        assert empty == read(tmp_path)

    def test_a_name_without_a_value_is_none(self, tmp_path: Path) -> None:
        assert read(tmp_path, "EPICEVENTS_PW\nDATABASE_URL\n") == read(tmp_path)

    def test_nothing_can_be_changed_later(self, tmp_path: Path) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            read(tmp_path).role = "postgres"  # type: ignore[misc]


class TestWriting:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("plain", "plain"),
            ("  spaces around  ", "spaces around"),
            ("'single # quoted'", "single # quoted"),
            ('"double # quoted"', "double # quoted"),
            (r"'it\'s'", "it's"),
            ("a#b", "a#b"),
            ("before # a comment", "before"),
            ("p$ss${HOME}w", "p$ss${HOME}w"),  # nothing is put in for it
            ("'${HOME}'", "${HOME}"),
            ("équipe=1", "équipe=1"),
        ],
    )
    def test_quotes_and_special_characters(self, tmp_path: Path, written: str, meant: str) -> None:
        assert read(tmp_path, f"EPICEVENTS_PW={written}\n").role_password == meant

    def test_line_ends_and_byte_order_mark_of_windows(self, tmp_path: Path) -> None:
        settings = read(tmp_path, f"\ufeffDATABASE_URL={URL}\r\nEPICEVENTS_PW=secret\r\n")
        assert (settings.database_url, settings.role_password) == (URL, "secret")

    def test_export_as_shells_have_it(self, tmp_path: Path) -> None:
        assert read(tmp_path, "export EPICEVENTS_USER=epic_paris\n").role == "epic_paris"


class TestPaths:
    def test_home_and_relative_ones_become_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.chdir(tmp_path)
        settings = read(tmp_path, "EPICEVENTS_DATA=~/crm\nEPICEVENTS_LOG_FILE=log\n")
        assert settings.data_directory == tmp_path / "home" / "crm"
        assert settings.token_file == tmp_path / "home" / "crm" / "token"
        assert settings.log_file == tmp_path / "log"


class TestRefused:
    @pytest.mark.parametrize(
        "url", ["mysql://localhost/epic", "localhost", "host=localhost dbname=epic", "https://x", "POSTGRESQL://x/y"]
    )
    def test_a_url_of_something_else(self, tmp_path: Path, url: str) -> None:
        with pytest.raises(BadSetting) as refused:
            read(tmp_path, DATABASE_URL=url)
        assert str(refused.value) == "DATABASE_URL cannot be used: it must start with postgresql://"

    def test_both_beginnings_of_postgresql_will_do(self, tmp_path: Path) -> None:
        for url in ("postgresql://localhost/epic", "postgres://localhost/epic"):
            assert read(tmp_path, DATABASE_URL=f" {url} ").database_url == url

    def test_a_dotenv_that_is_no_text(self, tmp_path: Path) -> None:
        with pytest.raises(BadSetting, match=r"\.env cannot be used: .*utf-8"):
            read(tmp_path, b"EPICEVENTS_PW=caf\xe9\n")

    def test_a_dotenv_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / ".env").symlink_to("/proc/self/mem")  # root, too, gets an error reading this
        with pytest.raises(BadSetting, match=r"\.env cannot be used: .*Input/output error"):
            Settings.read({}, tmp_path)

    def test_a_directory_of_that_name_is_none(self, tmp_path: Path) -> None:
        (tmp_path / ".env").mkdir()
        assert Settings.read({}, tmp_path).database_url is None
