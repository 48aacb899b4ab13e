"""The pace of polling: who is due when, and what an outage or a 429 does to it."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from runcomfy_tui.engine.gate import LONGEST_OFFLINE_PAUSE, Pace
from runcomfy_tui.engine.tracker import (
    COST_INTERVALS,
    SLOWEST_INTERVAL,
    UNKNOWN_WORD_INTERVAL,
    YOUNG_INTERVAL,
    Tracker,
    interval,
)
from runcomfy_tui.jobs import Job, Status


def job(name: str, status: Status = Status.IN_QUEUE, **changes: object) -> Job:
    return Job(name, "a/b", {}, status, 0.0, request_id=f"req-{name}").but(**changes)


def tracker(polls_per_second: float = 1000.0, connections: int = 8) -> Tracker:
    return Tracker(Pace(polls_per_second, connections), Random(1))


class Run:
    """Plays the server in the tracker's own time: every poll is answered at once, unchanged."""

    def __init__(self, tracker: Tracker, *jobs: Job) -> None:
        self.tracker = tracker
        self.jobs = {job.id: job for job in jobs}
        self.asked: list[tuple[float, str]] = []
        for each in jobs:
            tracker.watch(each, 0.0)

    def until(self, end: float, now: float = 0.0) -> Run:
        while True:
            for job_id in self.tracker.due(now):
                self.asked.append((now, job_id))
                self.tracker.answered(self.jobs[job_id], now)
            wait = self.tracker.next_wakeup(now)
            if wait is None or now + wait > end:
                return self
            now += max(wait, 1e-4)

    def times(self, job_id: str) -> list[float]:
        return [at for at, name in self.asked if name == job_id]


def test_a_new_job_is_asked_about_at_once() -> None:
    watching = tracker()
    watching.watch(job("a"), 5.0)
    assert watching.next_wakeup(5.0) == 0
    assert watching.due(5.0) == ["a"]


def test_a_job_under_way_is_not_asked_about_again() -> None:
    watching = tracker()
    watching.watch(job("a"), 0.0)
    assert watching.due(0.0) == ["a"]
    watching.watch(job("a", queue_position=2), 1.0)
    assert watching.due(100.0) == []
    assert watching.next_wakeup(100.0) is None


@pytest.mark.parametrize(
    "status", [Status.REJECTED, Status.FAILED, Status.CANCELLED, Status.NOT_FOUND]
)
def test_a_job_at_its_end_is_let_go(status: Status) -> None:
    watching = tracker()
    watching.watch(job("a"), 0.0)
    watching.watch(job("a", status), 1.0)
    assert watching.watched == 0
    assert watching.due(100.0) == []


def test_a_job_with_no_request_id_is_never_asked_about() -> None:
    watching = tracker()
    watching.watch(job("a", Status.UNCONFIRMED, request_id=None), 0.0)
    watching.watch(job("b", Status.IN_QUEUE, request_id=None), 0.0)
    assert watching.watched == 0


def test_old_jobs_are_asked_about_less_often_but_never_less_than_twice_a_minute() -> None:
    run = Run(tracker(), job("a")).until(3600)
    times = run.times("a")
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert gaps[0] == pytest.approx(YOUNG_INTERVAL, rel=0.11)
    assert gaps[-1] == pytest.approx(SLOWEST_INTERVAL, rel=0.11)


def test_selected_and_nearly_served_jobs_come_sooner_and_unknown_words_later() -> None:
    plain = interval(job("a", queue_position=7), 10)
    assert interval(job("a", queue_position=7), 10, selected=True) < plain
    assert interval(job("a", queue_position=1), 10) < plain
    assert interval(job("a", Status.UNKNOWN, server_word="warming"), 1) == UNKNOWN_WORD_INTERVAL


def test_a_state_change_makes_an_old_job_young_again() -> None:
    watching = tracker()
    run = Run(watching, job("a")).until(1000)
    run.jobs["a"] = job("a", Status.IN_PROGRESS)
    at = run.times("a")[-1]
    watching.watch(run.jobs["a"], at)
    later = run.until(at + 60, at).times("a")
    assert sum(time > at for time in later) > 20


def test_the_cap_on_polls_per_second_holds_and_nobody_starves() -> None:
    names = [f"j{number}" for number in range(100)]
    run = Run(tracker(polls_per_second=5.0), *(job(name) for name in names)).until(200)
    per_second = Counter(int(at) for at, _ in run.asked)
    assert max(per_second.values()) <= 6
    shares = Counter(name for _, name in run.asked)
    assert set(shares) == set(names)
    assert max(shares.values()) <= min(shares.values()) + 2


def test_no_more_polls_are_under_way_than_connections() -> None:
    watching = tracker(connections=3)
    for number in range(10):
        watching.watch(job(f"j{number}"), 0.0)
    taken = [name for step in range(100) for name in watching.due(step * 0.01)]
    assert len(taken) == 3


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


def test_a_missing_cost_is_asked_for_a_few_times_and_then_never_again() -> None:
    done = job("a", Status.COMPLETED)
    run = Run(tracker(), done).until(3600)
    assert len(run.times("a")) == len(COST_INTERVALS)
    assert run.tracker.watched == 0


def test_running_down_the_table_does_not_ask_about_every_row() -> None:
    watching = tracker()
    names = [f"j{number}" for number in range(50)]
    run = Run(watching, *(job(name) for name in names)).until(600)
    now = run.asked[-1][0] + 0.01
    before = len(run.asked)
    for step, name in enumerate(names):
        watching.select(name, now + step * 0.03)
        run.until(now + step * 0.03, now + step * 0.03)
    assert len(run.asked) - before < 10


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
            else:
                jobs[name] = jobs[name].but(queue_position=random.randrange(9))
                watching.answered(jobs[name], now)
        watching.select(random.choice(list(jobs)), now)
        now += max(watching.next_wakeup(now) or 0, 1e-2)
        sizes.append(len(watching._heap))
    assert max(sizes) < 10 * 12
