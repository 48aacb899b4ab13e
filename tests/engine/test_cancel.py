"""Cancel, collect, adopt, attach, forget: what a user does to a job that is there already."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runcomfy_tui.engine.cancelling import CANCELS_AT_ONCE
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import CancelOutcome, Status
from tests.engine.house import A_WHILE, MODEL, House, on_disk
from tests.engine.server import OPENING_BALANCE, PRICE, Server, at
from tests.unit.badserver import BadServer, Request, as_json


async def test_a_queued_job_is_cancelled_on_the_servers_word(
    server: Server, house: House, ledger_folder: Path
) -> None:
    other, job = await house.submit(), await house.submit()
    paid = OPENING_BALANCE - 2 * PRICE
    await house.until(lambda: _balance(house) == paid, "for the prices to be paid")
    await house.engine.cancel(other.id)
    await house.until(lambda: _balance(house) == paid + PRICE, "for the first price to come back")
    report = await house.engine.cancel(job.id)
    assert report.outcome is CancelOutcome.CANCELLED
    assert report.job.status is Status.CANCELLED
    assert {made["status"] for made in server.requests()} == {"cancelled"}
    assert on_disk(ledger_folder)[job.id].status is Status.CANCELLED
    await house.until(
        lambda: _balance(house) == OPENING_BALANCE, "for the second price to come back"
    )


async def test_the_outcome_counts_not_the_status_beside_it(server: Server, house: House) -> None:
    server.faults("cancel-says-completed")
    job = await house.submit()
    report = await house.engine.cancel(job.id)
    assert (report.outcome, report.job.status) == (CancelOutcome.CANCELLED, Status.CANCELLED)


async def test_a_running_job_is_not_cancellable_and_goes_on(server: Server, house: House) -> None:
    job = await house.submit()
    server.let_start()
    report = await house.engine.cancel(job.id)
    assert report.outcome is CancelOutcome.NOT_CANCELLABLE
    assert report.job.status is Status.IN_PROGRESS
    server.let_end()
    await house.until_job(job, "completed")


async def test_many_are_cancelled_whatever_becomes_of_some(server: Server, house: House) -> None:
    jobs = [await house.submit() for _ in range(6)]
    await house.engine.forget(jobs[0].id)
    server.faults("rate-limit@cancel:2")
    tally = await house.engine.cancel_many(*(job.id for job in jobs))
    assert (tally.outcomes, tally.unanswered) == ({CancelOutcome.CANCELLED: 5}, 1)
    assert "no longer in the ledger" in str(tally.error)
    statuses = [made["status"] for made in server.requests()]
    assert sorted(statuses) == ["cancelled"] * 5 + ["in_queue"]


async def test_once_nothing_answers_no_more_are_asked(server: Server, house: House) -> None:
    jobs = [await house.submit() for _ in range(20)]
    server.faults("cut@cancel")
    tally = await house.engine.cancel_many(*(job.id for job in jobs))
    assert (tally.outcomes, tally.unanswered) == ({}, 20)
    assert tally.error is not None
    assert tally.error.is_outage
    asked = [made for made in server.requests() if made["status"] == "cancelled"]
    assert 1 <= len(asked) <= CANCELS_AT_ONCE


async def test_a_cancel_whose_answer_is_lost_changes_nothing_until_a_poll_tells(
    server: Server, house: House
) -> None:
    server.faults("cut@cancel")
    job = await house.submit()
    with pytest.raises(EngineError, match="next status will tell"):
        await house.engine.cancel(job.id)
    await house.until_job(job, "cancelled")


async def test_what_cannot_be_cancelled_is_said_in_words(server: Server, house: House) -> None:
    server.faults("lost-submit")
    unconfirmed = await house.submit()
    with pytest.raises(EngineError, match="unconfirmed and has no request_id"):
        await house.engine.cancel(unconfirmed.id)
    with pytest.raises(EngineError, match="no longer in the ledger"):
        await house.engine.cancel("nobody")


async def test_a_job_forgotten_while_its_cancel_is_under_way_does_not_come_back(
    ledger_folder: Path,
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target.endswith("/cancel"):
            asked.set()
            await answer.wait()
            writer.write(as_json({"outcome": "cancelled", "status": "cancelled"}, 202))
        elif request.method == "POST":
            writer.write(as_json({"request_id": "req-1"}))
        else:
            writer.write(as_json({"status": "in_queue"}))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        job = await house.submit()
        cancelling = asyncio.create_task(house.engine.cancel(job.id))
        async with asyncio.timeout(A_WHILE):
            await asked.wait()
        await house.engine.forget(job.id)
        answer.set()
        assert (await cancelling).outcome is CancelOutcome.CANCELLED
        house.take()
        assert house.jobs == {}
        assert on_disk(ledger_folder) == {}


@dataclass
class SlowResult:
    """Answers /result late, with what was true when it was asked."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    status: str = "in_queue"

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        status = self.status
        if request.method == "POST":
            writer.write(as_json({"request_id": "req-1"}))
            return
        if "/result" in request.target:
            self.asked.set()
            await self.answer.wait()
        writer.write(as_json({"status": status}))


