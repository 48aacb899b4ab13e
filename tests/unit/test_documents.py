"""A job goes to its document and comes back the same, whatever JSON its server sent."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.history.documents import BadDocument, document_of, job_of
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status

texts = st.text(st.characters(), max_size=20)  # lone surrogates too
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
times = st.none() | st.floats(0, 4e9)
problems = st.builds(
    FieldProblem, st.lists(texts | st.integers(0, 9), max_size=3).map(tuple), texts
)
jobs = st.builds(
    Job,
    id=st.just("0123abcd"),
    model_id=st.none() | texts,
    inputs=st.dictionaries(texts, values, max_size=4),
    status=st.sampled_from(Status),
    created_at=st.floats(0, 4e9),
    request_id=st.none() | texts.filter(bool),
    submitted_at=times,
    started_at=times,
    finished_at=times,
    server_word=st.none() | texts,
    output=values,
    cost=st.none() | st.floats(0, 1e4),
    failure=st.none()
    | st.builds(
        Failure,
        texts,
        st.none() | texts,
        st.lists(problems, max_size=2).map(tuple),
        st.none() | texts,
    ),
    adopted=st.booleans(),
)


def through_a_file(job: Job, **options: Any) -> Job:
    document = orjson.loads(orjson.dumps(document_of(job, **options)))
    return job_of(job.id, document)


@given(jobs)
def test_a_job_comes_back_as_it_was(job: Job) -> None:
    # repr tells 1, 1.0 and True apart, and knows that NaN is NaN.
    assert repr(through_a_file(job)) == repr(job)


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**64, -(2**63) - 1, 10**400, "\ud83d"])
def test_a_value_that_orjson_would_change_or_refuse_is_kept(value: Any) -> None:
    job = Job("a", "m", {"x": [value]}, Status.COMPLETED, 1.0, output={"y": value})
    back = through_a_file(job)
    assert repr((back.inputs, back.output)) == repr((job.inputs, job.output))


def test_a_job_nested_beyond_reason_keeps_its_request_id() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    job = Job("a", "m", {"x": 1}, Status.COMPLETED, 1.0, request_id="r", output=deep)
    assert through_a_file(job).request_id == "r"


def test_the_queue_position_is_not_written() -> None:
    job = Job("a", "m", {}, Status.IN_QUEUE, 1.0, queue_position=3)
    assert document_of(job) == document_of(job.but(queue_position=2))
    assert through_a_file(job).queue_position is None


def test_fields_of_a_newer_version_survive_an_update() -> None:
    job = Job("a", "m", {}, Status.IN_QUEUE, 1.0)
    newer = {**document_of(job), "mood": "batch 7"}
    assert document_of(job.but(cost=0.5), old=newer)["mood"] == "batch 7"


def test_a_request_id_is_not_lost_to_a_writer_who_had_not_heard_of_it() -> None:
    job = Job("a", "m", {}, Status.UNCONFIRMED, 1.0)
    old = document_of(job.but(request_id="r"))
    assert through_a_file(job, old=old).request_id == "r"


def test_an_unknown_status_is_shown_as_the_newer_version_wrote_it() -> None:
    job = job_of("a", {"status": "paused", "created_at": 1.0, "request_id": "r"})
    assert (job.status, job.status_word, job.request_id) == (Status.UNKNOWN, "paused", "r")


@given(values)
def test_any_document_at_all_is_a_job_or_a_bad_document(document: Any) -> None:
    with pytest.raises(BadDocument):
        job_of("a", document)


@given(
    st.dictionaries(
        st.sampled_from(
            sorted(
                document_of(
                    Job(
                        "a",
                        "m",
                        {},
                        Status.FAILED,
                        1.0,
                        "r",
                        1.0,
                        1.0,
                        1.0,
                        1,
                        "w",
                        {},
                        1.0,
                        Failure("m", request_id="r"),
                        True,
                    )
                )
            )
        ),
        values,
    )
)
def test_wrong_types_cost_the_field_and_not_the_job(damage: dict[str, Any]) -> None:
    document = {"status": "failed", "created_at": 1.0, "inputs": {}, **damage}
    try:
        job = job_of("a", document)
    except BadDocument:
        assert not isinstance(document["status"], str) or type(document["created_at"]) not in (
            int,
            float,
        )
    else:
        assert job.cost is None or type(job.cost) in (int, float)
        assert isinstance(job.inputs, dict)
