"""Nothing personal leaves the shell or lies in its log, whatever is raised and whoever logs it."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import peewee
import psycopg2
import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from crm import monitoring
from crm.embedded import Server
from crm.errors import BadSetting, Unavailable
from crm.settings import Settings
from tests.conftest import run
from tests.crm.sentry_receiver import SentryReceiver

# Kept out of every function: what is written in a function's own source counts as a literal, and literals are told.
NAME, EMAIL, PHONE = "Kevin Casey", "kevin@startup.io", "+678 123 456 78"
NOTE, PASSWORD, TOKEN = "allergic to peanuts", "correct-horse-battery", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"
SECRETS = [NAME, EMAIL, PHONE, NOTE, PASSWORD, TOKEN]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def direct_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the machine that runs the tests has nothing to do with its loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def receiver() -> Iterator[SentryReceiver]:
    with SentryReceiver() as listening:
        yield listening


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., monitoring.NoLog | None]]:
    """Starts monitoring for a test, which has to stop() it before it looks at what was sent."""

    def start(dsn: str = "", log_file: Path = tmp_path / "logs" / "epicevents.log") -> monitoring.NoLog | None:
        environment = {"SENTRY_DSN": dsn, "EPICEVENTS_LOG_FILE": str(log_file)}
        return monitoring.start(Settings.read(environment, tmp_path))

    yield start
    monitoring.stop(timeout=0)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "epicevents.log"


def assert_nothing_personal(*places: bytes, also: Sequence[str] = ()) -> None:
    for written in places:
        for secret in [*SECRETS, *NAME.split(), *EMAIL.split("@"), *also]:
            assert secret.encode() not in written
            assert secret.encode("unicode-escape") not in written
        assert not re.search(rb"\b%s\b" % re.escape(socket.gethostname()).encode(), written)


# --- Errors of the database -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def database_error(server: Server) -> Mapping[str, Exception]:
    """Real errors of psycopg2, and one wrapped by peewee."""
    statements = {
        "23505": ("INSERT INTO employee VALUES (2, %s, %s)", (NAME, EMAIL)),  # DETAIL: Key (email)=(kevin@…)
        "23502": ("INSERT INTO employee VALUES (NULL, %s, %s)", (NAME, EMAIL)),  # DETAIL: Failing row contains (…)
        "23514": ("INSERT INTO employee VALUES (-1, %s, %s)", (NOTE, PHONE)),
        "22P02": ("SELECT %s::integer", (PHONE,)),  # invalid input syntax for type integer: "…"
        "42601": (f"SELEC '{NAME}', '{PASSWORD}'", ()),  # LINE 1: SELEC '…
        "42703": (f'SELECT "{EMAIL}" FROM employee', ()),  # column "…" does not exist
        "P0001": (
            "DO $$ BEGIN RAISE 'refused: %%', %s USING HINT = %s, TABLE = %s, CONSTRAINT = %s; END $$",
            (NAME, TOKEN, NAME, EMAIL),
        ),
    }
    place = server.parameters("monitoring", "postgres")
    run({**place, "dbname": "postgres"}, "CREATE DATABASE monitoring")
    connection = psycopg2.connect(**place)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(
        "CREATE TABLE employee (id int NOT NULL CONSTRAINT positive_id CHECK (id > 0), full_name text,"
        " email text CONSTRAINT employee_email_key UNIQUE)"
    )
    cursor.execute("INSERT INTO employee VALUES (1, %s, %s)", (NAME, EMAIL))
    errors = {code: raised_by(cursor.execute, *statement) for code, statement in statements.items()}
    database = peewee.PostgresqlDatabase(
        "monitoring", **{key: value for key, value in place.items() if key != "dbname"}
    )
    errors["peewee"] = raised_by(database.execute_sql, *statements["23505"])
    errors["role"] = raised_by(psycopg2.connect, **{**place, "user": EMAIL, "password": PASSWORD})
    database.close()
    connection.close()
    return errors


def raised_by(function: Callable[..., object], *arguments: object, **named: object) -> Exception:
    try:
        function(*arguments, **named)
    except Exception as error:
        return error
    raise AssertionError("no error")


@pytest.mark.parametrize("code", ["23505", "23502", "23514", "22P02", "42601", "42703", "P0001"])
def test_an_error_of_the_database_is_told_by_its_sqlstate_only(code, database_error, start, receiver, log):
    error = database_error[code]
    assert any(secret in str(error) for secret in SECRETS)  # else the test proves nothing
    start(receiver.dsn)
    reference = monitoring.unexpected(error)
    monitoring.stop()

    (event,) = receiver.events
    assert_nothing_personal(receiver.raw, log.read_bytes())
    assert event["tags"]["sqlstate"] == code
    assert event["tags"]["reference"] == reference
    (raised,) = event["exception"]["values"]
    assert (raised["module"], raised["type"]) == (type(error).__module__, type(error).__qualname__)
    assert raised["value"].startswith(f"SQLSTATE {code}")
    assert re.search(rf"ERROR \[\d+\] {reference} Unexpected error \(crm/monitoring.py", log.read_text())
    assert f"{type(error).__module__}.{type(error).__qualname__}: SQLSTATE {code}" in log.read_text()


def test_a_violated_constraint_is_named(database_error, start, receiver):
    start(receiver.dsn)
    monitoring.unexpected(database_error["23505"])
    monitoring.stop()
    value = receiver.events[0]["exception"]["values"][0]["value"]
    assert value == "SQLSTATE 23505, table employee, constraint employee_email_key"


def test_what_peewee_wraps_keeps_its_sqlstate(database_error, start, receiver, log):
    start(receiver.dsn)
    monitoring.unexpected(database_error["peewee"])
    monitoring.stop()
    assert_nothing_personal(receiver.raw, log.read_bytes())
    raised, wrapped = receiver.events[0]["exception"]["values"]
    assert (raised["type"], wrapped["type"]) == ("UniqueViolation", "IntegrityError")
    assert receiver.events[0]["tags"]["sqlstate"] == "23505"


def test_a_refused_connection_tells_neither_role_nor_password(database_error, start, receiver, log):
    assert EMAIL in str(database_error["role"])
    start(receiver.dsn)
    monitoring.unexpected(database_error["role"])
    monitoring.stop()
    assert_nothing_personal(receiver.raw, log.read_bytes())
    assert receiver.events[0]["exception"]["values"][0]["type"] == "OperationalError"


# --- Errors of the program --------------------------------------------------------------------------------------


def sign_in(password: str) -> None:
    token = TOKEN + password  # a local variable
    raise ValueError(f"invalid literal: {token!r}")


def failure_with_everything() -> Exception:
    """An exception whose message, notes, causes, siblings and attributes are all personal."""
    try:
        try:
            sign_in(PASSWORD)
        except ValueError as error:
            raise KeyError(EMAIL) from error
    except KeyError as error:
        error.add_note(NOTE)
        return raised_by(raise_, ExceptionGroup(NAME, [error, FileNotFoundError(2, NOTE, f"/home/{NAME}/{PHONE}")]))
    raise AssertionError


def raise_(error: Exception) -> None:
    raise error


def test_an_exception_is_told_by_types_functions_and_lines(start, receiver, log):
    start(receiver.dsn)
    monitoring.unexpected(failure_with_everything())
    monitoring.stop()

    (event,) = receiver.events
    assert_nothing_personal(receiver.raw, log.read_bytes())
    assert receiver.item_types == ["event"]
    assert receiver.requests == [("POST", "/api/1/envelope/")]
    by_type = {raised["type"]: raised for raised in event["exception"]["values"]}
    assert set(by_type) == {"ValueError", "KeyError", "FileNotFoundError", "ExceptionGroup"}
    assert event["exception"]["values"][-1]["type"] == "ExceptionGroup"
    assert by_type["FileNotFoundError"]["value"] == "errno ENOENT"
    frame = by_type["ValueError"]["stacktrace"]["frames"][-1]
    assert (frame["function"], frame["lineno"]) == ("sign_in", sign_in.__code__.co_firstlineno + 2)
    assert frame["filename"] in ("tests/crm/test_monitoring.py", "test_monitoring.py")
    assert not {"vars", "abs_path", "pre_context"} & set(frame)
    assert f"test_monitoring.py:{frame['lineno']} sign_in" in log.read_text()


def test_the_event_holds_nothing_but_what_is_allowed(start, receiver):
    start(receiver.dsn)
    monitoring.unexpected(failure_with_everything())
    monitoring.stop()
    assert set(receiver.events[0]) == {
        *("event_id", "timestamp", "platform", "level", "logentry", "exception", "tags", "contexts"),
        *("release", "environment"),
    }


def test_what_is_not_built_here_is_not_sent(start, receiver):
    start(receiver.dsn)
    (sender,) = [handler for handler in logging.getLogger().handlers if isinstance(handler, monitoring.ToSentry)]
    sender.client.capture_event({"message": NOTE})
    monitoring.stop()
    assert receiver.requests == []


def test_our_own_lines_are_shown_and_our_literals_kept(start, receiver):
    start(receiver.dsn)
    expected = raised_by(Settings.read, {"DATABASE_URL": f"mysql://{EMAIL}:{PASSWORD}@db"}, Path("/"))
    logging.getLogger("epicevents").error("On purpose", exc_info=expected)
    monitoring.unexpected(raised_by(written_in_the_source))
    monitoring.stop()
    on_purpose, literal = receiver.events
    frame = on_purpose["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert (frame["module"], frame["filename"], frame["in_app"]) == ("crm.settings", "crm/settings.py", True)
    assert frame["context_line"].startswith("raise BadSetting(")
    assert literal["exception"]["values"][0]["value"] == "the queue is already closed"
    assert_nothing_personal(receiver.raw)


def written_in_the_source() -> None:
    raise RuntimeError("the queue is already closed")


def test_an_endless_recursion_stays_small(start, receiver):
    def endless() -> None:
        endless()

    start(receiver.dsn)
    monitoring.unexpected(raised_by(endless))
    monitoring.stop()
    assert len(receiver.events[0]["exception"]["values"][0]["stacktrace"]["frames"]) == 50


def test_an_expected_error_is_logged_and_not_sent(start, receiver, log):
    start(receiver.dsn)
    reference = monitoring.unexpected(Unavailable())
    monitoring.stop()
    assert receiver.events == []
    assert f"{reference} Unexpected error" in log.read_text()
    assert "crm.errors.Unavailable" in log.read_text()


# --- Logging ----------------------------------------------------------------------------------------------------


def test_of_a_logged_error_only_literals_and_numbers_are_kept(start, receiver, log):
    here = logging.getLogger("epicevents.forms")
    start(receiver.dsn)
    here.error("Client %s refused after %d attempts", NAME, 3, extra={"email": EMAIL}, stack_info=True)
    here.error("Took %(seconds).1f s for %(who)s", {"seconds": 1.25, "who": NAME})
    here.error(f"Client {EMAIL} refused")
    here.error("Client " + NAME)
    here.error(ValueError(NOTE))
    here.warning("Not sent: %s", PHONE)
    logging.getLogger("other.package").error("Cannot render %r", NOTE)
    monitoring.stop()

    assert_nothing_personal(receiver.raw, log.read_bytes())
    told = [event["logentry"]["formatted"] for event in receiver.events]
    withheld = re.compile(r"Message withheld, said at (tests/crm/)?test_monitoring\.py:\d+ test_of_a_logged_error")
    assert told[0] == "Client <str> refused after 3 attempts"
    assert told[1] == "Took 1.2 s for <str>"
    assert all(withheld.match(text) for text in told[2:5])
    assert told[5:] == ["Cannot render '<str>'"]
    assert "Not sent: <str>" in log.read_text()
    assert receiver.events[0]["logentry"]["message"] == "Client %s refused after %d attempts"


def test_troubles_of_sending_are_not_sent(start, receiver, log):
    start(receiver.dsn)
    logging.getLogger("urllib3.connectionpool").error("Retrying after %s", EMAIL)
    monitoring.stop()
    assert receiver.requests == []
    assert "ERROR" in log.read_text()
    assert "Retrying after <str>" in log.read_text()


def test_a_sentence_that_its_values_do_not_fit_stays_unfilled(log):
    alone = logging.Logger("epicevents.alone")  # pytest's own handler would refuse it
    alone.addHandler(file := monitoring.LogFile(log))
    assert file.prepare() is None
    alone.error("Attempt %d", TOKEN)
    assert_nothing_personal(log.read_bytes())
    assert " - Attempt %d (" in log.read_text()


def test_staff_and_signatures_are_messages_with_numbers(start, receiver, log):
    start(receiver.dsn)
    monitoring.staff_changed("created", 12, 3)
    monitoring.staff_changed("changed", 12, 3)
    monitoring.staff_changed("deactivated", 12, 3)
    monitoring.contract_signed(40, 12)
    monitoring.stop()
    told = [event["logentry"]["formatted"] for event in receiver.events]
    assert told == [
        "Employee 12 created by employee 3",
        "Employee 12 changed by employee 3",
        "Employee 12 deactivated by employee 3",
        "Contract 40 signed by employee 12",
    ]
    assert {event["level"] for event in receiver.events} == {"info"}
    assert [line for line in told if line not in log.read_text()] == []


def test_a_record_handed_over_by_mistake_stays_a_type(start, receiver):
    class Employee:
        def __repr__(self) -> str:
            return EMAIL

        __str__ = __repr__

    start(receiver.dsn)
    monitoring.contract_signed(Employee(), Employee())
    monitoring.stop()
    assert receiver.events[0]["logentry"]["formatted"] == "Contract <Employee> signed by employee <Employee>"
    assert_nothing_personal(receiver.raw)


# --- Threads and event loops ------------------------------------------------------------------------------------


def test_a_failing_thread_is_told_and_prints_nothing(start, receiver, log, capfd):
    start(receiver.dsn)
    thread = threading.Thread(target=sign_in, args=(PASSWORD,), name=NAME)
    thread.start()
    thread.join()
    monitoring.stop()
    assert receiver.events[0]["exception"]["values"][-1]["type"] == "ValueError"
    assert_nothing_personal(receiver.raw, log.read_bytes())
    assert capfd.readouterr().err == ""
    assert threading.excepthook is threading.__excepthook__


def test_a_failing_callback_of_the_prompt_is_told(start, receiver, log, capfd):
    def plan_failures() -> None:
        asyncio.get_running_loop().call_soon(sign_in, PASSWORD)
        asyncio.get_running_loop().call_soon(raise_, Unavailable())

    start(receiver.dsn)
    with create_pipe_input() as keys:
        keys.send_text("done\r")
        session = PromptSession(input=keys, output=DummyOutput())
        assert session.prompt("> ", pre_run=plan_failures, set_exception_handler=False) == "done"
    monitoring.stop()
    assert [event["exception"]["values"][-1]["type"] for event in receiver.events] == ["ValueError"]
    assert_nothing_personal(receiver.raw, log.read_bytes())
    assert "crm.errors.Unavailable" in log.read_text()
    assert capfd.readouterr().err == ""


# --- Whole programs ---------------------------------------------------------------------------------------------


OFFICE_TOOL = """
import logging, os, subprocess, sys
from pathlib import Path
from crm import monitoring
from crm.settings import Settings

