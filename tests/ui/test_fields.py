"""Fields of one value: how each is edited, and what it then sends."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from runcomfy_tui.ui.widgets.fields.choice import Choice
from runcomfy_tui.ui.widgets.fields.choice_menu import ChoiceMenu
from runcomfy_tui.ui.widgets.fields.media import shortened
from tests.ui.composer_host import GEN_4, composing, model, paste, shown_text, type_into

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
    values = [5, "5", None, True, 2.5, "", " ", {"w": 1}]
    async with composing(model({"pick": {"enum": values}})) as (app, composer, pilot):
        choice = app.query_one(Choice)
        for index, value in enumerate(values):
            choice.focus()
            await pilot.press("enter", "home", *(["down"] * (index + 1)), "enter")
            await pilot.pause()
            assert json.dumps(composer.inputs["pick"]) == json.dumps(value)
        assert choice._labels == ("5", '"5"', "null", "true", "2.5", "", '" "', '{"w": 1}')


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
    async with composing(GEN_4, {"ratio": "21:9"}) as (app, composer, pilot):
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
