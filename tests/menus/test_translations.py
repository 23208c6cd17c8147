"""The French is whole, and sounds and looks French. After changing what the program says: python -m menus.locale.update"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from crm import fields, validation
from menus import i18n
from menus.actions import all_actions
from menus.day_view import TEXTS
from menus.locale import update
from menus.matching import fold
from menus.messages import SENTENCES_INSIDE

TREES = update.sources()
FRENCH = update.read("fr")
TRANSLATIONS = [message for message in FRENCH if message.id]
NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"

SPELT_ALIKE = {
    "?", "Administration", "Client", "Clients", "Contact", "Email", "Notes", "Page {number}", "Support",
    "Sessions", "Machine", "client", "clients", "page", "sessions", "{total} client", "{total} clients",
}  # fmt: skip
"""What is the same word in both languages; anything else was forgotten."""


def forms(message: Message) -> list[tuple[str, str]]:
    """Each msgid and its French: one pair, or one for each form of a plural."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, list(message.string or ()), strict=True))


PAIRS = [pair for message in TRANSLATIONS for pair in forms(message)]


# The catalogue is whole


def test_catalogue_holds_what_the_source_says_and_nothing_else() -> None:
    said = {
        (sentence.msgid, sentence.plural) if sentence.plural else sentence.msgid for sentence in update.sentences(TREES)
    }
    assert {message.id for message in TRANSLATIONS} == said
    assert not FRENCH.obsolete


def test_everything_is_translated() -> None:
    assert update.unfinished(FRENCH) == []


def test_compiled_catalogue_is_that_of_the_po_file() -> None:
    with update.po_file("fr").with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert {pair for message in compiled if message.id for pair in forms(message)} == set(PAIRS)


def test_plurals_are_the_french_ones() -> None:
    assert (FRENCH.num_plurals, FRENCH.plural_expr) == (2, "(n > 1)")


def test_everything_in_the_tables_can_be_looked_up() -> None:
    known = {msgid for msgid, _ in PAIRS}
    everything = [field for entity in fields.ENTITIES.values() for field in (*entity, fields.PAYMENT)]
    shown = {text for field in everything for text in (field.label, *field.choices.values())}
    chosen = {text for action in all_actions() for text in (action.name, action.description)}
    assert shown | chosen | set(fields.ENTITIES) | set(fields.DEPARTMENT_NAMES.values()) <= known


# It is French


def test_same_placeholders() -> None:
    assert [french for msgid, french in PAIRS if placeholders(french) != placeholders(msgid)] == []


def placeholders(sentence: str) -> set[tuple[str | None, str | None]]:
    return {(name, spec) for _, name, spec, _ in Formatter().parse(sentence) if name is not None}


def test_ends_alike() -> None:
    """With a full stop, a question mark, a colon, or with none: screens put more behind it."""

    def end(sentence: str) -> str:
        return "".join(re.findall(r"[.?!:]*$", sentence))

    assert [french for msgid, french in PAIRS if end(french) != end(msgid)] == []


def test_nothing_is_left_in_english() -> None:
    assert {msgid for msgid, french in PAIRS if french == msgid} <= SPELT_ALIKE


TU = re.compile(r"\b(tu|te|toi|ton|ta|tes|tien|tienne|peux|veux|dois)\b|\bt’|-toi\b", re.IGNORECASE)
TO_A_FRIEND = re.compile(
    r"(?:^|[.:;!?(] ?)"
    r"(ajoute|appuie|attends|change|choisis|clique|connecte|crée|demande|donne|écris|essaie|indique|installe|lance|"
    r"mets|regarde|relance|relis|remets|réessaie|saisis|supprime|tape|utilise|va|vérifie)\b",
    re.IGNORECASE,
)


def test_people_are_vous() -> None:
    assert [french for _, french in PAIRS if familiar(french)] == []


def familiar(sentence: str) -> re.Match[str] | None:
    plain = sentence.replace(NO_BREAK, " ").replace(NARROW, " ")
    return TU.search(plain) or TO_A_FRIEND.search(plain)


@pytest.mark.parametrize("tu", ["Tu peux continuer.", "Refusé : vérifie la date.", "Est-ce à toi ?", "Choisis un nom."])
def test_tu_is_found(tu: str) -> None:
    assert familiar(tu)


