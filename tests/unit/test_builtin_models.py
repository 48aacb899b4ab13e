"""The built-in models are RunComfy's own, to the letter."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS, builtin_model

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
DOCUMENTED = {
    "runwayml/runway-gen-4/turbo/image-to-video": "2b9e52c2ea511b80",
    "runwayml/runway-aleph/video-to-video": "a7bfa4b622f59eb0",
}


def documented_schemas() -> dict[str, Any]:
    """model_id -> the input schema inside each page, cut out where its JSON begins."""
    found = {}
    for page in SEEDS.glob("*.txt"):
        text = page.read_text(encoding="utf-8")
        start = text.index('{\n"type": "object",\n"title"')
        schema, _ = json.JSONDecoder().raw_decode(text, start)
        model_id = text.split("/v1/models/", 1)[1].split(" ", 1)[0]
        found[model_id] = schema
    return found


def test_first_model_is_the_one_a_newcomer_sees() -> None:
    assert [entry.model_id for entry in BUILTIN_MODELS] == [
        "runwayml/runway-gen-4/turbo/image-to-video",
        "runwayml/runway-aleph/video-to-video",
    ]
    assert BUILTIN_MODELS[0].base_price_usd == 0.05
    assert BUILTIN_MODELS[0].price_unit == "second"
    assert BUILTIN_MODELS[1].base_price_usd is None


def test_a_builtin_model_is_found_by_its_exact_id() -> None:
    for entry in BUILTIN_MODELS:
        assert builtin_model(entry.model_id) is entry
    assert builtin_model("runwayml/runway-gen-4") is None


def test_not_a_letter_of_the_documented_properties_is_changed() -> None:
    """The sums are those of the pages' own schemas, which the next test reads where they are."""
    sums = {
        entry.model_id: sha256(json.dumps((entry.input_schema or {})["properties"]).encode())
        for entry in BUILTIN_MODELS
    }
    assert {model_id: each.hexdigest()[:16] for model_id, each in sums.items()} == DOCUMENTED


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the documented pages are not on this machine")
def test_schemas_are_the_documented_ones_in_the_documented_order() -> None:
    documented = documented_schemas()
    assert set(documented) == {entry.model_id for entry in BUILTIN_MODELS}
    for entry in BUILTIN_MODELS:
        assert entry.input_schema is not None
        ours = {**entry.input_schema, "title": ""}
        theirs = {**documented[entry.model_id], "title": ""}
        assert ours == theirs
        assert json.dumps(ours["properties"]) == json.dumps(theirs["properties"])


def test_schema_titles_are_readable_english() -> None:
    for entry in BUILTIN_MODELS:
        assert entry.input_schema is not None
        assert "modelApiDoc" not in entry.input_schema["title"]
