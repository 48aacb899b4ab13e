"""What a query finds, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.ui.widgets.model_search import ModelSearch, found_in

TURBO = ModelEntry(
    "runwayml/runway-gen-4/turbo/image-to-video",
    "Runway Gen-4 Turbo",
    "Brings a still image to life as a clip.",
    categories=("image-to-video",),
)
ALEPH = ModelEntry(
    "runwayml/runway-aleph/video-to-video",
    "Runway Aleph",
    "Edits a video as a prompt says.",
    categories=("video-to-video",),
)
MUSIC = ModelEntry(
    "elevenlabs/music", "Eleven Music", "Songs with lyrics, like Runway ads.", kind="workflow"
)
ODD = ModelEntry("Acme Labs/My Model 2.5", "[red]É[/red]", categories=("lora",))
ALL = (TURBO, ALEPH, MUSIC, ODD)


def found(query: str, *entries: ModelEntry) -> list[ModelEntry]:
    return ModelSearch(entries or ALL).find(query)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("runwayml/runway-aleph/video-to-video", ALEPH),
        ("  Runway ALEPH ", ALEPH),
        ("aleph video", ALEPH),
        ("video aleph", ALEPH),
        ("gen4turbo", TURBO),
        ("rg4t", TURBO),
        ("alph", ALEPH),
        ("trbo", TURBO),
        ("lyrics", MUSIC),
        ("workflow", MUSIC),
        ("lora", ODD),
        ("[red]", ODD),
        ("é", ODD),
        ("my model 2.5", ODD),
        ("still", TURBO),
    ],
)
def test_a_model_is_found_by_whatever_one_remembers(query: str, wanted: ModelEntry) -> None:
    assert found(query)[0] is wanted


@pytest.mark.parametrize(
    "query",
    ["zzz", "no-such/model", "runwayml/nothing", "nobody/has-this-model", "aleph lyrics", "\x1b"],
)
def test_what_no_model_has_finds_none(query: str) -> None:
    assert found(query) == []


def test_no_query_finds_all_as_they_came() -> None:
    assert found("") == found("  \t") == list(ALL)


def test_a_name_counts_more_than_a_text_and_a_beginning_more_than_an_inside() -> None:
    assert found("runway") == [TURBO, ALEPH, MUSIC]
    inside, start = ModelEntry("a/preview"), ModelEntry("a/view")
    assert found("view", inside, start) == [start, inside]
    assert found("music", ModelEntry("x", description="music"), MUSIC)[0] is MUSIC


def test_an_exact_id_comes_first_even_before_favourites() -> None:
    longer = ModelEntry("a/b/c")
    exact = ModelEntry("A/b")
    assert ModelSearch((longer, exact), {"a/b/c"}).find("a/b") == [exact, longer]


def test_favourites_then_recent_ones_come_before_what_fits_as_well() -> None:
    models = [ModelEntry(f"v/model-{number}") for number in range(6)]
    search = ModelSearch(models, {"v/model-5", "v/model-4"}, ("v/model-2", "v/model-4", "gone"))
    order = ["4", "5", "2", "0", "1", "3"]
    for query in ("", "model"):
        assert [entry.model_id[-1] for entry in search.find(query)] == order


@settings(max_examples=300)
@given(st.text(max_size=12), st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_any_query_over_any_ids_finds_some_of_them_each_once(query: str, ids: list[str]) -> None:
    models = [ModelEntry(model_id) for model_id in dict.fromkeys(ids)]
    matches = ModelSearch(models).find(query)
    assert len({entry.model_id for entry in matches}) == len(matches)
    assert set(matches) <= set(models)
    for entry in models:
        if (
            query.strip()
            and len(query.split()) == 1
            and query.strip().lower() in entry.model_id.lower()
        ):
            assert entry in matches
        assert all(0 <= place < len(entry.model_id) for place in found_in(entry.model_id, query))


def test_the_letters_that_were_found_are_told() -> None:
    text = "runwayml/runway-gen-4/turbo"
    assert "".join(text[place] for place in sorted(found_in(text, "gen4 turbo"))) == "gen4turbo"
    assert found_in(text, "nothing") == found_in(text, "") == frozenset()
    assert found_in("İstanbul", "ist") == frozenset()
