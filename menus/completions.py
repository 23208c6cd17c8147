"""The lines of a completion menu, looked up while somebody types: the newest wins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from threading import Thread

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from rich.cells import cell_len, set_cell_size

from menus.terminal import Find, Option
from menus.written import visible


class Completions(Completer):
    """What `find` finds, as the lines of a completion menu."""

    def __init__(self, find: Find) -> None:
        self.find = find

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What prompt_toolkit asks without a terminal."""
        return self._found(document.text_before_cursor)

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """In a thread, and only until the text changes: then this one ends at once, and the newest is looked up."""
        loop, buffer = asyncio.get_running_loop(), get_app().current_buffer
        outcome: asyncio.Future[list[Completion] | None] = loop.create_future()

        def settle(found: list[Completion] | None) -> None:
            if not outcome.done():
                outcome.set_result(found)

        def look() -> None:
            found = self._found(document.text_before_cursor)
            with suppress(RuntimeError):  # the question was answered, and its loop is closed
                loop.call_soon_threadsafe(settle, found)

        def overtaken(_buffer: Buffer) -> None:
            settle(None)

        buffer.on_text_changed += overtaken
        try:
            Thread(target=look, daemon=True).start()  # daemon: whoever leaves waits for no lookup
            found = await outcome
        finally:
            buffer.on_text_changed -= overtaken
        if found is None:
            loop.call_soon(_reopen, buffer)  # prompt_toolkit does so by itself only when letters were added
        for completion in found or ():
            yield completion

    def _found(self, typed: str) -> list[Completion]:
        found = self.find(typed)
        margin = max((cell_len(option.group) for option in found), default=0)
        return [
            Completion(option.key, -len(typed), display=_line(option, margin), display_meta=visible(option.about))
            for option in found
        ]


def _reopen(buffer: Buffer) -> None:
    if buffer.complete_state is None and not get_app().is_done:
        buffer.start_completion()


def _line(option: Option, margin: int) -> StyleAndTextTuples:
    """The line of a menu, behind its heading if any line has one: `margin` cells wide."""
    heading = [("class:group", f"{set_cell_size(option.group, margin)} ")] if margin else []
    return [*heading, ("", visible(option.label))]
