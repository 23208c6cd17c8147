"""What somebody typed into a form and did not save: kept until the program ends or they sign out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from crm.models import Record


@dataclass(frozen=True)
class Draft:
    """A form as it was left."""

    values: Mapping[str, Any]
    """What was answered: field -> value."""
    typed: Mapping[str, str]
    """What was not answered yet: field -> text."""
    seen: Record | None
    """What it was typed against: the record, or what the new one belongs to."""
    asked: int
    """The place of the question in front; beyond the last one: the summary."""


Drafts = dict[Hashable, Draft]
"""Whose, of which form, about which record -> the draft."""
