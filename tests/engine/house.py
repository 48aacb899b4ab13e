"""Real engines on real folders against real servers, and a reader that awaits what they tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.download import Downloader
from runcomfy_tui.batch import Progress
from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine.changes import Changes, DownloadState, Facts, Mailbox
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.release import Limits
from runcomfy_tui.engine.saving import Saving
from runcomfy_tui.engine.tracker import Pace
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job
from tests.waiting import LONG_ENOUGH

T = TypeVar("T")

MODEL = next(model.model_id for model in BUILTIN_MODELS if "gen-4" in model.model_id)
INPUTS = {"promptImage": "https://example.com/a.png", "promptText": "a paper boat"}

A_WHILE = LONG_ENOUGH
"""Seconds until a wait is given up; nothing here takes one."""


@dataclass
class Reader:
    """Takes from a mailbox whatever is told, as a window does, and lets tests await it."""

    mailbox: Mailbox = field(default_factory=Mailbox)
    jobs: dict[str, Job] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    downloads: dict[str, DownloadState] = field(default_factory=dict)
    batches: dict[str, Progress] = field(default_factory=dict)
    told: list[Changes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self.mailbox.notify = self.ring

    def ring(self) -> None:
        """Something is in the mailbox; callable from any thread."""
        self._loop.call_soon_threadsafe(self._bell.set)

    async def until(
        self, is_so: Callable[[], T | None], what: str = "", seconds: float = A_WHILE
    ) -> T:
        """Read what is told until `is_so()` gives something true, and return that."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.take()
                    if answer := is_so():
                        return answer
                    await self._bell.wait()
                    self._bell.clear()
        except TimeoutError:
            state = [(job.status_word, job.failure) for job in self.jobs.values()]
            raise AssertionError(f"waited in vain {what}: {state} {self.facts}") from None

    def take(self) -> None:
        """Read what has been told so far."""
        self.take_in(self.take_mail())

    def take_mail(self) -> Changes:
        """What is in the mailbox."""
        return self.mailbox.take()

    def take_in(self, changes: Changes) -> None:
        self.told.append(changes)
        self.jobs.update((job.id, job) for job in changes.jobs)
        for job_id in changes.gone:
            self.jobs.pop(job_id, None)
        self.facts = changes.facts or self.facts
        self.downloads.update((state.url, state) for state in changes.downloads)
        self.batches.update((each.batch.id, each) for each in changes.batches)

    def words_of(self, job: Job) -> list[str]:
        """The status words that were told of a job, each once in a row."""
        words: list[str] = []
        for changes in self.told:
            for each in changes.jobs:
                if each.id == job.id and words[-1:] != [each.status_word]:
                    words.append(each.status_word)
        return words


class House(Reader):
    """`async with House(folder, url)`: an engine of its own with a reader of what it tells."""

    def __init__(
        self,
        folder: Path,
        model_api_base: str,
        serverless_base: str | None = None,
        *,
        token: str | None = "good",
        limits: Limits | None = None,
        saving: Saving | None = None,
    ) -> None:
        super().__init__()
        self.engine = engine_of(
            folder, model_api_base, serverless_base, self.mailbox, token, limits, saving
        )

    async def __aenter__(self) -> Self:
        await self.engine.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.engine.stop(grace=0.2)

    async def submit(self, **inputs: Any) -> Job:
        return await self.engine.submit(MODEL, INPUTS | inputs)

    async def until_job(self, job: Job, *words: str) -> Job:
        """Wait until the job's status is one of these words."""

        def there() -> Job | None:
            now = self.jobs.get(job.id)
            return now if now is not None and now.status_word in words else None

        return await self.until(there, f"for {words}")


def engine_of(
    folder: Path,
    model_api_base: str,
    serverless_base: str | None,
    mailbox: Mailbox,
    token: str | None = "good",
    limits: Limits | None = None,
    saving: Saving | None = None,
) -> Engine:
    """An engine put together as the program does it, with a quicker pace; files go to `results`."""
    return Engine(
        client=Client(model_api_base, serverless_base, token),
        ledger=Ledger(folder),
        turn=WatchTurn(folder),
        downloader=Downloader(model_api_base, pause=0.01),
        mailbox=mailbox,
        pace=Pace(polls_per_second=50),
        limits=limits,
        saving=saving or Saving(folder.parent / "results"),
    )


def on_disk(folder: Path) -> dict[str, Job]:
    """Every job of a ledger, as a program that starts now would find it."""
    ledger = Ledger(folder)
    jobs = {job.id: job for job in ledger.load_live()}
    jobs |= {job.id: job for batch in ledger.load_ended() for job in batch}
    assert ledger.problems == []
    return jobs


def without_position(jobs: Iterable[Job]) -> dict[str, Job]:
    """Jobs as the ledger keeps them: the position in the queue is told, but not kept."""
    return {job.id: job.but(queue_position=None) for job in jobs}
