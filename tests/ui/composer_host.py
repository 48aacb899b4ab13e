"""An app around one composer, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App, ComposeResult
from textual.events import Paste
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import TextArea

from runcomfy_tui import paths
from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.jobs import JsonObject, ModelEntry
from runcomfy_tui.ui.widgets.composer import Composer
from runcomfy_tui.ui.widgets.fields.row import FieldRow

GEN_4 = next(model for model in BUILTIN_MODELS if "gen-4" in model.model_id)
ALEPH = next(model for model in BUILTIN_MODELS if "aleph" in model.model_id)
_LONG = 8
EVIL = "[/foo] [red]x `$0.040` \x1b[31m"
"""Breaks whatever takes it for markup, and a terminal that it reaches unchanged."""


def model(properties: Mapping[str, Any], *required: str, **more: Any) -> ModelEntry:
    """A model whose schema has these properties."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return ModelEntry("vendor/some-model", input_schema={**schema, **more})


class Host(App[None]):
    """Shows a composer alone and remembers what it says."""

    CSS_PATH = [paths.styles() / "composer.tcss", paths.styles() / "fields.tcss"]

    def __init__(self) -> None:
        super().__init__()
        self.composer = Composer()
        self.changes: list[Composer.Changed] = []
        self.wanted = 0

    def compose(self) -> ComposeResult:
        yield self.composer

    def on_composer_changed(self, event: Composer.Changed) -> None:
        self.changes.append(event)

    def on_composer_model_wanted(self) -> None:
        self.wanted += 1

    # -- what a person sees -------------------------------------------------------------------

    def row(self, *path: str | int) -> FieldRow:
        """The row at `path`."""
        assert self.composer._form is not None
        row, rest = self.composer._form.locate(path)
        assert row is not None
        assert not rest, f"no row of its own at {path}"
        return row

    def said(self, *path: str | int) -> str:
        """The notes under the field at `path`, those that are shown."""
        notes = [child for child in self.row(*path).children if child.has_class("field--note")]
        return "\n".join(shown_text(note) for note in notes if note.display)

    @property
    def verdict(self) -> str:
        return shown_text(self.composer.query_one(".composer--verdict"))

    @property
    def help_text(self) -> str:
        return shown_text(self.composer.query_one("HelpPane"))

    @property
    def screen_text(self) -> str:
        """All that the terminal would be told, line by line."""
        strips = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)


def shown_text(widget: Widget) -> str:
    """The text of a widget that draws one."""
    return str(widget.render())


@asynccontextmanager
async def composing(
    entry: ModelEntry | None = None,
    inputs: JsonObject | None = None,
    *,
    size: tuple[int, int] = (46, 40),
) -> AsyncIterator[tuple[Host, Composer, Pilot[None]]]:
    """A composer with the form of `entry` on the screen."""
    app = Host()
    async with app.run_test(size=size) as pilot:
        if entry is not None:
            await app.composer.show_model(entry, inputs)
            await judged(app, pilot)
        await pilot.pause()
        yield app, app.composer, pilot


async def judged(app: Host, pilot: Pilot[None]) -> None:
    """Wait for the judge, who comes after the first sight of a form."""
    await pilot.pause()
    while not app.verdict:
        await pilot.pause()


async def type_into(app: Host, pilot: Pilot[None], text: str, *path: str | int) -> None:
    """Replace what stands in the field at `path` by `text`: key by key, or pasted if long."""
    app.row(*path).focus_editor()
    await pilot.pause()
    if isinstance(app.focused, TextArea):
        app.focused.select_all()
        await pilot.press("delete")
    else:
        await pilot.press("home", "ctrl+k")
    if len(text) > _LONG:
        app.post_message(Paste(text))
    else:
        await pilot.press(*("enter" if character == "\n" else character for character in text))
    await pilot.pause()


def paste(app: Host, text: str) -> None:
    app.post_message(Paste(text))
