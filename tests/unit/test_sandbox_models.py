"""The sandbox's catalog and its judgement of inputs."""

from __future__ import annotations

from typing import Any

import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.sandbox.catalog import sandbox_catalog
from runcomfy_tui.sandbox.checks import input_problems
from runcomfy_tui.sandbox.models import OutputShape, SandboxModel, sample_inputs

CATALOG = sandbox_catalog()
MODELS = list(CATALOG)
GEN_4, ALEPH = (entry.model_id for entry in BUILTIN_MODELS)
PAINTER = "sandbox/painter-1.0/text-to-image"
CUTTER = "Sandbox-Labs/Cutter V2.5/reference to video"
RESTYLER = "sandbox/restyler/image-to-image"
STORYBOARD = "sandbox/workflows/storyboard/anime/v1"


def problems(model_id: str, **changes: Any) -> list[str]:
    """Where and of what sort the faults are in otherwise good inputs."""
    model = CATALOG.get(model_id)
    assert model is not None
    inputs = sample_inputs(model.schema) | changes
    return sorted(
        f"{'.'.join(map(str, one['loc'][1:]))}: {one['type']}"
        for one in input_problems(model.schema, inputs)
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.model_id)
def test_every_model_accepts_its_own_sample(model: SandboxModel) -> None:
    inputs = sample_inputs(model.schema)
    assert set(model.schema.get("required", [])) <= set(inputs)
    assert input_problems(model.schema, inputs) == []
    assert model.price(inputs) > 0
    assert model.output.of([f"https://x/{n}" for n in range(model.files(inputs))])


def test_the_catalog_has_every_shape_a_schema_may_take() -> None:
    properties = [
        (name, part, model.schema)
        for model in MODELS
        for name, part in model.schema.get("properties", {}).items()
    ]
    parts = [part for _, part, _ in properties]
    names = [name for name, _, _ in properties]
    types = {part["type"] for part in parts if isinstance(part.get("type"), str)}
    assert types == {"string", "integer", "number", "float", "boolean", "array", "object"}
    arrays = [part for part in parts if part.get("type") == "array"]
    media_arrays = [part for part in arrays if "uris" in part.get("format", "")]
    assert {"items" in part for part in media_arrays} == {True, False}
    assert any("minItems" in part and "maxItems" in part for part in media_arrays)
    assert any(part.get("items", {}).get("type") == "object" for part in arrays)
    enums = [part for part in parts if "enum" in part]
    assert any(all(isinstance(v, int) for v in part["enum"]) for part in enums)
    assert any(all(str(v).isdigit() for v in part["enum"]) for part in enums)
    assert any(len(part["enum"]) == 1 for part in enums)
    assert any("default" not in part for part in enums)
    assert any(part.get("default", part["enum"][0]) != part["enum"][0] for part in enums)
    assert any(part.get("default") == part.get("minimum") == -1 for part in parts)
    assert any(part.get("maxLength", 0) >= 20_000 for part in parts)
    assert any("oneOf" in part for part in parts)
    assert any("anyOf" in part for part in parts)
    assert any(isinstance(part.get("type"), list) for part in parts)
    assert any(name[0].isdigit() for name in names)
    assert any(name != name.lower() for name in names)
    assert any("[" in part.get("description", "") for part in parts)
    assert any("`" in part.get("description", "") for part in parts)
    assert {model.output for model in MODELS} == set(OutputShape)
    assert any(set("ABC. ") & set(model.model_id) == set("C. ") for model in MODELS)
    assert {model.model_id.count("/") + 1 for model in MODELS} >= {2, 3, 5}


@pytest.mark.parametrize(
    ("model_id", "changes", "expected"),
    [
        (ALEPH, {"ratio": "1:1"}, ["ratio: enum"]),
        (ALEPH, {"prompt": "x" * 1001}, ["prompt: string_too_long"]),
        (ALEPH, {"video_url": "not a url"}, ["video_url: value_error"]),
        (ALEPH, {"prompt": "", "video_url": ""}, []),
        (GEN_4, {"duration": 7}, ["duration: enum"]),
        (GEN_4, {"duration": "5"}, ["duration: integer_type", "duration: enum"]),
        (GEN_4, {"seed": -1}, ["seed: greater_than_equal"]),
        (GEN_4, {"seed": 2**32}, ["seed: less_than_equal"]),
        (PAINTER, {"seed": -1}, []),
        (PAINTER, {"guidance_scale": 2}, []),
        (PAINTER, {"guidance_scale": True}, ["guidance_scale: float_type"]),
        (PAINTER, {"guidance_scale": "2"}, ["guidance_scale: float_type"]),
        (PAINTER, {"loras": [{"scale": 1}]}, ["loras.0.path: missing"]),
        (PAINTER, {"loras": [{"path": "a"}] * 4}, ["loras: too_long"]),
        (RESTYLER, {"lora": {"path": "a", "scale": 9}}, ["lora.scale: less_than_equal"]),
        (RESTYLER, {"image": "data:image/png;base64,AAAA"}, []),
        (CUTTER, {"imageUrls": []}, ["imageUrls: too_short"]),
        (CUTTER, {"imageUrls": ["nope"]}, ["imageUrls.0: value_error"]),
        (CUTTER, {"video_urls": [1]}, ["video_urls.0: value_error"]),
        (CUTTER, {"resolution": 720}, ["resolution: string_type", "resolution: enum"]),
        (STORYBOARD, {"style": 3, "size": {"width": 64, "height": 64}, "watermark": "w"}, []),
        (STORYBOARD, {"style": 0}, ["style: value_error"]),
    ],
)
def test_inputs_are_judged_by_their_schema(
    model_id: str, changes: dict[str, Any], expected: list[str]
) -> None:
    assert problems(model_id, **changes) == sorted(expected)


def test_several_faults_are_told_at_once() -> None:
    model = CATALOG.get(ALEPH)
    assert model is not None
    found = input_problems(model.schema, {"prompt": 1, "ratio": "?"})
    assert {tuple(one["loc"]) for one in found} == {
        ("body", "prompt"),
        ("body", "ratio"),
        ("body", "video_url"),
    }
    assert all(one["msg"] for one in found)


def test_the_price_follows_seconds_pictures_and_surcharges() -> None:
    gen_4, painter = CATALOG.get(GEN_4), CATALOG.get(PAINTER)
    assert gen_4 is not None
    assert painter is not None
    assert gen_4.price({}) == 250_000
    assert gen_4.price({"duration": 10}) == 500_000
    assert painter.price({"num_images": 3}) == 120_000
    assert painter.price({"num_images": 3, "hd": True}) == 180_000


def test_search_wants_every_word_somewhere() -> None:
    assert [m.model_id for m in CATALOG.find(search="RUNWAY turbo")] == [GEN_4]
    assert CATALOG.find(search="runway nothing") == []
    assert {m.entry.kind for m in CATALOG.find(kind="workflow")} == {"workflow"}
    assert CATALOG.find(category="lora", search="painter")


@pytest.mark.parametrize(
    ("duration", "seconds"), [("auto", 5), ("8", 8), (None, 5), (0, 5), ([3], 5), (7.5, 7.5)]
)
def test_a_film_is_charged_by_the_second_whatever_its_length_is_called(
    duration: Any, seconds: float
) -> None:
    flux = CATALOG.get("blackforestlabs/flux-3/text-to-video")
    assert flux is not None
    per_second = flux.price({"duration": "1"})
    assert flux.price({"prompt": "A kite", "duration": duration}) == per_second * seconds
