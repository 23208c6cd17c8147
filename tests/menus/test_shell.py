"""One person at one terminal: what they see, where they go, and that nothing ends the loop but leaving."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from menus import entrance, i18n
from menus.actions import all_actions
from menus.plain import PlainTerminal
from menus.shell import Shell
from tests.company import Office
from tests.conftest import run


@dataclass
class Desk:
    """Somebody's shell, line by line: what it said, and what it refused."""

    shell: Shell
    said: io.StringIO
    refused: io.StringIO
    status: int | None = None

    def work(self) -> Shell:
        """Until the lines end."""
        self.status = self.shell.run()
        return self.shell

    @property
    def output(self) -> str:
        return self.said.getvalue()

    @property
    def errors(self) -> str:
        return self.refused.getvalue()


def desk(office: Office, full_name: str | None, *lines: str) -> Desk:
    """A shell with `lines` on their way into it; `full_name` None: nobody has signed in."""
    said, refused = io.StringIO(), io.StringIO()
    terminal = PlainTerminal(io.StringIO("".join(f"{line}\n" for line in lines)), said, refused)
    session = office.session(full_name) if full_name else office.nobody()
    return Desk(Shell(session, terminal, all_actions(), entrance.with_password, office.name), said, refused)


@contextmanager
def speaking(code: str, zone: str = "Europe/Paris") -> Iterator[i18n.Language]:
    """Everything in that language meanwhile."""
    before, language = i18n.current(), i18n.Language(code, ZoneInfo(zone))
    i18n.use(language)
    try:
        yield language
    finally:
        i18n.use(before)


class Meanwhile(io.StringIO):
    """Lines to be typed; where one of them is a callable, that happens before the next one is read."""

    def __init__(self, *answers: str | Callable[[], object]) -> None:
        super().__init__()
        self._answers = iter(answers)

    def readline(self, size: int | None = -1, /) -> str:
        for answer in self._answers:
            if isinstance(answer, str):
                return f"{answer}\n"
            answer()
        return ""


def meanwhile(office: Office, full_name: str, *answers: str | Callable[[], object]) -> Desk:
    """The desk once all lines were worked through, while other things happened between them."""
    worked = desk(office, full_name)
    worked.shell.terminal.stdin = Meanwhile(*answers)  # type: ignore[attr-defined]
    worked.work()
    return worked


def shut(office: Office) -> None:
    """The database ends every connection and takes no new one."""
    run(office.server.parameters("postgres", "postgres"), f"ALTER DATABASE {office.name} ALLOW_CONNECTIONS false")
    run(
        office.server.parameters("postgres", "postgres"),
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{office.name}'",
    )


def reopen(office: Office) -> None:
    run(office.server.parameters("postgres", "postgres"), f"ALTER DATABASE {office.name} ALLOW_CONNECTIONS true")


