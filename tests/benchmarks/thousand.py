"""A thousand active jobs, polled fifty times a second: is the window still instant, and cheap?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median

import httpx

from runcomfy_tui.jobs import Job, Status, new_job
from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.first_paint import UndrawnPty
from tests.benchmarks.lean_server import lean_server
from tests.terminal import past_jobs
from tests.terminal.dashboard import MODEL, PROGRAM, ROOT, write_settings

JOBS = 1_000
RATE = 50.0
KEYS = 200
SECONDS = 20.0
ROUNDS = 3
CURSOR = "▌".encode()


def measure(folder: Path) -> Iterator[Figure]:
    """Key presses while all that goes on, then the processor's time for it."""
    write_settings(Path(os.environ["HOME"]), f"polls_per_second = {RATE}\n")
    with lean_server() as url, dashboard(folder / "ledger", url) as screen:
        runs = [sorted(key_to_paint(screen, KEYS)) for _ in range(ROUNDS)]
        yield Figure(
            "key_to_paint_p99",
            median(times[int(KEYS * 0.99)] for times in runs) * 1e3,
            "ms",
            50,
            f"{ROUNDS} runs of {KEYS} keys, medians {milliseconds(map(median, runs))} ms",
        )
        rounds = [
            (milliseconds_a_poll(screen, url), bare_milliseconds_a_poll(url)) for _ in range(ROUNDS)
        ]
        own, bare = (median(each) for each in zip(*rounds, strict=True))
        yield Figure(
            "cpu_per_poll",
            own / bare,
            "× bare httpx",
            1.3,
            f"{own:.2f} ms against {bare:.2f} ms, everything included",
        )


def milliseconds(times: Iterable[float]) -> str:
    """Seconds, as whole milliseconds."""
    return ", ".join(f"{seconds * 1e3:.0f}" for seconds in times)


def active(number: int) -> Job:
    """A job that has been running for ten minutes."""
    made = time.time() - 600 - number * 0.001
    return new_job(MODEL, {"promptText": f"A crowd, number {number}"}, now=made).but(
        status=Status.IN_PROGRESS,
        request_id=f"req-{number}",
        submitted_at=made,
        started_at=made + 30,
    )


@contextmanager
def dashboard(folder: Path, url: str) -> Iterator[UndrawnPty]:
    """The whole program in a terminal, once all jobs are being polled."""
    past_jobs.write(folder, *map(active, range(JOBS)))
    environ = {"RUNCOMFY_TOKEN": "any", "RUNCOMFY_MODEL_API_BASE": f"{url}/v1"}
    command = [*PROGRAM, "--data-dir", str(folder)]
    with UndrawnPty(command, environ=environ, cwd=ROOT) as screen:
        screen.wait_until(lambda: polls(url) > RATE, what="the polling")
        screen.bytes_within(2.0)
        yield screen


def polls(url: str) -> int:
    """How many polls the server has answered."""
    return int(httpx.get(f"{url}/polls", trust_env=False).text)


def key_to_paint(screen: UndrawnPty, count: int) -> Iterator[float]:
    """Seconds from a key that moves the cursor until the moved cursor is on the line."""
    random = Random(1)
    for number in range(count):
        screen.bytes_within(random.uniform(0.03, 0.08))
        seen = len(screen.raw)
        began = time.perf_counter()
        screen.press("j" if number % 20 < 10 else "k")
        screen.wait_until(lambda: CURSOR in screen.raw[seen:], what="the cursor")  # noqa: B023
        yield time.perf_counter() - began


def milliseconds_a_poll(screen: UndrawnPty, url: str) -> float:
    """The processor time of the whole program, window included, by polls it made meanwhile."""
    pid = screen.process.pid
    used, made = processor_seconds(pid), polls(url)
    screen.bytes_within(SECONDS)
    return (processor_seconds(pid) - used) / (polls(url) - made) * 1e3


def processor_seconds(pid: int) -> float:
    """All processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bare_milliseconds_a_poll(url: str) -> float:
    """The same polls in a bare loop."""
    command = [sys.executable, "-m", "tests.benchmarks.bare_polls", url, str(RATE), str(SECONDS)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


FAMILY = Family("thousand", ("key_to_paint_p99", "cpu_per_poll"), measure)
