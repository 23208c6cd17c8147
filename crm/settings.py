"""What the surroundings say: environment variables and .env become one frozen Settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from dotenv import dotenv_values

from crm.errors import N_, BadSetting
from crm.preferences import Preferences

APPLICATION = "epicevents"


@dataclass(frozen=True)
class Settings:
    """Everything configurable, read once at start-up.

    `database_url` None means the embedded server. `signing_key` is read by `epicevents install`
    only and must not be in an employee's .env. `language` and `time_zone` None mean the system's: what was
    chosen in the program (`preferences_file`) goes before .env, and the environment before both.
    """

    database_url: str | None
    role: str
    role_password: str | None
    signing_key: str | None
    token_file: Path
    data_directory: Path
    log_file: Path
    preferences_file: Path
    language: str | None
    time_zone: str | None
    sentry_dsn: str | None

    @classmethod
    def read(cls, environment: Mapping[str, str], directory: Path) -> Settings:
        """Settings from `environment`, completed by the file `directory`/.env (the environment wins).

        Raises BadSetting when .env cannot be read or a value cannot be used.
        """
        values = {**_dotenv(directory / ".env"), **environment}

        def value(name: str) -> str | None:
            return values.get(name, "").strip() or None

        def path(name: str, default: Path) -> Path:
            given = value(name)
            return Path(given).expanduser().absolute() if given else default

        def chosen_language() -> str | None:
            return environment.get("EPICEVENTS_LANG", "").strip() or Preferences(preferences_file).language

        data_directory = path("EPICEVENTS_DATA", Path(platformdirs.user_data_dir(APPLICATION)))
        preferences_file = data_directory / "preferences.json"
        return cls(
            database_url=_postgresql_url(value("DATABASE_URL")),
            role=value("EPICEVENTS_USER") or "epic_app",
            role_password=value("EPICEVENTS_PW"),
            signing_key=value("EPICEVENTS_SK"),
            token_file=path("EPICEVENTS_TOKEN_FILE", data_directory / "token"),
            data_directory=data_directory,
            log_file=path("EPICEVENTS_LOG_FILE", data_directory / "epicevents.log"),
            preferences_file=preferences_file,
            language=chosen_language() or value("EPICEVENTS_LANG"),
            time_zone=value("EPICEVENTS_TZ"),
            sentry_dsn=value("SENTRY_DSN"),
        )


def _dotenv(file: Path) -> dict[str, str]:
    try:
        # Windows puts a mark in front (utf-8-sig); a password may hold ${.
        values = dotenv_values(file, interpolate=False, encoding="utf-8-sig")
        return {name: text for name, text in values.items() if text is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(name=str(file), why=str(error)) from error


def _postgresql_url(url: str | None) -> str | None:
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        raise BadSetting(name="DATABASE_URL", why=N_("it must start with postgresql://"))
    return url
