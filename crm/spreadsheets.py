"""Workbooks that Excel and LibreOffice open: values stay values, and what people wrote is never a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""What Excel would read as a character by its number."""
FORMATS = {Decimal: "#,##0.00", float: "#,##0.00", datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd"}
EARLIEST = 1901
"""Excel has no days before 1900, and one too many in that year: what is earlier is a text."""
NARROWEST, WIDEST = 10, 60


@dataclass(frozen=True)
class Sheet:
    """A table: text, numbers, days and naive moments; None is an empty cell."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]


def write(sheets: Sequence[Sheet], file: BinaryIO) -> None:
    """A workbook of these sheets, as .xlsx."""
    from openpyxl import Workbook  # slow, and seldom needed

    book = Workbook()
    while book.worksheets:
        book.remove(book.worksheets[0])
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title), sheet)
    whole = BytesIO()  # a full disk is then met by us, not in the middle of a ZIP
    book.save(whole)
    file.write(whole.getvalue())


def _fill(page: Worksheet, sheet: Sheet) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for place, row in enumerate((sheet.heads, *sheet.rows), 1):
        for column, value in enumerate(row, 1):
            _put(page.cell(place, column), value)
    for column in range(1, len(sheet.heads) + 1):
        cells = [page.cell(place, column) for place in range(1, len(sheet.rows) + 2)]
        cells[0].font = Font(bold=True)
        longest = max(len(str(cell.value or "")) for cell in cells)
        page.column_dimensions[get_column_letter(column)].width = min(max(longest + 2, NARROWEST), WIDEST)
    page.freeze_panes = "A2"


def _put(cell: Cell | MergedCell, value: object) -> None:
    if isinstance(value, date) and value.year < EARLIEST:
        value = value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, str):
        cell.value = ESCAPED.sub("_x005F_", NO_XML.sub("\N{REPLACEMENT CHARACTER}", value))
        cell.data_type = "s"  # also =1+1 and #N/A, which openpyxl would take for a formula and an error
        cell.quotePrefix = value.startswith(("=", "+", "-", "@", "\t", "\r"))  # and a text it stays when it is edited
    elif value is not None:
        cell.value = value  # type: ignore[assignment]
        cell.number_format = FORMATS.get(type(value), "General")
