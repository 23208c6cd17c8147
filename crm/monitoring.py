"""What went wrong and what must be traceable: a log on this machine and, with SENTRY_DSN, Sentry.

Neither ever holds a value somebody typed or stored. Both are written from an allow-list: types, functions, lines,
SQLSTATE, names of tables, numbers, and sentences that stand literally in the source of the code that says them.
Exception messages, arguments, local variables and paths stay out, whoever logs and whatever is logged.
"""

from __future__ import annotations

import errno
import fcntl
import linecache
import logging
import os
import platform
import re
import stat
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import datetime
from io import FileIO
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Literal

from crm.errors import BadSetting, CrmError, N_
from crm.settings import APPLICATION, Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

logger = logging.getLogger(APPLICATION)
logger.addHandler(logging.NullHandler())  # else Python prints to the terminal what is logged before start()


class NoLog(CrmError):
    """No log is kept: {file} cannot be written ({why})."""


def start(settings: Settings) -> NoLog | None:
    """Open the log and, with a DSN, Sentry; the NoLog it returns is worth a sentence, not worth stopping.

    Both listen to the root logger: asyncio's and other packages' errors are covered. Raises BadSetting on a bad DSN.
    """
    stop()
    log = LogFile(settings.log_file)
    for handler in [log, ToSentry(settings.sentry_dsn)] if settings.sentry_dsn else [log]:
        logging.getLogger().addHandler(handler)
    logger.setLevel(logging.INFO)
    threading.excepthook = _in_thread
    return log.prepare()


def unexpected(error: BaseException) -> str:
    """Log and send `error`; returns the reference under which both know it. A CrmError is expected: logged only."""
    reference = os.urandom(4).hex()
    level = logging.WARNING if isinstance(error, CrmError) else logging.ERROR
    logger.log(level, "Unexpected error", exc_info=error, extra={"reference": reference})
    return reference


def staff_changed(action: Literal["created", "changed", "deactivated"], employee_id: int, actor_id: int) -> None:
    """Tell Sentry and the log that an employee's account was created, changed or closed, and by whom."""
    sentence = {
        "created": "Employee %s created by employee %s",
        "changed": "Employee %s changed by employee %s",
        "deactivated": "Employee %s deactivated by employee %s",
    }[action]
    logger.info(sentence, employee_id, actor_id, extra={"for_sentry": True})


def contract_signed(contract_id: int, actor_id: int) -> None:
    """Tell Sentry and the log that a contract was signed, and by whom."""
    logger.info("Contract %s signed by employee %s", contract_id, actor_id, extra={"for_sentry": True})


def stop(timeout: float = 2.0) -> None:
    """Send what is still waiting, for `timeout` seconds at most, and let go of the log. Safe to repeat."""
    threading.excepthook = threading.__excepthook__
    for handler in list(logging.getLogger().handlers):
        if isinstance(handler, LogFile | ToSentry):
            logging.getLogger().removeHandler(handler)
            if isinstance(handler, ToSentry):
                handler.client.close(timeout=timeout)
            handler.close()


def _in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        unexpected(failed.exc_value)


