from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from textual import events

from runcomfy_tui.ui.widgets.fields.action import Action
from runcomfy_tui.ui.widgets.fields.choice import Choice
from runcomfy_tui.ui.widgets.fields.choice_menu import ChoiceMenu
from runcomfy_tui.ui.widgets.fields.media import shortened
from tests.ui.composer_host import GEN_4, Host, composing, model, shown_text, type_into

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


def paste(app: Host, text: str) -> None:
    app.post_message(events.Paste(text))


# -- choices ----------------------------------------------------------------------------------


async def test_a_choice_keeps_the_type_that_the_schema_gives_its_values() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        app.row("duration").focus_editor()
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert json.dumps(composer.inputs["duration"]) == "10"
        assert app.focused is app.row("duration").editor
        assert not app.query(ChoiceMenu)


async def test_values_of_all_types_can_be_chosen_and_told_apart() -> None:
    values = [5, "5", None, True, 2.5, "", {"w": 1}]
    async with composing(model({"pick": {"enum": values}})) as (app, composer, pilot):
        choice = app.query_one(Choice)
        for index, value in enumerate(values):
            choice.focus()
            await pilot.press("enter", "home", *(["down"] * (index + 1)), "enter")
            await pilot.pause()
            assert json.dumps(composer.inputs["pick"]) == json.dumps(value)
        assert choice._labels == ("5", '"5"', "null", "true", "2.5", "", '{"w": 1}')


async def test_an_optional_choice_can_be_unset_and_then_stays_out() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        app.row("ratio").focus_editor()
        await pilot.press("delete")
        await pilot.pause()
        assert "ratio" not in composer.inputs
        assert "unset" in shown_text(app.row("ratio").editor)
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert composer.inputs["ratio"] == "1584:672"
        await pilot.press("enter", "home", "enter")
        await pilot.pause()
        assert "ratio" not in composer.inputs


async def test_a_required_choice_cannot_be_unset() -> None:
    entry = model({"pick": {"enum": ["a", "b"]}}, "pick")
    async with composing(entry) as (app, composer, pilot):
        app.row("pick").focus_editor()
        await pilot.press("enter", "home", "enter", "delete")
        await pilot.pause()
        assert composer.inputs == {"pick": "a"}


async def test_a_value_that_is_no_longer_offered_stays_and_is_said_to_be_wrong() -> None:
    async with composing(GEN_4, {"promptImage": A, "ratio": "21:9"}) as (app, composer, pilot):
        assert composer.inputs["ratio"] == "21:9"
        assert app.said("ratio").startswith("must be one of 1584:672")
        app.row("ratio").focus_editor()
        await pilot.press("enter", "home", "down", "enter")
        await pilot.pause()
        assert app.said("ratio") == ""


async def test_the_menu_is_searched_by_typing_and_left_with_escape_or_tab() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        app.row("ratio").focus_editor()
        await pilot.press("enter", "1", "1", "escape")
        await pilot.pause()
        assert composer.inputs["ratio"] == "1280:720"
        await pilot.press("enter", "1", "1", "enter")
        await pilot.pause()
        assert composer.inputs["ratio"] == "1104:832"
        await pilot.press("enter")
        await pilot.pause()
        app.row("seed").focus_editor()
        await pilot.pause()
        assert not app.query(ChoiceMenu)
        assert app.focused is app.row("seed").editor


async def test_a_long_menu_opens_where_the_chosen_value_is() -> None:
    voices = [f"v{number}" for number in range(40)]
    entry = model({"voice": {"enum": voices, "default": "v30"}}, "voice")
    async with composing(entry) as (app, _, pilot):
        choice = app.row("voice").editor
        assert isinstance(choice, Choice)
        opening = asyncio.create_task(choice.action_open())
        while not opening.done():
            # As where the window has been scrolled: the menu is measured before it is laid out,
            # and hears of no size.
            app.screen._compositor._full_map_invalidated = True
            app.screen._compositor._visible_map = None
            await asyncio.sleep(0)
        await pilot.pause()
        assert re.search(r"v29 .*\n.*v30 ", app.screen_text)
        assert "v5 " not in app.screen_text


# -- booleans ---------------------------------------------------------------------------------


