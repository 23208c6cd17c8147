"""Makes the pictures and the tables of the guides from the program as it is: python -m docs.guide"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from crm.database import Database
from crm.embedded import Server
from crm.models import DEPARTMENTS
from crm.session import Session
from crm.token_file import TokenFile
from docs.company import Company
from docs.program import ZONE
from docs.scenes import SCENES, Scene
from menus.actions import Action, all_actions
from menus.i18n import LANGUAGES, Language

HERE = Path(__file__).parent
SIDE_BY_SIDE = 4
"""How many programs run at once."""
GENERATED = re.compile(r"(<!-- actions: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
EVERYBODY = "everybody"


def guide_of(language: str) -> Path:
    return HERE / f"guide.{language}.md"


def pictures(company: Company) -> Iterator[tuple[str, str, str]]:
    """(language, name, SVG) of every picture."""
    takes = [(language, scene) for scene in SCENES for language in LANGUAGES]

    def take(what: tuple[str, Scene]) -> dict[str, str]:
        language, scene = what
        try:
            return scene(company, language)
        except AssertionError as error:
            error.add_note(f"{scene.__name__}() of docs/scenes.py, in {language}: its keys lead somewhere else now")
            raise

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for (language, _scene), taken in zip(takes, pool.map(take, takes), strict=True):
            yield from ((language, name, svg) for name, svg in taken.items())


def tables(company: Company) -> Callable[[str, str], str]:
    """(language, department or EVERYBODY) -> the table of its actions; the rights are those of the database."""
    database = company.copy()
    with TemporaryDirectory() as directory:
        allowed = {EVERYBODY: [action for action in all_actions() if action.needs is None]}
        for department in DEPARTMENTS:
            opened = Database(company.server.parameters(database, "epic_app"))
            session = Session(opened, TokenFile(Path(directory) / "token"))
            session.adopt(next(token for _name, of, token in company.people.values() if of == department))
            allowed[department] = [action for action in all_actions() if action.needs and action.allowed(session)]
            opened.close()
    company.drop(database)
    return lambda language, whose: _table(Language(language, ZONE), allowed[whose])


def _table(language: Language, actions: list[Action]) -> str:
    """A table for each group, under its heading."""
    parts = []
    for group, members in groupby(actions, key=lambda action: action.group):
        rows = [f"| `{language.gettext(action.name)}` | {language.gettext(action.description)} |" for action in members]
        parts.append("\n".join([f"| {language.gettext(group)} | |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def filled(text: str, table: Callable[[str], str]) -> str:
    """A guide with its generated parts made anew."""
    return GENERATED.sub(lambda part: f"{part[1]}\n{table(part[2])}\n\n{part[3]}", text)


def regenerate(company: Company, into: Path) -> None:
    """Pictures and guides, as they are to be committed, into that directory."""
    taken = list(pictures(company))  # all of them first: if one fails, nothing is replaced
    shutil.rmtree(into / "screens", ignore_errors=True)
    for language, name, svg in taken:
        file = into / "screens" / language / f"{name}.svg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(svg, encoding="utf-8")
    table = tables(company)
    for language in LANGUAGES:
        text = guide_of(language).read_text(encoding="utf-8")
        made = filled(text, lambda whose, language=language: table(language, whose))  # type: ignore[misc]
        (into / guide_of(language).name).write_text(made, encoding="utf-8")


def main() -> int:
    with TemporaryDirectory(prefix="epicevents-guide-") as directory:
        server = Server(Path(directory) / "postgresql")
        try:
            server.start()
            company = Company(server)
            company.found()
            regenerate(company, HERE)
        finally:
            server.stop()
            shutil.rmtree(server.home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
