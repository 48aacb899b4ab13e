"""Jobs to documents and back: nothing changed on the way, nothing lost to a strange document."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.history.documents import (
    BadDocument,
    annotated,
    document_of,
    job_of,
    says_the_same,
    written_at,
)
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status, new_job

ANY_CHARACTER = st.characters(codec=None)  # lone surrogates, too
TEXT = st.text(ANY_CHARACTER, max_size=20).filter(
    # A high surrogate before a low one is one character in every JSON; only lone ones can arrive.
    lambda text: text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
TIME = st.floats(allow_nan=False, allow_infinity=False)
MAYBE_TIME = st.none() | TIME
FAILURES = st.builds(
    Failure,
    message=TEXT,
    code=st.none() | TEXT,
    problems=st.lists(
        st.builds(
            FieldProblem,
            path=st.lists(TEXT | st.integers(0, 9), max_size=3).map(tuple),
            message=TEXT,
        ),
        max_size=3,
    ).map(tuple),
)
JOBS = st.builds(
    Job,
    id=st.just("00018bcfe568000a1b2c3d4e5"),
    model_id=st.none() | TEXT,
    inputs=st.dictionaries(TEXT, JSON, max_size=5),
    status=st.sampled_from(Status),
    created_at=TIME,
    request_id=st.none() | TEXT.filter(bool),
    submitted_at=MAYBE_TIME,
    started_at=MAYBE_TIME,
    finished_at=MAYBE_TIME,
    server_word=st.none() | TEXT,
    output=JSON,
    cost=st.none() | st.floats(),
    failure=st.none() | FAILURES,
    adopted=st.booleans(),
    label=TEXT,
    note=TEXT,
    rating=st.none() | st.integers(1, 5),
    batch=st.none() | TEXT,
    batch_item=st.none() | st.integers(-(2**70), 2**70),
)


def exactly(value: Any) -> str:
    """A form in which NaN equals itself, and 1, 1.0 and True do not equal each other."""
    return repr(value)


@given(job=JOBS)
def test_a_job_survives_its_document_exactly(job: Job) -> None:
    raw = orjson.dumps({"documents": {job.id: document_of(job)}})
    back = job_of(job.id, orjson.loads(raw)["documents"][job.id])
    assert exactly(back) == exactly(job)


def test_a_job_survives_the_ledger_whatever_its_inputs_hold(tmp_path: Path) -> None:
    inputs = {
        "prompt": "half a character \ud83d and an escape \x1b[31m",
        "seed": 2**80,
        "scale": math.inf,
        "nothing": math.nan,
        "\udc00": [1, 1.0, True, -0.0],
    }
    job = new_job("a/b", inputs).but(output={"weird": -(2**63) - 1}, model_id="\udfff")
    plain = new_job("a/b", {"prompt": "plain"})
    ledger = Ledger(tmp_path)
    ledger.put(job, plain)
    ledger.put(job.but(status=Status.COMPLETED))
    (ended,) = Ledger(tmp_path).load_ended()
    assert exactly(ended) == exactly([job.but(status=Status.COMPLETED)])
    assert Ledger(tmp_path).load_live() == [plain]
    assert ledger.problems == []


def test_an_output_too_deep_for_json_is_given_up_but_not_the_job(tmp_path: Path) -> None:
    deep: Any = "https://x.runcomfy.net/a.png"
    for _ in range(5_000):
        deep = [deep]
    job = new_job("a/b", {"prompt": "p"}).but(request_id="r1", output=deep)
    ledger = Ledger(tmp_path)
    ledger.put(job)
    assert ledger.get(job.id) == job.but(output=None)


@pytest.mark.parametrize("depth", range(240, 260))
def test_no_depth_between_readable_and_hopeless_breaks_the_file(tmp_path: Path, depth: int) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = {"a": deep}
    job = new_job("a/b", {"prompt": "p"}).but(request_id="r1", output=deep)
    ledger = Ledger(tmp_path)
    ledger.put(job)
    back = ledger.find_request("r1")
    assert back is not None
    assert back.output in (deep, None)
    assert ledger.problems == []


def test_documents_are_compact_and_hold_no_queue_position() -> None:
    job = new_job("a/b", {}, now=1.5).but(status=Status.IN_QUEUE, queue_position=3)
    assert document_of(job) == {
        "model_id": "a/b",
        "inputs": {},
        "status": "in_queue",
        "created_at": 1.5,
    }


def test_fields_of_a_newer_version_are_kept_when_the_job_is_written_again() -> None:
    job = new_job("a/b", {}).but(status=Status.IN_QUEUE)
    old = document_of(job) | {"mood": "from the future"}
    assert document_of(job.but(status=Status.IN_PROGRESS), old=old)["mood"] == "from the future"


def test_what_its_user_says_of_a_job_is_changed_by_annotating_alone() -> None:
    job = new_job("a/b", {}).but(label="keep", note="fine", rating=4, cost=1.5)
    unaware = job.but(label="", note="", rating=None, cost=2.5)
    assert job_of(job.id, document_of(unaware, old=document_of(job))) == job.but(cost=2.5)
    cleared = annotated(document_of(job), {"label": "", "note": "", "rating": None})
    assert job_of(job.id, cleared) == job.but(label="", note="", rating=None)
    assert job_of(job.id, document_of(job, old=cleared)) == job.but(label="", note="", rating=None)
    assert job_of(job.id, annotated(cleared, {"label": "\ud83d"})).label == "\ud83d"


def test_a_rating_beyond_five_is_none() -> None:
    document = document_of(new_job("a/b", {})) | {"rating": 6}
    assert job_of("1", document).rating is None


def test_a_request_id_is_never_lost_to_a_writer_that_does_not_know_it() -> None:
    job = new_job("a/b", {})
    old = document_of(job.but(request_id="r1", status=Status.IN_QUEUE))
    assert document_of(job, old=old)["request_id"] == "r1"


def test_an_unknown_status_is_read_as_an_unknown_word() -> None:
    job = job_of("x", {"status": "archived", "created_at": 1.0})
    assert (job.status, job.status_word) == (Status.UNKNOWN, "archived")


@given(document=JSON | st.fixed_dictionaries({"status": JSON, "created_at": JSON}))
def test_no_document_breaks_the_reader(document: Any) -> None:
    try:
        job = job_of("x", document)
    except BadDocument:
        return
    assert isinstance(job.inputs, dict)
    assert isinstance(job.created_at, float | int)


@given(fields=st.dictionaries(st.sampled_from(sorted(Job.__dataclass_fields__)), JSON))
def test_a_field_of_the_wrong_type_is_read_as_absent(fields: dict[str, Any]) -> None:
    job = job_of("x", fields | {"status": "completed", "created_at": 1.0})
    assert job.request_id is None or isinstance(job.request_id, str)
    assert job.cost is None or isinstance(job.cost, float | int)
    assert job.failure is None or isinstance(job.failure.message, str)


def test_sameness_tells_numbers_from_each_other_and_ignores_the_stamp() -> None:
    assert says_the_same({"a": 1, "written_at": 5}, {"a": 1})
    assert not says_the_same({"a": 1}, {"a": 1.0})
    assert not says_the_same({"a": 1}, {"a": True})
    assert not says_the_same(None, {})
    assert written_at({"written_at": "soon"}) == 0
