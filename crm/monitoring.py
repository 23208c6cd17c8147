"""What went wrong and what must be traceable: a log on this machine and, with SENTRY_DSN, Sentry.

Neither ever holds a value somebody typed or stored: crm/incident.py decides what may be kept.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Literal

from crm.errors import N_, BadSetting, CrmError
from crm.incident import as_event, error_of
from crm.log_file import LogFile, NoLog, SilentHandler
from crm.settings import APPLICATION, Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

logger = logging.getLogger(APPLICATION)
logger.addHandler(logging.NullHandler())  # else Python prints to the terminal what is logged before start()


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


StaffAction = Literal["created", "changed", "moved", "deactivated", "reactivated", "unlocked"]


def staff_changed(action: StaffAction, employee_id: int, actor_id: int) -> None:
    """Tell Sentry and the log what was done with an employee's account, and by whom."""
    sentence = {
        "created": "Employee %s created by employee %s",
        "changed": "Employee %s changed by employee %s",
        "moved": "Employee %s moved to another department by employee %s",
        "deactivated": "Employee %s deactivated by employee %s",
        "reactivated": "Employee %s reactivated by employee %s",
        "unlocked": "Employee %s unlocked by employee %s",
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


class ToSentry(SilentHandler):
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
            self.client.capture_event({}, {APPLICATION: as_event(record) | versions})
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
    if isinstance(error_of(record), CrmError) and not record.name.startswith(APPLICATION):
        return False  # asyncio logs whatever a callback raises, also what is expected
    return record.levelno >= logging.ERROR or getattr(record, "for_sentry", False)
