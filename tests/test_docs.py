"""The documentation is true: what it names exists, and its tables are those of the program and the database."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

import pytest

from crm import passwords
from crm.database import parameters_of
from crm.installation import OLDEST_SERVER, SHORTEST_KEY
from crm.models import DEPARTMENTS
from crm.settings import Settings
from menus.__main__ import _parser
from menus.actions import all_actions
from tests.company import Office

ROOT = Path(__file__).parent.parent
FOLDERS = ("crm", "menus", "tests", "docs", "benchmarks", ".ci")
CHECKED_FENCES = {"sh", "python", "ini", "conf", "mermaid"}
OF_OTHERS = ("conf", "crt", "key", "log", "rpm")
"""Endings of files that lie on somebody's machine, not here."""


@dataclass(frozen=True)
class Page:
    """A page of the documentation."""

    name: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text(encoding="utf-8")

    @cached_property
    def fences(self) -> list[tuple[str, str]]:
        """(language, what is in it)"""
        return re.findall(r"^ *```(\w*)\n(.*?)^ *```$", self.text, re.MULTILINE | re.DOTALL)

    @cached_property
    def prose(self) -> str:
        return re.sub(r"^ *```\w*\n.*?^ *```$", "", self.text, flags=re.MULTILINE | re.DOTALL)

    @cached_property
    def spans(self) -> list[str]:
        return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", self.prose)]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link can point to, as GitHub makes it of headings."""
        titles = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}

    def fences_in(self, language: str) -> list[str]:
        return [body for found, body in self.fences if found == language]

    def section(self, title: str) -> str:
        """From the heading `title` to the next one of its level or above."""
        level, found = re.findall(rf"^(#+) {re.escape(title)}\n(.*)", self.text, re.MULTILINE | re.DOTALL)[0]
        return re.split(rf"^#{{1,{len(level)}}} ", found, maxsplit=1, flags=re.MULTILINE)[0]

    def table(self, *header: str) -> list[tuple[str, ...]]:
        """The rows of every table with that header."""
        rows, inside = [], False
        for line in self.prose.splitlines():
            cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|")) if line.startswith("|") else ()
            inside = cells == header or (inside and bool(cells))
            if inside and cells != header and set("".join(cells)) != {"-"}:
                rows.append(cells)
        return rows


PAGES = [Page(str(path.relative_to(ROOT))) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])]
README, CHANGELOG = Page("README.md"), Page("CHANGELOG.md")
INSTALLATION, IMPLEMENTATION = Page("docs/installation.md"), Page("docs/implementation.md")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


class Source:
    """What the Python files define; `names`: also what the program uses, words in its strings included."""

    def __init__(self) -> None:
        self.modules: dict[str, set[str]] = {}
        self.functions: set[str] = set()
        self.names: set[str] = set()
        self._members: dict[str, set[str]] = {}
        self._bases: dict[str, set[str]] = {}
        for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            self.modules.setdefault(path.stem, set()).update(_defined(tree.body))
            for node in ast.walk(tree):
                self._take_definition(node)
                if path.is_relative_to(ROOT / "crm") or path.is_relative_to(ROOT / "menus"):
                    self.names |= _used(node)
        self.names |= self.functions | self.modules.keys() | self._members.keys()

    def has_class(self, name: str) -> bool:
        return name in self._members

    def members(self, name: str) -> set[str]:
        """Methods and attributes, inherited ones too."""
        own = self._members.get(name, set())
        return own.union(*(self.members(base) for base in self._bases.get(name, ())))

    def _take_definition(self, node: ast.AST) -> None:
        match node:
            case ast.ClassDef():
                attributes = {
                    part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and _is_self(part)
                }
                self._members.setdefault(node.name, set()).update(_defined(node.body) | attributes)
                bases = {ast.unparse(base).partition("[")[0].split(".")[-1] for base in node.bases}
                self._bases.setdefault(node.name, set()).update(bases - {node.name})
            case ast.FunctionDef():
                self.functions.add(node.name)


