"""The sandbox's clockwork: a first-come-first-served job queue as a function of time alone.

Nothing ticks. Whoever asks passes the time, and the queue works through what has happened since it
was last asked, in the order in which it happened; so a queue that slept for an hour stands exactly
where one that was asked every second stands.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

STRANGERS = 2
"""How many of other people's jobs wait ahead of one that has just arrived."""

STRANGER_SECONDS = 3.5
"""How long, at speed 1, until the next of them has gone."""


@dataclass(slots=True)
class Ticket:
    """One job's place in the queue. Times are in seconds on the queue's clock.

    It may start once `ready_at` is past (until then strangers stand ahead of it), everyone before
    it has started, and a worker is free; then it runs for `run_seconds`.
    """

    number: int
    arrived_at: float
    ready_at: float
    run_seconds: float
    started_at: float | None = None
    cancelled_at: float | None = None

    @property
    def is_queued(self) -> bool:
        return self.started_at is None and self.cancelled_at is None

    @property
    def ends_at(self) -> float | None:
        """When it ends or ended, however it ends; None while that is still open."""
        if self.cancelled_at is not None:
            return self.cancelled_at
        return None if self.started_at is None else self.started_at + self.run_seconds


class JobQueue:
    """`workers` jobs run at a time, the others wait in the order in which they came.

    Entering, cancelling and asking for a position cost O(log n) at most.
    """

    def __init__(self, *, workers: int, stranger_seconds: float = STRANGER_SECONDS) -> None:
        self.now = -math.inf
        self.next_number = 1
        self._workers = workers
        self._stranger_seconds = stranger_seconds
        self._waiting: deque[Ticket] = deque()
        self._running: list[tuple[float, int, Ticket]] = []
        # Numbers of those who left the middle of the queue, sorted: who stands behind moves up.
        self._gaps: list[int] = []
        self._last_ready = -math.inf

    def restore(self, tickets: Iterable[Ticket], *, now: float, next_number: int) -> None:
        """Take up the tickets of an earlier queue, as they stood at `now`."""
        self.now, self.next_number = now, next_number
        for ticket in sorted(tickets, key=lambda ticket: ticket.number):
            self._last_ready = max(self._last_ready, ticket.ready_at)
            ends_at = ticket.ends_at
            if ends_at is None:
                self._note_gaps_before(ticket.number)
                self._waiting.append(ticket)
            elif ends_at > now:
                heapq.heappush(self._running, (ends_at, ticket.number, ticket))

    def enter(self, *, wait_seconds: float, run_seconds: float) -> Ticket:
        """A new job at the end of the queue, arriving at `now`: call `advance` before."""
        # Never ready before the one ahead: so no two jobs ever show the same position.
        self._last_ready = max(self._last_ready, self.now + wait_seconds)
        ticket = Ticket(self.next_number, self.now, self._last_ready, run_seconds)
        self.next_number += 1
        self._waiting.append(ticket)
        return ticket

    def advance(self, now: float) -> list[Ticket]:
        """Let time pass until `now`; the tickets that have ended meanwhile, in that order.

        A clock that steps back is waited for: nothing that has happened is undone.
        """
        ended: list[Ticket] = []
        while True:
            end = self._running[0][0] if self._running else math.inf
            head = self._head() if len(self._running) < self._workers else None
            start = math.inf if head is None else max(self.now, head.ready_at)
            if min(start, end) > now:
                break
            if head is not None and start < end:
                self._start(head, start)
            else:
                self.now = max(self.now, end)
                ended.append(heapq.heappop(self._running)[2])
        self.now = max(self.now, now)
        return ended

    def cancel(self, ticket: Ticket) -> bool:
        """Take a ticket out of the queue at `now`; False when it is too late for that."""
        if not ticket.is_queued:
            return False
        ticket.cancelled_at = self.now
        insort(self._gaps, ticket.number)
        return True

    def position(self, ticket: Ticket) -> int:
        """How far from the front a queued ticket stands; 1 is next."""
        head = self._head()
        assert head is not None, "a queued ticket is in the queue"
        left = bisect_left(self._gaps, ticket.number) - bisect_right(self._gaps, head.number)
        return ticket.number - head.number - left + 1 + self._strangers_ahead(ticket)

    def _strangers_ahead(self, ticket: Ticket) -> int:
        steps = math.ceil((ticket.ready_at - self.now) / self._stranger_seconds)
        return min(STRANGERS, max(0, steps - 1))

    def _head(self) -> Ticket | None:
        while self._waiting and self._waiting[0].cancelled_at is not None:
            self._waiting.popleft()
        if not self._waiting:
            self._gaps.clear()
            return None
        del self._gaps[: bisect_left(self._gaps, self._waiting[0].number)]
        return self._waiting[0]

    def _start(self, ticket: Ticket, at: float) -> None:
        self._waiting.popleft()
        self.now = ticket.started_at = at
        heapq.heappush(self._running, (at + ticket.run_seconds, ticket.number, ticket))

    def _note_gaps_before(self, number: int) -> None:
        if self._waiting:
            self._gaps.extend(range(self._waiting[-1].number + 1, number))
