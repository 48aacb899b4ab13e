"""The first paint in a real terminal, against a bare Textual app with an empty table."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.surroundings import with_warm_bytecode
from tests.terminal.dashboard import PROGRAM, ROOT
from tests.terminal.pty_screen import PtyScreen

RUNS = 15
GOAL = 1.25
TABLE_IS_THERE = b"status"
"""The name of the first column, in both programs' tables."""


class UndrawnPty(PtyScreen):
    """Reads without drawing: what is measured is the program, not the emulation of a terminal."""

    def _draw(self, data: bytes) -> None:
        if b"\x1b[?2026$p" in data:
            os.write(self._fd, b"\x1b[?2026;2$y")


def seconds_to_first_paint(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """From the start of the process until its table is on the line."""
    began = time.perf_counter()
    with UndrawnPty(command, environ=environ, cwd=ROOT) as screen:
        screen.wait_until(lambda: TABLE_IS_THERE in screen.raw, what="the first paint")
        return time.perf_counter() - began


def measure(folder: Path) -> Iterator[Figure]:
    """Both programs in turn, so that whatever else the machine does strikes both alike."""
    environ = {
        **with_warm_bytecode(folder),
        "RUNCOMFY_TOKEN": "any",
        "RUNCOMFY_MODEL_API_BASE": "http://127.0.0.1:9/v1",
    }
    bare = [sys.executable, "-m", "tests.benchmarks.bare_app"]
    own = [*PROGRAM, "--data-dir", str(folder / "ledger")]
    for command in (bare, own):
        seconds_to_first_paint(command, environ)
    pairs = [
        (seconds_to_first_paint(bare, environ), seconds_to_first_paint(own, environ))
        for _ in range(RUNS)
    ]
    bare_median, own_median = (median(times) for times in zip(*pairs, strict=True))
    yield Figure(
        "first_paint",
        own_median / bare_median,
        "× a bare app",
        GOAL,
        f"{own_median * 1e3:.0f} ms against {bare_median * 1e3:.0f} ms, medians of {RUNS} runs",
    )


FAMILY = Family("start", ("first_paint",), measure)
