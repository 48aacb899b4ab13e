from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.ui.widgets.job_order import NEWEST_FIRST, Arrangement, JobOrder


def cost_of(job: Job) -> float:
    return job.cost or 0.0


def is_running(job: Job) -> bool:
    return job.status is Status.IN_PROGRESS


ARRANGEMENTS = [
    NEWEST_FIRST,
    Arrangement(descending=False),
    Arrangement(value=cost_of),
    Arrangement(value=cost_of, descending=False, keep=is_running),
    Arrangement(keep=is_running),
]


def id_of(number: int) -> str:
    """As `new_job` makes them: the milliseconds of the epoch, and what makes it unique."""
    return f"{1000 * number:012x}{number:010x}"


def job(
    number: int,
    cost: float = 0.0,
    status: Status = Status.COMPLETED,
    made_elsewhere_at: float | None = None,
) -> Job:
    return Job(
        id_of(number),
        "m",
        {},
        status,
        created_at=float(number) if made_elsewhere_at is None else made_elsewhere_at,
        cost=cost,
        adopted=made_elsewhere_at is not None,
    )


def naively_arranged(jobs: Iterable[Job], arrangement: Arrangement) -> list[str]:
    """The same order said in the simplest way there is."""
    kept = [one for one in jobs if arrangement.keep is None or arrangement.keep(one)]
    value = arrangement.value or (lambda _: 0)
    kept.sort(
        key=lambda one: (value(one), one.created_at, not one.adopted, one.id),
        reverse=arrangement.descending,
    )
    return [one.id for one in kept]


jobs_of_any_kind = st.builds(
    job,
    st.integers(0, 60),
    st.sampled_from([0.0, 0.25, 0.5]),
    st.sampled_from([Status.IN_PROGRESS, Status.COMPLETED]),
    st.none() | st.integers(0, 70).map(lambda number: number + 0.5),
)
batches = st.lists(
    st.tuples(
        st.lists(jobs_of_any_kind, max_size=80),
        st.lists(st.integers(0, 60).map(id_of), max_size=60),
    ),
    max_size=6,
)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@given(batches=batches)
def test_the_rows_are_those_of_a_plain_sort_whatever_comes_changes_and_goes(
    arrangement: Arrangement, batches: list[tuple[list[Job], list[str]]]
) -> None:
    order, held = JobOrder(arrangement), dict[str, Job]()
    for changed, gone in batches:
        order.update(changed, gone)
        held |= {one.id: one for one in changed}
        for job_id in gone:
            held.pop(job_id, None)
        expected = naively_arranged(held.values(), arrangement)
        assert [one.id for one in order.rows(0, len(order))] == expected
        assert [order.row_of(job_id) for job_id in expected] == list(range(len(expected)))
        assert all(order.get(job_id) is held[job_id] for job_id in held)
        assert order.total == len(held)
        in_order = order.in_order
        assert all(one is held[one.id] for one in in_order)
        assert len(in_order) == len(held)
        assert [one.id for one in in_order if one.id in set(expected)] == (
            expected[::-1] if arrangement.descending else expected
        )
        assert order.in_order is in_order


@given(st.lists(jobs_of_any_kind, max_size=60), st.sampled_from(ARRANGEMENTS))
def test_the_same_jobs_can_be_arranged_anew(jobs: list[Job], arrangement: Arrangement) -> None:
    order = JobOrder()
    order.replace_all(jobs)
    order.arrange(arrangement)
    held = {one.id: one for one in jobs}
    expected = naively_arranged(held.values(), arrangement)
    assert [one.id for one in order.rows(0, len(order))] == expected


def test_rows_outside_the_list_are_no_rows() -> None:
    order = JobOrder()
    order.replace_all(job(number) for number in range(5))
    assert [one.id for one in order.rows(3, 99)] == [id_of(1), id_of(0)]
    assert [one.id for one in order.rows(-4, 1)] == [id_of(4)]
    assert [*order.rows(7, 9), *order.rows(3, 2)] == []
    assert order.row_of(id_of(99)) is None
