"""Waits for what tells nobody when it happens: another process's files, a server that comes up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LONG_ENOUGH = 45.0
"""Seconds until a wait is given up. One that is not in vain ends long before, however busy the
machine is; and no minute that the program would have to sit out is taken for an end."""


def until(is_so: Callable[[], T | None], what: Callable[[], object] = lambda: "") -> T:
    """Look again and again until `is_so()` gives something true, and return that.

    Raises `AssertionError` with `what()` in it after `LONG_ENOUGH`.
    """
    deadline = time.monotonic() + LONG_ENOUGH
    while not (answer := is_so()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what()}")
        time.sleep(0.02)
    return answer
