"""Somebody signed in: who, until when, with which rights, and their records."""

from __future__ import annotations

import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from peewee import PeeweeException

from crm import passwords
from crm.database import Database
from crm.errors import CrmError, NotAllowed, SignedOut, SignInDelayed, SignInRefused, Unavailable, Unsaved
from crm.history import History
from crm.identity import Identity
from crm.managers import Clients, Contracts, Events
from crm.permissions import Permissions
from crm.search import MOST_OF_EACH, Found, everywhere
from crm.staff import Employees
from crm.token_file import TokenFile

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
MYSELF = """SELECT crm.actor_id(), crm.actor_department(),
    (SELECT email FROM crm.employee WHERE id = (SELECT crm.actor_id()))"""


class Session:
    """One employee at work: sign-in, token, rights, and a manager for each entity."""

    def __init__(self, database: Database, token_file: TokenFile, params: str = passwords.PARAMS) -> None:
        """`params`: what a password should cost to guess; cheaper ones are raised at the sign-in."""
        self.database = database
        self.token_file = token_file
        self.params = params
        self._identity: Identity | None = None
        self._kept_alive: datetime | None = None
        self.interrupted: Identity | None = None
        """Whose session ended by itself, if that was the last thing that happened: their password opens it again."""
        self.email: str | None = None
        """Of whoever signed in last: their password opens the session again."""
        self.clients = Clients(self)
        self.contracts = Contracts(self)
        self.events = Events(self)
        self.employees = Employees(self)
        self.history = History(self)

    def of(self, entity: str) -> Any:
        """The manager of "client", "contract", "event" or "employee"; of "change", the history."""
        return {
            "client": self.clients,
            "contract": self.contracts,
            "event": self.events,
            "employee": self.employees,
            "change": self.history,
        }[entity]

    def search(self, typed: str, most: int = MOST_OF_EACH) -> list[Found]:
        """Clients, contracts and events that match what is typed, so many of each, best first."""
        return everywhere(self, typed, most)

    def companion(self) -> Session:
        """The same employee on a second connection, for lookups while somebody types."""
        companion = Session(self.database.companion(), self.token_file)
        companion._identity = self.identity
        companion.permissions = self.permissions
        return companion

    @property
    def identity(self) -> Identity:
        """Who is signed in; SignedOut if nobody is."""
        if self._identity is None:
            raise SignedOut
        return self._identity

    @property
    def is_open(self) -> bool:
        return self._identity is not None

    @cached_property
    def permissions(self) -> Permissions:
        """What I may do; SignedOut when that is nothing because my session is over."""
        found = Permissions.of_bearer(self.database)
        if not found.scopes:
            self.verify()
        return found

    def sign_in(self, email: str, password: str) -> Identity:
        """Open a session and keep its token. Raises SignInRefused, SignInDelayed, Unavailable."""
        salt, params = self.database.execute_sql(
            "SELECT salt, params FROM crm.login_challenge(%s)", (email,)
        ).fetchone()
        digest = passwords.digest(password, bytes(salt or b""), params)  # no salt: no signing key, nobody can sign in
        try:
            cursor = self.database.execute_sql("CALL crm.login(%s, %s, %s)", (email, digest, this_machine()))
        except Unsaved as error:  # nothing of anybody's was being saved
            raise Unavailable from error
        status, token, seconds = cursor.fetchone()
        if status == "delayed":
            raise SignInDelayed(seconds=seconds)
        if status != "ok":
            raise SignInRefused
        identity = self.adopt(token)
        self.email = email
        if not identity.must_change_password and passwords.is_cheaper(params, self.params):
            self._raise_cost(password, digest)
        return identity

    def _raise_cost(self, password: str, digest: bytes) -> None:
        """The same password, costlier to guess from now on. Nobody waits for this to succeed: next time, then."""
        with suppress(CrmError, PeeweeException):
            costlier = passwords.fresh_credential(password, self.params)
            self.call("raise_cost", digest, *costlier)

    def adopt(self, token: str) -> Identity:
        """Work as the holder of `token`, now and at the next start."""
        self.token_file.write(token)
        self.email = None
        return self._open(token)

    def resume(self) -> bool:
        """Go on with the token of last time, if the database still takes it."""
        token = self.token_file.read()
        if token is None or Identity.read(token) is None:
            return False
        self._open(token)
        try:
            self.verify()
        except SignedOut:
            self.interrupted = None  # between two starts, not in the middle of something
            return False
        return True

    def verify(self) -> None:
        """Ask the database whether this session still counts, and read the rights again; SignedOut if it is over."""
        identity = self.identity
        cursor = self.database.execute_sql(MYSELF)
        actor_id, department, email = cursor.fetchone()
        if actor_id != identity.employee_id:
            self.forget()
            raise SignedOut
        # The token may be older than a change of department or of password.
        self._identity = replace(
            identity, department=department or identity.department, must_change_password=department is None
        )
        self.email = email or self.email
        self.__dict__.pop("permissions", None)

    def keep_alive(self, now: datetime) -> None:
        """Somebody is at work: note it, and renew the session when half of its time is gone; once a minute at most.

        Raises SignedOut if it is over. Anything else that goes wrong disturbs nobody.
        """
        if not self.is_open or (self._kept_alive is not None and abs(now - self._kept_alive) < MINUTE):
            return
        self._kept_alive = now
        try:
            token, expires_at = self.call("keep_alive").fetchone()
        except SignedOut:
            raise
        except (CrmError, PeeweeException):
            return
        self._identity = replace(self.identity, expires_at=expires_at)
        if token is not None:
            self.database.renew(token)
            with suppress(CrmError, OSError):
                if self._is_kept():
                    self.token_file.write(token)

    def _is_kept(self) -> bool:
        """Is this session in the token file, or what another shell of this machine has meanwhile signed in to?"""
        kept = self.token_file.read()
        there = kept and Identity.read(kept)
        return bool(there and self._identity and there.jti == self._identity.jti)

    def answer(self, question: Callable[[], T]) -> T:
        """What the database answers; a refusal to somebody whose session is over is SignedOut, not NotAllowed."""
        try:
            return question()
        except NotAllowed:
            if not self.database.in_block:
                self.verify()
            raise

    def fetch(self, query: Any) -> list[Any]:
        """The rows of a query; SignedOut when there are none because the session is over."""
        rows = self.answer(lambda: list(query.execute(self.database)))
        if not rows:
            self.verify()  # to a dead token every table is empty: say so instead of "nothing found"
        return rows

    def call(self, procedure: str, *arguments: Any) -> Any:
        """CALL one of the verbs of schema.sql, a name written in the code; the cursor."""
        marks = ", ".join(["%s"] * len(arguments))
        return self.answer(lambda: self.database.execute_sql(f"CALL crm.{procedure}({marks})", arguments))

    def change_password(self, password: str) -> None:
        """Replace my password, soon after a sign-in; my other sessions end. Raises Invalid, NotAllowed."""
        password = passwords.check_new(password, self.known_words)
        credential = passwords.fresh_credential(password, self.params)
        self.call("change_password", *credential)
        self.verify()

    @property
    def known_words(self) -> tuple[str, ...]:
        """What a password of mine must not be made of."""
        return passwords.known_words(self.identity.name, self.email or "")

    def confirm_password(self, password: str) -> None:
        """Sign in afresh as myself. Raises SignInRefused, SignInDelayed."""
        myself = self.employees.mine().first()
        if myself is None:
            raise SignedOut
        self.sign_in(myself.email, password)

    def sign_out(self) -> None:
        """Revoke the token, here and wherever copies of it lie, and forget it."""
        if self.is_open:
            self.database.execute_sql("CALL crm.logout()")
        self.forget()
        self.interrupted = None

    def forget(self) -> None:
        """Nobody is signed in any more, as far as this machine is concerned."""
        try:
            kept = self._is_kept()
        except CrmError:  # others can read it: away with it
            kept = True
        if kept:
            self.token_file.remove()
        self.database.carry(None)
        self.interrupted, self._identity = self._identity, None
        self.__dict__.pop("permissions", None)

    def _open(self, token: str) -> Identity:
        self.database.carry(token)
        self._identity = Identity.read(token)
        self.interrupted = self._kept_alive = None
        self.__dict__.pop("permissions", None)
        return self.identity


def this_machine() -> str:
    """What it is called, as far as that fits crm.line: told at the sign-in, for its owner to recognise it."""
    return "".join(letter for letter in platform.node() if letter.isprintable())[:200].strip()
