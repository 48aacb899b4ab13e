"""Fields that hold others: lists, groups, and what can only be written as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runcomfy_tui.ui.widgets.fields.action import Action
from tests.ui.composer_host import GEN_4, Host, composing, model, paste, type_into

IMAGES = {"type": "array", "format": "image_uris", "minItems": 1, "maxItems": 3}
LORAS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["path"],
        "properties": {"path": {"type": "string"}, "scale": {"type": "number", "default": 1}},
    },
}
A, B, C = (f"https://a.b/{name}.png" for name in "abc")


def button(app: Host, name: str) -> Action:
    return next(action for action in app.query(Action) if action.name == name)


# -- lists ------------------------------------------------------------------------------------


async def test_a_list_grows_by_enter_and_shrinks_by_backspace() -> None:
    async with composing(model({"images": IMAGES}, "images")) as (app, composer, pilot):
        assert composer.inputs == {}
        await type_into(app, pilot, A, "images")
        await pilot.press("enter")
        await pilot.pause()
        assert composer.inputs == {"images": [A]}, "a line that is still empty is not sent"
        paste(app, B)
        await pilot.pause()
        assert composer.inputs == {"images": [A, B]}
        assert app.row("images").aside == "2 of 1–3"
        await pilot.press("ctrl+u", "backspace")
        await pilot.pause()
        assert composer.inputs == {"images": [A]}
        assert app.focused is app.row("images", 0).editor


async def test_enter_leaves_a_list_that_is_full_and_a_line_that_is_empty() -> None:
    entry = model({"images": IMAGES, "name": {"type": "string"}}, "images", "name")
    async with composing(entry, {"images": [A, B, C]}) as (app, composer, pilot):
        assert not button(app, "add").display
        app.row("images", 1).focus_editor()
        await pilot.press("enter", "enter")
        assert app.focused is app.row("name").editor
        app.row("images", 2).focus_editor()
        await pilot.press("ctrl+u", "backspace", "end", "enter")
        await pilot.pause()
        assert composer.inputs["images"] == [A, B]
        assert app.focused is not app.row("images", 1).editor
        await pilot.press("enter")
        assert app.focused is app.row("name").editor


async def test_the_only_item_of_a_list_of_one_can_be_removed_and_added_again() -> None:
    pair = {"type": "object", "properties": {"path": {"type": "string"}}}
    entry = model({"pairs": {"type": "array", "items": pair, "maxItems": 1}}, "pairs")
    async with composing(entry, {"pairs": [{"path": "a"}]}) as (app, composer, pilot):
        assert not button(app, "add").display
        app.row("pairs").focus_editor()
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert app.focused is button(app, "add")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("b")
        await pilot.pause()
        assert composer.inputs == {"pairs": [{"path": "b"}]}


@pytest.mark.parametrize(
    ("empty", "left"),
    [(2, [A, B[:-2]]), (1, [A[:-2], B]), (0, [A, B])],
)
async def test_a_backspace_that_is_held_down_takes_letters_not_lines(
    empty: int, left: list[str]
) -> None:
    urls = [A, B]
    urls.insert(empty, "x")
    entry = model({"images": IMAGES}, "images")
    async with composing(entry, {"images": urls}) as (app, composer, pilot):
        app.row("images", empty).focus_editor()
        await pilot.press(*["backspace"] * 4)
        await pilot.pause()
        assert composer.inputs == {"images": left}


async def test_items_are_moved_and_removed_by_key_and_by_button() -> None:
    entry = model({"images": IMAGES}, "images")
    async with composing(entry, {"images": [A, B, C]}) as (app, composer, pilot):
        app.row("images", 2).focus_editor()
        await pilot.press("alt+up")
        await pilot.pause()
        assert composer.inputs == {"images": [A, C, B]}
        assert [app.row("images", index).title for index in range(3)] == ["1", "2", "3"]
        await pilot.press("alt+up", "alt+up", "ctrl+down")
        await pilot.pause()
        assert composer.inputs == {"images": [A, C, B]}
        button(app, "down").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert composer.inputs == {"images": [A, B, C]}
        button(app, "remove").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert composer.inputs == {"images": [A, B]}
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert composer.inputs == {"images": [A]}
        button(app, "add").focus()
        await pilot.press("space", "x")
        await pilot.pause()
        assert composer.inputs == {"images": [A, "x"]}
        assert app.said("images", 1) == "not a URL: must begin with https://"


async def test_too_many_and_too_few_items_are_told_at_the_list() -> None:
    entry = model({"images": IMAGES}, "images")
    async with composing(entry, {"images": [A, A, B, C]}) as (app, composer, pilot):
        assert app.said("images") == "at most 3 items (4 now)"
        for _ in range(4):
            app.row("images", 0).focus_editor()
            await pilot.press("ctrl+r")
            await pilot.pause()
        assert composer.inputs == {}
        assert app.said("images") == "required"


async def test_an_empty_required_list_is_silent_until_all_of_it_was_left() -> None:
    entry = model({"images": IMAGES, "name": {"type": "string"}}, "images")
    async with composing(entry) as (app, _, pilot):
        app.row("images").focus_editor()
        await pilot.press("tab")
        await pilot.pause()
        assert app.focused is button(app, "add")
        assert app.said("images") == ""
        await pilot.press("tab")
        await pilot.pause()
        assert app.said("images") == "required"


async def test_pasted_lines_become_as_many_items() -> None:
    async with composing(model({"images": IMAGES}, "images")) as (app, composer, pilot):
        app.row("images").focus_editor()
        await pilot.pause()
        paste(app, f"{A}\n {B}\n\n{C}\n")
        await pilot.pause()
        assert composer.inputs == {"images": [A, B, C]}


async def test_the_servers_words_find_the_item_they_speak_of_past_empty_lines() -> None:
    from runcomfy_tui.jobs import FieldProblem

    entry = model({"images": IMAGES}, "images")
    async with composing(entry, {"images": [A]}) as (app, composer, pilot):
        button(app, "add").focus()
        await pilot.press("enter")
        button(app, "add").focus()
        await pilot.press("enter")
        paste(app, B)
        await pilot.pause()
        assert composer.inputs == {"images": [A, B]}
        composer.show_refusal([FieldProblem(("images", 1), "not reachable")], "")
        await pilot.pause()
        row = app.row("images", 1)
        assert (row.title, app.said("images", 1)) == ("3", "not reachable")


async def test_a_row_of_fields_for_each_object_of_a_list() -> None:
    async with composing(model({"loras": LORAS}, "loras")) as (app, composer, pilot):
        app.row("loras").focus_editor()
        await pilot.press("enter")
        await pilot.pause()
        assert composer.inputs == {"loras": [{"scale": 1}]}
        assert app.said("loras", 0, "path") == ""
        assert composer.attempt() is None
        await pilot.pause()
        assert app.said("loras", 0, "path") == "required"
        assert app.focused is app.row("loras", 0, "path").editor
        await type_into(app, pilot, "film", "loras", 0, "path")
        await type_into(app, pilot, "x", "loras", 0, "scale")
        assert app.said("loras", 0, "scale") == "must be a number"
        await type_into(app, pilot, "0.5", "loras", 0, "scale")
        assert composer.attempt() == {"loras": [{"path": "film", "scale": 0.5}]}


# -- groups and JSON --------------------------------------------------------------------------


async def test_an_optional_group_is_left_out_until_it_is_set_and_forgets_nothing() -> None:
    lora: dict[str, Any] = LORAS["items"]  # type: ignore[assignment]
    async with composing(model({"lora": lora})) as (app, composer, pilot):
        assert composer.inputs == {}
        app.row("lora").focus_editor()
        await pilot.press("enter")
        await pilot.pause()
        assert composer.inputs == {"lora": {"scale": 1}}
        await type_into(app, pilot, "film", "lora", "path")
        kept = composer.draft
        button(app, "switch").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert composer.inputs == {}
        await pilot.press("enter")
        await pilot.pause()
        assert composer.inputs == {"lora": {"path": "film", "scale": 1}}
        assert composer.draft == kept


async def test_json_says_where_it_stops_being_json_and_the_schema_what_is_wrong_with_it() -> None:
    entry = model({"size": {"type": ["object", "integer"], "minimum": 3}})
    async with composing(entry) as (app, composer, pilot):
        await type_into(app, pilot, '{"w": }', "size")
        assert app.said("size").startswith("not JSON: Expecting value (line 1, column 7)")
        await type_into(app, pilot, "2", "size")
        assert app.said("size") == "must be at least 3"
        await type_into(app, pilot, '{"w": 1.50}', "size")
        assert composer.attempt() == {"size": {"w": 1.5}}


async def test_a_value_of_the_wrong_type_is_shown_as_json_and_kept() -> None:
    inputs = {"promptImage": A, "seed": "936", "duration": 5.0, "promptText": ["x"]}
    async with composing(GEN_4, inputs) as (app, composer, pilot):
        assert json.dumps(composer.inputs, sort_keys=True) == json.dumps(inputs, sort_keys=True)
        assert app.said("seed") == "must be a whole number, not text"
        assert app.said("promptText") == "must be text, not a list"
        await type_into(app, pilot, "936", "seed")
        assert app.said("seed") == ""
        assert composer.inputs["seed"] == 936
