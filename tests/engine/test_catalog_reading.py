"""The catalog of the server is read whole, whatever the server makes of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.engine.catalog_pages import MOST_MODELS
from runcomfy_tui.engine.models import STALE_AFTER
from tests.engine.catalog_server import CatalogServer, entries, entry
from tests.engine.open_catalog import BUILTIN_IDS, ids, names, open_catalog, size_of
from tests.unit.badserver import as_json, http

# Reading the whole of it


async def test_a_catalog_of_today_is_one_call_with_schemas_and_is_then_known_for_an_hour(
    tmp_path: Path,
) -> None:
    async with CatalogServer(entries(384)) as server:
        async with open_catalog(server.base, tmp_path) as catalog:
            models = await catalog.models()
            assert ids(models) == names(server.entries)
            assert (models.total, models.words) == (384, "")
            assert await catalog.models() == models
            choice = await catalog.choose("vendor/model-300")
            assert choice.entry.input_schema == server.entries[300]["input_schema"]
        assert server.pages == [{"include_schema": "true", "limit": "500", "offset": "0"}]
        assert server.models_asked == []
    assert not models.is_stale(time.time())
    assert models.is_stale(time.time() + STALE_AFTER)


@pytest.mark.parametrize("page_limit", [500, 100, 7])
async def test_more_than_a_page_is_read_whole_whatever_the_size_of_pages(
    tmp_path: Path, page_limit: int
) -> None:
    count = 1300 if page_limit > 7 else 90
    async with CatalogServer(entries(count)) as server:
        server.page_limit = page_limit
        async with open_catalog(server.base, tmp_path) as catalog:
            assert ids(await catalog.models()) == names(server.entries)
        assert len(server.pages) < 2 * count / page_limit + 2


@pytest.mark.parametrize(
    ("before", "removed", "behind"),
    [(0, 1, 0), (0, 40, 0), (1, 0, 0), (40, 0, 0), (3, 3, 0), (0, 1, 1), (0, 40, 40), (2, 5, 3)],
)
async def test_a_catalog_that_changes_between_pages_loses_and_doubles_nothing(
    tmp_path: Path, before: int, removed: int, behind: int
) -> None:
    async with CatalogServer(entries(700)) as server:

        def change(page: int) -> None:
            if page == 2:
                server.entries = [
                    *(entry(f"new/{number}") for number in range(before)),
                    *server.entries[removed:],
                    *(entry(f"newer/{number}") for number in range(behind)),
                ]

        server.between = change
        async with open_catalog(server.base, tmp_path) as catalog:
            listed = ids(await catalog.models())
        assert len(listed) == len(set(listed))
        lost = set(names(server.entries)) - set(listed)
        assert not {each for each in lost if each.startswith("vendor/")}
        if before + behind != removed or removed == 40:
            assert listed == names(server.entries)


async def test_a_catalog_that_never_stands_still_is_taken_as_it_was_seen(tmp_path: Path) -> None:
    async with CatalogServer(entries(700)) as server:

        def change(page: int) -> None:
            server.entries.insert(0, entry(f"new/{page}"))

        server.between = change
        async with open_catalog(server.base, tmp_path) as catalog:
            listed = ids(await catalog.models())
        assert len(listed) == len(set(listed))
        assert {f"vendor/model-{number}" for number in range(700)} <= set(listed)
        assert len(server.pages) <= 6


async def test_a_server_that_chokes_on_schemas_is_asked_without_and_for_them_one_by_one(
    tmp_path: Path,
) -> None:
    async with CatalogServer(entries(3)) as server:

        async def choke() -> None:
            heavy = server.pages[-1].get("include_schema")
            server.instead = http(504, "<html>", "text/html") if heavy else None

        server.before_page = choke
        async with open_catalog(server.base, tmp_path) as catalog:
            assert ids(await catalog.models()) == names(server.entries)
            choice = await catalog.choose("vendor/model-1")
            assert choice.entry.input_schema == server.entries[1]["input_schema"]
        assert server.models_asked == ["vendor/model-1"]


BAD = [
    http(200, "<html>welcome</html>", "text/html"),
    http(200, ""),
    as_json({"models": 5}),
    as_json([]),
    as_json({"models": [], "total": 10**30}),
    as_json({"models": [{"model_id": None}, 7, None, {}], "total": "many"}),
    as_json({"error_code": 500000, "error_message": "[/x] \x1b[31m"}),
    http(429, "{}"),
    http(302, "", Location="https://elsewhere.invalid/"),
]


@pytest.mark.parametrize("answer", BAD, ids=range(len(BAD)))
async def test_an_answer_that_is_no_catalog_leaves_the_one_that_is_known(
    tmp_path: Path, answer: bytes
) -> None:
    async with CatalogServer(entries(3)) as server:
        async with open_catalog(server.base, tmp_path) as catalog:
            await catalog.models()
            server.instead = answer
            models = await catalog.refresh()
            assert set(BUILTIN_IDS) <= {each.model_id for each in models.entries}
            assert models.words or models.total == 0
            assert (await catalog.choose("vendor/model-1")).entry.model_id == "vendor/model-1"
        assert len(server.pages) < 8


async def test_absurd_entries_cost_only_themselves_and_stay_small_on_the_disk(
    tmp_path: Path,
) -> None:
    absurd: list[Any] = [
        {"display_name": "no id"},
        entry("x" * 100_000),
        entry("vendor/twice", "first"),
        entry("vendor/twice", "second"),
        entry("[red]vendor[/red]/\x1b[2J", display_name="\x1b[31m[/foo]" * 10_000),
        entry("vendor/huge", description="d" * 1_000_000, pricing_note="p" * 1_000_000),
        entry("vendor/typed", description=7, categories={"a": 1}, kind=None, model_url=["x"]),
        entry("vendor/dear", base_price_usd=1e300, price_unit="u" * 9_999),
        entry("vendor/cheap", base_price_usd=-5),
        {"model_id": "vendor/schema", "input_schema": ["not", "an", "object"]},
        {"model_id": "vendor/odd", "input_schema": {"properties": [1], "required": {"a": 1}}},
    ]
    async with (
        CatalogServer([*absurd, *entries(3)]) as server,
        open_catalog(server.base, tmp_path) as catalog,
    ):
        models = await catalog.models()
        listed = ids(models)
        assert listed.count("vendor/twice") == 1
        assert listed[-3:] == names(entries(3))
        assert len(listed) == 11
        known = {each.model_id: each for each in models.entries}
        assert known["vendor/dear"].base_price_usd is None
        assert known["vendor/cheap"].base_price_usd is None
        for model_id in listed:
            await catalog.choose(model_id)
    assert size_of(tmp_path) < 100_000


async def test_ten_thousand_models_are_cut_and_it_is_said(tmp_path: Path) -> None:
    everything = as_json({"models": [{"model_id": f"v/{n}"} for n in range(10_000)]})
    async with CatalogServer() as server:
        server.instead = everything
        async with open_catalog(server.base, tmp_path) as catalog:
            models = await catalog.models()
    assert models.total == len(ids(models)) == MOST_MODELS
    assert "only the first 5,000" in models.words