def prepare(secret):
    logging.getLogger("epicevents").info("about %s", secret)          # would be a breadcrumb
    print(secret); subprocess.run(["true", secret]); os.environ["LATE"] = secret
    remembered = {"note": secret}
    raise LookupError(secret)

def main():
    print(monitoring.start(Settings.read(os.environ, Path("."))))
    try:
        prepare(sys.argv[1])
    except LookupError as error:
        print("reference", monitoring.unexpected(error))
    {ending}

main()
"""


def run_office_tool(home: Path, dsn: str, *, ending: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in the home directory of an employee, told personal data by every road a program has."""
    program = home / "office" / "tool.py"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(OFFICE_TOOL.replace("{ending}", ending))
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", "HOME": str(home)}
    surroundings |= {"USER": NAME, "LOGNAME": NAME, "EMAIL": EMAIL, "EPICEVENTS_PW": PASSWORD, "SENTRY_DSN": dsn}
    command = [sys.executable, str(program), NOTE, PHONE]
    environment = surroundings | {"EPICEVENTS_LOG_FILE": str(home / "log")} | environment
    return subprocess.run(
        command, env=environment, cwd=program.parent, capture_output=True, text=True, timeout=60, check=True
    )


def test_surroundings_stay_out(receiver, tmp_path):
    home = tmp_path / "home" / "kcasey"
    ran = run_office_tool(home, receiver.dsn, ending="monitoring.stop()", SENTRY_SPOTLIGHT="1", SENTRY_DEBUG="1")
    assert ran.stderr == ""
    assert_nothing_personal(receiver.raw, (home / "log").read_bytes(), also=["kcasey", "home/", str(tmp_path)])
    (event,) = receiver.events
    assert event["tags"]["reference"] in ran.stdout
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    assert [(frame["filename"], frame["function"]) for frame in frames] == [("tool.py", "main"), ("tool.py", "prepare")]


