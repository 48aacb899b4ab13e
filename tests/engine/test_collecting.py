"""Files collected by themselves: where the user says so, once, and gone on with after an end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from runcomfy_tui.engine import collector
from runcomfy_tui.engine.changes import DownloadPhase
from runcomfy_tui.engine.saving import Saving, Wishes
from runcomfy_tui.history.collected import Collected
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job
from tests.engine.house import A_WHILE, MODEL, House
from tests.engine.server import PRICE, Server
from tests.unit.badserver import BadServer, Request, as_json, http

ALL = Wishes(everything=True)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def sidecars(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]


@asynccontextmanager
async def house_with(server: Server, folder: Path, wishes: Wishes) -> AsyncIterator[House]:
    saving = Saving(folder.parent / "results", wishes=wishes)
    async with House(folder, server.url, server.serverless_url, saving=saving) as house:
        yield house


async def done(server: Server, house: House, job: Job) -> Job:
    server.let_end()
    ended = await house.until_job(job, "completed")
    await house.engine.settle()
    return ended


async def test_the_files_of_a_job_are_saved_with_all_that_made_them(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    async with house_with(server, ledger_folder, ALL) as house:
        job = await done(server, house, await house.submit(seed=7))
    [told] = sidecars(tmp_path / "results")
    assert told["model_id"] == MODEL
    assert told["request_id"] == job.request_id
    assert told["inputs"]["seed"] == 7  # type: ignore[index]
    assert told["cost"] == PRICE
    assert told["outputs"] == [job.outputs[0].url]
    file = told["file"]
    assert isinstance(file, dict)
    assert (file["format"], file["codec"], file["width"]) == ("MP4", "H.264", 320)
    assert str(file["checksum"]).startswith("sha256:")
    assert files(tmp_path / "results") == [file["name"], f"{file['name']}.json"]


async def test_nothing_is_saved_unless_it_is_wished(
    server: Server, house: House, tmp_path: Path
) -> None:
    await done(server, house, await house.submit())
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("wishes", "label", "is_saved"),
    [
        (Wishes(models={MODEL: True}), "", True),
        (Wishes(models={"runwayml/*": True}), "", True),
        (Wishes(models={"runwayml/*": True, MODEL: False}), "", False),
        (Wishes(everything=True, models={"other/*": False}), "", True),
        (Wishes(labels={"keep": True}), "keep", True),
        (Wishes(labels={"keep": True}), "other", False),
        (Wishes(everything=True, labels={"drafts": False}), "drafts", False),
    ],
)
async def test_the_label_decides_before_the_model_and_that_before_all(
    server: Server,
    ledger_folder: Path,
    tmp_path: Path,
    wishes: Wishes,
    label: str,
    is_saved: bool,
) -> None:
    async with house_with(server, ledger_folder, wishes) as house:
        job = await house.submit()
        await house.engine.annotate(job.id, label=label)
        await done(server, house, job)
    assert bool(files(tmp_path / "results")) is is_saved


async def test_two_processes_on_one_folder_save_a_file_once(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    async with (
        house_with(server, ledger_folder, ALL) as one,
        house_with(server, ledger_folder, ALL) as other,
    ):
        job = await one.submit()
        await other.until_job(job, "in_queue")
        await done(server, one, job)
        await other.until_job(job, "completed")
        await other.engine.settle()
        await one.engine.settle()
    assert len(files(tmp_path / "results")) == 2


async def test_a_job_is_not_collected_again_when_its_result_is_read_again(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    async with house_with(server, ledger_folder, ALL) as house:
        job = await done(server, house, await house.submit())
        await house.engine.collect(job.id)
        await house.engine.settle()
    async with house_with(server, ledger_folder, ALL) as house:
        await house.until(lambda: house.facts.is_loaded)
        await house.engine.settle()
        states = await house.engine.results.downloads.told(job.id)
        assert [state.phase for state in states] == [DownloadPhase.DONE]
        assert Path(states[0].file).name in files(tmp_path / "results")
    assert len(files(tmp_path / "results")) == 2


async def test_a_cost_that_is_told_late_comes_into_the_sidecar(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    server.faults("late-cost")
    async with house_with(server, ledger_folder, ALL) as house:
        job = await house.submit()
        server.clock.now += 3600.0
        await house.until_job(job, "completed")
        await house.engine.settle()
        server.let_end()
        await house.until(lambda: house.jobs[job.id].cost is not None)
        await house.engine.settle()
    assert [told["cost"] for told in sidecars(tmp_path / "results")] == [PRICE]


async def test_what_was_cut_off_by_the_programs_end_is_gone_on_with_at_the_next_start(
    ledger_folder: Path, tmp_path: Path
) -> None:
    asked = asyncio.Event()
    ranges: list[str | None] = []
    is_whole = False

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if "/status" in request.target:
            writer.write(as_json({"status": "completed"}))
        elif "/result" in request.target:
            output = {"video": f"{bad.url}/a.mp4"}
            writer.write(as_json({"status": "succeeded", "output": output, "cost": 1}))
        elif not request.target.endswith(".mp4"):
            writer.write(as_json({"models": [], "total": 0}))
        elif is_whole:
            ranges.append(request.headers.get("range"))
            part = {"Content_Range": "bytes 1000-1999/2000", "ETag": '"v"'}
            writer.write(http(206, b"y" * 1000, "video/mp4", **part))
        else:
            head = b'HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nETag: "v"\r\n\r\n'
            writer.write(head + b"x" * 1000)
            await writer.drain()
            asked.set()
            await asyncio.Event().wait()

    saving = Saving(tmp_path / "results", wishes=ALL)
    async with BadServer(handle) as bad:
        async with House(ledger_folder, f"{bad.url}/v1", saving=saving) as house:
            [job] = await house.engine.adopt("req-1")
            async with asyncio.timeout(A_WHILE):
                await asked.wait()
            await house.until(lambda: any(each.received for each in house.downloads.values()))
        assert Collected(ledger_folder).unfinished() == [job.id]
        is_whole = True
        async with House(ledger_folder, f"{bad.url}/v1", saving=saving) as house:
            await house.until(lambda: house.facts.is_loaded)
            await house.engine.settle()
        assert Collected(ledger_folder).unfinished() == []
    assert ranges == ["bytes=1000-"]
    [file] = list((tmp_path / "results").rglob("*.mp4"))
    assert content(file) == b"x" * 1000 + b"y" * 1000


async def test_what_another_process_died_over_is_gone_on_with_by_who_polls_next(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    async with house_with(server, ledger_folder, Wishes()) as house:
        job = await done(server, house, await house.submit())
    turn, claim = WatchTurn(ledger_folder), Collected(ledger_folder).claim(job.id)
    assert turn.try_acquire()
    assert claim is not None
    async with house_with(server, ledger_folder, ALL) as house:
        await house.until(lambda: house.facts.is_loaded)
        await house.engine.settle()
        assert not (tmp_path / "results").exists()
        claim.release()
        turn.release()
        await house.until(lambda: house.facts.is_watching)
        await house.until(lambda: any(each.file for each in house.downloads.values()))
        await house.engine.settle()
    assert len(files(tmp_path / "results")) == 2


def content(file: Path) -> bytes:
    return file.read_bytes()


async def test_what_cannot_be_saved_is_told_and_tried_again_at_the_next_start(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "results").write_text("no folder")
    async with house_with(server, ledger_folder, ALL) as house:
        await done(server, house, await house.submit())
        words = await house.until(lambda: next(iter(house.facts.troubles), None))
        assert "not saved by itself" in words
        assert "could not be saved in" in words
    (tmp_path / "results").unlink()
    async with house_with(server, ledger_folder, ALL) as house:
        await house.until(lambda: house.facts.is_loaded)
        await house.engine.settle()
        assert house.facts.troubles == ()
    assert len(files(tmp_path / "results")) == 2


async def test_a_file_that_its_user_has_saved_by_hand_is_a_trouble_no_longer(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "results").write_text("no folder")
    async with house_with(server, ledger_folder, ALL) as house:
        job = await done(server, house, await house.submit())
        await house.until(lambda: house.facts.troubles)
        assert not await house.engine.settle()
        (tmp_path / "results").unlink()
        house.engine.results.downloads.start(job.id, job.outputs[0].url)
        await house.until(lambda: not house.facts.troubles)
        assert await house.engine.settle()


async def test_what_cannot_be_saved_is_tried_again_by_itself(
    server: Server, ledger_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(collector, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(collector, "MOST_TRIES", 10_000)
    (tmp_path / "results").write_text("no folder")
    async with house_with(server, ledger_folder, ALL) as house:
        await done(server, house, await house.submit())
        await house.until(lambda: house.facts.troubles)
        (tmp_path / "results").unlink()
        await house.until(lambda: not house.facts.troubles)
        await house.engine.settle()
    assert len(files(tmp_path / "results")) == 2


async def test_all_that_is_missing_of_some_jobs_is_saved_by_one_call(
    server: Server, house: House, tmp_path: Path
) -> None:
    jobs = [await house.submit(seed=seed) for seed in (1, 2)]
    server.let_end()
    for job in jobs:
        await house.until_job(job, "completed")
    downloads = house.engine.results.downloads
    ids = [job.id for job in jobs]
    assert len(await downloads.start_missing(*ids, "no such job")) == 2
    await house.until(
        lambda: [each.phase for each in house.downloads.values()] == [DownloadPhase.DONE] * 2
    )
    assert await downloads.start_missing(*ids) == []
    assert len(files(tmp_path / "results")) == 4
