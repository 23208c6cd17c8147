"""Screens of a terminal as pictures (SVG), and the text in such a picture."""

from __future__ import annotations

import io
import re
from itertools import groupby
from xml.etree import ElementTree

import pyte
from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.style import Style
from rich.text import Text

TITLE = "epicevents"
# Pictures in a page load nothing from elsewhere, so the font is one that is there.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
)
RENAMED = {"brown": "yellow", "brightbrown": "bright_yellow", "bfightmagenta": "bright_magenta"}
ONE_TIME = re.compile(r"\b[a-z0-9]{4}(?:-[a-z0-9]{4}){3}\b")
"""A one-time password: the only thing that is different each time."""
AN_EXAMPLE = "kora-7tec-m2wu-9dif"


def picture(screen: pyte.Screen, name: str) -> str:
    """The screen as SVG; the cells' colours, bold, italic, underline and reverse are kept."""
    console = Console(
        width=screen.columns, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for row in range(screen.lines):
        console.print(_line(screen, row), soft_wrap=True, highlight=False, markup=False)
    return console.export_svg(title=TITLE, code_format=FORMAT, unique_id=name)


def text_of(svg: str) -> str:
    """What can be read in a picture, line by line, without the spaces that only place it."""
    texts = [element for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]  # noqa: S314
    placed = [(float(text.get("y", 0)), "".join(text.itertext())) for text in texts]
    lines = ("".join(part for _, part in row) for _, row in groupby(sorted(placed, key=lambda p: p[0]), lambda p: p[0]))
    return "\n".join("".join(line.split()) for line in lines)


def _line(screen: pyte.Screen, row: int) -> Text:
    line = Text(no_wrap=True, overflow="ignore")
    cells = [(screen.buffer[row][column], column) for column in range(screen.columns)]
    for style, run in groupby(cells, lambda cell: _style(cell[0], screen, row, cell[1])):
        line.append("".join(cell.data for cell, _column in run), style)
    line.plain = ONE_TIME.sub(AN_EXAMPLE, line.plain)
    return line


def _style(cell: pyte.screens.Char, screen: pyte.Screen, row: int, column: int) -> Style:
    cursor = (screen.cursor.y, screen.cursor.x) == (row, column) and not screen.cursor.hidden
    return Style(
        color=_colour(cell.fg),
        bgcolor=_colour(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse != cursor,
    )


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return RENAMED.get(name, name.replace("bright", "bright_"))
