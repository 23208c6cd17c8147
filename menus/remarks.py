"""What stands below a question while it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from textwrap import wrap
from typing import cast

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import is_done, to_filter
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, HSplit, Window

from crm import monitoring
from menus.written import visible


class Remarks:
    """What `say` says of what is typed, found out in a thread: keys never wait for it, and the latest wins."""

    def __init__(self, app: Application[str], buffer: Buffer, say: Callable[[str], str]) -> None:
        self.line = ""
        self._app, self._buffer, self._say = app, buffer, say
        self._typed = asyncio.Event()
        buffer.on_text_changed += lambda _buffer: self._typed.set()

    def begin(self) -> None:
        self._typed.set()
        self._app.create_background_task(self._follow())

    async def _follow(self) -> None:
        while await self._typed.wait():
            self._typed.clear()
            typed = self._buffer.text
            line = await asyncio.get_running_loop().run_in_executor(_thread(), self._said, typed)
            if typed == self._buffer.text:
                self.line = line
                self._app.invalidate()

    def _said(self, typed: str) -> str:
        try:
            return visible(self._say(typed))
        except Exception as error:  # a remark is not worth the question
            monitoring.unexpected(error)
            return ""


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "remarks")


def write_below(app: Application[str], buffer: Buffer, remarks: Remarks, keys: str) -> None:
    """Directly below the line: why Enter was refused, or else a quiet remark; and the keys."""

    whole_keys = " · ".join(key.replace(" ", "\N{NO-BREAK SPACE}") for key in keys.split(" · "))

    def below() -> StyleAndTextTuples:
        error, room = buffer.validation_error, app.output.get_size().columns - 2
        why, said = f"! {visible(error.message)}" if error else "", "" if error else remarks.line
        lines = [("class:refusal", why), ("class:quiet", said), ("class:quiet", whole_keys)]
        return [(style, f" {line}\n") for style, text in lines for line in wrap(text, room)]

    app.layout.current_window.dont_extend_height = to_filter(True)
    whole = cast(HSplit, app.layout.container)  # of PromptSession: the line, then what the validator says, ...
    whole.children[1] = ConditionalContainer(
        Window(FormattedTextControl(below), dont_extend_height=True), filter=~is_done
    )
