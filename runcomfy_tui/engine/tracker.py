"""Who is asked about next, and when: the pure policy of polling. No clock, no I/O.

Every `now` is in seconds of one monotonic clock that the caller owns.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from random import Random

from runcomfy_tui.jobs import Job, Status

YOUNG_INTERVAL = 2.0
"""Seconds between polls of a job that has just entered its state (the official CLI's pace)."""

NEAR_INTERVAL = 1.2
"""Seconds between polls of the selected job and of a job that is about to leave the queue."""

SELECTED_DELAY = 0.5
SLOWEST_INTERVAL = 30.0
UNKNOWN_WORD_INTERVAL = 15.0
COST_INTERVALS = (4.0, 15.0, 60.0, 300.0)
"""When a finished job's cost is asked for again: the server tells it 'sometimes only later'."""

FIRST_OFFLINE_PAUSE = 1.0
LONGEST_OFFLINE_PAUSE = 30.0
FIRST_THROTTLE_PAUSE = 2.0
LONGEST_THROTTLE_PAUSE = 120.0
SLOWEST_RATE = 0.2
RATE_RECOVERY = 0.1
"""Polls per second won back by each answer after a 429."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The caps: polls per second over all jobs, and polls under way at once."""

    polls_per_second: float = 5.0
    connections: int = 8


@dataclass(slots=True)
class _Watched:
    job: Job
    in_state_since: float
    asked_at: float | None = None
    due: float = 0.0
    failures: int = 0
    cost_asks: int = 0
    is_planned: bool = False


@dataclass(slots=True)
class Tracker:
    """Keeps who is due when: young, selected and nearly served jobs sooner, old ones later.

    One cap on polls per second holds for all; when it binds, the longest overdue goes first, so
    no job starves. A 429 halves the pace for all and it is won back bit by bit; an outage leaves
    one probe under way until something answers.
    """

    pace: Pace = field(default_factory=Pace)
    random: Random = field(default_factory=Random)
    _jobs: dict[str, _Watched] = field(default_factory=dict)
    _heap: list[tuple[float, int, str]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)
    _under_way: set[str] = field(default_factory=set)
    _selected: str | None = None
    _next_slot: float = 0.0
    _paused_until: float = 0.0
    _rate: float = 0.0
    _outage: int = 0
    _throttles: int = 0

    def __post_init__(self) -> None:
        self._rate = self.pace.polls_per_second

    def watch(self, job: Job, now: float) -> None:
        """Start watching `job`, or take in what is new about it; a job at its end is let go."""
        known = self._jobs.get(job.id)
        if not wants_asking(job, known.cost_asks if known else 0):
            self.forget(job.id)
            return
        if known is None:
            known = self._jobs[job.id] = _Watched(job, in_state_since=now)
            self._plan(known, now)
            return
        if known.job.status is not job.status:
            known.in_state_since = now
        known.job = job
        if job.id not in self._under_way:
            self._plan(known, min(known.due, self._wanted(known, now)))

    def forget(self, job_id: str) -> None:
        """Stop watching a job."""
        self._jobs.pop(job_id, None)
        self._under_way.discard(job_id)

    def select(self, job_id: str | None, now: float) -> None:
        """The user looks at this job: it comes sooner, the one looked at before as any other.

        Not at once: a cursor that runs down the table would ask about every row it passes.
        """
        if job_id == self._selected:
            return
        before, self._selected = self._selected, job_id
        for changed, soonest in ((before, now), (job_id, now + SELECTED_DELAY)):
            known = self._jobs.get(changed) if changed else None
            if known is not None and known.job.id not in self._under_way and known.asked_at:
                self._plan(known, max(soonest, self._wanted(known, now)))

    def due(self, now: float) -> list[str]:
        """The jobs to ask about now; each is under way until `answered` or `failed` is called."""
        taken: list[str] = []
        while self._may_ask(now):
            job_id = self._pop_due(now)
            if job_id is None:
                break
            self._under_way.add(job_id)
            self._next_slot = max(self._next_slot, now) + 1.0 / self._rate
            taken.append(job_id)
        return taken

    def next_wakeup(self, now: float) -> float | None:
        """Seconds until `due` may have something, 0 when it has now, None when it never will."""
        self._drop_stale()
        if not self._heap or len(self._under_way) >= self._room():
            return None
        at = max(self._heap[0][0], self._next_slot, self._paused_until)
        return max(0.0, at - now)

    def answered(self, job: Job, now: float) -> None:
        """The server answered about `job`: the net is there; plan the next look at it."""
        self._outage = 0
        self._throttles = 0
        self._rate = min(self.pace.polls_per_second, self._rate + RATE_RECOVERY)
        self._under_way.discard(job.id)
        known = self._jobs.get(job.id)
        if known is None:
            return
        known.asked_at = now
        known.failures = 0
        if known.job.status.is_final:
            known.cost_asks += 1
        self.watch(job, now)
        if job.id in self._jobs:
            self._plan(known, self._wanted(known, now))

    def failed(self, job_id: str, now: float) -> None:
        """The server answered nonsense about this job alone: ask again, later each time."""
        self._under_way.discard(job_id)
        known = self._jobs.get(job_id)
        if known is None:
            return
        known.asked_at = now
        known.failures += 1
        if known.job.status.is_final:
            known.cost_asks += 1
            self.watch(known.job, now)
        if job_id not in self._jobs:
            return
        pause = min(SLOWEST_INTERVAL * 2, YOUNG_INTERVAL * 2**known.failures)
        self._plan(known, now + self._jitter(pause))

    def unreachable(self, job_id: str, now: float) -> None:
        """No answer: pause for all, longer each time, then one probe."""
        self._outage += 1
        pause = min(LONGEST_OFFLINE_PAUSE, FIRST_OFFLINE_PAUSE * 2 ** (min(self._outage, 10) - 1))
        self._pause(now + self._jitter(pause))
        self._retry_after_pause(job_id, now)

    def throttled(self, job_id: str, now: float, retry_after: float | None) -> None:
        """A 429: everything waits as long as the server said (or longer each time), then slower."""
        self._throttles += 1
        if retry_after is None:
            retry_after = FIRST_THROTTLE_PAUSE * 2 ** (min(self._throttles, 10) - 1)
        self._rate = max(SLOWEST_RATE, self._rate / 2)
        self._pause(now + min(LONGEST_THROTTLE_PAUSE, max(retry_after, 0.0)))
        self._retry_after_pause(job_id, now)

    def resume(self, now: float) -> None:
        """Something says the net is back (the user asked, the laptop woke): no more waiting."""
        self._outage = 0
        self._paused_until = min(self._paused_until, now)
        for known in self._jobs.values():
            if known.is_planned:
                self._plan(known, min(known.due, self._wanted(known, now)))

    @property
    def watched(self) -> int:
        """How many jobs are being asked about."""
        return len(self._jobs)

    def polls_per_second(self, now: float) -> float:
        """The pace that the present jobs ask for, after the caps."""
        wanted = sum(
            1.0 / interval(known.job, now - known.in_state_since, known.job.id == self._selected)
            for known in self._jobs.values()
            if known.job.status.is_watched
        )
        return min(wanted, self._rate)

    def _wanted(self, known: _Watched, now: float) -> float:
        job = known.job
        if job.status.is_final:
            return now + self._jitter(COST_INTERVALS[known.cost_asks])
        if known.asked_at is None:
            return now
        pause = interval(job, now - known.in_state_since, job.id == self._selected)
        return max(now, known.asked_at + self._jitter(pause))

    def _plan(self, known: _Watched, due: float) -> None:
        if known.is_planned and known.due == due:
            return
        known.due = due
        known.is_planned = True
        heapq.heappush(self._heap, (due, next(self._order), known.job.id))

    def _pop_due(self, now: float) -> str | None:
        self._drop_stale()
        if not self._heap or self._heap[0][0] > now:
            return None
        job_id = heapq.heappop(self._heap)[2]
        self._jobs[job_id].is_planned = False
        return job_id

    def _drop_stale(self) -> None:
        while self._heap:
            due, _, job_id = self._heap[0]
            known = self._jobs.get(job_id)
            if known is not None and known.is_planned and known.due == due:
                return
            heapq.heappop(self._heap)

    def _may_ask(self, now: float) -> bool:
        return (
            now >= self._paused_until
            and now >= self._next_slot
            and len(self._under_way) < self._room()
        )

    def _room(self) -> int:
        return 1 if self._outage else self.pace.connections

    def _pause(self, until: float) -> None:
        self._paused_until = max(self._paused_until, until)

    def _retry_after_pause(self, job_id: str, now: float) -> None:
        self._under_way.discard(job_id)
        known = self._jobs.get(job_id)
        if known is not None:
            self._plan(known, max(now, self._paused_until))

    def _jitter(self, seconds: float) -> float:
        return seconds * self.random.uniform(0.9, 1.1)


def wants_asking(job: Job, cost_asks: int = 0) -> bool:
    """Whether the server may still have news of this job: its end, or the cost of it."""
    if job.request_id is None:
        return False
    if job.status is Status.COMPLETED and job.cost is None:
        return cost_asks < len(COST_INTERVALS)
    return job.status.is_watched


def interval(job: Job, in_state: float, selected: bool = False) -> float:
    """Seconds between two polls of a job that has been in its state for `in_state` seconds."""
    if job.status is Status.UNKNOWN and job.server_word is not None:
        return UNKNOWN_WORD_INTERVAL
    about_to_start = job.queue_position is not None and job.queue_position <= 1
    if selected or about_to_start:
        return max(NEAR_INTERVAL, min(SLOWEST_INTERVAL, in_state * 0.01))
    return max(YOUNG_INTERVAL, min(SLOWEST_INTERVAL, in_state * 0.03))
