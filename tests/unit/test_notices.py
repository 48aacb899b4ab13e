"""Which ends are told by the terminal, in which words, in which dialect."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.surroundings import through_multiplexer
from runcomfy_tui.ui.notices import Notices, dialect

MODEL = "runwayml/runway-gen-4/turbo/image-to-video"


def job(name: str, status: Status, prompt: str = "a boat") -> Job:
    return Job(name, MODEL, {"prompt": prompt}, status, 0.0, request_id=f"req-{name}")


def notices(*, bell: bool = False, notify: str = "osc9", **environ: str) -> Notices:
    return Notices(bell=bell, notify=notify, environ=environ)


def ending(told: Notices, status: Status = Status.COMPLETED, prompt: str = "a boat") -> str:
    told.hear([job("a", Status.IN_PROGRESS, prompt)])
    told.hear([job("a", status, prompt)])
    return told.take()


def test_an_end_is_told_once_with_model_and_prompt() -> None:
    told = notices(bell=True)
    assert not told.hear([job("a", Status.IN_QUEUE)])
    assert told.take() == ""
    assert told.hear([job("a", Status.COMPLETED)])
    expected = "\x07\x1b]9;runcomfy: completed: runway-gen-4/turbo/i2v a boat\x07"
    assert told.take() == expected
    told.hear([job("a", Status.COMPLETED)])
    assert told.take() == ""


def test_ends_that_come_together_are_told_together() -> None:
    told = notices()
    told.hear(job(f"j{number}", Status.IN_PROGRESS) for number in range(3))
    told.hear([job("j0", Status.COMPLETED), job("j1", Status.FAILED)])
    told.hear([job("j2", Status.COMPLETED)])
    assert told.take() == "\x1b]9;runcomfy: 3 jobs ended: 2 completed, 1 failed\x07"


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.REJECTED])
def test_what_the_user_did_is_not_told(status: Status) -> None:
    assert ending(notices(bell=True), status) == ""


def test_history_is_not_told() -> None:
    told = notices(bell=True)
    told.hear([job("old", Status.COMPLETED), job("older", Status.FAILED)])
    assert told.take() == ""


def test_each_can_be_switched_off() -> None:
    assert ending(notices(bell=True, notify="off")) == "\x07"
    assert not ending(notices(bell=False)).startswith("\x07")
    assert ending(notices(bell=False, notify="off")) == ""


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"TERM": "xterm-256color"}, "osc9"),
        ({"TERM": "xterm-kitty"}, "osc99"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "3"}, "osc99"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "osc777"),
        ({"TERM": "foot"}, "osc777"),
        ({"TERM": "linux"}, "off"),
        ({"TERM": "dumb"}, "off"),
        ({}, "osc9"),
    ],
)
def test_the_dialect_follows_the_terminal(environ: Mapping[str, str], found: str) -> None:
    assert dialect(environ) == found


@given(st.text(max_size=300), st.sampled_from(["osc9", "osc777", "osc99"]))
def test_a_prompt_cannot_leave_its_notification(prompt: str, notify: str) -> None:
    told = ending(notices(notify=notify), prompt=prompt)
    body = told.removeprefix("\x1b]").removesuffix("\x07")
    assert len(told) == len(body) + 3
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in body)
    assert body.count(";") <= 3


def test_it_is_handed_through_tmux_and_screen() -> None:
    assert through_multiplexer("\x1b]9;x\x07", {}) == "\x1b]9;x\x07"
    assert through_multiplexer("\x1b]9;x\x07", {"TMUX": "1"}) == "\x1bPtmux;\x1b\x1b]9;x\x07\x1b\\"
    assert through_multiplexer("\x1b]9;x\x07", {"STY": "1"}) == "\x1bP\x1b]9;x\x07\x1b\\"
