"""A result file is fetched whole or not at all, from hosts agreed to, over nothing that exists."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import time
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from runcomfy_tui.api.download import Downloader, Progress
from runcomfy_tui.api.errors import DownloadError, UntrustedHost
from tests.unit.badserver import (
    BadServer,
    Request,
    always,
    http,
    let_time_jump,
    silence,
)
from tests.unit.downloading import DATA, Ranged, downloading, fetched, names


async def test_a_file_arrives_whole_without_any_credential(tmp_path: Path) -> None:
    seen: list[Progress] = []
    async with downloading(Ranged([])) as (server, downloader):
        path = await fetched(
            downloader,
            f"{server.url}/output/x_output.mp4",
            tmp_path / "new" / "folder",
            on_progress=seen.append,
        )
        assert path == tmp_path / "new" / "folder" / "x_output.mp4"
        assert path.read_bytes() == DATA
        assert names(path.parent) == ["x_output.mp4"]
        assert seen[-1] == Progress(len(DATA), len(DATA))
        assert [step.received for step in seen] == sorted(step.received for step in seen)
        [request] = server.requests
        assert not {"authorization", "cookie"} & set(request.headers)


async def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("mine")
    (tmp_path / "a-1.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a-2.png.part").write_text("a browser's")
    async with downloading(always(http(200, "new", "image/png"))) as (server, downloader):
        for expected in ("a-3.png", "a-4.png"):
            path = await fetched(downloader, f"{server.url}/a.png", tmp_path)
            assert path.name == expected
            assert path.read_text() == "new"
    assert (tmp_path / "a.png").read_text() == "mine"
    assert (tmp_path / "a-2.png.part").read_text() == "a browser's"
    assert not (tmp_path / "nowhere").exists()


async def test_a_name_taken_while_the_file_was_on_its_way_is_left_alone(tmp_path: Path) -> None:
    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        (tmp_path / "a.png").write_text("mine")
        writer.write(http(200, "new", "image/png"))

    async with downloading(handle) as (server, downloader):
        path = await fetched(downloader, f"{server.url}/a.png", tmp_path)
    assert (path.name, path.read_text()) == ("a-1.png", "new")
    assert (tmp_path / "a.png").read_text() == "mine"


async def test_downloads_of_one_name_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    everyone = asyncio.Barrier(3)

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        await everyone.wait()
        writer.write(http(200, request.target.encode() * 1000, "image/png"))

    async with downloading(handle) as (server, downloader):
        targets = ["/1/a.png", "/2/a.png", "/1/a.png"]
        paths = await asyncio.gather(
            *(fetched(downloader, server.url + target, tmp_path) for target in targets)
        )
    assert len(set(paths)) == 3
    assert [path.read_bytes() for path in paths] == [t.encode() * 1000 for t in targets]
    assert names(tmp_path) == ["a-1.png", "a-2.png", "a.png"]


@pytest.mark.parametrize("told", [True, False])
async def test_a_file_beyond_the_cap_is_given_up_and_removed(tmp_path: Path, told: bool) -> None:
    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        writer.write(b"Content-Length: 3000000\r\n\r\n" if told else b"Connection: close\r\n\r\n")
        for _ in range(300):
            writer.write(b"x" * 10_000)
            await writer.drain()
        writer.close()

    async with downloading(handle, max_bytes=2_000_000) as (server, downloader):
        with pytest.raises(DownloadError, match="larger than"):
            await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert len(server.requests) == 1
    assert names(tmp_path) == []


async def test_a_gzip_bomb_meets_the_same_cap(tmp_path: Path) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    handler = always(http(200, bomb, "application/json", Content_Encoding="gzip"))
    async with downloading(handler, max_bytes=2_000_000) as (server, downloader):
        with pytest.raises(DownloadError, match="larger than"):
            await fetched(downloader, f"{server.url}/a.json", tmp_path)
    assert names(tmp_path) == []


async def test_a_file_that_comes_compressed_is_saved_as_it_was_meant(tmp_path: Path) -> None:
    packed = http(200, gzip.compress(DATA), "application/json", Content_Encoding="gzip")
    async with downloading(always(packed)) as (server, downloader):
        path = await fetched(downloader, f"{server.url}/a.json", tmp_path)
        assert path.read_bytes() == DATA
        assert server.requests[0].headers["accept-encoding"] == "identity"


async def test_a_host_that_is_not_runcomfys_is_asked_for_first(tmp_path: Path) -> None:
    async with downloading(always(http(200, "x", "image/png"))) as (server, _):
        host = server.url.removeprefix("http://")
        downloader = Downloader("https://model-api.runcomfy.net/v1")
        with pytest.raises(UntrustedHost) as caught:
            await fetched(downloader, f"{server.url}/a.png", tmp_path)
        assert caught.value.host == host
        assert not server.connections
        await fetched(downloader, f"{server.url}/a.png", tmp_path, trusted_only=False)
        await downloader.aclose()
    assert names(tmp_path) == ["a.png"]


async def test_a_redirect_is_followed_to_trusted_hosts_only(tmp_path: Path) -> None:
    async with BadServer(always(http(200, "x", "image/png"))) as elsewhere:
        host = elsewhere.url.removeprefix("http://")

        async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.target == "/a.png":
                writer.write(http(302, Location="/b.png"))
            elif request.target == "/b.png":
                writer.write(http(307, Location=f"{elsewhere.url}/c.png"))
            else:
                writer.write(http(301, Location=request.target))

        async with downloading(handle) as (server, downloader):
            with pytest.raises(UntrustedHost) as caught:
                await fetched(downloader, f"{server.url}/a.png", tmp_path)
            assert caught.value.host == host
            assert not elsewhere.connections
            assert names(tmp_path) == []
            path = await fetched(downloader, f"{server.url}/a.png", tmp_path, trusted_only=False)
            assert (path.name, path.read_text()) == ("a.png", "x")
            with pytest.raises(DownloadError, match="only leads to others"):
                await fetched(downloader, f"{server.url}/loop.png", tmp_path)


@pytest.mark.parametrize(
    "target",
    [
        *(
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/plain,x",
            "ftp://h/x",
            "mailto:x",
        ),
        *("http://user:pw@127.0.0.1/x", "https://h\\@evil.com/x", "http://[::1", "\x1b]52;c;x"),
    ],
)
async def test_an_address_that_is_none_is_refused_directly_and_behind_a_redirect(
    tmp_path: Path, target: str
) -> None:
    redirect = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    async with downloading(always(redirect.encode()), tries=1) as (server, downloader):
        with pytest.raises(DownloadError) as caught:
            await fetched(downloader, target, tmp_path, trusted_only=False)
        assert "\x1b" not in str(caught.value)
        assert not server.connections
        with pytest.raises(DownloadError):
            await fetched(downloader, f"{server.url}/a.png", tmp_path, trusted_only=False)
        assert len(server.requests) == 1
    assert names(tmp_path) == []


async def test_a_web_page_is_not_saved_as_a_video(tmp_path: Path) -> None:
    page = always(http(200, "<html>Sign in</html>", "text/html; charset=utf-8"))
    async with downloading(page) as (server, downloader):
        with pytest.raises(DownloadError, match="web page"):
            await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert (await fetched(downloader, f"{server.url}/a.html", tmp_path)).name == "a.html"


@pytest.mark.parametrize("status", [401, 403, 404, 410, 400, 304])
async def test_a_clear_no_is_not_tried_again(tmp_path: Path, status: int) -> None:
    async with downloading(always(http(status, "no", "text/plain"))) as (server, downloader):
        with pytest.raises(DownloadError, match=f"HTTP {status}"):
            await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert len(server.requests) == 1
    assert names(tmp_path) == []


async def test_a_server_that_is_not_able_just_now_is_tried_again_a_few_times(
    tmp_path: Path,
) -> None:
    answers = [http(503, "", Retry_After="0"), http(429, "", Retry_After="0"), b"nonsense\r\n\r\n"]

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0) if answers else http(200, "", "video/mp4"))

    async with downloading(handle) as (server, downloader):
        with pytest.raises(DownloadError, match="came empty"):
            await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert len(server.requests) == 5
    assert names(tmp_path) == []


async def test_a_server_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    async def for_long(request: Request, writer: asyncio.StreamWriter) -> None:
        let_time_jump(60)
        await silence(request, writer)

    async with downloading(for_long, stall_timeout=50, tries=2) as (server, downloader):
        with pytest.raises(DownloadError, match="Try again"):
            await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert len(server.requests) == 2


async def test_a_folder_that_cannot_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    async with downloading(Ranged([])) as (server, downloader):
        for folder in (tmp_path / "file", tmp_path / "file" / "in", Path("/proc/nowhere")):
            with pytest.raises(DownloadError, match="could not be saved in"):
                await fetched(downloader, f"{server.url}/a.mp4", folder)
        assert not server.requests


async def test_a_disk_that_takes_no_more_is_told_in_words_and_what_came_is_kept(
    tmp_path: Path,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with downloading(Ranged([])) as (server, downloader):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
        try:
            with pytest.raises(DownloadError, match=r"could not be saved.*File too large"):
                await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (tmp_path / "a.mp4.part").read_bytes() == DATA[:1_500_000]
        path = await fetched(downloader, f"{server.url}/a.mp4", tmp_path)
        assert path.read_bytes() == DATA
        assert server.requests[-1].headers["range"] == "bytes=1500000-"


async def test_progress_is_told_at_most_twice_a_second(tmp_path: Path) -> None:
    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n")
        for _ in range(300):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)

    seen: list[Progress] = []
    async with downloading(handle) as (server, downloader):
        begun = time.monotonic()
        await fetched(downloader, f"{server.url}/a.mp4", tmp_path, on_progress=seen.append)
        elapsed = time.monotonic() - begun
    assert 3 <= len(seen) <= elapsed * 2 + 2
    assert {step.total for step in seen} == {300}


async def test_a_name_from_the_caller_is_made_safe_and_keeps_the_urls_extension(
    tmp_path: Path,
) -> None:
    async with downloading(always(http(200, "x", "image/webp"))) as (server, downloader):
        for name, url, expected in (
            ("../../evil\x1b", "a.png", "evil.png"),
            ("shot.v2.jpg", "a.png", "shot.v2.jpg"),
            ("shot", "no-extension", "shot.webp"),
            (None, "no-extension", "no-extension.webp"),
        ):
            path = await fetched(downloader, f"{server.url}/{url}", tmp_path, name=name)
            assert path.parent == tmp_path
            assert path.name.endswith(expected)


async def test_an_ordinary_web_server_is_understood_and_goes_on_where_it_was_left(
    tmp_path: Path,
) -> None:
    """Starlette's file server, over uvicorn: ETags and ranges that nobody wrote for this test."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "a.mp4").write_bytes(DATA)
    files = Starlette(routes=[Mount("/", StaticFiles(directory=tmp_path / "public"))])
    statuses: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        await files(scope, receive, watched)

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    downloader = Downloader(base, pause=0.0)

    def stop(_progress: Progress) -> None:
        download.cancel()

    download = asyncio.ensure_future(
        fetched(downloader, f"{base}/a.mp4", tmp_path, on_progress=stop)
    )
    with pytest.raises(asyncio.CancelledError):
        await download
    assert 0 < (tmp_path / "a.mp4.part").stat().st_size < len(DATA)
    path = await fetched(downloader, f"{base}/a.mp4", tmp_path)
    assert path.read_bytes() == DATA
    assert statuses == [200, 206]
    with pytest.raises(DownloadError, match="not there"):
        await fetched(downloader, f"{base}/nothing.mp4", tmp_path)

    await downloader.aclose()
    server.should_exit = True
    await serving
