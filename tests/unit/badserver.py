"""A server on loopback that answers with whatever bytes a test likes, when it likes.

It reads requests as HTTP/1.1 and hands each to a handler that writes to the socket itself, so it
can drip, lie about lengths, close in the middle, or say nothing at all.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Request:
    """One request as its bytes were; header names are lower-case, `connection` counts from 1."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


Handler: TypeAlias = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def http(
    status: int, body: bytes | str = b"", content_type: str = "application/json", **headers: str
) -> bytes:
    """An honest answer. Underscores in header names become dashes."""
    raw = body.encode() if isinstance(body, str) else body
    named = {"Content-Type": content_type, "Content-Length": str(len(raw))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + raw


def as_json(value: Any, status: int = 200, **headers: str) -> bytes:
    """An honest JSON answer."""
    return http(status, json.dumps(value), **headers)


def always(answer: bytes, *, then_close: bool = False) -> Handler:
    """Write these bytes to every request."""

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        if then_close:
            writer.close()

    return handle


async def silence(_request: Request, _writer: asyncio.StreamWriter) -> None:
    """Read the request and never say a word."""
    await asyncio.Event().wait()


async def hang_up(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Read the request and close the connection."""
    writer.close()


_TIME_TO_DRIP = 0.2
"""Seconds in which what was written has come to the other end, both being in one loop."""


def drip(first: bytes, seconds: float = 0.02) -> Handler:
    """Write `first`, then a space now and then, for ever: alive on the wire, never done."""

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            await writer.drain()
            await asyncio.sleep(seconds)
            writer.write(b" ")

    return handle


def let_time_jump(seconds: float) -> None:
    """Move the running loop's clock ahead and stop it there.

    Every deadline up to then is due at once and none beyond it ever, however busy the machine is.
    """
    loop = asyncio.get_running_loop()
    then = loop.time() + seconds
    loop.time = lambda: then  # type: ignore[method-assign]


def overdue(handler: Handler, seconds: float) -> Handler:
    """The same, but once it has begun to answer and is not done, `seconds` pass at once."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        answering = asyncio.ensure_future(handler(request, writer))
        try:
            # In a thread, because the loop's own time may stand still.
            await asyncio.to_thread(threading.Event().wait, _TIME_TO_DRIP)
            if not answering.done():
                let_time_jump(seconds)
            await answering
        finally:
            answering.cancel()

    return handle


@dataclass
class BadServer:
    """`async with BadServer(handler) as server:` listens on `server.url` until the block ends."""

    handler: Handler
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0
    busy: int = 0
    most_busy: int = 0
    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> BadServer:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def of(self, method: str) -> list[Request]:
        """The requests with this method."""
        return [request for request in self.requests if request.method == method]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        task = asyncio.ensure_future(self._serve(reader, writer, self.connections))
        self._tasks.add(task)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        try:
            while not writer.is_closing():
                request = await _read(reader, connection)
                self.requests.append(request)
                self.asked.set()
                self.busy += 1
                self.most_busy = max(self.most_busy, self.busy)
                try:
                    await self.handler(request, writer)
                    if not writer.is_closing():
                        await writer.drain()
                finally:
                    self.busy -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


async def _read(reader: asyncio.StreamReader, connection: int) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _version = first.split(" ")
    headers = {}
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body, connection)
