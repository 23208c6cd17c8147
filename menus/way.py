"""The places somebody went through, one on the other: Esc leads back along them."""

from __future__ import annotations

from contextlib import suppress
from itertools import takewhile
from typing import Any

from crm.errors import NotFound
from menus.cards import CardPlace
from menus.home import Home
from menus.lists import ListPlace
from menus.places import Place


class Way:
    """What a Shell knows of where it is; the last of the places is in front."""

    def __init__(self) -> None:
        self._places: list[Place] = [Home()]

    @property
    def place(self) -> Place:
        """Where one is."""
        return self._places[-1]

    @property
    def at_home(self) -> bool:
        return len(self._places) == 1

    def go_home(self, home: Home | None = None) -> None:
        self._go([home or Home()])

    def open_list(self, entity: str, title: str, records: Any, *filters: str) -> None:
        """`filters`: those of `menus.filters` that are on in the beginning, like "unsigned"."""
        self._go([Home(), ListPlace(entity, title, records, *filters)])

    def open_list_here(self, entity: str, title: str, records: Any) -> None:
        """A list that belongs to the card in front: Esc leads back to it."""
        self._go([*self._places, ListPlace(entity, title, records)])

    def open_place(self, place: Place) -> None:
        """From home, or on top of the card in front; Esc leads back there."""
        self._go([*(self._places if isinstance(self.place, CardPlace) else [Home()]), place])

    def open_card(self, entity: str, number: int) -> None:
        """On top of what is in front; the card of a record that is already below comes up again."""
        self._go([*self._below(entity, number), CardPlace(entity, number)])

    def close_card(self, entity: str, number: int) -> None:
        """Back from the card of a record that is no more."""
        self._places = self._below(entity, number)
        self._places[-1].show(self)

    def go_back(self) -> None:
        """One place up; over the cards of records that are gone."""
        while not self.at_home:
            self._places.pop()
            with suppress(NotFound):
                self.place.show(self)
                return

    def start_over(self) -> None:
        """At home, without showing it."""
        self._places = [Home()]

    def _go(self, places: list[Place]) -> None:
        places[-1].show(self)  # first: a place that cannot be shown is not gone to
        self._places = places

    def _below(self, entity: str, number: int) -> list[Place]:
        """The places under the card of that record; all of them, if it lies nowhere yet."""
        cards = (place for place in self._places if isinstance(place, CardPlace) and place.is_of(entity, number))
        known = next(cards, None)
        return list(takewhile(lambda place: place is not known, self._places))