def test_events_leave_even_when_nobody_calls_stop(receiver, tmp_path):
    ran = run_office_tool(tmp_path / "home", receiver.dsn, ending="sys.exit(0)")
    assert ran.stderr == ""
    assert len(receiver.events) == 1


def test_a_dead_receiver_prints_nothing(tmp_path):
    ran = run_office_tool(tmp_path, f"http://key@127.0.0.1:{closed_port()}/1", ending="monitoring.stop()")
    assert ran.stderr == ""
    assert "LookupError" in (tmp_path / "log").read_text()


def test_without_a_dsn_sentry_is_not_imported(tmp_path):
    ending = "monitoring.stop(); print([name for name in sys.modules if 'sentry' in name or 'urllib3' in name])"
    assert run_office_tool(tmp_path, "", ending=ending).stdout.endswith("[]\n")


def test_before_start_nothing_is_printed(tmp_path):
    program = "from crm import monitoring; monitoring.unexpected(ValueError('x'))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stderr == ""


# --- Receivers that do not answer -------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_to_stop(timeout: float) -> float:
    before = time.monotonic()
    monitoring.stop(timeout)
    return time.monotonic() - before


def test_a_dead_receiver_does_not_hold_the_shell(start):
    start(f"http://key@127.0.0.1:{closed_port()}/1")
    monitoring.unexpected(ValueError(EMAIL))
    assert seconds_to_stop(timeout=1.0) < 1.5


