"""`kill -9` in the middle of a sweep, with a server that loses answers and asks to slow down.

The server lives in the test's own process and so outlives every kill: its list is the truth.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from runcomfy_tui.batch import Batch
from runcomfy_tui.history.batches import BatchStore
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.sandbox.embedded import EmbeddedSandbox
from tests.engine import sweeper
from tests.engine.house import on_disk
from tests.engine.sweeper import ITEMS

KILLS = 5
FAULTS = (
    "lost-submit:0.06",
    "lost-submit-before:0.03",
    "error-after-submit:0.04",
    "cut@submit:0.03",
    "rate-limit-bare@submit:0.15",
    "unavailable@status:0.05",
)


def test_no_kill_makes_a_sweep_send_an_item_twice_or_lose_one(tmp_path: Path) -> None:
    chance = random.Random()
    folder = tmp_path / "ledger"
    with EmbeddedSandbox(speed=100, workers=16, faults=FAULTS, balance_usd=1e6) as sandbox:
        for number in range(KILLS):
            # At some moment after so many items, which by then differ from kill to kill.
            wanted = chance.randint(number * ITEMS // (KILLS + 1), (number + 1) * ITEMS // KILLS)
            with sweeping(folder, sandbox.base_url) as words:
                for word in words:
                    if word == sweeper.DONE or int(word) >= wanted:
                        break
            check(folder, sandbox)
        with sweeping(folder, sandbox.base_url) as words:
            assert sweeper.DONE in words
        jobs, batch = check(folder, sandbox)
        created = len(created_at(sandbox))

    assert batch.left == 0
    assert sorted(items_of(jobs)) == list(range(ITEMS)), "an item was lost, or sent twice"
    unknown = [job for job in jobs if job.status in (Status.UNCONFIRMED, Status.SUBMITTING)]
    sent = [job for job in jobs if job.request_id is not None]
    assert len(sent) + len(unknown) == ITEMS
    assert len(sent) <= created <= len(sent) + len(unknown)
    assert unknown, "no fault has struck"


@contextmanager
def sweeping(folder: Path, url: str) -> Iterator[Iterator[str]]:
    """A program at work on the sweep, and the words it tells; killed at the end of the block."""
    program = subprocess.Popen(
        [sys.executable, "-m", sweeper.__name__, str(folder), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert program.stdout is not None
    try:
        yield (line.strip() for line in program.stdout)
    finally:
        os.kill(program.pid, signal.SIGKILL)
        program.communicate()


def check(folder: Path, sandbox: EmbeddedSandbox) -> tuple[list[Job], Batch]:
    """The server's list (item by request_id) against the ledger and what is still planned."""
    created = created_at(sandbox)
    jobs = list(on_disk(folder).values())
    [batch] = BatchStore(folder).load() or []
    by_item = {job.batch_item: job for job in jobs}
    assert len(by_item) == len(jobs), "two jobs of one item"
    assert len(set(created.values())) == len(created), "an item was created twice"
    assert len(created) <= ITEMS
    for request_id, item in created.items():
        job = by_item[item]
        may_lack_it = job.status in (Status.SUBMITTING, Status.UNCONFIRMED)
        assert job.request_id == request_id or (job.request_id is None and may_lack_it), job
    planned = {*batch.returned, *range(batch.cursor, batch.count)}
    # The last item of a killed program may be a job that its batch has not heard of yet.
    assert len(planned & by_item.keys()) <= 1
    assert planned | by_item.keys() == set(range(ITEMS)), "an item is neither planned nor a job"
    return jobs, batch


def items_of(jobs: list[Job]) -> list[int]:
    return [job.batch_item for job in jobs if job.batch_item is not None]


def created_at(sandbox: EmbeddedSandbox) -> dict[str, int]:
    """The item of every request that the server holds, by its request_id.

    What a killed program had sent may still be worked on, so it is asked until nothing changes.
    """
    before, now = None, _listed(sandbox)
    while before != now:
        before, now = now, _listed(sandbox)
    return now


def _listed(sandbox: EmbeddedSandbox) -> dict[str, int]:
    url = sandbox.base_url.removesuffix("/v1") + "/sandbox/requests"
    told = httpx.get(url, trust_env=False, verify=False).json()["requests"]
    return {one["request_id"]: int(one["inputs"]["promptText"].split()[1]) for one in told}
