"""Two ledgers on one folder: each hears of the other's jobs, once, and loses none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.history.ledger import Changed, Ledger
from runcomfy_tui.jobs import Job, Status
from tests.unit.ledger_jobs import ended_job, live_job


class Pair:
    """Two ledgers that have loaded everything, as two dashboards have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.one, self.two = self.open(), self.open()

    def open(self) -> Ledger:
        ledger = Ledger(self.folder, segment_size=3)
        ledger.load_live()
        for _ in ledger.load_ended():
            pass
        return ledger


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def by_id(*jobs: Job) -> dict[str, Job]:
    return {job.id: job for job in jobs}


def test_the_other_ones_jobs_are_told_once_and_ones_own_never(pair: Pair) -> None:
    job, done = live_job(1), ended_job(2)
    pair.one.put(job, done)
    assert not pair.one.changes()
    assert by_id(*pair.two.changes().jobs) == by_id(job, done)
    assert not pair.two.changes()
    running = job.but(status=Status.IN_PROGRESS)
    pair.one.put(running)
    assert pair.two.changes() == Changed(jobs=(running,))
    pair.two.put(job.but(status=Status.COMPLETED))
    assert pair.one.changes() == Changed(jobs=(job.but(status=Status.COMPLETED),))
    assert not pair.one.changes()
    assert not pair.two.changes()


def test_what_the_other_wrote_is_told_although_one_wrote_to_the_same_file_since(
    pair: Pair,
) -> None:
    theirs, mine = live_job(1), live_job(2)
    pair.two.put(theirs)
    pair.one.put(mine)
    assert pair.one.changes() == Changed(jobs=(theirs,))
    assert pair.two.changes() == Changed(jobs=(mine,))
    their_end, my_end = ended_job(3), ended_job(4)
    pair.two.put(their_end)
    pair.one.put(my_end)
    assert pair.one.changes() == Changed(jobs=(their_end,))
    assert pair.two.changes() == Changed(jobs=(my_end,))
    assert not pair.one.changes()


def test_many_quick_changes_are_all_told(pair: Pair) -> None:
    for number in range(30):
        job = live_job(number)
        pair.one.put(job)
        assert pair.two.changes().jobs == (job,)
        pair.one.put(job.but(status=Status.CANCELLED))
        assert pair.two.changes().jobs == (job.but(status=Status.CANCELLED),)
    assert not pair.two.changes()


def test_a_cost_that_comes_later_is_told(pair: Pair) -> None:
    jobs = [ended_job(number) for number in range(10)]
    pair.one.put(*jobs)
    pair.two.changes()
    pair.one.put(jobs[4].but(cost=0.25))
    assert pair.two.changes() == Changed(jobs=(jobs[4].but(cost=0.25),))


def test_forgetting_is_told(pair: Pair) -> None:
    live, done = live_job(1), ended_job(2)
    pair.one.put(live, done)
    pair.two.changes()
    pair.one.forget(live.id, done.id)
    assert not pair.one.changes()
    assert set(pair.two.changes().gone) == {live.id, done.id}
    assert not pair.two.changes()
    pair.one.put(done)
    assert pair.two.changes() == Changed(jobs=(done,))


def test_a_late_word_on_a_forgotten_job_does_not_bring_it_back(pair: Pair) -> None:
    job = live_job(1)
    pair.one.put(job)
    pair.two.changes()
    pair.one.forget(job.id)
    pair.two.put(job.but(status=Status.IN_PROGRESS))
    assert pair.two.changes() == Changed(gone=(job.id,))
    assert pair.open().get(job.id) is None


def test_a_late_word_on_an_ended_job_does_not_bring_it_back(pair: Pair) -> None:
    job = live_job(1)
    done = job.but(status=Status.COMPLETED)
    pair.one.put(job)
    pair.two.changes()
    pair.one.put(done)
    pair.two.put(job.but(status=Status.IN_PROGRESS))
    assert pair.two.changes() == Changed(jobs=(done,))
    assert pair.open().load_live() == []
    assert pair.open().get(job.id) == done


def test_a_late_word_on_an_end_that_was_told_is_answered_with_that_end(pair: Pair) -> None:
    job = live_job(1)
    done = job.but(status=Status.COMPLETED)
    pair.one.put(job)
    pair.two.changes()
    pair.one.put(done)
    assert pair.two.changes() == Changed(jobs=(done,))
    pair.two.put(job.but(status=Status.IN_PROGRESS))  # it was on its way to the disk
    assert pair.two.changes() == Changed(jobs=(done,))
    assert not pair.one.changes()
    assert pair.open().load_live() == []


