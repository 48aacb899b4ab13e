"""Work that goes on behind whoever began it; asyncio by itself keeps no task alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Tasks(Generic[T]):
    """Tasks that are kept until they end; `on_error` hears what broke one of them."""

    def __init__(self, on_error: Callable[[BaseException], None] | None = None) -> None:
        self._under_way: set[asyncio.Task[T]] = set()
        self._on_error = on_error

    def __len__(self) -> int:
        return len(self._under_way)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin `work`."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    async def wait(self, seconds: float) -> None:
        """Wait until those under way now have ended, at most so long."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)

    async def finish(self) -> None:
        """Wait until all have ended, those too that begin meanwhile."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def cancel(self) -> None:
        """End all, and wait until they have."""
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[T]) -> None:
        self._under_way.discard(task)
        if self._on_error is None or task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._on_error(error)
