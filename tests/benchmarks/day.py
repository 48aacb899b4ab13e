"""Twenty-four hours in fast motion, with faults throughout: does anything grow?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.lean_server import lean_server
from tests.terminal.dashboard import ROOT

DAY = 86_400.0
HOUR = 3_600.0
WINDOW = 4 * HOUR
"""The hours at the beginning, after the first, and at the end that are compared."""

LIFE = 400
"""Polls that a job lives for: an hour or two."""

NOISE_MEGABYTES = 1.0
"""What memory goes up and down by where nothing grows. A hundred bytes leaked with every call would
be several times as much."""


def measure(folder: Path) -> Iterator[Figure]:
    """One process lives the day; its first hours, once all is warm, are compared with its last."""
    with lean_server("--chance", "7", "--life", str(LIFE)) as url:
        looks, did = lived(url, folder / "ledger")
    first = [look for look in looks if HOUR < look["at"] <= HOUR + WINDOW]
    last = [look for look in looks if look["at"] > DAY - WINDOW]
    told = f"{did['calls']:,} calls, {did['jobs']:,} jobs in {did['seconds']:.0f} s"
    grown = median(values(last, "megabytes")) - median(values(first, "megabytes"))
    size = median(values(first, "megabytes"))
    blocks = median(values(last, "blocks")) - median(values(first, "blocks"))
    yield Figure(
        "day_memory_growth",
        grown,
        "MB",
        NOISE_MEGABYTES,
        f"from {size:.1f} MB, {blocks:+,.0f} of Python's blocks; {told}",
    )
    for name, unit in (("tasks", "tasks"), ("files", "files")):
        # The fewest seen: a poll under way comes and goes, what leaks stays.
        low, high = min(values(first, name)), min(values(last, name))
        yield Figure(f"day_{name}_growth", high - low, unit, 0, f"from {low:g} to {high:g}")


def values(looks: Sequence[dict[str, float]], name: str) -> list[float]:
    """One of the things looked at, each time."""
    return [look[name] for look in looks]


def lived(url: str, folder: Path) -> tuple[list[dict[str, float]], dict[str, Any]]:
    """What the process held every few minutes, and what it did."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.fast_motion", url, str(folder), str(DAY)],
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    *looks, did = [json.loads(line) for line in done.stdout.splitlines()]
    return looks, did


FAMILY = Family("day", ("day_memory_growth", "day_tasks_growth", "day_files_growth"), measure)
