"""What jobs have cost, by time, model and label."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.spending import (
    DAYS,
    Period,
    spending_of,
    spent_on,
    start_of,
)


def local(*parts: int) -> datetime:
    """A time of the clock on the wall, wherever that hangs."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


WEDNESDAY = local(2025, 11, 19, 15, 0)


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Asia/Kathmandu"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def job(when: datetime, cost: float | None = 0.25, **changes: Any) -> Job:
    made = Job(os.urandom(6).hex(), "a/b", {}, Status.COMPLETED, when.timestamp(), cost=cost)
    return made.but(**changes)


def test_each_job_counts_in_the_periods_that_it_was_made_in() -> None:
    jobs = [
        job(WEDNESDAY, 1.0),
        job(WEDNESDAY.replace(hour=0, minute=0), 2.0),
        job(WEDNESDAY.replace(hour=0, minute=0) - timedelta(seconds=1), 4.0),  # Tuesday
        job(local(2025, 11, 17), 8.0),  # Monday's first moment
        job(local(2025, 11, 16, 23, 59), 16.0),
        job(local(2025, 11, 1), 32.0),
        job(local(2025, 10, 31, 23, 59), 64.0),
        job(local(2019, 1, 1), 128.0),
    ]
    spending = spending_of(jobs, WEDNESDAY.timestamp())
    assert {period: told.usd for period, told in spending.total.items()} == {
        Period.TODAY: 3.0,
        Period.WEEK: 15.0,
        Period.MONTH: 63.0,
        Period.ALL: 255.0,
    }
    assert list(spending.by_day)[-1] == WEDNESDAY.date()
    assert len(spending.by_day) == DAYS
    assert sum(told.usd for told in spending.by_day.values()) == 127.0


def test_the_last_day_of_a_long_month_has_all_of_the_month() -> None:
    now = local(2025, 10, 31, 12)
    jobs = [job(local(2025, 10, 1), 1.0), job(local(2025, 9, 30, 23), 2.0)]
    spending = spending_of(jobs, now.timestamp())
    assert spending.total[Period.MONTH].usd == 1.0
    # And a change of the clocks, which New York has on the 2nd of November, moves no job.
    late = spending_of([job(local(2025, 11, 2, 0, 30), 1.0)], local(2025, 11, 2, 23).timestamp())
    assert late.total[Period.TODAY].usd == 1.0


def test_what_has_no_cost_is_told_and_never_counted_as_free() -> None:
    now = WEDNESDAY.timestamp()
    jobs = [
        job(WEDNESDAY, None),
        job(WEDNESDAY, None, status=Status.UNCONFIRMED),
        job(WEDNESDAY, float("nan")),
        job(WEDNESDAY, None, status=Status.REJECTED),
        job(WEDNESDAY, None, status=Status.CANCELLED),
        job(WEDNESDAY, 0.5, status=Status.CANCELLED),
        job(WEDNESDAY, 0.0),
    ]
    today = spending_of(jobs, now).total[Period.TODAY]
    assert (today.jobs, today.usd, today.unpriced) == (5, 0.5, 3)


def test_models_and_labels_come_with_the_dearest_first_and_estimates_beside() -> None:
    jobs = [
        job(WEDNESDAY, 0.5, model_id="x/y", label="kites", estimate=0.4),
        job(WEDNESDAY, 0.7, label="kites"),
        job(WEDNESDAY, None, model_id=None, label="boats", estimate=9.0),
        job(WEDNESDAY, 0.1, estimate=0.2),
    ]
    spending = spending_of(jobs, WEDNESDAY.timestamp())
    assert list(spending.by_model[Period.TODAY]) == ["a/b", "x/y", ""]
    assert {name: each.usd for name, each in spending.by_label[Period.ALL].items()} == {
        "kites": 1.2,
        "": 0.1,
        "boats": 0.0,
    }
    told = spending.total[Period.TODAY]
    assert told.estimated == pytest.approx(0.6)
    assert told.compared == pytest.approx(0.6)


def test_the_day_so_far_knows_what_is_still_to_come() -> None:
    yesterday = WEDNESDAY - timedelta(days=1)
    jobs = [
        job(WEDNESDAY, 0.5, estimate=0.4),
        job(WEDNESDAY, None, status=Status.IN_QUEUE, estimate=0.3),
        job(WEDNESDAY, None, status=Status.SUBMITTING),
        job(WEDNESDAY, None, status=Status.REJECTED, estimate=5.0),
        job(WEDNESDAY, None, status=Status.UNKNOWN, adopted=True),
        job(yesterday, 7.0),
    ]
    spent = spent_on(jobs, WEDNESDAY.timestamp(), planned=2.0)
    assert (spent.usd, spent.estimated, spent.unknown) == (0.5, 0.3, 1)
    assert spent.likely == pytest.approx(2.8)
    assert start_of(WEDNESDAY.date()) <= WEDNESDAY.timestamp()
