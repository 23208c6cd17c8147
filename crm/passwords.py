"""Passwords: argon2id through passlib; what leaves this machine is never the password."""

from __future__ import annotations

import re
import secrets
from base64 import b64decode
from collections.abc import Iterable
from unicodedata import combining, normalize

from crm.errors import N_, Invalid, Unavailable

PARAMS = "m=19456,t=2,p=1"
"""OWASP's first choice for argon2id: 19 MiB, two passes, one lane; about 35 ms."""
SHORTEST = 12
LONGEST = 128
SALT_BYTES = 16
DIGEST_BYTES = 32
JUDGED = 72
"""zxcvbn looks at no more characters; what begins badly is refused, whatever follows."""
STRONG_ENOUGH = 3
"""Of zxcvbn's 0 to 4: a hundred million guesses."""
COMPANY = ("epic events", "epicevents", "epic", "events")
COMMON = ("password", "passwort", "mot de passe", "motdepasse", "passe", "azerty", "qwerty")
"""zxcvbn knows them, and takes two of them in a row for strong."""
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


def fresh_credential(password: str, params: str = PARAMS) -> tuple[bytes, str, bytes]:
    """(salt, params, digest) to set `password` with."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt, params, digest(password, salt, params)


def is_cheaper(params: str, than: str) -> bool:
    """Does a guess cost less under `params`? As crm.argon2_cost has it: memory times passes."""
    memory, rounds, _lanes = _cost(params)
    other_memory, other_rounds, _lanes = _cost(than)
    return memory * rounds < other_memory * other_rounds


def known_words(full_name: str, email: str) -> tuple[str, ...]:
    """What anybody would try first on this person: name, email and company, whole and in parts."""
    whole = (full_name, email, *COMPANY)
    written = {word for words in whole for word in (words, *re.split(r"[\W_]+", words)) if len(word) > 2}
    bare = {_without_accents(word) for word in written} | {re.sub(r"\W", "", word) for word in whole}
    return tuple(sorted({word.lower() for word in written | bare}))


def check_new(password: str, known: Iterable[str] = COMPANY) -> str:
    """`password` if it may become one, else Invalid. `known`: words that count for nothing, of `known_words`."""
    if len(password) < SHORTEST:
        raise Invalid(
            "password",
            N_("A password has at least {shortest} characters; a few words make a good one."),
            shortest=SHORTEST,
        )
    if len(password) > LONGEST:
        raise Invalid("password", N_("A password has at most {longest} characters."), longest=LONGEST)
    _refuse_a_weak_one(password, known)
    return password


def _refuse_a_weak_one(password: str, known: Iterable[str]) -> None:
    """No rules of composition: how many guesses it takes is what counts, and what anybody knows counts for nothing."""
    from zxcvbn import zxcvbn  # a megabyte of word lists, and only needed here

    words = sorted({*known, *COMMON}, key=len, reverse=True)
    judged = zxcvbn(password[:JUDGED], words)
    hidden = [part["matched_word"] for part in judged["sequence"] if part.get("dictionary_name") == "user_inputs"]
    any_known = re.compile("|".join(map(re.escape, words)) or r"(?!)", re.IGNORECASE)
    plain = any_known.findall(password)
    beyond = any_known.sub("", password)[:JUDGED]
    once = " ".join(dict.fromkeys(beyond.lower().split()))  # a word said twice is one word
    if judged["score"] >= STRONG_ENOUGH and once and zxcvbn(once)["score"] >= STRONG_ENOUGH:
        return
    if not (plain or hidden):
        raise Invalid(
            "password",
            N_("This password is too easy to guess: add one or two words that have nothing to do with it."),
        )
    raise Invalid(
        "password",
        N_(
            "This password is too easy to guess, because anybody would try “{word}”: "
            "take words that have nothing to do with you."
        ),
        word=(plain or hidden)[0].lower(),
    )


def one_time() -> str:
    """A password to be read aloud once: 16 random letters and digits in fours, 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def _without_accents(word: str) -> str:
    return "".join(letter for letter in normalize("NFD", word) if not combining(letter))


def _cost(params: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"m=(\d+),t=(\d+),p=(\d+)", params)
    if match is None:
        raise Unavailable
    memory, rounds, lanes = match.groups()
    return int(memory), int(rounds), int(lanes)
