"""A day of the engine in minutes: `python -m tests.benchmarks.fast_motion URL DIR SECONDS`.

The engine polls the server at URL over real HTTP and writes a real ledger in DIR; what it would
sleep through is skipped. Jobs are submitted, run, end, and are forgotten half an hour later, so
that there are always about as many. Every five minutes of its time it prints what it holds, as a
line of JSON; the last line tells what it did.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import selectors
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple, Unpack

from runcomfy_tui.api.transport import Lane
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import Job
from tests.engine.house import INPUTS, MODEL, Reader, engine_of

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SUBMIT_EVERY = 600.0
LOOK_EVERY = 300.0
KEPT_SECONDS = 1_800.0
WAIT_SECONDS = 0.02
STATM = Path("/proc/self/statm")

_real_time, _real_monotonic = time.time, time.monotonic


class FastTime:
    """Clocks that jump over the time in which nothing is under way."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.under_way = 0

    def take_over(self) -> None:
        """Be the clocks of this process, for all that asks `time` for them."""
        time.time = lambda: _real_time() + self.skipped
        time.monotonic = lambda: _real_monotonic() + self.skipped


class FastSelector(selectors.DefaultSelector):
    """Waits for files only while somebody works; else it lets the time go by at once."""

    def __init__(self, clock: FastTime) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._clock.under_way or timeout is None:
            return super().select(WAIT_SECONDS if timeout is None else min(timeout, WAIT_SECONDS))
        self._clock.skipped += timeout
        return super().select(0)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop that knows when a thread works for it."""

    def __init__(self, clock: FastTime) -> None:
        self._fast = clock
        super().__init__(FastSelector(clock))

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        self._fast.under_way += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _future: object) -> None:
        self._fast.under_way -= 1


def mind_calls(clock: FastTime) -> Callable[[], int]:
    """Count every call to the server as work under way; returns how many there were so far."""
    call = Lane.call
    calls = 0

    async def counted(self: Lane, *args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        clock.under_way += 1
        try:
            return await call(self, *args, **options)
        finally:
            clock.under_way -= 1

    Lane.call = counted  # type: ignore[method-assign]
    return lambda: calls


def held() -> dict[str, float]:
    """What this process holds now."""
    gc.collect()
    pages = int(STATM.read_text().split()[1])
    return {
        "megabytes": pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        "blocks": sys.getallocatedblocks(),
        "tasks": len(asyncio.all_tasks()),
        "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - as cheap as can be
    }


async def live(url: str, folder: Path, seconds: float, calls: Callable[[], int]) -> None:
    """Use the engine for so long, by its own clock."""
    reader = Reader()
    engine = engine_of(folder, f"{url}/v1", url, reader.mailbox)
    await engine.start()
    began, real = time.monotonic(), _real_monotonic()
    looked = submitted = 0.0
    jobs = forgotten = 0
    while (passed := time.monotonic() - began) < seconds:
        await asyncio.sleep(LOOK_EVERY / 5)
        reader.told.clear()
        reader.take()
        if passed - submitted >= SUBMIT_EVERY:
            submitted = passed
            jobs += await submit(engine, jobs)
        if passed - looked >= LOOK_EVERY:
            looked = passed
            forgotten += await forget(engine, reader)
            print(json.dumps({"at": passed, **held()}), flush=True)
    alive = sum(not job.status.is_final for job in reader.jobs.values())
    did = {"jobs": jobs, "forgotten": forgotten, "alive": alive, "calls": calls()}
    print(json.dumps({**did, "seconds": _real_monotonic() - real}), flush=True)
    await engine.stop(0.2)


async def submit(engine: Engine, number: int) -> int:
    """Another job; 1 when it could be written down, whatever became of it."""
    try:
        await engine.submit(MODEL, {**INPUTS, "promptText": f"boat {number}"})
    except EngineError:
        return 0
    return 1


async def forget(engine: Engine, reader: Reader) -> int:
    """Let go of what ended, or was lost, half an hour ago."""

    def is_old(job: Job) -> bool:
        ended_at = job.created_at if job.finished_at is None else job.finished_at
        return not job.status.is_watched and time.time() - ended_at > KEPT_SECONDS

    old = [job.id for job in reader.jobs.values() if is_old(job)]
    await engine.forget(*old)
    reader.take()
    for job_id in old:
        reader.jobs.pop(job_id, None)
    return len(old)


def main(url: str, folder: Path, seconds: float) -> None:
    # What the faults make the engine log is no news here.
    logging.getLogger().addHandler(logging.NullHandler())
    clock = FastTime()
    clock.take_over()
    calls = mind_calls(clock)
    with asyncio.Runner(loop_factory=lambda: FastLoop(clock)) as runner:
        runner.run(live(url, folder, seconds, calls))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
