from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.ui.widgets.composer import Composer
from runcomfy_tui.ui.widgets.fields.drafts import draft_of_edited, draft_of_inputs
from runcomfy_tui.ui.widgets.fields.form import FormView
from runcomfy_tui.ui.widgets.fields.json_view import JsonView
from tests.ui.composer_host import ALEPH, EVIL, GEN_4, Host, composing, judged, model, type_into
from tests.ui.test_composer_drafts import EVERY_KIND, INPUTS, exactly


def view_of(composer: Composer) -> JsonView:
    return composer.query_one(JsonView)


def words_below(composer: Composer) -> str:
    notes = composer.query(".json--words")
    return "\n".join(str(note.render()) for note in notes if note.display)


async def rewrite(app: Host, pilot: Any, text: str) -> None:
    area = view_of(app.composer).area
    area.replace(text, (0, 0), area.document.end)
    await pilot.pause()


async def test_the_whole_request_is_shown_edited_and_shown_as_a_form_again() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        before = composer.inputs
        await composer.switch_view()
        await pilot.pause()
        assert composer.is_json
        assert app.focused is view_of(composer).area
        assert json.loads(view_of(composer).text) == before
        assert list(json.loads(view_of(composer).text)) == list(before)
        edited = {**before, "seed": 5, "new": [1, 2.0], "ratio": "960:960"}
        del edited["promptText"]
        await rewrite(app, pilot, json.dumps(edited))
        assert exactly(composer.attempt()) == exactly(edited)
        await composer.switch_view()
        await judged(app, pilot)
        assert not composer.is_json
        assert exactly(composer.attempt()) == exactly(edited)
        assert app.row("seed").read().value == 5
        assert "Other inputs" in app.screen_text


async def test_what_is_wrong_is_listed_and_keeps_it_from_being_submitted() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await composer.switch_view()
        await rewrite(app, pilot, '{"seed": -1,\n "ratio": "1:1", "promptImage": "x"}')
        said = words_below(composer)
        assert [line.split(":")[0] for line in said.splitlines()] == [
            "promptImage",
            "ratio",
            "seed",
        ]
        assert app.verdict == "3 fields need attention"
        assert composer.attempt() is None
        assert view_of(composer).area.cursor_location[0] == 1
        assert {problem.path for problem in composer.problems} == {
            ("seed",),
            ("ratio",),
            ("promptImage",),
        }


async def test_a_text_that_is_no_json_stays_and_says_where_it_stops_being_json() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await composer.switch_view()
        broken = '{\n  "seed": 1,\n  "ratio" "x"\n}'
        await rewrite(app, pilot, broken)
        assert "line 3, column 11" in words_below(composer)
        assert composer.attempt() is None
        assert view_of(composer).area.cursor_location == (2, 10)
        await composer.switch_view()
        await pilot.pause()
        assert composer.is_json
        assert view_of(composer).text == broken
        assert "Mend the JSON first" in next(each.message for each in app._notifications)
        await rewrite(app, pilot, "[1]")
        assert "must be a JSON object" in words_below(composer)
        await composer.switch_view()
        assert composer.is_json


async def test_a_name_that_is_given_twice_is_refused_instead_of_losing_one_of_the_values() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await composer.switch_view()
        await rewrite(app, pilot, '{"seed": 1, "seed": 2}')
        assert 'names "seed" twice' in words_below(composer)
        await composer.switch_view()
        assert composer.is_json


async def test_what_was_not_edited_stays_in_the_form_as_it_was_typed() -> None:
    entry = model(
        {
            "seed": {"type": "integer"},
            "size": {"anyOf": [{"type": "string"}, {"type": "object"}]},
            "note": {"type": "string"},
        }
    )
    async with composing(entry, {"size": {"w": 1}}) as (app, composer, pilot):
        await type_into(app, pilot, "12x", "seed")
        await type_into(app, pilot, '{"w": ', "size")
        form = composer._form
        await composer.switch_view()
        await pilot.pause()
        assert composer.attempt() is None
        assert words_below(composer).startswith("seed: must be a whole number\nsize: not JSON")
        await composer.switch_view()
        assert composer._form is form
        await composer.switch_view()
        await rewrite(app, pilot, '{"seed": "12x", "size": "{\\"w\\": ", "note": "n"}')
        assert composer.attempt() is None
        await composer.switch_view()
        await judged(app, pilot)
        assert app.said("seed") == "must be a whole number"
        assert app.said("size").startswith("not JSON")
        assert app.row("note").read().value == "n"


