"""The ended jobs come in behind the window: the newest at once, the rest in growing portions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import chain, islice

from runcomfy_tui.engine.book import Book
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job

MOST_BATCHES = 8
"""Batches that are read in one go: a write waits for no more than these."""


async def load_past(ledger: Ledger, book: Book) -> AsyncIterator[Job]:
    """Take every ended job into the book, and yield those that are news. Raises `LedgerError`.

    Every trip to the ledger's thread brings more of them, because a trip may have to wait for the
    window. What it brings waits until it has doubled the jobs that are shown: below the view nobody
    misses it, and every look costs a painting.
    """
    batches = ledger.load_ended()
    at_once, count, told_at = 1, 0, 1
    while read := await book.on_disk(lambda: list(islice(batches, at_once))):  # noqa: B023
        count += len(read)
        jobs = chain.from_iterable(read)
        for job in book.take_in(jobs, over_ours=False, can_wait=count < told_at):
            yield job
        at_once = min(2 * at_once, MOST_BATCHES)
        told_at = 2 * told_at if count >= told_at else told_at