async def test_an_optional_boolean_is_true_false_or_out_of_the_request() -> None:
    async with composing(model({"sound": {"type": "boolean"}})) as (app, composer, pilot):
        assert composer.inputs == {}
        app.row("sound").focus_editor()
        for key, expected in (
            ("space", {"sound": True}),
            ("enter", {"sound": False}),
            ("delete", {}),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert composer.inputs == expected


async def test_a_boolean_that_must_be_there_cannot_be_unset() -> None:
    entry = model({"sound": {"type": "boolean", "default": False}}, "sound")
    async with composing(entry) as (app, composer, pilot):
        app.row("sound").focus_editor()
        await pilot.press("space", "delete")
        await pilot.pause()
        assert composer.inputs == {"sound": True}


# -- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "required", "words", "sent"),
    [
        ({"type": "string"}, False, "unset", {}),
        ({"type": "string", "default": ""}, False, "empty", {"x": ""}),
        ({"type": ["string", "null"], "default": None}, False, "null", {"x": None}),
        ({"type": "string", "default": ""}, True, "", {}),
        ({"type": "integer"}, False, "unset", {}),
        ({"type": ["integer", "null"], "default": None}, False, "null", {"x": None}),
        ({"type": "string", "title": "Lyrics", "default": ""}, False, "empty", {"x": ""}),
        ({}, True, "JSON", {}),
        ({}, False, "unset · JSON", {}),
    ],
)
async def test_an_empty_field_says_what_it_stands_for(
    node: dict[str, Any], required: bool, words: str, sent: dict[str, Any]
) -> None:
    async with composing(model({"x": node}, *(["x"] if required else []))) as (app, composer, _):
        assert app.row("x").editor.placeholder == words  # type: ignore[attr-defined]
        assert composer.inputs == sent


async def test_an_optional_text_that_was_emptied_stays_out_but_an_empty_one_given_is_sent() -> None:
    entry = model({"name": {"type": "string"}, "lyrics": {"type": "string", "default": ""}})
    async with composing(entry, {"name": ""}) as (app, composer, pilot):
        assert composer.inputs == {"name": ""}
        await type_into(app, pilot, "x", "name")
        await type_into(app, pilot, "", "name")
        assert composer.inputs == {"name": ""}
        await composer.show_model(entry)
        assert composer.inputs == {"lyrics": ""}
        await type_into(app, pilot, "x", "name")
        await type_into(app, pilot, "", "name")
        assert composer.inputs == {"lyrics": ""}


async def test_tab_leaves_a_text_and_enter_breaks_its_line() -> None:
    entry = model({"prompt": {"type": "string"}, "name": {"type": "string"}})
    async with composing(entry) as (app, composer, pilot):
        await type_into(app, pilot, "a\nb", "prompt")
        assert composer.inputs["prompt"] == "a\nb"
        await pilot.press("tab")
        assert app.focused is app.row("name").editor


async def test_arrows_go_through_the_fields_and_through_the_lines_of_a_text() -> None:
    entry = model(
        {"name": {"type": "string"}, "prompt": {"type": "string"}, "steps": {"type": "integer"}}
    )
    async with composing(entry, {"prompt": "a\nb"}) as (app, _, pilot):
        app.row("name").focus_editor()
        seen = []
        for key in ("down", "down", "down", "down", "up", "up", "up", "up"):
            await pilot.press(key)
            seen.append(next(n for n in ("name", "prompt", "steps") if app.row(n).has_focus_within))
        assert seen == ["prompt", "prompt", "steps", "steps", "prompt", "prompt", "name", "name"]


async def test_lines_pasted_into_a_field_of_one_line_are_joined_not_dropped() -> None:
    async with composing(model({"name": {"type": "string"}})) as (app, composer, pilot):
        await type_into(app, pilot, "x", "name")
        paste(app, "one\ntwo\r\n\nthree")
        await pilot.pause()
        assert composer.inputs == {"name": "xone two three"}


async def test_a_text_with_line_breaks_is_shown_with_them_and_not_changed() -> None:
    inputs = {"name": "two\r\nlines\u2028here\x0b"}
    async with composing(model({"name": {"type": "string"}}), inputs) as (_, composer, _pilot):
        assert composer.inputs == inputs


@pytest.mark.parametrize(
    ("url", "width", "shown"),
    [
        ("https://a.b/c.png", 30, "https://a.b/c.png"),
        ("https://storage.example/some/long/path/usecase1-1-input.png", 30, 30),
        ("no-url-but-a-long-text-all-the-same", 20, "no-url-but-a-long-text-all-the-same"),
        ("https://a.b/c.png", 8, "https://a.b/c.png"),
    ],
)
def test_a_long_url_is_shown_by_both_its_ends(url: str, width: int, shown: str | int) -> None:
    result = shortened(url, width)
    if isinstance(shown, str):
        assert result == shown
    else:
        assert len(result) == shown
        assert result.startswith("https://…")
        assert url.endswith(result.removeprefix("https://…"))


async def test_a_url_is_whole_while_it_is_edited() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        assert "https://…" in app.screen_text
        app.row("promptImage").focus_editor()
        await pilot.press("end", "backspace")
        await pilot.pause()
        assert "https://…" not in app.screen_text
        assert composer.inputs["promptImage"].endswith("usecase1-1-input.pn")


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
