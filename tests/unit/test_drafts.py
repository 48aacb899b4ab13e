"""The composer's drafts: kept per model, the one shown last known, bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.history.drafts import Drafts, DraftStore
from runcomfy_tui.history.errors import LedgerError


def test_each_model_has_its_last_draft_and_the_last_shown_is_known(tmp_path: Path) -> None:
    store = DraftStore(tmp_path / "data")
    assert store.load() == Drafts()
    store.save("a/b", {"prompt": "first"})
    store.save("c/d e/F.1", {"seed": -1, "prompt": "half \ud83d", "big": 2**70})
    store.save("a/b", {"prompt": "second"})
    assert DraftStore(tmp_path / "data").load() == Drafts(
        model_id="a/b",
        inputs={
            "c/d e/F.1": {"seed": -1, "prompt": "half \ud83d", "big": 2**70},
            "a/b": {"prompt": "second"},
        },
    )


def test_saving_what_stands_there_writes_nothing(tmp_path: Path) -> None:
    store = DraftStore(tmp_path)
    store.save("a/b", {"prompt": "x"})
    before = (tmp_path / "drafts.json").stat()
    store.save("a/b", {"prompt": "x"})
    assert (tmp_path / "drafts.json").stat().st_mtime_ns == before.st_mtime_ns


def test_showing_an_old_draft_again_makes_it_the_last_shown(tmp_path: Path) -> None:
    store = DraftStore(tmp_path)
    store.save("a/b", {"prompt": "x"})
    store.save("c/d", {"prompt": "y"})
    store.save("a/b", {"prompt": "x"})
    assert store.load().model_id == "a/b"


def test_the_drafts_not_touched_for_longest_give_way(tmp_path: Path) -> None:
    store = DraftStore(tmp_path, limit=3)
    for name in ("one", "two", "three", "one", "four"):
        store.save(name, {})
    assert list(store.load().inputs) == ["three", "one", "four"]


def test_two_windows_lose_none_of_each_others_drafts(tmp_path: Path) -> None:
    one, two = DraftStore(tmp_path), DraftStore(tmp_path)
    one.save("a/b", {"n": 1})
    two.save("c/d", {"n": 2})
    one.save("e/f", {"n": 3})
    assert set(two.load().inputs) == {"a/b", "c/d", "e/f"}


def test_an_unreadable_file_is_set_aside_and_one_bad_draft_costs_only_itself(
    tmp_path: Path,
) -> None:
    store = DraftStore(tmp_path)
    store.save("a/b", {"n": 1})
    path = tmp_path / "drafts.json"
    path.write_bytes(path.read_bytes().replace(b'"documents":{', b'"documents":{"x":5,'))
    assert list(store.load().inputs) == ["a/b"]
    path.write_bytes(b"broken")
    told: list[str] = []
    store = DraftStore(tmp_path, report=told.append)
    store.save("c/d", {})
    assert list(store.load().inputs) == ["c/d"]
    assert "drafts.json" in told[0]
    assert next(tmp_path.glob("drafts.json.unreadable-*")).read_bytes() == b"broken"


def test_a_folder_that_is_a_file_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(LedgerError, match="Could not save the draft"):
        DraftStore(tmp_path / "data").save("a/b", {})
