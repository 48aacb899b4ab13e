"""How long the jobs of a model usually wait and run, learnt from those that ended. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from runcomfy_tui.jobs import Job, Status

REMEMBERED = 100
"""Jobs of one model that count, the newest ones: models get faster, and busier."""

FEWEST = 3
"""From fewer jobs nothing is concluded."""

STALL_FACTOR = 3.0
STALL_LEAST_SECONDS = 30.0
"""A job has stalled in its state after so many times the usual, and never before so long."""

_RAN = frozenset({Status.COMPLETED, Status.FAILED})


@dataclass(frozen=True, slots=True)
class Usual:
    """The median and the quartiles of a time, in seconds, over the last `count` jobs."""

    median: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the past says of a job that waits or runs; an estimate, no promise.

    `usual` is the time in its present state, which it entered at `since`; at `stalls_at` it has
    been there far too long. `ends_at` is when it would end if all the rest took the usual time.
    Times are epoch seconds.
    """

    usual: Usual
    since: float
    stalls_at: float
    ends_at: float | None

    @property
    def leaves_at(self) -> float:
        """When it would have left its state; `ends_at` says nothing of who is there still."""
        return self.since + self.usual.median

    def is_stalled(self, now: float) -> bool:
        """Whether it has been in its state several times longer than is usual."""
        return now >= self.stalls_at

    def times_usual(self, now: float) -> float:
        """How many times the usual it has been in its state."""
        return (now - self.since) / max(self.usual.median, 1.0)


@dataclass(slots=True)
class _Samples:
    """The times of the newest jobs, found by their ids, which sort by time."""

    ids: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    usual: Usual | None = None

    @property
    def oldest(self) -> str:
        return self.ids[0] if len(self.ids) == REMEMBERED else ""

    def add(self, job_id: str, seconds: float) -> None:
        if job_id < self.oldest:
            return
        at = bisect_left(self.ids, job_id)
        if self.ids[at : at + 1] == [job_id]:
            self.seconds[at] = seconds
        else:
            self.ids.insert(at, job_id)
            self.seconds.insert(at, seconds)
            del self.ids[:-REMEMBERED], self.seconds[:-REMEMBERED]
        self.usual = None

    def summary(self) -> Usual | None:
        if self.usual is None and len(self.seconds) >= FEWEST:
            ordered = sorted(self.seconds)
            self.usual = Usual(
                median=_quantile(ordered, 0.5),
                low=_quantile(ordered, 0.25),
                high=_quantile(ordered, 0.75),
                count=len(ordered),
            )
        return self.usual


@dataclass(slots=True)
class _Past:
    """What is known of one model."""

    waits: _Samples = field(default_factory=_Samples)
    runs: _Samples = field(default_factory=_Samples)
    oldest: str = ""
    """Jobs that are older count no more, neither for the one nor for the other."""

    def settle(self) -> None:
        self.oldest = min(self.waits.oldest, self.runs.oldest)


class Typical:
    """Learns from ended jobs, in whatever order they come, the same one as often as it comes."""

    def __init__(self) -> None:
        self._pasts: dict[str | None, _Past] = {}

    def learn_all(self, jobs: Iterable[Job]) -> None:
        """Take in many jobs; of a long past, most are too old to count and cost next to nothing."""
        pasts = self._pasts
        for job in jobs:
            past = pasts.get(job.model_id)
            if past is None or job.id >= past.oldest:
                self.learn(job)

    def learn(self, job: Job) -> None:
        """Take in a job; one that has not run to its end, or was not watched, teaches nothing."""
        past = self._pasts.get(job.model_id)
        if (
            (past is not None and job.id < past.oldest)
            or job.started_at is None
            or job.model_id is None
            or job.status not in _RAN
            or job.adopted
        ):
            return
        if past is None:
            past = self._pasts[job.model_id] = _Past()
        if job.submitted_at is not None and job.started_at >= job.submitted_at:
            past.waits.add(job.id, job.started_at - job.submitted_at)
        if (
            job.status is Status.COMPLETED
            and job.finished_at is not None
            and job.finished_at >= job.started_at
        ):
            past.runs.add(job.id, job.finished_at - job.started_at)
        past.settle()

    def waiting(self, model_id: str | None) -> Usual | None:
        """How long jobs of this model usually queue; None when too few are known."""
        past = self._pasts.get(model_id)
        return None if past is None else past.waits.summary()

    def running(self, model_id: str | None) -> Usual | None:
        """How long jobs of this model usually run; None when too few are known."""
        past = self._pasts.get(model_id)
        return None if past is None else past.runs.summary()

    def run_seconds(self, job: Job) -> float | None:
        """How long a job such as this one usually runs."""
        usual = self.running(job.model_id)
        return None if usual is None else usual.median

    def outlook(self, job: Job) -> Outlook | None:
        """What is to be expected of a job that waits or runs; None where the past tells nothing."""
        run = self.running(job.model_id)
        if job.status is Status.IN_PROGRESS and job.started_at is not None:
            usual, since = run, job.started_at
            rest: float | None = 0.0
        elif job.status is Status.IN_QUEUE:
            usual, rest = self.waiting(job.model_id), run.median if run else None
            since = job.asked_at
        else:
            return None
        if usual is None:
            return None
        return Outlook(
            usual=usual,
            since=since,
            stalls_at=since + max(STALL_FACTOR * usual.median, STALL_LEAST_SECONDS),
            ends_at=None if rest is None else since + usual.median + rest,
        )


def _quantile(ordered: list[float], part: float) -> float:
    """Between the two nearest values, in proportion."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
