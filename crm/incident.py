"""A log record reduced to what may be kept: never a value that somebody typed or stored.

Written from an allow-list: types, functions, lines, SQLSTATE, names of tables, numbers, and sentences that stand
literally in the source of the code that says them. Exception messages, arguments, local variables and paths stay
out, whoever logs and whatever is logged.
"""

from __future__ import annotations

import errno
import linecache
import logging
import os
import platform
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import CodeType, FrameType
from typing import Any


def as_event(record: logging.LogRecord) -> dict[str, Any]:
    """A log record reduced to what may be kept, as a Sentry event; to be called while it is being logged.

    Source: https://develop.sentry.dev/sdk/data-model/event-payloads/
    """
    speaker = _speaker(record)
    place = _told(_frame(speaker, record.lineno)) if speaker else "?"
    template = _literal(record.msg, speaker and speaker.f_code) or f"Message withheld, said at {place}"
    chain = _chain(error_of(record))
    sqlstate = next(filter(None, (_name(getattr(error, "pgcode", None)) for error in chain)), "")
    tags = {"reference": getattr(record, "reference", ""), "sqlstate": sqlstate, "place": place}
    return {
        "event_id": os.urandom(16).hex(),
        "timestamp": record.created,
        "platform": "python",
        "level": "fatal" if record.levelno >= logging.CRITICAL else logging.getLevelName(record.levelno).lower(),
        "logentry": {"message": template, "formatted": _filled(template, record.args)},
        "exception": {"values": [_exception(error) for error in reversed(chain)]},  # the oldest first
        "tags": {name: value for name, value in tags.items() if value},
        "contexts": {"runtime": {"name": platform.python_implementation(), "version": platform.python_version()}},
    }


def as_entry(event: dict[str, Any]) -> str:
    """`event` as an entry of the log: a line and, indented under it, each exception and the way it took."""
    when, tags = datetime.fromtimestamp(event["timestamp"]).astimezone(), event["tags"]
    head = f"{when.isoformat(timespec='milliseconds')} {event['level'].upper()} [{os.getpid()}]"
    lines = [f"{head} {tags.get('reference', '-')} {event['logentry']['formatted']} ({tags['place']})"]
    for raised in event["exception"]["values"]:
        lines.append(f"    {raised['module']}.{raised['type']}: {raised['value']}".rstrip(": "))
        steps = raised["stacktrace"]["frames"]
        lines += [f"        {_told(frame)}  {frame['context_line']}".rstrip() for frame in steps]
    return "\n".join(lines) + "\n"


def _speaker(record: logging.LogRecord) -> FrameType | None:
    frame: FrameType | None = sys._getframe()
    while frame and (frame.f_code.co_filename, frame.f_code.co_name) != (record.pathname, record.funcName):
        frame = frame.f_back
    return frame


def _literal(text: object, code: CodeType | None) -> str:
    """`text` if it is a string written in the source of `code`; nothing if it was put together from values."""
    literals = [constant for constant in code.co_consts if isinstance(constant, str)] if code else []
    return text if isinstance(text, str) and text in literals else ""


def _filled(template: str, values: object) -> str:
    """`template` with its numbers; of any other value only the type."""
    try:
        if isinstance(values, Mapping):
            return template % {name: _shown(value) for name, value in values.items()}
        return template % tuple(map(_shown, values)) if isinstance(values, tuple) and values else template
    except (TypeError, ValueError, KeyError):
        return template


def _shown(value: object) -> object:
    return value if type(value) in (int, float, bool) else f"<{type(value).__name__}>"


def error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def _chain(error: BaseException | None) -> list[BaseException]:
    """`error` and everything it was raised from, while handling or out of: the outermost first, ten at most."""
    chain: list[BaseException] = []
    waiting = [error]
    while waiting and len(chain) < 10:
        current = waiting.pop(0)
        if current is not None and not any(current is known for known in chain):
            chain.append(current)
            waiting += [current.__cause__, current.__context__]
            waiting += current.exceptions if isinstance(current, BaseExceptionGroup) else ()
    return chain


def _exception(error: BaseException) -> dict[str, Any]:
    """What is safe to say of `error`: its type, facts that are names or literals, and the way it took."""
    steps = list(traceback.walk_tb(error.__traceback__))
    diagnostics = getattr(error, "diag", None)  # psycopg2's: its messages quote rows and SQL, its names do not
    facts = {
        "": _literal(error.args[0], steps[-1][0].f_code) if error.args and steps else "",
        "SQLSTATE ": _name(getattr(error, "pgcode", None)),
        "table ": _name(getattr(diagnostics, "table_name", None)),
        "constraint ": _name(getattr(diagnostics, "constraint_name", None)),
        "errno ": errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else "",
    }
    kept = steps if len(steps) <= 50 else steps[:10] + steps[-40:]  # an endless recursion has a thousand
    return {
        "type": type(error).__qualname__,
        "module": type(error).__module__,
        "value": ", ".join(label + fact for label, fact in facts.items() if fact),
        "stacktrace": {"frames": [_frame(frame, line) for frame, line in kept]},
    }


def _name(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,63}", value, re.ASCII) else ""


def _frame(frame: FrameType, line: int | None) -> dict[str, Any]:
    """A line of code, its file told from its package on: the directories before it may name the user."""
    code, name = frame.f_code, frame.f_globals.get("__name__")
    module = name if name in sys.modules else "?"
    own = module.partition(".")[0] in ("crm", "menus")
    return {
        "module": module,
        "filename": _within_package(Path(code.co_filename), module),
        "lineno": line or 0,
        "function": code.co_qualname,
        "in_app": own,
        "context_line": linecache.getline(code.co_filename, line or 0).strip() if own else "",
    }


def _within_package(file: Path, module: str) -> str:
    parts = module.split(".") + (["__init__"] if file.stem == "__init__" else [])
    inside = [*file.parts[:-1], file.stem][-len(parts) :] == parts
    return "/".join(file.parts[-len(parts) :]) if inside else file.name


def _told(frame: dict[str, Any]) -> str:
    return f"{frame['filename']}:{frame['lineno']} {frame['function']}"