TYPOGRAPHY = {
    "a straight apostrophe": r"\w'\w",
    "straight or English quotation marks": '["“”]',
    "three dots": r"\.\.\.",
    "no narrow no-break space before ; ? !": rf"(?<![{NARROW}])[;!?](?<!«{NO_BREAK}\?)",
    "no no-break space before :": rf"(?<![{NO_BREAK}\d]):(?!//)",
    "no no-break space inside « »": rf"«(?!{NO_BREAK})|(?<!{NO_BREAK})»",
    "a space that may break before a mark": r" [;:!?»]|« ",
    "an English number": r"\d,\d{3}|\d\.\d\d\b",
    "a capital without its accent": r"\b(Evén|Etat|Etabl|Ecri|A [a-zà-ÿ])",
    "two spaces, or one at an end": rf"[ {NO_BREAK}{NARROW}]{{2}}|^\s|\s$",
}


def test_typography() -> None:
    assert {french: wrong for _, french in PAIRS if (wrong := misprints(french))} == {}


def misprints(french: str) -> list[str]:
    bare = re.sub(r"\{[^}]*\}", "X", french)  # a format such as {minutes:02d} is no colon
    return [wrong for wrong, pattern in TYPOGRAPHY.items() if french != "?" and re.search(pattern, bare)]


@pytest.mark.parametrize(
    "french",
    [
        "l'an",
        '"oui"',
        "Attendez...",
        "Quoi?",
        "Ainsi: oui",
        "«oui»",
        "Quoi ?",
        "1,000",
        "Etat",
        " oui",
        "non; oui",
        "A deux",
    ],
)
def test_misprint_is_found(french: str) -> None:
    assert misprints(french)


def test_fields_of_an_entity_are_told_apart() -> None:
    french = dict(PAIRS)
    for entity in fields.ENTITIES.values():
        labels = [french[field.label] for field in entity]
        assert len(set(labels)) == len(labels)


def test_what_is_given_as_an_example_is_understood() -> None:
    """In French sentences the examples are French: the program had better read them."""
    reading = fields.Reading("fr", ZoneInfo("Europe/Paris"), datetime(2026, 4, 17, 12, tzinfo=UTC))
    examples = {
        fields.Kind.AMOUNT: [r"\d[\d\N{NARROW NO-BREAK SPACE}]*,\d\d"],
        fields.Kind.MOMENT: [r"\d\d/\d\d/\d{4} \d\d:\d\d", r"\d+ avril \d+ à \d+h", r"demain \d+h"],
        fields.Kind.DAY: [r"\d\d/\d\d/\d{4}\b(?! \d)", r"\d+ avril \d{4}\b(?! \d)", r"\d{4}-\d\d-\d\d"],
        fields.Kind.PHONE: [r"\+33[ \d]+\d", r"01[ \d]+ poste \d+"],
        fields.Kind.EMAIL: [r"\S+@\S+\.io"],
    }
    everything = "\n".join(french for _, french in PAIRS)
    for kind, patterns in examples.items():
        for pattern in patterns:
            found = re.findall(pattern, everything)
            assert found, pattern
            for example in found:
                assert fields.Field("example", "", kind).read(example, reading)
    assert validation.amount("1 000", language="fr") == 1000  # {example} of "at most two decimals"


# The menu


def names() -> dict[str, str]:
    """Every name in the menu -> its French."""
    found = set()
    for tree in TREES.values():
        for call in calls(tree, "Action", "Command", "Filter", "Sorting", "_choice"):
            name = call.args[0]
            if isinstance(name, ast.Call) and update.called(name) == "N_":
                name = name.args[0]
            if isinstance(name, ast.Constant):
                found.add(str(name.value))
    french = dict(PAIRS)
    return {name: french[name] for name in found}


def test_a_name_means_one_thing_in_any_language() -> None:
    """People type either language whatever the screen speaks, with or without accents and capitals."""
    meanings: dict[str, set[str]] = {}
    for english, french in names().items():
        for typed in (english, french):
            meanings.setdefault(fold(typed), set()).add(english)
    assert {"clients", "mes clients", "next", "suivante"} <= set(meanings)
    assert {typed: meant for typed, meant in meanings.items() if len(meant) > 1} == {}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_menu_is_not_cut_on_eighty_columns(language: str) -> None:
    """Number, name and explanation, with what prompt_toolkit puts around them."""
    spoken = i18n.Language(language, ZoneInfo("UTC"))
    lines = [*all_actions(), *TEXTS.values()]
    widest_name = max(len(spoken.gettext(line.name)) for line in lines)
    too_long = [text for line in lines if len(text := spoken.gettext(line.description)) > 72 - widest_name]
    assert too_long == []


# The source can be translated

