"""The jobs in memory and on the disk, where two changes of one job meet."""

from __future__ import annotations

import asyncio
from pathlib import Path

from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Status, new_job
from tests.engine.house import INPUTS, MODEL, on_disk


async def test_news_that_come_while_a_job_is_being_forgotten_do_not_bring_it_back(
    ledger_folder: Path,
) -> None:
    book = Book(Ledger(ledger_folder), Mailbox())
    job = new_job(MODEL, INPUTS).but(status=Status.IN_QUEUE, request_id="req-1")
    await book.write(job)

    forgetting = asyncio.create_task(book.forget(job.id))
    await asyncio.sleep(0)  # it is on its way to the disk
    await book.write(job.but(status=Status.IN_PROGRESS))
    await forgetting
    await book.close()

    assert book.get(job.id) is None
    assert on_disk(ledger_folder) == {}
