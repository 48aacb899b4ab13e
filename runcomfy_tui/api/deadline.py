"""A deadline that loses no answer which came while the program stood still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LATE = 1.0
"""Seconds after a deadline at which noticing it shows that the program stood still."""

TIME_TO_READ = 5.0
"""Seconds for what may have come meanwhile."""


@asynccontextmanager
async def at_most(seconds: float) -> AsyncIterator[None]:
    """Raise `TimeoutError` when what is inside takes longer.

    A program that was stopped (ctrl+z) past its deadline first reads what waits to be read.
    """
    loop = asyncio.get_running_loop()
    due = time.monotonic() + seconds
    async with asyncio.timeout(None) as limit:

        def end() -> None:
            stood_still = time.monotonic() > due + LATE
            limit.reschedule(loop.time() + (TIME_TO_READ if stood_still else 0.0))

        timer = loop.call_later(seconds, end)
        try:
            yield
        finally:
            timer.cancel()
