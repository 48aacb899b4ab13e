"""A downloader at a server on loopback, and a file that can be asked for in ranges."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runcomfy_tui.api.download import Downloader
from tests.unit.badserver import (
    BadServer,
    Handler,
    Request,
)

DATA = hashlib.sha512(b"seed").digest() * 50_000  # 3.2 MB
ETAG = '"v1"'


@asynccontextmanager
async def downloading(
    handler: Handler, **settings: Any
) -> AsyncIterator[tuple[BadServer, Downloader]]:
    async with BadServer(handler) as server:
        downloader = Downloader(f"{server.url}/v1", **({"pause": 0.0} | settings))
        yield server, downloader
        await downloader.aclose()


@dataclass
class Ranged:
    """A server of DATA that understands ranges and breaks off after some bytes, a few times."""

    cuts: list[int]
    etag: str = ETAG
    data: bytes = DATA

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        begin, status, extra = 0, 200, ""
        if "range" in request.headers and request.headers.get("if-range") == self.etag:
            begin = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
            status = 206
            extra = f"Content-Range: bytes {begin}-{len(self.data) - 1}/{len(self.data)}\r\n"
        if self.etag:
            extra += f"ETag: {self.etag}\r\n"
        body = self.data[begin:]
        writer.write(f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode())
        if self.cuts:
            writer.write(body[: self.cuts.pop(0)])
            await writer.drain()
            writer.close()
        else:
            writer.write(body)


async def fetched(downloader: Downloader, url: str, folder: Path, **how: Any) -> Path:
    return (await downloader.download(url, folder, **how)).file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
