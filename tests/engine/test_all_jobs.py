"""The past as the engine keeps it: what a day has come to, what is put back, what is taken in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.batch import Item
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.release import Limits
from runcomfy_tui.export_file import Format, write_export
from runcomfy_tui.history import imports
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.spending import Period
from tests.engine.house import INPUTS, MODEL, House, on_disk
from tests.engine.server import Server, at


def past(number: int, **changes: Any) -> Job:
    made = new_job(MODEL, {"promptText": str(number)}, now=time.time())
    made = made.but(status=Status.COMPLETED, request_id=f"past-{number}", cost=0.25)
    return made.but(**changes)


def kept(folder: Path, *jobs: Job) -> None:
    ledger = Ledger(folder, segment_size=2)
    ledger.put(*jobs)
    ledger.close()


@pytest.fixture
async def old_house(server: Server, ledger_folder: Path) -> AsyncIterator[House]:
    kept(ledger_folder, *map(past, range(20)))
    async with at(server, ledger_folder) as running:
        yield running


async def test_what_is_asked_at_the_very_start_counts_the_whole_history(old_house: House) -> None:
    history = old_house.engine.all_jobs
    assert (await history.spent_today()).usd == pytest.approx(5.0)
    assert (await history.spending()).total[Period.ALL].jobs == 20
    newest = await history.newest_in(Period.TODAY, 3)
    assert [job.request_id for job in newest] == ["past-19", "past-18", "past-17"]


async def test_an_estimate_counts_until_the_cost_is_told_and_stays_beside_it(
    server: Server, house: House, ledger_folder: Path
) -> None:
    job = await house.engine.submit(MODEL, INPUTS, estimate=0.2)
    spent = await house.engine.all_jobs.spent_today()
    assert (spent.usd, spent.estimated) == (0.0, 0.2)
    server.let_end()
    done = await house.until_job(job, "completed")
    done = await house.until(
        lambda: ((now := house.jobs[done.id]).cost is not None and now) or None, "for the cost"
    )
    spent = await house.engine.all_jobs.spent_today()
    assert (spent.usd, spent.estimated) == (done.cost, 0.0)
    assert on_disk(ledger_folder)[job.id].estimate == 0.2


async def test_what_a_sweep_has_still_to_send_is_planned_money(
    server: Server, ledger_folder: Path
) -> None:
    slow = Limits(per_second=500, unfinished=2)
    async with at(server, ledger_folder, limits=slow) as house:
        items = [Item(INPUTS | {"seed": seed}, estimate=0.5) for seed in range(6)]
        await house.engine.release.plan(MODEL, "kites", items)
        await house.until(lambda: len(house.jobs) == 2, "for two jobs")
        spent = await house.engine.all_jobs.spent_today()
        assert (spent.estimated, spent.planned) == (1.0, 2.0)
        assert {job.estimate for job in house.jobs.values()} == {0.5}
    async with at(server, ledger_folder, limits=slow) as house:
        assert (await house.engine.all_jobs.spent_today()).planned == 2.0


async def test_a_forgotten_job_is_put_back_and_watched_again(
    server: Server, house: House, ledger_folder: Path
) -> None:
    job = await house.until_job(await house.submit(), "in_queue")
    await house.engine.forget(job.id)
    assert on_disk(ledger_folder) == {}
    await house.engine.all_jobs.restore(job)
    assert on_disk(ledger_folder).keys() == {job.id}
    server.let_end()
    await house.until_job(job, "completed")


async def test_an_export_is_taken_in_shown_and_watched(
    server: Server, old_house: House, ledger_folder: Path, tmp_path: Path
) -> None:
    job = await old_house.until_job(await old_house.submit(), "in_queue")
    await old_house.engine.forget(job.id)
    file = tmp_path / "jobs.csv"
    write_export(file, [job, past(3), past(77)], Format.CSV)
    report = await old_house.engine.all_jobs.take_in(file)
    assert (report.new, report.known, report.bad) == (2, 1, 0)
    await old_house.until(lambda: len(old_house.jobs) == 22, "for the jobs")
    assert len(on_disk(ledger_folder)) == 22
    server.let_end()
    await old_house.until_job(job, "completed")


async def test_a_submit_takes_its_turn_while_a_long_export_is_taken_in(
    house: House, ledger_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 5)
    file, many = tmp_path / "jobs.jsonl", [past(number) for number in range(1, 2001)]
    write_export(file, many, Format.JSONL)
    importing = asyncio.create_task(house.engine.all_jobs.take_in(file))
    await house.until(lambda: house.jobs, "for the first of them")
    job = await house.submit()
    assert not importing.done()
    assert (await importing).new == 2000
    await house.until(lambda: len(house.jobs) == 2001, "for the jobs")
    assert on_disk(ledger_folder).keys() == {job.id, *(each.id for each in many)}


async def test_two_files_that_are_taken_in_at_once_bring_no_request_twice(
    house: House, ledger_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 5)
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    for file in (one, other):
        write_export(file, [past(number) for number in range(30)], Format.JSONL)
    take_in = house.engine.all_jobs.take_in
    reports = await asyncio.gather(take_in(one), take_in(other))
    assert [(each.new, each.known + each.filled_in) for each in reports] == [(30, 0), (0, 30)]
    assert len(on_disk(ledger_folder)) == 30


async def test_a_file_that_cannot_be_read_is_told(house: House, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        await house.engine.all_jobs.take_in(tmp_path / "none.jsonl")
