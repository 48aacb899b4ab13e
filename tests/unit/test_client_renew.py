"""After a sleep or on another net: new connections for new calls, and nothing cut off."""

from __future__ import annotations

import asyncio

import pytest

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import Unreachable
from tests.unit.badserver import BadServer, Request, always, as_json
from tests.waiting import LONG_ENOUGH

QUEUED = as_json({"request_id": "r", "status": "in_queue"})


async def test_the_next_call_opens_a_connection_of_its_own() -> None:
    async with BadServer(always(QUEUED)) as server:
        client = Client(f"{server.url}/v1", None, "token")
        await client.status("r")
        await client.status("r")
        assert server.connections == 1
        await client.renew()
        await client.status("r")
        assert server.connections == 2
        await client.renew()
        await client.renew()
        await client.aclose()


async def test_a_call_under_way_ends_on_its_old_connection_which_goes_with_it() -> None:
    arrived, answer = asyncio.Event(), asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target.endswith("/slow/status"):
            arrived.set()
            await answer.wait()
        writer.write(QUEUED)

    async with BadServer(handle) as server:
        client = Client(f"{server.url}/v1", None, "token")
        slow = asyncio.create_task(client.status("slow"))
        await arrived.wait()
        await client.renew()
        await client.status("r")
        assert server.connections == 2
        answer.set()
        assert (await slow).word == "in_queue"
        async with asyncio.timeout(LONG_ENOUGH):  # the server has to hear of it, too
            while server.open != 1:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)
        await client.aclose()


async def test_closing_ends_calls_on_old_connections_too() -> None:
    arrived = asyncio.Event()

    async def handle(_request: Request, _writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with BadServer(handle) as server:
        client = Client(f"{server.url}/v1", None, "token")
        call = asyncio.create_task(client.status("r"))
        await arrived.wait()
        await client.renew()
        await client.aclose()
        with pytest.raises(Unreachable):
            await call


def test_it_says_how_many_calls_may_be_under_way_beside_submits() -> None:
    assert Client("http://x/v1", None).calls_at_once == 5
    assert Client("http://x/v1", None, connections=1).calls_at_once == 1
    assert Client("http://x/v1", None, connections=16).calls_at_once == 10
