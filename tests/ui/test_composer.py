from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from textual.geometry import Region
from textual.widgets import Input, TextArea

from runcomfy_tui.jobs import FieldProblem, ModelEntry
from runcomfy_tui.ui.widgets.fields.choice import Choice
from runcomfy_tui.ui.widgets.fields.fold import Fold
from tests.ui.composer_host import ALEPH, EVIL, GEN_4, composing, judged, model, type_into

ANY = {"type": "string"}


def exactly(value: Any) -> str:
    """A value as it would be sent, so that 5 and 5.0 and true are told apart."""
    return json.dumps(value, sort_keys=True)


async def test_the_first_model_can_be_submitted_as_it_stands() -> None:
    async with composing(GEN_4) as (app, composer, _):
        assert app.verdict == "F5 submit"
        assert composer.problems == ()
        inputs = composer.attempt()
        assert inputs is not None
        assert exactly(inputs) == exactly(
            {
                name: told["default"]
                for name, told in (GEN_4.input_schema or {})["properties"].items()
            }
        )


async def test_the_model_its_name_and_its_base_price_stand_above_the_form() -> None:
    async with composing(GEN_4, size=(80, 24)) as (app, _, _pilot):
        lines = app.screen_text.splitlines()
        assert "New job" in lines[0]
        assert "runwayml/runway-gen-4/turbo/image-to-video" in lines[1]
        assert "base price $0.05/second" in lines[2]


async def test_before_a_model_is_chosen_the_pane_is_calm_and_submits_nothing() -> None:
    async with composing() as (app, composer, _):
        assert "The form appears" in app.screen_text
        assert composer.attempt() is None
        assert (composer.inputs, composer.problems, composer.draft) == ({}, (), {})


def test_importing_the_composer_brings_in_no_editor_and_no_judge() -> None:
    code = (
        "import sys, runcomfy_tui.ui.widgets.composer\n"
        "heavy = {'textual.widgets._text_area', 'jsonschema', 'runcomfy_tui.schema.judge',"
        " 'runcomfy_tui.ui.widgets.fields.form', 'runcomfy_tui.ui.widgets.fields.row'}\n"
        "print(*sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")


async def test_a_form_asked_for_before_the_pane_is_mounted_is_shown_with_it() -> None:
    async with composing() as (app, composer, pilot):
        other = type(composer)(id="other")
        await other.show_model(ALEPH)
        assert other.inputs == {"ratio": "1280:720"}
        await app.mount(other)
        await pilot.pause()
        assert "runway-aleph" in app.screen_text


async def test_what_is_typed_is_in_the_inputs_and_told_to_whoever_keeps_it() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await type_into(app, pilot, "A boat", "promptText")
        await type_into(app, pilot, "7", "seed")
        assert composer.inputs["promptText"] == "A boat"
        assert exactly(composer.inputs["seed"]) == "7"
        last = app.changes[-1]
        assert last.model_id == GEN_4.model_id
        assert last.inputs == composer.inputs
        assert last.draft == composer.draft
        assert len(app.changes) >= len("A boat") + len("7")


async def test_the_focus_that_has_just_gone_on_is_not_called_back() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        app.row("promptImage").focus_editor()
        await pilot.pause()
        app.screen.set_focus(app.row("seed").editor)  # the form has not heard of it yet
        composer.focus_form()
        assert app.focused is app.row("seed").editor
        await pilot.pause()
        assert app.focused is app.row("seed").editor


async def test_building_a_form_is_no_edit() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await composer.restore(composer.draft)
        await judged(app, pilot)
        assert app.changes == []


async def test_a_text_is_counted_and_one_too_long_is_said_to_be() -> None:
    async with composing(model({"prompt": {"type": "string", "maxLength": 5}})) as (app, _, pilot):
        row = app.row("prompt")
        await type_into(app, pilot, "hello", "prompt")
        assert row.aside == "5/5"
        assert app.said("prompt") == ""
        within = row.aside_style()
        await pilot.press("!")
        await pilot.pause()
        assert row.aside == "6/5"
        assert row.aside_style() != within
        assert app.said("prompt") == "at most 5 characters (6 now)"
        assert app.verdict == "1 field needs attention"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("seed", "abc", "must be a whole number"),
        ("seed", "4294967296", "must be between 0 and 4294967295"),
        ("seed", "1.5", "must be a whole number"),
        ("promptImage", "picture.png", "not a URL: must begin with https://"),
        ("promptImage", "http://a.b/c.png", "must begin with https://, not http://"),
    ],
)
async def test_a_bad_value_stays_as_typed_says_why_and_blocks(
    field: str, typed: str, words: str
) -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await type_into(app, pilot, typed, field)
        assert app.said(field) == words
        assert FieldProblem((field,), words) in composer.problems
        assert composer.attempt() is None
        assert str(composer.inputs[field]) == typed


async def test_an_empty_required_field_is_silent_until_it_is_left() -> None:
    async with composing(ALEPH) as (app, _, pilot):
        assert app.verdict == "2 fields to fill in"
        assert app.said("video_url") == ""
        app.row("video_url").focus_editor()
        await pilot.pause()
        assert app.said("video_url") == ""
        await pilot.press("tab")
        await pilot.pause()
        assert app.said("video_url") == "required"
        assert app.said("prompt") == ""