def test_a_slow_receiver_does_not_hold_the_shell(start):
    with SentryReceiver(delay=30) as slow:
        start(slow.dsn)
        for _ in range(5):
            monitoring.unexpected(ValueError(EMAIL))
        assert slow.arrived.wait(5)
        assert 0.4 < seconds_to_stop(timeout=0.5) < 1.0


def test_the_interpreter_does_not_wait_for_a_slow_receiver(tmp_path):
    with SentryReceiver(delay=30) as slow:
        before = time.monotonic()
        run_office_tool(tmp_path, slow.dsn, ending="monitoring.stop(timeout=0.5)")
        assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    "dsn",
    ["x", "https://sentry.example/1", "https://key@sentry.example/", "ftp://k@h/1", "http://k@h:port/1", "http://["],
)
def test_a_bad_dsn_is_a_bad_setting(start, dsn):
    with pytest.raises(BadSetting) as refused:
        start(dsn)
    assert str(refused.value).startswith("SENTRY_DSN ")
    assert "https://KEY@HOST/NUMBER" in str(refused.value)
    assert not [handler for handler in logging.getLogger().handlers if handler.__module__ == monitoring.__name__]


# --- The log ----------------------------------------------------------------------------------------------------


def modes(directory: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in directory.iterdir()}


