"""Fixtures of the terminal tests: a sandbox whose time stands still, a folder for the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.server import Server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the dashboard keeps its ledger."""
    return tmp_path / "ledger"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A sandbox inside the test's own process; its clock moves when the test says so."""
    sandbox = Server(tmp_path)
    yield sandbox
    sandbox.stop()
