"""What tests of the window share: a pilot that is not fooled by a busy machine, a sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import textual.app
import textual.pilot
from textual._context import active_app

from tests.engine.server import Server

_PASSES = 5
"""Passes of the loop without any work after which there is none; timers that are due run in one."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sandbox = Server(tmp_path)
    yield sandbox
    sandbox.stop()


@pytest.fixture(autouse=True)
def patient_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot that has pressed a key or paused goes on once the window has nothing left to do.

    Textual's own goes on after a moment in which the process used no processor, as it does when it
    is given none. What other threads do is not waited for: tests await what comes of it.
    """
    for module in (textual.app, textual.pilot):
        monkeypatch.setattr(module, "wait_for_idle", _until_at_rest)


async def _until_at_rest(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    await _nothing_is_ready()
    app = active_app.get()
    if app._screen_stack:
        app.screen._on_timer_update()
        await _nothing_is_ready()


async def _nothing_is_ready() -> None:
    loop = asyncio.get_running_loop()
    idle = 0
    while idle < _PASSES:
        await asyncio.sleep(0)
        idle = 0 if loop._ready else idle + 1  # type: ignore[attr-defined]
