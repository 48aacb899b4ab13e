"""From the POST to the request_id on the disk, against the server's answer and one fsync."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from runcomfy_tui.assembly import engine_of
from runcomfy_tui.credentials import Token
from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.settings import Settings
from tests.benchmarks.figures import Family, Figure
from tests.engine.house import INPUTS, MODEL
from tests.terminal.dashboard import PROGRAM, ROOT

SUBMITS = 60
WARM_UP = 5


@contextmanager
def sandbox() -> Iterator[str]:
    """A sandbox in a process of its own; yields its base URL."""
    command = [*PROGRAM, "sandbox"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.terminate()


def seconds_of_a_sync(folder: Path, data: bytes) -> float:
    """The least a durable write costs there: a new file, one fsync, one rename."""
    new, file = folder / "sync.tmp", folder / "sync"
    began = time.perf_counter()
    with new.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
    return time.perf_counter() - began


@dataclass(frozen=True)
class Submit:
    """One submit: seconds from the POST to the answer and to the disk, and what a sync costs.

    `syncs` is how many fsyncs stood between the answer and the disk.
    """

    answer: float
    to_disk: float
    syncs: int
    one_sync: float


async def submits(folder: Path, url: str) -> list[Submit]:
    """Submit again and again with the program's own engine, on a real folder."""
    settings = Settings(data_dir=folder, model_api_base=url, serverless_api_base=None)
    engine = engine_of(settings, Token("any", "the benchmark"), Mailbox())
    await engine.start()
    post = engine._client.submit
    posted = answered = 0.0
    syncs: list[float] = []

    async def timed_post(*arguments: Any) -> str:
        nonlocal posted, answered
        posted = time.perf_counter()
        request_id = await post(*arguments)
        answered = time.perf_counter()
        return request_id

    def timed_sync(handle: int) -> None:
        fsync(handle)
        syncs.append(time.perf_counter())

    fsync = os.fsync
    told: list[Submit] = []
    with patch.object(engine._client, "submit", timed_post), patch.object(os, "fsync", timed_sync):
        for _ in range(WARM_UP + SUBMITS):
            job = await engine.submit(MODEL, INPUTS)
            written = time.perf_counter()
            live = (folder / "live.json").read_bytes()
            assert (job.request_id or "?").encode() in live
            between = [at for at in syncs if answered <= at <= written]
            told.append(
                Submit(
                    answered - posted,
                    written - posted,
                    len(between),
                    seconds_of_a_sync(folder, live),
                )
            )
            syncs.clear()
    await engine.stop()
    return told[WARM_UP:]


def measure(folder: Path) -> Iterator[Figure]:
    """A server in another process, so that its work is not the engine's."""
    with sandbox() as url:
        told = asyncio.run(submits(folder / "ledger", url))
    answer = median(submit.answer for submit in told) * 1e3
    one_sync = median(submit.one_sync for submit in told) * 1e3
    yield Figure(
        "submit_syncs",
        median(submit.syncs for submit in told),
        "fsyncs",
        1,
        "between the answer and the request_id on the disk",
    )
    yield Figure(
        "submit_to_disk",
        median(submit.to_disk for submit in told) * 1e3,
        "ms",
        answer + one_sync,
        f"{answer:.2f} ms for the answer and {one_sync:.2f} ms for one sync, medians of {SUBMITS}",
    )


FAMILY = Family("submit", ("submit_syncs", "submit_to_disk"), measure)
