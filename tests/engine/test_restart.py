"""Tomorrow: a new engine on the old folder, and two engines on one folder."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runcomfy_tui.engine.changes import Link
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Status, new_job
from tests.engine.house import MODEL, on_disk
from tests.engine.server import PRICE, Server, at
from tests.unit.ledger_process import __file__ as ledger_process


async def test_every_job_that_is_not_final_is_picked_up_and_every_other_is_shown(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as house:
        cancelled = await house.submit()
        await house.engine.cancel(cancelled.id)
        rejected = await house.submit(promptText="refuse please")
        server.faults("lost-submit:1")
        unconfirmed = await house.submit()
        live = [await house.submit() for _ in range(3)]
    server.let_end()
    created = server.created()
    async with at(server, ledger_folder) as house:
        for job in live:
            done = await house.until_job(job, "completed")
            assert done.cost == PRICE
        await house.until(lambda: house.facts.is_loaded, "for the history")
        words = {job.id: job.status_word for job in house.jobs.values()}
        assert words[cancelled.id] == "cancelled"
        assert words[rejected.id] == "rejected"
        assert words[unconfirmed.id] == "unconfirmed"
        assert len(words) == 6
        assert server.created() == created, "nothing is ever submitted again"
    assert {job_id: job.status_word for job_id, job in on_disk(ledger_folder).items()} == words


async def test_a_submit_that_died_with_its_program_is_unconfirmed_at_the_next_start(
    server: Server, ledger_folder: Path
) -> None:
    orphan = new_job(MODEL, {"promptImage": "https://example.com/a.png"})
    dead = Ledger(ledger_folder)
    dead.put(orphan)
    dead.close()
    async with at(server, ledger_folder) as house:
        found = await house.until_job(orphan, "unconfirmed")
        assert found.failure is not None
        assert "may be charged" in found.failure.message
        assert server.created() == 0
    assert on_disk(ledger_folder)[orphan.id].status is Status.UNCONFIRMED


async def test_a_cost_that_was_not_known_yesterday_is_asked_for_today(
    server: Server, ledger_folder: Path
) -> None:
    server.faults("late-cost")
    async with at(server, ledger_folder) as house:
        job = await house.submit()
    server.faults("server-error@result")
    server.let_end()
    done = job.but(status=Status.COMPLETED, finished_at=job.created_at + 20)
    ledger = Ledger(ledger_folder)
    ledger.put(done)
    ledger.close()
    server.faults()
    async with at(server, ledger_folder) as house:
        paid = await house.until(
            lambda: (now := house.jobs.get(job.id)) and now.cost is not None and now,
            "for the cost",
        )
        assert paid
        assert paid.cost == PRICE
        assert paid.finished_at == done.finished_at


async def test_two_on_one_folder_see_each_others_jobs_and_one_of_them_polls(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as first, at(server, ledger_folder) as second:
        await second.until(lambda: not second.facts.is_watching, "for the second to stand back")
        assert "process" in second.facts.watcher
        first.take()
        assert first.facts.is_watching
        of_first, of_second = await first.submit(), await second.submit()
        await first.until_job(of_second, "in_queue")
        await second.until_job(of_first, "in_queue")
        server.let_start()
        for house in (first, second):
            for job in (of_first, of_second):
                await house.until_job(job, "in_progress")
        await second.engine.forget((await second.submit()).id)
        server.let_end()
        for house in (first, second):
            for job in (of_first, of_second):
                assert (await house.until_job(job, "completed")).cost == PRICE
        await first.until(lambda: len(first.jobs) == 2, "for the forgotten job to be gone")
    assert set(on_disk(ledger_folder)) == {of_first.id, of_second.id}


async def test_a_cancel_in_the_window_that_only_reads_reaches_the_one_that_polls(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as first, at(server, ledger_folder) as second:
        job = await first.submit()
        await second.until_job(job, "in_queue")
        assert (await second.engine.cancel(job.id)).job.status is Status.CANCELLED
        await first.until_job(job, "cancelled")


async def test_the_second_takes_over_when_the_first_stops(
    server: Server, ledger_folder: Path
) -> None:
    first = at(server, ledger_folder)
    await first.engine.start()
    async with at(server, ledger_folder) as second:
        await second.until(lambda: not second.facts.is_watching)
        job = await first.submit()
        await second.until_job(job, "in_queue")
        await first.engine.stop()
        await second.until(lambda: second.facts.is_watching, "for the turn")
        assert second.facts.watcher == ""
        server.let_end()
        await second.until_job(job, "completed")


async def test_who_takes_over_finds_the_submit_that_the_other_died_in(
    server: Server, ledger_folder: Path
) -> None:
    """The other is a process that holds the turn and has an intent on the disk; it is killed."""
    polls = _process(ledger_folder, "watch")
    submits = _process(ledger_folder, "submit")
    async with at(server, ledger_folder) as house:
        [job] = await house.until(lambda: list(house.jobs.values()), "for the other's intent")
        assert job.status is Status.SUBMITTING
        await house.until(lambda: not house.facts.is_watching)
        for process in (submits, polls):
            process.send_signal(signal.SIGKILL)
            process.communicate()
        await house.until_job(job, "unconfirmed")


async def test_a_ledger_that_cannot_be_opened_is_a_sentence(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    async with at(server, folder) as house:
        assert house.facts.link is Link.STARTING
    folder.rename(tmp_path / "elsewhere")
    house = at(server, folder)
    (folder / "ended").rmdir()
    folder.rmdir()
    folder.write_text("no folder")
    with pytest.raises(EngineError, match="a file, not a folder"):
        await house.engine.start()


def _process(folder: Path, task: str) -> subprocess.Popen[str]:
    """Another program on the same folder, once it has done its `task`."""
    process = subprocess.Popen(
        [sys.executable, ledger_process, str(folder), task, "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    return process
