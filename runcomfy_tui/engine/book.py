"""The jobs in memory and their way to the ledger: one writer, many changes in one write."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from runcomfy_tui.engine.batch_index import BatchIndex
from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.ledger import Changed, Ledger
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.typical import Typical

T = TypeVar("T")

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""How long an unsaved change waits before the disk is tried again."""

SETTLE_SECONDS = 0.2
"""How long after a write the folder is synced, too: a submit's answer may come before."""


class Book:
    """All jobs by id, and the only place that writes them.

    The ledger is used by one thread of its own, so a slow disk or another process's lock never
    holds up a poll; changes that gather meanwhile go into one write.
    """

    def __init__(self, ledger: Ledger, mailbox: Mailbox) -> None:
        self._ledger = ledger
        self._mailbox = mailbox
        self._jobs: dict[str, Job] = {}
        self._requests: dict[str, str] = {}
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._pending: dict[str, Job] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._first: list[Callable[[], None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._turn_to_write = asyncio.Lock()
        """Held by whoever puts, forgets or annotates: a put behind a forgetting would bring its
        jobs back, one behind an annotation would write a new job without what was said of it."""
        self._settling: asyncio.Task[None] | None = None
        self._problems_mended = 0
        self._set_aside: list[str] = []
        self.trouble: str | None = None
        self.typical = Typical()
        """How long the models' jobs usually wait and run."""
        self.batches = BatchIndex()
        """The jobs that came of batches."""

    async def on_disk(self, work: Callable[[], T]) -> T:
        """Run `work` in the ledger's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)

    def get(self, job_id: str) -> Job | None:
        """The job as it is now."""
        return self._jobs.get(job_id)

    def by_request(self, request_id: str) -> Job | None:
        """The job that carries a request_id, among those that have not ended."""
        return self._jobs.get(self._requests.get(request_id, ""))

    def jobs(self) -> Iterable[Job]:
        """All jobs that are loaded, in no order."""
        return self._jobs.values()

    def take_in(
        self, jobs: Iterable[Job], *, over_ours: bool = True, can_wait: bool = False
    ) -> list[Job]:
        """Show jobs that are on the disk already; returns those that are news.

        With `over_ours` False a job that is known keeps its present state: the history comes in
        behind the changes of the first seconds. Those that `can_wait` are shown with what comes
        next.
        """
        news = [
            job
            for job in jobs
            if job.id not in self._pending and (over_ours or job.id not in self._jobs)
        ]
        self._remember(*news)
        self._mailbox.post(news, can_wait=can_wait)
        return news

    async def write(self, *jobs: Job, first: Callable[[], None] | None = None) -> None:
        """Have `jobs` on the disk, then show them. Raises `LedgerError` when they are not.

        `first` is run before that, in the ledger's thread, and must not raise.
        They are shown all the same when the disk fails, and tried again: what the server said
        is true, and the user must see it.
        """
        done = asyncio.get_running_loop().create_future()
        self._pending.update((job.id, job) for job in jobs)
        self._remember(*jobs)
        self._waiting.append(done)
        if first is not None:
            self._first.append(first)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_pending())
        try:
            await asyncio.shield(done)
        finally:
            self._mailbox.post(job for job in jobs if self._jobs.get(job.id) is job)

    async def annotate(self, job_ids: Iterable[str], said: Mapping[str, Any]) -> None:
        """Keep what the user says of jobs. Raises `LedgerError`."""
        ids = tuple(job_ids)
        async with self._turn_to_write:
            await self.on_disk(lambda: self._ledger.annotate(ids, said))
            jobs = [job.but(**said) for each in ids if (job := self._jobs.get(each)) is not None]
            self._remember(*jobs)
            self._pending.update((job.id, job) for job in jobs if job.id in self._pending)
        self._mailbox.post(jobs)

    async def forget(self, *job_ids: str) -> None:
        """Take jobs out of the ledger and the window."""
        await self.forget_by(lambda: self._ledger.forget(*job_ids), job_ids)

    async def forget_by(self, work: Callable[[], T], job_ids: Iterable[str]) -> T:
        """Let `work` take jobs out of the ledger, and drop them, before anything else is put."""
        async with self._turn_to_write:
            done = await self.on_disk(work)
            self.drop(job_ids)
        return done

    async def change_by(self, work: Callable[[], list[Job]]) -> list[Job]:
        """Let `work` write jobs, and show them, before anything else is put."""
        async with self._turn_to_write:
            return self.take_in(await self.on_disk(work))

    def drop(self, job_ids: Iterable[str]) -> None:
        """Jobs that the ledger has no longer."""
        gone = list(job_ids)
        for job_id in gone:
            self._pending.pop(job_id, None)
            job = self._jobs.pop(job_id, None)
            if job is not None and job.request_id is not None:
                self._requests.pop(job.request_id, None)
            if job is not None:
                self.batches.lose(job)
        self._mailbox.post(gone=gone)

    async def read_changes(self) -> Changed:
        """What other processes have written since the last look.

        When a file turned out to be broken, what this process knows of it is written again.
        """
        changed = await self.on_disk(self._ledger.changes)
        if (problems := len(self._ledger.problems)) > self._problems_mended:
            self._problems_mended = problems
            gone = set(changed.gone)
            await self.write(*(job for job in self._live() if job.id not in gone))
        return changed

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, in sentences for people."""
        return (*self._ledger.problems, *self._set_aside)

    def report(self, problem: str) -> None:
        """A file beside the ledger could not be read; callable from any thread."""
        log.warning("%s", problem)
        self._set_aside.append(problem)

    def _live(self) -> list[Job]:
        return [job for job in self._jobs.values() if not job.status.is_final]

    async def retry_unsaved(self) -> None:
        """Try again to save what the disk refused; quiet when it refuses again."""
        if self.trouble is None:
            return
        if not self._pending:
            self.trouble = None
            return
        try:
            await self.write()
        except LedgerError as error:
            log.warning("still not saved: %s", error)

    async def close(self) -> None:
        """Finish the writing under way and close the ledger.

        What the disk refused before has its last chance: it may name a request that was paid for.
        """
        if self._pending:
            try:
                await self.write()
            except LedgerError as error:
                request_ids = [job.request_id for job in self._pending.values()]
                log.error("closed without having saved %s: %s", request_ids, error)
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)
        await self.on_disk(self._ledger.close)
        self._disk.shutdown()

    def _remember(self, *jobs: Job) -> None:
        self._jobs.update((job.id, job) for job in jobs)
        self.typical.learn_all(jobs)
        for job in jobs:
            if job.batch is not None:
                self.batches.see(job)
            # The ended ones are for the ledger to find: they are many, and seldom asked for.
            if job.status.is_final:
                self._requests.pop(job.request_id or "", None)
            elif job.request_id is not None:
                self._requests[job.request_id] = job.id

    async def _write_pending(self) -> None:
        while self._waiting:
            async with self._turn_to_write:
                await self._write_what_waits()
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_soon())

    async def _write_what_waits(self) -> None:
        batch, waiting, first = dict(self._pending), self._waiting, self._first
        self._waiting, self._first = [], []
        try:
            await self.on_disk(partial(self._put, tuple(batch.values()), first))
        except Exception as error:
            self._refused(batch, waiting, error)
            return
        self.trouble = None
        for job_id, job in batch.items():
            if self._pending.get(job_id) is job:
                del self._pending[job_id]
        _settle(waiting, None)

    def _put(self, jobs: tuple[Job, ...], first: Iterable[Callable[[], None]]) -> None:
        for work in first:
            work()
        self._ledger.put(*jobs)
        if any(job.status is Status.SUBMITTING for job in jobs):
            # What is about to be sent, and paid, must outlive a power cut as well.
            self._ledger.settle()

    async def _settle_soon(self) -> None:
        """Make the renames safe from a power cut; the next write does not wait for that."""
        await asyncio.sleep(SETTLE_SECONDS)
        try:
            await self.on_disk(self._ledger.settle)
        except LedgerError as error:
            log.warning("not settled: %s", error)

    def _refused(
        self, batch: dict[str, Job], waiting: list[asyncio.Future[None]], error: Exception
    ) -> None:
        """Tell those who wait; all but the intents are tried again with the next write."""
        if not isinstance(error, LedgerError):
            log.error("the ledger broke", exc_info=error)
            error = LedgerError(f"Could not save the job: {type(error).__name__}.")
        self.trouble = str(error)
        for job_id, job in batch.items():
            # Its submit gives up without sending: on the disk later it would be called lost.
            if job.status is Status.SUBMITTING and self._pending.get(job_id) is job:
                del self._pending[job_id]
        _settle(waiting, error)


def _settle(waiting: Iterable[asyncio.Future[None]], error: Exception | None) -> None:
    for future in waiting:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
