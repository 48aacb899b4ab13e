"""What the user says of a job: never lost to a status, never costing one."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status
from tests.unit.ledger_jobs import ended_job, live_job


def opened(folder: Path) -> Ledger:
    ledger = Ledger(folder, segment_size=3)
    ledger.load_live()
    for _ in ledger.load_ended():
        pass
    return ledger


def stored(folder: Path) -> dict[str, Job]:
    ledger = Ledger(folder)
    jobs = {job.id: job for batch in ledger.load_ended() for job in batch}
    return jobs | {job.id: job for job in ledger.load_live()}


def test_live_and_ended_jobs_are_annotated_together_and_nobody_else(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    jobs = [live_job(1), live_job(2), *map(ended_job, range(3, 12))]
    ledger.put(*jobs)
    ledger.annotate([jobs[0].id, jobs[2].id, jobs[10].id, "nobody"], {"label": "kites"})
    ledger.annotate([jobs[2].id], {"rating": 5, "note": "the best"})
    assert [job.id for job in stored(tmp_path).values() if job.label == "kites"] == [
        jobs[10].id,
        jobs[2].id,
        jobs[0].id,
    ]
    assert stored(tmp_path)[jobs[2].id] == jobs[2].but(label="kites", rating=5, note="the best")
    ledger.annotate([jobs[2].id], {"label": "", "note": "", "rating": None})
    assert stored(tmp_path)[jobs[2].id] == jobs[2]


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.COMPLETED])
def test_a_status_from_one_process_and_a_label_from_another_both_stay(
    tmp_path: Path, status: Status
) -> None:
    watching, labelling = opened(tmp_path), opened(tmp_path)
    job = live_job(1)
    watching.put(job)
    assert labelling.changes().jobs == (job,)
    labelling.annotate([job.id], {"label": "kites"})
    # The watching process has not looked yet: it knows of no label.
    watching.put(job.but(status=status))
    both = job.but(status=status, label="kites")
    assert stored(tmp_path)[job.id] == both
    assert watching.changes().jobs == (both,)
    assert labelling.changes().jobs == (both,)
    assert not watching.changes()


def test_a_cost_that_comes_late_leaves_the_label_of_another_process(tmp_path: Path) -> None:
    watching, labelling = opened(tmp_path), opened(tmp_path)
    job = ended_job(1)
    watching.put(job)
    labelling.annotate([job.id], {"rating": 3})
    watching.put(job.but(cost=1.25))
    both = job.but(cost=1.25, rating=3)
    assert stored(tmp_path)[job.id] == both
    assert watching.changes().jobs == (both,)


def test_a_label_does_not_bring_back_the_live_copy_of_a_job_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = opened(tmp_path)
    job = live_job(1)
    ledger.put(job)
    # A kill between the two writes of an end leaves the job in both files.
    monkeypatch.setattr(ledger, "_leave_live", lambda segment: None)
    ledger.put(job.but(status=Status.COMPLETED))
    ledger.annotate([job.id], {"label": "kites"})
    assert opened(tmp_path).get(job.id) == job.but(status=Status.COMPLETED, label="kites")
