"""Real processes on one folder: several writers at once, and writers killed at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job

WRITER = """
import sys
from pathlib import Path
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Status, new_job

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ledger = Ledger(folder, segment_size=20)
ledger.load_live()
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    request_id = f"{name}-{number}"
    job = new_job("a/b", {"prompt": "x" * 300})
    ledger.put(job)
    job = job.but(status=Status.IN_QUEUE, request_id=request_id)
    ledger.put(job)
    print(request_id, flush=True)
    if number % 2:
        ledger.put(job.but(status=Status.IN_PROGRESS))
        ledger.put(job.but(status=Status.COMPLETED, output={"image": "https://x/y.png"}))
        print("ended", request_id, flush=True)
"""


def start(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def everything(ledger: Ledger) -> dict[str, Job]:
    """Every job by its request_id; fails when one is there twice."""
    jobs = ledger.load_live() + [job for batch in ledger.load_ended() for job in batch]
    assert len({job.id for job in jobs}) == len(jobs)
    return {job.request_id: job for job in jobs if job.request_id}


def test_three_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    reader = Ledger(tmp_path)
    heard: dict[str, Job] = {}
    children = [start(tmp_path, name, 40) for name in ("one", "two", "three")]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    while any(child.poll() is None for child in children):
        heard |= {job.id: job for job in reader.changes().jobs}
    for child in children:
        child.communicate()
        assert child.returncode == 0
    heard |= {job.id: job for job in reader.changes().jobs}
    ledger = Ledger(tmp_path)
    jobs = everything(ledger)
    assert set(jobs) == {f"{name}-{n}" for name in ("one", "two", "three") for n in range(40)}
    assert all(
        job.status.is_final == bool(int(request_id.split("-")[1]) % 2)
        for request_id, job in jobs.items()
    )
    assert {job.id: job for job in jobs.values()} == heard
    assert ledger.problems == reader.problems == []


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    rng = random.Random(20260923)
    acknowledged: set[str] = set()
    ended: set[str] = set()
    kills = 24
    for round_number in range(kills):
        child = start(tmp_path, f"run{round_number}", 10_000)
        assert child.stdin is not None
        assert child.stdout is not None
        timer = threading.Timer(rng.uniform(0.002, 0.12), child.kill)
        child.stdin.write("go\n")
        child.stdin.flush()
        timer.start()
        for line in child.stdout.read().split("\n")[:-1]:  # the kill may have cut the last one
            word, _, request_id = line.rpartition(" ")
            (ended if word else acknowledged).add(request_id)
        timer.join()
        child.communicate()
        assert child.returncode == -9
    assert len(acknowledged) > kills
    assert ended
    ledger = Ledger(tmp_path)
    jobs = everything(ledger)
    assert acknowledged <= jobs.keys()
    assert all(jobs[request_id].status.is_final for request_id in ended)
    assert all(ledger.find_request(request_id) is not None for request_id in acknowledged)
    assert ledger.problems == []
    assert not list(tmp_path.rglob("*.unreadable-*"))
    assert not list(tmp_path.rglob("*.tmp"))
