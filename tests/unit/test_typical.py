"""What is usual of a model is learnt from what ended, and told as an estimate."""

from __future__ import annotations

import random

import pytest

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.typical import REMEMBERED, Typical, Usual
from runcomfy_tui.ui.outlook_words import outlook_text, seconds_until_outlook_changes

NOW = 1_763_733_000.0


def ran(number: int, *, waited: float = 10, took: float = 60, model: str = "m") -> Job:
    made = NOW - 1_000_000 + number * 100
    return Job(
        f"{number:012}",
        model,
        {},
        Status.COMPLETED,
        made,
        submitted_at=made,
        started_at=made + waited,
        finished_at=made + waited + took,
    )


def live(status: Status, since: float, model: str = "m") -> Job:
    asked = NOW - since if status is Status.IN_QUEUE else NOW - since - 5
    started = NOW - since if status is Status.IN_PROGRESS else None
    return Job("f" * 12, model, {}, status, asked, submitted_at=asked, started_at=started)


def taught(*jobs: Job) -> Typical:
    typical = Typical()
    for job in jobs:
        typical.learn(job)
    return typical


def test_nothing_is_concluded_from_two_jobs_and_a_median_from_three() -> None:
    typical = taught(ran(1), ran(2, took=70))
    assert typical.running("m") is None
    assert typical.outlook(live(Status.IN_PROGRESS, 5)) is None
    typical.learn(ran(3, took=1000))
    assert typical.running("m") == Usual(median=70, low=65, high=535, count=3)
    assert typical.waiting("m") == Usual(median=10, low=10, high=10, count=3)
    assert typical.running("another") is None
    assert typical.running(None) is None


def test_the_order_and_the_number_of_tellings_do_not_matter() -> None:
    jobs = [ran(number, took=number) for number in range(30)]
    told = jobs * 2
    random.Random(1).shuffle(told)
    typical = taught(*told)
    assert typical.running("m") == taught(*jobs).running("m") == Usual(14.5, 7.25, 21.75, 30)


def test_a_job_told_again_with_another_time_counts_as_it_is_now() -> None:
    typical = taught(ran(1), ran(2), ran(3))
    for number in range(1, 4):
        typical.learn(ran(number, took=5))
    assert typical.running("m") == Usual(5, 5, 5, 3)


@pytest.mark.parametrize("newest_first", [True, False])
def test_only_the_newest_count(newest_first: bool) -> None:
    old = [ran(number, took=500) for number in range(300)]
    new = [ran(number, took=20) for number in range(300, 300 + REMEMBERED)]
    jobs = [*old, *new]
    typical = taught(*(reversed(jobs) if newest_first else jobs))
    assert typical.running("m") == Usual(20, 20, 20, REMEMBERED)


def test_what_did_not_run_or_was_not_watched_teaches_nothing() -> None:
    job = ran(1)
    typical = taught(
        *(job.but(id=f"a{n}", status=Status.CANCELLED) for n in range(5)),
        *(job.but(id=f"b{n}", started_at=None) for n in range(5)),
        *(job.but(id=f"c{n}", adopted=True) for n in range(5)),
        *(job.but(id=f"d{n}", model_id=None) for n in range(5)),
        *(job.but(id=f"e{n}", status=Status.IN_PROGRESS, finished_at=None) for n in range(5)),
        *(job.but(id=f"f{n}", finished_at=0.0, submitted_at=None) for n in range(5)),
    )
    assert (typical.running("m"), typical.waiting("m")) == (None, None)
    failed = taught(*(job.but(id=f"g{n}", status=Status.FAILED) for n in range(5)))
    assert failed.running("m") is None
    assert failed.waiting("m") == Usual(10, 10, 10, 5)


def test_a_queued_job_is_expected_to_end_after_the_usual_wait_and_run() -> None:
    typical = taught(ran(1), ran(2), ran(3))
    queued = typical.outlook(live(Status.IN_QUEUE, 4))
    running = typical.outlook(live(Status.IN_PROGRESS, 42))
    assert queued is not None
    assert running is not None
    assert (queued.since, queued.ends_at) == (NOW - 4, NOW - 4 + 70)
    assert (running.since, running.ends_at) == (NOW - 42, NOW - 42 + 60)
    assert typical.run_seconds(live(Status.IN_QUEUE, 4)) == 60
    assert typical.outlook(ran(9)) is None


def test_an_end_is_foretold_only_while_a_job_waits_no_longer_than_is_usual() -> None:
    job = live(Status.IN_QUEUE, 0)
    outlook = taught(ran(1), ran(2), ran(3)).outlook(job)
    assert "done about" in outlook_text(job, outlook, NOW + 9)
    assert seconds_until_outlook_changes(outlook, NOW + 9) == 1
    assert outlook_text(job, outlook, NOW + 11) == "usually waits 10s"


def test_a_job_stalls_at_three_times_the_usual_but_not_within_seconds() -> None:
    typical = taught(ran(1), ran(2), ran(3))
    running = typical.outlook(live(Status.IN_PROGRESS, 0))
    queued = typical.outlook(live(Status.IN_QUEUE, 0))
    assert running is not None
    assert queued is not None
    assert [running.is_stalled(NOW + 179), running.is_stalled(NOW + 180)] == [False, True]
    assert [queued.is_stalled(NOW + 29), queued.is_stalled(NOW + 30)] == [False, True]
    assert running.times_usual(NOW + 240) == 4
