"""The linters are tests too: one command runs everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([BIN / "ruff", "check", "."], id="ruff check"),
        pytest.param([BIN / "ruff", "format", "--check", "."], id="ruff format"),
        pytest.param([BIN / "mypy"], id="mypy strict on crm"),
        pytest.param([BIN / "lint-imports", "--no-cache"], id="import rule"),
    ],
)
def test_linter_is_content(command: list[Path | str]) -> None:
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
