"""Brings the catalogues up to date with the source: `python -m menus.locale.update`.

It finds every sentence of crm/ and menus/, puts it into each epicevents.po with the translation it had, compiles the
.mo, and says what is left to translate: translate that in the .po, remove "#, fuzzy" where the guess was right, and
run it again. In the source a sentence is
- what is handed to _(), N_() or ngettext(), as a plain string;
- the name of an Action or a Command;
- the docstring of a CrmError.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from menus.i18n import CATALOGUES, DOMAIN, LANGUAGES

ROOT = CATALOGUES.parent.parent
SOURCES = ("crm", "menus")
SENTENCE_ARGUMENTS = {"_": 1, "N_": 1, "ngettext": 2, "Action": 1, "Command": 1}
"""Function or class -> how many of its first arguments are sentences."""
WITHOUT_VARIABLES = ("_", "N_", "ngettext")
ERROR = "CrmError"
HEADER = """\
# The {language} of Epic Events CRM. Translations are made here;
# the sentences come from the source: python -m menus.locale.update
#"""


class NotASentence(ValueError):
    """A translation is looked up by the whole sentence: what is put together at run time is never found."""


@dataclass(frozen=True)
class Sentence:
    """A msgid, with its plural if it has one, and the file it stands in."""

    msgid: str
    file: str
    plural: str = ""


def sources() -> dict[str, ast.Module]:
    """Every file that may speak -> what is in it."""
    files = sorted(file for folder in SOURCES for file in (ROOT / folder).glob("*.py"))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def sentences(trees: Mapping[str, ast.Module]) -> Iterator[Sentence]:
    """What is to be translated, in the order of the source. Raises NotASentence."""
    errors = _errors(trees.values())
    for file, tree in trees.items():
        places = [node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.ClassDef)]
        for node in sorted(places, key=lambda node: (node.lineno, node.col_offset)):
            if isinstance(node, ast.Call):
                yield from _handed_over(node, file)
            elif node.name in errors and (message := _message(node)):
                yield Sentence(message, file)


def template(trees: Mapping[str, ast.Module]) -> Catalog:
    """The sentences, not translated."""
    catalogue = Catalog()
    for sentence in sentences(trees):
        msgid = (sentence.msgid, sentence.plural) if sentence.plural else sentence.msgid
        catalogue.add(msgid, locations=[(sentence.file, 0)])
    return catalogue


def po_file(code: str, catalogues: Path = CATALOGUES) -> Path:
    return catalogues / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(code: str, catalogues: Path = CATALOGUES) -> Catalog:
    """What is translated into the language `code` until now."""
    file = po_file(code, catalogues)
    if not file.exists():
        return Catalog(code, fuzzy=False)
    with file.open("rb") as written:
        return read_po(written, locale=code, domain=DOMAIN)


def unfinished(catalogue: Catalog) -> list[str]:
    """What has no translation yet, or one that was only guessed."""
    return [str(message.id) for message in catalogue if message.id and (message.fuzzy or not _is_whole(message.string))]


def update(code: str, sentences: Catalog, catalogues: Path = CATALOGUES) -> Catalog:
    """Write the .po and the .mo of one language, keeping what is translated."""
    catalogue = read(code, catalogues)
    catalogue.update(sentences, update_creation_date=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER.format(language=Locale(code).english_name)
    catalogue.project, catalogue.version, catalogue.msgid_bugs_address = "Epic Events", "CRM", ""
    catalogue.last_translator = catalogue.language_team = "Epic Events"
    file = po_file(code, catalogues)
    before = file.read_bytes() if file.exists() else b""
    if _as_po(catalogue) != before:
        catalogue.revision_date = datetime.now(UTC)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_as_po(catalogue))
    with file.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, catalogue)
    return catalogue


def main() -> str | None:
    """Update every language; what is left to do, or None."""
    found = template(sources())
    left = {code: unfinished(update(code, found)) for code in LANGUAGES if code != "en"}
    return "\n".join(f"{code}: {msgid!r}" for code, msgids in left.items() for msgid in msgids) or None


def _handed_over(call: ast.Call, file: str) -> Iterator[Sentence]:
    name = called(call)
    arguments = call.args[: SENTENCE_ARGUMENTS.get(name, 0)]
    if name == "ngettext" and all(isinstance(argument, ast.Constant) for argument in arguments):
        singular, plural = (next(_constants(argument)) for argument in arguments)
        yield Sentence(singular, file, plural)
        return
    for argument in arguments:
        if name in WITHOUT_VARIABLES and _is_put_together(argument):
            raise NotASentence(f"{file}:{call.lineno}: {ast.unparse(call)}")
        yield from (Sentence(msgid, file) for msgid in _constants(argument))


def called(call: ast.Call) -> str:
    """The name of what is called: `refuse` for self.terminal.refuse(…)."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _constants(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _constants(body)
            yield from _constants(orelse)


def _is_put_together(argument: ast.expr) -> bool:
    match argument:
        case ast.JoinedStr() | ast.BinOp():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Constant())):  # "…".format()
            return True
    return False


def _errors(trees: Iterable[ast.Module]) -> set[str]:
    """The names of the classes that descend from CrmError."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {ERROR}
    while (
        more := {node.name for node in classes for base in node.bases if ast.unparse(base).split(".")[-1] in found}
        - found
    ):
        found |= more
    return found


def _message(error: ast.ClassDef) -> str:
    """What the error says; "" when it only says what it is told: "{why}"."""
    said = ast.get_docstring(error) or ""
    return "" if re.fullmatch(r"\{\w+\}", said) else said


def _is_whole(translation: str | Sequence[str | None] | None) -> bool:
    """A sentence is translated, or all its forms are."""
    forms = translation if isinstance(translation, list | tuple) else [translation]
    return bool(forms) and all(forms)


def _as_po(catalogue: Catalog) -> bytes:
    written = BytesIO()
    write_po(written, catalogue, width=120, include_lineno=False, ignore_obsolete=True)
    return written.getvalue()


if __name__ == "__main__":
    sys.exit(main())
