"""Connections that can be cut off without an answer, as only a real network does."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request as HttpRequest
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "sandbox.transport"


class DroppableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which also tells the app what its bytes travel on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope[_TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = app


async def drop_connection(request: HttpRequest) -> None:
    """Close the connection at once, whatever has been promised on it."""
    request.scope[_TRANSPORT].abort()
    await wait_until_gone(request)


async def wait_until_gone(request: HttpRequest) -> None:
    """Wait until the client has left, or been cut off."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
