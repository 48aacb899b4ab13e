"""Sending what is planned: item by item, at a pace, and never one of them twice.

An item is tied to the job that it becomes before anything is sent, so that after a kill at any
moment it is either still planned, or a job that the ledger knows. Whoever starts next finds the
batch paused and is asked.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import (
    ApiError,
    NoBalance,
    NotAuthorised,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
)
from runcomfy_tui.batch import Batch, BatchState, Item, Progress
from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.changes import Link, Mailbox
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.gate import Gate, Pace
from runcomfy_tui.engine.local_files import Attached, attach
from runcomfy_tui.engine.planned import Planned, Taken
from runcomfy_tui.engine.posting import Posted, post_once
from runcomfy_tui.engine.reporter import Reporter
from runcomfy_tui.engine.watch import Watch
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.jobs import Failure, Job, Status

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK_INTERVAL = 1.0
"""Seconds between looks at whose turn it is, and at what other processes planned or paused."""

RETRY_SECONDS = 5.0
"""How long a disk that refuses is left alone: nothing is sent that cannot be written down."""

POSTS_AT_ONCE = 2
"""POSTs under way: one connection for submits is left to whoever presses the key."""

REFUSED_AT_FIRST = 3
LOST_IN_A_ROW = 5

NO_ANSWERS = (
    f"{LOST_IN_A_ROW} answers in a row were lost: these jobs may exist and may be charged. "
    "See what became of them before it goes on."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """POSTs per second, and how many jobs of all batches may be unfinished at once."""

    per_second: float = 2.0
    unfinished: int = 8


@dataclass(slots=True)
class _Answers:
    """How a batch's submits were answered since it began or went on."""

    refused: int = 0
    lost: int = 0
    was_accepted: bool = False

    def objection(self, error: ApiError | None) -> str:
        """Take in an answer; why the batch had better not go on, if so."""
        if isinstance(error, OutcomeUnknown):
            self.lost += 1
            return NO_ANSWERS if self.lost >= LOST_IN_A_ROW else ""
        self.lost = 0
        if error is None:
            self.was_accepted = True
            return ""
        self.refused += 1
        if self.was_accepted or self.refused < REFUSED_AT_FIRST:
            return ""
        return f"The first {self.refused} were all refused. {error.message}"


