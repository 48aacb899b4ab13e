"""An export taken into a ledger: nothing twice, nothing lost, whatever was there before."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from runcomfy_tui.export_file import BadLine, Format, jobs_in, lines_of
from runcomfy_tui.history import imports
from runcomfy_tui.history.imports import Held, Import, Imported, all_jobs, take_all
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status
from tests.unit.ledger_jobs import ended_job, live_job


def opened(folder: Path) -> Ledger:
    return Ledger(folder, segment_size=10)


def stored(folder: Path) -> dict[str, Job]:
    return {job.id: job for job in all_jobs(opened(folder))}


def take(folder: Path, *lines: Job | BadLine) -> Imported:
    ledger = opened(folder)
    try:
        return take_all(ledger, lines)
    finally:
        ledger.close()


def to_the_microsecond(job: Job) -> Job:
    """A job whose times an export tells in full."""
    names = ("created_at", "submitted_at", "started_at", "finished_at")
    times = {name: at for name in names if (at := getattr(job, name)) is not None}
    return job.but(**{name: round(at, 6) for name, at in times.items()})


def counts(report: Imported) -> tuple[int, int, int, int]:
    return report.new, report.filled_in, report.known, report.bad


def test_a_whole_ledger_moves_into_another_and_a_second_time_changes_nothing(
    tmp_path: Path,
) -> None:
    jobs = [to_the_microsecond(job) for job in (live_job(1), *map(ended_job, range(2, 40)))]
    jobs[5] = jobs[5].but(label="kites", pinned=True, archived=True, estimate=0.5)
    opened(tmp_path / "one").put(*jobs)
    lines = list(jobs_in(lines_of(all_jobs(opened(tmp_path / "one")), Format.JSONL), Format.JSONL))
    assert counts(take(tmp_path / "two", *lines)) == (39, 0, 0, 0)
    assert stored(tmp_path / "two") == stored(tmp_path / "one")
    assert counts(take(tmp_path / "two", *lines)) == (0, 0, 39, 0)
    assert stored(tmp_path / "two") == stored(tmp_path / "one")


def test_a_job_twice_in_one_file_is_one_job(tmp_path: Path) -> None:
    job = ended_job(1)
    assert counts(take(tmp_path, job, job, job.but(id="0badcafe"))) == (1, 0, 2, 0)
    assert list(stored(tmp_path)) == [job.id]


def test_a_live_job_ends_as_the_file_says_and_its_user_words_are_kept(tmp_path: Path) -> None:
    mine = live_job(1).but(label="mine")
    opened(tmp_path).put(mine)
    ended = mine.but(status=Status.COMPLETED, cost=0.5, label="theirs", note="theirs", pinned=True)
    report = take(tmp_path, ended)
    assert counts(report) == (0, 1, 0, 0)
    both = ended.but(label="mine")
    assert stored(tmp_path) == {mine.id: both}


def test_an_ended_job_is_given_the_words_that_it_lacks(tmp_path: Path) -> None:
    mine = ended_job(1).but(cost=None)
    opened(tmp_path).put(mine)
    take(tmp_path, mine.but(cost=0.25, rating=5, label="kites", status=Status.FAILED))
    assert stored(tmp_path) == {mine.id: mine.but(cost=0.25, rating=5, label="kites")}


def test_two_jobs_with_one_id_and_two_request_ids_are_two_jobs(tmp_path: Path) -> None:
    mine = ended_job(1)
    opened(tmp_path).put(mine)
    report = take(tmp_path, mine.but(request_id="another"))
    assert counts(report) == (1, 0, 0, 0)
    assert {job.request_id for job in stored(tmp_path).values()} == {mine.request_id, "another"}
    assert stored(tmp_path)[mine.id] == mine


def test_what_was_forgotten_here_comes_back(tmp_path: Path) -> None:
    job = ended_job(1)
    ledger = opened(tmp_path)
    ledger.put(job)
    ledger.forget(job.id)
    ledger.close()
    assert counts(take(tmp_path, job)) == (1, 0, 0, 0)
    assert stored(tmp_path) == {job.id: job}


def test_bad_lines_are_counted_and_the_first_ones_kept(tmp_path: Path) -> None:
    lines = [BadLine(number, "no") for number in range(1, 251)]
    report = take(tmp_path, *lines, ended_job(1))
    assert counts(report) == (1, 0, 0, 250)
    assert [each.number for each in report.bad_lines] == list(range(1, 101))


def test_an_import_that_was_killed_in_the_middle_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 4)
    monkeypatch.setattr(imports, "MOST_GATHERED", 3)
    there = [live_job(1), *map(ended_job, range(2, 9))]
    lines = [job.but(note="theirs", rating=3) for job in (*there, *map(ended_job, range(9, 30)))]
    whole = opened(tmp_path / "whole")
    whole.put(*there)
    assert counts(take_all(whole, lines)) == (21, 8, 0, 0)
    wanted = stored(tmp_path / "whole")
    assert [job.note for job in wanted.values()] == ["theirs"] * 29
    for done in range(12):
        folder = tmp_path / str(done)
        ledger = opened(folder)
        ledger.put(*there)
        steps = Import(ledger, there, Held(there)).steps(lines)
        for step in islice(steps, done):
            step()
        take(folder, *lines)
        assert stored(folder) == wanted
        assert counts(take(folder, *lines)) == (0, 0, 29, 0)


def test_two_processes_that_take_in_one_file_at_a_time_make_no_job_twice(tmp_path: Path) -> None:
    lines = [live_job(1), *map(ended_job, range(2, 30))]
    one, other = (opened(tmp_path) for _ in range(2))
    for first, second in zip(
        *(Import(each, [], Held([])).steps(lines) for each in (one, other)), strict=True
    ):
        first()
        second()
    assert sorted(job.id for job in all_jobs(opened(tmp_path))) == sorted(job.id for job in lines)
