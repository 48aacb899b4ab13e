"""The picker: type, enter; with the server, without it, and with a server that is no help."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable
from pathlib import Path
from statistics import median

import pytest
from textual.events import Paste

from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.models import Models
from runcomfy_tui.history.catalog import CachedCatalog, CatalogStore
from runcomfy_tui.history.drafts import DraftStore
from runcomfy_tui.job_json import job_as_json
from runcomfy_tui.jobs import ModelEntry, Status, new_job
from runcomfy_tui.schema.sidecars import MARK
from runcomfy_tui.ui.screens.models import catalog_age
from tests.engine.catalog_server import CatalogServer, entries, entry
from tests.terminal import past_jobs
from tests.ui.composer_host import EVIL
from tests.ui.model_picker import window

DEAD = "http://127.0.0.1:9/v1"
KLING = entry(
    "kling/kling-3.0/standard/text-to-video",
    "prompt",
    display_name="Kling 3.0",
    description="Native audio, multi-shot [beta].",
    categories=["text-to-video"],
    base_price_usd=0.084,
    price_unit="second",
    pricing_note="Audio doubles it.",
    model_url="https://www.runcomfy.com/models/kling",
)


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_model_of_the_live_catalog_is_typed_and_taken(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with (
        CatalogServer([*entries(383), KLING]) as server,
        window(server.base, tmp_path, size=size) as shown,
    ):
        await shown.open()
        assert "catalog of 384 models, under a minute old" in shown.text
        assert re.search(r" model +base price", shown.text)
        await shown.type("klng3 multi")
        (row,) = shown.rows
        assert row.split() == [KLING["model_id"], "$0.0840/second"]
        for fact in ("Kling 3.0", "base price $0.0840/second", "Audio doubles it.", "[beta]"):
            assert fact in shown.text
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == KLING["model_id"], "for the form")
        assert not shown.is_open
        assert server.of("POST") == []


async def test_enter_waits_for_a_catalog_that_is_on_its_way(tmp_path: Path) -> None:
    async with CatalogServer([KLING]) as server:
        may_answer = asyncio.Event()
        server.before_page = may_answer.wait
        async with window(server.base, tmp_path) as shown:
            await shown.press("f2")
            await shown.type("kling")
            await shown.press("enter")
            await shown.until(lambda: "Reading the catalog" in shown.text)
            may_answer.set()
            await shown.until(lambda: shown.model_id == KLING["model_id"], "for the form")
        assert server.models_asked == []


async def test_an_unknown_model_is_said_so_and_enter_again_uses_it_with_plain_json(
    tmp_path: Path,
) -> None:
    async with CatalogServer(entries(20)) as server, window(server.base, tmp_path) as shown:
        before = shown.model_id
        await shown.open()
        await shown.type("no-such/model")
        await shown.press("enter")
        await shown.until(lambda: "RunComfy has no model called no-such/model" in shown.text)
        assert "enter again uses it with plain JSON" in shown.text
        assert shown.is_open
        assert shown.model_id == before
        await shown.type("s")
        assert "plain JSON" not in shown.text
        await shown.press("enter")
        await shown.until(lambda: "no model called no-such/models" in shown.text)
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == "no-such/models", "for the form")
        await shown.until(lambda: "unset · JSON" in shown.text, "for the JSON field")
        assert server.of("POST") == []


async def test_a_typed_id_can_be_taken_though_it_fits_a_listed_one(tmp_path: Path) -> None:
    async with (
        CatalogServer([entry("a/b/c", "prompt")]) as server,
        window(server.base, tmp_path) as shown,
    ):
        await shown.open()
        await shown.type("a/b")
        assert [row.split()[0] for row in shown.rows] == ["a/b/c", "use"]
        server.entries.append(entry("a/b", "prompt"))
        await shown.press("up", "enter")
        await shown.until(lambda: shown.model_id == "a/b", "for the form")


async def test_what_is_left_of_a_job_gives_its_form_back(tmp_path: Path) -> None:
    made = new_job("a/b", {"prompt": "a kite"}, now=1.8e9).but(
        status=Status.COMPLETED, request_id="request-0123"
    )
    ledger, sidecar = tmp_path / "data", tmp_path / "a kite.png.json"
    past_jobs.write(ledger, made, made.but(id="0" * 22, request_id="request-4567", adopted=True))
    sidecar.write_text(json.dumps({**MARK, "model_id": "a/c", "inputs": {"prompt": "a boat"}}))
    listed = [entry("a/b", "prompt"), entry("a/c", "prompt")]
    async with CatalogServer(listed) as server, window(server.base, ledger) as shown:
        await shown.open()
        await shown.type("request-0123")
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == "a/b", "for the job's form")
        await shown.until(lambda: "a kite" in shown.text)
        await shown.open()
        shown.app.post_message(Paste(f"'{sidecar}'"))
        await shown.until(lambda: shown.model_id == "a/c", "for the sidecar's form")
        await shown.until(lambda: "a boat" in shown.text)
        await shown.open()
        shown.app.post_message(Paste(str(tmp_path / "nothing.png")))
        await shown.until(lambda: "There is no sidecar of a job at" in shown.text)
        await shown.type("request-4567")
        await shown.press("enter")
        await shown.until(lambda: "its inputs are not known" in shown.text)
        await shown.type("8")
        await shown.press("enter")
        await shown.until(lambda: "RunComfy has no model called request-45678" in shown.text)
        assert shown.is_open


async def test_a_sidecar_whose_inputs_nobody_knows_leaves_the_form_as_it_was(
    tmp_path: Path,
) -> None:
    told = {**MARK, **job_as_json(transitions.adopted("request-1"))}
    async with window(DEAD, tmp_path) as shown:
        before = shown.app._main.composer.inputs
        assert before
        await shown.open_offline()
        shown.app.post_message(Paste(json.dumps(told)))
        await shown.until(lambda: not shown.is_open)
        await shown.until(
            lambda: any("not known" in each.message for each in shown.app._notifications)
        )
        assert shown.app._main.composer.inputs == before


async def test_a_model_is_used_at_once_when_the_server_cannot_be_reached(tmp_path: Path) -> None:
    async with window(DEAD, tmp_path) as shown:
        await shown.open_offline()
        assert "Only the built-in models are listed." in shown.text
        assert len(shown.rows) == 2
        await shown.type("some/model")
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == "some/model", "for the form")


async def test_who_does_not_want_to_wait_for_the_fields_need_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runcomfy_tui.ui.screens.models.PATIENCE", 0.05)
    async with CatalogServer() as server, window(server.base, tmp_path) as shown:
        server.before_model = asyncio.Event().wait
        await shown.open()
        await shown.type("slow/model")
        await shown.press("enter")
        await shown.until(lambda: "No answer yet: enter again" in shown.text)
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == "slow/model", "for the form")


async def test_the_catalog_of_last_time_is_there_offline_and_its_age_is_told(
    tmp_path: Path,
) -> None:
    listed = tuple(
        ModelEntry(f"v/m-{number}", input_schema={"properties": {"prompt": {"type": "string"}}})
        for number in range(384)
    )
    at = time.time() - 2.5 * 3600
    CatalogStore(tmp_path).save(CachedCatalog(listed, listed_at=at, total=384, origin=DEAD))
    async with window(DEAD, tmp_path) as shown:
        await shown.open_offline()
        assert "catalog of 384 models, 2 h old" in shown.text
        await shown.type("m-77")
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == "v/m-77", "for the form")
        assert shown.app._main.composer.entry == listed[77]


async def test_the_form_of_last_time_is_there_at_a_start_without_the_server(
    tmp_path: Path,
) -> None:
    schema = {"properties": {"mood": {"type": "string", "title": "Mood"}}}
    listed = (ModelEntry("v/moody", input_schema=schema),)
    CatalogStore(tmp_path).save(CachedCatalog(listed, listed_at=1.0, total=1, origin=DEAD))
    DraftStore(tmp_path).save("v/moody", {})
    async with window(DEAD, tmp_path) as shown:
        await shown.until(lambda: shown.model_id == "v/moody", "for the form")
        await shown.until(lambda: "Mood" in shown.text, "for its field")
        assert "could not be reached" not in shown.text


async def test_a_stale_catalog_is_read_anew_when_the_picker_opens_and_a_fresh_one_by_a_key(
    tmp_path: Path,
) -> None:
    async with CatalogServer(entries(3)) as server:
        old = CachedCatalog((ModelEntry("old/model"),), listed_at=1.0, total=1, origin=server.base)
        CatalogStore(tmp_path).save(old)
        async with window(server.base, tmp_path) as shown:
            await shown.open()
            assert "catalog of 3 models" in shown.text
            assert "old/model" not in shown.text
            await shown.press("escape")
            await shown.open()
            assert len(server.pages) == 1
            server.entries = entries(5)
            await shown.type("model-4")
            await shown.press("ctrl+r")
            await shown.until(lambda: "catalog of 5 models" in shown.text)
            assert shown.rows[0].split() == ["vendor/model-4"]


async def test_favourites_are_starred_remembered_and_first_then_the_recent_ones(
    tmp_path: Path,
) -> None:
    async with CatalogServer(entries(50)) as server:
        async with window(server.base, tmp_path) as shown:
            await shown.open()
            await shown.type("model-33")
            await shown.press("ctrl+f")
            await shown.until(lambda: "★ vendor/model-33" in shown.text)
            await shown.press("enter")
            await shown.until(lambda: shown.model_id == "vendor/model-33")
            await shown.press("f2")
            await shown.until(lambda: shown.is_open)
            await shown.type("model-44")
            await shown.press("enter")
            await shown.until(lambda: shown.model_id == "vendor/model-44")
        async with window(server.base, tmp_path) as shown:
            await shown.open()
            assert [row.split()[-1] for row in shown.rows[:2]] == [
                "vendor/model-33",
                "vendor/model-44",
            ]
            assert shown.rows[0].split()[0] == "★"
            assert shown.model_list.model_id == shown.model_id == "vendor/model-44"
            await shown.press("up", "ctrl+f")
            await shown.until(lambda: "★" not in shown.text)


async def test_a_changed_form_is_told_at_the_next_choice_and_never_replaced_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runcomfy_tui.engine.catalog.FRESH_FOR", -1.0)
    async with (
        CatalogServer([entry("a/b", "prompt")]) as server,
        window(server.base, tmp_path) as shown,
    ):
        await shown.open()
        await shown.type("a/b")
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == "a/b")
        server.entries = [entry("a/b", "prompt", "seed")]
        read_before = len(server.pages)
        form = shown.app._main.composer.entry
        await shown.press("f2")
        await shown.until(lambda: shown.is_open)
        # A reading that began before the change is not followed by another one at once.
        while len(server.pages) == read_before or "reading it" in shown.text:
            await shown.press("ctrl+r")
        assert shown.app._main.composer.entry is form
        await shown.type("a/b")
        await shown.press("enter")
        await shown.until(lambda: "changed the inputs of a/b" in shown.text, "for the words")
        composer = shown.app._main.composer
        assert composer.entry is not None
        assert composer.entry.input_schema == server.entries[0]["input_schema"]


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_everything_from_the_catalog_is_drawn_literally(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    evil = entry(
        f"evil/{EVIL}",
        EVIL,
        display_name=EVIL,
        description=EVIL * 50,
        categories=[EVIL],
        kind=EVIL,
        base_price_usd=1.0,
        price_unit=EVIL,
        pricing_note=EVIL,
        model_url=EVIL,
    )
    async with CatalogServer([evil]) as server, window(server.base, tmp_path, size=size) as shown:
        await shown.open()
        await shown.type("evil [foo")
        assert "\x1b" not in shown.text
        assert "evil/[/foo] [red]x" in shown.text
        await shown.press("ctrl+f", "down", "up", "pagedown", "pageup")
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == evil["model_id"], "for the form")
        assert "\x1b" not in shown.text


async def test_a_window_that_is_far_too_small_breaks_nothing(tmp_path: Path) -> None:
    async with (
        CatalogServer(entries(50)) as server,
        window(server.base, tmp_path, size=(20, 6)) as shown,
    ):
        await shown.press("f2")
        await shown.until(lambda: shown.is_open)
        await shown.type("model-4")
        # There is no room for a word that tells it; before it, some of the keys have no list.
        await shown.until(lambda: shown.model_list.model_id == "vendor/model-4", "for the catalog")
        await shown.press("down", "ctrl+f", "pagedown", "pageup", "up")
        await shown.until(lambda: shown.model_list.model_id == "vendor/model-4")
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == "vendor/model-4", "for the form")


async def test_a_letter_that_sifts_the_catalog_costs_little_more_than_a_key_that_does_not(
    tmp_path: Path,
) -> None:
    async with (
        CatalogServer([*entries(383), KLING]) as server,
        window(server.base, tmp_path) as shown,
    ):
        await shown.open()

        async def spent_on(typing: Awaitable[None]) -> float:
            """Of this process: the pilot's own waiting loop and the engine's included."""
            begun = time.process_time()
            await typing
            return time.process_time() - begun

        letters = [await spent_on(shown.type(letter)) for letter in "kling-3"]
        assert KLING["model_id"] in shown.rows[0]
        steps = [await spent_on(shown.press("left")) for _ in letters]
        assert median(letters) < 10 * median(steps), "half as much again is usual"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (5, "catalog of 384 models, under a minute old"),
        (180, "catalog of 384 models, 3 m old"),
        (2.9 * 3600, "catalog of 384 models, 2 h old"),
        (3 * 86400, "catalog of 384 models, 3 d old"),
    ],
)
def test_the_age_of_the_catalog_in_words(seconds: float, said: str) -> None:
    now = 1_800_000_000.0
    models = Models((), listed_at=now - seconds, total=384)
    assert catalog_age(models, now) == said


def test_another_servers_catalog_is_named() -> None:
    models = Models((), listed_at=1.0, total=1, origin="http://127.0.0.1:4000/v1")
    assert catalog_age(models, 100.0) == "catalog of 1 model, 1 m old, of 127.0.0.1:4000"
    assert catalog_age(Models(()), 1.0) == ""
