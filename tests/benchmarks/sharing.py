"""Two windows on one folder: how soon each sees the other's jobs, and takes its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.line import serving
from tests.terminal.dashboard import Dashboard


def measure(folder: Path) -> Iterator[Figure]:
    """Each window submits jobs; then the one that polls is killed."""
    ledger = folder / "ledger"
    with serving(folder / "sandbox") as server, Dashboard(ledger, server) as first:
        first.wait_for_form()
        first.submit("in_queue")
        with Dashboard(ledger, server) as second:
            second.wait_for(f"polled by process {first.process.pid}")
            seen = [seconds_until_seen(second, first, count) for count in range(2, 6)]
            seen += [seconds_until_seen(first, second, count) for count in range(6, 10)]
            note = f"the slowest of {len(seen)}; {median(seen):.1f} s in the median"
            yield Figure("other_window_sees_job", max(seen), "s", 2, note)
            first.process.kill()
            killed = time.monotonic()
            second.wait_gone("polled by process")
            yield Figure("turn_taken_over", time.monotonic() - killed, "s", 5, "after SIGKILL")


def seconds_until_seen(here: Dashboard, there: Dashboard, count: int) -> float:
    """Submit one more job in one window, and see when the other has it."""
    here.submit(*["in_queue"] * count)
    submitted = time.monotonic()
    there.wait_for_statuses(*["in_queue"] * count)
    return time.monotonic() - submitted


FAMILY = Family("sharing", ("other_window_sees_job", "turn_taken_over"), measure)