class _Silent(logging.Handler):
    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: the standard one prints the record and its arguments into the middle of the prompt."""


class LogFile(_Silent):
    """A log of at most `limit` bytes and `kept` older ones (file.1, file.2, …), all 0600, shared by several shells.

    Each entry is one append to a file opened for it, so a shell never goes on writing to what another has rotated.
    """

    def __init__(self, file: Path, limit: int = 1_000_000, kept: int = 3) -> None:
        super().__init__(logging.INFO)
        self.file, self.limit, self.kept = file, limit, kept

    def prepare(self) -> NoLog | None:
        """Create the file and its directories for this user alone; take back what an earlier file allowed to others."""
        try:
            for directory in reversed(self.file.parents):
                if not directory.exists():
                    directory.mkdir(mode=0o700, exist_ok=True)
            with self._open() as log:
                if stat.S_ISREG(os.fstat(log.fileno()).st_mode):  # never /dev/null
                    os.fchmod(log.fileno(), 0o600)
        except OSError as error:
            return NoLog(file=self.file, why=error.strerror)
        return None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            entry = _entry(_event(record)).encode("utf-8", "backslashreplace")
            with self._open() as log:
                if 0 < os.fstat(log.fileno()).st_size > self.limit - len(entry):
                    self._rotate(log)
            with self._open() as log:
                log.write(entry)
        except Exception:
            self.handleError(record)

    def _rotate(self, log: FileIO) -> None:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(log.fileno()), self.file.stat()):
                return
            for age in range(self.kept, 1, -1):
                if self._aged(age - 1).exists():
                    self._aged(age - 1).replace(self._aged(age))
            self.file.replace(self._aged(1))
        except (BlockingIOError, FileNotFoundError):
            pass  # another shell is doing it

    def _aged(self, age: int) -> Path:
        return self.file.with_name(f"{self.file.name}.{age}")

    def _open(self) -> FileIO:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        return FileIO(self.file, "ab", opener=lambda name, _: os.open(name, flags, 0o600))


class ToSentry(_Silent):
    """Sends errors, and what is marked `for_sentry`, through a client of its own.

    Not through sentry_sdk.init(): nothing gets patched; no scope, no breadcrumbs and no integrations to fill them.
    """

    def __init__(self, dsn: str) -> None:
        from sentry_sdk import Client  # here, because the import takes longer than the shell's first prompt

        super().__init__(logging.INFO)
        self.addFilter(_is_for_sentry)
        try:
            self.client = Client(
                dsn,
                release=_release(),
                before_send=_only_ours,
                default_integrations=False,
                include_local_variables=False,
                send_client_reports=False,
                enable_backpressure_handling=False,
                server_name="",
                spotlight=False,
                debug=False,
            )
        except ValueError as error:
            raise BadSetting(name="SENTRY_DSN", why=N_("it must look like https://KEY@HOST/NUMBER")) from error

    def emit(self, record: logging.LogRecord) -> None:
        try:
            versions = {name: self.client.options[name] for name in ("release", "environment")}
            self.client.capture_event({}, {APPLICATION: _event(record) | versions})
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """What logging.shutdown() calls when the interpreter leaves without stop()."""
        self.client.flush(timeout=2.0)


def _release() -> str:
    from importlib.metadata import PackageNotFoundError, version  # here, for the same reason

    try:
        return f"{APPLICATION}@{version(APPLICATION)}"
    except PackageNotFoundError:
        return APPLICATION


def _only_ours(_assembled: Event, hint: Hint) -> Event | None:
    """before_send: exactly the event built below goes out, whatever the SDK of the day has added to it."""
    ours: Event | None = hint.get(APPLICATION)
    return ours


def _is_for_sentry(record: logging.LogRecord) -> bool:
    if record.name.startswith(("sentry_sdk", "urllib3")):  # a receiver that fails must not cause more to send
        return False
    if isinstance(_error(record), CrmError) and not record.name.startswith(APPLICATION):
        return False  # asyncio logs whatever a callback raises, also what is expected
    return record.levelno >= logging.ERROR or getattr(record, "for_sentry", False)


def _event(record: logging.LogRecord) -> dict[str, Any]:
    """A log record reduced to what may be kept, as a Sentry event; to be called while it is being logged.

    Source: https://develop.sentry.dev/sdk/data-model/event-payloads/
    """
    speaker = _speaker(record)
    place = _told(_frame(speaker, record.lineno)) if speaker else "?"
    template = _literal(record.msg, speaker and speaker.f_code) or f"Message withheld, said at {place}"
    chain = _chain(_error(record))
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


def _entry(event: dict[str, Any]) -> str:
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


def _error(record: logging.LogRecord) -> BaseException | None:
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
