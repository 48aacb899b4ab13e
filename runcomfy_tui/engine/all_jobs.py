"""All jobs taken together, for the window: what they cost, what is put back, what is taken in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.release import Release
from runcomfy_tui.engine.watch import Watch
from runcomfy_tui.export_file import format_of, jobs_in
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.imports import Import, Imported
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job
from runcomfy_tui.spending import (
    Period,
    Spending,
    Spent,
    newest_priced,
    spending_of,
    spent_on,
)


class AllJobs:
    """Belongs to the engine's loop. What speaks of all jobs waits until all have been read.

    Methods raise `EngineError`.
    """

    def __init__(self, ledger: Ledger, book: Book, watch: Watch, release: Release) -> None:
        self._ledger = ledger
        self._book = book
        self._watch = watch
        self._release = release
        self._turn_to_import = asyncio.Lock()

    async def spending(self) -> Spending:
        """What all jobs have cost, counted outside the loop."""
        return await asyncio.to_thread(spending_of, await self._all_jobs(), time.time())

    async def newest_in(self, period: Period, most: int) -> list[Job]:
        """The newest jobs of a period that have a cost, or an estimate of one."""
        jobs = await self._all_jobs()
        return await asyncio.to_thread(newest_priced, jobs, period, time.time(), most)

    async def spent_today(self) -> Spent:
        """What today has come to so far, with what is planned and not sent yet."""
        jobs, planned = await self._all_jobs(), self._release.planned_usd
        return await asyncio.to_thread(spent_on, jobs, time.time(), planned)

    async def restore(self, *jobs: Job) -> None:
        """Put forgotten jobs back as they were; those that had not ended are watched again."""
        try:
            await self._book.write(*jobs)
        except LedgerError as error:
            raise EngineError(str(error)) from error
        self._watch.take_up(*jobs)

    async def take_in(self, file: Path) -> Imported:
        """Merge an export into the ledger, step by step: nobody's submit waits for all of it."""
        # One after another: each knows the jobs that it begins with, and those that it adds.
        async with self._turn_to_import:
            return await self._take_in(file)

    async def _take_in(self, file: Path) -> Imported:
        known = await self._all_jobs()
        work = await asyncio.to_thread(Import, self._ledger, known, self._book)
        try:
            with await asyncio.to_thread(file.open, "rb") as lines:
                steps = work.steps(jobs_in(lines, format_of(file.name)))
                while (step := await asyncio.to_thread(next, steps, None)) is not None:
                    self._watch.take_up(*await self._book.change_by(step))
        except LedgerError as error:
            raise EngineError(str(error)) from error
        except OSError as error:
            raise EngineError(f"{file} cannot be read: {error.strerror or error}.") from error
        return work.report

    async def _all_jobs(self) -> tuple[Job, ...]:
        await self._watch.history_is_there.wait()
        return tuple(self._book.jobs())
