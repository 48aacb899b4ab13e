"""The ledger after kills, and on disks that refuse or break: what is lost is named."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import filelock
import orjson
import pytest

from runcomfy_tui.history.errors import LedgerBusy, LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Status
from tests.unit.ledger_jobs import ended_ids, ended_job, live_job, numbers


class Interrupted(BaseException):
    """Stands for a kill at one exact step."""


@pytest.mark.parametrize("step", range(4))
def test_stopping_at_any_step_of_ending_a_job_leaves_it_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    ledger = Ledger(tmp_path)
    job, done = live_job(1), ended_job(2)
    ledger.put(job, done)
    renames = iter(range(4))  # a backup and a file, for the segment and for the live file
    replace = Path.replace

    def stop(path: Path, target: Path) -> Path:
        if next(renames) == step:
            raise Interrupted
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stop)
        with pytest.raises(Interrupted):
            ledger.put(job.but(status=Status.FAILED))
    fresh = Ledger(tmp_path)
    found = [*fresh.load_live(), *(each for batch in fresh.load_ended() for each in batch)]
    assert sorted(each.id for each in found) == sorted([job.id, done.id])
    assert fresh.problems == []


def test_a_kill_between_segment_and_live_file_leaves_the_ended_job(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    job, other = live_job(1), live_job(2)
    ledger.put(job, other)
    live = (tmp_path / "live.json").read_bytes()
    done = job.but(status=Status.COMPLETED)
    ledger.put(done)
    (tmp_path / "live.json").write_bytes(live)  # as if the process had died before the second
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == [other]
    assert list(fresh.load_ended()) == [[done]]
    assert fresh.get(job.id) == fresh.find_request("req-1") == done
    fresh.put(other.but(status=Status.COMPLETED))
    assert job.id not in (tmp_path / "live.json").read_text()


def test_leftovers_of_a_kill_are_cleared_before_a_new_segment_is_begun(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, segment_size=2)
    jobs = [live_job(number) for number in range(3)]
    ledger.put(*jobs)
    live = (tmp_path / "live.json").read_bytes()
    ledger.put(*(job.but(status=Status.COMPLETED) for job in jobs[:2]))
    (tmp_path / "live.json").write_bytes(live)
    ledger.put(jobs[2].but(status=Status.FAILED))  # goes to the second segment
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == []
    assert sorted(ended_ids(fresh)) == sorted(job.id for job in jobs)
    assert orjson.loads((tmp_path / "live.json").read_bytes()) == {"documents": {}}


def test_an_unreadable_live_file_is_set_aside_and_named_and_jobs_still_known_come_back(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    jobs = [live_job(number) for number in range(3)]
    for job in jobs:
        ledger.put(job)
    (tmp_path / "live.json").write_bytes(b'{"documents":{"half')
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == jobs[:2]  # the backup is one write behind
    (problem,) = fresh.problems
    assert "live.json" in problem
    (aside,) = tmp_path.glob("live.json.unreadable-*")
    assert aside.name in problem
    assert aside.read_bytes() == b'{"documents":{"half'
    ledger.put(jobs[2])
    assert ledger.load_live() == jobs


def test_an_unreadable_segment_costs_nothing_but_itself(tmp_path: Path) -> None:
    Ledger(tmp_path, segment_size=2).put(*(ended_job(number) for number in range(6)))
    (tmp_path / "ended" / "000002.json").write_bytes(b"\x00\x00")
    ledger = Ledger(tmp_path, segment_size=2)
    assert [numbers(batch) for batch in ledger.load_ended()] == [[5, 4], [], [1, 0]]
    assert "000002.json" in ledger.problems[0]
    ledger.put(ended_job(6))
    assert numbers(next(Ledger(tmp_path).load_ended())) == [6]


def test_one_bad_document_is_passed_over_named_and_kept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    good, bad = live_job(1), live_job(2)
    ledger.put(good, bad)
    path = tmp_path / "live.json"
    documents = orjson.loads(path.read_bytes())
    documents["documents"][bad.id] = {"strange": True}
    path.write_bytes(orjson.dumps(documents))
    ledger = Ledger(tmp_path)
    assert ledger.load_live() == [good]
    assert ledger.load_live() == [good]
    (problem,) = ledger.problems
    assert bad.id in problem
    ledger.put(good.but(status=Status.IN_PROGRESS))
    assert orjson.loads(path.read_bytes())["documents"][bad.id] == {"strange": True}


def test_a_file_the_system_refuses_is_not_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(tmp_path, segment_size=1).put(*(ended_job(number) for number in range(3)))
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "000002.json":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    ledger = Ledger(tmp_path, segment_size=1)
    assert [numbers(batch) for batch in ledger.load_ended()] == [[2], [0]]
    assert "no permission" in ledger.problems[0]
    assert not list(tmp_path.rglob("*.unreadable-*"))


def test_a_full_disk_is_told_in_plain_words_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    job = live_job()
    ledger.put(job)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(LedgerError, match="the disk is full"):
            ledger.put(job.but(status=Status.COMPLETED))
    assert Ledger(tmp_path).load_live() == [job]
    ledger.put(job.but(status=Status.COMPLETED))
    assert ended_ids(Ledger(tmp_path)) == [job.id]


def test_a_lock_that_is_not_to_be_had_is_told_in_plain_words(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, lock_seconds=0.05)
    with (
        filelock.FileLock(tmp_path / "ledger.lock"),
        pytest.raises(LedgerBusy, match="another runcomfy-tui"),
    ):
        ledger.put(live_job())
    ledger.put(live_job())


def test_a_folder_that_cannot_be_made_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerError, match="Could not open the ledger"):
        Ledger(tmp_path / "file" / "data")


def test_stale_temporary_files_are_swept_at_opening(tmp_path: Path) -> None:
    Ledger(tmp_path).put(live_job(), ended_job())
    stale = [
        tmp_path / ".live.json.0a1b2c3d.tmp",
        tmp_path / ".live.json.bak.0a1b2c3d.tmp",
        tmp_path / "ended" / ".000001.json.0a1b2c3d.tmp",
    ]
    for path in stale:
        path.write_bytes(b"half")
    with filelock.FileLock(tmp_path / "ledger.lock"):
        Ledger(tmp_path)
        assert all(path.exists() for path in stale), "somebody may be writing them just now"
    Ledger(tmp_path)
    assert not any(path.exists() for path in stale)
