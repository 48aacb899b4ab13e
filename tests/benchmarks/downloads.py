"""A large file on its way: what it costs, that it goes on after a cut, that the keys stay quick."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from runcomfy_tui.jobs import Job, Status, new_job
from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.file_server import checksum, file_server
from tests.benchmarks.first_paint import UndrawnPty
from tests.benchmarks.thousand import key_to_paint, milliseconds
from tests.terminal import past_jobs
from tests.terminal.dashboard import MODEL, PROGRAM, ROOT

GIGABYTE = 1_000_000_000
CUT = 400_000_000
ROUNDS = 3
KEYS = 150
LINE = 125
"""Megabytes a second: a line of one gigabit, as quick as servers have them."""
OPENINGS = 21
JOBS = 40


def measure(folder: Path) -> Iterator[Figure]:
    """The file alone, then in the whole program while keys are pressed."""
    with file_server() as url:
        yield from alone(folder, url)
        yield from in_the_dashboard(folder / "dashboard", url)


def alone(folder: Path, url: str) -> Iterator[Figure]:
    """A gigabyte by itself, against a bare stream to a file; it is cut once."""
    runs = []
    for number in range(ROUNDS):
        bare = one_download("bare", f"{url}/files/{GIGABYTE}-0.mp4", folder / "bare")
        own = one_download(
            "own", f"{url}/files/{GIGABYTE}-0.mp4?cut={CUT + number}", folder / "own"
        )
        if own["checksum"] != checksum(GIGABYTE):
            raise AssertionError("the file is another one after the cut")
        runs.append((own, bare))
    grown = max(own["peak"] - own["idle"] for own, _ in runs)
    yield Figure(
        "download_memory",
        grown / 1e6,
        "MB over idle",
        20,
        f"1 GB, cut at {CUT / 1e6:.0f} MB and gone on with, same checksum",
    )
    own_cpu, bare_cpu = (median(run[at]["cpu"] for run in runs) for at in (0, 1))
    yield Figure(
        "download_cpu",
        median(own["cpu"] / bare["cpu"] for own, bare in runs),
        "× bare httpx",
        1.3,
        f"{own_cpu:.1f} ms/MB against {bare_cpu:.1f} ms/MB, checksum included",
    )


def one_download(how: str, url: str, folder: Path) -> Any:
    """Run one in a process of its own, and remove what it has brought."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.benchmarks.one_download", how, url, str(folder)]
    try:
        told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    finally:
        shutil.rmtree(folder)
    return json.loads(told)


def in_the_dashboard(folder: Path, url: str) -> Iterator[Figure]:
    """Results are opened, then a file comes in at the pace of a good line and keys are pressed."""
    jobs = [ended(number, f"{url}/files/{2 * GIGABYTE}-{LINE}.mp4") for number in range(JOBS)]
    past_jobs.write(folder, *jobs)
    home = folder / "results"
    environ = {
        "RUNCOMFY_TOKEN": "any",
        "RUNCOMFY_MODEL_API_BASE": f"{url}/v1",
        "XDG_DOWNLOAD_DIR": str(home),
    }
    command = [*PROGRAM, "--data-dir", str(folder)]
    with UndrawnPty(command, environ=environ, cwd=ROOT) as screen:
        screen.wait_until(lambda: b"number 9" in screen.raw, what="the jobs")
        screen.bytes_within(2.0)
        times = list(seconds_to_open(screen))
        yield Figure(
            "result_open",
            median(times[1:]) * 1e3,
            "ms",
            50,
            f"{OPENINGS - 1} openings, slowest {max(times[1:]) * 1e3:.0f} ms, "
            f"the very first {times[0] * 1e3:.0f} ms",
        )
        screen.press("enter")
        screen.wait_until(lambda: screen.raw.count(b"esc") > 0, what="the result")
        screen.bytes_within(1.0)
        screen.press("d")
        screen.wait_until(lambda: b"/s" in screen.raw, what="the download", timeout=30)
        screen.press("escape")
        screen.bytes_within(1.0)
        keys = sorted(key_to_paint(screen, KEYS))
        part = next(Path(home).rglob("*.part"), None)
        if part is None:
            raise AssertionError("the download had ended before the keys were pressed")
        came = part.stat().st_size
    shutil.rmtree(home, ignore_errors=True)
    yield Figure(
        "key_to_paint_downloading_p99",
        keys[int(KEYS * 0.99)] * 1e3,
        "ms",
        50,
        f"{KEYS} keys, median {milliseconds([median(keys)])} ms, while {came / 1e6:.0f} MB came in",
    )


def ended(number: int, url: str) -> Job:
    """A job that has completed some days ago."""
    made = time.time() - 86_400 - number * 60
    return new_job(MODEL, {"promptText": f"A crowd, number {number}"}, now=made).but(
        status=Status.COMPLETED,
        request_id=f"req-{number}",
        submitted_at=made,
        started_at=made + 10,
        finished_at=made + 60,
        output={"video": f"{url}?{number}"},
        cost=0.25,
    )


def seconds_to_open(screen: UndrawnPty) -> Iterator[float]:
    """From enter until the result stands there, and back to the table."""
    for _ in range(OPENINGS):
        seen = len(screen.raw)
        began = time.perf_counter()
        screen.press("enter")
        screen.wait_until(lambda: b"raw JSON" in screen.raw[seen:], what="the result")  # noqa: B023
        yield time.perf_counter() - began
        screen.bytes_within(0.5)
        screen.press("escape")
        screen.bytes_within(0.4)


FAMILY = Family(
    "downloads",
    ("download_memory", "download_cpu", "result_open", "key_to_paint_downloading_p99"),
    measure,
)
