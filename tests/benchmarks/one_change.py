"""How long one changed job blocks the window: `python -m tests.benchmarks.one_change DIR COUNT`.

The whole program runs on the ledger in DIR, with COUNT jobs in it, without a terminal. A job in
view changes as the engine would tell it, and a task that does nothing but come round again and
again tells the longest time that it had to wait. Prints for each change how many seconds that was,
and the most processor time that went by in one such wait.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from random import Random

from runcomfy_tui.assembly import engine_of
from runcomfy_tui.credentials import find_token
from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.settings import load_settings
from runcomfy_tui.ui.app import RunComfyApp

CHANGES = 100
SIZE = (140, 40)
SETTLING_SECONDS = 2.0
WATCHED_SECONDS = 0.4


async def longest_wait(seconds: float) -> tuple[float, float]:
    """The longest that this task had to wait for its turn, and the most processor time in one."""
    worst, last = 0.0, time.perf_counter()
    most, used = 0.0, time.thread_time()
    end = last + seconds
    while last < end:
        await asyncio.sleep(0)
        now, now_used = time.perf_counter(), time.thread_time()
        worst, last = max(worst, now - last), now
        most, used = max(most, now_used - used), now_used
    return worst, most


async def measure(folder: Path, count: int) -> None:
    settings = load_settings(data_dir=folder)
    token = find_token()
    mailboxes: list[Mailbox] = []

    def build(mailbox: Mailbox) -> Engine:
        mailboxes.append(mailbox)
        return engine_of(settings, token, mailbox)

    thread = EngineThread(build)
    app = RunComfyApp(thread, settings, has_token=True)
    random = Random(1)
    async with app.run_test(size=SIZE) as pilot:
        table = app.get_default_screen().table
        while table.job_count < count:
            await pilot.pause(0.05)
        await pilot.pause(SETTLING_SECONDS)
        for _ in range(CHANGES):
            job = random.choice(table._order.rows(0, 20))
            mailboxes[0].post([changed(job)])
            worst, most = await longest_wait(WATCHED_SECONDS)
            sys.stdout.write(f"{worst} {most}\n")
        thread.stop(0.2)


def changed(job: Job) -> Job:
    """The same job in another state."""
    if job.status is Status.COMPLETED:
        return job.but(status=Status.FAILED)
    return job.but(status=Status.COMPLETED)


if __name__ == "__main__":
    asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2])))
