"""Seconds of a processor, to be compared with each other: how quick a machine is nobody knows."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_time_of(call: Callable[[], object]) -> float:
    """The seconds of a processor that a call takes at its best."""
    took = []
    for _ in range(20):
        begun = time.process_time()
        call()
        took.append(time.process_time() - begun)
    return min(took)
