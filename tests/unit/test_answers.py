"""JSON of every kind is read into answers, or refused as unreadable; never anything else."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.api import reading
from runcomfy_tui.api.answers import RawAnswer
from runcomfy_tui.api.errors import ApiError, RateLimited, Refused, UnreadableAnswer
from runcomfy_tui.api.payload import NotJson, read_json, write_json
from runcomfy_tui.api.problems import problems_of
from runcomfy_tui.api.refusals import refusal, retry_after, value_of
from runcomfy_tui.api.values import moment, number, whole, words
from runcomfy_tui.jobs import CancelOutcome, Failure, FieldProblem, Status
from tests.processor import least_time_of

NOON = 1_767_268_800.0  # 2026-01-01 12:00:00 UTC


NO_TIMES: tuple[Any, ...] = (
    *(None, "", "soon", 0, -5, True, [], {}, float("nan"), 10**400),
    *("0001-01-01T00:00:00Z", "1970-01-01", "9999-99-99T00:00:00Z", "\ud800"),
)
NO_NUMBERS: tuple[Any, ...] = (None, True, "", "x", "nan", "1e999", float("inf"), [], {}, 10**400)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01T12:00:00", NOON),
        ("2026-01-01 12:00:00", NOON),
        ("2026-01-01T14:30:00+02:30", NOON),
        ("2026-01-01T12:00:00.250Z", NOON + 0.25),
        ("2026-01-01T12:00:00.250000001Z", NOON + 0.25),
        (" 2026-01-01T12:00:00Z ", NOON),
        ("Thu, 01 Jan 2026 12:00:00 GMT", NOON),
        (NOON, NOON),
        (int(NOON), NOON),
        (str(int(NOON)), NOON),
        (NOON * 1e3, NOON),
        (NOON * 1e6, NOON),
        (NOON * 1e9, NOON),
        (f"{NOON * 1000:.0f}", NOON),
        *((nothing, None) for nothing in NO_TIMES),
    ],
)
def test_times_of_every_habit_become_epoch_seconds(told: Any, at: float | None) -> None:
    assert moment(told) == (pytest.approx(at) if at else None)


def test_numbers_may_be_strings_but_are_finite_or_nothing() -> None:
    assert [number(value) for value in (0, 0.25, "0.25", " 3 ", -1)] == [0, 0.25, 0.25, 3, -1]
    for value in NO_NUMBERS:
        assert number(value) is None
    assert [whole(value) for value in (3, "3", 3.0, 0, -1, 2.5, "x")] == [
        *(3, 3, 3, 0),
        *(None, None, None),
    ]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("120", 120),
        ("0.5", 0.5),
        ("-3", 0),
        ("999999999", 3600),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        ("Fri, 01 Jan 2038 11:00:00 GMT", 3600),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_more_than_an_hour(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after(header, now=NOON) == seconds


def test_words_are_bounded_literal_and_hide_the_token_even_at_the_cut() -> None:
    assert words("a\x1b[31m\nb\u202e") == "a␛[31m b·"
    assert len(words("x" * 10_000)) == 500
    assert words("x" * 495 + "tok-en-123", hide="tok-en-123") == "x" * 495 + "***"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": NaN, "b": -Infinity, "c": 1}', {"a": None, "b": None, "c": 1}),
        (rb'{"a": "cut \ud83d"}', {"a": "cut \ufffd"}),
        (rb'{"a": "whole \ud83d\ude00", "b": NaN}', {"a": "whole 😀", "b": None}),
        (b'{"a": "caf\xe9"}', {"a": "caf\ufffd"}),
        (
            b'{"a": NaN, "b": 123456789012345678901234567890}',
            {"a": None, "b": 1.2345678901234568e29},
        ),
    ],
)
def test_what_is_nearly_json_is_mended(body: bytes, value: Any) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize(
    "body",
    [b"", b"  ", b"<html>", b"{", b'{"a": ', b"OK", b"[" * 9000, b"[" * 200 + b"]" * 200, b"\x00"],
)
def test_what_is_no_json_is_not_read(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


@given(st.binary(max_size=200))
def test_whatever_is_read_can_be_kept(body: bytes) -> None:
    with contextlib.suppress(NotJson):
        orjson.dumps(read_json(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [
        *("status", "error", "error_code", "error_message", "message", "detail", "errors", "loc"),
        *("msg", "code", "name", "output", "outcome", "cost", "created_at", "finished_at"),
        *("queue_position", "model_id", "models", "total", "offset", "categories", "request_id"),
        *("balance_usd", "input_schema", "base_price_usd"),
    ]
)
PAYLOADS = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.sampled_from(["failed", "400002"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=25,
)


@given(PAYLOADS | JSON, st.integers(100, 599))
def test_every_payload_is_an_answer_or_an_api_error(payload: Any, status: int) -> None:
    for read in (
        reading.status_answer,
        reading.result_answer,
        reading.cancel_answer,
        reading.model_entry,
        reading.model_page,
        reading.categories,
        lambda value: reading.balance(value, NOON),
    ):
        try:
            answer = read(payload)
        except UnreadableAnswer:
            continue
        cost = getattr(answer, "cost", None)
        assert cost is None or (math.isfinite(cost) and cost >= 0)
    error = refusal(RawAnswer(status, b""), payload, "secret")
    assert isinstance(error, ApiError)
    assert len(str(error)) < 1800


def _is_sendable(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_sendable, [*value, *value.values()]))
    if isinstance(value, list):
        return all(map(_is_sendable, value))
    if isinstance(value, str):
        return not any("\ud800" <= char <= "\udfff" for char in value)
    return not isinstance(value, float) or math.isfinite(value)


@given(JSON)
def test_inputs_are_sent_as_they_are_or_refused_with_the_place(value: Any) -> None:
    inputs = {"input": value}
    if _is_sendable(value):
        assert json.loads(write_json(inputs)) == inputs
        return
    with pytest.raises(Refused) as caught:
        write_json(inputs)
    assert caught.value.problems
    assert all(problem.path[0] == "input" for problem in caught.value.problems)


def test_a_result_is_read_whole() -> None:
    payload = {
        "request_id": "r",
        "status": "Succeeded",
        "output": {"video": "https://x.runcomfy.net/a.mp4"},
        "created_at": "2026-01-01T12:00:00Z",
        "finished_at": int(NOON * 1000) + 58_000,
        "cost": "0.25",
        "error": None,
        "model_id": "a/b",
    }
    answer = reading.result_answer(payload)
    assert dataclasses.asdict(answer) == {
        "status": Status.COMPLETED,
        "word": "Succeeded",
        "output": payload["output"],
        "created_at": NOON,
        "finished_at": NOON + 58,
        "cost": 0.25,
        "failure": None,
        "model_id": "a/b",
        "raw": payload,
    }


@pytest.mark.parametrize("cost", [None, -1, "-0.1", "free", True, "inf", {}])
def test_a_cost_that_is_none_is_no_cost(cost: Any) -> None:
    assert reading.result_answer({"status": "completed", "cost": cost}).cost is None


@pytest.mark.parametrize(
    ("payload", "failure"),
    [
        ({"error": "out of [memory]"}, Failure("out of [memory]")),
        ({"error": {"code": "E5", "message": "boom"}}, Failure("boom", "E5")),
        ({"error": {"reason": {"text": "odd"}}}, Failure('{"text": "odd"}')),
        ({"error": ["a", {"msg": "b"}]}, Failure("a; b")),
        ({"error_code": 500123, "error_message": "boom"}, Failure("boom", "500123")),
        ({"message": "nsfw"}, Failure("nsfw")),
        ({"error_code": 7}, Failure("RunComfy gave no reason.", "7")),
        ({}, Failure("RunComfy gave no reason.")),
        (
            {"error": {"detail": [{"loc": ["body", "seed"], "msg": "too large"}]}},
            Failure("too large", None, (FieldProblem(("seed",), "too large"),)),
        ),
    ],
)
def test_a_failed_job_always_has_a_failure(payload: dict[str, Any], failure: Failure) -> None:
    answer = reading.result_answer({"status": "failed", **payload})
    assert answer.status is Status.FAILED
    assert answer.failure == failure


def test_chatter_beside_a_running_job_is_no_failure() -> None:
    for word in ("in_queue", "processing", "completed", "canceled"):
        assert reading.result_answer({"status": word, "message": "be patient"}).failure is None
    odd = reading.result_answer({"status": "timed_out", "error": "too slow"})
    assert (odd.status, odd.word, odd.failure) == (
        Status.UNKNOWN,
        "timed_out",
        Failure("too slow"),
    )


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        ({"outcome": "cancelled", "status": "completed"}, CancelOutcome.CANCELLED),
        ({"outcome": "Canceled"}, CancelOutcome.CANCELLED),
        ({"outcome": "not_cancellable", "status": "cancelled"}, CancelOutcome.NOT_CANCELLABLE),
        ({"status": "cancelled"}, CancelOutcome.UNKNOWN),
        ({"outcome": 1}, CancelOutcome.UNKNOWN),
        ({}, CancelOutcome.UNKNOWN),
    ],
)
def test_of_a_cancel_the_outcome_is_believed(payload: Any, outcome: CancelOutcome) -> None:
    assert reading.cancel_answer(payload).outcome is outcome


def test_a_catalog_entry_is_read_with_anything_missing() -> None:
    entry = reading.model_entry(
        {
            "model_id": "a/b",
            "display_name": None,
            "categories": [{"name": "video"}, "image", 3, "video"],
            "base_price_usd": "0.05",
            "price_unit": "second",
            "input_schema": {"type": "object"},
        }
    )
    assert (entry.model_id, entry.display_name, entry.kind) == ("a/b", "", "model")
    assert (entry.categories, entry.base_price_usd) == (("video", "image"), 0.05)
    assert entry.input_schema == {"type": "object"}
    assert reading.model_entry({"categories": "video, image"}, "asked").model_id == "asked"
    page = reading.model_page(
        {"models": [{"model_id": "a"}, {"display_name": "nameless"}, 7, {"model_id": ""}]}, 100
    )
    assert [model.model_id for model in page.models] == ["a"]
    assert (page.total, page.offset) == (104, 100)


def test_a_balance_may_come_in_microdollars_or_be_negative() -> None:
    assert reading.balance({"balance_microdollars": 64_110_000}, 5.0).usd == 64.11
    assert reading.balance({"balance_usd": "-1.5"}, 5.0).usd == -1.5
    assert reading.balance({"balance_usd": 1}, 5.0).at == 5.0


A0 = ("a", 0)


@pytest.mark.parametrize(
    ("payload", "problems"),
    [
        ({"detail": [{"loc": ["body", "a", 0], "msg": "no"}]}, [(A0, "no")]),
        ({"detail": [{"loc": ["body", "inputs", "a", 0], "msg": "no"}]}, [(A0, "no")]),
        ({"detail": [{"loc": ["body", "input", "a", 0], "msg": "no"}]}, [(A0, "no")]),
        ({"detail": [{"loc": ["input"], "msg": "no"}]}, [(("input",), "no")]),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, [((), "no")]),
        ({"detail": [{"loc": "body.a.0", "msg": "no"}]}, [(A0, "no")]),
        ({"errors": [{"path": "/a/0", "message": "no"}]}, [(A0, "no")]),
        ({"errors": [{"field": "a[0]", "error": "no"}]}, [(A0, "no")]),
        ({"error": {"details": [{"field": "a", "message": "no"}]}}, [(("a",), "no")]),
        ({"errors": {"a": ["no", "never"]}}, [(("a",), "no"), (("a",), "never")]),
        ({"detail": {"a": "no"}}, [(("a",), "no")]),
        ([{"loc": ["a"], "msg": "no"}], [(("a",), "no")]),
        ({"error_code": 1, "detail": {"message": "no", "code": 3}}, []),
        ({"detail": "no"}, []),
        ({"detail": [{"loc": {}, "msg": 3}, None, "x", {"msg": "no"}]}, []),
    ],
)
def test_the_inputs_at_fault_are_found_in_every_known_shape(payload: Any, problems: Any) -> None:
    assert [(problem.path, problem.message) for problem in problems_of(payload)] == problems


def test_a_flood_of_problems_is_bounded() -> None:
    payload = {"detail": [{"loc": ["x" * 10_000] * 50, "msg": "y" * 10_000}] * 5_000}
    problems = problems_of(payload)
    assert len(problems) == 100
    assert all(len(problem.message) <= 500 for problem in problems)
    assert sum(len(str(part)) for part in problems[0].path) <= 20 * 500


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"error_message": "one", "message": "two"}, "one"),
        ({"message": "two", "error": "three"}, "two"),
        ({"error_message": "Invalid.", "detail": "seed is too big"}, "Invalid: seed is too big"),
        ({"error_message": "Invalid", "detail": ["a", "b"]}, "Invalid: a; b"),
        ({"error_message": "seed is too big", "detail": "seed"}, ": seed is too big."),
        ({"error": {"message": "three"}}, "three"),
        ({"detail": "four"}, "four"),
        ({"detail": ["four", "five"]}, "four; five"),
        ({"detail": {"why": {"deep": 6}}}, '{"why": {"deep": 6}}'),
        ("seven", "seven"),
        ({}, "gave no reason"),
        ({"detail": [{"loc": ["body", "seed"], "msg": "eight"}]}, "seed: eight"),
    ],
)
def test_the_servers_words_are_found_wherever_they_stand(body: Any, says: str) -> None:
    with pytest.raises(Refused) as caught:
        value_of(RawAnswer(400, json.dumps(body).encode()))
    assert says in str(caught.value)


def test_an_error_code_of_nothing_is_no_error() -> None:
    for nothing in (None, 0, "", "0", False):
        body = json.dumps({"status": "in_queue", "error_code": nothing}).encode()
        assert value_of(RawAnswer(200, body))["status"] == "in_queue"


def test_a_rate_limit_by_a_proxys_page_keeps_its_retry_after() -> None:
    with pytest.raises(RateLimited) as caught:
        value_of(RawAnswer(429, b"<html>", "text/html", retry_after="30"))
    assert caught.value.retry_after == 30


def test_a_large_catalog_is_read_without_stopping_the_loop_for_long() -> None:
    entry = {"model_id": "a/b", "input_schema": {"properties": {str(n): {} for n in range(20)}}}
    body = orjson.dumps({"models": [entry] * 500})
    assert len(reading.model_page(read_json(body)).models) == 500
    ours = least_time_of(lambda: reading.model_page(read_json(body)))
    theirs = least_time_of(lambda: json.loads(body))
    assert ours < 50 * theirs, "seven times as much is usual"
