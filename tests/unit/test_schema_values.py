"""Form and request are two views of the same values; an entry never changes what was typed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.schema.entries import EntryError, entry_text, fits_entry, parse_entry
from runcomfy_tui.schema.fields import UNSET, Field
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.values import initial_values, inputs_of, values_of

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
NUMBER = {"type": "number"}
MEDIA = {"type": "string", "format": "image_uri"}
MAYBE_WHOLE = {"type": ["integer", "null"], "default": None}


def field_of(node: Any) -> Field:
    (field,) = read_form({"properties": {"x": node}}).fields
    return field


def test_an_untouched_form_of_gen_4_turbo_sends_its_defaults_in_its_order() -> None:
    form = read_form(BUILTIN_MODELS[0].input_schema)
    inputs = inputs_of(form, initial_values(form))
    assert list(inputs) == ["promptText", "promptImage", "ratio", "duration", "seed"]
    assert inputs["promptText"].endswith("shallow depth of field. ")
    assert (inputs["duration"], inputs["seed"]) == (5, 936116745)


def test_what_has_no_default_stays_out_of_the_request() -> None:
    form = read_form(BUILTIN_MODELS[1].input_schema)
    assert initial_values(form) == {
        "video_url": UNSET,
        "prompt": UNSET,
        "ratio": "1280:720",
        "image_url": UNSET,
    }
    assert inputs_of(form, initial_values(form)) == {"ratio": "1280:720"}


def test_initial_values_by_kind() -> None:
    scaled = {"properties": {"path": TEXT, "scale": {"type": "number", "default": 1}}}
    form = read_form(
        {
            "required": ["only", "lora"],
            "properties": {
                "only": {"enum": ["v2"]},
                "maybe_only": {"enum": ["v2"]},
                "flag": {"type": "boolean"},
                "off": {"type": "boolean", "default": False},
                "empty": {"type": "string", "default": ""},
                "lora": scaled,
                "maybe_lora": scaled,
                "sizes": {"type": "array", "items": WHOLE, "default": [1, 2]},
            },
        }
    )
    values = initial_values(form)
    assert values == {
        "only": "v2",
        "maybe_only": UNSET,
        "flag": UNSET,
        "off": False,
        "empty": "",
        "lora": {"scale": 1},
        "maybe_lora": UNSET,
        "sizes": [1, 2],
    }
    values["sizes"].append(3)
    assert initial_values(form)["sizes"] == [1, 2], "the schema is nobody's to change"


def test_inputs_that_the_schema_does_not_know_are_kept_and_sent() -> None:
    form = read_form(BUILTIN_MODELS[0].input_schema)
    inputs = {"new_knob": None, "seed": 0, "promptText": "", "other": [1]}
    values, extras = values_of(form, inputs)
    assert extras == {"new_knob": None, "other": [1]}
    assert values["ratio"] is UNSET
    again = inputs_of(form, values, extras)
    assert again == inputs
    assert list(again) == ["promptText", "seed", "new_knob", "other"]
    assert inputs_of(form, {**values, **extras}) == inputs


@pytest.mark.parametrize(
    ("node", "text", "value"),
    [
        (WHOLE, "", UNSET),
        (WHOLE, "  ", UNSET),
        (WHOLE, " 5 ", 5),
        (WHOLE, "+5", 5),
        (WHOLE, "-1", -1),
        (WHOLE, "−1", -1),
        (WHOLE, "4294967295", 4294967295),
        (WHOLE, "123456789012345678901234567890", 123456789012345678901234567890),
        (WHOLE, "5.0", 5),
        (WHOLE, "1e3", 1000),
        (MAYBE_WHOLE, "", None),
        (MAYBE_WHOLE, "null", None),
        (NUMBER, "0.1", 0.1),
        (NUMBER, ".5", 0.5),
        (NUMBER, "5", 5),
        (NUMBER, "9007199254740993", 9007199254740993),
        (NUMBER, "2.50", 2.5),
        (NUMBER, "1e-3", 0.001),
        (TEXT, "", UNSET),
        ({**TEXT, "default": ""}, "", ""),
        ({**TEXT, "default": "x"}, "", UNSET),
        (TEXT, "  [a] ", "  [a] "),
        (TEXT, "null", "null"),
        (MEDIA, "", UNSET),
        ({**MEDIA, "default": ""}, "", UNSET),
        (MEDIA, " https://a/b.png\n", "https://a/b.png"),
        ({"type": "object"}, '{"a": [0.1, 4294967296]}', {"a": [0.1, 4294967296]}),
        ({"type": "object"}, " ", UNSET),
    ],
    ids=repr,
)
def test_a_typed_text_is_the_value_it_says(node: Any, text: str, value: Any) -> None:
    read = parse_entry(field_of(node), text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("node", "text", "message"),
    [
        (WHOLE, "x", "must be a whole number"),
        (WHOLE, "5.5", "must be a whole number"),
        (WHOLE, "1_000", "must be a whole number: write the digits alone, 1000"),
        (WHOLE, "4 294 967 295", "must be a whole number: write the digits alone, 4294967295"),
        (WHOLE, "1e999999", "too large"),
        (WHOLE, "9" * 500, "too large"),
        (WHOLE, "null", "must be a whole number"),
        (WHOLE, "٣", "must be a whole number"),
        (NUMBER, "0,5", "must be a number: write the decimals with a point, 0.5"),
        (NUMBER, "nan", "must be a number"),
        (NUMBER, "inf", "must be a number"),
        (NUMBER, "1e309", "too large"),
        (NUMBER, "1e-400", "too close to zero"),
        (NUMBER, "0x10", "must be a number"),
        ({}, "{", "not JSON: Expecting property name enclosed in double quotes"),
        ({}, "NaN", "not JSON: NaN is no JSON value"),
        ({}, "[1e999]", "not JSON: a number is too large"),
        ({}, "[-0.0, 1e-400]", "not JSON: a number is too close to zero"),
        ({}, "[" * 100_000, "nested too deeply"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_text_that_is_no_value_is_told_why(node: Any, text: str, message: str) -> None:
    read = parse_entry(field_of(node), text)
    assert isinstance(read, EntryError)
    assert read.message.startswith(message)


@pytest.mark.parametrize(
    ("node", "value", "fits"),
    [
        (TEXT, "a", True),
        (TEXT, "two\nlines", False),
        ({**TEXT, "title": "Prompt"}, "two\nlines", True),
        (TEXT, 5, False),
        (TEXT, None, False),
        (WHOLE, 5, True),
        (WHOLE, "5", False),
        (WHOLE, True, False),
        (MAYBE_WHOLE, None, True),
        (MEDIA, " https://a", False),
        ({"type": "object"}, {"a": 1}, True),
    ],
    ids=repr,
)
def test_only_values_that_an_entry_shows_as_they_are_fit_it(
    node: Any, value: Any, fits: bool
) -> None:
    field = field_of(node)
    assert fits_entry(field, value) is fits
    if fits:
        assert parse_entry(field, entry_text(field, value)) == value


def test_json_in_an_entry_is_readable() -> None:
    text = entry_text(field_of({}), {"größe": [1]})
    assert "größe" in text
    assert json.loads(text) == {"größe": [1]}
