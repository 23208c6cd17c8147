"""The guides show the program as it is: pictures, tables and commands; whoever changes it makes them anew."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.embedded import Server
from crm.models import DEPARTMENTS
from docs.company import Company
from docs.guide import EVERYBODY, HERE, guide_of, regenerate
from docs.screens import text_of
from menus import palette
from menus.actions import Command, all_actions
from menus.i18n import LANGUAGES, current
from menus.locale.update import sources, template
from menus.matching import EXACT, fold
from tests.company import Office
from tests.menus.test_shell import desk, many_clients, speaking
from tests.test_docs import Page

AGAIN = (
    "The guides show another program than this one: run python -m docs.guide, look at what has changed, and commit it"
)
WORKERS = {"sales": "Bill Boquet", "support": "Kate Hastroff", "accounting": "Gina Comptoir", "admin": "Ada Racine"}
PLACES = (
    "",
    "sessions",
    "clients",
    "contracts unsigned",
    "events",
    "employees",
    "client 1",
    "contract 10",
    "contract 412",
    "event 109",
    "history",
)
"""Where one can be: at home, in the lists, in front of records."""
each_language = pytest.mark.parametrize("language", LANGUAGES)


def page_of(language: str) -> Page:
    return Page(str(guide_of(language).relative_to(HERE.parent)))


def chapters(language: str) -> list[str]:
    return re.split(r"^## ", page_of(language).text, flags=re.MULTILINE)[1:]


def pictures_in(text: str) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\((\S+)\)", text)


def tables_in(text: str) -> list[str]:
    return re.findall(r"<!-- actions: (\w+) -->", text)


def differences(made: Path, committed: Path) -> list[str]:
    """What somebody reads in one directory and not in the other; of a picture its text, for libraries draw differently."""
    names = sorted({str(file.relative_to(root)) for root in (made, committed) for file in shown(root)})
    return [name for name in names if read(made / name) != read(committed / name)]


def shown(root: Path) -> Iterator[Path]:
    yield from root.glob("screens/*/*.svg")
    yield from (root / guide_of(language).name for language in LANGUAGES)


def read(file: Path) -> str:
    if not file.exists():
        return "missing"
    text = file.read_text(encoding="utf-8")
    return text_of(text) if file.suffix == ".svg" else text


def test_guides_show_this_program(server: Server, tmp_path: Path) -> None:
    company = Company(server)
    company.found()
    try:
        regenerate(company, tmp_path)
    except AssertionError as error:
        pytest.fail("\n".join([AGAIN, *error.__notes__, str(error)]), pytrace=False)
    finally:
        company.close()
    assert differences(tmp_path, HERE) == [], AGAIN


class TestTheCheckNotices:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        for file in shown(HERE):
            (tmp_path / file.relative_to(HERE)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, tmp_path / file.relative_to(HERE))
        return tmp_path

    def test_nothing_where_nothing_is(self, copy: Path) -> None:
        assert differences(copy, HERE) == []

    def test_a_word_on_a_screen(self, copy: Path) -> None:
        picture = copy / "screens/en/find.svg"
        picture.write_text(picture.read_text(encoding="utf-8").replace("kevin@startup.io", "kevin@startup.oi"), "utf-8")
        assert differences(copy, HERE) == ["screens/en/find.svg"]

    def test_a_screen_that_is_gone_and_one_that_is_new(self, copy: Path) -> None:
        (copy / "screens/fr/find.svg").rename(copy / "screens/fr/lost.svg")
        assert differences(copy, HERE) == ["screens/fr/find.svg", "screens/fr/lost.svg"]

    def test_an_explanation_in_a_table(self, copy: Path) -> None:
        guide = copy / "guide.en.md"
        guide.write_text(guide.read_text(encoding="utf-8").replace("Note a payment", "Note payments"), "utf-8")
        assert differences(copy, HERE) == ["guide.en.md"]


@each_language
def test_every_picture_is_there_and_used(language: str) -> None:
    there = [f"screens/{language}/{file.name}" for file in (HERE / "screens" / language).glob("*.svg")]
    assert sorted(pictures_in(page_of(language).text)) == sorted(there)


def test_both_guides_have_the_same_chapters() -> None:
    def outline(language: str) -> list[tuple[list[str], list[str]]]:
        return [
            ([Path(name).name for name in pictures_in(chapter)], tables_in(chapter)) for chapter in chapters(language)
        ]

    assert outline("en") == outline("fr")
    assert [whose for chapter in chapters("en") for whose in tables_in(chapter)] == [EVERYBODY, *DEPARTMENTS]


@each_language
def test_every_action_is_in_a_table(language: str) -> None:
    generated = "".join(re.findall(r"<!-- actions: .*?<!-- end -->", page_of(language).text, re.DOTALL))
    with speaking(language) as spoken:
        names = {
            f"| `{spoken.gettext(action.name)}` | {spoken.gettext(action.description)} |" for action in all_actions()
        }
    assert names - set(generated.splitlines()) == set()


@each_language
def test_chapters_are_listed_in_front(language: str) -> None:
    text = page_of(language).text
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert re.findall(r"^\d+\. \[(.+)\]\(#", text, re.MULTILINE) == titles


def offered(office: Office, full_name: str) -> list[list[Command]]:
    """What somebody can type, at each place."""
    return [offered_at(office, full_name, place) for place in PLACES]


def offered_at(office: Office, full_name: str, place: str) -> list[Command]:
    shell = desk(office, full_name, *([place] if place else [])).work()
    commands = list(shell.commands())
    shell.session.database.close()  # a server has so many connections and no more
    return commands


def works(typed: str, places: list[list[Command]]) -> bool:
    """Is it, at one of the places, the name of a command in this language, with what the command takes behind it?"""
    meant = {found[0].names[0] for commands in places if (found := palette.resolve(typed, commands, EXACT))}
    return any(
        begins_with(typed, name) and not any(begins_with(typed, longer, name) for longer in names()) for name in meant
    )


def begins_with(typed: str, name: str, shorter: str = "") -> bool:
    """As a whole word; and is the name longer than another one?"""
    return len(name) > len(shorter) and f"{fold(typed)} ".startswith(f"{fold(name)} ")


def names() -> list[str]:
    """Those of all actions, whoever may do them."""
    return [current().gettext(action.name) for action in all_actions()]


@each_language
def test_every_command_works(office: Office, language: str) -> None:
    many_clients(office, 57)
    with speaking(language):
        places = {department: offered(office, full_name) for department, full_name in WORKERS.items()}
        wrong = []
        for chapter in chapters(language):
            mine = [places[whose] for whose in tables_in(chapter) if whose != EVERYBODY] or [*places.values()]
            typed = {
                " ".join(span.split()) for span in re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", without_fences(chapter))
            }
            commands = [span for span in typed if not re.match(r"epicevents|[A-Z_]+=", span)]
            wrong += [span for span in commands if not any(works(span, one) for one in mine)]
        assert wrong == []
        assert not works("clients vanish", places["sales"]) and not works("contract delete", places["sales"])


def without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@each_language
def test_sentences_are_those_of_the_program(language: str) -> None:
    rows = re.findall(r"^\| ([^|]+) \|", chapters(language)[-1], re.MULTILINE)[2:]
    assert rows
    with speaking(language) as spoken:
        said = [spaced(spoken.gettext(message.id)) for message in template(sources()) if isinstance(message.id, str)]
    for row in rows:
        parts = [part.strip() for part in spaced(row).split("…")]
        assert any(all(part in one for part in parts) for one in said), row


def spaced(sentence: str) -> str:
    """With ordinary spaces for those that do not break."""
    return re.sub(r"\s", " ", sentence)
