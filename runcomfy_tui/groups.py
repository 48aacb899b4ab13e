"""Jobs put together by what they have in common: a label, a sweep, a model, a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import isfinite

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.words import local_time


class GroupBy(StrEnum):
    """What jobs are grouped by."""

    LABEL = "label"
    SWEEP = "sweep"
    MODEL = "model"
    DAY = "day"


@dataclass(slots=True)
class Group:
    """Some jobs: how many, how many of them completed, their USD, when the last one was made.

    `name` is what people call it, `filter` the expression that keeps just these.
    """

    name: str
    filter: str
    jobs: int = 0
    completed: int = 0
    failed: int = 0
    usd: float = 0.0
    last_at: float = 0.0


_FAILED = frozenset({Status.FAILED, Status.REJECTED, Status.NOT_FOUND})


def groups_of(jobs: Iterable[Job], by: GroupBy) -> list[Group]:
    """The groups, the one with the newest job first; behind them the jobs that are in none.

    A sweep bears the label of its newest job that has one.
    """
    groups: dict[str, Group] = {}
    named_at: dict[str, float] = {}
    for job in jobs:
        key = _key(job, by)
        if key is None:
            continue
        group = groups.get(key)
        if group is None:
            group = groups[key] = Group(key or f"no {by.value}", _filter(by, key))
        group.jobs += 1
        group.completed += job.status is Status.COMPLETED
        group.failed += job.status in _FAILED
        group.usd += job.cost or 0.0
        group.last_at = max(group.last_at, job.created_at)
        if key and by is GroupBy.SWEEP and job.label and job.created_at > named_at.get(key, 0.0):
            group.name, named_at[key] = job.label, job.created_at
    rest = groups.pop("", None)
    named = sorted(groups.values(), key=lambda group: group.last_at, reverse=True)
    return [*named, rest] if named and rest else named


def _key(job: Job, by: GroupBy) -> str | None:
    """What the job is grouped by, "" for one that has none; None for one that cannot be asked."""
    match by:
        case GroupBy.LABEL:
            return job.label
        case GroupBy.SWEEP:
            return job.batch or ""
        case GroupBy.MODEL:
            return job.model_id or ""
        case GroupBy.DAY:
            return _day(int(job.created_at // _QUARTER)) if isfinite(job.created_at) else None


_QUARTER = 900
"""Seconds: midnight is at the beginning of one, in every zone there is."""


@lru_cache(maxsize=4096)
def _day(quarter: int) -> str | None:
    try:
        moment = local_time(quarter * _QUARTER)
    except (OverflowError, OSError, ValueError):
        return None
    return f"{moment:%Y-%m-%d}"


def _filter(by: GroupBy, key: str) -> str:
    if by is GroupBy.SWEEP:
        return f"batch:{key}" if key else 'batch:""'
    if by is GroupBy.DAY:
        return f"created:{key}"
    if not key:
        return f'{by.value}:""'
    if '"' in key:  # the language has no word for it: what stands before it must do
        return f'{by.value}:"{max(key.split(chr(34)), key=len)}"'
    return f'{by.value}:"={key}"'