def after(office: Office, full_name: str, *lines: str) -> Desk:
    """The desk once all `lines` were worked through."""
    worked = desk(office, full_name, *lines)
    worked.work()
    return worked


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every SQL statement that is sent meanwhile."""
    sent: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sent.append(str(record.msg))

    listener, logger = Listener(), logging.getLogger("peewee")
    before = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    try:
        yield sent
    finally:
        logger.removeHandler(listener)
        logger.setLevel(before)


def many_clients(office: Office, count: int, of: int = 2) -> None:
    """`count` more clients, numbered from 1000001 on."""
    office.as_owner(
        "INSERT INTO crm.client (id, full_name, email, first_contact, commercial_contact_id)"
        " SELECT 1000000 + n, 'Client Number ' || n, 'client' || n || '@many.example', '2024-01-01', %s FROM generate_series(1, %s) AS n",
        of,
        count,
    )


def numbers(output: str) -> list[str]:
    """The ids that start the lines of the last table."""
    table = output[output.rindex("Client ID |") :]
    return re.findall(r"^(\d+) \|", table, re.MULTILINE)


class TestPages:
    def test_next_previous_and_a_page_by_its_number(self, office: Office) -> None:
        many_clients(office, 57)  # 60 in all: three pages
        work = desk(office, "Bill Boquet", "clients").work()

        def turn(line: str) -> tuple[str, list[str]]:
            worked = after(office, "Bill Boquet", "clients", *line.split(";"))
            assert worked.errors == ""
            return worked.output[worked.output.rindex("Page") :].split("\n")[0], numbers(worked.output)

        first = [str(1000057 - n) for n in range(20)]
        second = [str(1000037 - n) for n in range(20)]
        third = [*(str(1000017 - n) for n in range(17)), "3", "2", "1"]
        assert turn("clients") == ("Page 1", first)
        assert turn("next") == ("Page 2", second)
        assert turn("next;next") == turn("page 3") == ("Page 3", third)
        assert turn("next;previous") == ("Page 1", first)
        assert turn("page 3;previous") == ("Page 2", second)
        assert turn("page 2;n") == ("Page 3", third)
        assert [line.msgid for line in work.commands()][:2] == ["next", "page"]

    def test_steps_are_offered_only_where_they_lead_somewhere(self, office: Office) -> None:
        many_clients(office, 37)  # two full pages

        def offered(*lines: str) -> list[str]:
            return [line.msgid for line in desk(office, "Bill Boquet", *lines).work().commands() if line.offered]

        assert offered("clients") == ["next", "page"]
        assert offered("clients", "next") == ["previous", "page"]
        assert offered("events") == []
        assert offered("clients", "next", "next") == ["previous", "page"]  # refused: there is no third page

    def test_page_500_is_reached_by_its_number(self, office: Office) -> None:
        many_clients(office, 500 * 20)
        worked = after(office, "Bill Boquet", "clients", "page 500")
        assert worked.errors == "" and "Page 500\n" in worked.output
        assert len(numbers(worked.output)) == 20 and numbers(worked.output)[-1] == "1000001" if "2" not in numbers(worked.output) else True

    @pytest.mark.parametrize("number", ["0", "-1", "three", "1.5", "", "²", "9" * 30, "2; DROP TABLE crm.client", "1000001"])
    def test_what_is_no_page_number_is_refused_in_a_sentence(self, office: Office, number: str) -> None:
        many_clients(office, 20)
        worked = after(office, "Bill Boquet", "clients", f"page {number}")
        assert worked.errors == "Type the number of a page, like: page 12\n"

    @pytest.mark.parametrize("number", ["3", "500", "1000000", "0000000003"])
    def test_a_page_beyond_the_end_is_not_gone_to(self, office: Office, number: str) -> None:
        many_clients(office, 20)
        worked = after(office, "Bill Boquet", "clients", "next", f"page {number}", "previous")
        assert worked.errors in (f"There is no page {number}.\n", "Type the number of a page, like: page 12\n")
        assert worked.output.count("Page 1\n") == 2  # there and, from page 2, back again

    def test_the_last_page_may_vanish(self, office: Office) -> None:
        """A colleague deletes what is on page 2 and 3 while somebody reads page 2."""
        many_clients(office, 57)
        emptied = lambda: office.as_owner("ALTER TABLE crm.client DISABLE TRIGGER USER; DELETE FROM crm.client WHERE id > 1000010")  # noqa: E731
        onward = meanwhile(office, "Bill Boquet", "clients", "page 2", emptied, "next", "previous", "page 1", "next")
        assert "unexpected" not in onward.errors
        assert onward.output.count("Nothing here.") >= 1
        assert len(numbers(onward.output)) == 13

    def test_back_to_a_page_that_is_no_more_is_the_first_one(self, office: Office) -> None:
        many_clients(office, 57)
        emptied = lambda: office.as_owner("ALTER TABLE crm.client DISABLE TRIGGER USER; DELETE FROM crm.client WHERE id > 1000010")  # noqa: E731
        worked = meanwhile(office, "Bill Boquet", "clients", "page 3", "client 1", emptied, "<" if False else "clients")
        assert worked.errors == ""

    def test_a_list_of_nothing_says_so(self, office: Office) -> None:
        office.as_owner("DELETE FROM crm.event")
        for line in ("events", "events coming", "events without support"):
            assert "Nothing here." in after(office, "Gina Comptoir", line).output
