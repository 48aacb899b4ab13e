"""How `runcomfy-tui watch --until-done` ends where RunComfy does not tell all there is to tell."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from runcomfy_tui.commands.watch import COST_PATIENCE, Follower, Lines
from runcomfy_tui.engine.changes import Changes, Facts
from runcomfy_tui.engine.transitions import adopted as adopted_job
from runcomfy_tui.exit_codes import NOT_AUTHORISED, OK
from runcomfy_tui.jobs import NOT_YOURS, Failure, Status
from runcomfy_tui.outlet import Outlet
from tests.engine.house import on_disk
from tests.engine.server import Server
from tests.engine.watch_process import Watch, adopted
from tests.unit.badserver import BadServer, Request, as_json


def test_jobs_of_which_this_token_is_not_told_are_not_waited_for(
    server: Server, ledger_folder: Path
) -> None:
    jobs = adopted(ledger_folder, server.submit(), server.submit())
    server.faults("not-yours")
    with Watch(ledger_folder, server, "--until-done") as watch:
        assert watch.end() == NOT_AUTHORISED
        told = [line for line in watch.err.close() if "2 jobs stand" in line]
    assert len(told) == 1
    assert NOT_YOURS in told[0]
    for job in jobs:
        kept = on_disk(ledger_folder)[job.id]
        assert kept.status is Status.UNKNOWN
        assert kept.failure is not None

    # What the ledger has of that says nothing of another day's token.
    server.faults()
    server.let_end()
    with Watch(ledger_folder, server, "--until-done") as watch:
        assert watch.end() == OK
    assert {job.status for job in on_disk(ledger_folder).values()} == {Status.COMPLETED}


@dataclass
class _At:
    url: str


async def test_the_jobs_that_are_told_of_are_waited_for(ledger_folder: Path) -> None:
    has_ended = False

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if "/foreign/" in request.target:
            writer.write(as_json({"error_code": 403001, "error_message": "not yours"}, 403))
        else:
            status = "completed" if has_ended else "in_queue"
            writer.write(as_json({"status": status, "output": {}, "cost": 0.25}))

    adopted(ledger_folder, "foreign", "mine")
    async with BadServer(handle) as bad:
        with Watch(ledger_folder, _At(f"{bad.url}/v1"), "--until-done") as watch:
            await asyncio.to_thread(watch.out.until, NOT_YOURS)
            has_ended = True
            await asyncio.to_thread(watch.out.until, "completed")
            assert await asyncio.to_thread(watch.end) == NOT_AUTHORISED


async def test_a_cost_that_is_told_a_little_later_is_waited_for(ledger_folder: Path) -> None:
    is_told = False

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        cost = {"cost": 0.25} if is_told else {}
        writer.write(as_json({"status": "completed", "output": {}, **cost}))

    [job] = adopted(ledger_folder, "req-1")
    async with BadServer(handle) as bad:
        with Watch(ledger_folder, _At(f"{bad.url}/v1"), "--until-done") as watch:
            assert "$" not in await asyncio.to_thread(watch.out.until, "completed")
            is_told = True
            assert "$0.25" in await asyncio.to_thread(watch.out.until, "completed")
            assert await asyncio.to_thread(watch.end) == OK
    assert on_disk(ledger_folder)[job.id].cost == 0.25


def test_a_cost_that_does_not_come_is_not_waited_for_long() -> None:
    follower = Follower(Lines(Outlet(1), Outlet(2), quiet=True))
    now = time.time()
    job = adopted_job("req-1")
    follower.take_in(Changes(jobs=(job,), facts=Facts(is_loaded=True)))
    assert not follower.is_done(now)
    follower.take_in(Changes(jobs=(job.but(status=Status.COMPLETED, finished_at=now),)))
    assert not follower.is_done(now + COST_PATIENCE - 1)
    assert follower.is_done(now + COST_PATIENCE)
    follower.take_in(Changes(jobs=(job.but(status=Status.COMPLETED, finished_at=now, cost=0.0),)))
    assert follower.is_done(now)


@pytest.mark.parametrize(("code", "is_done"), [(NOT_YOURS, True), ("409123", False)])
def test_only_a_no_for_want_of_rights_ends_the_waiting(code: str, is_done: bool) -> None:
    follower = Follower(Lines(Outlet(1), Outlet(2), quiet=True))
    job = adopted_job("req-1").but(failure=Failure("no", code))
    follower.take_in(Changes(jobs=(job,), facts=Facts(is_loaded=True)))
    assert follower.is_done(time.time()) is is_done
