"""The other processes on the same folder: what they wrote, and whose turn it is to poll."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol

from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.queue_positions import QueuePositions
from runcomfy_tui.engine.reporter import Reporter
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job, Status

log = logging.getLogger(__name__)

OTHERS_INTERVAL = 1.0
"""Seconds between looks at what other processes wrote to the same folder."""

TURN_INTERVAL = 2.0
"""Seconds between tries to take over the polling from another process."""


class Listener(Protocol):
    """Who is told what the neighbours do."""

    def took_turn(self) -> None: ...
    def heard(self, before: Job | None, job: Job) -> None: ...
    def forget(self, job_id: str) -> None: ...
    async def save(self, *jobs: Job) -> None: ...


class Neighbours:
    """Only the process that has the turn polls; the others read what it writes.

    When that process ends, however it ends, another one takes the turn.
    """

    def __init__(
        self,
        ledger: Ledger,
        turn: WatchTurn,
        book: Book,
        reporter: Reporter,
        queue_positions: QueuePositions,
        listener: Listener,
    ) -> None:
        self._ledger = ledger
        self._turn = turn
        self._book = book
        self._reporter = reporter
        self._queue_positions = queue_positions
        self._listener = listener
        self.has_turn = False
        self._is_aside = False
        self._submitting: set[str] = set()
        """Jobs that other processes were submitting when they were last heard of."""

    async def start(self) -> None:
        """See who polls, and what processes that are no more have left. Raises `LedgerError`."""
        await self._try_to_take_turn()
        await self._find_orphans()
        self._note_submits(self._book.jobs())

    async def stop(self) -> None:
        """Let another process have the turn."""
        try:
            await self._book.on_disk(self._turn.release)
        except LedgerError as error:
            log.warning("the turn was not given back: %s", error)

    async def step_aside(self) -> None:
        """Let another process have the turn until `step_back`: this one is about to stand still."""
        self._is_aside, self.has_turn = True, False
        await self.stop()

    async def step_back(self) -> None:
        """Take the turn again if nobody has it, now or later."""
        self._is_aside = False
        await self._look_for_turn()

    async def listen(self) -> None:
        """Take in what others write, for ever."""
        while True:
            await asyncio.sleep(OTHERS_INTERVAL)
            try:
                await self._take_in()
            except LedgerError as error:
                log.warning("cannot read what others wrote: %s", error)

    async def wait_for_turn(self) -> None:
        """Take the turn as soon as nobody has it, for ever: it can be given away."""
        while True:
            await asyncio.sleep(TURN_INTERVAL)
            await self._look_for_turn()

    async def _look_for_turn(self) -> None:
        if self.has_turn or self._is_aside:
            return
        try:
            await self._try_to_take_turn()
            if self.has_turn:
                # Whoever had the turn may have died in the middle of a submit.
                await self._find_orphans()
        except LedgerError as error:
            log.warning("no turn to poll: %s", error)

    async def _take_in(self) -> None:
        changed = await self._book.read_changes()
        self._reporter.problems(self._book.problems)
        before = {job.id: self._book.get(job.id) for job in changed.jobs}
        for job in self._book.take_in(map(self._queue_positions.placed, changed.jobs)):
            self._listener.heard(before[job.id], job)
        self._note_submits(changed.jobs)
        if changed.gone:
            self._book.drop(changed.gone)
            for job_id in changed.gone:
                self._listener.forget(job_id)
        await self._queue_positions.exchange()
        if self.has_turn and any(map(self._is_submitting, self._submitting)):
            # Whoever submits beside the one that polls may die over it, too.
            await self._find_orphans()

    async def _try_to_take_turn(self) -> None:
        acquired = await self._book.on_disk(self._turn.try_acquire)
        # Whoever stepped aside meanwhile is about to release it.
        self.has_turn = acquired and not self._is_aside
        self._reporter.watching(self.has_turn, await self._watcher())
        if self.has_turn:
            self._listener.took_turn()

    async def _watcher(self) -> str:
        holder = None if self.has_turn else await self._book.on_disk(self._turn.holder)
        return "" if holder is None else f"process {holder.pid} on {holder.host}"

    def _note_submits(self, jobs: Iterable[Job]) -> None:
        self._submitting = set(filter(self._is_submitting, self._submitting))
        self._submitting.update(job.id for job in jobs if self._is_submitting(job.id))

    def _is_submitting(self, job_id: str) -> bool:
        job = self._book.get(job_id)
        return job is not None and job.status is Status.SUBMITTING

    async def _find_orphans(self) -> None:
        """Submits of processes that are no more: nobody knows whether the server heard of them."""
        orphans = await self._book.on_disk(self._ledger.orphaned_submits)
        if orphans:
            await self._listener.save(*(transitions.interrupted(job) for job in orphans))
