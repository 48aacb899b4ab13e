"""Shapes and borders as ASCII: cell for cell, letters left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from runcomfy_tui.jobs import Status
from runcomfy_tui.ui import words
from runcomfy_tui.ui.ascii import in_ascii, wants_ascii

DRAWN = "".join(chr(code) for code in range(0x2500, 0x25A0)) + "…·–—▾▸▌✓→←↑↓⏎“”‘’"


def test_every_shape_of_a_status_has_one_of_its_own() -> None:
    shapes = [in_ascii(words.shape(status)) for status in Status]
    assert all(shape.isascii() and len(shape) == 1 for shape in shapes)
    assert len(set(shapes)) == len(shapes)


def test_borders_bars_and_signs_become_ascii() -> None:
    assert in_ascii(DRAWN).isascii()
    assert in_ascii("╭─ New job ─╮") == "+- New job -+"


def test_letters_of_all_languages_stay() -> None:
    assert in_ascii("Größe 日本 один") == "Größe 日本 один"


@given(st.text())
def test_nothing_moves(text: str) -> None:
    assert cell_len(in_ascii(text)) == cell_len(text)
    assert len(in_ascii(text)) == len(text)


def test_control_sequences_pass_unchanged() -> None:
    sequence = "\x1b[38;2;1;2;3m\x1b]52;c;YWJj\x07\x1b[?2026h"
    assert in_ascii(sequence) == sequence


@pytest.mark.parametrize(
    ("term", "encoding", "wanted"),
    [
        ("linux", "utf-8", True),
        ("xterm-256color", "utf-8", False),
        ("xterm-256color", "UTF8", False),
        ("xterm-256color", "iso8859-1", True),
        ("xterm-256color", "ascii", True),
        ("vt100", "utf-8", True),
        ("tmux-256color", "no-such-encoding", True),
    ],
)
def test_who_gets_it_unasked(term: str, encoding: str, wanted: bool) -> None:
    assert wants_ascii({"TERM": term}, encoding) is wanted
