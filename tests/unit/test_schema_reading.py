"""Every shape of input schema becomes a form; what cannot be drawn becomes JSON, alone."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.schema.fields import UNSET, FieldKind
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.values import initial_values, inputs_of
from tests.unit.schema_fields import field_of


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"type": "string"}, FieldKind.TEXT),
        ({"type": "string", "maxLength": 200}, FieldKind.TEXT),
        ({"type": "string", "maxLength": 201}, FieldKind.PROMPT),
        ({"type": "string", "default": "two\nlines"}, FieldKind.PROMPT),
        ({"type": "string", "default": "long " * 20}, FieldKind.PROMPT),
        ({"type": "string", "title": "Prompt"}, FieldKind.PROMPT),
        ({"type": "integer"}, FieldKind.INTEGER),
        ({"type": "number"}, FieldKind.NUMBER),
        ({"type": "float"}, FieldKind.NUMBER),
        ({"type": "boolean"}, FieldKind.BOOLEAN),
        ({"type": ["string", "null"]}, FieldKind.TEXT),
        ({"type": ["float", "null"]}, FieldKind.NUMBER),
        ({"type": ["integer", "number"]}, FieldKind.NUMBER),
        ({"type": ["boolean", "null"]}, FieldKind.CHOICE),
        ({"type": "string", "enum": ["a"]}, FieldKind.CHOICE),
        ({"enum": [1, "two", None, 3.5, True]}, FieldKind.CHOICE),
        ({"const": "v2"}, FieldKind.CHOICE),
        ({"type": "array", "items": {"type": "integer"}}, FieldKind.LIST),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, FieldKind.LIST),
        ({"type": "array", "format": "video_uris"}, FieldKind.LIST),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, FieldKind.OBJECT),
        ({"default": 5}, FieldKind.NUMBER),
        ({"default": True}, FieldKind.BOOLEAN),
        ({"default": "text"}, FieldKind.TEXT),
        ({"minimum": 0}, FieldKind.NUMBER),
        ({"maxLength": 20}, FieldKind.TEXT),
        ({"properties": {"a": {"type": "string"}}}, FieldKind.OBJECT),
        ({"items": {"type": "number"}}, FieldKind.LIST),
        # What a form cannot draw is edited as JSON.
        ({}, FieldKind.JSON),
        (True, FieldKind.JSON),
        (False, FieldKind.JSON),
        ("string", FieldKind.JSON),
        (None, FieldKind.JSON),
        ([1], FieldKind.JSON),
        ({"type": "blob"}, FieldKind.JSON),
        ({"type": 7}, FieldKind.JSON),
        ({"type": "null"}, FieldKind.JSON),
        ({"type": ["string", "integer"]}, FieldKind.JSON),
        ({"enum": []}, FieldKind.JSON),
        ({"type": "object"}, FieldKind.JSON),
        ({"type": "object", "properties": ["a"]}, FieldKind.JSON),
        ({"type": "array"}, FieldKind.JSON),
        ({"type": "array", "items": [{"type": "string"}]}, FieldKind.JSON),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, FieldKind.JSON),
        ({"type": "array", "items": {"type": "array", "items": {}}}, FieldKind.JSON),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, FieldKind.JSON),
        ({"$ref": "https://elsewhere.example/schema"}, FieldKind.JSON),
        ({"$ref": "#/$defs/missing"}, FieldKind.JSON),
        ({"$ref": "#/properties/x"}, FieldKind.JSON),
    ],
    ids=str,
)
def test_kind_of_field(node: Any, kind: FieldKind) -> None:
    assert field_of(node).kind is kind


@pytest.mark.parametrize(
    ("name", "node", "media"),
    [
        ("anything", {"format": "image_uri"}, MediaKind.IMAGE),
        ("anything", {"format": "audio_uri"}, MediaKind.AUDIO),
        ("video_url", {}, MediaKind.VIDEO),
        ("promptImage", {}, MediaKind.IMAGE),
        ("image", {}, MediaKind.IMAGE),
        ("last_image", {}, MediaKind.IMAGE),
        ("image2", {}, MediaKind.IMAGE),
        ("image_url_2", {}, MediaKind.IMAGE),
        ("imageURL", {}, MediaKind.IMAGE),
        ("mask_url", {}, MediaKind.IMAGE),
        ("reference_audio", {}, MediaKind.AUDIO),
        ("source", {"validations": []}, MediaKind.FILE),
        ("source", {"title": "Source Video", "validations": []}, MediaKind.VIDEO),
        ("source", {"validations": [{"validation_rule": "width_pixels<"}]}, MediaKind.IMAGE),
        ("image", {"format": "uri"}, MediaKind.IMAGE),
        ("image", {"format": None}, MediaKind.IMAGE),
        ("image", {"format": []}, MediaKind.IMAGE),
        # Not every word of pictures is a link to one.
        ("image_size", {}, None),
        ("image_prompt", {}, None),
        ("video_description", {}, None),
        ("audio_language", {}, None),
        ("webhook_url", {}, None),
        ("image", {"format": "date"}, None),
        ("image", {"enum": ["a", "b"]}, None),
    ],
)
def test_media_are_found_by_format_rules_and_name(
    name: str, node: dict[str, Any], media: MediaKind | None
) -> None:
    field = field_of({"type": "string", **node}, name)
    assert field.media is media
    assert (field.kind is FieldKind.MEDIA) is (media is not None)


@pytest.mark.parametrize(
    ("name", "long"),
    [
        ("prompt", True),
        ("negative_prompt", True),
        ("promptText", True),
        ("lyrics", True),
        ("text", True),
        ("prompt_language", False),
        ("text_style", False),
        ("voice", False),
    ],
)
def test_long_text_is_told_by_its_name(name: str, long: bool) -> None:
    kind = field_of({"type": "string"}, name).kind
    assert kind is (FieldKind.PROMPT if long else FieldKind.TEXT)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("promptImage", "Prompt image"),
        ("end_time_relative_to", "End time relative to"),
        ("image_urls", "Image URLs"),
        ("cfg_scale", "CFG scale"),
        ("2nd_image", "2nd image"),
        ("imageURL", "Image URL"),
        ("", "(no name)"),
        ("__", "__"),
        ("größe_x", "Größe x"),
    ],
)
def test_a_property_without_a_title_gets_a_readable_one(name: str, title: str) -> None:
    assert field_of({"type": "string"}, name).title == title
    assert field_of({"type": "string", "title": 5}, name).title == title


def test_lists_of_media_are_found_with_and_without_items() -> None:
    rules = [{"validation_rule": "file_size_mb<", "validation_value": 3, "validation_error": "Big"}]
    nodes: dict[str, Any] = {
        "bare": {"type": "array", "format": "image_uris", "minItems": 1, "maxItems": 4},
        "items": {"type": "array", "items": {"type": "string", "format": "image_uri"}},
        "image_urls": {"type": "array"},
        "images": {"type": "array", "items": {"type": "string"}},
        "ruled": {"type": "array", "format": "image_uris", "validations": rules},
    }
    for name, node in nodes.items():
        field = field_of(node, name)
        assert field.kind is FieldKind.LIST, name
        assert field.item is not None
        assert field.item.kind is FieldKind.MEDIA, name
        assert field.media is field.item.media is MediaKind.IMAGE
    assert (field_of(nodes["bare"]).min_items, field_of(nodes["bare"]).max_items) == (1, 4)
    ruled = field_of(nodes["ruled"])
    assert ruled.item is not None
    assert [rule.message for rule in ruled.item.rules] == ["Big"]


def test_lists_of_objects_and_objects_in_objects_have_their_own_fields() -> None:
    lora = {
        "type": "object",
        "required": ["path"],
        "properties": {"path": {"type": "string"}, "scale": {"type": "float", "default": 1.0}},
    }
    many = field_of({"type": "array", "items": lora, "maxItems": 3}, "loras")
    assert many.kind is FieldKind.LIST
    assert many.item is not None
    assert many.item.kind is FieldKind.OBJECT
    assert [(f.name, f.kind, f.required) for f in many.item.children] == [
        ("path", FieldKind.TEXT, True),
        ("scale", FieldKind.NUMBER, False),
    ]
    one = field_of({"type": "object", "properties": {"lora": lora}}, "group")
    assert one.children[0].children[1].default == 1.0


def test_groups_beyond_the_drawable_depth_are_json() -> None:
    node: dict[str, Any] = {"type": "string"}
    for _ in range(6):
        node = {"type": "object", "properties": {"in": node}}
    field = field_of(node)
    depth = 0
    while field.children:
        field = field.children[0]
        depth += 1
    assert depth == 3
    assert field.kind is FieldKind.JSON


def test_null_beside_one_type_leaves_the_type_and_is_remembered() -> None:
    for node in (
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "default": None},
        {"oneOf": [{"type": "null"}, {"type": "integer", "minimum": 0}], "default": None},
        {"type": ["integer", "null"], "minimum": 0, "default": None},
        {"type": "integer", "nullable": True, "minimum": 0, "default": None},
    ):
        field = field_of(node)
        assert (field.kind, field.nullable, field.default) == (FieldKind.INTEGER, True, None)
        assert field.minimum == 0


def test_alternatives_of_constants_and_enums_are_one_choice() -> None:
    titled = {"oneOf": [{"const": "a", "title": "A"}, {"const": 2}, {"enum": [3, 4]}]}
    assert field_of(titled).choices == ("a", 2, 3, 4)
    optional = {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}
    assert field_of(optional).choices == ("a", None)
    assert field_of({"enum": ["a"], "nullable": True}).choices == ("a", None)
    assert field_of({"enum": [1, 1.0, True, 1]}).choices == (1, True)


def test_what_is_for_the_server_to_give_is_not_asked_unless_it_is_required() -> None:
    given = {"type": "string", "readOnly": True, "default": "x"}
    properties = {
        "prompt": {"type": "string"},
        "version": given,
        "referred": {"$ref": "#/$defs/given"},
        "wanted": given,
        "style": {"properties": {"id": given, "name": {"type": "string", "readOnly": False}}},
    }
    schema = {"properties": properties, "required": ["wanted"], "$defs": {"given": given}}
    form = read_form(schema)
    assert [field.name for field in form.fields] == ["prompt", "wanted", "style"]
    assert [field.name for field in form.fields[2].children] == ["name"]
    assert inputs_of(form, initial_values(form)) == {"wanted": "x"}


def test_alternatives_of_one_type_are_drawn_as_that_type() -> None:
    assert field_of({"anyOf": [{"type": "string"}, {"type": "string"}]}).kind is FieldKind.TEXT
    assert field_of({"anyOf": [{"type": "integer"}, {"type": "float"}]}).kind is FieldKind.NUMBER


def test_local_references_are_followed_and_ours_wins() -> None:
    size = {"type": "integer", "title": "Size", "maximum": 9}
    field = field_of({"$ref": "#/$defs/a~1b", "maximum": 5}, root={"$defs": {"a/b": size}})
    assert (field.kind, field.title, field.maximum) == (FieldKind.INTEGER, "Size", 5)
    wrapped = field_of({"allOf": [{"$ref": "#/definitions/s"}]}, root={"definitions": {"s": size}})
    assert wrapped.kind is FieldKind.INTEGER


def test_a_schema_that_contains_itself_ends_in_json() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/$defs/tree"}}}
    form = read_form({"properties": {"tree": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": tree}})
    assert form.fields[0].kind is FieldKind.OBJECT
    assert read_form({"$ref": "#"}).fields == ()
    endless: dict[str, Any] = {"properties": {}}
    endless["properties"]["me"] = endless
    assert read_form(endless).fields[0].name == "me"


def test_no_property_is_ever_dropped() -> None:
    form = read_form(
        {
            "properties": {"broken": 5, "1st": {"type": "string"}},
            "required": ["ghost", "broken", 7],
            "allOf": [{"properties": {"joined": {"type": "integer"}}}],
            "anyOf": [
                {"required": ["a"], "properties": {"a": {"type": "string"}}},
                {"properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}}},
            ],
        }
    )
    assert {f.name: (f.kind, f.required) for f in form.fields} == {
        "joined": (FieldKind.INTEGER, False),
        "broken": (FieldKind.JSON, True),
        "1st": (FieldKind.TEXT, False),
        "a": (FieldKind.JSON, False),  # the alternatives do not agree on it
        "b": (FieldKind.BOOLEAN, False),
        "ghost": (FieldKind.JSON, True),
    }


def test_a_constant_that_tells_the_alternatives_apart_is_a_choice() -> None:
    shapes = [
        {"properties": {"type": {"const": "image"}, "n": {"type": "integer"}}},
        {"properties": {"type": {"const": "text"}, "n": {"type": "number"}}},
    ]
    form = read_form({"properties": {"source": {"type": "object", "oneOf": shapes}}})
    told, number = form.fields[0].children
    assert (told.kind, told.choices) == (FieldKind.CHOICE, ("image", "text"))
    assert number.kind is FieldKind.NUMBER


def test_a_required_text_with_an_empty_default_is_still_to_be_written() -> None:
    nodes = {"prompt": {"type": "string", "default": ""}, "style": {"type": "string"}}
    form = read_form({"required": ["prompt"], "properties": {**nodes, "lyrics": nodes["prompt"]}})
    assert [field.default for field in form.fields] == [UNSET, UNSET, ""]


@pytest.mark.parametrize("nonsense", [None, True, False, 5, "x", [], [{}], {"properties": 5}, {}])
def test_nonsense_is_a_form_without_fields(nonsense: Any) -> None:
    assert read_form(nonsense).fields == ()


@pytest.mark.parametrize(
    ("node", "default"),
    [
        ({"type": "integer", "default": -1, "minimum": -1}, -1),
        ({"type": "string", "default": ""}, ""),
        ({"type": "boolean", "default": False}, False),
        ({"enum": [5, 10], "default": 10}, 10),
        ({"type": ["string", "null"], "default": None}, None),
        # A default that the schema itself refuses would have the untouched form refused.
        ({"type": "integer", "default": -1, "minimum": 0}, UNSET),
        ({"type": "integer", "default": 0, "exclusiveMinimum": 0}, UNSET),
        ({"type": "integer", "default": "5"}, UNSET),
        ({"type": "integer", "default": True}, UNSET),
        ({"type": "string", "default": None}, UNSET),
        ({"type": "string", "default": "", "minLength": 1}, UNSET),
        ({"type": "string", "format": "image_uri", "default": ""}, UNSET),
        ({"type": "string", "format": "image_uri", "default": "none"}, UNSET),
        ({"type": "string", "format": "image_uri", "default": "/etc/hosts"}, UNSET),
        ({"type": "string", "format": "image_uri", "default": "https://a.b/c"}, "https://a.b/c"),
        ({"enum": ["a"], "default": ""}, UNSET),
        ({"type": "string", "default": "red", "pattern": "^#"}, UNSET),
        ({"type": "string", "default": "red", "pattern": "("}, "red"),
        ({"type": "number", "default": 0.3, "multipleOf": 0.1}, 0.3),
        ({"type": "number", "default": 0.35, "multipleOf": 0.1}, UNSET),
        ({"type": "number", "default": 0.35, "multipleOf": "0.1"}, 0.35),
        ({"type": "array", "format": "image_uris", "default": [""]}, UNSET),
        ({"type": "array", "items": {"enum": ["a"]}, "default": ["b"]}, UNSET),
        ({"type": "array", "items": {"type": ["string", "null"]}, "default": [None]}, [None]),
        ({"properties": {"a": {"type": "string"}}, "required": ["a"], "default": {}}, UNSET),
        ({"properties": {"a": {"type": "integer"}}, "default": {"a": "x"}}, UNSET),
        ({"properties": {"a": {"type": "integer"}}, "default": {"a": 1, "b": 2}}, {"a": 1, "b": 2}),
        ({"type": "array", "format": "image_uris", "minItems": 1, "default": []}, UNSET),
        ({"type": "string"}, UNSET),
    ],
    ids=str,
)
def test_default_is_one_that_can_be_sent(node: Any, default: Any) -> None:
    assert field_of(node).default is default or field_of(node).default == default


def test_reading_a_form_does_not_import_the_validator() -> None:
    program = (
        "import sys; from runcomfy_tui.builtin_models import BUILTIN_MODELS\n"
        "from runcomfy_tui.schema import entries, judge, media_rules, paste, reading, values\n"
        "values.initial_values(reading.read_form(BUILTIN_MODELS[0].input_schema))\n"
        "print('jsonschema' in sys.modules, 'referencing' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "False"]
