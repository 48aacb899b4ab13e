"""Forms under names."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.presets import NameTaken, PresetStore


def names(store: PresetStore, model_id: str = "a/b") -> list[str]:
    return [preset.name for preset in store.of_model(model_id)]


def test_each_model_has_its_own_by_name(tmp_path: Path) -> None:
    store = PresetStore(tmp_path)
    draft = {"fields": {"prompt": {"text": "half \ud83d"}}, "big": 2**70}
    store.save("a/b", "[/zoom]", draft)
    store.save("a/b", "Ältere", {})
    store.save("a/b", "boat", {})
    store.save("c/d e", "boat", {"x": 1})
    again = PresetStore(tmp_path)
    assert names(again) == ["[/zoom]", "boat", "Ältere"]
    assert again.of_model("a/b")[0].draft == draft
    assert [preset.draft for preset in again.of_model("c/d e")] == [{"x": 1}]
    assert names(again, "e/f") == []


def test_a_name_is_taken_whatever_its_capitals_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    store = PresetStore(tmp_path)
    store.save("a/b", "Boat", {"n": 1})
    with pytest.raises(NameTaken, match="A preset is called Boat already"):
        store.save("a/b", "boat", {"n": 2})
    [before] = store.of_model("a/b")
    store.save("a/b", "boat", {"n": 3}, replacing=True)
    [after] = store.of_model("a/b")
    assert (after.id, after.name, after.draft) == (before.id, "boat", {"n": 3})


def test_it_can_be_renamed_but_not_to_a_name_of_another(tmp_path: Path) -> None:
    store = PresetStore(tmp_path)
    for name in ("one", "two"):
        store.save("a/b", name, {"name": name})
    one, two = store.of_model("a/b")
    with pytest.raises(NameTaken):
        store.rename(two.id, "ONE")
    store.rename(one.id, "One")
    store.rename(two.id, "after it")
    assert names(store) == ["after it", "One"]
    assert store.of_model("a/b")[0].draft == {"name": "two"}


def test_a_deleted_one_is_gone_and_renaming_it_brings_nothing_back(tmp_path: Path) -> None:
    store = PresetStore(tmp_path)
    store.save("a/b", "one", {})
    [one] = store.of_model("a/b")
    PresetStore(tmp_path).delete(one.id)
    assert names(store) == []
    store.rename(one.id, "two")
    store.delete(one.id)
    assert names(store) == []


def test_two_windows_lose_none_of_each_others(tmp_path: Path) -> None:
    one, two = PresetStore(tmp_path), PresetStore(tmp_path)
    one.save("a/b", "one", {})
    two.save("a/b", "two", {})
    one.save("a/b", "three", {})
    assert names(two) == names(one) == ["one", "three", "two"]


def test_an_unreadable_file_is_set_aside_and_one_bad_preset_costs_only_itself(
    tmp_path: Path,
) -> None:
    store = PresetStore(tmp_path)
    store.save("a/b", "one", {})
    store._file.revise("test", lambda documents: documents.update(bad={"name": 5}))
    assert names(PresetStore(tmp_path)) == ["one"]
    for path in (tmp_path / "presets.json", tmp_path / "presets.json.bak"):
        path.write_bytes(b"{ half")
    told: list[str] = []
    broken = PresetStore(tmp_path, report=told.append)
    assert names(broken) == []
    assert "presets.json could not be read" in told[0]
    assert list(tmp_path.glob("presets.json.unreadable*"))


def test_what_cannot_be_kept_is_refused_in_words(tmp_path: Path) -> None:
    deep: dict[str, object] = {}
    for _ in range(2000):
        deep = {"in": deep}
    store = PresetStore(tmp_path)
    with pytest.raises(LedgerError, match="nested too deeply"):
        store.save("a/b", "deep", deep)
    assert names(store) == []
