"""A hundred thousand jobs: counted, exported. How long, and does the memory stay flat?"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.spending import spending_of
from tests.benchmarks.figures import Family, Figure

JOBS = 100_000
ROUNDS = 3
MODELS = tuple(f"vendor-{number % 7}/model-{number}/text-to-video" for number in range(20))


def measure(folder: Path) -> Iterator[Figure]:
    """The statistics in memory, then the export by a process of its own."""
    made = [past(number) for number in range(JOBS)]
    now = time.time()
    runs = [timed(made, now) for _ in range(ROUNDS)]
    yield Figure("statistics", median(runs) * 1e3, "ms", 300, f"{JOBS:,} jobs, {ROUNDS} runs")
    # A tenth of the jobs beside all of them: what grows with them is the difference.
    small, large = folder / "small", folder / "large"
    write(small, made[: JOBS // 10])
    write(large, made)
    del made
    few = exported(small, folder / "small.jsonl")
    runs_of_all = [exported(large, folder / f"{number}.jsonl") for number in range(ROUNDS)]
    yield Figure(
        "export",
        median(seconds for seconds, _ in runs_of_all),
        "s",
        5,
        f"{JOBS:,} jobs to JSONL, {(folder / '0.jsonl').stat().st_size / 1e6:.0f} MB",
    )
    most = median(memory for _, memory in runs_of_all)
    yield Figure(
        "export_memory",
        most - few[1],
        "MB more",
        20,
        f"{most:.0f} MB at its most, against {few[1]:.0f} MB with a tenth of the jobs",
    )


def timed(jobs: list[Job], now: float) -> float:
    """Seconds that the statistics take."""
    began = time.perf_counter()
    spending_of(jobs, now)
    return time.perf_counter() - began


def past(number: int) -> Job:
    """A job of the last months; the higher its number the newer."""
    random = Random(number)
    made = time.time() - (JOBS - number) * 90.0
    return new_job(
        random.choice(MODELS), {"prompt": f"A paper boat, {number} " + "x" * 200}, now=made
    ).but(
        status=Status.COMPLETED if number % 10 else Status.FAILED,
        request_id=f"request-{number:08}",
        submitted_at=made,
        started_at=made + 20,
        finished_at=made + 60,
        output={"video": f"https://playgrounds-storage-public.runcomfy.net/{number}.mp4"},
        cost=random.choice((0.25, 0.5, 1.25, None)),
        estimate=0.25,
        label=f"label {number % 30}" if number % 3 else "",
    )


def write(folder: Path, jobs: list[Job]) -> None:
    """Make a ledger of these jobs."""
    ledger = Ledger(folder)
    ledger.put(*jobs)
    ledger.close()


def exported(data: Path, file: Path) -> tuple[float, float]:
    """Seconds that the command takes, start included, and MB of memory at its most."""
    script = (
        "import json, pathlib, re, sys, time\n"
        "began = time.perf_counter()\n"
        "from runcomfy_tui.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "seconds = time.perf_counter() - began\n"
        # What getrusage tells would include the process that started this one.
        "told = pathlib.Path('/proc/self/status').read_text()\n"
        "peak = int(re.search(r'VmHWM:\\s+(\\d+)', told)[1]) / 1024\n"
        "print(json.dumps([code, seconds, peak]))\n"
    )
    command = [sys.executable, "-c", script, "export", str(file), "--data-dir", str(data)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    code, seconds, peak = json.loads(done.stdout)
    assert code == 0, done.stderr
    with file.open("rb") as lines:
        assert sum(1 for _ in lines) in (JOBS, JOBS // 10)
    return seconds, peak


FAMILY = Family("money", ("statistics", "export", "export_memory"), measure)
