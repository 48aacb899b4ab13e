"""The keys that texts speak of are the ones that the user has."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from textual.binding import Binding

from runcomfy_tui.ui.key_names import BINDING_IDS, KeyNames, key_name, key_names
from runcomfy_tui.ui.screens.main_bindings import MAIN_BINDINGS
from runcomfy_tui.ui.widgets.job_table import JobTable


def test_the_usual_names_are_those_of_the_usual_keys() -> None:
    bindings: list[Any] = [*MAIN_BINDINGS, *JobTable.BINDINGS]
    usual = {each.id: key_name(each.key) for each in bindings if isinstance(each, Binding)}
    assert asdict(KeyNames()) == {name: usual[each] for name, each in BINDING_IDS.items()}


def test_the_user_s_own_key_is_named_and_the_first_of_several() -> None:
    names = key_names({"composer.submit": "ctrl+j, f12", "table.mark": "m", "jobs.costs": "x"})
    assert names == KeyNames(submit="^j", mark="m")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("f12", "F12"),
        ("ctrl+x", "^x"),
        ("shift+up", "shift+↑"),
        ("ctrl+alt+f5", "alt+^F5"),
        ("question_mark", "?"),
        ("f", "f"),
    ],
)
def test_a_key_is_written_as_it_stands_on_the_keyboard(key: str, name: str) -> None:
    assert key_name(key) == name
