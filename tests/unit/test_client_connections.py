"""The client and its connections: how many, for whom, and past which proxies and files."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import (
    NotAuthorised,
    Unreachable,
)
from runcomfy_tui.jobs import Status
from tests.unit.badserver import (
    BadServer,
    Request,
    always,
    as_json,
    hang_up,
    silence,
)
from tests.unit.wire import CALLS, QUEUED, TOKEN


async def test_a_netrc_file_does_not_replace_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_bytes(netrc.read_bytes())
    async with BadServer(always(as_json(QUEUED))) as server:
        client = Client(server.url, server.url, TOKEN)
        await client.status("r")
        await client.aclose()
        assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_this_machine_is_reached_without_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with BadServer(always(as_json(QUEUED))) as server, BadServer(hang_up) as proxy:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, proxy.url)
        client = Client(server.url, server.url, TOKEN)
        await client.status("r")
        await client.aclose()
        assert not proxy.connections


async def test_a_proxy_setting_that_cannot_be_used_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://nowhere")
    client = Client("https://model-api.runcomfy.net/v1", "https://api.runcomfy.net", TOKEN)
    with pytest.raises(Unreachable, match="proxy or certificate settings"):
        await client.status("r")


async def test_a_new_token_is_used_from_the_next_call_on() -> None:
    async with BadServer(always(as_json(QUEUED))) as server:
        client = Client(server.url, server.url)
        with pytest.raises(NotAuthorised, match="no token yet"):
            await client.status("r")
        client.authorise(" first\n")
        await client.status("r")
        client.authorise("second")
        await client.status("r")
        await client.aclose()
        assert [request.headers["authorization"] for request in server.requests] == [
            "Bearer first",
            "Bearer second",
        ]


async def test_polls_one_after_another_share_a_connection() -> None:
    async with BadServer(always(as_json(QUEUED))) as server:
        client = Client(server.url, server.url, TOKEN)
        for call in (CALLS["status"], CALLS["result"], CALLS["status"]) * 10:
            await call(client)
        await client.aclose()
        assert server.connections == 1
        assert len(server.requests) == 30


async def test_cookies_are_not_taken() -> None:
    async with BadServer(always(as_json(QUEUED, Set_Cookie="track=me; Path=/"))) as server:
        client = Client(server.url, server.url, TOKEN)
        await client.status("r")
        await client.status("r")
        await client.aclose()
        assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize("connections", [2, 3, 8, 16])
async def test_however_many_calls_there_are_the_connections_stay_within_the_bound(
    connections: int,
) -> None:
    full = asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if server.busy == connections:
            full.set()
        await full.wait()
        writer.write(as_json(QUEUED))

    async with BadServer(handle) as server:
        client = Client(server.url, server.url, TOKEN, connections=connections)
        polls = [client.status("r") for _ in range(100)]
        submits = [client.submit("a/b", {}) for _ in range(30)]
        await asyncio.gather(*polls, *submits)
        await client.aclose()
        assert len(server.requests) == 130
        assert server.most_busy == connections
        assert server.most_open <= connections


async def test_submits_that_hang_hold_up_no_poll() -> None:
    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            await silence(request, writer)
        writer.write(as_json(QUEUED))

    async with BadServer(handle) as server:
        client = Client(server.url, server.url, TOKEN)
        hanging = [asyncio.ensure_future(client.submit("a/b", {})) for _ in range(20)]
        await server.asked.wait()
        assert (await client.status("r")).queue_position == 2
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        await client.aclose()


async def test_a_poll_on_a_connection_that_the_server_just_closed_is_asked_again() -> None:
    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.connection == 1 and len(server.requests) > 1:
            writer.close()
        else:
            writer.write(as_json(QUEUED))

    async with BadServer(handle) as server:
        client = Client(server.url, server.url, TOKEN)
        await client.status("r")
        assert (await client.status("r")).status is Status.IN_QUEUE
        await client.aclose()
        assert [request.connection for request in server.requests] == [1, 1, 2]


async def test_a_cancel_is_never_repeated() -> None:
    async with BadServer(hang_up) as server:
        client = Client(server.url, server.url, TOKEN)
        with pytest.raises(Unreachable, match="next status will tell"):
            await client.cancel("r")
        await client.aclose()
        assert len(server.requests) == 1


async def test_after_being_closed_the_client_opens_again() -> None:
    async with BadServer(always(as_json(QUEUED))) as server:
        client = Client(server.url, server.url, TOKEN)
        await client.status("r")
        await client.aclose()
        await client.aclose()
        await client.status("r")
        await client.aclose()
        assert server.connections == 2


def test_speaking_to_the_api_loads_no_command_line_of_httpx() -> None:
    pytest.importorskip("click")  # or it is not there to be loaded
    code = "import sys, runcomfy_tui.api.client; print({'click', 'pygments'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")
