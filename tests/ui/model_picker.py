"""The whole window on a catalog server, and what a reader of its picker sees."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.app import RunComfyApp
from runcomfy_tui.ui.screens.models import ModelScreen
from runcomfy_tui.ui.widgets.model_list import ModelList
from tests.engine.house import engine_of
from tests.ui.until import until


class Picker:
    """What is on the screen, and the keys that change it."""

    def __init__(self, app: RunComfyApp, pilot: Pilot[str]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def lines(self) -> list[str]:
        """All that the terminal would be told."""
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_open(self) -> bool:
        return isinstance(self.app.screen, ModelScreen)

    @property
    def model_list(self) -> ModelList:
        return self.app.screen.query_one(ModelList)

    @property
    def rows(self) -> list[str]:
        """The rows of the list, without its header."""
        widget = self.model_list
        strips = (widget.render_line(y) for y in range(widget.canvas_size.height))
        return [text for strip in strips if (text := strip.text.rstrip())][1:]

    @property
    def model_id(self) -> str | None:
        """The model whose form lies in the composer."""
        entry = self.app._main.composer.entry
        return entry.model_id if entry else None

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type, letter by letter."""
        await self.pilot.press(*(_KEYS.get(letter, letter) for letter in text))

    async def until(self, is_so: Callable[[], object], what: str = "") -> None:
        """Let the window work until something is so."""
        await until(self.pilot, is_so, lambda: f"{what}\n{self.text}")

    async def open(self) -> None:
        """Open it, and wait for what is known and for the catalog to be read."""
        await self.press("f2")
        await self.until(lambda: self.is_open, "for the picker")
        await self.until(
            lambda: (
                "no catalog" in self.text or (" old" in self.text and "reading it" not in self.text)
            ),
            "for the catalog",
        )

    async def open_offline(self) -> None:
        """Open it while the catalog cannot be read."""
        await self.press("f2")
        await self.until(lambda: self.is_open and "reached" in self.text, "for the words")


_KEYS = {"/": "slash", "-": "minus", ".": "full_stop", " ": "space", "[": "left_square_bracket"}


@asynccontextmanager
async def window(
    base: str, folder: Path, *, size: tuple[int, int] = (140, 40)
) -> AsyncIterator[Picker]:
    """The program on a data folder, its first form shown."""
    engine = EngineThread(lambda mailbox: engine_of(folder, base, None, mailbox))
    settings = Settings(data_dir=folder, model_api_base=base, serverless_api_base=None)
    app = RunComfyApp(engine, settings, has_token=True)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            picker = Picker(app, pilot)
            await picker.until(lambda: picker.model_id, "for the first form")
            yield picker
    finally:
        engine.stop(grace=0.2)