async def test_an_attempt_shows_everything_and_goes_to_the_first_fault() -> None:
    async with composing(ALEPH) as (app, composer, pilot):
        assert composer.attempt() is None
        await pilot.pause()
        assert app.said("video_url") == app.said("prompt") == "required"
        assert app.focused is app.row("video_url").editor
        assert app.verdict == "2 fields need attention"
        await type_into(app, pilot, "https://a.b/c.mp4", "video_url")
        await type_into(app, pilot, "rain", "prompt")
        assert app.verdict == "F5 submit"
        assert composer.attempt() == {
            "video_url": "https://a.b/c.mp4",
            "prompt": "rain",
            "ratio": "1280:720",
        }


async def test_an_attempt_unfolds_what_is_at_fault() -> None:
    many = {f"n{index}": {"type": "integer", "default": index} for index in range(12)}
    entry = model({"name": ANY, **many}, "name")
    async with composing(entry, size=(46, 16)) as (app, composer, pilot):
        await type_into(app, pilot, "x", "name")
        fold = app.query_one(Fold)
        assert not fold.opened
        composer.show_refusal([FieldProblem(("n7",), "too many")], "")
        await pilot.pause()
        assert fold.opened
        assert app.focused is app.row("n7").editor
        assert app.said("n7") == "too many"
        await pilot.pause()
        assert "too many" in app.screen_text


async def test_many_optional_fields_are_folded_away_and_sent_all_the_same() -> None:
    many = {f"n{index}": {"type": "integer", "default": index} for index in range(9)}
    async with composing(model({"name": ANY, **many}, "name")) as (app, composer, pilot):
        assert "▸ more (9)" in app.screen_text
        assert composer.inputs == {f"n{index}": index for index in range(9)}
        await pilot.press("tab", "tab", "enter")
        await pilot.pause()
        assert "▾ fewer" in app.screen_text
        assert [line for line in app.screen_text.splitlines() if "N8" in line]
    async with composing(model({"name": ANY, **many}, "name"), {"n3": 4}) as (app, _, _pilot):
        assert app.query_one(Fold).opened, "what is not as the schema has it must be seen"


async def test_the_servers_words_stand_at_their_field_until_it_is_edited() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        refusal = [
            FieldProblem(("promptImage",), f"unreachable {EVIL}"),
            FieldProblem(("nobody", 0), "what is this"),
        ]
        composer.show_refusal(refusal, "RunComfy refused it")
        await pilot.pause()
        assert app.said("promptImage") == "unreachable [/foo] [red]x `$0.040` ␛[31m"
        assert app.focused is app.row("promptImage").editor
        assert "RunComfy refused it" in app.screen_text
        assert "nobody.0: what is this" in app.screen_text
        assert app.verdict == "refused by RunComfy · F5 submits again"
        await type_into(app, pilot, "2", "seed")
        assert "unreachable" in app.said("promptImage")
        assert "RunComfy refused it" not in app.screen_text
        await type_into(app, pilot, "https://a.b/d.png", "promptImage")
        assert app.said("promptImage") == ""
        assert composer.attempt() is not None


async def test_a_refusal_keeps_nobody_from_submitting_the_same_again() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        composer.show_refusal([FieldProblem(("seed",), "bad luck")], "")
        assert composer.attempt() == composer.inputs
        await pilot.pause()
        assert app.said("seed") == ""


async def test_what_concerns_the_whole_is_said_above_the_form_once_a_submit_was_tried() -> None:
    either = model({"a": ANY, "b": ANY}, anyOf=[{"required": ["a"]}, {"required": ["b"]}])
    async with composing(either) as (app, composer, pilot):
        assert "needs one of" not in app.screen_text
        assert app.verdict == "not ready yet · F5 says why"
        assert composer.attempt() is None
        await pilot.pause()
        assert "needs one of: a, b" in app.screen_text
        await type_into(app, pilot, "x", "b")
        assert "needs one of" not in app.screen_text
        assert composer.attempt() == {"b": "x"}


async def test_a_note_about_a_file_stands_under_its_url_until_that_is_edited() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        composer.note(("promptImage",), "1280×720 · 2.1 MB · ok", "ok")
        await pilot.pause()
        assert app.said("promptImage") == "1280×720 · 2.1 MB · ok"
        composer.note(("promptImage",), EVIL, "warning")
        await pilot.pause()
        assert app.said("promptImage") == "[/foo] [red]x `$0.040` ␛[31m"
        await type_into(app, pilot, "https://a.b/c.png", "promptImage")
        assert app.said("promptImage") == ""


async def test_the_focused_field_is_explained() -> None:
    async with composing(GEN_4) as (app, _, pilot):
        app.row("seed").focus_editor()
        await pilot.pause()
        assert (
            " ".join(app.help_text.split())
            == "seed · whole number · 0 to 4294967295 · default 936116745"
        )
        app.row("promptImage").focus_editor()
        await pilot.pause()
        assert "under 16 MB" in app.help_text
        assert "aspect ratio between 1:2 and 2:1" in " ".join(app.help_text.split())


