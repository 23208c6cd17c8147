"""Whoever has no live token of their own has no rights, whatever they send instead."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import jwt
import pytest

from tests.company import Office
from tests.security.conftest import Desks
from tests.security.raw_sql import DISMISS_BILL, MOVE_BILL, NOTHING, REFUSED, ask, ask_each, at_desk, company_as_seen

NEW_CLIENT = "INSERT INTO crm.client (full_name, email) VALUES ('New', 'new@x.example')"
OWN_CLIENT = "UPDATE crm.client SET phone = '' WHERE id = 1"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(claims: dict[str, Any]) -> str:
    return base64url(json.dumps(claims).encode())


def forgeries(bill: str, ada: str) -> Iterator[tuple[str, str]]:
    """What can be made out of one's own token and a colleague's claims, without the key."""
    header, claims, signature = bill.split(".")
    colleague, theirs = ada.split(".")[1:]
    said = jwt.decode(ada, options={"verify_signature": False})
    yield "a colleague's claims under one's own signature", f"{header}.{colleague}.{signature}"
    yield "one's own claims under a colleague's signature", f"{header}.{claims}.{theirs}"
    yield (
        "one letter of the signature changed",
        f"{header}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
    )
    yield "no signature", f"{header}.{colleague}."
    yield "no signature at all", f"{header}.{colleague}"
    yield "alg none", f"{part({'alg': 'none', 'typ': 'JWT'})}.{colleague}."
    yield "alg none, signed", f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.{signature}"
    for key in (b"", b"secret", b"\0" * 64, b"EPICEVENTS_SK", header.encode(), claims.encode()):
        guessed = hmac.digest(key, f"{header}.{colleague}".encode(), "sha256")
        yield f"signed with the key {key[:10]!r}", f"{header}.{colleague}.{base64url(guessed)}"
    yield "promoted", f"{header}.{part(said | {'department': 'admin'})}.{theirs}"
    yield "never expires", f"{header}.{part(said | {'exp': 2**40})}.{theirs}"


def test_forged_tokens(unchanged: Desks, besieged: Office, tokens: dict[str, str]) -> None:
    with closing(besieged.connect(None)) as nobody:
        for what, token in forgeries(tokens["Bill Boquet"], tokens["Ada Racine"]):
            ask(nobody, "SELECT set_config('epic.token', %s, false)", token)
            assert company_as_seen(nobody) == NOTHING, what
            assert ask(nobody, NEW_CLIENT).state == REFUSED, what
        ask(nobody, "SELECT set_config('epic.token', %s, false)", tokens["Bill Boquet"])
        assert company_as_seen(nobody)["client"] == 3  # the way it was done above does work with a genuine one


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT", "alg": "HS256"},
        {"alg": "HS256"},
        {"alg": "hs256", "typ": "JWT"},
        {"alg": "none", "typ": "JWT"},
        {"alg": "HS256", "typ": "JWT", "kid": "1"},
    ],
    ids=json.dumps,
)
def test_another_header_does_not_count_even_with_our_signature(
    unchanged: Desks, besieged: Office, tokens: dict[str, str], header: dict[str, str]
) -> None:
    unsigned = f"{part(header)}.{tokens['Ada Racine'].split('.')[1]}"
    ((signature,),) = besieged.as_owner("SELECT crm.base64url(crm.hmac(convert_to(%s, 'UTF8')))", unsigned)
    with closing(besieged.connect(f"{unsigned}.{signature}")) as nobody:
        assert company_as_seen(nobody) == NOTHING


GARBAGE = {
    "nothing": "",
    "a word": "token",
    "dots": "..",
    "many dots": "." * 5000,
    "null": "null",
    "a megabyte": "x" * 2**20,
    "a megabyte of claims": "{header}." + "A" * 2**20 + ".{signature}",
    "not base64": "{header}.!!!!.{signature}",
    "a number": "{header}.MTIz.{signature}",
    "accents": "{header}.éàü.{signature}",
    "an emoji": "🎉.🎉.🎉",
    "control characters": "{header}\x01.{claims}.{signature}\x7f",
    "a line feed behind it": "{token}\n",
    "a space before it": " {token}",
    "one part more": "{token}.{signature}",
    "padded": "{token}=",
    "upper case": "{upper}",
    "an SQL string": "' OR true --",
    "a format": "%s %n {}",
}


@pytest.mark.parametrize("written", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_nobody_and_never_an_error(
    unchanged: Desks, besieged: Office, tokens: dict[str, str], written: str
) -> None:
    """An error would be worse than no row: it could differ from one row to the next."""
    token = tokens["Bill Boquet"]
    header, claims, signature = token.split(".")
    for name, value in {
        "token": token,
        "header": header,
        "claims": claims,
        "signature": signature,
        "upper": token.upper(),
    }.items():
        written = written.replace("{" + name + "}", value)
    with closing(besieged.connect(None)) as nobody:
        assert ask(nobody, "SELECT set_config('epic.token', %s, false)", written).state == ""
        assert ask(nobody, "SELECT crm.actor_id(), crm.actor_department(), crm.reach('client', 'read')").rows == [
            (None, None, None)
        ]
        assert company_as_seen(nobody) == NOTHING


def test_nul_never_reaches_the_setting(unchanged: Desks) -> None:
    assert ask(unchanged[None], "SET epic.token = E'a\\000b'").state == "22021"
    assert ask(unchanged[None], "SELECT set_config('epic.token', chr(0), false)").state == "54000"


ENDINGS = {
    "expired": "UPDATE crm.session SET expires_at = clock_timestamp()",
    "revoked": "UPDATE crm.session SET revoked_at = clock_timestamp()",
    "forgotten": "DELETE FROM crm.session",
    "its owner left": DISMISS_BILL,
    "its owner left and came back": f"{DISMISS_BILL};UPDATE crm.employee SET active = true WHERE id = 2",
    "another signing key": "SELECT crm.set_signing_key(repeat('another key ', 4)::bytea)",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_the_token_of_a_session_that_is_over(practice: Office, ending: str) -> None:
    with at_desk(practice, "Bill Boquet") as bill:
        ask(bill, "PREPARE clients AS SELECT FROM crm.client")
        assert ask(bill, "EXECUTE clients").count == 3
        practice.as_owner(ending)
        assert company_as_seen(bill) == NOTHING
        assert ask(bill, "EXECUTE clients").count == 0  # neither does an old plan remember rights
        assert ask(bill, NEW_CLIENT).state == REFUSED
        assert ask(bill, OWN_CLIENT).state == REFUSED
        assert ask(bill, "SELECT crm.actor_id(), crm.actor_department()").rows == [(None, None)]


def test_signing_out_ends_every_connection_with_that_token_and_no_other(practice: Office) -> None:
    token = practice.token("Bill Boquet")
    with (
        closing(practice.connect(token)) as here,
        closing(practice.connect(token)) as there,
        at_desk(practice, "Bill Boquet") as elsewhere,
    ):
        assert ask(here, "CALL crm.logout()").state == ""
        assert company_as_seen(there) == NOTHING
        assert company_as_seen(elsewhere)["client"] == 3


def test_rights_follow_the_table_and_not_the_token(practice: Office) -> None:
    with at_desk(practice, "Bill Boquet") as bill:
        practice.as_owner(MOVE_BILL)
        assert ask(bill, "SELECT crm.actor_department()").rows == [("support",)]
        assert ask(bill, OWN_CLIENT).state == REFUSED
        assert ask(bill, NEW_CLIENT).state == REFUSED
        practice.as_owner("UPDATE crm.employee SET department = 'sales' WHERE id = 2")
        assert ask(bill, OWN_CLIENT).count == 1


def test_a_password_of_somebody_elses_choice_opens_nothing_but_its_change(practice: Office) -> None:
    with at_desk(practice, "Bill Boquet") as bill:
        practice.as_owner("UPDATE crm.employee SET must_change_password = true WHERE id = 2")
        assert company_as_seen(bill) == NOTHING
        assert ask(bill, NEW_CLIENT).state == REFUSED
        assert ask(bill, "CALL crm.change_password(%s, 'm=19456,t=2,p=1', %s)", b"s" * 16, b"d" * 32).state == ""
        assert company_as_seen(bill)["client"] == 3


WITH_ROWS = ("client", "contract", "event", "employee", "session", "permission", "change", "colleague")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE", "READ UNCOMMITTED"])
def test_no_rights_in_a_transaction_that_could_look_back(
    unchanged: Desks, besieged: Office, tokens: dict[str, str], level: str
) -> None:
    """Its snapshot would not see a dismissal. So there are no rights in it, dismissed or not."""
    ada = unchanged["Ada Racine"]
    assert ask(ada, f"BEGIN ISOLATION LEVEL {level}").state == ""
    for table in WITH_ROWS:
        assert ask(ada, f"SELECT FROM crm.{table}").count == 0
    assert ask(ada, "SELECT crm.matching_clients('kevin')").rows == [([],)]
    assert ask(ada, "CALL crm.delete_event(1024)").state == REFUSED
    ask(ada, "ROLLBACK")
    with closing(besieged.connect(tokens["Bill Boquet"])) as bill:
        assert ask(bill, f"SET default_transaction_isolation = '{level}'").state == ""
        assert company_as_seen(bill) == NOTHING
        assert ask(bill, NEW_CLIENT).state == REFUSED
        assert ask(bill, OWN_CLIENT).state == REFUSED


def test_an_open_transaction_does_not_outlive_a_dismissal(practice: Office) -> None:
    with at_desk(practice, "Bill Boquet") as bill:
        assert ask_each(bill, "BEGIN", "SELECT FROM crm.client").count == 3
        practice.as_owner(DISMISS_BILL)
        assert ask(bill, "SELECT FROM crm.client").count == 0
        assert ask(bill, OWN_CLIENT).state == REFUSED


def test_a_statement_that_outlives_a_dismissal_writes_nothing(practice: Office) -> None:
    """It may still read what was there when it began; the history then finds nobody to write down."""
    with at_desk(practice, "Bill Boquet") as bill:
        answers = []
        slow = f"{OWN_CLIENT} AND pg_sleep(0.5) IS NOT NULL"
        thread = threading.Thread(target=lambda: answers.append(ask(bill, slow)))
        thread.start()
        time.sleep(0.2)
        practice.as_owner(DISMISS_BILL)
        thread.join()
    assert [answer.state for answer in answers] == [REFUSED]
    assert practice.as_owner("SELECT phone <> '' FROM crm.client WHERE id = 1") == [(True,)]
