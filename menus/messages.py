"""The one place where errors become sentences in the language of the screen."""

from __future__ import annotations

from crm.errors import CrmError
from menus.i18n import _

SENTENCES_INSIDE = ("why", "advice", "reason")


def sentence(error: CrmError) -> str:
    """What went wrong and what to do, in one or two sentences."""
    details = {name: _(str(value)) if name in SENTENCES_INSIDE else value for name, value in error.details.items()}
    return _(error.message).format(**details)
