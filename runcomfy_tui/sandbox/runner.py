"""The sandbox on its own, for `runcomfy-tui sandbox`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

from runcomfy_tui.sandbox.embedded import EmbeddedSandbox


def run(
    port: int = 0,
    speed: float = 1.0,
    faults: Iterable[str] = (),
    preload: int = 0,
    host: str = "127.0.0.1",
    state_file: Path | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; call it from the main thread.

    Prints `listening on http://HOST:PORT/v1` once connections are accepted, and nothing else.
    Raises ValueError for a bad fault or speed, SandboxNotStarted when the port is taken.
    """
    sandbox = EmbeddedSandbox(
        port=port,
        speed=speed,
        faults=faults,
        preload_count=preload,
        host=host,
        state_file=state_file,
    )
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        base_url = sandbox.start()
        sys.stdout.write(f"listening on {base_url}\n")
        sys.stdout.flush()
        stop.wait()
    finally:
        sandbox.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
