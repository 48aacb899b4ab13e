"""The catalog: read whole while it changes, used without the server, kept up to date unseen."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from runcomfy_tui import cli, exit_codes
from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine import catalog as catalog_module
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.models import UnknownModel
from runcomfy_tui.history.catalog import CachedCatalog, CatalogStore
from runcomfy_tui.jobs import ModelEntry
from tests.engine.catalog_server import CatalogServer, entries, entry
from tests.engine.house import A_WHILE, MODEL, House
from tests.engine.open_catalog import DEAD, ids, open_catalog
from tests.unit.badserver import always, http


@pytest.fixture
def nothing_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every choice has its schema read again, however quickly it follows the last."""
    monkeypatch.setattr(catalog_module, "FRESH_FOR", -1.0)


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
