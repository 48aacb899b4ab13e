"""The picker's cursor while the catalog is on its way and when it comes."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.history.catalog import CachedCatalog, CatalogStore
from runcomfy_tui.jobs import ModelEntry
from tests.engine.catalog_server import CatalogServer, entries, entry
from tests.ui.model_picker import window
from tests.waiting import LONG_ENOUGH


async def test_the_cursor_on_a_typed_id_stays_there_when_the_catalog_comes(
    tmp_path: Path,
) -> None:
    may_answer = asyncio.Event()
    async with CatalogServer([entry("a/b/c", "prompt"), entry("a/b/d", "prompt")]) as server:
        server.before_page = may_answer.wait
        old = CachedCatalog((ModelEntry("a/b/c"),), listed_at=1.0, total=1, origin=server.base)
        CatalogStore(tmp_path).save(old)
        async with window(server.base, tmp_path) as shown:
            await shown.press("f2")
            await shown.until(lambda: "reading it" in shown.text, "for what is known")
            await shown.type("a/b")
            await shown.press("up")
            assert shown.model_list.model_id == "a/b"
            may_answer.set()
            await shown.until(lambda: len(shown.rows) == 3, "for the catalog")
            assert shown.model_list.model_id == "a/b"


async def test_a_key_that_found_nothing_to_move_over_leaves_the_present_model_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runcomfy_tui.ui.screens.models.SLOW", LONG_ENOUGH)
    present, may_know = "vendor/model-2", threading.Event()

    async def busy(engine: Engine) -> None:
        may_know.wait(LONG_ENOUGH)

    async with CatalogServer(entries(5)) as server, window(server.base, tmp_path) as shown:
        await shown.open()
        await shown.press("down", "ctrl+f")
        await shown.until(lambda: "★" in shown.text, "for what will be above it")
        await shown.type("model-2")
        await shown.press("enter")
        await shown.until(lambda: shown.model_id == present, "for the form")
        shown.app._engine.do(busy)
        await shown.press("f2")
        await shown.until(lambda: shown.is_open)
        assert shown.rows == []
        await shown.press("down")
        may_know.set()
        await shown.until(lambda: shown.rows, "for the catalog")
        assert shown.model_list.model_id == present
