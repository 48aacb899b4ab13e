"""A dashboard on a sandbox whose time stands still, for tests of what makes many jobs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from textual.events import Paste
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import TextArea

from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.release import Limits
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Status
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.app import RunComfyApp
from runcomfy_tui.ui.screens.main import MainScreen
from tests.engine.house import engine_of, on_disk
from tests.engine.server import Server
from tests.ui.composer_host import GEN_4
from tests.ui.until import until

T = TypeVar("T")

_FIELDS = list((GEN_4.input_schema or {})["properties"])


@dataclass
class Dashboard:
    """The whole program, and what a person sees of it."""

    app: RunComfyApp
    pilot: Pilot[str]
    server: Server
    engine: EngineThread
    folder: Path

    @property
    def main(self) -> MainScreen:
        return self.app.get_default_screen()

    @property
    def text(self) -> str:
        """All that stands on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def statuses(self) -> Counter[Status]:
        """How many jobs of the ledger are in which state."""
        return Counter(job.status for job in on_disk(self.folder).values())

    @property
    def toasts(self) -> str:
        return "\n".join(str(each.message) for each in self.app._notifications)

    def widget(self, selector: str) -> Widget:
        return self.app.screen.query_one(selector)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def paste(self, text: str) -> None:
        self.app.post_message(Paste(text))
        await self.pilot.pause()

    async def shows(self, text: str) -> None:
        """Wait until `text` stands on the screen."""
        await self.until(lambda: text in self.text, f"for “{text}”")

    async def until(self, is_so: Callable[[], T | None], what: str = "") -> T:
        """Let the window work until `is_so()` gives something true, and return that."""
        return await until(self.pilot, is_so, lambda: f"{what}\n{self.text}\n{self.toasts}")


@asynccontextmanager
async def dashboard(
    server: Server,
    folder: Path,
    *,
    size: tuple[int, int] = (140, 40),
    limits: Limits | None = None,
    **changes: Any,
) -> AsyncIterator[Dashboard]:
    """The program on `folder`, until it is closed."""
    limits = limits or Limits(per_second=500, unfinished=1000)

    def build(mailbox: Mailbox) -> Engine:
        return engine_of(folder, server.url, server.serverless_url, mailbox, limits=limits)

    thread = EngineThread(build)
    settings = replace(Settings(data_dir=folder, is_sandbox=True), **changes)
    app = RunComfyApp(thread, settings, has_token=True)
    async with app.run_test(size=size) as pilot:
        host = Dashboard(app, pilot, server, thread, folder)
        await thread.ready()
        await host.until(lambda: host.main.query("Composer") and host.main.composer.entry)
        await host.until(lambda: host.main.composer.query("FormView"), "for the form")
        await pilot.pause()
        yield host
        await asyncio.to_thread(thread.stop, 0.2)
        await pilot.pause()


async def go_to(host: Dashboard, name: str) -> None:
    """Put the cursor into the values of a field, coming from another one's."""
    fields = host.widget("#sweep-fields")
    if not fields.has_focus:
        await host.press("escape")
    await host.press("home", *["down"] * _FIELDS.index(name), "enter")
    await host.until(lambda: host.widget("ValuesEditor").has_focus_within)


async def give(host: Dashboard, name: str, text: str) -> None:
    """Type values for a field."""
    await go_to(host, name)
    area = host.app.focused
    assert isinstance(area, TextArea)
    area.select_all()
    await host.press("delete")
    await host.paste(text)


async def ask_to_send(host: Dashboard, *, seeds: str, jobs: int) -> None:
    """Make many jobs of the form, by their seeds alone, up to the question that sends them."""
    await host.press("f6")
    await give(host, "seed", seeds)
    await host.shows(f"{jobs} jobs = {jobs} seed")
    await host.press("f5")
    await host.shows(f"Send {jobs} jobs?")
