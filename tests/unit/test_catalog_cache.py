"""The cached catalog and the user's marks: kept whole, bounded, and nobody's way to crash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.history.catalog import CachedCatalog, CatalogStore
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.marks import Mark, MarkStore
from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.schema.shape import difference, shape_of
from tests.processor import least_time_of

ODD = ModelEntry(
    model_id="Vendor X/[red]model[/red] 1.5/\x1b[31m",
    display_name="half \ud83d",
    description="[/foo] `$0.040`\n" * 20,
    kind="workflow",
    categories=("image-to-video", "lora"),
    base_price_usd=0.04,
    price_unit="second",
    pricing_note="audio costs more",
    model_url="https://example.com/x",
    input_schema={"properties": {"seed": {"maximum": 2**70, "default": -1}, "x": {}}},
)
LISTED = CachedCatalog(
    entries=(*BUILTIN_MODELS, ODD, ModelEntry("bare")),
    unlisted=frozenset({"bare"}),
    listed_at=1_800_000_000.5,
    total=3,
    origin="https://model-api.runcomfy.net/v1",
)


def catalog_on(folder: Path) -> CachedCatalog:
    """The catalog as a program that starts now would find it."""
    catalog = CatalogStore(folder).load()
    assert catalog is not None
    return catalog


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_a_catalog_comes_back_as_it_was(tmp_path: Path) -> None:
    CatalogStore(tmp_path / "data").save(LISTED)
    assert catalog_on(tmp_path / "data") == LISTED


def test_reading_makes_no_file_and_finds_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    assert CatalogStore(tmp_path / "none").load() is None
    assert MarkStore(tmp_path / "none").load() is None
    assert list(tmp_path.iterdir()) == []


def test_what_was_read_or_written_is_not_read_again_but_what_others_wrote_is(
    tmp_path: Path,
) -> None:
    one, two = CatalogStore(tmp_path), CatalogStore(tmp_path)
    one.save(LISTED)
    assert one.load() is None
    assert two.load() == LISTED
    two.save_entry(ModelEntry("new", description="of two"))
    assert two.load() is None
    heard = one.load()
    assert heard is not None
    assert ModelEntry("new", description="of two") in heard.entries
    assert "new" in heard.unlisted


def test_one_entry_is_kept_in_its_place_and_written_only_when_it_differs(tmp_path: Path) -> None:
    store = CatalogStore(tmp_path)
    store.save(LISTED)
    before = (tmp_path / "catalog.json").stat().st_mtime_ns
    store.save_entry(ODD)
    assert (tmp_path / "catalog.json").stat().st_mtime_ns == before
    dearer = replace(ODD, base_price_usd=0.05)
    store.save_entry(dearer)
    assert catalog_on(tmp_path) == replace(
        LISTED, entries=(*BUILTIN_MODELS, dearer, ModelEntry("bare"))
    )


def test_a_catalog_beyond_its_bound_gives_up_schemas_first_and_those_in_use_last(
    tmp_path: Path,
) -> None:
    many = tuple(
        ModelEntry(f"v/{number}", description="d" * 100, input_schema={"x": "y" * 1000})
        for number in range(200)
    )
    store = CatalogStore(tmp_path, largest=100_000)
    store.save(CachedCatalog(many, listed_at=1.0, total=200), first={"v/199"})
    kept = catalog_on(tmp_path).entries
    assert [entry.model_id for entry in kept] == [entry.model_id for entry in many]
    with_schema = [entry for entry in kept if entry.input_schema]
    assert 20 < len(with_schema) < 80
    assert kept[199].input_schema == {"x": "y" * 1000}
    assert (tmp_path / "catalog.json").stat().st_size < 110_000
    for number in range(300):
        store.save_entry(ModelEntry(f"new/{number}", description="d" * 1000))
    assert (tmp_path / "catalog.json").stat().st_size < 110_000


def test_ten_thousand_entries_with_huge_texts_stay_within_eight_megabytes(tmp_path: Path) -> None:
    huge = tuple(ModelEntry(f"v/{number}", description="ж" * 2000) for number in range(10_000))
    CatalogStore(tmp_path).save(CachedCatalog(huge, listed_at=1.0, total=10_000))
    assert size(tmp_path) < 8_100_000
    assert len(catalog_on(tmp_path).entries) > 1_000


def test_a_schema_that_is_far_too_large_costs_only_itself(tmp_path: Path) -> None:
    vast = ModelEntry("v/vast", "Vast", input_schema={"x": "y" * 300_000})
    CatalogStore(tmp_path).save(CachedCatalog((vast,), listed_at=1.0, total=1))
    assert catalog_on(tmp_path).entries == (replace(vast, input_schema=None),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["model_id", "display_name", "kind", "categories", "base_price_usd", "input_schema", "unlisted"]
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(max_size=3), JSON | st.dictionaries(FIELDS, JSON), max_size=4))
def test_whatever_stands_in_the_files_can_be_read_and_written_over(
    tmp_path_factory: pytest.TempPathFactory, documents: dict[str, Any]
) -> None:
    import json

    folder = tmp_path_factory.mktemp("data")
    for name in ("catalog", "model_marks"):
        (folder / f"{name}.json").write_text(json.dumps({"documents": documents}))
    store, marks = CatalogStore(folder), MarkStore(folder)
    store.load()
    marks.load()
    store.save_entry(ODD)
    marks.revise("a/b", lambda mark: replace(mark, is_favourite=True))
    assert ODD in catalog_on(folder).entries
    assert (MarkStore(folder).load() or {})["a/b"].is_favourite


def test_an_unreadable_file_is_set_aside_and_the_next_catalog_kept(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(b"<html>")
    told: list[str] = []
    store = CatalogStore(tmp_path, report=told.append)
    assert store.load() == CachedCatalog()
    store.save(LISTED)
    assert catalog_on(tmp_path) == LISTED
    assert "catalog.json" in told[0]


def test_a_folder_that_is_a_file_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(LedgerError, match="Could not save the catalog"):
        CatalogStore(tmp_path / "data").save(LISTED)
    with pytest.raises(LedgerError, match="Could not save the marks of models"):
        MarkStore(tmp_path / "data").revise("a/b", lambda mark: mark)


def test_a_realistic_catalog_is_read_little_slower_than_its_json(tmp_path: Path) -> None:
    schema = BUILTIN_MODELS[0].input_schema
    whole = tuple(
        ModelEntry(f"v/{number}", "Name", "d" * 300, input_schema=schema) for number in range(384)
    )
    CatalogStore(tmp_path).save(CachedCatalog(whole, listed_at=1.0, total=384))
    assert catalog_on(tmp_path).entries == whole
    raw = (tmp_path / "catalog.json").read_bytes()
    ours = least_time_of(lambda: catalog_on(tmp_path))
    theirs = least_time_of(lambda: orjson.loads(raw))
    assert ours < 20 * theirs, "twice as much is usual"


# The user's marks


def test_marks_of_two_windows_add_up(tmp_path: Path) -> None:
    one, two = MarkStore(tmp_path), MarkStore(tmp_path)
    one.revise("a/b", lambda mark: replace(mark, is_favourite=True))
    two.revise("a/b", lambda mark: replace(mark, taken_at=5.0, shape={"x": "1", "": "2"}))
    two.revise("half \ud83d", lambda mark: replace(mark, taken_at=6.0))
    assert one.load() == {
        "a/b": Mark(is_favourite=True, taken_at=5.0, shape={"x": "1", "": "2"}),
        "half \ud83d": Mark(taken_at=6.0),
    }
    assert one.load() is None


def test_favourites_stay_and_the_models_not_used_for_longest_give_way(tmp_path: Path) -> None:
    store = MarkStore(tmp_path, limit=2)
    store.revise("liked", lambda mark: replace(mark, is_favourite=True, taken_at=1.0))
    for at, name in enumerate(("one", "two", "three"), 2):
        store.revise(name, lambda mark, at=at: replace(mark, taken_at=float(at)))  # type: ignore[misc]
    assert set(MarkStore(tmp_path).load() or ()) == {"liked", "two", "three"}


# What has changed in a schema


def schema(required: list[Any], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "title": "t", "required": required, "properties": properties}


def test_the_difference_of_two_schemas_names_the_inputs() -> None:
    before = schema(["a"], a={"type": "string"}, b={"enum": [1, 2]}, c={}, d={})
    after = schema(["a", "d"], a={"type": "string"}, b={"enum": [1, 3]}, d={}, e={})
    assert difference(shape_of(before), shape_of(after)) == "new: e · gone: c · changed: b, d"
    assert difference(shape_of(before), shape_of(before)) == ""
    rules = {**before, "anyOf": [{"required": ["b"]}]}
    assert difference(shape_of(before), shape_of(rules)) == "changed: its rules"


def test_other_words_for_the_same_inputs_are_no_difference() -> None:
    before = schema([], a={"type": "string", "title": "A", "description": "old"})
    after = schema([], a={"description": "new [words]", "type": "string"}) | {"title": "other"}
    assert difference(shape_of(before), shape_of(after)) == ""


@given(
    JSON.filter(lambda value: isinstance(value, dict))
    | st.dictionaries(st.sampled_from(["properties", "required", "type"]), JSON)
)
def test_any_schema_has_a_shape(given_schema: dict[str, Any]) -> None:
    shape = shape_of(given_schema)
    assert shape == shape_of(dict(reversed(given_schema.items())))
    assert difference({}, shape).startswith("new: ")


def test_no_schema_has_no_shape() -> None:
    assert shape_of(None) == {}
