"""Jobs that run while one looks on: what they cost on the line, how soon one sees them change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from typing import TypeVar

import httpx

from runcomfy_tui.jobs import Job, Status, new_job
from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.first_paint import UndrawnPty
from tests.benchmarks.lean_server import lean_server
from tests.terminal import past_jobs
from tests.terminal.dashboard import MODEL, PROGRAM, ROOT
from tests.terminal.pty_screen import PtyScreen

Terminal = TypeVar("Terminal", bound=PtyScreen)

VISIBLE = 30
ACTIVE = 10
CHANGES = 40
MINUTES = 3


def measure(folder: Path) -> Iterator[Figure]:
    """Thirty running jobs for some minutes; then ten of which one changes now and then."""
    with lean_server() as url:
        spent = bytes_a_minute(folder / "thirty", url)
        yield Figure(
            "running_bytes_a_minute",
            spent,
            "bytes",
            6_000,
            f"{VISIBLE} visible jobs that run, mean of {MINUTES} minutes, 140 columns",
        )
        times = sorted(seconds_to_screen(folder / "ten", url))
        yield Figure(
            "change_to_screen",
            median(times),
            "s",
            2,
            f"{CHANGES} changes, 9 in 10 within {times[int(CHANGES * 0.9)]:.1f} s",
        )


def running(number: int, seconds: float) -> Job:
    """A job that was submitted so long ago and has run ever since."""
    made = time.time() - seconds
    return new_job(MODEL, {"promptText": f"A crowd, number {number}"}, now=made).but(
        status=Status.IN_PROGRESS,
        request_id=f"req-{number}",
        submitted_at=made,
        started_at=made,
    )


def dashboard(folder: Path, url: str, rows: int, terminal: type[Terminal]) -> Terminal:
    """The whole program in a terminal."""
    environ = {"RUNCOMFY_TOKEN": "any", "RUNCOMFY_MODEL_API_BASE": f"{url}/v1"}
    command = [*PROGRAM, "--data-dir", str(folder)]
    return terminal(command, environ=environ, cwd=ROOT, rows=rows)


def bytes_a_minute(folder: Path, url: str) -> float:
    """What thirty running jobs, all in view and older than a minute, write in a minute."""
    past_jobs.write(folder, *(running(number, 90 + number * 37) for number in range(VISIBLE)))
    with dashboard(folder, url, 60, UndrawnPty) as screen:
        screen.wait_until(
            lambda: all(b"number %d" % number in screen.raw for number in range(VISIBLE)),
            what="all jobs in view",
        )
        screen.bytes_within(10)
        return screen.bytes_within(60 * MINUTES) / MINUTES


def seconds_to_screen(folder: Path, url: str) -> Iterator[float]:
    """From a change at the server to its word in the job's row; jobs of seconds to ten minutes.

    The screen is drawn for it: of a word only the letters that differ are on the line.
    """
    random = Random(1)
    ages = [5 + 66 * number for number in range(ACTIVE)]
    jobs = [running(100 + number, seconds) for number, seconds in enumerate(ages)]
    past_jobs.write(folder, *jobs)
    words = {str(job.request_id): "in_progress" for job in jobs}
    with dashboard(folder, url, 40, PtyScreen) as screen:
        screen.wait_until(lambda: screen.text.count("in_progress") >= ACTIVE, what="the jobs")
        screen.bytes_within(5)
        for _ in range(CHANGES):
            screen.bytes_within(random.uniform(0.5, 2.5))
            request_id, word = random.choice(list(words.items()))
            word = "in_queue" if word == "in_progress" else "in_progress"
            words[request_id] = word
            httpx.put(f"{url}/told/{request_id}/{word}", trust_env=False)
            began = time.perf_counter()
            screen.wait_until(
                lambda: word in screen.line_with(f"number {request_id[4:]}"),  # noqa: B023
                timeout=60,
                what=f"{request_id} to be {word}",
            )
            yield time.perf_counter() - began


FAMILY = Family("running", ("running_bytes_a_minute", "change_to_screen"), measure)