def test_the_log_is_private_whatever_the_umask(start, tmp_path):
    before = os.umask(0)
    try:
        assert start(log_file=tmp_path / "a" / "b" / "log") is None
    finally:
        os.umask(before)
    assert modes(tmp_path / "a" / "b") == {0o600}
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a" / "b")] == [0o700, 0o700]


def test_an_older_log_becomes_private(start, tmp_path):
    (tmp_path / "log").touch(0o644)
    assert start(log_file=tmp_path / "log") is None
    assert modes(tmp_path) == {0o600}


def test_only_a_file_of_ours_changes_its_mode(start, tmp_path):
    pipe = tmp_path / "pipe"  # stands for /dev/null, which a mistake here would close to everybody on the machine
    os.mkfifo(pipe, 0o622)
    pipe.chmod(0o622)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert start(log_file=pipe) is None
    monitoring.contract_signed(40, 12)
    assert b"Contract 40 signed by employee 12" in os.read(reader, 1000)
    assert modes(tmp_path) == {0o622}
    os.close(reader)


def test_the_log_is_never_a_link(start, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert isinstance(start(log_file=tmp_path / "link"), monitoring.NoLog)
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_log_the_program_goes_on(start, receiver, tmp_path, capfd):
    (tmp_path / "file").touch()
    trouble = start(receiver.dsn, log_file=tmp_path / "file" / "log")
    assert re.fullmatch(r"No log is kept: \S+/file/log cannot be written \(.+\)\.", str(trouble))
    monitoring.unexpected(ValueError(EMAIL))
    monitoring.stop()
    assert len(receiver.events) == 1
    assert capfd.readouterr().err == ""


WRITER = """
import logging, sys
from pathlib import Path
from crm import monitoring
log = monitoring.LogFile(Path(sys.argv[1]), limit=20_000, kept=40)
logging.getLogger().addHandler(log)
for number in range(500):
    logging.getLogger("epicevents").warning("Line %d of %d", number, int(sys.argv[2]))
"""


def test_several_shells_share_and_rotate_one_log(tmp_path):
    log = tmp_path / "logs" / "log"
    log.parent.mkdir()
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, log, str(n)], cwd=ROOT, umask=0) for n in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    text = "".join(path.read_text() for path in log.parent.iterdir())
    assert len(set(re.findall(r"^\S+ WARNING \[\d+\] - Line (\d+ of \d)", text, re.MULTILINE))) == 2000
    assert len(text.splitlines()) == 2000
    full = [path.stat().st_size for path in log.parent.iterdir() if path != log]
    assert len(full) > 3
    assert min(full) > 19_000  # else two shells have rotated for the same reason
    assert modes(log.parent) == {0o600}


def test_a_log_that_another_shell_has_just_rotated_is_left_alone(tmp_path):
    one, other = monitoring.LogFile(tmp_path / "log"), monitoring.LogFile(tmp_path / "log")
    with one._open() as opened_before:
        with other._open() as same:
            other._rotate(same)
        other._open().close()
        one._rotate(opened_before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]


def test_old_logs_are_dropped(tmp_path):
    log = monitoring.LogFile(tmp_path / "log", limit=1_000, kept=2)
    for number in range(100):
        log.handle(logging.getLogger("epicevents").makeRecord("epicevents", 30, "", 0, "Line %d", (number,), None))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3_000
    assert modes(tmp_path) == {0o600}
