"""The catalog: read whole while it changes, used without the server, kept up to date unseen."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui import cli, exit_codes
from runcomfy_tui.api.client import Client
from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine import catalog as catalog_module
from runcomfy_tui.engine.catalog import Catalog
from runcomfy_tui.engine.catalog_pages import MOST_MODELS
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.models import STALE_AFTER, Models, UnknownModel
from runcomfy_tui.history.catalog import CachedCatalog, CatalogStore
from runcomfy_tui.history.marks import MarkStore
from runcomfy_tui.jobs import ModelEntry
from tests.engine.catalog_server import CatalogServer, entries, entry
from tests.engine.house import A_WHILE, MODEL, House
from tests.unit.badserver import always, as_json, http

BUILTIN_IDS = [model.model_id for model in BUILTIN_MODELS]
DEAD = "http://127.0.0.1:9/v1"


@asynccontextmanager
async def open_catalog(
    base: str,
    folder: Path,
    *,
    token: str | None = "good",
    used: Callable[[], Mapping[str, float]] = dict,
) -> AsyncIterator[Catalog]:
    """A catalog on its own, as `runcomfy-tui check` has it, or with the user's marks."""
    client = Client(base, None, token)
    catalog = Catalog(client, CatalogStore(folder), MarkStore(folder), used=used)
    try:
        yield catalog
    finally:
        await catalog.aclose()
        await client.aclose()


def ids(models: Models) -> list[str]:
    """The models that are not built in."""
    return [each.model_id for each in models.entries if each.model_id not in BUILTIN_IDS]


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def names(listed: list[dict[str, Any]]) -> list[str]:
    return [each["model_id"] for each in listed]


