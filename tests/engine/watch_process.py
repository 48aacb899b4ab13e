"""`runcomfy-tui watch` as a process of its own, and the lines it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO, Protocol, Self

from runcomfy_tui.engine.transitions import adopted as adopted_job
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job
from tests.waiting import LONG_ENOUGH


class Address(Protocol):
    """Where a server is."""

    url: str


class Watch:
    """The command on a folder, and the lines it writes."""

    def __init__(
        self,
        folder: Path,
        server: Address,
        *arguments: str,
        token: str | None = "a-token",
        program: Sequence[str] = ("-m", "runcomfy_tui"),
    ) -> None:
        told = {"RUNCOMFY_MODEL_API_BASE": server.url} | (
            {"RUNCOMFY_TOKEN": token} if token else {}
        )
        self.process = subprocess.Popen(
            [sys.executable, *program, "watch", "--data-dir", str(folder), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | told,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.out, self.err = _Lines(self.process.stdout), _Lines(self.process.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.out.close()
        self.err.close()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> int:
        return self.process.wait(LONG_ENOUGH)


class _Lines:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._queue: Queue[str] = Queue()
        self.all: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def until(self, text: str) -> str:
        """The next line that holds `text`."""
        deadline = time.monotonic() + LONG_ENOUGH
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"waited in vain for {text!r}: {self.all}") from None
            if text in line:
                return line

    def close(self) -> list[str]:
        """All lines, once the program has ended."""
        self._thread.join(LONG_ENOUGH)
        self._stream.close()
        return self.all

    def _read(self) -> None:
        for line in self._stream:
            self.all.append(line.decode())
            self._queue.put(line.decode())


def adopted(folder: Path, *request_ids: str) -> list[Job]:
    """These requests, as jobs of the ledger."""
    ledger = Ledger(folder)
    jobs = [adopted_job(request_id) for request_id in request_ids]
    ledger.put(*jobs)
    ledger.close()
    return jobs
