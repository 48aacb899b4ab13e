"""What blocks a submit, where it is said and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.values import initial_values, inputs_of
from tests.processor import least_time_of
from tests.unit.judging import said

GEN_4, ALEPH = (entry.input_schema for entry in BUILTIN_MODELS)
IMAGE = "https://host.example/a.png"
RATIOS = "1584:672, 1280:720, 1104:832, 960:960, 832:1104, 720:1280"


def said_of(node: Any, value: Any) -> dict[tuple[str | int, ...], str]:
    return said({"type": "object", "properties": {"x": node}}, {"x": value})


def test_the_untouched_first_form_may_be_submitted() -> None:
    form = read_form(GEN_4)
    assert judge(form, inputs_of(form, initial_values(form))) == ()


def test_missing_inputs_are_named_in_the_order_of_the_form() -> None:
    assert judge(ALEPH, {}) == (
        FieldProblem(("video_url",), "required"),
        FieldProblem(("prompt",), "required"),
        FieldProblem(("ratio",), "required"),
    )
    form = read_form(ALEPH)
    assert said(form, inputs_of(form, initial_values(form))) == {
        ("video_url",): "required",
        ("prompt",): "required",
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("promptText", "x" * 1012, "at most 1000 characters (1012 now)"),
        ("promptText", 5, "must be text, not a number"),
        ("promptImage", "", "not a URL: must begin with https://"),
        ("promptImage", "picture.png", "not a URL: must begin with https://"),
        ("promptImage", "http://host.example/a.png", "must begin with https://, not http://"),
        ("promptImage", "https://host.example/a b.png", "not a URL: there is a blank in it"),
        ("promptImage", "https://", "not a URL: no host after https://"),
        ("promptImage", "https://[host/a.png", "not a URL: its host or port is malformed"),
        ("promptImage", "data:nothing", "not a data URI: must look like data:image/png;base64,…"),
        ("promptImage", None, "must be text, not null"),
        ("ratio", "4:3", f"must be one of {RATIOS}"),
        ("ratio", "[/foo]\x1b[2J", f"must be one of {RATIOS}"),
        ("duration", 7, "must be one of 5, 10"),
        ("duration", "5", "must be one of 5, 10 (not as text)"),
        ("duration", True, "must be one of 5, 10"),
        ("seed", -1, "must be between 0 and 4294967295"),
        ("seed", 2**32, "must be between 0 and 4294967295"),
        ("seed", 10**400, "must be between 0 and 4294967295"),
        ("seed", 0.5, "must be a whole number"),
        ("seed", "7", "must be a whole number, not text"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_each_mistake_is_said_at_its_field(name: str, value: Any, message: str) -> None:
    assert said(GEN_4, {"promptImage": IMAGE, name: value}) == {(name,): message}


@pytest.mark.parametrize(
    "value",
    [
        "https://host.example/a.png",
        "HTTPS://Host.Example:8443/größe.png?sig=a%20b&c=[1]",
        "data:image/png;base64,iVBORw0KGgo=",
    ],
)
def test_what_passes_for_a_media_url(value: str) -> None:
    assert judge(GEN_4, {"promptImage": value}) == ()


@pytest.mark.parametrize(
    ("node", "value", "message"),
    [
        ({"type": "float"}, "0.5", "must be a number, not text"),
        ({"type": "number"}, True, "must be a number, not true or false"),
        ({"type": ["float", "null"]}, [], "must be a number or null, not a list"),
        ({"type": "boolean"}, "yes", "must be true or false, not text"),
        ({"type": "number", "minimum": 0.5}, 0, "must be at least 0.5"),
        ({"type": "number", "maximum": 2.0}, 3, "must be at most 2"),
        (
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            0,
            "must be more than 0 and at most 1",
        ),
        ({"type": "integer", "multipleOf": 8}, 12, "must be a multiple of 8"),
        ({"type": "number", "multipleOf": 0.1}, 0.35, "must be a multiple of 0.1"),
        ({"type": "string", "minLength": 1}, "", "at least 1 character"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "A", "must fit the pattern ^[a-z]+$"),
        ({"type": "array", "minItems": 1}, [], "at least 1 item"),
        ({"type": "array", "maxItems": 2}, [1, 2, 3], "at most 2 items (3 now)"),
        ({"type": "array", "uniqueItems": True}, [1, 1], "no item may appear twice"),
        ({"const": "v2"}, "v1", "must be v2"),
        ({"enum": []}, "v1", "no value is accepted here"),
        ({"enum": ["5", "auto"]}, 5, 'must be one of "5", "auto"'),
        ({"enum": list(range(20))}, 99, "must be one of 0, 1, 2, 3, 4, 5, 6, 7 …"),
        ({"enum": [None, "a\x1b[0m"]}, 1, "must be one of null, a␛[0m"),
        (False, 1, "not accepted here"),
        ({"not": {"type": "string"}}, "a", "not accepted here"),
        ({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]}, 1, "must be at least 3"),
        (
            {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "a",
            "must be a whole number or null, not text",
        ),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, "c", "must be one of a, b"),
        (
            {"oneOf": [{"type": "integer"}, {"type": "number"}]},
            1,
            "fits more than one of the shapes of which only one is allowed",
        ),
        (
            {"anyOf": [{"maxLength": 1}, {"pattern": "^x"}]},
            "abc",
            "at most 1 character (3 now), or must fit the pattern ^x",
        ),
        (
            {"anyOf": [{"enum": ["auto"]}, {"maxLength": 1}]},
            "abc",
            "must be auto, or at most 1 character (3 now)",
        ),
        (
            {"anyOf": [{"prefixItems": [{"const": "a"}]}, {"prefixItems": [{"const": "b"}]}]},
            ["c"],
            "fits none of the shapes that are allowed here",
        ),
        (
            {"type": "object", "anyOf": [{"maxProperties": 0}, {"properties": {"a": False}}]},
            {"a": 1},
            "fits none of the shapes that are allowed here",
        ),
        ({"if": {"type": "string"}, "then": {"maxLength": 1}}, "ab", "at most 1 character (2 now)"),
    ],
    ids=str,
)
def test_every_keyword_has_words_for_people(node: Any, value: Any, message: str) -> None:
    assert said_of(node, value) == {("x",): message}


@pytest.mark.parametrize("value", [0.5, 1, -3.0])
def test_float_is_a_number(value: float) -> None:
    assert said_of({"type": "float"}, value) == {}
    assert said_of({"anyOf": [{"type": ["float", "null"]}]}, value) == {}


@pytest.mark.parametrize(
    ("step", "value"),
    [(0.1, 0.3), (0.01, 1.15), (0.1, 7), (1e-7, 0.3), (0.5, 1e300), (8, 10**300), (0.1, "a")],
)
def test_decimals_are_multiples_as_they_are_written(step: float, value: Any) -> None:
    assert said_of({"multipleOf": step}, value) == {}


def test_a_required_name_that_is_none_takes_nothing_from_the_others() -> None:
    schema = {"properties": {"prompt": {"type": "string"}}, "required": [5, "prompt", "ghost"]}
    assert [problem.path for problem in judge(schema, {})] == [("prompt",), ("ghost",)]


def test_paths_lead_into_lists_and_objects() -> None:
    lora = {
        "type": "object",
        "required": ["path", "scale"],
        "additionalProperties": False,
        "properties": {"path": {"type": "string"}, "scale": {"type": "float", "maximum": 2}},
    }
    node = {"type": "array", "items": lora}
    assert said_of(node, [{"path": "a", "scale": 3}, {"scale": 1}, {"z": 1, "path": 4}]) == {
        ("x", 0, "scale"): "must be at most 2",
        ("x", 1, "path"): "required",
        ("x", 2, "path"): "must be text, not a number",
        ("x", 2, "scale"): "required",
        ("x", 2, "z"): "not an input of this model",
    }


def test_media_are_judged_wherever_they_are() -> None:
    schema = {
        "properties": {
            "images": {"type": "array", "format": "image_uris"},
            "start": {"type": "object", "properties": {"image_url": {"type": "string"}}},
            "last_image": {"type": ["string", "null"]},
            "extra_image": {"type": "string", "default": ""},
        }
    }
    inputs = {
        "images": [IMAGE, "x.png", 5],
        "start": {"image_url": "ftp://x"},
        "last_image": None,
        "extra_image": "",
    }
    assert said(schema, inputs) == {
        ("images", 1): "not a URL: must begin with https://",
        ("images", 2): "must be a URL",
        ("start", "image_url"): "not a URL: must begin with https://",
    }


def test_rules_across_fields() -> None:
    schema: dict[str, Any] = {
        "properties": {"image": {"type": "string"}, "seed": {"type": "integer"}},
        "anyOf": [{"required": ["image"]}, {"required": ["video"]}],
        "dependentRequired": {"seed": ["mode"]},
        "propertyNames": {"maxLength": 5},
    }
    assert said(schema, {"seed": 1, "strange": 1}) == {
        (): "needs one of: image, video",
        ("mode",): "required where seed is given",
    }
    del schema["anyOf"]
    assert said({**schema}, {"strange": 1}) == {
        (): "the name strange: at most 5 characters (7 now)"
    }


def test_words_of_older_drafts_are_understood() -> None:
    schema = {
        "properties": {
            "scale": {"minimum": 0, "exclusiveMinimum": True, "maximum": 1},
            "pair": {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False},
            "open": {"items": [{"type": "string"}]},
        },
        "dependencies": {"mask": ["mode"], "scale": {"required": ["pair"]}},
    }
    assert (
        said(schema, {"scale": 1, "pair": ["a", 1], "open": ["a", 2], "mask": 1, "mode": 1}) == {}
    )
    assert said(schema, {"scale": 0, "mask": 1, "open": [1]}) == {
        ("scale",): "must be more than 0 and at most 1",
        ("pair",): "required",
        ("open", 0): "must be text, not a number",
        ("mode",): "required where mask is given",
    }
    assert said(schema, {"pair": ["a", "b", 3]}) == {
        ("pair",): "holds more items than are allowed",
        ("pair", 1): "must be a whole number, not text",
    }


@pytest.mark.parametrize(
    ("node", "value", "message"),
    [
        ({"type": "string"}, 5, "must be text or null, not a number"),
        ({"type": ["string", "integer"], "maxLength": 3}, "long", "at most 3 characters (4 now)"),
        ({"type": "string", "enum": ["a", "b"]}, "c", "must be one of a, b, null"),
        ({"$ref": "#/$defs/short"}, "long", "at most 3 characters (4 now)"),
        ({"allOf": [{"$ref": "#/$defs/short"}]}, 5, "must be null or text, not a number"),
        ({"const": 1}, 2, "must be 1"),
    ],
)
def test_null_is_allowed_where_openapi_says_so_and_nothing_else_more(
    node: dict[str, Any], value: Any, message: str
) -> None:
    schema = {"$defs": {"short": {"type": "string", "maxLength": 3}}}
    assert said({**schema, "properties": {"x": node}}, {"x": None}) != {}
    nullable = {**schema, "properties": {"x": {**node, "nullable": True}}}
    assert said(nullable, {"x": None}) == {}
    assert said(nullable, {"x": value}) == {("x",): message}
    refused = {**schema, "properties": {"x": {**node, "nullable": False}}}
    assert said(refused, {"x": None}) != {}


def test_inputs_that_are_no_object_are_refused_as_a_whole() -> None:
    assert said(GEN_4, [IMAGE]) == {(): "must be an object, not a list"}


def test_extras_are_welcome_unless_the_schema_forbids_them() -> None:
    assert judge(GEN_4, {"promptImage": IMAGE, "new": 1}) == ()
    closed = {"properties": {"a": {}}, "additionalProperties": False}
    assert said(closed, {"a": 1, "b": 2}) == {("b",): "not an input of this model"}


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"type": "integer", "pattern": "["}, "x"),
        ({"type": "integer", "minimum": "many"}, "x"),
        ({"type": "integer", "required": True}, "x"),
        ({"type": "integer", "properties": [1]}, "x"),
        ({"type": "integer", "$ref": "https://elsewhere.example/schema.json"}, "x"),
        ({"type": "integer", "$ref": "#/nowhere"}, "x"),
        ({"type": "integer", "$ref": "#/properties/x"}, "x"),
        ({"type": "integer", "allOf": [{"$ref": "#/properties/x"}]}, "x"),
        ({"type": "integer", "exclusiveMinimum": True}, "x"),
        ({"type": "integer", "anyOf": []}, "x"),
        ({"type": "integer", "$dynamicRef": "#x"}, "x"),
    ],
    ids=str,
)
def test_a_rule_that_makes_no_sense_is_left_out_and_the_rest_judged(node: Any, value: Any) -> None:
    schema = {"properties": {"x": node, "y": {"type": "boolean"}}}
    assert said(schema, {"x": value, "y": 1}) == {
        ("x",): "must be a whole number, not text",
        ("y",): "must be true or false, not a number",
    }


@pytest.mark.parametrize("schema", [5, "x", [], {"type": "blob"}, {"properties": {"a": 5}}])
def test_a_schema_that_is_none_blocks_nothing(schema: Any) -> None:
    assert judge(schema, {"a": 1}) == ()


def test_a_model_without_a_schema_is_not_judged() -> None:
    assert judge(None, {"a": 1}) == ()


def test_references_are_judged_wherever_they_lead() -> None:
    schema = {
        "components": {"node": {"properties": {"kids": {"items": {"$ref": "#/components/node"}}}}},
        "properties": {
            "tree": {"type": "object", "$ref": "#/components/node"},
            "size": {"$ref": "#/properties/other"},
            "other": {"type": "integer"},
        },
    }
    deep = {"kids": [{"kids": [{"kids": 5}]}]}
    assert judge(schema, {"tree": deep, "size": 1}) == ()
    assert said(schema, {"tree": 5, "size": "x"}) == {
        ("tree",): "must be an object, not a number",
        ("size",): "must be a whole number, not text",
    }


def test_inputs_nested_beyond_measure_are_refused_not_crashed_on() -> None:
    schema: dict[str, Any] = {"properties": {"x": {"$ref": "#"}}}
    inputs: dict[str, Any] = {}
    for _ in range(5000):
        inputs = {"x": inputs}
    assert said(schema, inputs) == {(): "nested too deeply, or a number too large, to be checked"}


def test_a_keystroke_in_a_form_of_fifteen_fields_costs_little_more_than_jsonschema() -> None:
    properties = {f"p{i}": {"type": "integer", "minimum": 0, "maximum": 5} for i in range(15)}
    schema = {"type": "object", "properties": properties}
    wrong = dict.fromkeys(properties, 9)
    assert len(judge(schema, wrong)) == 15
    bare = Draft202012Validator(schema)
    ours = least_time_of(lambda: judge(schema, wrong))
    theirs = least_time_of(lambda: list(bare.iter_errors(wrong)))
    assert ours < 20 * theirs, "twice as much is usual"
