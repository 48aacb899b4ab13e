from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.sandbox.catalog import sandbox_catalog
from runcomfy_tui.sandbox.models import SandboxModel, sample_inputs
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.values import initial_values, inputs_of
from runcomfy_tui.ui.widgets.fields.drafts import draft_of_inputs, draft_of_json
from runcomfy_tui.ui.widgets.fields.form import FormView
from tests.ui.composer_host import GEN_4, composing, judged, model, type_into

CATALOG = sorted((Path(__file__).parents[3] / "shared" / "catalog").glob("*.json"))

EVERY_KIND: dict[str, Any] = {
    "text": {"type": "string"},
    "long": {"type": "string", "maxLength": 1000},
    "count": {"type": "integer", "minimum": -1, "default": -1},
    "share": {"type": "float"},
    "yes": {"type": "boolean"},
    "maybe": {"type": ["boolean", "null"]},
    "pick": {"enum": [5, "5", None, 2.5, True, "auto"]},
    "video_url": {"type": "string"},
    "images": {"type": "array", "format": "image_uris", "maxItems": 3},
    "tags": {"type": "array", "items": {"type": "string"}},
    "lora": {
        "type": "object",
        "required": ["path"],
        "properties": {"path": {"type": "string"}, "scale": {"type": "number", "default": 1}},
    },
    "loras": {
        "type": "array",
        "items": {"type": "object", "properties": {"path": {"type": "string"}}},
    },
    "size": {"anyOf": [{"type": "string"}, {"type": "object"}]},
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
LIKELY = st.one_of(
    JSON,
    st.sampled_from(["", " ", "a\nb", "a\r\nb\u2028c", "5", "https://a.b/c.png", "null", "1.0"]),
    st.lists(st.sampled_from(["", "a", "https://a.b/c.png", None, 5]), max_size=4),
    st.fixed_dictionaries({}, optional={"path": JSON, "scale": JSON, "other": JSON}),
    st.lists(st.fixed_dictionaries({}, optional={"path": JSON, "x": JSON}), max_size=3),
)
INPUTS = st.fixed_dictionaries({}, optional=dict.fromkeys([*EVERY_KIND, "new", ""], LIKELY))


def exactly(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


async def test_any_inputs_at_all_come_out_of_a_form_and_its_draft_as_they_went_in() -> None:
    form = read_form({"type": "object", "properties": EVERY_KIND})

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(INPUTS)
    def comes_out_as_it_went_in(inputs: dict[str, Any]) -> None:
        view = FormView(form, draft_of_inputs(form, inputs))
        assert exactly(view.read().value) == exactly(inputs)
        assert view.problems() == judge(form, inputs) or "" in inputs
        kept = json.loads(json.dumps(view.draft.to_json()))
        again = FormView(form, draft_of_json(form, kept))
        assert exactly(again.read().value) == exactly(inputs)
        assert again.draft.to_json() == kept

    async with composing():
        comes_out_as_it_went_in()


@pytest.mark.parametrize("known", tuple(sandbox_catalog()), ids=lambda known: known.model_id)
async def test_every_model_of_the_sandbox_opens_with_what_its_schema_begins_with(
    known: SandboxModel,
) -> None:
    """The built-in models are among them, and every shape that a schema may take."""
    form = read_form(known.schema)
    async with composing(known.entry) as (_, composer, _):
        begun = inputs_of(form, initial_values(form))
        assert exactly(composer.inputs) == exactly(begun)
        assert composer.problems == judge(form, begun)
        sent = {**begun, **sample_inputs(known.schema)}
        await composer.show_model(known.entry, sent)
        assert exactly(composer.inputs) == exactly(sent)
        assert composer.attempt() is not None


@pytest.mark.skipif(not CATALOG, reason="real schemas are not kept with the program")
async def test_every_real_schema_at_hand_opens_with_what_it_begins_with() -> None:
    for path in CATALOG:
        told = json.loads(path.read_text())
        await opens_and_comes_back(ModelEntry(told["model_id"], input_schema=told["input_schema"]))


async def opens_and_comes_back(entry: ModelEntry) -> None:
    form = read_form(entry.input_schema)
    async with composing(entry) as (app, composer, pilot):
        begun = inputs_of(form, initial_values(form))
        assert exactly(composer.inputs) == exactly(begun)
        assert composer.problems == judge(form, begun)
        missing = [field for field in form.fields if field.required and field.name not in begun]
        for field in missing:
            await type_into(app, pilot, "https://a.b/c", field.name)
        assert composer.attempt() is not None, entry.model_id
        sent = composer.inputs
        assert sent.keys() == begun.keys() | {field.name for field in missing}
        await composer.show_model(entry, sent)
        assert exactly(composer.inputs) == exactly(sent)


async def test_what_is_no_value_is_kept_in_a_draft_and_put_back_as_typed() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await type_into(app, pilot, "12x", "seed")
        await type_into(app, pilot, "not a url", "promptImage")
        kept = json.loads(json.dumps(composer.draft))
        await composer.show_model(GEN_4)
        assert composer.problems == ()
        await composer.restore(kept)
        await judged(app, pilot)
        assert composer.inputs["seed"] == "12x"
        assert app.said("seed") == "must be a whole number"
        assert app.said("promptImage") == "not a URL: must begin with https://"
        assert composer.draft == kept
        assert composer.attempt() is None
        await composer.show_model(GEN_4, draft=kept)
        assert composer.draft == kept


async def test_broken_json_survives_a_draft_too() -> None:
    entry = model({"size": {"anyOf": [{"type": "string"}, {"type": "object"}]}})
    async with composing(entry, {"size": {"w": 1}, "extra": 2}) as (app, composer, pilot):
        await type_into(app, pilot, '{"w": ', "size")
        await type_into(app, pilot, "[1,", "")
        kept = json.loads(json.dumps(composer.draft))
        await composer.restore(kept)
        await judged(app, pilot)
        assert composer.inputs["size"] == '{"w": '
        assert app.said("size").startswith("not JSON")
        assert app.said("").startswith("not JSON")
        assert composer.draft == kept


async def test_a_draft_of_another_schema_loses_nothing() -> None:
    old = model({"a": {"type": "string"}, "images": {"type": "array", "format": "image_uris"}})
    async with composing(old) as (app, composer, pilot):
        await type_into(app, pilot, "kept", "a")
        await type_into(app, pilot, "https://a.b/c.png", "images")
        kept = composer.draft
        new = model({"images": {"type": "integer"}, "b": {"type": "string"}})
        await composer.show_model(new)
        await composer.restore(kept)
        assert composer.inputs == {"images": ["https://a.b/c.png"], "a": "kept"}
        assert FIRST_WORDS in {problem.message for problem in composer.problems}


FIRST_WORDS = "must be a whole number, not a list"


@pytest.mark.parametrize("nonsense", [{}, {"fields": 5}, {"fields": {"seed": 7}, "others": "x"}])
async def test_a_draft_that_makes_no_sense_leaves_an_empty_form(nonsense: dict[str, Any]) -> None:
    async with composing(GEN_4) as (_, composer, _pilot):
        await composer.restore(nonsense)
        assert composer.inputs == {}


async def test_what_the_schema_does_not_know_is_shown_can_be_edited_and_is_sent() -> None:
    inputs = {"prompt": "x", "beta": {"deep": [1, 2.0]}, "alpha": None}
    async with composing(model({"prompt": {"type": "string"}}), inputs) as (app, composer, pilot):
        assert exactly(composer.inputs) == exactly(inputs)
        assert "Other inputs" in app.screen_text
        await type_into(app, pilot, '{"gamma": 1}', "")
        assert composer.attempt() == {"prompt": "x", "gamma": 1}
        await type_into(app, pilot, '{"prompt": 1}', "")
        assert app.said("") == "has a field of its own: prompt"
        await type_into(app, pilot, "[1]", "")
        assert app.said("") == 'must be a JSON object, as {"name": "value"}'
        assert composer.attempt() is None


@pytest.mark.parametrize("schema", [None, {}, {"type": "object"}, {"properties": "nonsense"}])
async def test_a_model_of_which_nothing_is_known_is_filled_in_as_json(schema: Any) -> None:
    async with composing(ModelEntry("a/b", input_schema=schema)) as (app, composer, pilot):
        assert composer.attempt() == {}
        await type_into(app, pilot, '{"prompt": "x", "n": 5}', "")
        assert composer.attempt() == {"prompt": "x", "n": 5}
