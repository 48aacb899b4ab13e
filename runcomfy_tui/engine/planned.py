"""The batches as this process knows them, and every step of one of them on the disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from runcomfy_tui.batch import Batch, BatchState, Item, Progress, new_batch
from runcomfy_tui.engine.book import Book
from runcomfy_tui.history.batches import BatchStore
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, new_job

log = logging.getLogger(__name__)

CLOSED = "The program that sent it was closed, or ended."


@dataclass(frozen=True, slots=True)
class Taken:
    """An item that has become a job, and is not sent yet."""

    job: Job
    item: Item


class Planned:
    """What is planned in the folder. Methods may raise `LedgerError`.

    Whatever two files have to agree on is done in one go in the ledger's thread, in such an order
    that a kill in the middle leaves an item that may have been sent as taken.
    """

    def __init__(self, store: BatchStore, ledger: Ledger, book: Book) -> None:
        self._store = store
        self._ledger = ledger
        self._book = book
        self._batches: dict[str, Batch] = {}
        self._as_we_left_it: dict[str, Batch] = {}

    def running(self) -> list[Batch]:
        """The batches that are being sent, the oldest first."""
        return [each for each in self._batches.values() if each.state is BatchState.RUNNING]

    @property
    def usd(self) -> float:
        """What is still to be sent is likely to cost."""
        return sum(batch.planned_usd for batch in self._batches.values())

    def progress(self) -> list[Progress]:
        """All batches, with what became of their jobs."""
        return [
            Progress(batch, self._book.batches.statuses(batch.id))
            for batch in self._batches.values()
        ]

    async def look(self) -> None:
        """Take in what other processes have planned, paused, resumed and dropped."""
        found = await self._book.on_disk(self._store.load)
        if found is not None:
            self._batches = {batch.id: batch for batch in found}

    async def add(self, label: str, items_of: Mapping[str, Sequence[Item]]) -> list[Batch]:
        """A new batch for each model_id, all sent from now on; after an error there is none."""
        planned = [(_new(model_id, label, items), items) for model_id, items in items_of.items()]
        await self._book.on_disk(partial(self._store.plan_all, planned))
        batches = [batch for batch, _ in planned]
        self._batches.update((batch.id, batch) for batch in batches)
        return batches

    async def change(self, batch_id: str, change: Callable[[Batch], Batch]) -> None:
        """Let `change` make a new batch of the one that is there now."""
        self._take_in(await self._book.on_disk(partial(self._store.change, batch_id, change)))

    async def set_state(self, batch_id: str, state: BatchState, words: str = "") -> None:
        """Run, pause or drop a batch that is not over; `words` say why."""

        def change(batch: Batch) -> Batch:
            return batch if batch.state.is_over else batch.in_state(state, words)

        await self.change(batch_id, change)

    def leave(self) -> None:
        """Another process may send from now on; what none has touched is still ours after that."""
        self._as_we_left_it = dict(self._batches)

    async def take_over(self) -> None:
        """Whoever was sending is no more: what is left waits for the user's word.

        What became a job at the last moment is planned no longer.
        """
        untouched, self._as_we_left_it = self._as_we_left_it, {}
        cut_off = await self._book.on_disk(self._ledger.orphaned_submits)
        for batch in self.running():
            if untouched.get(batch.id) == batch:
                continue
            jobs = [*self._book.batches.jobs(batch.id), *cut_off]
            items = [job.batch_item for job in jobs if job.batch == batch.id]
            await self.change(batch.id, partial(_stopped, items=items))
        await self._book.on_disk(self._store.sweep)

    async def take(self, batch_id: str) -> Taken | None:
        """The next item as a job that is on the disk; None when none is to be sent now.

        What the list of batches says is planned, but is a job already, is not sent again: the list
        may have come from its backup, which is one item behind.
        """
        known = self._batches[batch_id].next_item if batch_id in self._batches else None
        if known is not None and self._book.batches.has(batch_id, known):
            await self.change(batch_id, lambda batch: batch.taking([known]))
            return None
        intended: list[Taken] = []

        def intend(batch: Batch, number: int, item: Item) -> None:
            job = new_job(batch.model_id, item.inputs)
            job = job.but(
                label=batch.label, batch=batch.id, batch_item=number, estimate=item.estimate
            )
            intended.append(Taken(job, item))
            self._ledger.put(job)
            self._ledger.settle()

        try:
            self._take_in(await self._book.on_disk(partial(self._store.take, batch_id, intend)))
        except LedgerError:
            for taken in intended:
                await self._forget(taken.job)  # not sent, and its item is still planned
            raise
        self._book.take_in(taken.job for taken in intended)
        return intended[0] if intended else None

    async def give_back(self, job: Job) -> None:
        """It is certain that nothing was made of `job`: it is an item again that is planned.

        Raises `LedgerError` also where nobody sends any more what is planned of its batch: the
        process that has had the turn meanwhile found nothing left of it.
        """
        batch_id, item = job.batch or "", job.batch_item or 0

        def giving_back(batch: Batch) -> Batch:
            if batch.state is BatchState.DONE:
                raise LedgerError("It has been finished meanwhile.")
            return batch.giving_back(item)

        def give_back() -> Batch:
            after = self._store.change(batch_id, giving_back)
            if after is None:
                raise LedgerError("It is no longer in the list.")
            self._ledger.forget(job.id)
            return after

        self._take_in(await self._book.forget_by(give_back, [job.id]))

    async def finish(self, batch_id: str) -> None:
        """Nothing of it is left, and no answer is waited for."""
        await self.change(batch_id, _finished)

    async def _forget(self, job: Job) -> None:
        try:
            await self._book.forget(job.id)
        except LedgerError as error:
            log.error("%s was not sent, and not forgotten either: %s", job.id, error)

    def _take_in(self, batch: Batch | None) -> None:
        if batch is not None:
            self._batches[batch.id] = batch


def _new(model_id: str, label: str, items: Sequence[Item]) -> Batch:
    estimate = sum(item.estimate or 0.0 for item in items)
    return new_batch(model_id, label, len(items), estimate=estimate)


def _stopped(batch: Batch, items: Sequence[int | None]) -> Batch:
    batch = batch.taking([item for item in items if item is not None])
    if not batch.left:
        return batch.in_state(BatchState.DONE)
    return batch.in_state(BatchState.PAUSED, CLOSED)


def _finished(batch: Batch) -> Batch:
    return batch if batch.left else batch.in_state(BatchState.DONE)
