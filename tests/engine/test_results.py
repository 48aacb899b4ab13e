"""Result files on their way to the disk, and the models to choose from."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runcomfy_tui.engine.changes import DownloadPhase, DownloadState
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import Job
from tests.engine.house import A_WHILE, MODEL, House
from tests.engine.server import Server, at
from tests.unit.badserver import BadServer, Request, as_json, http


async def finished(server: Server, house: House) -> tuple[Job, str]:
    """A job that has ended, and the URL of its result."""
    job = await house.submit()
    server.let_end()
    done = await house.until_job(job, "completed")
    return done, done.outputs[0].url


def size_of(file: Path) -> int:
    return file.stat().st_size


async def ended(house: House, url: str) -> DownloadState:
    return await house.until(
        lambda: (
            ((state := house.downloads.get(url)) and not state.phase.is_under_way and state) or None
        ),
        "for the download to end",
    )


async def test_a_result_is_downloaded_with_its_size_and_told_when_it_is_there(
    server: Server, house: House, tmp_path: Path
) -> None:
    job, url = await finished(server, house)
    house.engine.results.downloads.start(job.id, url)
    house.engine.results.downloads.start(job.id, url)
    done = await ended(house, url)
    assert (done.phase, done.words) == (DownloadPhase.DONE, "")
    file = Path(done.file)
    assert file.parent.parent.parent == tmp_path / "results"
    assert sorted(each.name for each in file.parent.iterdir()) == [file.name, f"{file.name}.json"]
    size = done.received
    assert done.total == size == size_of(file) > 1000
    assert (await house.engine.results.downloads.look(job.id, url)).size == size


async def test_a_host_that_is_not_runcomfys_is_asked_about_before_anything_goes_there(
    server: Server, house: House, tmp_path: Path
) -> None:
    job, url = await finished(server, house)
    elsewhere = url.replace("127.0.0.1", "localhost")
    house.engine.results.downloads.start(job.id, elsewhere)
    asking = await ended(house, elsewhere)
    assert asking.phase is DownloadPhase.ASKING
    assert asking.words == elsewhere.split("/")[2]
    assert not (tmp_path / "results").exists()
    house.downloads.clear()
    house.engine.results.downloads.start(job.id, elsewhere, trusted_only=False)
    assert (await ended(house, elsewhere)).phase is DownloadPhase.DONE


async def test_a_download_can_be_stopped_and_shows_how_far_it_came(
    ledger_folder: Path, tmp_path: Path
) -> None:
    gone = asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        answer = http(200, b"x" * 1000, "video/mp4").replace(b": 1000\r\n", b": 5000\r\n")
        writer.write(answer)
        await writer.drain()
        await gone.wait()

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        url = f"{bad.url}/v1/video.mp4"
        house.engine.results.downloads.start("job", url)
        running = await house.until(
            lambda: ((state := house.downloads.get(url)) and state.received and state) or None
        )
        assert (running.phase, running.received, running.total) == (
            DownloadPhase.RUNNING,
            1000,
            5000,
        )
        house.engine.results.downloads.stop("job", url)
        assert (await ended(house, url)).phase is DownloadPhase.STOPPED
        house.engine.results.downloads.stop("job", "never started")
        gone.set()


async def test_what_an_earlier_run_left_of_a_file_is_told_and_gone_on_with(
    ledger_folder: Path,
) -> None:
    ranges: list[str | None] = []

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if "/status" in request.target:
            writer.write(as_json({"status": "completed"}))
        elif "/result" in request.target:
            writer.write(as_json({"status": "succeeded", "output": {"video": url}, "cost": 1}))
        elif not request.target.endswith(".mp4"):
            writer.write(as_json({"models": [], "total": 0}))
        elif "range" in request.headers:
            ranges.append(request.headers["range"])
            part = {"Content_Range": "bytes 1000-1999/2000", "ETag": '"v"'}
            writer.write(http(206, b"y" * 1000, "video/mp4", **part))
        else:
            head = b'HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nETag: "v"\r\n\r\n'
            writer.write(head + b"x" * 1000)
            await writer.drain()
            await asyncio.Event().wait()

    async with BadServer(handle) as bad:
        url = f"{bad.url}/v1/video.mp4"
        async with House(ledger_folder, f"{bad.url}/v1") as house:
            [job] = await house.engine.adopt("req-1")
            await house.until_job(job, "completed")
            house.engine.results.downloads.start(job.id, url)
            await house.until(lambda: (there := house.downloads.get(url)) and there.received)
        async with House(ledger_folder, f"{bad.url}/v1") as house:
            await house.until(lambda: house.facts.is_loaded)
            downloads = house.engine.results.downloads
            [state] = await downloads.told(job.id)
            assert (state.phase, state.received, state.total) == (DownloadPhase.STOPPED, 1000, 2000)
            assert await downloads.start_missing(job.id) == [(job.id, url)]
            assert (await ended(house, url)).phase is DownloadPhase.DONE
            assert [each.phase for each in await downloads.told(job.id)] == [DownloadPhase.DONE]
    assert ranges == ["bytes=1000-"]


async def test_a_download_that_is_stopped_before_it_began_is_none(
    server: Server, house: House
) -> None:
    job, url = await finished(server, house)
    downloads = house.engine.results.downloads
    downloads.start(job.id, url)
    downloads.stop(job.id, url)
    assert (await ended(house, url)).phase is DownloadPhase.STOPPED
    assert await downloads.told(job.id) == ()
    assert await downloads.start_missing(job.id) == [(job.id, url)]
    await house.until(lambda: house.downloads[url].phase is DownloadPhase.DONE)


async def test_a_download_that_fails_says_why(server: Server, house: House, tmp_path: Path) -> None:
    gone = server.url.replace("/v1", "/files/gone.mp4")
    house.engine.results.downloads.start("job", gone)
    state = await ended(house, gone)
    assert state.phase is DownloadPhase.FAILED
    assert "404" in state.words


async def test_downloads_under_way_end_with_the_engine(ledger_folder: Path, tmp_path: Path) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target.endswith(".mp4"):
            asked.set()
            await never.wait()

    async with BadServer(handle) as bad:
        async with House(ledger_folder, f"{bad.url}/v1", token=None) as house:
            url = f"{bad.url}/v1/video.mp4"
            house.engine.results.downloads.start("job", url)
            async with asyncio.timeout(A_WHILE):
                await asked.wait()
        house.take()
        assert house.downloads[url].phase is DownloadPhase.STOPPED


async def test_the_catalog_is_all_of_the_servers_models_and_the_built_in_ones_first(
    house: House,
) -> None:
    models = await house.engine.catalog.models()
    ids = [entry.model_id for entry in models.entries]
    assert MODEL in ids[:2]
    assert len(ids) == len(set(ids)) > 4
    assert models.words == ""
    for model_id in ids:
        assert (await house.engine.catalog.model(model_id)).input_schema


async def test_without_a_server_the_built_in_models_work_and_the_words_say_why_alone(
    server: Server, ledger_folder: Path
) -> None:
    server.stop()
    async with at(server, ledger_folder) as house:
        models = await house.engine.catalog.models()
        assert len(models.entries) == 2
        assert "could not be reached" in models.words
        assert (await house.engine.catalog.model(MODEL)).input_schema
        with pytest.raises(EngineError) as refused:
            await house.engine.catalog.model("some/other/model")
        assert refused.value.is_outage


async def test_a_model_that_nobody_knows_is_said_so(house: House) -> None:
    with pytest.raises(EngineError, match="no model called no/such/model"):
        await house.engine.catalog.model("no/such/model")


async def test_drafts_outlive_the_engine(server: Server, ledger_folder: Path) -> None:
    async with at(server, ledger_folder) as house:
        await house.engine.window_state.save_draft("a/b", {"prompt": "[/half"})
        await house.engine.window_state.save_draft(MODEL, {"seed": 2**70})
    async with at(server, ledger_folder) as house:
        drafts = await house.engine.window_state.load_drafts()
        assert drafts.model_id == MODEL
        assert drafts.inputs == {"a/b": {"prompt": "[/half"}, MODEL: {"seed": 2**70}}
        assert await house.engine.model_api_base() == server.url
