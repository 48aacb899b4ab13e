"""Noticing that the world went on without us: a laptop that slept, a process that was stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

LATE_SECONDS = 5.0
"""A look that comes so much later than planned was held up by a sleep, not by work."""


def world_time() -> float:
    """Seconds of a clock that goes on while the machine sleeps."""
    boot_time: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.time() if boot_time is None else time.clock_gettime(boot_time)


@dataclass(slots=True)
class SleepDetector:
    """Asked every `interval` seconds, says whether this machine was away, or came to another net.

    `world` goes on during a sleep and `own` does not; `way_out` tells which net there is.
    """

    interval: float
    way_out: Callable[[], tuple[str, ...]]
    world: Callable[[], float] = world_time
    own: Callable[[], float] = time.monotonic
    _world_at: float = field(init=False)
    _own_at: float = field(init=False)
    _way: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._world_at, self._own_at, self._way = self.world(), self.own(), self.way_out()

    def look(self) -> float | None:
        """Seconds that passed in the world alone, if what is under way may be dead; else None."""
        world, own, way = self.world(), self.own(), self.way_out()
        away = (world - self._world_at) - self.interval
        slept = max(0.0, (world - self._world_at) - (own - self._own_at))
        is_elsewhere = bool(way) and way != self._way
        self._world_at, self._own_at, self._way = world, own, way
        return slept if away > LATE_SECONDS or is_elsewhere else None
