"""Every call of the client, and what it raises at a server that answers as a test likes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import (
    ApiError,
)
from tests.unit.badserver import (
    BadServer,
    Handler,
)

TOKEN = "rc-secret-0123456789"
QUEUED = {"request_id": "r", "status": "in_queue", "queue_position": 2}

CALLS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "status": lambda client: client.status("r"),
    "result": lambda client: client.result("r"),
    "cancel": lambda client: client.cancel("r"),
    "model": lambda client: client.model("a/b"),
    "models": lambda client: client.models(),
    "categories": lambda client: client.categories(),
    "balance": lambda client: client.balance(),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


async def raised(
    handler: Handler, call: Callable[[Client], Awaitable[Any]], **settings: Any
) -> ApiError:
    async with BadServer(handler) as server:
        client = Client(f"{server.url}/v1", f"{server.url}/prod/v2", TOKEN, **settings)
        with pytest.raises(ApiError) as caught:
            await call(client)
        await client.aclose()
    error = caught.value
    assert TOKEN not in f"{error!r} {error} {error.__dict__} {error.__cause__!r}"
    return error
