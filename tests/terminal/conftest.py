"""Fixtures of the terminal tests: a sandbox whose time stands still, a folder for the ledger."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from runcomfy_tui.sandbox import misbehave
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


@pytest.fixture
def submit_may_be_answered(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[threading.Event]:
    """Until this is set the server answers no submit, though it takes them."""
    may_answer = threading.Event()

    async def held(_request: Request, answer: Response) -> Response:
        await asyncio.to_thread(may_answer.wait)
        return answer

    monkeypatch.setitem(misbehave.AFTER, "slow", held)
    server.faults("slow@submit")
    yield may_answer
    may_answer.set()
