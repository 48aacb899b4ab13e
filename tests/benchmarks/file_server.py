"""A server of large files, in a process of its own: `python -m tests.benchmarks.file_server`.

`/files/SIZE-RATE.mp4` is that many bytes at that many megabytes a second (0: as quickly as they are
taken), understands ranges and has an ETag; with `?cut=N` the first answer breaks off after N bytes.
Anything else is answered as the lean server does.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.lean_server import Lean

MEGABYTE = 1_000_000
BLOCK = random.Random(1).randbytes(MEGABYTE)
_FILE = re.compile(r"/files/(\d+)-(\d+)\.mp4")


def checksum(size: int) -> str:
    """What the program says of a whole file of that size."""
    digest = hashlib.sha256()
    for at in range(0, size, MEGABYTE):
        digest.update(BLOCK[: min(MEGABYTE, size - at)])
    return f"sha256:{digest.hexdigest()}"


async def send_file(
    writer: asyncio.StreamWriter, begin: int, size: int, rate: int, cut: int | None
) -> bool:
    """Send the file from `begin` on; whether the connection can be used again."""
    status = "206 Partial Content" if begin else "200 OK"
    head = f"HTTP/1.1 {status}\r\nContent-Type: video/mp4\r\nContent-Length: {size - begin}\r\n"
    head += f'ETag: "{size}"\r\n'
    if begin:
        head += f"Content-Range: bytes {begin}-{size - 1}/{size}\r\n"
    writer.write(f"{head}\r\n".encode())
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    end = size if cut is None else min(size, begin + cut)
    block = memoryview(BLOCK)
    while begin < end:
        at = begin % MEGABYTE
        piece = block[at : min(MEGABYTE, at + end - begin)]
        writer.write(piece)
        await writer.drain()
        begin += len(piece)
        sent += len(piece)
        if rate and (ahead := sent / (rate * MEGABYTE) - (loop.time() - began)) > 0:
            await asyncio.sleep(ahead)
    return end == size


async def serve() -> None:
    lean = Lean()
    were_cut: set[str] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, target, _ = head.split("\r\n")[0].split(" ")
                parts = urlsplit(target)
                file = _FILE.fullmatch(parts.path)
                if file is None:
                    writer.write(lean.answer(method, target) or b"")
                    continue
                asked = re.search(r"^range: bytes=(\d+)-", head, re.IGNORECASE | re.MULTILINE)
                told = parse_qs(parts.query).get("cut")
                cut = int(told[0]) if told and target not in were_cut else None
                were_cut.add(target)
                begin = int(asked[1]) if asked else 0
                if not await send_file(writer, begin, int(file[1]), int(file[2]), cut):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await listening.serve_forever()


@contextmanager
def file_server() -> Iterator[str]:
    """One in a process of its own; yields its root URL."""
    command = [sys.executable, "-m", "tests.benchmarks.file_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(serve())