async def test_a_job_forgotten_while_its_result_is_asked_for_does_not_come_back(
    ledger_folder: Path,
) -> None:
    slow = SlowResult(status="in_progress")
    async with BadServer(slow) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        job = await house.submit()
        collecting = asyncio.create_task(house.engine.collect(job.id))
        async with asyncio.timeout(A_WHILE):
            await slow.asked.wait()
        await house.engine.forget(job.id)
        slow.answer.set()
        await collecting
        house.take()
        assert house.jobs == {}
        assert on_disk(ledger_folder) == {}


async def test_a_late_answer_from_result_does_not_set_a_job_back(ledger_folder: Path) -> None:
    slow = SlowResult()
    async with BadServer(slow) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        job = await house.submit()
        collecting = asyncio.create_task(house.engine.collect(job.id))
        async with asyncio.timeout(A_WHILE):
            await slow.asked.wait()
        slow.status = "in_progress"
        await house.until_job(job, "in_progress")
        slow.answer.set()
        assert (await collecting).status is Status.IN_PROGRESS
        house.take()
        assert house.words_of(job)[-1] == "in_progress"
        assert house.words_of(job).count("in_progress") == 1


async def test_a_result_is_collected_now_when_somebody_opens_it(
    server: Server, house: House
) -> None:
    job = await house.submit()
    still = await house.engine.collect(job.id)
    assert still.status is Status.IN_QUEUE
    server.let_start()
    server.let_end()
    done = await house.engine.collect(job.id)
    assert (done.status, done.cost, len(done.outputs)) == (Status.COMPLETED, PRICE, 1)


async def test_a_request_submitted_elsewhere_is_adopted_and_watched_to_its_end(
    server: Server, house: House, ledger_folder: Path
) -> None:
    request_id = server.submit(promptText="from a script")
    [job] = await house.engine.adopt(request_id)
    assert job.adopted
    [again] = await house.engine.adopt(request_id, request_id)
    assert again.id == job.id
    await house.until_job(job, "in_queue")
    server.let_start()
    server.let_end()
    done = await house.until_job(job, "completed")
    assert (done.model_id, done.cost) == (MODEL, PRICE)
    assert done.created_at < server.clock.now - 3600
    assert list(on_disk(ledger_folder)) == [job.id]


async def test_an_adopted_id_that_nobody_knows_is_not_found_and_no_id_at_all_harms_nothing(
    house: House,
) -> None:
    [stranger] = await house.engine.adopt("00000000-0000-4000-8000-000000000000")
    await house.until_job(stranger, "not_found")
    assert await house.engine.adopt() == ()


async def test_an_ended_request_is_known_before_the_history_is_loaded(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as house:
        job = await house.submit()
        await house.engine.cancel(job.id)
    assert job.request_id is not None
    async with at(server, ledger_folder) as house:
        # Nothing has been awaited but the start: the ended jobs are not in memory yet.
        [known] = await house.engine.adopt(job.request_id)
        assert known.id == job.id
        assert list(on_disk(ledger_folder)) == [job.id]


async def test_an_unconfirmed_job_gets_the_id_that_its_user_found(
    server: Server, house: House, ledger_folder: Path
) -> None:
    server.faults("lost-submit:1")
    lost = await house.submit()
    found = server.requests()[0]["request_id"]
    attached = await house.engine.attach(lost.id, found)
    assert attached.request_id == found
    server.let_start()
    server.let_end()
    done = await house.until_job(lost, "completed")
    assert done.inputs == lost.inputs
    assert on_disk(ledger_folder)[lost.id].request_id == found
    with pytest.raises(EngineError, match="completed"):
        await house.engine.attach(lost.id, "another")


async def test_one_request_id_belongs_to_one_job(server: Server, house: House) -> None:
    job = await house.submit()
    assert job.request_id is not None
    server.faults("lost-submit:1")
    lost = await house.submit()
    with pytest.raises(EngineError, match="Another job"):
        await house.engine.attach(lost.id, job.request_id)
    assert house.engine.submits_under_way == 0


async def test_a_forgotten_job_is_gone_from_the_table_and_from_the_disk(
    server: Server, house: House, ledger_folder: Path
) -> None:
    kept, dropped = await house.submit(), await house.submit()
    await house.engine.forget(dropped.id)
    await house.until(lambda: dropped.id not in house.jobs)
    assert list(on_disk(ledger_folder)) == [kept.id]
    server.let_start()
    server.let_end()
    await house.until_job(kept, "completed")
    assert dropped.id not in house.jobs


def _balance(house: House) -> float | None:
    return house.facts.balance.usd if house.facts.balance else None
