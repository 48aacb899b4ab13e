"""Sixteen colours, of which a terminal's owner chose each: nothing is told by one on another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.engine.server import Server
from tests.terminal.dashboard import Dashboard

GROUNDS = {*range(40, 48), *range(100, 108)}
BLUE, YELLOW = 34, 33
REVERSED = 7


def shapes_and_colours(screen: Dashboard) -> set[int]:
    """The numbers of all the attributes and colours that were sent."""
    return {
        int(number)
        for parameters in re.findall(rb"\x1b\[([0-9;]*)m", screen.raw)
        for number in parameters.split(b";")
        if number
    }


@pytest.mark.parametrize("term", ["xterm", "screen"])
def test_what_is_chosen_is_seen_on_a_black_ground_and_on_a_white_one(
    folder: Path, server: Server, term: str
) -> None:
    with Dashboard(folder, server, environ={"TERM": term, "COLORTERM": ""}) as screen:
        screen.wait_for_form()
        screen.go_to_field("ratio")
        screen.bytes_until_quiet()
        assert screen.reversed_text == ["1280:720"], "the field with the focus, and nothing else"
        screen.submit("in_queue")
        screen.bytes_until_quiet()
        assert "in_queue" in screen.reversed_text[0]
        for key, words in (
            ("f2", "Choose a model"),
            ("?", "escape closes"),
            ("ctrl+p", "Search for commands"),
        ):
            screen.press(key)
            screen.wait_for(words)
            screen.press("escape")
            screen.wait_gone(words)
        told = shapes_and_colours(screen)
        assert not told & GROUNDS, "the ground is the terminal's own"
        assert not told & {BLUE, YELLOW}, "of which one is lost on black and one on white"
        assert screen.quit() == 0
