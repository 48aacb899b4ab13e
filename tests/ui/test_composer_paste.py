from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.events import Paste
from textual.pilot import Pilot
from textual.widget import Widget

from runcomfy_tui.schema.paste import Paste as Request
from runcomfy_tui.schema.paste import Reference
from runcomfy_tui.ui.widgets.composer import Composer
from runcomfy_tui.ui.widgets.fields.json_view import JsonView
from runcomfy_tui.ui.widgets.fields.pasting import RequestInput, RequestPasted, RequestReferred
from tests.ui.composer_host import ALEPH, GEN_4, Host, composing, model, type_into

SEEDS = sorted((Path(__file__).parents[3] / "shared" / "seeds").glob("*.txt"))
CURL = f"""curl --request POST \\
  --url https://model-api.runcomfy.net/v1/models/{ALEPH.model_id} \\
  --header "Authorization: Bearer secret" \\
  --data '{{"prompt": "it rains", "video_url": "https://a.b/c.mp4"}}'"""
CURL_INPUTS = {"prompt": "it rains", "video_url": "https://a.b/c.mp4"}
BODY = '{"promptImage": "https://a.b/c.png", "seed": 7}'


class PastedHost(Host):
    """Remembers the requests that were pasted."""

    def __init__(self) -> None:
        super().__init__()
        self.pasted: list[Request] = []
        self.referred: list[Reference] = []

    def on_request_referred(self, event: RequestReferred) -> None:
        self.referred.append(event.reference)

    def on_composer_pasted(self, event: Composer.Pasted) -> None:
        self.pasted.append(event.paste)


@asynccontextmanager
async def pasting() -> AsyncIterator[tuple[PastedHost, Composer, Pilot[None]]]:
    app = PastedHost()
    async with app.run_test(size=(60, 40)) as pilot:
        await app.composer.show_model(GEN_4)
        await pilot.pause()
        yield app, app.composer, pilot


async def paste(app: App[None], pilot: Pilot[None], text: str, into: Widget | None = None) -> None:
    if into is not None:
        into.focus()
        await pilot.pause()
    app.post_message(Paste(text))
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (BODY, Request(None, json.loads(BODY))),
        (CURL, Request(ALEPH.model_id, {"prompt": "it rains", "video_url": "https://a.b/c.mp4"})),
        (
            CURL.replace("\n", "\r"),  # as a terminal sends it
            Request(ALEPH.model_id, {"prompt": "it rains", "video_url": "https://a.b/c.mp4"}),
        ),
    ],
)
async def test_a_request_pasted_onto_the_model_line_or_a_choice_is_told(
    text: str, request_: Request
) -> None:
    async with pasting() as (app, composer, pilot):
        before = composer.draft
        composer.focus_model()
        await paste(app, pilot, text)
        await paste(app, pilot, text, app.row("ratio").editor)
        assert app.pasted == [request_, request_]
        assert composer.draft == before
        await paste(app, pilot, "just a text")
        assert len(app.pasted) == 2


async def test_a_text_field_takes_json_as_its_text_and_a_curl_command_as_a_request() -> None:
    async with pasting() as (app, composer, pilot):
        for name in ("promptText", "promptImage"):
            before = composer.inputs
            await paste(app, pilot, CURL, app.row(name).editor)
            assert composer.inputs == before
        assert [each.model_id for each in app.pasted] == [ALEPH.model_id] * 2
        for text in (BODY, "curl is a program", f"Try this: {CURL}"):
            await type_into(app, pilot, text, "promptText")
            assert composer.inputs["promptText"] == text
        assert len(app.pasted) == 2


@pytest.mark.parametrize("text", [BODY, f"For example:\n{CURL}\nThen wait."])
@pytest.mark.parametrize("name", ["promptImage", "seed"])
async def test_what_can_be_no_url_or_number_is_taken_as_a_request(name: str, text: str) -> None:
    async with pasting() as (app, composer, pilot):
        before = composer.inputs
        row = app.row(name)
        await paste(app, pilot, text, row.editor)
        assert [request.inputs for request in app.pasted] in ([json.loads(BODY)], [CURL_INPUTS])
        assert composer.inputs == before
        link = f"https://model-api.runcomfy.net/v1/models/{ALEPH.model_id}"
        await paste(app, pilot, link, row.editor)
        assert link in str(row.read().value)
        assert len(app.pasted) == 1


