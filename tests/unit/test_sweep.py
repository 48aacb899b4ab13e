"""One form turned into many requests."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.schema.fields import Field, Form
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.sweep import (
    HIGHEST_SEED,
    MOST_REQUESTS,
    SweepError,
    choices_of,
    repeated,
    sweep,
    values_of_text,
)

FORM = read_form(
    {
        "type": "object",
        "required": ["prompt"],
        "properties": {
            "prompt": {"type": "string", "maxLength": 1000},
            "image_url": {"type": "string"},
            "ratio": {"enum": ["16:9", "1:1", 5]},
            "steps": {"type": "integer", "minimum": 1, "maximum": 60},
            "scale": {"type": "float"},
            "seed": {"type": "integer", "minimum": -1, "maximum": 4294967295},
            "any_seed": {"type": "integer"},
            "hd": {"type": "boolean"},
            "maybe": {"type": ["boolean", "null"]},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
)
FIELDS = {field.name: field for field in FORM.fields}


def values(name: str, text: str, seed: int = 1) -> list[Any]:
    return list(values_of_text(FIELDS[name], text, Random(seed)))


def exactly(found: list[Any]) -> list[str]:
    """1, 1.0 and True are different inputs."""
    return [repr(value) for value in found]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("steps", "1..4", [1, 2, 3, 4]),
        ("steps", "4..1", [4, 3, 2, 1]),
        ("steps", " 10 .. 1 step 4 ", [10, 6, 2]),
        ("steps", "1..10 in 4", [1, 4, 7, 10]),
        ("steps", "1..4 in 60", [1, 2, 3, 4]),
        ("steps", "7..7", [7]),
        ("steps", "5, 10;20\n30..32", [5, 10, 20, 30, 31, 32]),
        ("steps", "−3, 1e1", [-3, 10]),
        ("scale", "0..1 in 5", [0, 0.25, 0.5, 0.75, 1]),
        ("scale", "0..1 in 4", [0, 0.333333, 0.666667, 1]),
        ("scale", "0.1..0.5 step 0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("scale", ".5, 2", [0.5, 2]),
        ("scale", "1e-9..4e-9 in 4", [1e-9, 2e-9, 3e-9, 4e-9]),
        ("prompt", "a [boat]\n\n  \nin, 1..3 rain ", ["a [boat]", "in, 1..3 rain "]),
        ("prompt", "one\ntwo\n---\n\n---\nthree\r\nfour", ["one\ntwo", "three\nfour"]),
        ("image_url", " https://a/b,c.png \nhttps://d", ["https://a/b,c.png", "https://d"]),
        ("tags", '["a", "b"]\n[]', [["a", "b"], []]),
        ("maybe", "true\nnull", [True, None]),
        ("steps", "", []),
        ("prompt", " \n", []),
    ],
)
def test_what_is_typed_gives_these_values(name: str, text: str, expected: list[Any]) -> None:
    assert exactly(values(name, text)) == exactly(expected)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("steps", "1, two", "“two” must be a whole number"),
        ("steps", "0.5..2", "“0.5” must be a whole number"),
        ("steps", "1..3 step 0.5", "“0.5” must be a whole number"),
        ("steps", "1..3 step 0", "a step must be above 0"),
        ("steps", "1..3 in 1", "in how many? A number from 2 to 5,000"),
        ("steps", "1..3 in x", "in how many?"),
        ("steps", "1..", "must be a whole number"),
        ("steps", "1..999999999", "more than 5,000 values"),
        ("steps", "1..5000, 1", "more than 5,000 values"),
        ("steps", "random 61", "there are only 60 to draw from"),
        ("scale", "0..1", "say how: 0..1 step 0.1, or in 5"),
        ("scale", "random 3", "random draws whole numbers only"),
        ("scale", "1e400..2", "“1e400” too large"),
        ("tags", "[1", "not JSON"),
        ("prompt", "\n".join(["x"] * 5001), "more than 5,000 values"),
    ],
)
def test_what_says_nothing_is_told_so_in_words(name: str, text: str, words: str) -> None:
    with pytest.raises(SweepError) as caught:
        values(name, text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [("steps", 1, 60), ("seed", 0, 4294967295), ("any_seed", 0, HIGHEST_SEED)],
)
def test_random_seeds_are_all_different_and_within_the_bounds(
    name: str, lowest: int, highest: int
) -> None:
    drawn = values(name, "random 60")
    assert len(set(drawn)) == 60
    assert all(type(seed) is int and lowest <= seed <= highest for seed in drawn)
    assert drawn == values(name, "random 60")
    assert drawn != values(name, "random 60", seed=2)


def test_ticks_are_offered_where_there_are_but_a_few_values_at_all() -> None:
    assert choices_of(FIELDS["ratio"]) == ("16:9", "1:1", 5)
    assert choices_of(FIELDS["hd"]) == (True, False)
    assert choices_of(FIELDS["maybe"]) == (True, False, None)
    assert choices_of(FIELDS["prompt"]) == choices_of(FIELDS["steps"]) == ()


def test_every_combination_comes_once_the_last_field_changing_fastest() -> None:
    base = {"prompt": "x", "unknown": [1], "ratio": "16:9"}
    made = sweep(FORM, base, {"steps": [1, 2], "prompt": ["a", "b"], "hd": []})
    assert made == [
        {"prompt": prompt, "ratio": "16:9", "steps": steps, "unknown": [1]}
        for prompt, steps in itertools.product("ab", (1, 2))
    ]
    assert list(made[0]) == ["prompt", "ratio", "steps", "unknown"]
    assert base == {"prompt": "x", "unknown": [1], "ratio": "16:9"}


def test_without_several_values_it_is_the_form_itself() -> None:
    assert sweep(FORM, {"prompt": "x"}, {}) == [{"prompt": "x"}]


def test_too_many_combinations_are_refused_before_they_are_made() -> None:
    many = list(range(MOST_REQUESTS))
    with pytest.raises(SweepError, match="25,000,000 jobs are more than the 5,000"):
        sweep(FORM, {}, {"steps": many, "seed": many})


def test_repeated_requests_are_counted_and_look_alikes_are_not() -> None:
    assert repeated([{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}, {"a": True}, {"a": 1}]) == 2


SEVERAL = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.lists(st.text(min_size=1), max_size=4),
        "steps": st.lists(st.integers(1, 60), max_size=4),
        "hd": st.lists(st.booleans(), max_size=2),
        "ratio": st.lists(st.sampled_from(["16:9", "1:1", 5]), max_size=3),
    },
)


@settings(deadline=None)
@given(SEVERAL)
def test_a_sweep_of_valid_values_over_a_valid_form_is_valid_and_complete(
    several: dict[str, list[Any]],
) -> None:
    made = sweep(FORM, {"prompt": "x", "scale": 1.5}, several)
    given_values = {name: each for name, each in several.items() if each}
    size = 1
    for each in given_values.values():
        size *= len(each)
    assert len(made) == size
    for request in made:
        assert judge(FORM, request) == ()
        assert all(request[name] in each for name, each in given_values.items())
        assert request["scale"] == 1.5


def test_a_built_in_model_sweeps_over_its_own_choices() -> None:
    form: Form = read_form(BUILTIN_MODELS[0].input_schema)
    fields: dict[str, Field] = {field.name: field for field in form.fields}
    several = {name: choices_of(fields[name]) for name in ("ratio", "duration")}
    made = sweep(form, {"promptImage": "https://a/b.png"}, several)
    assert len(made) == 12
    assert all(judge(form, request) == () for request in made)
