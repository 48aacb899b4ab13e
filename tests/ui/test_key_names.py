"""The keys that texts speak of are the ones that the user has."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding

from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.app import RunComfyApp
from runcomfy_tui.ui.key_names import BINDING_IDS, KeyNames, key_names
from runcomfy_tui.ui.screens.main_bindings import MAIN_BINDINGS
from runcomfy_tui.ui.widgets.job_table import JobTable


def never_built(_mailbox: Mailbox) -> Engine:
    raise AssertionError("no engine is needed to write a key")


@pytest.fixture
def app(tmp_path: Path) -> RunComfyApp:
    return RunComfyApp(EngineThread(never_built), Settings(data_dir=tmp_path), has_token=True)


def test_the_usual_names_are_those_of_the_usual_keys(app: RunComfyApp) -> None:
    bindings: list[Any] = [*MAIN_BINDINGS, *JobTable.BINDINGS]
    usual = {each.id: app.get_key_display(each) for each in bindings if isinstance(each, Binding)}
    assert asdict(KeyNames()) == {name: usual[each] for name, each in BINDING_IDS.items()}


def test_the_user_s_own_key_is_named_and_the_first_of_several(app: RunComfyApp) -> None:
    names = key_names(
        {"composer.submit": "ctrl+j, f12", "table.mark": "m", "jobs.costs": "x"},
        app.get_key_display,
    )
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
def test_a_key_is_written_as_it_stands_on_the_keyboard(
    app: RunComfyApp, key: str, name: str
) -> None:
    assert app.get_key_display(Binding(key, "")) == name
