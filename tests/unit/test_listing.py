"""`runcomfy-tui jobs`, where a ledger changes while it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.listing import print_jobs


def listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    print_jobs(folder, as_json=True)
    return [(each["id"], each["status"]) for each in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize("where", ["load_live", "load_ended"])
def test_a_job_that_ends_just_now_is_listed_once(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    job = new_job("a/b", {}).but(status=Status.IN_PROGRESS, request_id="req")
    Ledger(tmp_path).put(job)
    read = getattr(Ledger, where)

    def read_while_it_ends(ledger: Ledger) -> object:
        found = read(ledger)
        found = found if isinstance(found, list) else iter(list(found))
        Ledger(tmp_path).put(job.but(status=Status.COMPLETED))
        return found

    monkeypatch.setattr(Ledger, where, read_while_it_ends)
    [(job_id, status)] = listed(tmp_path, capsys)
    assert job_id == job.id
    assert status in ("in_progress", "completed")


def test_jobs_come_newest_first_whatever_their_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs: list[Job] = []
    ledger = Ledger(tmp_path, segment_size=10)
    for number, status in enumerate([Status.COMPLETED, Status.IN_QUEUE, Status.FAILED] * 15):
        jobs.append(new_job("a/b", {}, now=1_700_000_000.0 + number).but(status=status))
        ledger.put(jobs[-1])
    assert listed(tmp_path, capsys) == [
        (job.id, job.status_word) for job in sorted(jobs, key=lambda job: job.id, reverse=True)
    ]
