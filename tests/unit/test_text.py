"""Strings from outside, made safe to draw."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.text import clip, visible

ANY_TEXT = st.text(st.characters(exclude_categories=()))
MOVES_OR_HIDES = {"Cc", "Cs", "Zl", "Zp"}
TURNS_AROUND = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_safe(char: str) -> bool:
    category, direction = unicodedata.category(char), unicodedata.bidirectional(char)
    return category not in MOVES_OR_HIDES and direction not in TURNS_AROUND


@given(ANY_TEXT)
def test_no_control_character_gets_through(text: str) -> None:
    shown = visible(text)
    assert all(map(is_safe, shown)), shown
    shown.encode()


@given(ANY_TEXT)
def test_with_newlines_kept_nothing_but_newlines_gets_through(text: str) -> None:
    shown = visible(text, keep_newlines=True)
    assert all(char == "\n" or is_safe(char) for char in shown), shown
    assert shown.count("\n") == text.count("\n")


@given(ANY_TEXT)
def test_what_is_visible_already_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert visible(visible(text, keep_newlines=True), keep_newlines=True) == visible(
        text, keep_newlines=True
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\r\nb\tc", "a b c"),
        ("\x00\x7f\x9b", "␀␡·"),
        ("a\u202eb\u200bc", "a·b·c"),
        ("[/brackets] [bold]", "[/brackets] [bold]"),
        ("naïve 模型 🛶", "naïve 模型 🛶"),
    ],
)
def test_what_is_seen_of_it(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_prompt_keeps_its_lines() -> None:
    assert visible("one\r\ntwo\n\tthree\x1b", keep_newlines=True) == "one\ntwo\n    three␛"


@given(ANY_TEXT, st.integers(min_value=0, max_value=20))
def test_a_clipped_text_is_never_longer_than_asked_for(text: str, length: int) -> None:
    clipped = clip(text, length)
    assert len(clipped) <= length
    assert clipped == text or (len(text) > length and text.startswith(clipped[:-1]))
