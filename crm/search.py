"""Finding records by what somebody types: across entities, and while they type."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from threading import Condition, Event, Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from crm import models
from crm.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm.session import Session

Found = models.Client | models.Contract | models.Event
T = TypeVar("T")

ENTITIES = ("client", "contract", "event")
MOST_OF_EACH = 3
"""So many clients, contracts and events: a menu that is read at a glance."""
COMPANIONS = 2
"""One to answer the newest question while the one before is being cancelled."""
CANCEL_AGAIN = 0.05  # seconds
KEYS = """SELECT crm.matching_clients(%(typed)s, 'read', %(most)s),
                 crm.matching_contracts(%(typed)s, 'read', %(most)s),
                 crm.matching_events(%(typed)s, 'read', %(most)s)"""


def everywhere(session: Session, typed: str, most: int = MOST_OF_EACH) -> list[Found]:
    """Clients, contracts and events that match, `most` of each, best first; those of that very number first of all.

    One statement for the keys, then one for each entity that has any; the rows come joined, ready to be shown.
    """
    if not typed.strip():
        return []
    keys = session.database.execute_sql(KEYS, {"typed": typed, "most": most}).fetchone()
    found = [
        record
        for entity, numbers in zip(ENTITIES, keys, strict=True)
        if numbers
        for record in session.of(entity).briefly().numbered(numbers)
    ]
    if not found:
        session.verify()  # to a dead token everything is empty
    return sorted(found, key=lambda record: str(record.id) != typed.strip().removeprefix("#").strip())


class Lookups:
    """Answers to somebody who goes on typing: the newest question at once, on a connection of its own.

    A question that is asked while another one is being answered cancels that one.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changed = Condition()
        self._asked = 0
        self._idle: list[Session] = []
        self._busy: list[_Companion] = []

    def answer(self, find: Callable[[Session], list[T]]) -> list[T]:
        """What `find` finds, on a second session; nothing, if something newer was asked meanwhile.

        Any thread may call it; only those whose question is the newest wait for the database.
        """
        with self._changed:
            self._asked += 1
            number = self._asked
            for companion in self._busy:
                companion.cancel()
            self._changed.notify_all()
            self._changed.wait_for(lambda: number != self._asked or len(self._busy) < COMPANIONS)
            if number != self._asked:
                return []
            companion = self._take()
        with self._returning(companion):
            try:
                found = self._ask(find, companion.session, number)
            except Exception:
                if number == self._asked:
                    raise
                found = []
        return found if number == self._asked else []

    def _ask(self, find: Callable[[Session], list[T]], session: Session, number: int) -> list[T]:
        """Once more if it fails though it is the newest: it may have been hit by what was to end the one before."""
        try:
            return find(session)
        except Unavailable:
            if number != self._asked:
                raise
        return find(session)

    def _take(self) -> _Companion:
        """One that carries the token of now."""
        session = self._idle.pop() if self._idle else self._session.companion()
        if session.database.token != self._session.database.token:
            session.database.close()
            session = self._session.companion()
        companion = _Companion(session)
        self._busy.append(companion)
        return companion

    @contextmanager
    def _returning(self, companion: _Companion) -> Iterator[None]:
        try:
            yield
        finally:
            companion.wait()  # a cancellation under way must not hit the next question
            with self._changed:
                self._busy.remove(companion)
                self._idle.append(companion.session)
                self._changed.notify_all()


class _Companion:
    """A second session while it answers one question."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._answered = Event()
        self._starting = Lock()
        self._cancelling: Thread | None = None

    def cancel(self) -> None:
        """In a thread: it takes a connection of its own, and whoever types waits for none."""
        with self._starting:
            if self._cancelling is None:
                self._cancelling = Thread(target=self._cancel, daemon=True)
                self._cancelling.start()

    def wait(self) -> None:
        """Until nothing more is cancelled here; a cancellation that comes later finds it answered."""
        self._answered.set()
        with self._starting:  # what is there but not started yet cannot be waited for
            cancelling = self._cancelling
        if cancelling is not None:
            cancelling.join()

    def _cancel(self) -> None:
        """Again and again: the question may take several statements, or still be connecting."""
        while not self._answered.is_set():
            self.session.database.cancel()
            self._answered.wait(CANCEL_AGAIN)
