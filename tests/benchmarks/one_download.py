"""One download in a process of its own, the program's or a bare one; prints what it cost, as JSON.

`python -m tests.benchmarks.one_download own|bare URL FOLDER`
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from runcomfy_tui.api.download import Downloader

WARM_UP = 3_000_000


async def own(url: str, folder: Path) -> str:
    """As the program does it; the checksum."""
    parts = urlsplit(url)
    downloader = Downloader(f"{parts.scheme}://{parts.netloc}/v1", pause=0.05)
    warm = re.sub(r"/files/\d+", f"/files/{WARM_UP}", url).partition("?")[0]
    await downloader.download(warm, folder)
    begin()
    arrived = await downloader.download(url, folder)
    end()
    await downloader.aclose()
    return arrived.checksum


async def bare(url: str, folder: Path) -> str:
    """As little as one can write: a stream into a file."""
    warm = re.sub(r"/files/\d+", f"/files/{WARM_UP}", url).partition("?")[0]
    async with httpx.AsyncClient(trust_env=False) as http:
        await stream(http, warm, folder / "warm")
        begin()
        await stream(http, url, folder / "bare")
        end()
    return ""


async def stream(http: httpx.AsyncClient, url: str, path: Path) -> None:
    async with http.stream("GET", url) as response:
        with path.open("wb") as file:
            async for piece in response.aiter_bytes():
                file.write(piece)


MEASURED: dict[str, float] = {}


def begin() -> None:
    """From here on it counts: the processor's time and the memory that is reached."""
    Path("/proc/self/clear_refs").write_text("5")
    MEASURED["idle"] = memory("VmRSS")
    MEASURED["cpu"] = -time.process_time()


def end() -> None:
    """And no longer."""
    MEASURED["cpu"] += time.process_time()
    MEASURED["peak"] = memory("VmHWM")


def memory(name: str) -> float:
    """Bytes, as the kernel counts them (proc(5))."""
    told = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert told is not None
    return int(told[1]) * 1024.0


if __name__ == "__main__":
    how, url, folder = sys.argv[1:]
    checksum = asyncio.run((own if how == "own" else bare)(url, Path(folder)))
    sys.stdout.write(json.dumps({**MEASURED, "checksum": checksum}) + "\n")
