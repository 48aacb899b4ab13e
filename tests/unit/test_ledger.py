"""The ledger as one process sees it: where jobs lie, what a write costs, what survives."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

import filelock
import orjson
import pytest

from runcomfy_tui.history import forgotten, segments
from runcomfy_tui.history.errors import LedgerBusy, LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status, new_job


def live_job(number: int = 0, *, status: Status = Status.IN_QUEUE) -> Job:
    """A job with a request_id; its number stands in its prompt and its request_id."""
    job = new_job("runwayml/runway-aleph/video-to-video", {"promptText": f"number {number}"})
    return job.but(request_id=f"req-{number}", status=status)


def ended_job(number: int = 0) -> Job:
    return live_job(number, status=Status.COMPLETED).but(finished_at=2e9, output={"video": "v"})


def ended_ids(ledger: Ledger) -> list[str]:
    return [job.id for batch in ledger.load_ended() for job in batch]


def numbers(jobs: Iterable[Job]) -> list[int]:
    return [int((job.request_id or "").removeprefix("req-")) for job in jobs]


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*.json*")
    }


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every handle that was fsynced, for real."""
    handles: list[int] = []
    fsync = os.fsync

    def count(handle: int) -> None:
        handles.append(handle)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", count)
    return handles


def test_a_job_is_found_again_by_the_next_process(tmp_path: Path) -> None:
    live = live_job(1)
    ended = ended_job(2).but(
        cost=0.25, failure=Failure("no", "400002", (FieldProblem(("loras", 0, "path"), "bad"),))
    )
    Ledger(tmp_path).put(live, ended)
    ledger = Ledger(tmp_path)
    assert ledger.load_live() == [live]
    assert list(ledger.load_ended()) == [[ended]]
    assert ledger.get(live.id) == live
    assert ledger.get(ended.id) == ended
    assert ledger.get("nobody") is None
    assert ledger.problems == []


def test_a_job_that_ends_leaves_the_live_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    job = live_job()
    ledger.put(job)
    ledger.put(job.but(status=Status.FAILED))
    assert ledger.load_live() == []
    assert ended_ids(ledger) == [job.id]
    assert job.id not in (tmp_path / "live.json").read_text()


def test_an_unconfirmed_job_stays_live(tmp_path: Path) -> None:
    job = live_job(status=Status.UNCONFIRMED)
    Ledger(tmp_path).put(job)
    assert Ledger(tmp_path).load_live() == [job]


def test_segments_are_bounded_and_loaded_newest_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, segment_size=3)
    for number in range(8):
        ledger.put(ended_job(number))
    batches = [numbers(batch) for batch in Ledger(tmp_path).load_ended()]
    assert batches == [[7, 6], [5, 4, 3], [2, 1, 0]]


def test_many_ended_at_once_fill_several_segments(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, segment_size=3)
    jobs = [live_job(number) for number in range(7)]
    ledger.put(*jobs)
    ledger.put(*(job.but(status=Status.CANCELLED) for job in jobs))
    assert ledger.load_live() == []
    assert [len(batch) for batch in ledger.load_ended()] == [1, 3, 3]


def test_long_prompts_end_a_segment_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 2_000)
    ledger = Ledger(tmp_path)
    for number in range(4):
        ledger.put(ended_job(number).but(inputs={"prompt": "x" * 1_500}))
    assert [numbers(batch) for batch in ledger.load_ended()] == [[3, 2], [1, 0]]


def test_an_ended_job_is_revised_where_it_lies(tmp_path: Path) -> None:
    writer = Ledger(tmp_path, segment_size=2)
    jobs = [ended_job(number) for number in range(5)]
    writer.put(*jobs)
    before = stamps(tmp_path)
    ledger = Ledger(tmp_path, segment_size=2)  # has loaded nothing
    ledger.put(jobs[0].but(cost=0.5))
    after = stamps(tmp_path)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"000001.json", "000001.json.bak"}
    assert ledger.get(jobs[0].id) == jobs[0].but(cost=0.5)
    assert sorted(ended_ids(ledger)) == sorted(job.id for job in jobs)


def test_an_ended_job_may_come_back_to_life_and_end_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, segment_size=2)
    job = ended_job(1).but(status=Status.REJECTED, request_id=None)
    ledger.put(job, ended_job(2), ended_job(3))
    alive = job.but(status=Status.IN_QUEUE, request_id="found")
    ledger.put(alive)
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == [alive]
    assert job.id not in ended_ids(fresh)
    assert fresh.find_request("found") == alive
    done = alive.but(status=Status.COMPLETED)
    ledger.put(done)
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == []
    assert sorted(ended_ids(fresh)).count(job.id) == 1
    assert fresh.get(job.id) == fresh.find_request("found") == done


