"""Tomorrow: a new engine on the old folder, and two engines on one folder."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Status, new_job
from tests.engine import submitter
from tests.engine.house import A_WHILE, MODEL, House, on_disk
from tests.engine.server import PRICE, Server, at
from tests.unit.badserver import BadServer, Request, as_json


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
    done = job.but(status=Status.COMPLETED, finished_at=job.created_at + 20)
    ledger = Ledger(ledger_folder)
    ledger.put(done)
    ledger.close()
    server.let_end()
    async with at(server, ledger_folder) as house:
        await house.until(lambda: house.facts.is_loaded)
        paid = await house.until(
            lambda: next((job for job in house.jobs.values() if job.cost is not None), None),
            "for the cost",
        )
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


async def test_one_that_stands_aside_is_followed_by_another_and_polls_again_after_it(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as first:
        job = await first.submit()
        async with at(server, ledger_folder) as second:
            await second.until_job(job, "in_queue")
            await first.engine.step_aside()
            await second.until(lambda: second.facts.is_watching, "for the turn")
            server.let_start()
            await second.until_job(job, "in_progress")
            await first.engine.step_back()
            await first.until(lambda: not first.facts.is_watching, "to stand back")
            await first.until_job(job, "in_progress")
        await first.until(lambda: first.facts.is_watching, "to poll again")
        server.let_end()
        await first.until_job(job, "completed")


async def test_one_that_stands_aside_while_it_takes_the_turn_has_none(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as first:
        await first.engine.step_aside()
        back = asyncio.create_task(first.engine.step_back())
        await asyncio.sleep(0)  # it asks for the turn, and waits for the answer
        await first.engine.step_aside()
        await back
        async with at(server, ledger_folder) as second:
            await second.until(lambda: second.facts.is_watching, "for the turn")
            await first.engine.step_back()
            await first.until(lambda: first.facts.watcher, "to see who polls")
            assert not first.facts.is_watching


async def test_one_that_is_back_at_once_polls_alone(ledger_folder: Path) -> None:
    asked = asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.write(as_json({"request_id": "req-1"}))
        elif request.target.endswith("/status"):
            asked.set()  # and never answered

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as first:
        await first.submit()
        async with asyncio.timeout(A_WHILE):
            await asked.wait()
            asked.clear()
            # As after ctrl+z and fg while the disk or the loop was too slow to follow.
            await asyncio.gather(first.engine.step_aside(), first.engine.step_back())
            await asked.wait()
        async with House(ledger_folder, f"{bad.url}/v1") as second:
            await second.until(lambda: second.facts.watcher, "to see who polls")


async def test_a_job_that_is_watched_anew_while_it_is_asked_about_is_asked_about_twice(
    ledger_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked, answer = asyncio.Semaphore(0), asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.write(as_json({"request_id": "req-1"}))
        elif request.target.endswith("/status"):
            asked.release()
            await answer.wait()
            writer.write(as_json({"status": "in_progress"}))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        job = await house.submit()
        async with asyncio.timeout(A_WHILE):
            await asked.acquire()
            await house.engine.forget(job.id)
            await house.engine.all_jobs.restore(job)
            await asked.acquire()
        answer.set()
        await house.until_job(job, "in_progress")
    assert not [record for record in caplog.records if record.exc_info]


async def submitter_at(server: Server, folder: Path) -> asyncio.subprocess.Process:
    """A program of its own that submits without end, once its engine runs."""
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", submitter.__name__, str(folder), server.url, "1"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"started\n"
    assert await other.stdout.readline() == b"watching\n"
    return other


async def test_who_takes_over_finds_the_submit_that_the_other_was_killed_in(
    server: Server, ledger_folder: Path
) -> None:
    server.faults("hang@submit")
    other = await submitter_at(server, ledger_folder)
    async with at(server, ledger_folder) as house:
        [intent] = await house.until(lambda: list(house.jobs.values()), "for the other's intent")
        assert intent.status is Status.SUBMITTING
        await house.until(lambda: not house.facts.is_watching)
        other.kill()
        await other.wait()
        await house.until_job(intent, "unconfirmed")
        assert house.facts.is_watching


async def test_who_polls_finds_the_submit_that_one_beside_it_was_killed_in(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as house:
        server.faults("hang@submit")
        other = await submitter_at(server, ledger_folder)
        [intent] = await house.until(lambda: list(house.jobs.values()), "for the other's intent")
        assert intent.status is Status.SUBMITTING
        assert house.facts.is_watching
        other.kill()
        await other.wait()
        await house.until_job(intent, "unconfirmed")


async def test_a_file_that_breaks_under_a_running_program_is_written_again(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as house:
        jobs = [await house.submit() for _ in range(3)]
        await house.until(lambda: house.facts.is_loaded, "for the history")
        for file in (ledger_folder / "live.json", ledger_folder / "live.json.bak"):
            file.write_bytes(b'{"documents": {"half')
        await house.until(lambda: house.facts.troubles, "for the trouble to be told")
        assert any("could not be read" in words for words in house.facts.troubles)
        assert {job.id for job in jobs} <= on_disk(ledger_folder).keys()
        server.let_end()
        for job in jobs:
            await house.until_job(job, "completed")
    assert {job.status for job in on_disk(ledger_folder).values()} == {Status.COMPLETED}
