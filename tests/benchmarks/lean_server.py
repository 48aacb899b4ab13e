"""A server that answers polls as cheaply as it can: `python -m tests.benchmarks.lean_server`.

It runs in a process of its own, so that a benchmark measures the program alone. Every request is
`in_progress` until `PUT /told/{request_id}/{word}` says otherwise; `GET /polls` tells how many
polls were answered. With `--chance SEED` it misbehaves in every way that ends a poll at once, has
outages, and jobs live for some polls (`--life`) and end.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

OUTAGE_EVERY = 3_000
OUTAGE_REQUESTS = 25


class Lean:
    """The steady server."""

    def __init__(self) -> None:
        self.polls = 0
        self._told: dict[str, str] = {}

    def answer(self, method: str, path: str) -> bytes | None:
        """The bytes of an answer; None closes the connection instead."""
        parts = path.split("?")[0].strip("/").split("/")
        if method == "PUT":
            self._told[parts[1]] = parts[2]
            return http(b"{}")
        if parts[0] == "polls":
            return http(str(self.polls).encode())
        if parts[-1] not in ("status", "result"):
            return http(b'{"models": [], "total": 0, "balance_usd": 1.0}')
        self.polls += parts[-1] == "status"
        return self.poll(parts[-2], parts[-1])

    def poll(self, request_id: str, call: str) -> bytes | None:
        """How one request stands."""
        word = self._told.get(request_id, "in_progress")
        return http(json.dumps({"request_id": request_id, "status": word}).encode())


class Chance(Lean):
    """The one that misbehaves: one answer in four is none, and now and then there is no server."""

    def __init__(self, seed: int, life: int) -> None:
        super().__init__()
        self._life = life
        self._random = Random(seed)
        self._ids = itertools.count()
        self._age: dict[str, int] = {}
        self._requests = 0

    def answer(self, method: str, path: str) -> bytes | None:
        self._requests += 1
        if self._requests % OUTAGE_EVERY < OUTAGE_REQUESTS:
            return None
        if method == "POST":
            return http(json.dumps({"request_id": f"req-{next(self._ids)}"}).encode())
        return super().answer(method, path)

    def poll(self, request_id: str, call: str) -> bytes | None:
        fate = self._random.random()
        if fate < 0.25:
            return self._random.choice(
                [
                    None,
                    http(b"<html>Bad gateway</html>", 502),
                    http(b"", 200),
                    http(b'{"request_id": "x", "sta'),
                    http(b'{"message": "slow down"}', 429, "Retry-After: 7\r\n"),
                    http(b'{"message": "slow down"}', 429),
                    http(b'{"error_code": "500001", "error_message": "oh"}'),
                ]
            )
        age = self._age[request_id] = self._age.get(request_id, 0) + 1
        said: dict[str, Any] = {"request_id": request_id, "status": "in_queue"}
        if age > self._life:
            said["status"] = self._random.choice(["completed", "failed"])
            said |= {"output": {"video": "https://x.runcomfy.net/a.mp4"}}
            if self._random.random() < 0.5:
                said["cost"] = 0.25
        elif age > 2 * self._life // 3:
            said["status"] = "in_progress"
        elif fate > 0.9:
            said["status"] = "reticulating"
        else:
            said["queue_position"] = max(1, 2 * self._life // 3 - age)
        if age > 4 * self._life // 3 and fate > 0.9:
            return http(b'{"error_code": "404001", "error_message": "gone"}', 404)
        return http(json.dumps(said).encode())


def http(body: bytes, status: int = 200, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


async def serve(server: Lean) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path, _ = head.split("\r\n")[0].split(" ")
                if "content-length: " in head.lower():
                    size = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
                    await reader.readexactly(size)
                answer = server.answer(method, path)
                if answer is None:
                    return
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await listening.serve_forever()


@contextmanager
def lean_server(*arguments: str) -> Iterator[str]:
    """One in a process of its own; yields its root URL."""
    command = [sys.executable, "-m", "tests.benchmarks.lean_server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--chance", type=int, metavar="SEED")
    parser.add_argument("--life", type=int, metavar="POLLS", default=30)
    told = parser.parse_args()
    asyncio.run(serve(Lean() if told.chance is None else Chance(told.chance, told.life)))
