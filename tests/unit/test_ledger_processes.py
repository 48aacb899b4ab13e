"""Several processes on one folder, and processes that are killed: nothing acknowledged is lost."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import orjson

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job

SCRIPT = Path(__file__).with_name("ledger_process.py")
KILLS = 20


def start(folder: Path, task: str, count: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), str(folder), task, str(count)]
    return subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> str:
    process.kill()
    rest, _ = process.communicate()
    return rest


def everything(ledger: Ledger) -> dict[str, Job]:
    live = {job.id: job for job in ledger.load_live()}
    return live | {job.id: job for batch in ledger.load_ended() for job in batch}


def test_three_processes_lose_none_of_each_others_jobs(tmp_path: Path) -> None:
    writers = [start(tmp_path, "put", 40) for _ in range(3)]
    told: list[list[str]] = []
    for writer in writers:
        output, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        told += [line.split() for line in output.splitlines()]
    found = everything(Ledger(tmp_path))
    assert len(found) == 120
    for job_id, *end in told:
        assert found[job_id].request_id == f"req-{job_id}"
        assert found[job_id].status.is_final or not end


def test_no_kill_loses_what_was_acknowledged_or_leaves_a_broken_file(tmp_path: Path) -> None:
    chance = random.Random(7)
    told: list[list[str]] = []
    for _ in range(KILLS):
        process = start(tmp_path, "put")
        lines = [first_line(process) for _ in range(chance.randrange(1, 12))]
        # Between two acknowledgements the process is always inside a write.
        lines += kill(process).splitlines()
        told += [line.split() for line in lines]
    for path in tmp_path.rglob("*.json"):
        orjson.loads(path.read_bytes())
    ledger = Ledger(tmp_path)
    found = everything(ledger)
    assert ledger.problems == []
    assert not list(tmp_path.rglob("*.unreadable-*"))
    assert not list(tmp_path.rglob("*.tmp"))
    assert len(told) > KILLS
    for job_id, *end in told:
        assert found[job_id].request_id == f"req-{job_id}"
        assert found[job_id].status.is_final or not end


def test_a_submit_is_orphaned_when_its_process_is_killed_and_not_before(tmp_path: Path) -> None:
    process = start(tmp_path, "submit")
    job_id = first_line(process)
    ledger = Ledger(tmp_path)
    assert [job.id for job in ledger.load_live()] == [job_id]
    assert ledger.orphaned_submits() == []
    kill(process)
    assert [job.id for job in ledger.orphaned_submits()] == [job_id]
    assert not list((tmp_path / "sessions").iterdir())


def test_the_turn_to_poll_is_free_as_soon_as_its_holder_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path, "watch")
    assert first_line(process) == "watching"
    turn = WatchTurn(tmp_path)
    assert not turn.try_acquire()
    holder = turn.holder()
    assert holder is not None
    assert holder.pid == process.pid
    kill(process)
    assert turn.try_acquire()
    turn.release()
