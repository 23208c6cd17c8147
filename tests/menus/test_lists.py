"""A list in front of somebody: its pages, what opens a row, sorting and filtering."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from tests.company import Office
from tests.menus.test_shell import many_clients, prompts, typed

PAGE_UP, PAGE_DOWN, CTRL_U = "\x1b[5~", "\x1b[6~", "\x15"


@pytest.fixture
def keyboard() -> Iterator[None]:
    """prompt_toolkit reads from a pipe, and draws on nothing."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield


@pytest.mark.usefixtures("keyboard")
class TestKeys:
    def test_page_down_and_up_turn_pages(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        many_clients(office, 37)  # two pages
        shell = typed(office, "Bill Boquet", "clients\r", PAGE_DOWN, PAGE_DOWN, PAGE_UP, PAGE_UP)
        assert prompts(shell) == ["epic events ›", *["Clients ›"] * 5]
        said = capsys.readouterr().out
        assert said.index("Page 1") < said.index("Page 2") < said.index("This is the last page.")
        assert said.index("This is the last page.") < said.rindex("Page 1") < said.index("This is the first page.")

    def test_while_something_is_typed_they_turn_nothing(
        self, office: Office, capsys: pytest.CaptureFixture[str]
    ) -> None:
        many_clients(office, 37)
        typed(office, "Bill Boquet", "clients\r", f"x{PAGE_DOWN}{CTRL_U}{PAGE_DOWN}")
        assert capsys.readouterr().out.count("Page 2") == 1
