"""Watching: poll who is due, keep the ledger and the window true, share the folder with others."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import ApiError, NotAuthorised, NotFound, RateLimited, Unreachable
from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.book import RETRY_SECONDS, Book
from runcomfy_tui.engine.changes import Link
from runcomfy_tui.engine.reporter import Reporter
from runcomfy_tui.engine.tracker import Tracker
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job, Status

log = logging.getLogger(__name__)

OTHERS_INTERVAL = 1.0
"""Seconds between looks at what other processes wrote to the same folder."""

TURN_INTERVAL = 2.0
"""Seconds between tries to take over the polling from another process."""

REFUSED_INTERVAL = 60.0
"""Seconds between polls while the token is refused: an account can come back to life."""

NOT_FOUND_GRACE = 60.0
"""A request younger than this may be unknown to the server's readers for a moment."""

SERVER_ERRORS_OF_AN_OUTAGE = 3
"""5xx answers in a row that speak of the server as a whole, not of one job."""


class Watch:
    """Asks about the jobs that the tracker says are due, and takes in what others wrote.

    Only the process that holds the turn polls; the others read what it writes.
    """

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        turn: WatchTurn,
        book: Book,
        tracker: Tracker,
        reporter: Reporter,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._turn = turn
        self._book = book
        self._tracker = tracker
        self._reporter = reporter
        self._nudge = asyncio.Event()
        self._is_watching = False
        self._server_errors = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Read the live jobs and begin; the history comes in behind."""
        live = await self._book.on_disk(self._ledger.load_live)
        self._book.take_in(live)
        await self._take_turn()
        await self._find_orphans()
        for work in (
            self._load_history,
            self._poll,
            self._look_at_others,
            self._keep_the_turn,
            self._retry_unsaved,
            self._reporter.run,
        ):
            self._spawn(work())

    async def stop(self) -> None:
        """End all loops and let another process have the turn."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._book.on_disk(self._turn.release)
        except LedgerError as error:
            log.warning("the turn was not given back: %s", error)

    async def save(self, *jobs: Job) -> None:
        """Write, show and watch; a full disk is told and tried again, never fatal."""
        try:
            await self._book.write(*jobs)
        except LedgerError as error:
            log.error("not saved: %s", error)
        self._reporter.unsaved(self._book.trouble)
        now = time.monotonic()
        for job in jobs:
            self._watch(job, now)
        self._nudge.set()

    def forget(self, job_id: str) -> None:
        """Ask about this job no more."""
        self._tracker.forget(job_id)

    def select(self, job_id: str | None) -> None:
        """The user looks at this job: its news are wanted sooner."""
        self._tracker.select(job_id, time.monotonic())
        self._nudge.set()

    def resume(self) -> None:
        """A new token, or a net that is back: no more waiting."""
        self._tracker.resume(time.monotonic())
        self._nudge.set()
        self._reporter.wants_balance()

    def _watch(self, job: Job, now: float) -> None:
        if self._is_watching:
            self._tracker.watch(job, now)

    async def take_news(self, before: Job, fresh: Job) -> None:
        """Save `fresh` if it says anything that `before` did not."""
        if fresh == before:
            return
        has_ended = fresh.status.is_final and not before.status.is_final
        if has_ended or fresh.cost != before.cost:
            self._reporter.wants_balance()
        await self.save(fresh)

    async def _poll(self) -> None:
        while True:
            self._nudge.clear()
            now = time.monotonic()
            wait: float | None = None
            if self._is_watching and self._client.has_token:
                for job_id in self._tracker.due(now):
                    self._spawn(self._ask(job_id))
                wait = self._tracker.next_wakeup(now)
                self._reporter.pace(self._tracker.polls_per_second(now))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._nudge.wait()

    async def _ask(self, job_id: str) -> None:
        job = self._book.get(job_id)
        if job is None:
            self._tracker.forget(job_id)
            return
        try:
            fresh = await self._look(job)
        except ApiError as error:
            await self._no_news(job, error)
        except Exception:
            # One poll's bug must not leave the job under way for ever.
            log.exception("a poll of %s broke", job.request_id)
            self._tracker.failed(job_id, time.monotonic())
        else:
            self._server_errors = 0
            self._reporter.link(Link.ONLINE)
            current = self._book.get(job_id)
            # A cancel or another process may have been quicker: its word is newer than this one.
            fresh = fresh if current is job else (current or job)
            self._tracker.answered(fresh, time.monotonic())
            await self.take_news(job if current is job else fresh, fresh)
        finally:
            self._nudge.set()

    async def _look(self, job: Job) -> Job:
        assert job.request_id is not None
        cancelled = False
        if not job.status.is_final:
            answer = await self._client.status(job.request_id)
            if not answer.status.is_final:
                return transitions.heard(job, answer, time.time())
            cancelled = answer.status is Status.CANCELLED
        try:
            result = await self._client.result(job.request_id)
        except ApiError:
            if cancelled:
                return transitions.cancelled(job, time.time())
            raise
        if cancelled and not result.status.is_final:
            return transitions.cancelled(job, time.time())
        return transitions.collected(job, result, time.time())

    async def look_again(self, job: Job) -> None:
        """Ask about `job` now; no news is no error."""
        try:
            fresh = await self._look(job)
        except ApiError as error:
            log.info("no news of %s: %s", job.request_id, error)
            return
        if self._book.get(job.id) is job:
            await self.take_news(job, fresh)

    async def _no_news(self, job: Job, error: ApiError) -> None:
        now = time.monotonic()
        log.info("no news of %s: %s", job.request_id, error)
        if isinstance(error, RateLimited):
            self._tracker.throttled(job.id, now, error.retry_after)
            self._reporter.link(Link.THROTTLED, error.message)
        elif isinstance(error, NotFound):
            await self._not_found(job, error, now)
        elif is_token_refused(error):
            self._tracker.throttled(job.id, now, REFUSED_INTERVAL)
            self._reporter.link(Link.REFUSED, error.message)
        elif isinstance(error, Unreachable) and self._is_outage(error):
            self._tracker.unreachable(job.id, now)
            self._reporter.link(Link.OFFLINE, error.message)
        else:
            self._tracker.failed(job.id, now)

    def _is_outage(self, error: Unreachable) -> bool:
        if error.http_status is None:
            return True
        self._server_errors += 1
        return self._server_errors >= SERVER_ERRORS_OF_AN_OUTAGE

    async def _not_found(self, job: Job, error: NotFound, now: float) -> None:
        self._reporter.link(Link.ONLINE)
        if job.status.is_final:
            # Its end is known; only the cost will never be told.
            self._tracker.failed(job.id, now)
        elif job.submitted_at is not None and time.time() - job.submitted_at < NOT_FOUND_GRACE:
            self._tracker.failed(job.id, now)
        elif self._book.get(job.id) is job:
            await self.save(transitions.vanished(job, error, time.time()))

    async def _take_turn(self) -> None:
        self._is_watching = await self._book.on_disk(self._turn.try_acquire)
        self._reporter.watching(self._is_watching, await self._watcher())
        if self._is_watching:
            now = time.monotonic()
            for job in list(self._book.jobs()):
                self._tracker.watch(job, now)
            self._nudge.set()

    async def _watcher(self) -> str:
        holder = None if self._is_watching else await self._book.on_disk(self._turn.holder)
        return "" if holder is None else f"process {holder.pid} on {holder.host}"

    async def _keep_the_turn(self) -> None:
        while not self._is_watching:
            await asyncio.sleep(TURN_INTERVAL)
            try:
                await self._take_turn()
                if self._is_watching:
                    # Whoever had the turn may have died in the middle of a submit.
                    await self._find_orphans()
            except LedgerError as error:
                log.warning("no turn to poll: %s", error)

    async def _find_orphans(self) -> None:
        """Submits of processes that are no more: nobody knows whether the server heard of them."""
        orphans = await self._book.on_disk(self._ledger.orphaned_submits)
        if orphans:
            await self.save(*(transitions.interrupted(job) for job in orphans))

    async def _load_history(self) -> None:
        batches = self._ledger.load_ended()
        now = time.monotonic()
        while (batch := await self._book.on_disk(lambda: next(batches, None))) is not None:
            for job in self._book.take_in(batch, over_ours=False):
                if job.status is Status.COMPLETED and job.cost is None:
                    self._watch(job, now)
        self._reporter.loaded(self._ledger.problems)
        self._nudge.set()

    async def _look_at_others(self) -> None:
        while True:
            await asyncio.sleep(OTHERS_INTERVAL)
            try:
                changed = await self._book.read_changes()
            except LedgerError as error:
                log.warning("cannot read what others wrote: %s", error)
                continue
            now = time.monotonic()
            for job in self._book.take_in(changed.jobs):
                self._watch(job, now)
            if changed.gone:
                self._book.drop(changed.gone)
                for job_id in changed.gone:
                    self._tracker.forget(job_id)
            if changed.jobs or changed.gone:
                self._nudge.set()

    async def _retry_unsaved(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            await self._book.retry_unsaved()
            self._reporter.unsaved(self._book.trouble)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of the engine ended", exc_info=error)
            self._reporter.broken(error)


def is_token_refused(error: ApiError) -> bool:
    """Whether another token is what it needs; 403001 speaks of one request, not of the token."""
    return isinstance(error, NotAuthorised) and error.code != "403001"
