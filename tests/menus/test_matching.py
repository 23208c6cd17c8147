"""What somebody means by what they typed: exact names, beginnings, words, anywhere; accents and case do not matter."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.matching import ANYWHERE, BEGINNING, BEGINNINGS, EXACT, HUMPS, IN_NAME, best, fold, named_first


@dataclass(frozen=True)
class Line:
    """A line of a menu, in one or two languages."""

    name: str
    about: str = ""
    also: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.also) if self.also else (self.name,)


CLIENTS = Line("clients", "All clients, the newest first")
MINE = Line("clients mine", "The clients whose commercial contact I am")
CLIENT = Line("client", "Open a client: client kev, client 12")
UPDATE = Line("client update", "Change a client's details")
EVENTS = Line("événements", "Tous les événements", also="events")
MENU = (CLIENTS, MINE, CLIENT, UPDATE, EVENTS)
FRENCH = st.text(alphabet="abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿœæ ABCDEFGHIJKLMNOPQRSTUVWXYZÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ'-")


class TestFold:
    @pytest.mark.parametrize(
        ("typed", "folded"),
        [
            ("  Événements   SANS  support ", "evenements sans support"),
            ("Zoë", "zoe"),
            ("STRASSE", "strasse"),
            ("straße", "strasse"),
            ("nai\u0308ve", "naive"),
            ("a\N{NO-BREAK SPACE}b\tc\nd", "a b c d"),
            ("№ ﬁn", "no fin"),
            ("", ""),
        ],
    )
    def test_case_accents_and_spaces_go(self, typed: str, folded: str) -> None:
        assert fold(typed) == folded

    @given(FRENCH)
    def test_upper_lower_and_decomposed_are_the_same(self, typed: str) -> None:
        assert fold(typed) == fold(typed.upper()) == fold(typed.lower()) == fold(unicodedata.normalize("NFD", typed))

    @given(st.text())
    def test_folding_what_is_folded_changes_nothing(self, typed: str) -> None:
        assert fold(fold(typed)) == fold(typed)


class TestBest:
    @pytest.mark.parametrize(
        ("typed", "wanted"),
        [
            ("client", [CLIENT, CLIENTS, MINE, UPDATE]),  # the exact name first, though it comes later
            ("clients", [CLIENTS, MINE]),
            ("cl", [CLIENTS, MINE, CLIENT, UPDATE]),
            ("cl mi", [MINE]),
            ("mine", [MINE]),
            ("up", [UPDATE]),
            ("date", [UPDATE]),  # within a name
            ("evenements", [EVENTS]),
            ("EVENTS", [EVENTS]),
            ("tous", [EVENTS]),  # in the explanation
            ("newest", [CLIENTS]),
            ("details client", [UPDATE]),
            ("nothing like it", []),
        ],
    )
    def test_order_and_content(self, typed: str, wanted: list[Line]) -> None:
        assert best(typed, MENU) == wanted

    @pytest.mark.parametrize(
        ("worst", "typed", "found"),
        [
            (EXACT, "clients", [CLIENTS]),
            (EXACT, "clien", []),
            (BEGINNING, "client u", [UPDATE]),
            (BEGINNING, "update", []),
            (BEGINNINGS, "update", [UPDATE]),
            (BEGINNINGS, "pdate", []),
            (IN_NAME, "pdate", [UPDATE]),
            (IN_NAME, "details", []),
            (ANYWHERE, "details", [UPDATE]),
        ],
    )
    def test_how_loose_a_match_may_be(self, worst: int, typed: str, found: list[Line]) -> None:
        assert best(typed, MENU, worst) == found

    def test_exact_beats_a_beginning_whatever_the_order(self) -> None:
        assert best("client", [UPDATE, CLIENTS, CLIENT])[0] is CLIENT

    @given(st.text(max_size=20), st.sampled_from([EXACT, BEGINNING, BEGINNINGS, IN_NAME]))
    def test_a_stricter_match_is_the_beginning_of_a_looser_one(self, typed: str, worst: int) -> None:
        strict = best(typed, MENU, worst)
        assert best(typed, MENU, worst + 1)[: len(strict)] == strict


class TestNamedFirst:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("client kev", (CLIENT, "kev")),
            ("CLIENT  Kévin  Casey ", (CLIENT, "Kévin Casey")),
            ("client", (CLIENT, "")),
            ("client update kev", (UPDATE, "kev")),  # the longest name wins
            ("clients mine", (MINE, "")),
            ("clients of mine", (CLIENTS, "of mine")),
            ("Evenements x", (EVENTS, "x")),
            ("events x", (EVENTS, "x")),
            ("clie kev", None),
            ("", None),
            ("   ", None),
        ],
    )
    def test_the_name_and_what_follows_it(self, typed: str, meant: tuple[Line, str] | None) -> None:
        assert named_first(typed, MENU) == meant


class TestShortHand:
    MENU = (Line("events"), Line("events without support"), Line("contracts mine unsigned"), Line("sign out"))

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("ews", "events without support"),
            ("evws", "events without support"),
            ("cmu", "contracts mine unsigned"),
            ("conmiun", "contracts mine unsigned"),
            ("cu", "contracts mine unsigned"),
            ("so", "sign out"),
            ("sing out", "sign out"),
        ],
    )
    def test_beginnings_of_words_and_slips_of_fingers(self, typed: str, meant: str) -> None:
        assert [line.name for line in best(typed, self.MENU)] == [meant]

    @pytest.mark.parametrize("typed", ["ann", "kevin ca", "xyz", "e.*s", "c" * 5000])
    def test_nothing_else(self, typed: str) -> None:
        assert best(typed, self.MENU) == []

    def test_without_a_menu_in_sight_it_does_not_count(self) -> None:
        assert best("evws", self.MENU, BEGINNING) == best("sing out", self.MENU, HUMPS) == []

    def test_names_of_other_languages_count_by_their_beginnings_only(self) -> None:
        menu = (Line("client update", also="modifier client"), Line("clients", also="clients"))
        assert best("modif", menu) == [menu[0]]
        assert best("difier", menu) == []
