"""The jobs in memory and on the disk, where two changes of one job meet."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import pytest

from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.changes import Mailbox
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Status, new_job
from tests.engine.house import INPUTS, MODEL, on_disk
from tests.engine.server import Server, at


async def test_a_label_that_comes_while_a_job_is_being_written_leaves_it_open_to_others(
    ledger_folder: Path,
) -> None:
    book = Book(Ledger(ledger_folder), Mailbox())
    job = new_job(MODEL, INPUTS).but(status=Status.IN_QUEUE, request_id="req-1")
    await book.write(job)

    labelling = asyncio.create_task(book.annotate([job.id], {"label": "kites"}))
    await asyncio.sleep(0)  # it is on its way to the disk
    await book.write(job.but(status=Status.IN_PROGRESS))
    await labelling
    labelled = book.get(job.id)
    assert labelled is not None
    assert (labelled.status, labelled.label) == (Status.IN_PROGRESS, "kites")

    neighbour = Ledger(ledger_folder)
    neighbour.load_live()
    neighbour.put(labelled.but(status=Status.COMPLETED))
    await book.read_changes()
    assert book.take_in([labelled.but(status=Status.COMPLETED)])
    await book.close()


async def test_a_label_that_comes_before_its_job_is_on_the_disk_gets_there_with_it(
    ledger_folder: Path,
) -> None:
    book = Book(Ledger(ledger_folder), Mailbox())
    job = new_job(MODEL, INPUTS).but(status=Status.IN_QUEUE, request_id="req-1")
    labelling = asyncio.create_task(book.annotate([job.id], {"label": "kites"}))
    await book.write(job)
    await labelling
    await book.close()
    assert on_disk(ledger_folder)[job.id].label == "kites"


async def test_what_the_disk_refused_has_a_last_chance_at_the_end(
    ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    book = Book(Ledger(ledger_folder), Mailbox())
    job = new_job(MODEL, INPUTS)
    await book.write(job)
    accepted = job.but(status=Status.IN_QUEUE, request_id="paid-for")
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(LedgerError):
            await book.write(accepted)
    await book.close()
    assert on_disk(ledger_folder) == {job.id: accepted}


@pytest.fixture
def broken_batches(ledger_folder: Path) -> None:
    ledger_folder.mkdir(parents=True)
    (ledger_folder / "batches.json").write_bytes(b"<html>")


@pytest.mark.usefixtures("broken_batches")
async def test_an_unreadable_file_beside_the_ledger_is_told_with_the_ledger_s_own(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as house:
        told = await house.until(lambda: house.facts.troubles)
    assert "batches.json could not be read" in told[0]


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
