"""What leaves this machine instead of a password, and which passwords may be chosen."""

from __future__ import annotations

import hashlib

import argon2.low_level
import pytest

from crm import passwords
from crm.errors import Invalid, Unavailable
from tests.company import Office

SALT = bytes(range(16))


class TestDigest:
    def test_is_argon2id_by_the_book(self) -> None:
        """The same as another implementation gives: a database filled elsewhere lets people in."""
        reference = argon2.low_level.hash_secret_raw(
            "crème brûlée 🍮".encode(), SALT, 2, 19456, 1, 32, argon2.low_level.Type.ID
        )
        assert passwords.digest("crème brûlée 🍮", SALT, passwords.PARAMS) == reference

    def test_depends_on_everything(self) -> None:
        digests = {
            passwords.digest("one password", SALT, passwords.PARAMS),
            passwords.digest("One password", SALT, passwords.PARAMS),
            passwords.digest("one password", SALT[::-1], passwords.PARAMS),
            passwords.digest("one password", SALT, "m=19457,t=2,p=1"),
            passwords.digest("one password", SALT, "m=19456,t=3,p=1"),
        }
        assert len(digests) == 5
        assert {len(digest) for digest in digests} == {passwords.DIGEST_BYTES}

    @pytest.mark.parametrize(
        "params",
        [
            "m=1024,t=2,p=1",
            "m=19456,t=1,p=1",
            "m=19456,t=2,p=0",
            "m=19456,t=2,p=99",
            "m=99999999,t=2,p=1",
            "m=19456,t=999999,p=1",
            "m=19456,t=2,p=1,x=1",
            "m=-1,t=2,p=1",
            "md5",
            "",
        ],
    )
    def test_a_server_that_asks_for_another_amount_of_work_gets_nothing(self, params: str) -> None:
        with pytest.raises(Unavailable):
            passwords.digest("one password", SALT, params)

    @pytest.mark.parametrize("salt", [b"", b"short", bytes(64)])
    def test_nor_does_one_without_a_proper_salt(self, salt: bytes) -> None:
        with pytest.raises(Unavailable):
            passwords.digest("one password", salt, passwords.PARAMS)

    @pytest.mark.parametrize("typed", ["", "nul \0 inside", "half a character \udce9", "x" * 100_000])
    def test_anything_can_be_typed(self, typed: str) -> None:
        assert len(passwords.digest(typed, SALT, passwords.PARAMS)) == passwords.DIGEST_BYTES


class TestCredential:
    def test_each_has_a_salt_of_its_own(self) -> None:
        one, two = passwords.fresh_credential("one password"), passwords.fresh_credential("one password")
        assert one[0] != two[0]
        assert one[2] != two[2]
        assert one[2] == passwords.digest("one password", one[0], one[1])

    def test_the_database_keeps_neither_password_nor_digest(self, office: Office) -> None:
        password = "copper lantern orchard"
        salt, params, digest = passwords.fresh_credential(password)
        office.as_owner("SELECT crm.write_credential(2, %s, %s, %s, false)", salt, params, digest)
        (kept,) = office.as_owner("SELECT verifier FROM crm.credential WHERE employee_id = 2")[0]
        assert bytes(kept) == hashlib.sha256(digest).digest()
        assert office.nobody().sign_in("bill@epic.example", password).name == "Bill Boquet"


class TestNewPasswords:
    @pytest.mark.parametrize(
        "password",
        ["violet umbrella parade", "kq7-Vz!p" * 16, "four words will do", "  spaces count  ", "éèêëàâîïôûü€"],
    )
    def test_that_may_be_chosen(self, password: str) -> None:
        assert passwords.check_new(password) == password

    @pytest.mark.parametrize(("password", "limit"), [("", "12"), ("x" * 11, "12"), ("x" * 129, "128")])
    def test_that_may_not_say_why(self, password: str, limit: str) -> None:
        with pytest.raises(Invalid, match=limit) as invalid:
            passwords.check_new(password)
        assert invalid.value.field == "password"

    @pytest.mark.parametrize("password", ["xxxxxxxxxxxx", "violet violet violet", "abcdefghijkl", "a" * 128])
    def test_that_are_guessed_at_once(self, password: str) -> None:
        with pytest.raises(Invalid, match="too easy to guess: add one or two words"):
            passwords.check_new(password)

    @pytest.mark.parametrize("password", ["password1234", "password password1", "motdepasse123", "Mot de passe 2026!"])
    def test_that_say_what_they_are(self, password: str) -> None:
        with pytest.raises(Invalid, match="anybody would try"):
            passwords.check_new(password)

    KNOWN = passwords.known_words("Aliénor Vichum-Petit", "alienor.v@epic.example")

    @pytest.mark.parametrize(
        ("password", "word"),
        [
            ("Alienor.Vichum.2026", "alienor"),
            ("aliénor vichum-petit", "aliénor vichum-petit"),
            ("alienor.v@epic.example", "alienor.v@epic.example"),
            ("Epic Events 2026!", "epic events"),
            ("EpicEvents2026", "epicevents"),
            ("vichumvichumvichum", "vichum"),
        ],
    )
    def test_what_anybody_knows_counts_for_nothing(self, password: str, word: str) -> None:
        with pytest.raises(Invalid, match="because anybody would try") as invalid:
            passwords.check_new(password, self.KNOWN)
        assert invalid.value.details["word"] == word

    @pytest.mark.parametrize(
        "password", ["aliénor loves violet umbrellas", "epic violet umbrella parade", "violet umbrella parade"]
    )
    def test_and_forbids_nothing(self, password: str) -> None:
        assert passwords.check_new(password, self.KNOWN) == password

    def test_no_rules_of_composition(self) -> None:
        for password in (
            "violet umbrella parade",
            "VIOLETUMBRELLAPARADE",
            "8405 7719 2260 4413",
            "ぱそこんのまえにすわるひと",
        ):
            assert passwords.check_new(password) == password

    def test_made_up_ones_can_be_read_aloud_and_are_never_the_same(self) -> None:
        made = {passwords.one_time() for _ in range(200)}
        assert len(made) == 200
        for password in made:
            assert passwords.check_new(password)
            assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
            assert not set(password) & set("01ilo")
