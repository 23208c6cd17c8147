"""Passwords: argon2id through passlib; what leaves this machine is never the password."""

from __future__ import annotations

import re
import secrets
from base64 import b64decode

from crm.errors import N_, Invalid, Unavailable

PARAMS = "m=19456,t=2,p=1"
"""OWASP's first choice for argon2id: 19 MiB, two passes, one lane; about 35 ms."""
SHORTEST = 12
LONGEST = 128
SALT_BYTES = 16
DIGEST_BYTES = 32
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread aloud or on paper


def digest(password: str, salt: bytes, params: str) -> bytes:
    """32 bytes of argon2id over `password`; takes tens of milliseconds.

    Raises Unavailable when `params` ask for less work than PARAMS, or `salt` is none of SALT_BYTES:
    a server that wants a cheap digest is not ours.
    """
    from passlib.hash import argon2  # slow to import, and only needed here

    memory, rounds, lanes = _cost(params)
    possible = len(salt) == SALT_BYTES and 19456 <= memory <= 2**20 and 2 <= rounds <= 64 and 1 <= lanes <= 16
    if not possible:
        raise Unavailable
    cost = {"memory_cost": memory, "rounds": rounds, "parallelism": lanes, "digest_size": DIGEST_BYTES}
    hasher = argon2.using(type="ID", salt=salt, **cost)  # type: ignore[no-untyped-call]
    # Anything can be typed at a sign-in. passlib takes 4 096 bytes; no password of ours is as long.
    encoded: str = hasher.hash(password.encode("utf-8", "surrogatepass")[:4096]).rsplit("$", 1)[1]
    return b64decode(encoded + "=" * (-len(encoded) % 4))


def fresh_credential(password: str) -> tuple[bytes, str, bytes]:
    """(salt, params, digest) to set `password` with."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt, PARAMS, digest(password, salt, PARAMS)


def check_new(password: str) -> str:
    """`password` if it may become one, else Invalid."""
    if len(password) < SHORTEST:
        raise Invalid(
            "password",
            N_("A password has at least {shortest} characters; a few words make a good one."),
            shortest=SHORTEST,
        )
    if len(password) > LONGEST:
        raise Invalid("password", N_("A password has at most {longest} characters."), longest=LONGEST)
    return password


def one_time() -> str:
    """A password to be read aloud once: 16 random letters and digits in fours, 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def _cost(params: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"m=(\d+),t=(\d+),p=(\d+)", params)
    if match is None:
        raise Unavailable
    memory, rounds, lanes = match.groups()
    return int(memory), int(rounds), int(lanes)
