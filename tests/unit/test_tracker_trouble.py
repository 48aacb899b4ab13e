"""What an outage, a 429, a sleep or a refused token does to the polling."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from runcomfy_tui.engine.gate import FIRST_OFFLINE_PAUSE, LONGEST_OFFLINE_PAUSE, Pace
from runcomfy_tui.engine.tracker import (
    Tracker,
)
from tests.unit.polling import Run, job, tracker


def test_a_429_slows_everything_for_as_long_as_the_server_says_and_recovers_bit_by_bit() -> None:
    watching = tracker(polls_per_second=8.0)
    watching.watch(job("a"), 0.0)
    watching.watch(job("b"), 0.0)
    assert watching.due(0.0) == ["a"]
    watching.throttled("a", 0.1, retry_after=20.0)
    assert watching.due(19.9) == []
    assert watching.next_wakeup(0.1) == pytest.approx(20.0)
    slowed = watching.polls_per_second(20.0)
    run = Run(watching)
    run.jobs = {"a": job("a"), "b": job("b")}
    run.until(60.0, 20.2)
    assert run.asked
    watched = Tracker(Pace(8.0), Random(1))
    watched.watch(job("a"), 0.0)
    watched.throttled("a", 0.0, None)
    assert watched.next_wakeup(0.0) == pytest.approx(2.0)
    watched.throttled("a", 2.0, None)
    assert watched.next_wakeup(2.0) == pytest.approx(4.0)
    assert slowed <= 4.0


def test_an_outage_leaves_one_probe_and_is_over_with_the_first_answer() -> None:
    watching = tracker()
    for number in range(20):
        watching.watch(job(f"j{number}"), 0.0)
    now, probes = 0.0, 0
    while now < 300:
        for name in watching.due(now):
            probes += 1
            watching.unreachable(name, now)
        wait = watching.next_wakeup(now)
        assert wait is not None
        now += max(wait, 1e-4)
    assert probes < 25, "an outage is one probe at a time, further and further apart"
    assert watching.next_wakeup(now) is not None
    (probe,) = watching.due(now + LONGEST_OFFLINE_PAUSE * 1.1)
    watching.answered(job(probe), now + 40)
    after = [name for step in range(30) for name in watching.due(now + 40 + step * 0.01)]
    assert len(after) == 8, "all connections are in use again at once"


def test_a_job_about_which_something_is_to_be_decided_is_asked_about_by_then() -> None:
    watching = tracker()
    watching.watch(job("young"), 0.0)
    now, asked = 0.0, []
    while now < 120:
        for name in watching.due(now):
            asked.append(now)
            watching.failed(name, now, 60 - now)
        wait = watching.next_wakeup(now)
        assert wait is not None
        now += max(0.01, wait)
    assert any(60 <= at <= 63 for at in asked), asked
    assert len([at for at in asked if at < 60]) < 10


def test_nonsense_about_one_job_delays_that_job_alone() -> None:
    watching = tracker()
    watching.watch(job("bad"), 0.0)
    watching.watch(job("good"), 0.0)
    now, asked = 0.0, Counter[str]()
    while now < 120:
        for name in watching.due(now):
            asked[name] += 1
            if name == "bad":
                watching.failed(name, now)
            else:
                watching.answered(job(name), now)
        now += max(watching.next_wakeup(now) or 0, 1e-3)
    assert asked["good"] > 35
    assert asked["bad"] < 8


def test_a_day_of_faults_leaves_no_growth_behind() -> None:
    watching = tracker(polls_per_second=5.0)
    random = Random(7)
    jobs = {f"j{number}": job(f"j{number}") for number in range(10)}
    for each in jobs.values():
        watching.watch(each, 0.0)
    now, sizes = 0.0, []
    while now < 86_400:
        for name in watching.due(now):
            fate = random.random()
            if fate < 0.1:
                watching.unreachable(name, now)
            elif fate < 0.15:
                watching.throttled(name, now, random.choice([None, 1.0, 30.0]))
            elif fate < 0.3:
                watching.failed(name, now)
            elif fate < 0.35:
                watching.abandoned(name, now)
                watching.resume(now, slept=random.choice([0.0, 600.0]))
            elif fate < 0.351:
                watching.refused(name, now, 60.0)
            else:
                jobs[name] = jobs[name].but(queue_position=random.randrange(9))
                watching.answered(jobs[name], now)
        watching.select(random.choice(list(jobs)), now)
        now += max(watching.next_wakeup(now) or 0, 1e-2)
        sizes.append(len(watching._heap) + len(watching._under_way))
    assert max(sizes) < 10 * 12


def test_polls_that_were_under_way_together_count_as_one_outage() -> None:
    watching = tracker()
    for number in range(8):
        watching.watch(job(f"j{number}"), 0.0)
    taken = [name for step in range(100) for name in watching.due(step * 0.01)]
    assert len(taken) == 8
    for name in taken:
        watching.unreachable(name, 30.0)
    wait = watching.next_wakeup(30.0)
    assert wait is not None
    assert wait <= FIRST_OFFLINE_PAUSE * 1.1


def test_polls_that_were_under_way_together_count_as_one_429() -> None:
    watching = tracker(polls_per_second=100.0)
    for number in range(8):
        watching.watch(job(f"j{number}"), 0.0)
    taken = [name for step in range(100) for name in watching.due(step * 0.01)]
    for name in taken:
        watching.throttled(name, 1.0, None)
    assert watching.next_wakeup(1.0) == pytest.approx(2.0)
    assert watching._gate.rate(3.0) == 50.0


def test_the_pace_comes_back_evenly() -> None:
    watching = tracker(polls_per_second=6.0)
    watching.watch(job("a"), 0.0)
    (name,) = watching.due(0.0)
    watching.throttled(name, 0.0, 10.0)
    rates = [watching._gate.rate(10.0 + second) for second in range(0, 41, 10)]
    assert rates == pytest.approx([3.0, 4.0, 5.0, 6.0, 6.0])


def test_retry_after_is_obeyed_in_full_and_runs_on_during_a_sleep() -> None:
    watching = tracker()
    watching.watch(job("a"), 0.0)
    (name,) = watching.due(0.0)
    watching.throttled(name, 0.0, 3000.0)
    assert watching.next_wakeup(0.0) == pytest.approx(3000.0)
    watching.resume(10.0)
    assert watching.next_wakeup(10.0) == pytest.approx(2990.0), "another net is no excuse"
    watching.resume(20.0, slept=2500.0)
    assert watching.next_wakeup(20.0) == pytest.approx(480.0)


def test_when_the_net_is_back_everything_is_asked_about_at_once_and_within_the_cap() -> None:
    watching = tracker(polls_per_second=10.0)
    names = [f"j{number}" for number in range(20)]
    run = Run(watching)
    run.jobs = {name: job(name) for name in names}
    for each in run.jobs.values():
        watching.watch(each, 0.0, in_state=3600.0)
    run.until(100)
    now = 100.0
    while (wait := watching.next_wakeup(now)) is not None and wait < 10:
        now += max(wait, 1e-4)
        for name in watching.due(now):
            watching.unreachable(name, now)
    watching.resume(now)
    run.asked.clear()
    run.until(now + 2.2, now)
    assert sorted({name for _, name in run.asked}) == sorted(names)
    assert len(run.asked) <= 24


def test_a_refused_token_stops_the_polling_until_there_is_another() -> None:
    watching = tracker()
    watching.watch(job("a"), 0.0)
    (name,) = watching.due(0.0)
    watching.refused(name, 0.0, 60.0)
    assert watching.next_wakeup(0.0) == pytest.approx(60.0)
    watching.resume(5.0)
    assert watching.due(5.0) == ["a"]


def test_a_poll_that_was_given_up_is_asked_again_and_blames_nobody() -> None:
    watching = tracker()
    watching.watch(job("a"), 0.0)
    (name,) = watching.due(0.0)
    watching.abandoned(name, 1.0)
    assert watching.due(1.0) == ["a"]
    assert watching._gate.room() == 8
