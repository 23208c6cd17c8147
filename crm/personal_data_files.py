"""Everything held on a client as one file, JSON or a workbook."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from crm import spreadsheets
from crm.errors import N_
from crm.fields import DEED_NAMES, Field, Kind, described
from crm.personal_data import REMOVED, Export, Row
from crm.spreadsheets import Sheet
from crm.whole_file import NotWritten

ENDINGS = (".json", ".xlsx")
COLUMNS = {
    "client": (
        "id",
        "full_name",
        "email",
        "phone",
        "company_name",
        "first_contact",
        "last_update",
        "commercial_contact",
        "anonymised_at",
    ),
    "contract": ("id", "commercial", "total_amount", "amount_to_be_paid", "creation_date", "status", "signed_at"),
    "event": (
        "id",
        "contract",
        "title",
        "support_contact",
        "start_date",
        "end_date",
        "location",
        "attendees",
        "notes",
        "cancelled_at",
    ),
}
"""Entity -> what a sheet has of it, in this order; JSON has these first, then the numbers of people."""
HISTORY_HEADS = (N_("When"), N_("Who"), N_("Record"), N_("Number"), N_("Deed"), N_("Value"), N_("Before"), N_("After"))
Translate = Callable[[str], str]


def path_of(typed: str) -> Path:
    """The file that `typed` names. Raises NotWritten for a name that cannot be, or an ending that is no format."""
    name = typed.strip()
    path = Path(name).expanduser() if name.startswith("~/") else Path(name)
    if path.suffix.lower() not in ENDINGS:
        raise NotWritten(path=name or "…", why=N_("its name must end in .json or .xlsx."))
    if "\0" in name or not _is_encodable(name):
        raise NotWritten(path=name or "…", why=N_("no file can be called so."))
    return path


def write(export: Export, file: BinaryIO, ending: str, zone: ZoneInfo, translate: Translate) -> None:
    """As JSON, the same in every language, or as a workbook with headings by `translate` and moments of `zone`."""
    if ending.lower() == ".json":
        file.write(as_json(export).encode())
    else:
        spreadsheets.write(as_sheets(export, zone, translate), file)


def _is_encodable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def as_json(export: Export) -> str:
    arranged = {
        "client": _arranged("client", export.client),
        "contracts": [_arranged("contract", row) for row in export.contracts],
        "events": [_arranged("event", row) for row in export.events],
        "history": [_arranged("change", row) for row in export.history],
    }
    return json.dumps(arranged, ensure_ascii=False, indent=2) + "\n"


def as_sheets(export: Export, zone: ZoneInfo, translate: Translate) -> list[Sheet]:
    return [
        _sheet("client", N_("Client"), [export.client], zone, translate),
        _sheet("contract", N_("Contracts"), export.contracts, zone, translate),
        _sheet("event", N_("Events"), export.events, zone, translate),
        Sheet(
            translate(N_("History")),
            [translate(head) for head in HISTORY_HEADS],
            [line for row in export.history for line in _history(row, zone, translate)],
        ),
    ]


def _arranged(entity: str, row: Row) -> Row:
    first = COLUMNS.get(entity, ("id", "at", "actor", "entity", "entity_id", "action", "fields"))
    return {name: row[name] for name in first if name in row} | row


def _sheet(entity: str, title: str, rows: list[Row], zone: ZoneInfo, translate: Translate) -> Sheet:
    shown = [described(entity, name) for name in COLUMNS[entity]]
    return Sheet(
        translate(title),
        [translate(field.label) for field in shown],
        [[_value(field, _held(row, field.name), zone, translate) for field in shown] for row in rows],
    )


def _history(row: Row, zone: ZoneInfo, translate: Translate) -> Iterator[list[object]]:
    entity = str(row["entity"])
    who = row["actor"] or translate(N_("The installation"))
    deed = [translate(entity), row["entity_id"], translate(DEED_NAMES[row["action"]])]
    line = [_moment(row["at"], zone), who, *deed]
    for name, (old, new) in row["fields"].items():
        field = described(entity, name.removesuffix("_id"))
        yield [*line, translate(field.label), *(_value(field, value, zone, translate) for value in (old, new))]
    if not row["fields"]:
        yield [*line, None, None, None]


def _held(row: Row, name: str) -> Any:
    return row[name] if name in row else row[f"{name}_id"]


def _value(field: Field, value: Any, zone: ZoneInfo, translate: Translate) -> object:
    """As a cell has it."""
    if value is None or value == "":
        return None
    if value == REMOVED:
        return translate(N_("removed"))
    match field.kind:
        case Kind.AMOUNT:
            return Decimal(str(value))
        case Kind.DAY:
            return _day(str(value))
        case Kind.MOMENT:
            return _moment(str(value), zone)
        case Kind.CHOICE:
            return translate(field.choices.get(str(value), str(value)))
    return value if isinstance(value, int | float) else str(value)


def _day(written: str) -> object:
    try:
        return date.fromisoformat(written)
    except ValueError:  # PostgreSQL has days that Python has not
        return written


def _moment(written: str, zone: ZoneInfo) -> object:
    """As a clock on the wall shows it: a workbook knows no time zones."""
    try:
        return datetime.fromisoformat(written).astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return written
