"""What jobs have cost: by day, week and month, by model and by label. Pure.

A cost belongs to the local day on which its job was made. It is RunComfy's own figure; a job that
was charged, or may be, and whose cost nobody has told yet is counted as `unpriced`, never as free.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as day_time
from enum import StrEnum
from heapq import nlargest
from math import isfinite
from operator import attrgetter

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.words import local_time

DAYS = 31
"""How many days are told one by one, today among them: a whole month in any case."""

_FREE = frozenset({Status.REJECTED, Status.CANCELLED})
"""Of these nothing is charged, unless the server says so."""


class Period(StrEnum):
    """The spans of time that money is told for; they all end now."""

    TODAY = "today"
    WEEK = "this week"
    MONTH = "this month"
    ALL = "all time"


@dataclass(slots=True)
class Sum:
    """What some jobs have cost: how many they are, their USD, how many have no cost told (yet).

    `estimated` is what the base price came to for those of which both that and the cost are known,
    and `compared` is the cost of just these.
    """

    jobs: int = 0
    usd: float = 0.0
    unpriced: int = 0
    estimated: float = 0.0
    compared: float = 0.0

    def add(self, other: Sum) -> None:
        """Count these, too."""
        self.jobs += other.jobs
        self.usd += other.usd
        self.unpriced += other.unpriced
        self.estimated += other.estimated
        self.compared += other.compared


@dataclass(frozen=True, slots=True)
class Spending:
    """All of it, as of `now` (epoch seconds).

    `by_model` and `by_label` have the dearest first; "" is a job whose model nobody told, or that
    bears no label. `by_day` has `DAYS` days, today last.
    """

    now: float
    total: Mapping[Period, Sum]
    by_model: Mapping[Period, Mapping[str, Sum]]
    by_label: Mapping[Period, Mapping[str, Sum]]
    by_day: Mapping[date, Sum]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where the local days begin that end with `now`, so that a time is quickly put into its day.

    `starts` are epoch seconds, the oldest first; place 0 is all that was before them.
    """

    days: tuple[date, ...]
    starts: tuple[float, ...]
    week: int
    month: int

    def place(self, at: float) -> int:
        """1 to `DAYS` for the days, 0 for all before."""
        return bisect_right(self.starts, at)

    def first_place(self, period: Period) -> int:
        """The place that a period begins with."""
        return {
            Period.TODAY: len(self.starts),
            Period.WEEK: self.week,
            Period.MONTH: self.month,
            Period.ALL: 0,
        }[period]


def calendar(now: float) -> Calendar:
    """The calendar of `now`; weeks begin on Monday."""
    today = local_time(now).date()
    days = tuple(today - timedelta(days=ago) for ago in reversed(range(DAYS)))
    return Calendar(
        days,
        tuple(map(start_of, days)),
        week=DAYS - today.weekday(),
        month=DAYS - today.day + 1,
    )


def start_of(day: date) -> float:
    """When a day begins, in local time, as epoch seconds."""
    return datetime.combine(day, day_time.min).timestamp()


def spending_of(jobs: Iterable[Job], now: float) -> Spending:
    """What these jobs have cost."""
    dates = calendar(now)
    by_day = {day: Sum() for day in dates.days}
    total = {period: Sum() for period in Period}
    by_model: dict[Period, dict[str, Sum]] = {period: {} for period in Period}
    by_label: dict[Period, dict[str, Sum]] = {period: {} for period in Period}
    first = {period: dates.first_place(period) for period in Period}
    for (place, model_id, label), told in _sums(jobs, dates.starts).items():
        if place:
            by_day[dates.days[place - 1]].add(told)
        for period, begin in first.items():
            if place >= begin:
                total[period].add(told)
                by_model[period].setdefault(model_id or "", Sum()).add(told)
                by_label[period].setdefault(label, Sum()).add(told)
    return Spending(
        now,
        total,
        {period: _dearest_first(sums) for period, sums in by_model.items()},
        {period: _dearest_first(sums) for period, sums in by_label.items()},
        by_day,
    )


def _sums(jobs: Iterable[Job], starts: tuple[float, ...]) -> dict[tuple[int, str | None, str], Sum]:
    """Each job counted once, under its day's place, its model and its label."""
    sums: dict[tuple[int, str | None, str], Sum] = {}
    for job in jobs:
        cost = job.cost
        if cost is None:
            if job.status in _FREE:
                continue
        elif not isfinite(cost):
            cost = None
        key = (bisect_right(starts, job.created_at), job.model_id, job.label)
        told = sums.get(key)
        if told is None:
            told = sums[key] = Sum()
        told.jobs += 1
        if cost is None:
            told.unpriced += 1
            continue
        told.usd += cost
        if job.estimate is not None:
            told.estimated += job.estimate
            told.compared += cost
    return sums


def _dearest_first(sums: Mapping[str, Sum]) -> dict[str, Sum]:
    return dict(sorted(sums.items(), key=lambda item: (-item[1].usd, -item[1].jobs, item[0])))


def newest_priced(jobs: Iterable[Job], period: Period, now: float, most: int) -> list[Job]:
    """The newest jobs of a period that have a cost, or an estimate of one; the newest first."""
    dates = calendar(now)
    place = dates.first_place(period)
    begin = dates.starts[place - 1] if place else float("-inf")
    priced = (
        job
        for job in jobs
        if job.created_at >= begin and (job.cost is not None or job.estimate is not None)
    )
    return nlargest(most, priced, key=attrgetter("created_at"))


# The budget


@dataclass(frozen=True, slots=True)
class Spent:
    """What a day has come to: told costs, and the estimates of those whose cost is not told.

    `unknown` is how many of them have neither. `planned` is what sweeps have still to send.
    """

    usd: float = 0.0
    estimated: float = 0.0
    unknown: int = 0
    planned: float = 0.0

    @property
    def likely(self) -> float:
        """All of it together."""
        return self.usd + self.estimated + self.planned


def spent_on(jobs: Iterable[Job], now: float, planned: float = 0.0) -> Spent:
    """What the jobs made since midnight have cost or are likely to."""
    midnight = calendar(now).starts[-1]
    usd = estimated = 0.0
    unknown = 0
    for job in jobs:
        if job.created_at < midnight:
            continue
        if job.cost is not None and isfinite(job.cost):
            usd += job.cost
        elif job.status in _FREE:
            continue
        elif job.estimate is not None:
            estimated += job.estimate
        elif not job.adopted:
            unknown += 1
    return Spent(usd, estimated, unknown, planned)