@pytest.mark.parametrize(
    "dropped",
    ["'/pictures/my boat.png'", "/pictures/my\\ boat.png ", "file:///pictures/my%20boat.png"],
)
async def test_a_file_dropped_on_a_field_for_one_is_its_path(dropped: str) -> None:
    async with pasting() as (app, composer, pilot):
        await composer.show_model(model({"image_url": {"type": "string"}}))
        await pilot.pause()
        await paste(app, pilot, dropped, app.row("image_url").editor)
        assert composer.inputs == {"image_url": "/pictures/my boat.png"}
        assert not app.pasted


async def test_json_pasted_into_the_whole_text_replaces_it_or_becomes_a_part_of_it() -> None:
    async with pasting() as (app, composer, pilot):
        await composer.switch_view()
        area = composer.query_one(JsonView).area
        await paste(app, pilot, BODY)
        await paste(app, pilot, CURL)
        assert [each.model_id for each in app.pasted] == [None, ALEPH.model_id]
        area.text = '{"size": }'
        area.move_cursor((0, 9))
        await paste(app, pilot, '{"w": 1}')
        assert composer.inputs == {"size": {"w": 1}}
        await paste(app, pilot, '"more": 1')
        assert '"more": 1' in area.text
        assert len(app.pasted) == 2


@pytest.mark.parametrize("text", ["01a21af33be672e4967b93", "/tmp/kite.png", "'/tmp/a kite.png'"])
async def test_what_leads_to_a_job_is_told_from_the_json_unless_it_can_be_a_part_of_it(
    text: str,
) -> None:
    async with pasting() as (app, composer, pilot):
        await composer.switch_view()
        await pilot.pause()
        area = composer.query_one(JsonView).area
        for written, at, is_told in (
            (BODY, (0, 0), True),
            ("", (0, 0), True),
            ('{"promptText": ""}', (0, 16), False),
            ('{"promptText": "', (0, 16), False),
        ):
            area.text = written
            area.move_cursor(at)
            app.referred.clear()
            await paste(app, pilot, text, area)
            assert bool(app.referred) is is_told
            assert (area.text == written) is is_told


async def test_an_input_for_something_else_tells_of_a_request_and_takes_a_link_as_text() -> None:
    class Picker(App[None]):
        def __init__(self) -> None:
            super().__init__()
            self.requests: list[Request] = []

        def compose(self) -> ComposeResult:
            yield RequestInput()

        def on_request_pasted(self, event: RequestPasted) -> None:
            self.requests.append(event.paste)

    app = Picker()
    async with app.run_test() as pilot:
        box = app.query_one(RequestInput)
        for text in (CURL, BODY):
            await paste(app, pilot, text, box)
        assert [each.model_id for each in app.requests] == [ALEPH.model_id, None]
        assert box.value == ""
        link = f"https://model-api.runcomfy.net/v1/models/{ALEPH.model_id}"
        await paste(app, pilot, link)
        assert box.value == link
        assert len(app.requests) == 2


async def test_a_request_can_be_shown_as_json_at_once() -> None:
    entry = model({"a": {"type": "string"}})
    async with composing(GEN_4) as (app, composer, pilot):
        await composer.show_model(entry, {"a": 5, "b": 1}, as_json=True)
        await pilot.pause()
        assert json.loads(composer.query_one(JsonView).text) == {"a": 5, "b": 1}
        assert app.verdict == "1 field needs attention"


@pytest.mark.skipif(not SEEDS, reason="the user's documents are not kept with the program")
@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
async def test_a_whole_page_pasted_names_its_model_and_inputs(seed: Path) -> None:
    page = seed.read_text()  # noqa: ASYNC240 - a small file of this machine
    pasted = await pasted_both_ways(page)
    assert pasted.model_id in (GEN_4.model_id, ALEPH.model_id)
    assert pasted.inputs


async def test_a_page_that_says_more_than_its_command_names_its_model_and_inputs() -> None:
    page = f"Send a job:\n{CURL}Then ask for it:\ncurl https://a.b/v1/requests/1/status\nand wait."
    assert await pasted_both_ways(page) == Request(ALEPH.model_id, CURL_INPUTS)


async def pasted_both_ways(page: str) -> Request:
    """The request that a page is, pasted on the model's line and, with a terminal's line ends,
    into the JSON."""
    async with pasting() as (app, composer, pilot):
        composer.focus_model()
        await paste(app, pilot, page)
        await composer.switch_view()
        await paste(app, pilot, page.replace("\n", "\r"))
        assert len(app.pasted) == 2
        assert app.pasted[0] == app.pasted[1]
        return app.pasted[0]
