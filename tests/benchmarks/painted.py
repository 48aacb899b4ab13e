"""How long it takes until something is on the screen of an app in this very process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App


async def seconds_until_painted(app: App[Any], act: Callable[[], Awaitable[object]]) -> float:
    """From the beginning of `act` until what it changed has been laid out and painted."""
    is_painted = asyncio.Event()
    began = time.perf_counter()
    await act()
    app.screen.call_after_refresh(is_painted.set)
    await is_painted.wait()
    return time.perf_counter() - began
