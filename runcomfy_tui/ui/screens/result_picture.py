"""A result's picture beside its words: shown unasked where it costs little, else by a key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from textual.containers import Horizontal
from textual.geometry import Size
from textual.screen import Screen

from runcomfy_tui.drawing import Surface
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.surroundings import is_remote
from runcomfy_tui.text import visible
from runcomfy_tui.ui.terminal_app import TerminalApp
from runcomfy_tui.ui.widgets.picture import Picture


class ResultPicture:
    """Shows the picture of one file at a time in the right half of `body`.

    With `is_on` a picture that costs little is shown unasked; where there is none, nothing is.
    """

    def __init__(self, screen: Screen[None], engine: EngineThread, *, is_on: bool) -> None:
        self._screen = screen
        self._engine = engine
        self._is_on = self._is_wanted = is_on
        self._is_asked = False
        self._picture: Picture | None = None
        self._shown: tuple[str, str, Size] | None = None

    def forget(self) -> None:
        """Another job comes; nobody has asked for its pictures yet."""
        self._is_wanted, self._is_asked = self._is_on, False
        self._hide()

    def switch(self) -> None:
        """The key was pressed: hide what is shown, else show it or say why not."""
        is_shown = self._picture is not None and self._picture.display
        self._is_wanted = self._is_asked = not is_shown
        if is_shown:
            self._hide()

    def show(self, body: Horizontal, job_id: str, url: str | None) -> None:
        """Show the picture of this file, as soon as there is one, unless it is shown already."""
        if self._is_wanted and url is not None and self._shown != (job_id, url, body.size):
            self._shown = job_id, url, body.size
            # Not begun here: a screen that is left at once never runs it.
            work = partial(self._show, body, job_id, url)
            self._screen.run_worker(
                work,  # type: ignore[arg-type] # Textual infers no result from a function
                exclusive=True,
                group="picture",
            )

    async def _show(self, body: Horizontal, job_id: str, url: str) -> None:
        is_asked = self._is_asked
        drawing, said = None, ""
        try:
            found = await self._engine.ask(
                lambda engine: engine.results.previews.find(job_id, url, is_asked=is_asked)
            )
            surface = await self._surface(max(1, body.size.width // 2 - 2), body.size.height)
            drawing = await self._engine.ask(
                lambda engine: engine.results.previews.draw(found, surface)
            )
        except EngineError as error:
            if not is_asked:
                self._hide()
                return
            said = visible(str(error))
        if self._picture is None:
            self._picture = Picture(id="result-picture")
            await body.mount(self._picture)
        self._picture.drawing, self._picture.said = drawing, said
        self._picture.display = True

    async def _surface(self, columns: int, rows: int) -> Surface:
        app = self._screen.app
        if isinstance(app, TerminalApp):
            return await app.surface(columns, max(1, rows))
        return Surface(columns, max(1, rows))

    def _hide(self) -> None:
        self._shown = None
        if self._picture is not None:
            self._picture.display = False
            self._picture.drawing, self._picture.said = None, ""


def shows_pictures(preview: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether pictures are shown before anybody asks: not where they would cost a thin line."""
    if preview == "auto":
        return not (is_remote(environ) or environ.get("TMUX") or environ.get("STY"))
    return preview == "on"
