"""What is planned outlives its program, and is sent by one of those that share a folder."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

from runcomfy_tui.batch import BatchState, Progress
from runcomfy_tui.engine import release
from runcomfy_tui.engine.planned import CLOSED
from runcomfy_tui.engine.release import Limits
from runcomfy_tui.history.batches import BatchStore
from runcomfy_tui.jobs import Status
from tests.engine.house import A_WHILE, House, on_disk
from tests.engine.planning import FAST, plan, prompts, sent, sent_of, until_over
from tests.engine.server import Server, at
from tests.unit.badserver import BadServer, Request, as_json


async def test_a_stop_in_the_middle_leaves_the_rest_planned_and_the_next_start_waits_for_a_word(
    server: Server, ledger_folder: Path
) -> None:
    limits = Limits(500, unfinished=2)
    async with at(server, ledger_folder, limits=limits) as house:
        batch = await plan(house, prompts(5))
        await house.until(lambda: sent_of(house, batch) == 2, "for two jobs")
        assert house.engine.release.unsent == 3
    async with at(server, ledger_folder, limits=limits) as house:
        progress = await until_over(house, batch, BatchState.PAUSED)
        assert (progress.batch.words, progress.batch.left, progress.sent) == (CLOSED, 3, 2)
        server.let_end()
        await house.until(lambda: not house.batches[batch.id].unfinished, "for the two to end")
        assert server.created() == 2
        await house.engine.release.resume(batch.id)
        await house.until(lambda: sent_of(house, batch) == 4, "for two more")
        server.let_end()
        await until_over(house, batch)
    assert server.created() == 5


async def test_a_list_of_batches_that_is_behind_sends_nothing_twice(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=Limits(500, unfinished=3)) as house:
        batch = await plan(house, prompts(5))
        await house.until(lambda: sent_of(house, batch) == 3, "for three jobs")
        await house.engine.release.pause(batch.id)
        server.let_end()
        await house.until(lambda: not house.batches[batch.id].unfinished, "for them to end")
    BatchStore(ledger_folder).change(batch.id, lambda now: replace(now, cursor=1))
    async with at(server, ledger_folder, limits=FAST) as house:
        await house.engine.release.resume(batch.id)
        progress = await until_over(house, batch)
    assert (progress.sent, server.created()) == (5, 5)


async def test_a_submit_that_is_not_answered_before_the_end_is_unconfirmed_not_planned(
    server: Server, ledger_folder: Path
) -> None:
    server.faults("hang@submit")
    async with at(server, ledger_folder, limits=FAST) as house:
        batch = await plan(house, prompts(3))
        await house.until(
            lambda: house.engine.submits_under_way == release.POSTS_AT_ONCE, "for the POSTs"
        )
    async with at(server, ledger_folder, limits=FAST) as house:
        progress = await until_over(house, batch, BatchState.PAUSED)
    assert (progress.unknown, progress.batch.left) == (2, 1)


async def test_who_has_no_turn_plans_and_pauses_but_the_other_one_sends(
    server: Server, ledger_folder: Path
) -> None:
    async with (
        at(server, ledger_folder, limits=Limits(500, unfinished=2)) as sender,
        at(server, ledger_folder, limits=FAST) as other,
    ):
        batch = await plan(other, prompts(6))
        await sender.until(lambda: sent_of(sender, batch) == 2, "for the turn's holder to send")
        await other.until(lambda: sent_of(other, batch) == 2, "for the news")
        await other.engine.release.pause(batch.id)
        await until_over(sender, batch, BatchState.PAUSED)
        server.let_end()
        await sender.until(lambda: not sender.batches[batch.id].unfinished, "for the two to end")
        assert server.created() == 2


async def test_who_takes_the_turn_over_waits_for_a_word_of_its_own(
    server: Server, ledger_folder: Path
) -> None:
    limits = Limits(500, unfinished=2)
    async with contextlib.AsyncExitStack() as stack:
        sender = await stack.enter_async_context(at(server, ledger_folder, limits=limits))
        async with at(server, ledger_folder, limits=limits) as other:
            batch = await plan(other, prompts(5))
            await other.until(lambda: sent_of(other, batch) == 2, "for two jobs")
            await stack.aclose()
            assert sender.engine.submits_under_way == 0
            progress = await until_over(other, batch, BatchState.PAUSED)
            assert (progress.batch.words, progress.batch.left) == (CLOSED, 3)
            server.let_end()
            await other.engine.release.resume(batch.id)
            await other.until(lambda: sent_of(other, batch) == 4, "for two more")
            server.let_end()
            await until_over(other, batch)
    assert server.created() == 5


async def test_who_stood_aside_for_nobody_goes_on_sending_without_a_word(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=Limits(500, unfinished=1)) as house:
        batch, other = await plan(house, prompts(2)), await plan(house, prompts(1, "house"))
        await house.until(lambda: len(sent(server)) == 1, "for the first to be sent")
        await house.engine.step_aside()
        await house.engine.release.pause(other.id)
        await until_over(house, other, BatchState.PAUSED)
        await house.engine.step_back()
        server.let_start()
        server.let_end()
        progress = await until_over(house, batch, BatchState.DONE, BatchState.PAUSED)
    assert (progress.batch.state, progress.batch.words) == (BatchState.DONE, "")
    assert len(sent(server)) == 2


async def test_an_item_that_is_refused_once_another_has_finished_its_batch_stays_as_a_refused_job(
    ledger_folder: Path,
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method != "POST":
            writer.write(as_json({"status": "in_queue"}))
            return
        asked.set()
        await answer.wait()
        writer.write(as_json({"message": "slow down"}, 429))

    async with (
        BadServer(handle) as bad,
        House(ledger_folder, f"{bad.url}/v1") as sender,
        House(ledger_folder, f"{bad.url}/v1") as other,
    ):
        batch = await plan(sender, prompts(1))
        async with asyncio.timeout(A_WHILE):
            await asked.wait()
        await sender.engine.step_aside()
        await other.until(
            lambda: other.batches.get(batch.id, Progress(batch)).batch.state.is_over,
            "for the other one to find nothing left to be sent",
        )
        answer.set()
        [job] = await sender.until(
            lambda: [job for job in sender.jobs.values() if job.status is Status.REJECTED],
            "for the refusal",
        )
    assert on_disk(ledger_folder) == {job.id: job}