@pytest.fixture
def nothing_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every choice has its schema read again, however quickly it follows the last."""
    monkeypatch.setattr(catalog_module, "FRESH_FOR", -1.0)


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


# Without the server


async def test_the_catalog_of_last_time_is_there_without_the_server_schemas_and_all(
    tmp_path: Path,
) -> None:
    async with CatalogServer(entries(384)) as server:
        async with open_catalog(server.base, tmp_path) as catalog:
            listed = await catalog.models()
        base = server.base
    async with open_catalog(base, tmp_path) as catalog:
        assert (await catalog.known()).entries == listed.entries
        assert (await catalog.models()).words == ""
        refreshed = await catalog.refresh()
        assert "could not be reached" in refreshed.words
        assert (refreshed.entries, refreshed.listed_at) == (listed.entries, listed.listed_at)
        choice = await catalog.choose("vendor/model-7")
        assert choice.entry.input_schema == entry("", "prompt")["input_schema"]
        assert choice.words == ""
        assert await catalog.model("vendor/model-7") == choice.entry
    async with open_catalog(DEAD, tmp_path) as catalog:
        foreign = await catalog.known()
        assert foreign.entries == listed.entries
        assert foreign.origin == base
        assert foreign.is_stale(time.time())


async def test_a_known_model_is_there_at_once_while_the_server_says_nothing(
    tmp_path: Path, nothing_is_fresh: None
) -> None:
    async with (
        CatalogServer(entries(3)) as server,
        open_catalog(server.base, tmp_path) as catalog,
    ):
        await catalog.models()
        asked, silent = asyncio.Event(), asyncio.Event()

        async def say_nothing() -> None:
            asked.set()
            await silent.wait()

        server.before_model = say_nothing
        async with asyncio.timeout(20):  # the call itself is given up after 30
            choice = await catalog.choose("vendor/model-1")
        assert choice.entry.input_schema
        async with asyncio.timeout(A_WHILE):
            await asked.wait()


async def test_a_folder_that_refuses_to_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    async with (
        CatalogServer(entries(3)) as server,
        open_catalog(server.base, tmp_path / "data") as catalog,
    ):
        assert len(ids(await catalog.models())) == 3
        await catalog.set_favourite("vendor/model-1", True)
        assert (await catalog.choose("vendor/model-1")).entry.input_schema
        assert (await catalog.known()).favourites == {"vendor/model-1"}


async def test_without_a_token_the_cached_models_can_be_chosen(tmp_path: Path) -> None:
    async with CatalogServer(entries(3)) as server:
        async with open_catalog(server.base, tmp_path) as catalog:
            await catalog.models()
        async with open_catalog(server.base, tmp_path, token=None) as catalog:
            assert (await catalog.choose("vendor/model-2")).entry.input_schema
            assert "no token" in (await catalog.refresh()).words
            assert "no token" in (await catalog.choose("some/other")).words


def test_check_judges_by_the_cached_schema_when_the_server_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = {"properties": {"seed": {"type": "integer"}}, "required": ["seed"]}
    cached = CachedCatalog((ModelEntry("a/b", input_schema=schema),), listed_at=1.0, total=1)
    CatalogStore(tmp_path / "data").save(cached)
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"seed": 5}\n{"seed": "five"}\n')
    monkeypatch.setenv("RUNCOMFY_MODEL_API_BASE", DEAD)
    monkeypatch.setenv("RUNCOMFY_TOKEN", "good")
    told = ["check", "--data-dir", str(tmp_path / "data")]
    assert cli.main([*told, "a/b", str(lines)]) == exit_codes.DATA
    verdicts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [verdict["valid"] for verdict in verdicts] == [True, False]
    assert verdicts[1]["errors"][0]["path"] == "seed"
    assert cli.main([*told, "c/d", str(lines)]) == exit_codes.UNAVAILABLE
    assert "could not be reached" in capsys.readouterr().err


# Choosing


async def test_a_changed_schema_comes_with_the_next_choice_and_is_told_once(
    tmp_path: Path, nothing_is_fresh: None
) -> None:
    async with CatalogServer([entry("a/b", "prompt", "style")]) as server:
        async with open_catalog(server.base, tmp_path) as catalog:
            await catalog.models()
            first = await catalog.choose("a/b")
            server.entries = [entry("a/b", "prompt", "seed")]
            second = await catalog.choose("a/b")
            assert second == first
            await catalog._behind.finish()
        async with open_catalog(server.base, tmp_path) as catalog:
            third = await catalog.choose("a/b")
            assert third.entry.input_schema == server.entries[0]["input_schema"]
            assert "changed the inputs of a/b" in third.words
            assert "new: seed · gone: style" in third.words
            assert (await catalog.choose("a/b")).words == ""


async def test_a_model_that_the_server_does_not_know_is_said_so_and_may_be_used_all_the_same(
    tmp_path: Path,
) -> None:
    async with CatalogServer(entries(1)) as server:
        async with open_catalog(server.base, tmp_path) as catalog:
            with pytest.raises(UnknownModel, match="RunComfy has no model called no/such"):
                await catalog.choose("no/such")
            with pytest.raises(EngineError, match="RunComfy has no model called no/such"):
                await catalog.model("no/such")
            choice = await catalog.choose("no/such", unasked=True)
            assert (choice.entry.model_id, choice.entry.input_schema) == ("no/such", None)
            again = await catalog.choose("no/such")
            assert again.entry.input_schema is None
            assert "no model called no/such" in again.words
            await catalog.models()
            assert "no/such" in (await catalog.known()).unlisted
            with pytest.raises(EngineError, match=r"^Not a model id.*Nothing was sent\.$"):
                await catalog.choose("../escape")
        assert server.of("POST") == []


async def test_where_no_schema_is_to_be_had_the_inputs_are_plain_json_at_once(
    tmp_path: Path,
) -> None:
    async with (
        CatalogServer([{"model_id": "a/b", "display_name": "AB"}]) as server,
        open_catalog(server.base, tmp_path) as catalog,
    ):
        await catalog.models()
        told = await catalog.choose("a/b")
        assert (told.entry.display_name, told.entry.input_schema) == ("AB", None)
        assert "does not tell the fields of a/b" in told.words
        server.handler = always(http(500, "oops"))
        broken = await catalog.choose("c/d")
        assert broken.entry.input_schema is None
        assert "plain JSON" in broken.words
    async with open_catalog(DEAD, tmp_path) as catalog:
        unreached = await catalog.choose("e/f")
        assert unreached.entry.model_id == "e/f"
        assert "could not be reached" in unreached.words


async def test_an_answer_without_a_schema_does_not_undo_the_one_that_is_known(
    tmp_path: Path, nothing_is_fresh: None
) -> None:
    async with (
        CatalogServer([entry("a/b", "prompt"), {"model_id": MODEL}]) as server,
        open_catalog(server.base, tmp_path) as catalog,
    ):
        known = (await catalog.models()).entries
        server.entries[0] = {"model_id": "a/b", "base_price_usd": 0.5}
        (again,) = [each for each in (await catalog.refresh()).entries if each.model_id == "a/b"]
        assert again.base_price_usd == 0.5
        assert again.input_schema == entry("a/b", "prompt")["input_schema"]
        builtin = next(each for each in known if each.model_id == MODEL)
        assert builtin == next(each for each in BUILTIN_MODELS if each.model_id == MODEL)


async def test_the_server_has_the_last_word_on_a_built_in_model(tmp_path: Path) -> None:
    dearer = entry(MODEL, "promptImage", "new_input", base_price_usd=0.07, price_unit="second")
    async with (
        CatalogServer([dearer]) as server,
        open_catalog(server.base, tmp_path) as catalog,
    ):
        await catalog.models()
        told = (await catalog.choose(MODEL)).entry
    assert told.base_price_usd == 0.07
    assert told.input_schema == dearer["input_schema"]
    assert told.display_name


# Favourites and what was used


async def test_favourites_and_what_was_taken_or_used_for_jobs_are_remembered(
    tmp_path: Path,
) -> None:
    used = {"vendor/model-2": 100.0, "not/listed": 50.0}
    async with CatalogServer(entries(5)) as server:
        async with open_catalog(server.base, tmp_path, used=lambda: used) as catalog:
            await catalog.models()
            await catalog.choose("vendor/model-4")
            await catalog.set_favourite("vendor/model-3", True)
            await catalog.set_favourite("vendor/model-1", True)
            await catalog.set_favourite("vendor/model-1", False)
        async with open_catalog(server.base, tmp_path, used=lambda: used) as catalog:
            models = await catalog.known()
            assert models.recent == ("vendor/model-4", "vendor/model-2", "not/listed")
            assert models.favourites == {"vendor/model-3"}
            assert models.unlisted == {"not/listed"}
            assert "not/listed" in ids(models)
            server.entries = entries(3)
            models = await catalog.refresh()
            assert models.total == 3
            assert {"vendor/model-3", "vendor/model-4"} <= models.unlisted
            assert "vendor/model-1" in ids(models)


async def test_two_windows_share_the_catalog_and_the_favourites(tmp_path: Path) -> None:
    async with CatalogServer(entries(2)) as server:
        async with (
            open_catalog(server.base, tmp_path) as one,
            open_catalog(server.base, tmp_path) as two,
        ):
            await one.known()
            await two.models()
            await two.set_favourite("vendor/model-1", True)
            await two.aclose()
            models = await one.models()
            assert models.total == 2
            assert models.favourites == {"vendor/model-1"}
        assert len(server.pages) == 1


async def test_those_who_ask_for_a_refresh_at_once_share_one(tmp_path: Path) -> None:
    async with CatalogServer(entries(2)) as server:
        async with open_catalog(server.base, tmp_path) as catalog:
            answers = await asyncio.gather(*(catalog.refresh() for _ in range(5)))
        assert all(answer == answers[0] for answer in answers)
        assert len(server.pages) == 1


async def test_the_ledgers_jobs_say_which_models_are_recent(
    house: House, ledger_folder: Path
) -> None:
    await house.submit()
    models = await house.engine.catalog.known()
    assert models.recent == (MODEL,)