SHOWN = {
    "show": (0,), "say": (0,), "_say": (0,), "refuse": (0,), "ask": (0,), "print": (0,), "SystemExit": (0,),
    "command": (0, 1), "text": (0, 3), "lines": (0,), "secret": (0,), "choose": (0,), "look_up": (0,), "_answer": (0,),
    "password": (0,), "select": (0,), "Choice": (0,), "colon": (0,), "pick": (0,), "pick_among": (0,),
    "confirm": (1, 2), "Form": (1,), "open_list": (1,), "Option": (1, 2), "Card": (0,), "Listing": (0, 3),
}  # fmt: skip
"""What is called -> which of its arguments people read as they are: they go through _()."""
KEPT = {
    "Action": (1,), "Command": (0, 1), "_choice": (0, 1), "Filter": (0, 1), "Sorting": (0, 2, 3), "Invalid": (1,), "Field": (1,),
}  # fmt: skip
"""The same for what is translated later: it is marked with N_()."""
SHOWN_BY_NAME = {"label", "title", "about", "instruction", "hint", "question"}
SHOWN_PROPERTIES = {"hint", "prompt", "about", "toolbar"}


def calls(tree: ast.AST, *wanted: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and update.called(node) in wanted)


def untranslated(tree: ast.Module) -> list[str]:
    """What people would read in English whatever their language."""
    found: list[str] = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = update.called(call)
        for index, argument in enumerate(call.args):
            if index in SHOWN.get(name, ()):
                found += words(argument, tree, marking=("_", "ngettext"))
            elif index in KEPT.get(name, ()):
                found += words(argument, tree, marking=("_", "N_"))
        for keyword in call.keywords:
            if keyword.arg in SENTENCES_INSIDE:
                found += words(keyword.value, tree, marking=("_", "N_"))
            elif name in SHOWN and keyword.arg in SHOWN_BY_NAME:
                found += words(keyword.value, tree, marking=("_", "ngettext"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        if function.name in SHOWN_PROPERTIES:
            for answer in (node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value):
                found += words(answer.value, tree, marking=("_", "ngettext"))
    return found


def words(
    shown: ast.expr | None, tree: ast.Module, marking: tuple[str, ...], seen: frozenset[str] = frozenset()
) -> list[str]:
    """The words in `shown` that went through none of `marking`; names stand for whatever the file assigns to them."""

    def within(*parts: ast.expr | None) -> list[str]:
        return [word for part in parts for word in words(part, tree, marking, seen)]

    match shown:
        case ast.Constant(value=str(text)):
            return [text] if any(map(str.isalpha, text)) else []
        case ast.JoinedStr(values=parts) | ast.BoolOp(values=parts):
            return within(*parts)
        case ast.FormattedValue(value=part) | ast.Starred(value=part) | ast.NamedExpr(value=part):
            return within(part)
        case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
            return within(left, right)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return within(*parts)
        case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
            return within(part)
        case ast.Call() if update.called(shown) in marking:
            return []
        case ast.Call() if update.called(shown) == "N_":
            return within(*shown.args)
        case ast.Call(func=ast.Attribute(value=text, attr="join"), args=parts):
            return within(text, *parts)
        case ast.Call(func=ast.Attribute(value=text, attr="format" | "strip" | "capitalize" | "lower")):
            return within(text)
        case ast.Name(id=name) if name not in seen:
            return [word for value in assigned(name, tree) for word in words(value, tree, marking, seen | {name})]
    return []


def assigned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value


@pytest.mark.parametrize("file", TREES)
def test_nothing_is_said_without_translation(file: str) -> None:
    assert untranslated(TREES[file]) == []


@pytest.mark.parametrize(
    "line",
    [
        "shell.say('Saved.')",
        "shell.say(f'Saved: {number}')",
        "terminal.refuse('Saved: {}'.format(number))",
        "line = 'Saved'; terminal.show(line)",
        "terminal.show(_('Saved') if saved else 'Not saved')",
        "terminal.choose(_('Which?'), [Option('yes', 'Saved')], 'yes')",
        "terminal.text(_('Name'), name, check, 'Saved')",
        "questionary.select(label, choices, instruction='(Saved)')",
        "terminal.refuse('\\n'.join([sentence(error), 'Saved']))",
        "shell.say(N_('Saved'))",  # marked, but nobody translates it
        "Action('clients', 'Saved', None, run)",
        "raise Invalid(None, 'Saved')",
        "raise BadSetting(name='X', why='Saved')",
        "class Home:\n def hint(self): return 'Saved'",
    ],
)
def test_what_is_said_without_translation_is_found(line: str) -> None:
    assert [word for word in untranslated(ast.parse(line)) if re.search("saved", word, re.IGNORECASE)]


@pytest.mark.parametrize(
    "line",
    [
        "shell.say(_('Saved: {number}').format(number=client.id))",
        "shell.say(f'{number:>3}  {about}')",
        "line = _('Saved'); shell.say(line)",
        "terminal.choose(_('Which?'), [Option('yes', _('Saved'))], 'yes')",
        "Action('clients', N_('Saved'), None, run)",
        "LONG = N_('Saved'); raise Invalid('field', LONG)",
    ],
)
def test_what_is_translated_is_not_found(line: str) -> None:
    assert untranslated(ast.parse(line)) == []


@pytest.mark.parametrize("file", TREES)
def test_nothing_is_translated_before_the_language_is_known(file: str) -> None:
    """At import it is English still."""
    assert [ast.unparse(call) for call in at_import(TREES[file]) if update.called(call) in ("_", "ngettext")] == []


def at_import(node: ast.AST) -> Iterator[ast.Call]:
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from at_import(child)


# The command


def spoken(source: str) -> list[str | tuple[str, str]]:
    found = update.sentences({"menus/example.py": ast.parse(source)})
    return [(sentence.msgid, sentence.plural) if sentence.plural else sentence.msgid for sentence in found]


def test_sentences_are_found() -> None:
    assert spoken("f'{_(\"inside\")}'; _('a' if b else 'c'); _(label)") == ["inside", "a", "c"]
    assert spoken("ngettext('{n} client', '{n} clients', n)") == [("{n} client", "{n} clients")]
    assert spoken("Action('clients', N_('All'), None, run); Command(N_('next'), N_('On'), run)") == [
        "clients", "All", "next", "On",
    ]  # fmt: skip
    assert spoken('class Gone(CrmError):\n  """It is\n     gone."""\nclass Far(Gone):\n  """Far."""\nclass No: "no"') == [
        "It is\ngone.", "Far.",
    ]  # fmt: skip
    assert spoken('class Refused(CrmError):\n  """{why}"""') == []


@pytest.mark.parametrize("mistake", ["_(f'Hello {name}')", "_('Hello {}'.format(name))", "N_('Hello ' + name)"])
def test_what_can_never_be_looked_up_is_refused(mistake: str) -> None:
    with pytest.raises(update.NotASentence, match="Hello"):
        spoken(mistake)


def catalogue(*msgids: str) -> Catalog:
    found = Catalog()
    for msgid in msgids:
        found.add(msgid)
    return found


def test_command_keeps_translations_and_tells_what_is_left(tmp_path: Path) -> None:
    file = update.po_file("fr", tmp_path)
    update.update("fr", catalogue("Save", "Gone soon"), tmp_path)
    file.write_text(file.read_text("utf-8").replace('"Save"\nmsgstr ""', '"Save"\nmsgstr "Garder"'), "utf-8")
    updated = update.update("fr", catalogue("Save", "New"), tmp_path)
    assert update.unfinished(updated) == ["New"]
    assert "Gone soon" not in file.read_text("utf-8")
    with file.with_suffix(".mo").open("rb") as compiled:
        assert {message.id: message.string for message in read_mo(compiled) if message.id} == {"Save": "Garder"}


def test_command_changes_nothing_when_nothing_changed(tmp_path: Path) -> None:
    update.update("fr", catalogue("Save"), tmp_path)
    before = update.po_file("fr", tmp_path).read_bytes()
    update.update("fr", catalogue("Save"), tmp_path)
    assert update.po_file("fr", tmp_path).read_bytes() == before


def test_a_changed_sentence_brings_its_old_translation_as_a_guess(tmp_path: Path) -> None:
    file = update.po_file("fr", tmp_path)
    update.update("fr", catalogue("The contract is saved."), tmp_path)
    file.write_text(file.read_text("utf-8").replace('saved."\nmsgstr ""', 'saved."\nmsgstr "Gardé."'), "utf-8")
    updated = update.update("fr", catalogue("The contract was saved."), tmp_path)
    assert update.unfinished(updated) == ["The contract was saved."]
    assert "Gardé." in file.read_text("utf-8")


# At start


def test_what_is_wrong_with_the_settings_is_said_in_french(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EPICEVENTS_LANG=fr\nEPICEVENTS_TZ=Mars\n", "utf-8")
    program = [sys.executable, "-m", "menus"]
    surroundings = {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(update.ROOT)}
    finished = subprocess.run(program, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False)
    assert "ce n’est pas un fuseau horaire" in finished.stderr


def test_french_starts_without_babel() -> None:
    """It takes 100 ms to import: only a date or an amount is worth that."""
    program = """
import sys
from zoneinfo import ZoneInfo
import menus.__main__, menus.interactive
from menus import actions, i18n
actions.all_actions()
i18n.use(i18n.Language("fr", ZoneInfo("Europe/Paris")))
assert i18n._("quit") == "quitter", i18n._("quit")
sys.exit(", ".join(sorted(name for name in sys.modules if name.partition(".")[0] == "babel")) or None)
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
