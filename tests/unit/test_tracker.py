"""The pace of polling: who is due when, who comes sooner, and that nobody starves."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from runcomfy_tui.engine.gate import Pace
from runcomfy_tui.engine.tracker import (
    COST_INTERVALS,
    SLOWEST_INTERVAL,
    UNKNOWN_WORD_INTERVAL,
    YOUNG_INTERVAL,
    Tracker,
    interval,
)
from runcomfy_tui.jobs import Status
from tests.unit.polling import Run, job, tracker


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
    gaps = [after - before for before, after in pairwise(times)]
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


# Who comes sooner


def test_a_job_near_its_usual_end_comes_sooner_and_none_sleeps_past_the_beginning_of_that() -> None:
    running = job("a", Status.IN_PROGRESS)
    usual = 600.0
    plain = interval(running, 550.0)
    assert interval(running, 550.0, typical=usual) < plain
    assert interval(running, 2_000.0, typical=usual) == interval(running, 2_000.0)
    assert 470.0 + interval(running, 470.0, typical=usual) <= 480.0
    assert interval(job("a", Status.IN_QUEUE), 550.0, typical=usual) == plain


def test_the_usual_duration_is_looked_up_again_when_it_may_be_another() -> None:
    known: dict[str | None, float] = {}
    watching = Tracker(Pace(1000.0), Random(1), typical=lambda each: known.get(each.model_id))
    run = Run(watching, job("a", Status.IN_PROGRESS)).until(479)
    known["a/b"] = 600.0
    before = len(run.asked)
    run.until(600, 479)
    learnt = len(run.asked) - before
    assert learnt > 35


def test_jobs_that_were_there_before_the_program_do_not_all_count_as_new() -> None:
    watching = tracker()
    old, young = job("old"), job("young")
    watching.watch(old, 0.0, in_state=3600.0)
    watching.watch(young, 0.0)
    run = Run(watching)
    run.jobs = {"old": old, "young": young}
    run.until(120)
    assert len(run.times("old")) <= 6
    assert len(run.times("young")) > 40


def test_when_a_thousand_jobs_are_taken_up_a_new_one_need_not_queue_behind_them() -> None:
    watching = tracker(polls_per_second=5.0)
    jobs = {f"j{number}": job(f"j{number}") for number in range(1000)}
    for each in jobs.values():
        watching.watch(each, 0.0, in_state=3600.0)
    run = Run(watching)
    run.jobs = jobs
    run.until(20)
    jobs["new"] = job("new")
    watching.watch(jobs["new"], 20.0)
    run.until(60, 20.0)
    assert run.times("new")[0] < 22
    run.until(260, 60.0)
    assert len({name for _, name in run.asked}) == 1001


def test_the_selected_job_comes_soon_even_when_the_cap_binds() -> None:
    watching = tracker(polls_per_second=5.0)
    jobs = {f"j{number}": job(f"j{number}") for number in range(500)}
    for each in jobs.values():
        watching.watch(each, 0.0, in_state=600.0)
    run = Run(watching)
    run.jobs = jobs
    run.until(300)
    watching.select("j7", 300.0)
    run.until(400, 300.0)
    times = [at for at in run.times("j7") if at > 300]
    assert len(times) > 12
    others = Counter(name for at, name in run.asked if at > 300)
    assert sum(others.values()) - len(times) > 350, "the others keep their share"


def test_the_selected_job_is_not_kept_waiting_by_many_that_came_before_it() -> None:
    watching = tracker(polls_per_second=5.0)
    run = Run(watching, *(job(f"j{number}") for number in range(300)))
    watching.select("j299", 0.0)
    run.until(30)
    times = run.times("j299")
    assert times[0] < 1
    assert max(after - before for before, after in pairwise(times)) < 3
    assert len({name for _, name in run.asked}) > 0.8 * 5 * 30, "the others keep their share"


def test_the_selected_job_leaves_most_polls_to_the_others_at_the_slowest_pace() -> None:
    watching = tracker(polls_per_second=0.1)
    run = Run(watching, *(job(f"j{number}") for number in range(9)))
    watching.select("j0", 0.0)
    run.until(600)
    assert len(run.times("j0")) <= len(run.asked) / 2
    assert len({name for _, name in run.asked}) == 9


def test_no_job_waits_longer_than_three_times_its_equal_share() -> None:
    rate, count = 10.0, 200
    watching = tracker(polls_per_second=rate)
    random = Random(3)
    ages = {f"j{number}": random.choice([0.0, 30.0, 300.0, 3600.0]) for number in range(count)}
    run = Run(watching)
    run.jobs = {name: job(name) for name in ages}
    for name, age in ages.items():
        watching.watch(run.jobs[name], 0.0, in_state=age)
    now = 0.0
    while now < 400:
        run.until(now + 20, now)
        now += 20
        for name in random.sample(list(run.jobs), 15):  # news make old jobs young again
            status = random.choice([Status.IN_PROGRESS, Status.IN_QUEUE])
            run.jobs[name] = job(name, status, queue_position=random.choice([None, 0, 9]))
            watching.watch(run.jobs[name], now)
    share = count / rate
    for name in ages:
        times = [0.0, *run.times(name), now]
        longest = max(after - before for before, after in pairwise(times))
        assert longest <= 3 * share * 1.1, name


# What there is to tell


def test_a_status_that_is_not_confirmed_for_long_is_overdue() -> None:
    watching = tracker()
    run = Run(watching, job("a"), job("b")).until(30)
    assert watching.overdue(30.0) == {}
    run.jobs["b"] = job("b", Status.COMPLETED, cost=1.0)
    watching.watch(run.jobs["b"], 30.0)
    last = run.times("a")[-1]
    assert watching.overdue(last + 59) == {}
    assert watching.overdue(last + 200) == {"a": pytest.approx(200.0)}
    watching.watch(job("c"), last + 200)
    assert watching.overdue(last + 300)["c"] is None, "never confirmed"
