"""Downloads that break, stop or meet another: what has come is kept, and gone on with."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runcomfy_tui.api.download import Downloader
from runcomfy_tui.api.errors import DownloadError
from tests.unit.badserver import (
    Handler,
    Request,
    http,
    silence,
)
from tests.unit.downloading import DATA, ETAG, Ranged, downloading, fetched, names


async def test_a_broken_download_goes_on_where_it_broke(tmp_path: Path) -> None:
    async with downloading(Ranged([100_000, 1_500_000])) as (server, downloader):
        path = await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert path.read_bytes() == DATA
        assert [request.headers.get("range") for request in server.requests] == [
            None,
            "bytes=100000-",
            "bytes=1600000-",
        ]
        assert server.requests[1].headers["if-range"] == ETAG


async def test_without_an_etag_a_broken_download_begins_again(tmp_path: Path) -> None:
    for etag in ("", 'W/"weak"'):
        async with downloading(Ranged([100_000], etag)) as (server, downloader):
            path = await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
            assert path.read_bytes() == DATA
            assert all("range" not in request.headers for request in server.requests)


async def test_what_is_kept_is_used_by_the_next_download_even_of_another_run(
    tmp_path: Path,
) -> None:
    async with downloading(Ranged([100_000]), tries=1) as (server, downloader):
        with pytest.raises(DownloadError, match=r"broke off.*100,000 bytes are kept.*Try again"):
            await fetched(downloader, f"{server.url}/a.mp4?signature=1", tmp_path)
        assert (tmp_path / "a.mp4.part").read_bytes() == DATA[:100_000]
        again = Downloader(server.url)
        path = await fetched(again, f"{server.url}/a.mp4?signature=2", tmp_path)
        await again.aclose()
        assert path.read_bytes() == DATA
        assert server.requests[1].headers["range"] == "bytes=100000-"
    assert names(tmp_path) == ["a.mp4"]


async def test_a_file_that_changed_meanwhile_is_not_patched_together(tmp_path: Path) -> None:
    ranged = Ranged([100_000])
    async with downloading(ranged, tries=1) as (server, downloader):
        with pytest.raises(DownloadError):
            await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        ranged.etag, ranged.data = '"v2"', DATA[::-1]
        path = await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert path.read_bytes() == DATA[::-1]


def cut_once(answer: bytes) -> Handler:
    """A server that cuts the file off and has this answer for whoever wants the rest."""
    ranged = Ranged([100_000])

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if "range" in request.headers:
            writer.write(answer)
        else:
            await ranged(request, writer)

    return handle


async def test_a_server_that_goes_on_elsewhere_than_asked_is_not_believed(tmp_path: Path) -> None:
    elsewhere = http(206, DATA[5:], "video/mp4", Content_Range="bytes 5-9/10")
    async with downloading(cut_once(elsewhere)) as (server, downloader):
        path = await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert path.read_bytes() == DATA


async def test_a_part_that_is_longer_than_the_file_is_thrown_away(tmp_path: Path) -> None:
    too_long = http(416, "", Content_Range="bytes */3")
    async with downloading(cut_once(too_long)) as (server, downloader):
        path = await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert path.read_bytes() == DATA


async def test_a_cancelled_download_keeps_what_came_and_lets_go_of_it(tmp_path: Path) -> None:
    came = asyncio.Event()

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b'HTTP/1.1 200 OK\r\nContent-Length: 999999\r\nETag: "v1"\r\n\r\n' + b"x" * 1000
        )
        await silence(_request, writer)

    async with downloading(handle) as (server, downloader):
        task = asyncio.ensure_future(
            fetched(
                downloader,
                f"{server.url}/a.mp4",
                tmp_path,
                on_progress=lambda _progress: came.set(),
            )
        )
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (tmp_path / "a.mp4.part").read_bytes() == b"x" * 1000
        assert not _open_files(tmp_path)
        server.handler = Ranged([])
        path = await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert path.read_bytes()[1000:] == DATA[1000:]
        assert names(tmp_path) == ["a.mp4"]


def _open_files(folder: Path) -> list[str]:
    targets = []
    for fd in Path("/proc/self/fd").iterdir():
        try:
            targets.append(str(fd.readlink()))
        except OSError:
            continue
    return [target for target in targets if target.startswith(str(folder))]