def test_a_job_that_one_did_not_find_may_be_found_by_the_other(pair: Pair) -> None:
    job = live_job(1)
    pair.one.put(job)
    pair.two.changes()
    pair.one.put(job.but(status=Status.NOT_FOUND))
    pair.two.changes()
    again = job.but(status=Status.UNKNOWN)
    pair.two.put(again)
    assert pair.one.changes() == Changed(jobs=(again,))
    assert pair.open().load_live() == [again]


def test_a_job_of_one_whose_clock_was_set_back_is_told_to_the_other(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped, theirs = live_job(1), live_job(2)
    pair.one.put(dropped)
    pair.one.forget(dropped.id)
    an_hour, now = 3_600_000_000_000, time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() - an_hour)
    later = pair.open()
    later.put(theirs)
    assert pair.one.changes() == Changed(jobs=(theirs,))


def test_a_job_lost_with_a_file_is_not_taken_for_forgotten(pair: Pair) -> None:
    jobs = [live_job(1), live_job(2)]
    for job in jobs:
        pair.one.put(job)
    pair.two.changes()
    (pair.folder / "live.json").write_bytes(b"broken")
    third = pair.open()
    assert third.load_live() == jobs[:1]
    assert pair.two.changes() == Changed()
    pair.two.put(jobs[1].but(status=Status.IN_PROGRESS))
    assert third.changes() == Changed(jobs=(jobs[1].but(status=Status.IN_PROGRESS),))


def test_what_ends_while_history_is_unloaded_is_told_without_reading_the_rest(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.one.put(*(ended_job(number) for number in range(9)))
    watcher = Ledger(pair.folder, segment_size=3)
    watcher.load_live()
    job = ended_job(10)
    pair.one.put(job)
    read: list[str] = []
    read_bytes = Path.read_bytes

    def note(path: Path) -> bytes:
        read.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", note)
    assert watcher.changes().jobs == (job,)
    assert read == ["000004.json"]


def test_what_ends_between_loading_live_and_ended_jobs_is_told_by_both(pair: Pair) -> None:
    job = live_job(1)
    done = job.but(status=Status.COMPLETED)
    pair.one.put(job)
    third = Ledger(pair.folder)
    assert third.load_live() == [job]
    pair.one.put(done)
    assert list(third.load_ended()) == [[done]]
    assert third.changes() == Changed(jobs=(done,))
    assert not third.changes()


def test_a_look_costs_three_stats_once_the_folder_is_quiet(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.one.put(live_job(), *(ended_job(number) for number in range(9)))
    long_ago = time.time_ns() - 60 * 10**9
    os.utime(pair.folder / "ended", ns=(long_ago, long_ago))
    pair.two.changes()
    stats: list[str] = []
    stat = Path.stat

    def note(path: Path, **options: Any) -> os.stat_result:
        stats.append(path.name)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", note)
    assert not pair.two.changes()
    assert sorted(stats) == ["ended", "forgotten.json", "live.json"]
    pair.one.put(job := ended_job(10))
    assert pair.two.changes().jobs == (job,)


def test_a_submit_is_an_orphan_once_its_process_is_gone(pair: Pair) -> None:
    mine = live_job(1, status=Status.SUBMITTING).but(request_id=None)
    pair.one.put(mine)
    assert pair.one.orphaned_submits() == []
    assert pair.two.orphaned_submits() == []
    pair.one.close()
    assert pair.two.orphaned_submits() == [mine]
    pair.two.put(mine.but(status=Status.UNCONFIRMED))
    assert pair.two.orphaned_submits() == []


def test_a_submit_of_a_killed_process_is_an_orphan_and_its_session_is_swept(
    tmp_path: Path,
) -> None:
    program = """
import sys
from pathlib import Path
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import new_job
ledger = Ledger(Path(sys.argv[1]))
job = new_job("a/b", {})
ledger.put(job)
print(job.id, flush=True)
sys.stdin.read()
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        job_id = child.stdout.readline().strip()
        ledger = Ledger(tmp_path)
        assert ledger.orphaned_submits() == []
        child.kill()
    assert [job.id for job in ledger.orphaned_submits()] == [job_id]
    assert list((tmp_path / "sessions").iterdir()) == []


def test_a_request_id_that_nobody_knew_brings_a_forgotten_submit_back(pair: Pair) -> None:
    job = live_job(1, status=Status.SUBMITTING).but(request_id=None)
    pair.one.put(job)
    pair.two.changes()
    pair.two.forget(job.id)
    answered = job.but(status=Status.IN_QUEUE, request_id="paid-for")
    pair.one.put(answered)
    assert pair.two.changes() == Changed(jobs=(answered,))
    assert pair.open().find_request("paid-for") == answered
