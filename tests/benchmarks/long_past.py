"""A ledger of 100,000 jobs: is it in the way of anything?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.query import SearchTexts, parse
from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.first_paint import UndrawnPty, seconds_to_first_paint
from tests.benchmarks.past_ledger import MODELS, write_past
from tests.benchmarks.surroundings import with_warm_bytecode
from tests.terminal.dashboard import PROGRAM, ROOT
from tests.terminal.pty_screen import PtyScreen

JOBS = 100_000
FEW = 100
PAINTS = 11
LOADS = 3
WRITES = 60
QUIET = 0.6
"""Seconds without a byte after which a table is taken for painted."""

TYPED = ("neon boat", "status:failed cats", "model:kling -rain", "asphalt")
"""What is typed, letter by letter, one filter after the other."""


class TimedPty(UndrawnPty):
    """Knows when the last byte came."""

    last_byte_at = 0.0

    def _draw(self, data: bytes) -> None:
        self.last_byte_at = time.perf_counter()
        super()._draw(data)


def measure(folder: Path) -> Iterator[Figure]:
    """The same with and without a past where that can be compared."""
    environ = {
        **with_warm_bytecode(folder),
        "RUNCOMFY_TOKEN": "any",
        "RUNCOMFY_MODEL_API_BASE": "http://127.0.0.1:9/v1",
    }
    jobs = write_past(folder / "long", JOBS)
    write_past(folder / "short", FEW)
    yield first_paint(folder, environ)
    yield from in_the_table(folder / "long", jobs, environ)
    yield one_change(folder / "long", environ)
    yield to_disk(folder)


def command(folder: Path) -> Sequence[str]:
    """The dashboard on a folder."""
    return [*PROGRAM, "--data-dir", str(folder)]


def first_paint(folder: Path, environ: Mapping[str, str]) -> Figure:
    """Against an empty ledger, in turn."""
    empty, full = command(folder / "empty"), command(folder / "long")
    for each in (empty, full):
        seconds_to_first_paint(each, environ)
    pairs = [
        (seconds_to_first_paint(empty, environ), seconds_to_first_paint(full, environ))
        for _ in range(PAINTS)
    ]
    few, many = (median(times) for times in zip(*pairs, strict=True))
    return Figure(
        "past_first_paint",
        many / few,
        "× an empty ledger",
        1.2,
        f"{many * 1e3:.0f} ms against {few * 1e3:.0f} ms, medians of {PAINTS} runs",
    )


def in_the_table(folder: Path, jobs: Sequence[Job], environ: Mapping[str, str]) -> Iterator[Figure]:
    """From the start of the process until all jobs are counted; then the filter, letter by letter.

    The screen that is loaded is drawn as a terminal does, and its drawing is counted too. A first
    load is not counted: it compiles what an installation has compiled, and keeps the memory for it.
    """
    loads: list[float] = []
    sizes: list[float] = []
    for _ in range(1 + LOADS):
        began = time.perf_counter()
        with PtyScreen(command(folder), environ=environ, cwd=ROOT) as screen:
            screen.wait_for(f"1 all {JOBS:,}", timeout=60)
            loads.append(time.perf_counter() - began)
            screen.bytes_within(2.0)
            sizes.append(resident_megabytes(screen.process.pid))
    with TimedPty(command(folder), environ=environ, cwd=ROOT) as screen:
        screen.wait_until(lambda: f"{JOBS:,}".encode() in screen.raw, timeout=60, what="all jobs")
        screen.bytes_within(5.0)
        times = sorted(filter_seconds(screen, jobs))
        with_filter = resident_megabytes(screen.process.pid)
    yield Figure(
        "past_in_table", median(loads[1:]), "s", 3, f"from the start of the process, {LOADS} runs"
    )
    yield Figure(
        "past_memory",
        max(sizes[1:]),
        "MB",
        200,
        f"resident, all of the program; {with_filter:.0f} MB once a filter was typed",
    )
    yield Figure(
        "past_filter_key",
        median(times) * 1e3,
        "ms",
        100,
        f"median of {len(times)} keys, 9 in 10 below {times[int(len(times) * 0.9)] * 1e3:.0f} ms",
    )


def filter_seconds(screen: TimedPty, jobs: Sequence[Job]) -> Iterator[float]:
    """From each letter that changes what is kept until the last byte of its table has come."""
    texts = SearchTexts()
    texts.add(jobs)
    in_order = list(jobs)
    for text in TYPED:
        screen.press("/")
        screen.bytes_until_quiet(QUIET)
        before = JOBS
        for end in range(1, len(text) + 1):
            try:
                count = len(parse(text[:end]).sift(in_order, time.time(), texts))
            except ValueError:
                count = before
            began = time.perf_counter()
            screen.press(text[end - 1])
            screen.bytes_until_quiet(QUIET)
            if count != before:
                yield screen.last_byte_at - began
            before = count
        screen.press("escape")
        screen.bytes_until_quiet(QUIET)


def resident_megabytes(pid: int) -> float:
    """What of a process is in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def one_change(folder: Path, environ: Mapping[str, str]) -> Figure:
    """In a process of its own, whose window writes to nobody."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.one_change", str(folder), str(JOBS)],
        env={**os.environ, **environ},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    pairs = [[float(word) * 1e3 for word in line.split()] for line in done.stdout.splitlines()]
    times, used = (sorted(each) for each in zip(*pairs, strict=True))
    return Figure(
        "past_change_blocks",
        median(times),
        "ms",
        2,
        f"longest stretch without hearing a key, {len(times)} changes, "
        f"9 in 10 below {times[int(len(times) * 0.9)]:.1f} ms; "
        f"processor time {median(used):.1f} ms",
    )


def to_disk(folder: Path) -> Figure:
    """A job submitted, run and ended, each state written for itself, in both ledgers in turn."""
    few, many = (Ledger(folder / name) for name in ("short", "long"))
    for ledger in (few, many):
        for _ in range(5):
            seconds_to_disk(ledger)
    pairs = [(seconds_to_disk(few), seconds_to_disk(many)) for _ in range(WRITES)]
    short, long = (median(times) for times in zip(*pairs, strict=True))
    few.close()
    many.close()
    return Figure(
        "past_to_disk",
        long / short,
        f"× {FEW} jobs",
        1.2,
        f"{long * 1e3:.1f} ms against {short * 1e3:.1f} ms, medians of {WRITES}",
    )


def seconds_to_disk(ledger: Ledger) -> float:
    """The mean of a job's three changes of state."""
    job = new_job(MODELS[0], {"promptText": "a boat"}).but(request_id=os.urandom(16).hex())
    states = (Status.IN_QUEUE, Status.IN_PROGRESS, Status.COMPLETED)
    began = time.perf_counter()
    for state in states:
        ledger.put(job.but(status=state))
        ledger.settle()
    seconds = (time.perf_counter() - began) / len(states)
    ledger.forget(job.id)
    return seconds


FAMILY = Family(
    "past",
    (
        "past_first_paint",
        "past_in_table",
        "past_memory",
        "past_filter_key",
        "past_change_blocks",
        "past_to_disk",
    ),
    measure,
)
