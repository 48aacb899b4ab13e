"""The ledger as one process sees it: where jobs lie, what a write costs, what survives."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from runcomfy_tui.history import forgotten, segments
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Failure, FieldProblem, Status
from tests.unit.ledger_jobs import ended_ids, ended_job, live_job, numbers, stamps


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
