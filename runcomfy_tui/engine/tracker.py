"""Who is asked about next, and when: the pure policy of polling. No clock, no I/O.

Every `now` is in seconds of one monotonic clock that the caller owns.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from runcomfy_tui.engine.gate import Gate
from runcomfy_tui.engine.gate import Pace as Pace
from runcomfy_tui.jobs import Job, Status

YOUNG_INTERVAL = 2.0
"""Seconds between polls of a job that has just entered its state (the official CLI's pace)."""

NEAR_INTERVAL = 1.2
"""Seconds between polls of the selected job and of a job that is about to change its state."""

YOUNG_SECONDS = 60.0
"""How long a job counts as new in its state."""

SELECTED_DELAY = 0.5

SELECTED_REST = 4.0
"""The selected job overtakes others that are due, but not until so many slots were theirs."""

SLOWEST_INTERVAL = 30.0
SLOWEST_SELECTED_INTERVAL = 5.0
UNKNOWN_WORD_INTERVAL = 15.0
COST_INTERVALS = (4.0, 15.0, 60.0, 300.0)
"""When a finished job's cost is asked for again: the server tells it 'sometimes only later'."""

COST_SECONDS = 24 * 3600.0
"""A cost that was not told within a day of the end is not asked for at the next start."""

USUAL_END = (0.8, 1.3)
"""The part of its usual duration in which a running job is expected to end."""

LONGEST_SHARE = 2.0
"""When the cap binds, an old job is planned no later than after so many of its equal shares."""

OVERDUE_SECONDS = 60.0
OVERDUE_INTERVALS = 4.0
"""A status is old when it was not confirmed for this long, and for so many of its intervals."""

_LOAD_INTERVAL = 1.0

Typical = Callable[[Job], float | None]
"""How long, in seconds, jobs such as this one usually run; None when nobody knows."""


@dataclass(slots=True)
class _Watched:
    job: Job
    state_since: float
    watched_since: float
    typical: float | None = None
    asked_at: float | None = None
    heard_at: float | None = None
    due: float = 0.0
    ticket: int = 0
    """Which entry of the heap is the valid one; 0 for none."""
    failures: int = 0
    cost_asks: int = 0


@dataclass(slots=True)
class Tracker:
    """Keeps who is due when: young, selected and nearly served jobs sooner, old ones later.

    When all together want more than the cap allows, every interval is stretched by the same
    factor, up to twice a job's equal share of the polls; the longest overdue goes first, but for
    the selected job. So nobody waits longer than three times that share, and whoever needs it
    still comes sooner.
    """

    pace: Pace = field(default_factory=Pace)
    random: Random = field(default_factory=Random)
    typical: Typical = field(default=lambda job: None)
    _gate: Gate = field(init=False)
    _jobs: dict[str, _Watched] = field(default_factory=dict)
    _heap: list[tuple[float, int, str]] = field(default_factory=list)
    _tickets: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _under_way: dict[str, float] = field(default_factory=dict)
    """When each poll left that is not answered yet."""
    _selected: str | None = None
    _promised_to: float = 0.0
    """The slots up to here are promised to old jobs that have not been asked about yet."""
    _load: float = 0.0
    _load_known_to: float = 0.0

    def __post_init__(self) -> None:
        self._gate = Gate(self.pace, self.random)

    def watch(self, job: Job, now: float, in_state: float = 0.0) -> None:
        """Start watching `job`, or take in what is new about it; a job at its end is let go.

        `in_state` says how many seconds a job that is new here has been in its state already.
        """
        known = self._jobs.get(job.id)
        if not wants_asking(job, known.cost_asks if known else 0):
            self.forget(job.id)
            return
        if known is None:
            known = _Watched(job, now - max(0.0, in_state), now, self._typical(job))
            self._jobs[job.id] = known
            is_new = in_state < YOUNG_SECONDS and job.status.is_watched
            self._plan(known, now if is_new else self._promise(now))
            return
        if known.job.status is not job.status:
            known.state_since = now
            known.typical = None
        known.typical = known.typical or self._typical(job)
        known.job = job
        if known.ticket and known.asked_at is not None:
            self._plan(known, min(known.due, self._wanted(known, now)))

    def forget(self, job_id: str) -> None:
        """Stop watching a job."""
        self._jobs.pop(job_id, None)
        self._under_way.pop(job_id, None)

    def select(self, job_id: str | None, now: float) -> None:
        """The user looks at this job: it comes sooner, the one looked at before as any other.

        Not at once: a cursor that runs down the table would ask about every row it passes.
        """
        if job_id == self._selected:
            return
        before, self._selected = self._selected, job_id
        for changed, soonest in ((before, now), (job_id, now + SELECTED_DELAY)):
            known = self._jobs.get(changed) if changed else None
            if known is None or known.job.id in self._under_way:
                continue
            if known.asked_at is not None:
                self._plan(known, max(soonest, self._wanted(known, now)))
            elif changed == job_id:
                self._plan(known, min(known.due, soonest))

    def due(self, now: float) -> list[str]:
        """The jobs to ask about now; each is under way until it is told how that ended."""
        taken: list[str] = []
        while now >= self._gate.opens_at() and len(self._under_way) < self._gate.room():
            job_id = self._next(now)
            if job_id is None:
                break
            self._jobs[job_id].ticket = 0
            self._under_way[job_id] = now
            self._gate.sent(now)
            taken.append(job_id)
        return taken

    def reserve(self, now: float) -> float:
        """Seconds until a poll under way may ask its second question; that counts as well."""
        return self._gate.reserve(now)

    def next_wakeup(self, now: float) -> float | None:
        """Seconds until `due` may have something, 0 when it has now, None when it never will."""
        self._drop_stale()
        if not self._heap or len(self._under_way) >= self._gate.room():
            return None
        return max(0.0, max(self._heap[0][0], self._gate.opens_at()) - now)

    # How a poll ended

    def answered(self, job: Job, now: float) -> None:
        """The server answered about `job`: the net is there; plan the next look at it."""
        self._gate.answered(self._landed(job.id, now), now)
        known = self._jobs.get(job.id)
        if known is None:
            return
        known.asked_at = known.heard_at = now
        known.failures = 0
        if known.job.status.is_final:
            known.cost_asks += 1
        self.watch(job, now)
        if job.id in self._jobs:
            self._plan(known, self._wanted(known, now))

    def failed(self, job_id: str, now: float, wanted_in: float = 0.0) -> None:
        """The server answered nonsense about this job alone: ask again, later each time.

        But in `wanted_in` seconds, where those are still to come, something is to be decided.
        """
        self._landed(job_id, now)
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
        pause = min(SLOWEST_INTERVAL * 2, YOUNG_INTERVAL * 2.0 ** min(known.failures, 10))
        if wanted_in > 0:
            pause = min(pause, max(YOUNG_INTERVAL, wanted_in))
        self._plan(known, now + self._gate.jittered(pause))

    def unreachable(self, job_id: str, now: float) -> None:
        """No answer: pause for all, longer each time, then one probe."""
        self._gate.unreachable(self._landed(job_id, now), now)
        self._plan_again(job_id, now)

    def throttled(self, job_id: str, now: float, retry_after: float | None) -> None:
        """A 429: everything waits as long as the server said (or longer each time), then slower."""
        self._gate.throttled(self._landed(job_id, now), now, retry_after)
        self._plan_again(job_id, now)

    def refused(self, job_id: str, now: float, seconds: float) -> None:
        """The token is not accepted: nothing is asked for so long, unless `resume` is called."""
        self._landed(job_id, now)
        self._gate.hold(seconds, now)
        self._plan_again(job_id, now)

    def abandoned(self, job_id: str, now: float) -> None:
        """The poll was given up before it ended; that says nothing about anything."""
        self._landed(job_id, now)
        self._plan_again(job_id, now)

    def resume(self, now: float, slept: float = 0.0) -> None:
        """The net is back, the laptop woke, the token is another: ask about everything soon.

        `slept` are seconds that passed in the world and not on this clock.
        """
        self._gate.resume(now, slept)
        self._promised_to = now
        waiting = (
            each for each in self._jobs.values() if each.ticket and not each.job.status.is_final
        )
        for known in sorted(waiting, key=lambda each: self._interval(each, now)):
            known.failures = 0
            self._plan(known, min(known.due, self._promise(now)))

    # What there is to tell

    @property
    def watched(self) -> int:
        """How many jobs are being asked about."""
        return len(self._jobs)

    def watched_ids(self) -> Iterable[str]:
        """The jobs that are being asked about."""
        return self._jobs.keys()

    def polls_per_second(self, now: float) -> float:
        """The pace that the present jobs ask for, after the caps; a few seconds old at most."""
        return min(self._wanted_load(now), self._gate.rate(now))

    def overdue(self, now: float) -> dict[str, float | None]:
        """The jobs whose status is old, with how many seconds ago it was confirmed, if ever."""
        return {
            job_id: None if known.heard_at is None else now - known.heard_at
            for job_id, known in self._jobs.items()
            if known.job.status.is_watched
            and now - (known.heard_at or known.watched_since)
            > max(OVERDUE_SECONDS, OVERDUE_INTERVALS * self._interval(known, now))
        }

    def _typical(self, job: Job) -> float | None:
        usual = self.typical(job)
        return usual if usual is not None and usual > 0 else None

    def _interval(self, known: _Watched, now: float) -> float:
        is_selected = known.job.id == self._selected
        return interval(known.job, now - known.state_since, is_selected, known.typical)

    def _wanted_load(self, now: float) -> float:
        """Polls per second that all jobs want together: of many, not summed up every second."""
        if not self._jobs:
            return 0.0
        if now >= self._load_known_to:
            self._load_known_to = now + _LOAD_INTERVAL * (1 + len(self._jobs) // 500)
            watched = (each for each in self._jobs.values() if each.job.status.is_watched)
            self._load = sum(1.0 / self._interval(each, now) for each in watched)
        return self._load

    def _wanted(self, known: _Watched, now: float) -> float:
        """When to ask again about a job that has been asked about."""
        if known.job.status.is_final:
            return now + self._gate.jittered(COST_INTERVALS[known.cost_asks])
        pause = self._interval(known, now)
        if known.job.id != self._selected:
            rate = self._gate.rate(now)
            stretched = pause * max(1.0, self._wanted_load(now) / rate)
            pause = min(stretched, max(pause, LONGEST_SHARE * len(self._jobs) / rate))
        asked_at = now if known.asked_at is None else known.asked_at
        return max(now, asked_at + self._gate.jittered(pause))

    def _promise(self, now: float) -> float:
        """The next slot that is promised to nobody yet."""
        slot = max(now, self._promised_to)
        self._promised_to = slot + 1.0 / self._gate.rate(now)
        return slot

    def _plan(self, known: _Watched, due: float) -> None:
        if known.ticket and known.due == due:
            return
        known.due, known.ticket = due, next(self._tickets)
        heapq.heappush(self._heap, (due, known.ticket, known.job.id))

    def _plan_again(self, job_id: str, now: float) -> None:
        known = self._jobs.get(job_id)
        if known is not None:
            self._plan(known, max(now, self._gate.opens_at()))

    def _next(self, now: float) -> str | None:
        """Who is due: the job that is looked at, else whoever is overdue the longest."""
        selected = self._jobs.get(self._selected or "")
        if selected is not None and selected.ticket and selected.due <= now:
            rested = SELECTED_REST / self._gate.rate(now)
            if selected.asked_at is None or now - selected.asked_at >= rested:
                return selected.job.id
        self._drop_stale()
        if not self._heap or self._heap[0][0] > now:
            return None
        return heapq.heappop(self._heap)[2]

    def _drop_stale(self) -> None:
        """Take from the heap's top what was planned anew or forgotten."""
        while self._heap:
            _, ticket, job_id = self._heap[0]
            known = self._jobs.get(job_id)
            if known is not None and known.ticket == ticket:
                return
            heapq.heappop(self._heap)

    def _landed(self, job_id: str, now: float) -> float:
        """The poll has ended; when it left."""
        return self._under_way.pop(job_id, now)


def wants_asking(job: Job, cost_asks: int = 0) -> bool:
    """Whether the server may still have news of this job: its end, or the cost of it."""
    if job.request_id is None:
        return False
    if job.status is Status.COMPLETED and job.cost is None:
        return cost_asks < len(COST_INTERVALS)
    return job.status.is_watched


def lacks_its_cost(job: Job, now: float) -> bool:
    """Whether a cost that was not told yet is still worth asking for; `now` in epoch seconds."""
    is_missing = job.status is Status.COMPLETED and job.cost is None
    return is_missing and now - (job.finished_at or 0.0) < COST_SECONDS


def may_change_soon(job: Job, in_state: float, typical: float | None) -> bool:
    """Whether a job is about to leave the queue, or to end if it takes as long as usual."""
    if job.status is Status.IN_QUEUE:
        return job.queue_position is not None and job.queue_position <= 1
    if job.status is not Status.IN_PROGRESS or typical is None:
        return False
    first, last = USUAL_END
    return first * typical <= in_state <= last * typical


def interval(
    job: Job, in_state: float, selected: bool = False, typical: float | None = None
) -> float:
    """Seconds between two polls of a job that has been in its state for `in_state` seconds.

    `typical` are the seconds that jobs such as this one usually run.
    """
    if job.status is Status.UNKNOWN and job.server_word is not None:
        return UNKNOWN_WORD_INTERVAL
    if selected or may_change_soon(job, in_state, typical):
        slowest = SLOWEST_SELECTED_INTERVAL if selected else SLOWEST_INTERVAL
        return max(NEAR_INTERVAL, min(slowest, in_state * 0.005))
    pause = max(YOUNG_INTERVAL, min(SLOWEST_INTERVAL, in_state * 0.01))
    if job.status is Status.IN_PROGRESS and typical is not None:
        # Not past the moment from which its end is expected.
        until_expected = USUAL_END[0] * typical - in_state
        return max(YOUNG_INTERVAL, min(pause, until_expected)) if until_expected > 0 else pause
    return pause
