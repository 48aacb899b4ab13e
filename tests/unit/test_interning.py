"""What is held once is still what it was."""

from __future__ import annotations

import sys
from typing import Any

import orjson
import pytest

from runcomfy_tui.history.interning import interned_cost, interned_inputs, with_shared_names

PROMPT = "a paper boat drifts along the rainy gutter " * 5


def read(document: dict[str, Any]) -> Any:
    """As it comes from a file: nothing in it is the same object as anything else."""
    return orjson.loads(orjson.dumps(document))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"promptText": PROMPT, "ratio": "16:9", "seed": 7, "tags": ["a", {"b": None}]},
        {"b": 1, "a": 2},
        {"a": 2, "b": 1},
        {"__class__": "x", "__dict__": "y", "__slots__": []},
        {"": 1, "not a name": 2, "0": 3},
        {f"field_{number}": number for number in range(40)},
    ],
)
def test_the_fields_stay_as_they_are_and_in_their_order(fields: dict[str, Any]) -> None:
    for _ in range(2):
        assert list(interned_inputs(read(fields)).items()) == list(fields.items())
        assert list(with_shared_names(read(fields)).items()) == list(fields.items())


def test_what_one_job_is_given_later_stays_its_own() -> None:
    one, other = (with_shared_names(read({"video": "https://example.com/1.mp4"})) for _ in range(2))

    one["image"] = "https://example.com/1.png"

    assert other == {"video": "https://example.com/1.mp4"}


def test_what_many_jobs_have_in_common_is_held_once() -> None:
    inputs = {"promptText": PROMPT, "ratio": "16:9", "seed": 7, "duration": 5}

    many = [interned_inputs(read(inputs)) for _ in range(1000)]

    assert len({id(each["promptText"]) for each in many}) == 1
    assert len({id(each["ratio"]) for each in many}) == 1
    assert sum(map(sys.getsizeof, many)) < 0.75 * 1000 * sys.getsizeof(read(inputs))


def test_a_cost_is_written_as_it_came() -> None:
    for cost in (0.25, 1.0, 1, 0.0, -0.0, 0):
        assert repr(interned_cost(cost)) == repr(cost)
