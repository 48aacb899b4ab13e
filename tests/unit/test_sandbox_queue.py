"""The sandbox's queue as a function of time."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.sandbox.queue import JobQueue, Ticket


def entered(queue: JobQueue, at: float, *, wait: float = 10.0, run: float = 20.0) -> Ticket:
    queue.advance(at)
    return queue.enter(wait_seconds=wait, run_seconds=run)


def test_a_lone_job_moves_from_the_third_place_to_the_first_and_then_starts() -> None:
    queue = JobQueue(workers=2, stranger_seconds=3.0)
    job = entered(queue, 100.0)
    seen = []
    for second in range(100, 110):
        queue.advance(float(second))
        seen.append(queue.position(job))
    assert seen == [3, 3, 3, 3, 2, 2, 2, 1, 1, 1]
    queue.advance(110.0)
    assert (job.started_at, job.ends_at) == (110.0, 130.0)


def test_no_more_jobs_run_than_there_are_workers_and_they_start_as_they_came() -> None:
    queue = JobQueue(workers=2)
    jobs = [entered(queue, float(i)) for i in range(5)]
    ended = queue.advance(1000.0)
    assert [job.started_at for job in jobs] == [10.0, 11.0, 30.0, 31.0, 50.0]
    assert ended == jobs


def test_a_cancelled_job_leaves_and_those_behind_it_move_up() -> None:
    queue = JobQueue(workers=1, stranger_seconds=1.0)
    running, first, second, third = (entered(queue, 0.0, wait=0.0) for _ in range(4))
    queue.advance(1.0)
    assert [queue.position(job) for job in (first, second, third)] == [1, 2, 3]
    assert queue.cancel(second)
    assert [queue.position(job) for job in (first, third)] == [1, 2]
    assert queue.cancel(first)
    assert queue.position(third) == 1
    queue.advance(1000.0)
    assert (third.started_at, first.started_at, second.started_at) == (20.0, None, None)
    assert first.ends_at == 1.0
    assert not queue.cancel(running)
    assert not queue.cancel(first)


def test_a_clock_that_steps_back_undoes_nothing() -> None:
    queue = JobQueue(workers=1)
    job = entered(queue, 100.0)
    queue.advance(111.0)
    queue.advance(50.0)
    assert job.started_at == 110.0
    assert entered(queue, 60.0).arrived_at == 111.0


events = st.lists(
    st.tuples(
        st.sampled_from(["enter", "cancel", "ask"]),
        st.floats(0.0, 30.0),
        st.floats(0.0, 15.0),
        st.floats(0.5, 40.0),
    ),
    max_size=40,
)


@given(events, st.integers(1, 4), st.booleans())
def test_any_history_comes_out_the_same_however_often_one_looks_and_after_a_restart(
    history: list[tuple[str, float, float, float]], workers: int, restart: bool
) -> None:
    rarely = JobQueue(workers=workers)
    often = JobQueue(workers=workers)
    calm: list[Ticket] = []
    watched: list[Ticket] = []
    now = 0.0
    for action, pause, wait, run in history:
        for step in range(1, 5):
            often.advance(now + pause * step / 4)
            _assert_positions_hold(often, watched)
        now += pause
        if action == "enter":
            calm.append(entered(rarely, now, wait=wait, run=run))
            watched.append(entered(often, now, wait=wait, run=run))
        elif action == "cancel" and calm:
            place = int(run) % len(calm)
            rarely.advance(now)
            often.advance(now)
            assert rarely.cancel(calm[place]) == often.cancel(watched[place])
        if restart:
            copied = copy.deepcopy(watched)
            again = JobQueue(workers=workers)
            again.restore(copied, now=often.now, next_number=often.next_number)
            watched, often = copied, again
    rarely.advance(now + 10_000)
    often.advance(now + 10_000)
    assert calm == watched
    assert all(t.ends_at is not None for t in calm)
    _assert_never_more_running_than(workers, calm)


def _assert_positions_hold(queue: JobQueue, tickets: list[Ticket]) -> None:
    places = [queue.position(ticket) for ticket in tickets if ticket.is_queued]
    assert places == sorted(set(places)), "strictly behind one another, in the order of arrival"
    assert all(place >= 1 for place in places)


def _assert_never_more_running_than(workers: int, tickets: list[Ticket]) -> None:
    spans = [(t.started_at, t.ends_at) for t in tickets if t.started_at is not None]
    for start, _ in spans:
        running = [1 for s, e in spans if s <= start and e is not None and e > start]
        assert len(running) <= workers
