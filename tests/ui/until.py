"""The wait of the window's tests: for what comes of timers, workers and the engine's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from textual.pilot import Pilot

from tests.waiting import LONG_ENOUGH

T = TypeVar("T")


async def until(
    pilot: Pilot[Any], is_so: Callable[[], T | None], what: Callable[[], str] = lambda: ""
) -> T:
    """Let the window work until `is_so()` gives something true, and return that."""
    try:
        async with asyncio.timeout(LONG_ENOUGH):
            while not (answer := is_so()):
                await pilot.pause(0.01)
            return answer
    except TimeoutError:
        raise AssertionError(f"waited in vain {what()}") from None
