"""Many jobs planned at once: what is left to be sent, and what became of the rest. No I/O."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from runcomfy_tui.jobs import JsonObject, Status


class BatchState(StrEnum):
    """Whether a batch's items go out."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will ever be sent again."""
        return self in (BatchState.DONE, BatchState.DROPPED)


@dataclass(frozen=True, slots=True)
class Item:
    """What one job of a batch sends. `files` are the places in `inputs` where a path stands that
    its file is to be sent for; `estimate` is what its base price comes to, in USD.
    """

    inputs: JsonObject
    files: tuple[tuple[str | int, ...], ...] = ()
    estimate: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """`count` jobs of one model, confirmed together and sent one by one, in order, from item 0.

    All items before `cursor` have been taken, but for those in `returned`: these are known not to
    have become a job, and go first when it goes on. `words` say why it is paused, where its user
    did not pause it. `estimate` is what the items with a known price come to, in USD.
    """

    id: str
    model_id: str
    label: str
    count: int
    created_at: float
    state: BatchState = BatchState.RUNNING
    words: str = ""
    cursor: int = 0
    returned: tuple[int, ...] = ()
    estimate: float = 0.0

    @property
    def left(self) -> int:
        """How many items are still planned: nothing of them has been sent."""
        return self.count - self.cursor + len(self.returned)

    @property
    def planned_usd(self) -> float:
        """What the items that are still planned are likely to cost, their share of all."""
        return 0.0 if self.state.is_over else self.estimate * self.left / max(1, self.count)

    @property
    def next_item(self) -> int | None:
        """The item to send next; None when all are taken."""
        if self.returned:
            return self.returned[0]
        return self.cursor if self.cursor < self.count else None

    def taking(self, items: Collection[int]) -> Batch:
        """This batch with these items planned no longer."""
        cursor = max([self.cursor, *(item + 1 for item in items)])
        skipped = range(self.cursor, cursor)
        returned = {*self.returned, *skipped} - set(items)
        return replace(self, cursor=cursor, returned=tuple(sorted(returned)))

    def giving_back(self, item: int) -> Batch:
        """This batch with an item planned again that is known not to have become a job."""
        if not 0 <= item < self.cursor:
            return self
        return replace(self, returned=tuple(sorted({*self.returned, item})))

    def in_state(self, state: BatchState, words: str = "") -> Batch:
        """This batch, running, paused or over."""
        return replace(self, state=state, words=words)


def new_batch(
    model_id: str, label: str, count: int, *, estimate: float = 0.0, now: float | None = None
) -> Batch:
    """A batch that is about to be planned; its id sorts by time and can name a file."""
    at = time.time() if now is None else now
    return Batch(
        id=f"{int(at * 1000):012x}{os.urandom(4).hex()}",
        model_id=model_id,
        label=label,
        count=count,
        created_at=at,
        estimate=estimate,
    )


_SENT = frozenset(Status) - {Status.SUBMITTING, Status.UNCONFIRMED, Status.REJECTED}
_UNFINISHED = frozenset({Status.SUBMITTING, Status.IN_QUEUE, Status.IN_PROGRESS, Status.UNKNOWN})


def is_unfinished(status: Status) -> bool:
    """Whether a job in this state counts against the limit of jobs at once.

    One that is unconfirmed does not: it may never end as far as anybody here can see.
    """
    return status in _UNFINISHED


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch and how many of its jobs stand where."""

    batch: Batch
    statuses: Mapping[Status, int] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        """Jobs that RunComfy has taken, whatever became of them."""
        return self._sum(_SENT)

    @property
    def unknown(self) -> int:
        """Jobs whose answer was lost: they may exist and may be charged."""
        return self.statuses.get(Status.UNCONFIRMED, 0)

    @property
    def refused(self) -> int:
        """Jobs that RunComfy turned away: nothing was created."""
        return self.statuses.get(Status.REJECTED, 0)

    @property
    def unfinished(self) -> int:
        """Jobs that are on their way, queue or run."""
        return self._sum(_UNFINISHED)

    def _sum(self, statuses: Collection[Status]) -> int:
        return sum(count for status, count in self.statuses.items() if status in statuses)