async def test_other_inputs_that_are_no_json_must_be_mended_before_the_whole_can_be_shown() -> None:
    async with composing(model({"a": {"type": "string"}}), {"b": 1}) as (app, composer, pilot):
        await type_into(app, pilot, "{,", "")
        await composer.switch_view()
        await pilot.pause()
        assert not composer.is_json
        assert app.row("").editor is app.focused
        assert composer.draft["others"] == {"json": "{,"}


async def test_a_draft_keeps_the_view_and_its_text_and_the_form_behind_it() -> None:
    async with composing(GEN_4) as (app, composer, pilot):
        await type_into(app, pilot, "12x", "seed")
        await composer.switch_view()
        await rewrite(app, pilot, '{"seed": "12x", ')
        kept = json.loads(json.dumps(composer.draft))
        assert app.changes[-1].draft == kept
        await composer.show_model(ALEPH)
        assert not composer.is_json
        await composer.show_model(GEN_4, draft=kept)
        await judged(app, pilot)
        assert composer.is_json
        assert view_of(composer).text == '{"seed": "12x", '
        assert composer.draft == kept
        await rewrite(app, pilot, '{"seed": "12x"}')
        await composer.switch_view()
        await judged(app, pilot)
        assert app.said("seed") == "must be a whole number"
        assert composer.inputs == {"seed": "12x"}
        assert "json" not in composer.draft


async def test_the_server_s_words_stand_below_the_text_until_it_is_edited() -> None:
    async with composing(GEN_4, size=(46, 24)) as (app, composer, pilot):
        await composer.switch_view()
        composer.show_refusal([FieldProblem(("seed",), f"odd {EVIL}")], "")
        await pilot.pause()
        assert "seed: odd [/foo] [red]x `$0.040`" in words_below(composer)
        assert app.verdict == "refused by RunComfy · F5 submits again"
        composer.note(("promptImage",), "16.2 MB · too large", "warning")
        assert "promptImage: 16.2 MB" in words_below(composer)
        await rewrite(app, pilot, '{"promptImage": "https://a.b/c.png"}')
        assert words_below(composer) == ""
        assert app.verdict == "F5 submit"


async def test_a_text_of_many_lines_scrolls_and_its_errors_stay_in_sight() -> None:
    properties = {f"number_{index}": {"type": "integer"} for index in range(40)}
    async with composing(model(properties), size=(46, 24)) as (app, composer, pilot):
        await composer.switch_view()
        await rewrite(app, pilot, json.dumps(dict.fromkeys(properties, "x"), indent=1))
        await pilot.pause()
        assert "number_0: " in app.screen_text
        assert "… and 32 more" in words_below(composer)
        assert '"number_39"' in app.screen_text
        assert "40 fields need attention" in app.screen_text


async def test_a_model_of_which_nothing_is_known_can_be_written_as_a_whole() -> None:
    async with composing(model({})) as (app, composer, pilot):
        await composer.switch_view()
        await rewrite(app, pilot, "")
        assert composer.attempt() == {}
        await rewrite(app, pilot, '{"prompt": "x"}')
        await composer.switch_view()
        assert composer.inputs == {"prompt": "x"}


async def test_any_inputs_edited_into_any_others_send_exactly_those() -> None:
    form = read_form({"type": "object", "properties": EVERY_KIND})

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(INPUTS, INPUTS)
    def sends_the_others(before: dict[str, Any], after: dict[str, Any]) -> None:
        view = FormView(form, draft_of_inputs(form, before))
        text = JsonView(form, view.read())
        assert exactly(text.read().value) == exactly(before)
        assert text.problems() == view.problems() or "" in before
        again = FormView(form, draft_of_edited(form, view.draft, view.read().value, after))
        assert exactly(again.read().value) == exactly(after)

    async with composing():
        sends_the_others()
