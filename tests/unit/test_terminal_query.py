"""What a terminal is asked about pictures, and what its answers mean."""

from __future__ import annotations

import pytest

from runcomfy_tui.terminal_query import about_pictures, read

KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24,U=1;AAAA\x1b\\"


def test_the_question_that_every_terminal_answers_comes_last() -> None:
    assert about_pictures({"TERM": "xterm-256color"}) == f"\x1b[16t{KITTY}\x1b[c"


@pytest.mark.parametrize(
    "environ",
    [
        {"TMUX": "/tmp/tmux,1,0"},
        {"STY": "1.pts"},
        {"TERM": "tmux-256color"},
        {"TERM": "screen"},
        {"TERM": "linux"},
        {"TERM_PROGRAM": "Apple_Terminal"},
    ],
)
def test_who_takes_a_question_for_a_title_or_for_text_is_not_asked_it(
    environ: dict[str, str],
) -> None:
    assert about_pictures(environ) == "\x1b[16t\x1b[c"


def test_a_cell_has_a_width_and_a_height_or_none_is_known() -> None:
    assert read(b"\x1b[6;19;9t\x1b[?62;4c").cell_size == (9, 19)
    assert read(b"\x1b[6;0;0t\x1b[?62c").cell_size is None
    assert read(b"\x1b[?62c").cell_size is None
