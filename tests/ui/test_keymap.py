from __future__ import annotations

import pytest

from runcomfy_tui.ui.keymap import complaints, is_key


def test_keys_that_do_what_is_wanted_are_no_reason_to_complain() -> None:
    assert complaints({}) == []
    assert complaints({"job.cancel": "x", "app.quit": "ctrl+x", "jobs.filter": "f12,?"}) != []
    assert complaints({"job.cancel": "x", "app.quit": "ctrl+x", "jobs.filter": "f12,&"}) == []


def test_two_keys_can_change_places() -> None:
    assert complaints({"job.cancel": "r", "job.rerun": "c"}) == []


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"job.cancell": "x"}, ["Nothing is called 'job.cancell'. Is job.cancel meant?"]),
        ({"[/b]": "x"}, ["Nothing is called '[/b]'. The command palette shows what there is."]),
        (
            {"job.cancel": "no such key"},
            ["job.cancel: 'no such key' is no key. Keys are called x, ctrl+x, f5 or shift+up."],
        ),
    ],
)
def test_a_wrong_id_or_key_is_named(wanted: dict[str, str], told: list[str]) -> None:
    assert complaints(wanted) == told


@pytest.mark.parametrize(
    ("wanted", "other"),
    [
        ({"job.cancel": "r"}, "job.rerun"),
        ({"job.cancel": "x, f5"}, "composer.submit"),
        ({"job.cancel": "?"}, "app.help"),
        ({"table.mark": "c"}, "job.cancel"),
        ({"tabs.rename": "d"}, "tabs.delete"),
        ({"job.cancel": "x", "job.rerun": "x"}, "job.rerun"),
    ],
)
def test_a_key_that_is_wanted_twice_in_one_place_is_told(
    wanted: dict[str, str], other: str
) -> None:
    [complaint] = complaints(wanted)
    assert other in complaint
    assert next(iter(wanted)) in complaint


@pytest.mark.parametrize("key", ["x", "?", "question_mark", "ctrl+x", "shift+up", "f24", "alt+f1"])
def test_keys_by_all_their_names(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize("key", ["", "ctlr+x", "ctrl+", "F5x", "no such key", "shift+nothing"])
def test_what_is_no_key(key: str) -> None:
    assert not is_key(key)