def test_an_ended_job_that_came_back_to_life_may_end_the_same_way_once_more(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    job = live_job(1)
    done = job.but(status=Status.COMPLETED, finished_at=job.created_at + 60)
    for state in (job, done, job, done):
        ledger.put(state)
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == []
    assert fresh.get(job.id) == done


def test_a_live_job_costs_exactly_one_fsync(tmp_path: Path, syncs: list[int]) -> None:
    ledger = Ledger(tmp_path)
    jobs = [live_job(number) for number in range(5)]
    assert syncs == []
    ledger.put(jobs[0].but(status=Status.SUBMITTING))
    assert len(syncs) == 1
    ledger.put(*jobs)
    assert len(syncs) == 2
    ledger.put(jobs[0].but(status=Status.IN_PROGRESS))
    assert len(syncs) == 3
    ledger.settle()
    assert len(syncs) == 5
    ledger.settle()
    assert len(syncs) == 5


def test_a_job_that_ends_costs_one_more_fsync(tmp_path: Path, syncs: list[int]) -> None:
    ledger = Ledger(tmp_path)
    jobs = [live_job(number) for number in range(5)]
    ledger.put(*jobs)
    syncs.clear()
    ledger.put(*(job.but(status=Status.COMPLETED) for job in jobs))
    assert len(syncs) == 2


def test_nothing_is_written_when_nothing_changed(tmp_path: Path, syncs: list[int]) -> None:
    ledger = Ledger(tmp_path)
    live, ended = live_job(1), ended_job(2)
    ledger.put(live, ended)
    before = stamps(tmp_path)
    syncs.clear()
    ledger.put(live.but(queue_position=4), ended)
    Ledger(tmp_path).put(live, ended)
    ledger.put()
    ledger.forget()
    assert syncs == []
    assert stamps(tmp_path) == before


def test_a_request_is_found_whether_live_or_ended_and_loaded_or_not(tmp_path: Path) -> None:
    jobs = [live_job(1), *(ended_job(number) for number in range(2, 9))]
    Ledger(tmp_path, segment_size=2).put(*jobs)
    ledger = Ledger(tmp_path)
    assert [ledger.find_request(job.request_id or "") for job in jobs] == jobs
    assert ledger.find_request("req-99") is None
    assert ledger.find_request("") is None
    wanted = [job.request_id or "" for job in jobs]
    assert ledger.find_requests([*wanted, "no", "'\"\\\ud800"]) == dict(
        zip(wanted, jobs, strict=True)
    )


def test_an_odd_request_id_is_found_too(tmp_path: Path) -> None:
    odd = ['with "quotes" \\', "snö/☃", "half \ud83d", " "]
    jobs = [ended_job().but(request_id=request_id) for request_id in odd]
    Ledger(tmp_path).put(*jobs)
    ledger = Ledger(tmp_path)
    assert [ledger.find_request(request_id) for request_id in odd] == jobs


def test_forgotten_jobs_are_gone_and_may_be_put_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, segment_size=2)
    jobs = [live_job(0), *(ended_job(number) for number in range(1, 6))]
    ledger.put(*jobs)
    ledger.forget(jobs[0].id, jobs[2].id, "nobody")
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == []
    assert set(ended_ids(fresh)) == {jobs[n].id for n in (1, 3, 4, 5)}
    assert fresh.get(jobs[2].id) is None
    assert fresh.find_request("req-2") is None
    assert not any(jobs[2].id in path.read_text() for path in tmp_path.glob("ended/*.json"))
    ledger.put(jobs[0], jobs[2])
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == [jobs[0]]
    assert set(ended_ids(fresh)) == {job.id for job in jobs[1:]}


def test_the_names_of_the_forgotten_do_not_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgotten, "KEEP_SECONDS", 0)
    ledger = Ledger(tmp_path)
    job = ended_job()
    ledger.put(job)
    ledger.forget(job.id)
    assert orjson.loads((tmp_path / "forgotten.json").read_bytes()) == {"documents": {}}
    assert ended_ids(Ledger(tmp_path)) == []


def test_a_kill_in_the_middle_of_forgetting_forgets_everything(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    jobs = [live_job(0), ended_job(1), ended_job(2)]
    ledger.put(*jobs)
    kept = {path: path.read_bytes() for path in (tmp_path / "live.json", *tmp_path.glob("ended/*"))}
    ledger.forget(jobs[0].id, jobs[1].id)
    for path, content in kept.items():  # as if the process had died after its first write
        path.write_bytes(content)
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == []
    assert ended_ids(fresh) == [jobs[2].id]
    assert fresh.get(jobs[1].id) is None


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


def test_opening_reads_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger(tmp_path, segment_size=1).put(live_job(), *(ended_job(n) for n in range(5)))

    def refuse(path: Path) -> bytes:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    Ledger(tmp_path)


def test_an_id_that_is_not_of_this_program_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for job_id in ("", 'a"b', "\udc00", "a\nb", "ä"):
        with pytest.raises(ValueError, match="not an id"):
            ledger.put(live_job().but(id=job_id))
