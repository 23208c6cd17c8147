"""What somebody chose for themselves on this machine, and keeps at the next start."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path


class Preferences:
    """A small JSON file; lost or damaged, it is as if nothing had been chosen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def language(self) -> str | None:
        """ "fr" or "en"; None: not chosen."""
        chosen = self._read().get("language")
        return chosen if isinstance(chosen, str) else None

    def choose_language(self, code: str) -> None:
        """Keep `code` for the next start. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fresh.write_text(json.dumps({**self._read(), "language": code}), encoding="utf-8")
        fresh.replace(self.path)  # in one step: a reader finds the old choice or the new one

    def _read(self) -> dict[str, object]:
        with suppress(OSError, ValueError):
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            if isinstance(kept, dict):
                return kept
        return {}
