"""Whole schemas of real models become forms that a person can fill in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.sandbox.catalog import sandbox_catalog
from runcomfy_tui.sandbox.models import SandboxModel
from runcomfy_tui.schema.fields import UNSET, FieldKind
from runcomfy_tui.schema.reading import read_form
from tests.unit.schema_fields import by_name

CATALOG = Path(__file__).parents[3] / "shared" / "catalog"


def test_the_gen_4_turbo_form_is_drawn_as_its_page_describes_it() -> None:
    form = read_form(BUILTIN_MODELS[0].input_schema)
    assert [(f.name, f.kind, f.required) for f in form.fields] == [
        ("promptText", FieldKind.PROMPT, False),
        ("promptImage", FieldKind.MEDIA, True),
        ("ratio", FieldKind.CHOICE, False),
        ("duration", FieldKind.CHOICE, False),
        ("seed", FieldKind.INTEGER, False),
    ]
    fields = by_name(form)
    assert fields["promptText"].max_length == 1000
    assert fields["promptImage"].media is MediaKind.IMAGE
    assert [rule.rule for rule in fields["promptImage"].rules] == [
        "width_pixels<",
        "height_pixels<",
        "width/height>",
        "width/height<",
        "file_size_mb<",
    ]
    assert fields["promptImage"].rules[-1].message == "File size must be less than 16 MB."
    assert fields["ratio"].default == "1280:720"
    assert fields["duration"].choices == (5, 10)
    assert (fields["seed"].minimum, fields["seed"].maximum) == (0, 2**32 - 1)


def test_the_aleph_form_has_unset_media_and_prompt() -> None:
    fields = by_name(read_form(BUILTIN_MODELS[1].input_schema))
    assert list(fields) == ["video_url", "prompt", "ratio", "image_url"]
    assert [name for name, field in fields.items() if field.required] == [
        "video_url",
        "prompt",
        "ratio",
    ]
    assert fields["video_url"].media is MediaKind.VIDEO
    assert fields["image_url"].media is MediaKind.IMAGE
    assert fields["prompt"].default is UNSET
    assert fields["ratio"].title == "Resolution (W:H)"


@pytest.mark.skipif(not CATALOG.is_dir(), reason="the catalog is not on this machine")
def test_every_schema_of_the_catalog_is_drawn_without_a_json_field() -> None:
    schemas = [
        json.loads(path.read_text(encoding="utf-8"))["input_schema"]
        for path in CATALOG.glob("*.json")
    ]
    assert len(schemas) == 15
    for schema in schemas:
        is_drawn_as_told(schema)


@pytest.mark.parametrize("known", tuple(sandbox_catalog()), ids=lambda known: known.model_id)
def test_every_schema_of_the_sandbox_is_drawn_with_json_for_unions_alone(
    known: SandboxModel,
) -> None:
    is_drawn_as_told(known.schema)


def is_drawn_as_told(schema: Mapping[str, Any]) -> None:
    """Every property has its field, in order, with all that the schema tells of it."""
    form = read_form(schema)
    assert [field.name for field in form.fields] == list(schema["properties"])
    assert {field.name for field in form.fields if field.required} == set(
        schema.get("required", ())
    )
    for field in form.fields:
        told = schema["properties"][field.name]
        assert (field.kind is FieldKind.JSON) is bool({"anyOf", "oneOf"} & told.keys()), field.name
        assert field.help == told.get("description", "")
        default = told.get("default", UNSET)
        expected = UNSET if field.required and default == "" else default
        assert field.default == expected, field.name
        assert field.choices == tuple(told.get("enum", ()))
        if str(told.get("format", "")).endswith("_uris"):
            assert field.kind is FieldKind.LIST
            assert field.item is not None
            assert field.item.kind is FieldKind.MEDIA
            assert told["format"].startswith(str(field.media))
        elif "format" in told:
            assert field.kind is FieldKind.MEDIA
            assert told["format"] == f"{field.media}_uri"
