"""Fixtures of the engine's tests: a quick pace, a sandbox whose time stands still, an engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from runcomfy_tui.engine import gate, neighbours, release, reporter, tracker, watch
from tests.engine.house import House
from tests.engine.server import Server, at


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pauses, some forty times shorter."""
    for module, name, seconds in (
        (tracker, "YOUNG_INTERVAL", 0.05),
        (tracker, "NEAR_INTERVAL", 0.03),
        (tracker, "UNKNOWN_WORD_INTERVAL", 0.05),
        (gate, "FIRST_OFFLINE_PAUSE", 0.05),
        (gate, "LONGEST_OFFLINE_PAUSE", 0.2),
        (gate, "FIRST_THROTTLE_PAUSE", 0.05),
        (neighbours, "OTHERS_INTERVAL", 0.05),
        (neighbours, "TURN_INTERVAL", 0.05),
        (watch, "RETRY_SECONDS", 0.05),
        (reporter, "BALANCE_DELAY", 0.02),
        (release, "LOOK_INTERVAL", 0.05),
        (release, "RETRY_SECONDS", 0.05),
    ):
        monkeypatch.setattr(module, name, seconds)
    monkeypatch.setattr(tracker, "COST_INTERVALS", (0.1, 0.1, 0.2, 0.4))


@pytest.fixture
def ledger_folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sandbox = Server(tmp_path)
    yield sandbox
    sandbox.stop()


@pytest.fixture
async def house(server: Server, ledger_folder: Path) -> AsyncIterator[House]:
    async with at(server, ledger_folder) as running:
        yield running
