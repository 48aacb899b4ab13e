"""Watching: poll who is due, take in what is heard, keep the ledger and the window true."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial
from typing import Any

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import (
    ApiError,
    NotAuthorised,
    NotFound,
    RateLimited,
    Refused,
    Unreachable,
    is_said_gone,
    is_token_refused,
)
from runcomfy_tui.api.route import way_out
from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.asking import news_of
from runcomfy_tui.engine.awake import SleepDetector, world_time
from runcomfy_tui.engine.book import RETRY_SECONDS, Book
from runcomfy_tui.engine.changes import Link
from runcomfy_tui.engine.collector import Collector
from runcomfy_tui.engine.hooks import Hooks, is_an_end
from runcomfy_tui.engine.missing import Missing, young_until
from runcomfy_tui.engine.neighbours import Neighbours
from runcomfy_tui.engine.past import load_past
from runcomfy_tui.engine.queue_positions import QueuePositions
from runcomfy_tui.engine.reporter import Reporter
from runcomfy_tui.engine.tasks import Tasks
from runcomfy_tui.engine.tracker import Tracker, lacks_its_cost
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job, Status

log = logging.getLogger(__name__)

SLEEP_CHECK_INTERVAL = 1.0
"""Seconds between looks at whether the machine slept or came to another net."""

OVERDUE_INTERVAL = 5.0
"""Seconds between looks for jobs whose status is old."""

REFUSED_INTERVAL = 60.0
"""Seconds between polls while the token is refused: an account can come back to life."""

SERVER_ERRORS_OF_AN_OUTAGE = 3
"""5xx answers in a row that speak of the server as a whole, not of one job."""


class Watch:
    """Asks about the jobs that the tracker says are due, while this process has the turn."""

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        turn: WatchTurn,
        book: Book,
        tracker: Tracker,
        reporter: Reporter,
        hooks: Hooks,
        queue_positions: QueuePositions,
        collector: Collector,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._book = book
        self._tracker = tracker
        self._reporter = reporter
        self._hooks = hooks
        self._queue_positions = queue_positions
        self._collector = collector
        self._neighbours = Neighbours(ledger, turn, book, reporter, queue_positions, self)
        self._looking: set[asyncio.Task[Any]] = set()
        """The polls that wait for the server."""
        self._nudge = asyncio.Event()
        self.history_is_there = asyncio.Event()
        """Set once the whole history has been read, or cannot be."""
        self._polls_at = float("inf")
        self._server_errors = 0
        self._missing = Missing()
        self._tasks: Tasks[None] = Tasks(self._broke)

    @property
    def has_turn(self) -> bool:
        """Whether this process polls, and may send what is planned."""
        return self._neighbours.has_turn

    async def start(self) -> None:
        """Read the live jobs and begin; the history comes in behind."""
        self._reporter.came_online = self._net_is_back
        live = await self._book.on_disk(self._ledger.load_live)
        self._book.take_in(live)
        await self._neighbours.start()
        for work in (
            self._load_history,
            self._poll,
            self._neighbours.listen,
            self._neighbours.wait_for_turn,
            self._notice_sleeps,
            self._tell_overdue,
            self._retry_unsaved,
            self._reporter.run,
        ):
            self._tasks.spawn(work())

    async def stop(self) -> None:
        """End all loops and let another process have the turn."""
        await self._tasks.cancel()
        await self._neighbours.stop()

    async def save(self, *jobs: Job) -> None:
        """Write, show and watch; a full disk is told and tried again, never fatal."""
        before = [self._book.get(job.id) for job in jobs]
        ends = [job for old, job in zip(before, jobs, strict=True) if old and is_an_end(old, job)]
        try:
            await self._book.write(*jobs, first=partial(self._expect, *ends) if ends else None)
        except LedgerError as error:
            log.error("not saved: %s", error)
        finally:
            # Also when this is cancelled: the write goes on.
            for old, job in zip(before, jobs, strict=True):
                self._hooks.saw(old, job)
                self._collector.saw(old, job)
        self._reporter.unsaved(self._book.trouble)
        now = time.monotonic()
        for job in jobs:
            self._watch(job, now)
        self._nudge.set()

    def _expect(self, *ends: Job) -> None:
        self._hooks.expect(*ends)
        self._collector.expect(*ends)

    async def _do_what_the_dead_left(self) -> None:
        await self._collector.go_on(self._book.get)
        await self._hooks.go_on(self._book.get)

    def took_turn(self) -> None:
        """This process polls from now on."""
        if self.history_is_there.is_set():
            self._tasks.spawn(self._do_what_the_dead_left())
        self._hooks.take_turn()
        self._queue_positions.take_turn()
        self.take_up(*self._book.jobs())

    async def step_aside(self) -> None:
        """Let another process poll: this one is about to stand still, in the shell's background."""
        looking = list(self._looking)
        for task in looking:
            task.cancel()
        for job_id in list(self._tracker.watched_ids()):
            self._tracker.forget(job_id)
        self._hooks.leave_turn()
        self._queue_positions.leave_turn()
        # Nothing is waited for before this: a step back that follows at once comes after all of it.
        await self._neighbours.step_aside()
        await asyncio.gather(*looking, return_exceptions=True)

    async def step_back(self) -> None:
        """Go on where `step_aside` left off; poll, unless another process does by now."""
        await self._neighbours.step_back()

    def heard(self, before: Job | None, job: Job) -> None:
        """Another process wrote this."""
        self._watch(job, time.monotonic())
        self._hooks.saw(before, job)
        self._collector.saw(before, job)
        self._nudge.set()

    def take_up(self, *jobs: Job) -> None:
        """Ask about jobs that came back or from elsewhere; how they stand is no news of theirs."""
        now = time.monotonic()
        for job in jobs:
            if job.status.is_watched or lacks_its_cost(job, time.time()):
                self._watch(job, now)
        self._nudge.set()

    def forget(self, job_id: str) -> None:
        """Ask about this job no more."""
        self._tracker.forget(job_id)
        self._missing.found(job_id)

    def select(self, job_id: str | None) -> None:
        """The user looks at this job: its news are wanted sooner."""
        self._tracker.select(job_id, time.monotonic())
        self._nudge.set()

    def resume(self) -> None:
        """A new token, or a net that is back: no more waiting."""
        self._net_is_back()
        self._reporter.wants_balance()

    def _net_is_back(self, slept: float = 0.0) -> None:
        self._tracker.resume(time.monotonic(), slept)
        self._nudge.set()

    def _watch(self, job: Job, now: float) -> None:
        if self._neighbours.has_turn:
            self._tracker.watch(job, now, in_state=time.time() - job.state_since)

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
            if self._neighbours.has_turn and self._client.has_token:
                for job_id in self._tracker.due(now):
                    self._tasks.spawn(self._ask(job_id))
                wait = self._tracker.next_wakeup(now)
                self._reporter.pace(self._tracker.polls_per_second(now))
            self._polls_at = float("inf") if wait is None else now + wait
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._nudge.wait()

    async def _ask(self, job_id: str) -> None:
        job = self._book.get(job_id)
        if job is None:
            self._tracker.forget(job_id)
            self._nudge.set()
            return
        try:
            fresh = await self._look_while_awake(job)
        except asyncio.CancelledError:
            self._tracker.abandoned(job_id, time.monotonic())
            raise
        except ApiError as error:
            await self._no_news(job, error)
        except Exception:
            # One poll's bug must not leave the job under way for ever.
            log.exception("a poll of %s broke", job.request_id)
            self._tracker.failed(job_id, time.monotonic())
        else:
            self._server_errors = 0
            self._missing.found(job_id)
            self._reporter.link(Link.ONLINE)
            current = self._book.get(job_id)
            # A cancel or another process may have been quicker: its word is newer than this one.
            fresh = fresh if current is job else (current or job)
            self._tracker.answered(fresh, time.monotonic())
            await self.take_news(job if current is job else fresh, fresh)
        finally:
            self._poll_sooner()

    def _poll_sooner(self) -> None:
        """Wake the polling if somebody is due before it would look by itself, or nobody is left."""
        now = time.monotonic()
        wait = self._tracker.next_wakeup(now)
        is_due = wait is not None and now + wait < self._polls_at
        if is_due or not self._tracker.watched:
            self._nudge.set()

    async def _look_while_awake(self, job: Job) -> Job:
        task = asyncio.current_task()
        assert task is not None
        self._looking.add(task)
        try:
            return await news_of(job, self._client, self._slot_of_second_question)
        finally:
            self._looking.discard(task)

    async def _slot_of_second_question(self) -> None:
        await asyncio.sleep(self._tracker.reserve(time.monotonic()))

    async def look_again(self, job: Job) -> None:
        """Ask about `job` now; no news is no error."""
        try:
            fresh = await news_of(job, self._client)
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
        elif isinstance(error, NotFound) or is_said_gone(error):
            await self._not_found(job, error, now)
        elif is_token_refused(error):
            self._tracker.refused(job.id, now, REFUSED_INTERVAL)
            self._reporter.link(Link.REFUSED, error.message)
        elif isinstance(error, Unreachable) and self._is_outage(error):
            self._tracker.unreachable(job.id, now)
            self._reporter.link(Link.OFFLINE, error.message)
        else:
            self._tracker.failed(job.id, now)
            if isinstance(error, Refused | NotAuthorised):
                await self._say_why(job, transitions.not_told(job, error))

    async def _say_why(self, job: Job, told: Job) -> None:
        """A no of RunComfy's that speaks of one job is told there; the job is asked about on."""
        assert told.failure is not None
        is_told = job.failure is not None and job.failure.code == told.failure.code
        if not job.status.is_final and not is_told and self._book.get(job.id) is job:
            await self.save(told)

    def _is_outage(self, error: Unreachable) -> bool:
        if error.http_status is None:
            return True
        self._server_errors += 1
        return self._server_errors >= SERVER_ERRORS_OF_AN_OUTAGE

    async def _not_found(self, job: Job, error: ApiError, now: float) -> None:
        self._reporter.link(Link.ONLINE)
        until = young_until(job)
        if job.status.is_final:
            # Its end is known; only the cost will never be told.
            self._tracker.failed(job.id, now)
        elif not self._missing.is_gone(job, error, time.time()):
            self._tracker.failed(job.id, now, until - time.time())
            if until > time.time() and job.status is Status.UNKNOWN:
                await self._say_why(job, transitions.not_known_yet(job, error, until))
        elif self._book.get(job.id) is job:
            await self.save(transitions.vanished(job, error, time.time()))

    async def _load_history(self) -> None:
        try:
            await self._read_history()
        finally:
            self.history_is_there.set()

    async def _read_history(self) -> None:
        now = time.monotonic()
        async for job in load_past(self._ledger, self._book):
            if lacks_its_cost(job, time.time()):
                self._watch(job, now)
        # First: who waits until all is done must not find it done before this has begun.
        await self._do_what_the_dead_left()
        self._reporter.loaded(self._book.problems)
        self._nudge.set()

    async def _notice_sleeps(self) -> None:
        """After a sleep or on another net, what is under way is dead: ask anew, at once."""
        detector = SleepDetector(SLEEP_CHECK_INTERVAL, way_out, world_time)
        while True:
            await asyncio.sleep(SLEEP_CHECK_INTERVAL)
            slept = detector.look()
            if slept is None:
                continue
            log.info("awake again, or on another net (%.0f s asleep)", slept)
            for task in self._looking:
                task.cancel()
            await self._client.renew()
            self._net_is_back(slept)
            self._reporter.look_again()

    async def _tell_overdue(self) -> None:
        while True:
            await asyncio.sleep(OVERDUE_INTERVAL)
            if not self._neighbours.has_turn:
                continue
            now = time.time()
            self._reporter.overdue(
                {
                    job_id: None if ago is None else (now - ago) // 60 * 60
                    for job_id, ago in self._tracker.overdue(time.monotonic()).items()
                }
            )

    async def _retry_unsaved(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            await self._book.retry_unsaved()
            self._reporter.unsaved(self._book.trouble)

    def _broke(self, error: BaseException) -> None:
        log.error("a task of the engine ended", exc_info=error)
        self._reporter.broken(error)
