"""A path in place of a URL: known as one, kept with a hash, brought back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.local_files import is_local_file, kept_as, local_path, recalled
from runcomfy_tui.schema.media_entries import MediaEntry, local_files, media_entries, with_values
from runcomfy_tui.schema.reading import read_form

HASH = "0123456789abcdef" * 4

SCHEMA = {
    "type": "object",
    "properties": {
        "prompt": {"type": "string"},
        "image_url": {"type": "string", "format": "image_uri"},
        "images": {"type": "array", "format": "image_uris"},
        "shot": {
            "type": "object",
            "properties": {"video_url": {"type": "string"}, "text": {"type": "string"}},
        },
    },
}


@pytest.mark.parametrize("text", ["/a.png", "./a.png", "../a", "~/a b.png", "file:///a", "FILE:/a"])
def test_a_path_is_a_file_of_this_machine(text: str) -> None:
    assert is_local_file(text)


@pytest.mark.parametrize("text", ["a.png", "//host/a.png", "https://a/b", "data:,", "~", ".", ""])
def test_anything_else_is_not(text: str) -> None:
    assert not is_local_file(text)


def test_a_path_is_made_whole(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_path("./a/../b.png") == tmp_path / "b.png"
    assert local_path("~/b.png") == home / "b.png"
    assert local_path("file:///tmp/a%20b.png") == Path("/tmp/a b.png")
    assert local_path("file://localhost/tmp/a") == Path("/tmp/a")
    for text in ("file://elsewhere/a.png", "/a\x00b", "file:"):
        with pytest.raises(ValueError, match=r"another machine|not the path"):
            local_path(text)


def test_the_judge_takes_a_path_where_a_file_is_wanted_and_nowhere_else() -> None:
    gen_4 = BUILTIN_MODELS[0].input_schema
    assert judge(gen_4, {"promptImage": "/home/me/a.png"}) == ()
    assert judge(gen_4, {"promptImage": "a.png"}) != ()
    assert judge(gen_4, {"promptImage": "/home/me/a.png", "ratio": "/a"}) != ()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00/")))
def test_what_the_ledger_keeps_comes_back_as_the_path(name: str) -> None:
    path = Path("/home/me", name or "x")
    kept = kept_as(path, HASH)
    assert kept.endswith(HASH)
    assert is_local_file(kept)
    assert local_path(kept) == local_path(str(path))
    for inside in (lambda it: it, lambda it: [{"b": it}, 1], lambda it: {"c": it}):
        assert recalled({"a": inside(kept)}) == {"a": inside(str(path))}
    assert recalled({"a": f"see {kept}"}) == {"a": f"see {kept}"}


def test_files_are_found_wherever_a_form_names_them() -> None:
    form = read_form(SCHEMA)
    inputs = {
        "prompt": "/imagine a cat",
        "image_url": "https://a/b.png",
        "images": ["./one.png", "https://a/c.png"],
        "shot": {"video_url": "/two.mp4", "text": "/three"},
    }
    found = media_entries(form, inputs)
    assert [(each.path, each.address) for each in found] == [
        (("image_url",), "https://a/b.png"),
        (("images", 0), "./one.png"),
        (("images", 1), "https://a/c.png"),
        (("shot", "video_url"), "/two.mp4"),
    ]
    assert [each.address for each in local_files(form, inputs)] == ["./one.png", "/two.mp4"]
    assert all(isinstance(each, MediaEntry) and each.field.media is not None for each in found)


def test_values_that_fit_no_field_are_passed_over() -> None:
    form = read_form(SCHEMA)
    odd = {"image_url": 5, "images": "/x", "shot": ["/x"], "other": "/x"}
    assert media_entries(form, odd) == ()
    assert media_entries(form, {"image_url": "", "images": [None, ["/x"]]}) == ()


def test_other_values_are_put_in_without_touching_the_first() -> None:
    inputs = {"a": [1, {"b": 2}], "c": 3}
    changed = with_values(inputs, {("a", 1, "b"): "x", ("a", 0): "y"})
    assert changed == {"a": ["y", {"b": "x"}], "c": 3}
    assert inputs == {"a": [1, {"b": 2}], "c": 3}
