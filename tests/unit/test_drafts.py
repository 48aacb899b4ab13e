"""Each model remembers its last draft, and the composer which model it showed."""

from __future__ import annotations

from pathlib import Path

from runcomfy_tui.history.drafts import DraftStore


def test_the_first_start_has_no_draft(tmp_path: Path) -> None:
    drafts = DraftStore(tmp_path).load()
    assert (drafts.model_id, dict(drafts.inputs)) == (None, {})


def test_drafts_and_the_last_model_outlive_the_program(tmp_path: Path) -> None:
    store = DraftStore(tmp_path)
    store.save("a/b", {"prompt": "one", "seed": -1})
    store.save("c/d", {"prompt": "\ud83d", "big": 2**70})
    store.save("a/b", {"prompt": "two"})
    drafts = DraftStore(tmp_path).load()
    assert drafts.model_id == "a/b"
    assert drafts.inputs == {"a/b": {"prompt": "two"}, "c/d": {"prompt": "\ud83d", "big": 2**70}}


def test_two_windows_keep_each_others_drafts(tmp_path: Path) -> None:
    first, second = DraftStore(tmp_path), DraftStore(tmp_path)
    first.save("a/b", {"n": 1})
    second.save("c/d", {"n": 2})
    assert first.load().inputs == {"a/b": {"n": 1}, "c/d": {"n": 2}}


def test_the_draft_not_touched_for_longest_gives_way(tmp_path: Path) -> None:
    store = DraftStore(tmp_path, limit=3)
    for model_id in ("a", "b", "c", "a", "d"):
        store.save(model_id, {"of": model_id})
    assert sorted(store.load().inputs) == ["a", "c", "d"]


def test_a_draft_saved_as_it_is_writes_nothing(tmp_path: Path) -> None:
    store = DraftStore(tmp_path)
    store.save("a/b", {"n": 1})
    before = (tmp_path / "drafts.json").stat()
    store.save("a/b", {"n": 1})
    after = (tmp_path / "drafts.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_unreadable_drafts_are_set_aside_and_begin_empty(tmp_path: Path) -> None:
    (tmp_path / "drafts.json").write_bytes(b"{")
    store = DraftStore(tmp_path)
    assert store.load().inputs == {}
    (aside,) = tmp_path.glob("drafts.json.unreadable-*")
    assert any(aside.name in problem for problem in store.problems)
    store.save("a/b", {})
    assert aside.read_bytes() == b"{"
