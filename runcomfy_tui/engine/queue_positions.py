"""Places in the queue, shared by the processes of one folder; they are in no ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from runcomfy_tui.engine.book import Book
from runcomfy_tui.history.positions import Positions
from runcomfy_tui.jobs import Job, Status

TELL_INTERVAL = 2.0
"""Seconds between two tellings: what changes faster is not worth a write."""


class QueuePositions:
    """The process that polls writes the positions it hears, while another reads them in."""

    def __init__(
        self, book: Book, positions: Positions, watched: Callable[[], Iterable[str]]
    ) -> None:
        """`watched` gives the ids of the jobs that are being asked about."""
        self._book = book
        self._watched = watched
        self._positions = positions
        self._has_turn = False
        self._told_at = float("-inf")
        self._known: dict[str, int] = {}

    def take_turn(self) -> None:
        """This process polls from now on."""
        self._has_turn = True
        self._known = {}

    def leave_turn(self) -> None:
        """Another process may poll from now on."""
        self._has_turn = False

    async def exchange(self) -> None:
        """Tell or take in what has changed; called about once a second. Raises `LedgerError`."""
        if self._has_turn:
            await self._tell()
        else:
            await self._take_in()

    def placed(self, job: Job) -> Job:
        """A job that another process wrote, with its place in the queue."""
        if job.status is not Status.IN_QUEUE or job.id not in self._known:
            return job
        return job.but(queue_position=self._known[job.id])

    async def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at < TELL_INTERVAL:
            return
        self._told_at = now
        places = {}
        for job_id in self._watched():
            job = self._book.get(job_id)
            if job is not None and job.queue_position is not None:
                places[job_id] = job.queue_position
        await self._book.on_disk(lambda: self._positions.is_wanted() and self._write(places))

    def _write(self, places: dict[str, int]) -> bool:
        self._positions.write(places)
        return True

    async def _take_in(self) -> None:
        places = await self._book.on_disk(self._read)
        if places is None:
            return
        self._known = places
        waiting = (self._book.get(job_id) for job_id in places)
        self._book.take_in(
            [
                job.but(queue_position=places[job.id])
                for job in waiting
                if job is not None
                and job.status is Status.IN_QUEUE
                and job.queue_position != places[job.id]
            ]
        )

    def _read(self) -> dict[str, int] | None:
        self._positions.show_interest()
        return self._positions.read()
