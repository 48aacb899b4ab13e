"""A job table in an app of its own, for tests that look at it and press keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button

from runcomfy_tui import paths
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.ui.widgets.job_table import JobTable

NOW = 1_763_733_000.0
MODEL = "runwayml/runway-aleph/video-to-video"


def finished(number: int) -> Job:
    made = NOW - 86_400 + number
    return Job(
        id=f"{number:06}",
        model_id=MODEL,
        inputs={"prompt": f"boat {number}"},
        status=Status.COMPLETED,
        created_at=made,
        started_at=made,
        finished_at=made + 58,
        cost=0.25,
    )


def running(number: int, *, age: float, now: float = NOW) -> Job:
    return finished(number).but(
        status=Status.IN_PROGRESS,
        created_at=now - age,
        started_at=now - age,
        finished_at=None,
        cost=None,
    )


class WatchedTable(JobTable):
    """The table itself, with a note of what it asked to be repainted."""

    def __init__(self, now: float | None) -> None:
        self.now = now
        self.repainted: list[Region] = []
        self.repaint = asyncio.Event()
        super().__init__(clock=lambda: time.time() if self.now is None else self.now)

    def refresh(self, *regions: Region, **options: Any) -> Self:
        self.repainted += regions or [self.size.region]
        self.repaint.set()
        return super().refresh(*regions, **options)


@dataclass
class Dashboard:
    table: WatchedTable
    pilot: Pilot[None]
    messages: list[Message] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.table.size.height)]

    @property
    def boats(self) -> list[int]:
        """The numbers of the jobs in view, top to bottom."""
        return [int(line.rpartition("boat ")[2]) for line in self.lines[1:] if "boat " in line]

    def line_of(self, number: int) -> str:
        return next(line for line in self.lines if line.endswith(f"boat {number}"))

    @property
    def cursor_line(self) -> str:
        (line,) = (line for line in self.lines if line.startswith("▌"))
        return line

    async def repainted_by(self, *keys: str) -> list[Region]:
        await self.pilot.pause()
        self.table.repainted.clear()
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return list(self.table.repainted)

    async def told(self, kind: type[Message]) -> list[str | None]:
        """The ids of the jobs in the messages of one kind so far."""
        await self.pilot.pause()
        jobs = [message.job for message in self.messages if isinstance(message, kind)]  # type: ignore[attr-defined]
        return [job and job.id for job in jobs]


@asynccontextmanager
async def dashboard(
    jobs: Iterable[Job] = (),
    *,
    size: tuple[int, int] = (100, 13),
    now: float | None = NOW,
) -> AsyncIterator[Dashboard]:
    class TableApp(App[None]):
        CSS_PATH = [paths.styles() / "job_table.tcss"]

        def compose(self) -> ComposeResult:
            yield WatchedTable(now)
            yield Button("elsewhere")

        @on(JobTable.Highlighted)
        @on(JobTable.Opened)
        def note(self, message: Message) -> None:
            messages.append(message)

    messages: list[Message] = []
    app = TableApp()
    async with app.run_test(size=size) as pilot:
        table = app.query_one(WatchedTable)
        table.set_jobs(jobs)
        table.focus()
        await pilot.pause()
        yield Dashboard(table, pilot, messages)
