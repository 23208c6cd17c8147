"""The orders that lists can be read in, named in one table."""

from __future__ import annotations

from dataclasses import dataclass

from menus.i18n import N_


@dataclass(frozen=True)
class Sorting:
    """A field that a list can be sorted by."""

    name: str
    """The whole command: "sort by start"."""
    field: str
    """One of Records.sortable."""
    ascending: str
    """What the title says of it, smallest first; `descending`: largest first."""
    descending: str
    largest_first: bool = True
    """What people mean when they say no direction."""

    def title(self, descending: bool) -> str:
        """To be translated."""
        return self.descending if descending else self.ascending


NUMBER = Sorting(
    N_("sort by number"), "id", N_("by number, lowest first"), N_("by number, highest first"), largest_first=False
)
CREATION = Sorting(
    N_("sort by creation date"),
    "creation_date",
    N_("by creation date, oldest first"),
    N_("by creation date, newest first"),
)

SORTINGS: dict[str, tuple[Sorting, ...]] = {
    "client": (
        NUMBER,
        Sorting(
            N_("sort by first contact"),
            "first_contact",
            N_("by first contact, oldest first"),
            N_("by first contact, newest first"),
        ),
        Sorting(
            N_("sort by last update"),
            "last_update",
            N_("by last update, oldest first"),
            N_("by last update, newest first"),
        ),
    ),
    "contract": (
        NUMBER,
        CREATION,
        Sorting(
            N_("sort by signature"),
            "signed_at",
            N_("by signature, unsigned and oldest first"),
            N_("by signature, newest first"),
        ),
        Sorting(
            N_("sort by total amount"),
            "total_amount",
            N_("by total amount, smallest first"),
            N_("by total amount, largest first"),
        ),
        Sorting(
            N_("sort by amount to be paid"),
            "amount_to_be_paid",
            N_("by amount to be paid, smallest first"),
            N_("by amount to be paid, largest first"),
        ),
    ),
    "event": (
        NUMBER,
        Sorting(
            N_("sort by start"),
            "start_date",
            N_("by start, soonest first"),
            N_("by start, latest first"),
            largest_first=False,
        ),
    ),
    "employee": (
        NUMBER,
        Sorting(N_("sort by name"), "full_name", N_("by name, A to Z"), N_("by name, Z to A"), largest_first=False),
        CREATION,
    ),
    "change": (Sorting(N_("sort by date"), "at", N_("by date, oldest first"), N_("by date, newest first")),),
}
"""Entity -> what its lists can be sorted by."""


def sorting(entity: str, field: str) -> Sorting | None:
    """The sorting by that field, if it is one that people can choose."""
    return next((known for known in SORTINGS[entity] if known.field == field), None)
