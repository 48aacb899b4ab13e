"""How many questions go to the server: the cap, and a server that wants fewer of them."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path

from runcomfy_tui.engine.changes import Link
from tests.engine.house import House
from tests.engine.server import Server, at
from tests.unit.badserver import BadServer, Request, as_json


async def test_retry_after_is_obeyed_by_all_polls(ledger_folder: Path) -> None:
    asked: list[float] = []
    numbers = itertools.count(1)

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.write(as_json({"request_id": f"req-{next(numbers)}"}))
        elif request.target.endswith("/status"):
            asked.append(time.monotonic())
            if len(asked) == 10:
                writer.write(as_json({"message": "Slow down"}, 429, Retry_After="1"))
            else:
                writer.write(as_json({"status": "in_progress"}))
        else:
            writer.write(as_json({"models": [], "total": 0}))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        for _ in range(3):
            await house.submit()
        await house.until(lambda: house.facts.link is Link.THROTTLED, "for the 429")
        assert "Slow down" in house.facts.words
        await house.until(lambda: house.facts.link is Link.ONLINE, "for watching to go on")
    too_soon = [at for at in asked[10:] if at < asked[9] + 0.95]
    # Polls of the two other jobs may have been under way when the 429 came.
    assert len(too_soon) <= 2, asked
    assert len(asked) > 10 + len(too_soon)


async def test_the_cap_counts_every_question_also_those_for_results(ledger_folder: Path) -> None:
    asked_at: list[float] = []

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if "/requests/" in request.target:
            asked_at.append(time.monotonic())
        writer.write(as_json({"status": "completed", "output": {}, "cost": 0.25}))

    ids = [f"req-{number}" for number in range(30)]
    async with BadServer(handle) as bad, House(ledger_folder, bad.url) as house:
        for job in await house.engine.adopt(*ids):
            await house.until_job(job, "completed")
    polls_per_second = 50
    assert len(asked_at) == 2 * len(ids)
    assert asked_at[-1] - asked_at[0] > 0.95 * (len(asked_at) - 1) / polls_per_second


async def test_a_429_without_retry_after_slows_the_watch_but_does_not_end_it(
    server: Server, house: House
) -> None:
    server.faults("rate-limit-bare@status:3")
    job = await house.submit()
    await house.until(lambda: any(_is_throttled(each.facts) for each in house.told))
    server.let_end()
    await house.until_job(job, "completed")
    await house.until(lambda: house.facts.link is Link.ONLINE)


async def test_the_pace_is_told_as_nothing_once_nothing_is_polled(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as house:
        job = await house.submit()
        await house.until(lambda: house.facts.pace > 0, "for a pace")
        server.let_end()
        await house.until_job(job, "completed")
        await house.until(lambda: house.facts.pace == 0, "for the pace to end")


def _is_throttled(facts: object) -> bool:
    return getattr(facts, "link", None) is Link.THROTTLED
