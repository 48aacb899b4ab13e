"""Where several schemas speak of one value: which was meant, and where its mistakes are told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judging import said

IMAGE_OR_TEXT = {
    "oneOf": [{"$ref": "#/$defs/image"}, {"$ref": "#/$defs/text"}],
    "$defs": {
        "image": {
            "properties": {"type": {"const": "image"}, "url": {"type": "string"}},
            "required": ["type", "url"],
            "additionalProperties": False,
        },
        "text": {
            "properties": {"type": {"enum": ["text", "prompt"]}, "text": {"minLength": 3}},
            "required": ["type", "text"],
        },
    },
}


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({"type": "image", "url": "x"}, {}),
        ({"type": "image"}, {("url",): "required"}),
        ({"type": "image", "url": "x", "text": "abc"}, {("text",): "not an input of this model"}),
        ({"type": "prompt", "text": "ab"}, {("text",): "at least 3 characters"}),
        ({"type": "film", "url": "x"}, {("type",): "must be one of image, text, prompt"}),
        ({"url": "x"}, {("type",): "required"}),
        ({}, {("type",): "required"}),
    ],
    ids=str,
)
def test_of_several_shapes_a_mistake_is_told_where_it_is(value: Any, problems: Any) -> None:
    assert said(IMAGE_OR_TEXT, value) == problems


def test_the_shape_that_is_complete_was_meant() -> None:
    by_size = {"properties": {"width": {"multipleOf": 8}}, "required": ["width"]}
    by_ratio = {"properties": {"ratio": {"enum": ["1:1"]}}, "required": ["ratio"]}
    schema = {"oneOf": [by_size, by_ratio]}
    assert said(schema, {"width": 9}) == {("width",): "must be a multiple of 8"}
    assert said(schema, {"ratio": "2:1"}) == {("ratio",): "must be 1:1"}
    assert said(schema, {}) == {(): "needs one of: width, ratio"}


def test_names_that_exclude_each_other_are_told_at_both() -> None:
    schema = {"not": {"required": ["steps", "cfg"]}}
    assert said(schema, {"steps": 1}) == {}
    assert said(schema, {"steps": 1, "cfg": 1}) == {
        ("steps",): "not together with cfg",
        ("cfg",): "not together with steps",
    }
    assert said({"not": {"required": ["a"]}}, {"a": 1}) == {("a",): "not accepted here"}
    assert said({"not": True}, {}) == {(): "not accepted here"}


def test_names_that_some_part_of_a_closed_schema_describes_are_not_called_unknown() -> None:
    steps = {"properties": {"steps": {"maximum": 9}}}
    schema = {
        "$ref": "#/$defs/prompt",
        "anyOf": [steps, {"required": ["cfg"]}],
        "unevaluatedProperties": False,
        "$defs": {"prompt": {"properties": {"prompt": {"type": "string"}}}},
    }
    assert said(schema, {"prompt": "a", "steps": 1}) == {}
    assert said(schema, {"prompt": "a", "steps": 1, "z": 1}) == {
        ("z",): "not an input of this model"
    }
    assert said(schema, {"prompt": "a", "steps": 10, "cfg": 1}) == {
        ("cfg",): "not an input of this model"
    }