class Release:
    """Sends the items of running batches, the oldest batch first, while this process has the turn.

    Any process of the folder may plan, pause, resume and drop.
    """

    def __init__(
        self,
        client: Client,
        planned: Planned,
        book: Book,
        watch: Watch,
        reporter: Reporter,
        mailbox: Mailbox,
        limits: Limits,
    ) -> None:
        self._client = client
        self._planned = planned
        self._book = book
        self._watch = watch
        self._reporter = reporter
        self._mailbox = mailbox
        self._limits = limits
        self._gate = Gate(Pace(limits.per_second, POSTS_AT_ONCE))
        self._told: dict[str, Progress] = {}
        self._answers: dict[str, _Answers] = {}
        self._posts: dict[asyncio.Task[None], str] = {}
        self._nudge = asyncio.Event()
        self._had_turn = False
        self._was_out_of_reach = False
        self._is_stopping = False
        self._loop: asyncio.Task[None] | None = None

    @property
    def posts_under_way(self) -> int:
        """How many submits still wait for their answer."""
        return len(self._posts)

    @property
    def unsent(self) -> int:
        """How many items of running batches are still planned."""
        return sum(batch.left for batch in self._planned.running())

    # What the user asks for

    @property
    def planned_usd(self) -> float:
        """What is planned and not sent yet is likely to cost."""
        return self._planned.usd

    async def plan(self, model_id: str, label: str, items: Sequence[Item]) -> Batch:
        """Plan a job for each of `items`, and begin to send them. Raises `EngineError`."""
        [batch] = await self.plan_all(label, {model_id: items})
        return batch

    async def plan_all(self, label: str, items_of: Mapping[str, Sequence[Item]]) -> list[Batch]:
        """Plan a batch for each model_id: all, or none, when it raises `EngineError`."""
        if not self._client.has_token:
            raise EngineError("There is no token yet: nothing was sent.", is_authorisation=True)
        return await self._asked(self._planned.add(label, items_of))

    async def pause(self, batch_id: str) -> None:
        """Send no more of it until it is resumed; what was sent goes on. Raises `EngineError`."""
        await self._asked(self._planned.set_state(batch_id, BatchState.PAUSED))

    async def resume(self, batch_id: str) -> None:
        """Go on sending what is left. Raises `EngineError`."""
        # Only with all jobs there is it known what of it has been sent.
        await self._watch.history_is_there.wait()
        self._gate.resume(time.monotonic())
        await self._asked(self._planned.set_state(batch_id, BatchState.RUNNING))

    async def drop(self, batch_id: str) -> None:
        """Never send what is left; what was sent goes on. Raises `EngineError`."""
        await self._asked(self._planned.set_state(batch_id, BatchState.DROPPED))

    async def _asked(self, work: Coroutine[None, None, T]) -> T:
        try:
            return await work
        except LedgerError as error:
            raise EngineError(str(error)) from error
        finally:
            self._nudge.set()

    # Its own work

    async def start(self) -> None:
        """Begin. What the last program was sending when it ended is paused before that."""
        self._book.batches.changed = self._nudge.set
        try:
            await self._look()
        except LedgerError as error:
            log.warning("cannot read what is planned: %s", error)
        self._tell()
        self._loop = asyncio.create_task(self._run())

    async def stop(self, grace: float) -> None:
        """Send nothing more, and wait up to `grace` seconds for answers.

        What is left stays planned; an unanswered job is written down as unconfirmed.
        """
        self._is_stopping = True
        self._nudge.set()
        if self._loop is not None:
            await self._loop
        if self._posts:
            await asyncio.wait(list(self._posts), timeout=grace)
        unanswered = list(self._posts)
        for post in unanswered:
            post.cancel()
        await asyncio.gather(*unanswered, return_exceptions=True)

    async def _run(self) -> None:
        while not self._is_stopping:
            self._nudge.clear()
            try:
                await self._look()
                wait = await self._step()
                self._reporter.release(None)
            except LedgerError as error:
                log.warning("nothing is released: %s", error)
                self._reporter.release(f"Nothing more of what is planned is sent. {error}")
                wait = RETRY_SECONDS
            except Exception as error:
                log.exception("the release broke")
                self._reporter.broken(error)
                return
            self._tell()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._nudge.wait()

    async def _look(self) -> None:
        has_turn = self._watch.has_turn
        if self._had_turn and not has_turn:
            self._planned.leave()
        await self._planned.look()
        if has_turn and not self._had_turn:
            await self._planned.take_over()
        self._had_turn = has_turn

    async def _step(self) -> float:
        """Send one item if one may go now; seconds until it is worth another look."""
        if not self._had_turn or not self._client.has_token:
            return LOOK_INTERVAL
        batch = await self._next()
        if batch is None or not self._has_room():
            return LOOK_INTERVAL
        now = time.monotonic()
        if self._is_out_of_reach(now):
            return LOOK_INTERVAL
        wait = self._gate.opens_at() - now
        if wait > 0:
            return min(wait, LOOK_INTERVAL)
        taken = await self._planned.take(batch.id)
        if taken is not None:
            await self._begin_to_send(taken, batch.id, now)
        return 0.0

    def _is_out_of_reach(self, now: float) -> bool:
        """Whether there is no net. A question that costs nothing finds out when it is back: to try
        an item writes down a job, and takes it away again."""
        if self._reporter.is_offline:
            self._was_out_of_reach = True
            if self._gate.opens_at() <= now:
                self._gate.unreachable(now, now)
                self._reporter.look_again()
        elif self._was_out_of_reach:
            self._was_out_of_reach = False
            self._gate.resume(now)
        return self._was_out_of_reach

    async def _next(self) -> Batch | None:
        """The batch to send from; one that has nothing left and waits for no answer is done."""
        for batch in self._planned.running():
            if batch.left:
                return batch
            if batch.id not in self._posts.values():
                await self._planned.finish(batch.id)
        return None

    def _has_room(self) -> bool:
        room = min(POSTS_AT_ONCE, self._gate.room())
        return len(self._posts) < room and self._book.batches.unfinished < self._limits.unfinished

    async def _begin_to_send(self, taken: Taken, batch_id: str, now: float) -> None:
        if self._is_stopping:
            await self._planned.give_back(taken.job)
            return
        self._gate.sent(now)
        post = asyncio.create_task(self._send(taken, batch_id))
        self._posts[post] = batch_id
        post.add_done_callback(self._sent)

    async def _send(self, taken: Taken, batch_id: str) -> None:
        request = await self._request(taken)
        if request is None:
            return
        job = taken.job.but(inputs=request.kept)
        started = time.monotonic()
        posted = await post_once(self._client, self._watch, self._reporter, job, request.sent)
        now = time.monotonic()
        match posted.error:
            case RateLimited() as error:
                self._gate.throttled(started, now, error.retry_after)
                await self._give_back(job, posted)
            case Unreachable() as error:
                self._gate.unreachable(started, now)
                self._reporter.link(Link.OFFLINE, error.message)
                await self._give_back(job, posted)
            case NoBalance() | NotAuthorised() as error:
                for batch in self._planned.running():
                    await self._pause(batch.id, error.message)
                await self._give_back(job, posted)
            case error:
                if not isinstance(error, OutcomeUnknown):
                    self._gate.answered(started, now)
                await self._watch.save(posted.job)
                objection = self._answers.setdefault(batch_id, _Answers()).objection(error)
                if objection:
                    await self._pause(batch_id, objection)

    async def _request(self, taken: Taken) -> Attached | None:
        """What goes out; None, and the batch is paused, when a file of it cannot be read."""
        inputs = taken.item.inputs
        if not taken.item.files:
            return Attached(sent=inputs, kept=inputs)
        try:
            return await asyncio.to_thread(attach, inputs, taken.item.files)
        except EngineError as error:
            failure = Failure(str(error))
            job = taken.job.but(status=Status.REJECTED, failure=failure, finished_at=time.time())
            await self._pause(taken.job.batch or "", str(error))
            await self._give_back(taken.job, Posted(job))
            return None

    def _sent(self, post: asyncio.Task[None]) -> None:
        self._posts.pop(post, None)
        self._nudge.set()
        if not post.cancelled() and (error := post.exception()) is not None:
            log.error("a submit of a batch broke", exc_info=error)
            self._reporter.broken(error)

    async def _pause(self, batch_id: str, words: str) -> None:
        self._answers.pop(batch_id, None)
        try:
            await self._planned.set_state(batch_id, BatchState.PAUSED, words)
        except LedgerError as error:
            # The next item meets the same disk, and is not sent either.
            log.error("batch %s not paused: %s", batch_id, error)

    async def _give_back(self, job: Job, posted: Posted) -> None:
        """Plan it again; where that cannot be written down, it is a refused job like any other."""
        try:
            await self._planned.give_back(job)
        except LedgerError as error:
            log.error("item %s of %s not planned again: %s", job.batch_item, job.batch, error)
            await self._watch.save(posted.job)

    def _tell(self) -> None:
        """Post what has changed since the last time."""
        now = {each.batch.id: each for each in self._planned.progress()}
        news = [each for batch_id, each in now.items() if self._told.get(batch_id) != each]
        self._mailbox.post(batches=news)
        self._told = now