def _used(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
            return {name}
        case ast.keyword(arg=str(word)) | ast.Constant(value=str(word)) if word.isidentifier():
            return {word}
        case ast.ImportFrom(module=str(package)):
            return set(package.split("."))
    return set()


def _defined(body: list[ast.stmt]) -> set[str]:
    found = set()
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return found


def _is_self(attribute: ast.Attribute) -> bool:
    return (
        isinstance(attribute.value, ast.Name) and attribute.value.id == "self" and isinstance(attribute.ctx, ast.Store)
    )


@dataclass(frozen=True)
class Catalogue:
    """What the installed database has."""

    objects: set[str]
    """Tables, views, functions, domains and indexes of the schema crm."""
    columns: Mapping[str, set[str]]
    functions: set[str]
    names: set[str]

    @classmethod
    def of(cls, office: Office) -> Catalogue:
        def ask(statement: str) -> set[str]:
            return {name for (name,) in office.as_owner(statement)}

        columns: dict[str, set[str]] = {}
        for table, column in office.as_owner(
            "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'crm'"
        ):
            columns.setdefault(table, set()).add(column)
        functions = ask("SELECT proname::text FROM pg_proc")
        in_crm = " WHERE {}namespace = 'crm'::regnamespace"
        return cls(
            objects=ask("SELECT relname::text FROM pg_class" + in_crm.format("rel"))
            | ask("SELECT proname::text FROM pg_proc" + in_crm.format("pro"))
            | ask("SELECT typname::text FROM pg_type" + in_crm.format("typ")),
            columns=columns,
            functions=functions,
            names=set().union(functions, columns, *columns.values())
            | ask(
                "SELECT relname::text FROM pg_class UNION SELECT name FROM pg_settings UNION SELECT rolname FROM pg_roles"
            )
            | ask(
                "SELECT name::text FROM pg_available_extensions UNION SELECT nspname FROM pg_namespace UNION SELECT typname FROM pg_type"
            )
            | ask(
                "SELECT polname::text FROM pg_policy UNION SELECT tgname FROM pg_trigger UNION SELECT conname FROM pg_constraint"
            )
            | ask(
                "SELECT condition FROM (VALUES ('check_violation'), ('insufficient_privilege'), ('no_data_found')) AS sqlstates (condition)"
            ),
        )


@cache
def source() -> Source:
    return Source()


@pytest.fixture
def catalogue(office: Office) -> Catalogue:
    return Catalogue.of(office)


def variables() -> set[str]:
    """The environment variables that Settings.read asks for."""
    (read,) = (
        node
        for node in ast.walk(ast.parse((ROOT / "crm/settings.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "read"
    )
    asked = [
        node for node in ast.walk(read) if isinstance(node, ast.Call) and ast.unparse(node.func) in ("value", "path")
    ]
    return {node.args[0].value for node in asked if isinstance(node.args[0], ast.Constant)}


# ---------------------------------------------------------------------------------------------------------------------
# What is named in backticks exists


def exists(span: str, page: Page, catalogue: Catalogue) -> bool:
    """Is there such a file, function, class, column, variable, option? True also for what looks like none of them."""
    for shape, known in SHAPES.items():
        if found := re.fullmatch(shape, span):
            return known(found, page, catalogue)
    return True


def _file(found: re.Match[str], page: Page, catalogue: Catalogue) -> bool:
    name = found[0].rstrip("/")
    return any(ROOT.glob(name)) or any(any((ROOT / folder).rglob(name)) for folder in FOLDERS if "/" not in name)


def _option(found: re.Match[str], page: Page, catalogue: Catalogue) -> bool:
    return any(
        found[0] in re.findall(r"(?<!\S)--[\w-]+", text) for text in (*(body for _, body in page.fences), *options())
    )


def _constant(found: re.Match[str], page: Page, catalogue: Catalogue) -> bool:
    return found[0] in variables() or found[0] in source().names


def _dotted(found: re.Match[str], page: Page, catalogue: Catalogue) -> bool:
    first, *rest = found["path"].split(".")
    if first == "crm":
        return rest[0] in catalogue.objects or rest[0] in source().modules
    if len(rest) == 1 and (first in catalogue.columns or source().has_class(first) or first in source().modules):
        within = catalogue.columns.get(first, set()) | source().members(first) | source().modules.get(first, set())
        return rest[0] in within
    return {first, *rest} <= source().names | catalogue.names


def _called(found: re.Match[str], page: Page, catalogue: Catalogue) -> bool:
    return found["name"] in source().functions | catalogue.functions or source().has_class(found["name"])


def _named(found: re.Match[str], page: Page, catalogue: Catalogue) -> bool:
    introduced = (word for _, body in page.fences for word in re.findall(r"\w+", body))
    return found[0] in source().names | catalogue.names or found[0] in introduced


SHAPES: dict[str, Callable[[re.Match[str], Page, Catalogue], bool]] = {
    r"(?:crm|menus|tests|docs|benchmarks|\.ci)/[\w./*-]*|[.\w-]*\w\.(?:py|md|sql|cfg|toml|example|po|mo)": _file,
    r"--[a-z-]+": _option,
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+": _constant,
    rf"(?P<path>[A-Za-z_]\w*(?:\.(?!(?:{'|'.join(OF_OTHERS)})\b)[A-Za-z_]\w*)+)(?:\(.*\))?": _dotted,
    r"(?P<name>[A-Za-z_]\w*)\(.*\)": _called,
    r"[a-z]+(?:_[a-z0-9]+)+|[A-Z][A-Za-z]*[a-z]": _named,
}


@every_page
def test_what_is_named_exists(page: Page, catalogue: Catalogue) -> None:
    assert "\n".join(sorted({span for span in page.spans if not exists(span, page, catalogue)})) == ""


@every_page
def test_what_is_named_of_crm_exists_in_diagrams_too(page: Page, catalogue: Catalogue) -> None:
    named = set(re.findall(r"\bcrm\.(\w+)", page.text))
    assert named - catalogue.objects - source().modules.keys() == set()
    assert set(re.findall(r"\bEPICEVENTS_\w+", page.text)) - variables() == set()


@pytest.mark.parametrize(
    "span",
    [
        "crm/nothing.py",
        "schema.toml",
        "crm.nothing()",
        "crm.nothing",
        "Manager.vanish",
        "event.colour",
        "palette.paint",
        "EPICEVENTS_NOTHING",
        "--nothing",
        "no_such_function()",
        "no_such_setting",
        "NoSuchClass",
        "session.contracts.vanish()",
    ],
)
def test_the_check_notices(span: str, catalogue: Catalogue) -> None:
    assert not exists(span, IMPLEMENTATION, catalogue)


# ---------------------------------------------------------------------------------------------------------------------
# Commands, examples, links


def options() -> Iterator[str]:
    """What the program says of its commands."""
    parser = _parser()
    yield parser.format_help()
    for action in parser._actions:
        if isinstance(action.choices, Mapping):
            yield from (several.format_help() for several in action.choices.values())


def commands(text: str) -> Iterator[list[str]]:
    """The words after each `epicevents` of a script."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in (line, *re.findall(r"\$\(([^()]*)\)", line)):
            words = list(shlex.shlex(part, posix=True, punctuation_chars=True))
            words = _words(part) if "epicevents" in part else words
            for place, word in enumerate(words):
                if word.rsplit("/", 1)[-1] == "epicevents":
                    until = (
                        index
                        for index, later in enumerate(words)
                        if index > place and re.fullmatch(r"[();<>|&]+", later)
                    )
                    yield words[place + 1 : next(until, len(words))]


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def refusal(arguments: list[str]) -> str:
    """Why the program does not understand `arguments`; "" when it does."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            _parser().parse_args(arguments)
    except SystemExit:
        return said.getvalue() or "--help"
    return ""


@every_page
def test_commands_are_understood(page: Page) -> None:
    scripts = [*page.fences_in("sh"), *(span for span in page.spans if span.startswith("epicevents "))]
    assert [reason for script in scripts for arguments in commands(script) if (reason := refusal(arguments))] == []


def test_the_commands_are_found() -> None:
    script = "cd x && .venv/bin/epicevents install --owner-url 'postgresql://a?b=c&d=e' | tee log\npsql \"$(epicevents url --owner)\""
    assert list(commands(script)) == [["install", "--owner-url", "postgresql://a?b=c&d=e"], ["url", "--owner"]]
    assert refusal(["uninstall"])


@every_page
def test_fences_are_of_a_kind_that_is_checked(page: Page) -> None:
    assert {language for language, _ in page.fences} <= CHECKED_FENCES
    assert page.prose.count("`") % 2 == 0


@every_page
def test_scripts_are_shell(page: Page) -> None:
    for script in page.fences_in("sh"):
        checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, ""), script


@every_page
def test_modules_and_tests_in_scripts_exist(page: Page) -> None:
    for script in page.fences_in("sh"):
        for module in re.findall(r"python\S* -m (\S+)", script):
            assert importlib.util.find_spec(module), module
        for path, test in re.findall(r"(?<!\S)(tests/[\w/.]*)(?:::(\w+))?", script):
            assert (ROOT / path).exists(), path
            assert f"def {test}" in ((ROOT / path).read_text(encoding="utf-8") if test else "def "), test


@every_page
def test_extras_exist(page: Page) -> None:
    extras = set(re.findall(r"(?<=\.\[)\w+(?=\])", page.text)) | {
        span[1:-1] for span in page.spans if re.fullmatch(r"\[\w+\]", span)
    }
    assert extras <= set(setup()["options.extras_require"])


@every_page
def test_python_runs(page: Page, office: Office) -> None:
    for example in page.fences_in("python"):
        exec(compile(example, page.name, "exec"), {"session": office.session("Gina Comptoir"), "Decimal": Decimal})


@every_page
def test_settings_are_read(page: Page, tmp_path: Path) -> None:
    for example in page.fences_in("ini"):
        (tmp_path / ".env").write_text(example, encoding="utf-8")
        settings = Settings.read({}, tmp_path)
        assert settings.database_url
        assert parameters_of(settings.database_url, settings.role, settings.role_password)["sslmode"] == "verify-full"
        assert settings.signing_key is None


@every_page
def test_links_lead_somewhere(page: Page) -> None:
    here = (ROOT / page.name).parent
    for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", page.prose):
        if not target.startswith(("http://", "https://")):
            name, _, anchor = target.partition("#")
            file = (here / name).resolve() if name else ROOT / page.name
            assert file.is_relative_to(ROOT), target
            assert file.exists(), target
            assert not anchor or anchor in Page(str(file.relative_to(ROOT))).anchors, target


# ---------------------------------------------------------------------------------------------------------------------
# Tables and diagrams are those of the program and the database


def test_environment_variables() -> None:
    example = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    listed = [row[0].strip("`") for row in INSTALLATION.table("variable", "who sets it", "meaning", "left out")]
    assert sorted(example) == sorted(listed) == sorted(variables())


def test_rights(office: Office) -> None:
    written = {
        (department, entity, action, scope)
        for entity, action, *scopes in IMPLEMENTATION.table("entity", "action", *DEPARTMENTS)
        for department, scope in zip(DEPARTMENTS, scopes, strict=True)
        if scope != "–"
    }
    assert written == set(office.as_owner("SELECT department, entity, action, scope FROM crm.permission"))


def test_actions(office: Office) -> None:
    rights = {
        tuple(right): scope
        for *right, scope in office.as_owner("SELECT department, entity, action, scope FROM crm.permission")
    }
    there = []
    for action in all_actions():
        to = [
            name for name in DEPARTMENTS if action.needs is None or rights.get((name, *action.needs)) in action.scopes
        ]
        offered = "all" if len(to) == len(DEPARTMENTS) else ", ".join(to)
        there.append((f"`{action.name}`", "/".join(action.needs or "–"), action.on or "–", offered))
    assert IMPLEMENTATION.table("action", "needs", "on", "offered to") == there


def test_every_module_is_listed() -> None:
    listed = [row[0].strip("`") for row in IMPLEMENTATION.table("file", "holds")]
    there = [str(path.relative_to(ROOT)) for folder in ("crm", "menus") for path in (ROOT / folder).rglob("*.py")]
    assert sorted(listed) == sorted(there)


def test_sentences_are_those_of_the_program() -> None:
    said = {
        " ".join(node.value.split())
        for folder in ("crm", "menus")
        for path in (ROOT / folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    quoted = [sentence for sentence, _ in INSTALLATION.table("what it says", "what it is")]
    assert quoted
    for sentence in quoted:
        parts = [part.strip() for part in sentence.split("…")]
        assert any(all(part in one for part in parts) for one in said), sentence


TYPES = {"int4": "int", "int8": "bigint", "bool": "boolean"}
COLUMNS = """
    SELECT t.relname::text, c.attname::text, y.typname::text,
           array(SELECT DISTINCT CASE k.contype WHEN 'p' THEN 'PK' WHEN 'f' THEN 'FK' END FROM pg_constraint AS k
                 WHERE k.conrelid = t.oid AND k.contype IN ('p', 'f') AND c.attnum = ANY (k.conkey))
           || array(SELECT 'UK' FROM pg_index AS i WHERE i.indrelid = t.oid AND i.indisunique AND NOT i.indisprimary
                    AND strpos(pg_get_indexdef(i.indexrelid, 1, false), c.attname) > 0)
    FROM pg_class AS t JOIN pg_attribute AS c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
    JOIN pg_type AS y ON y.oid = c.atttypid
    WHERE t.relnamespace = 'crm'::regnamespace AND t.relkind = 'r'
"""
REFERENCES = """
    SELECT confrelid::regclass::text, CASE WHEN c.attnotnull THEN '||' ELSE '|o' END, conrelid::regclass::text
    FROM pg_constraint JOIN pg_attribute AS c ON c.attrelid = conrelid AND c.attnum = conkey[1]
    WHERE contype = 'f' AND connamespace = 'crm'::regnamespace
"""


def test_diagram_of_the_data(office: Office) -> None:
    (diagram,) = (fence for fence in IMPLEMENTATION.fences_in("mermaid") if fence.startswith("erDiagram"))
    drawn = {
        (table, name, kind, frozenset(keys.replace(",", " ").split()))
        for table, body in re.findall(r"^ +(\w+) \{\n(.*?)^ +\}", diagram, re.MULTILINE | re.DOTALL)
        for kind, name, keys in re.findall(r"^ +(\w+) (\w+)([ \w,]*)$", body, re.MULTILINE)
    }
    there = {
        (table, name, TYPES.get(kind, kind), frozenset(keys)) for table, name, kind, keys in office.as_owner(COLUMNS)
    }
    assert drawn == there


def test_diagram_of_the_references(office: Office) -> None:
    (diagram,) = (fence for fence in IMPLEMENTATION.fences_in("mermaid") if fence.startswith("erDiagram"))
    drawn = re.findall(r"^ +(\w+) (\|[|o])--o[{|] (\w+) :", diagram, re.MULTILINE)
    there = [(parent.split(".")[-1], many, child.split(".")[-1]) for parent, many, child in office.as_owner(REFERENCES)]
    assert sorted(drawn) == sorted(there)


def test_figures(office: Office) -> None:
    python = setup()["options"]["python_requires"].removeprefix(">=")
    second, fourth, fifth = (
        int(office.as_owner("SELECT extract(epoch FROM crm.login_delay(%s))", failures)[0][0]) for failures in (3, 4, 5)
    )
    ((lasts,),) = office.as_owner(
        "SELECT crm.issue_token(1); SELECT extract(epoch FROM expires_at - created_at) / 3600 FROM crm.session"
    )
    for page, figure in {
        INSTALLATION: f"PostgreSQL {OLDEST_SERVER // 10_000} or later",
        README: f"Python {python} or later",
        Page("CONTRIBUTING.md"): f"Python {python} or later",
    }.items():
        assert figure in page.text
    for figure in (
        f"password of {passwords.SHORTEST} characters",
        f"{SHORTEST_KEY} characters or more",
        f"{second} s, {fourth} s, then {fifth // 60} minutes",
    ):
        assert figure in INSTALLATION.text
    assert f"{second} and {fourth} seconds, then {fifth // 60} minutes" in IMPLEMENTATION.text
    assert f"It lasts {round(lasts)} hours" in " ".join(IMPLEMENTATION.text.split())


# ---------------------------------------------------------------------------------------------------------------------
# README, CI, changelog


def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def command_of(title: str) -> str:
    (command,) = re.findall(r"^```sh\n(.*?)\n```$", README.section(title), re.MULTILINE | re.DOTALL)
    return str(command)


@pytest.mark.parametrize("title", ["Run it", "Test it"])
def test_readme_has_one_command(title: str) -> None:
    assert README.section(title).count("```") == 2
    assert "\n" not in command_of(title)


def test_ci_runs_the_command_of_the_readme() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    (extraction,) = re.findall(r"<<'PY'\n(.*?)^PY$", script, re.MULTILINE | re.DOTALL)
    found = subprocess.run(
        [sys.executable, "-"], cwd=ROOT, input=extraction, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == command_of("Test it")
    assert script.rstrip().splitlines()[-1].endswith('"$command"')


def test_changelog_speaks_of_this_version() -> None:
    titles = re.findall(r"^## \[?([^\]\s]+)", CHANGELOG.text, re.MULTILINE)
    assert titles[0] in ("Unreleased", setup()["metadata"]["version"])
