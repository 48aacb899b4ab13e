"""Work that may take long: whoever still waits after a moment is told what for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from textual.app import App

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds after which a wait is told."""


async def patiently(app: App[Any], work: Coroutine[Any, Any, T], words: str) -> T:
    """What the work gives; says `words` when that takes longer than a moment."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    if not done:
        app.notify(words, markup=False)
    return await task
