"""A form whose files lie on hosts that answer as a test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from textual.pilot import Pilot

from runcomfy_tui.api.probe import MediaProbe
from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.preflight import Preflight
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.schema.media_rules import MediaFacts
from runcomfy_tui.schema.sightings import Sight, Sighting
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.app import RunComfyApp
from runcomfy_tui.ui.screens.main import MainScreen
from runcomfy_tui.ui.widgets.composer import Composer
from tests.engine.house import engine_of
from tests.engine.server import Server
from tests.ui.composer_host import GEN_4, shown_text
from tests.ui.until import until

T = TypeVar("T")

URL = "https://files.example/boat.png"
GOOD = Sighting(Sight.SEEN, MediaFacts(2_100_000, 1280, 720), "PNG", MediaKind.IMAGE)
LARGE = replace(GOOD, facts=MediaFacts(16_000_000, 1280, 720))
OFFLINE = Sighting(Sight.UNSEEN, words="files.example could not be reached from here")

_PROPERTIES = (GEN_4.input_schema or {})["properties"]


class Hosts(MediaProbe):
    """The internet, as far as a test needs one: what is seen at each URL, as soon as it may be."""

    def __init__(self) -> None:
        super().__init__()
        self.shows: dict[str, Sighting] = {}
        self.asked: list[str] = []
        self.given_up: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    async def look(self, url: str) -> Sighting:
        self.asked.append(url)
        try:
            await asyncio.to_thread(self.may_answer.wait)
        except asyncio.CancelledError:
            self.given_up.append(url)
            raise
        return self.shows.get(url, OFFLINE)


@dataclass
class Desk:
    """A dashboard whose jobs go to a sandbox, as if it were RunComfy."""

    app: RunComfyApp
    pilot: Pilot[str]
    hosts: Hosts
    server: Server

    @property
    def main(self) -> MainScreen:
        return self.app.get_default_screen()

    @property
    def composer(self) -> Composer:
        return self.main.composer

    @property
    def verdict(self) -> str:
        return shown_text(self.composer.query_one(".composer--verdict"))

    @property
    def price(self) -> str:
        return shown_text(self.composer.query_one(".composer--model"))

    @property
    def said(self) -> str:
        """All notes under fields."""
        notes = (note for note in self.composer.query(".field--note") if note.display)
        return "\n".join(shown_text(note) for note in notes)

    async def until(self, is_so: Callable[[], T | None]) -> T:
        """Let the window work until `is_so()` gives something true, and return that."""
        return await until(self.pilot, is_so, lambda: f"{self.verdict}\n{self.said}")

    async def fill_in(self, **inputs: Any) -> None:
        """Put values into the form, as a rerun does."""
        defaults = {name: told["default"] for name, told in _PROPERTIES.items()}
        await self.main.forms.rerun(GEN_4.model_id, defaults | inputs)
        self.main.action_compose_job()
        await self.until(lambda: self.verdict)

    async def leave(self, name: str) -> None:
        """Go to a field and on to the next."""
        self.composer.reveal((name,))
        await self.pilot.pause()
        await self.pilot.press("tab")

    async def submitted(self, count: int) -> None:
        """Wait until the server has so many jobs of ours, and the form is done with them."""
        await self.until(lambda: self.server.created() == count)
        await self.until(lambda: not self.main._under_way)
        await self.pilot.pause()


@asynccontextmanager
async def at_desk(
    server: Server, folder: Path, *, size: tuple[int, int] = (140, 40), **changes: Any
) -> AsyncIterator[Desk]:
    hosts = Hosts()

    def build(mailbox: Mailbox) -> Engine:
        engine = engine_of(folder, server.url, server.serverless_url, mailbox)
        engine.preflight = Preflight(hosts)
        return engine

    thread = EngineThread(build)
    app = RunComfyApp(thread, replace(Settings(data_dir=folder), **changes), has_token=True)
    async with app.run_test(size=size) as pilot:
        main = app.get_default_screen()
        desk = Desk(app, pilot, hosts, server)
        await thread.ready()
        await desk.until(lambda: main.query("Composer") and main.composer.entry)
        await desk.until(lambda: main.table.has_focus or main.composer.has_focus_within)
        await desk.until(lambda: desk.verdict)
        yield desk
        hosts.may_answer.set()
        # First of all: a window that a test takes down hears of no news in its last moments.
        await asyncio.to_thread(thread.stop, 0.2)
        await pilot.pause()