async def test_a_field_of_an_item_that_was_added_is_explained_in_full() -> None:
    path = {"type": "string", "description": "Where the weights lie [civitai]"}
    items = {"type": "object", "properties": {"path": path}}
    async with composing(model({"loras": {"type": "array", "items": items}})) as (app, _, pilot):
        await app.row("loras").add(0, [{"value": {}}])  # type: ignore[attr-defined]
        await pilot.pause()
        app.row("loras", 0, "path").focus_editor()
        await pilot.pause()
        told = " ".join(app.help_text.split())
        assert told == "path · text · optional Where the weights lie [civitai]"


async def test_titles_inside_groups_and_items_are_written_out() -> None:
    inner = {"duration": {"type": "integer"}, "名前の値": {"type": "string"}}
    group = {"type": "object", "properties": inner, "required": ["duration", "名前の値"]}
    entry = model({"group": group, "scenes": {"type": "array", "items": group}}, "group")
    async with composing(entry) as (app, _, pilot):
        await app.row("scenes").add(0, [{"value": {}}])  # type: ignore[attr-defined]
        await pilot.pause()
        assert app.screen_text.count("Duration *") == 2
        assert app.screen_text.count("名前の値 *") == 2


async def test_a_model_whose_inputs_are_not_known_says_that_nothing_is_checked() -> None:
    async with composing(ModelEntry("vendor/unheard-of")) as (app, composer, pilot):
        composer.focus_form()
        await pilot.pause()
        assert "nothing is checked" in " ".join(app.help_text.split())


async def test_the_model_line_asks_for_another_model() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        composer.query_one("ModelLine").focus()
        await pilot.press("enter")
        await pilot.click("ModelLine")
        await pilot.pause()
        assert app.wanted == 2


async def test_the_cursor_comes_back_to_the_field_that_it_left() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        composer.focus_form()
        await pilot.pause()
        assert app.focused is app.row("promptText").editor
        app.row("seed").focus_editor()
        await pilot.pause()
        composer.focus_model()
        await pilot.pause()
        composer.focus_form()
        await pilot.pause()
        assert app.focused is app.row("seed").editor


async def test_another_model_replaces_the_form() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        composer.show_model(ALEPH)
        composer.show_model(GEN_4)
        await composer.show_model(ALEPH)
        await pilot.pause()
        assert len(app.query("FormView")) == 1
        assert "Video URL" in app.screen_text
        assert "Seed" not in app.screen_text


WEIRD = model(
    {
        EVIL: {"type": "string", "title": EVIL, "description": EVIL, "maxLength": 300},
        "pick": {"enum": [EVIL, "b"], "title": EVIL, "default": EVIL, "description": EVIL},
        "file": {"type": "string", "format": "image_uri", "title": EVIL},
        "rows": {"type": "array", "items": ANY, "title": EVIL},
        "group": {"type": "object", "properties": {EVIL: ANY}, "title": EVIL},
        "any": {"title": EVIL, "examples": [EVIL]},
    }
)
WEIRD_INPUTS = {
    EVIL: EVIL,
    "pick": EVIL,
    "file": EVIL,
    "rows": [EVIL],
    "group": {EVIL: EVIL},
    "any": {EVIL: [EVIL]},
    f"more {EVIL}": EVIL,
}


async def test_nothing_from_outside_is_ever_markup_or_a_terminal_code() -> None:
    entry = ModelEntry(
        EVIL, EVIL, base_price_usd=0.04, price_unit=EVIL, input_schema=WEIRD.input_schema
    )
    async with composing(entry, WEIRD_INPUTS, size=(100, 60)) as (app, composer, pilot):
        assert composer.inputs == WEIRD_INPUTS
        composer.show_refusal([FieldProblem((EVIL,), EVIL)], EVIL)
        for _ in range(len(app.screen.focus_chain)):
            await pilot.press("tab")
            assert "\x1b" not in app.screen_text
        app.query_one(Choice).focus()
        await pilot.press("enter")
        await pilot.pause()
        text = app.screen_text
        assert "\x1b" not in text
        assert text.count("[/foo] [red]x `$0.040` ␛[31m") >= 10
        assert composer.inputs == WEIRD_INPUTS


async def test_nothing_in_the_form_blinks() -> None:
    async with composing(WEIRD, WEIRD_INPUTS) as (app, _, _pilot):
        editors = [*app.query(Input), *app.query(TextArea)]
        assert len(editors) > 4
        assert not any(editor.cursor_blink for editor in editors)


async def test_a_keystroke_in_a_line_paints_that_line_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with composing(GEN_4) as (app, _, pilot):
        await type_into(app, pilot, "12", "seed")
        painted: list[Region] = []
        compositor = app.screen._compositor
        render = type(compositor).render_partial_update

        def remember(self: Any) -> Any:
            painted.extend(self._dirty_regions)
            return render(self)

        monkeypatch.setattr(type(compositor), "render_partial_update", remember)
        await pilot.press("3")
        await pilot.pause()
        assert set(painted) == {app.row("seed").editor.region}
