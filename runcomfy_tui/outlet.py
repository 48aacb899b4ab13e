"""A way out of the program that may stall or break without holding anybody up."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable

_PIECE = 4096
"""Bytes a write: small, so that a line that comes and goes is seen to move."""


class Outlet:
    """Writes bytes to a file descriptor in a thread of its own; whoever calls never waits.

    What is written while nobody reads at the other end piles up in memory, so whoever writes much
    looks at `pending` first. When the other end is gone (`is_gone`), everything is dropped.
    `on_clear` is called in that thread whenever all has been written, `on_gone` once.
    """

    def __init__(
        self,
        fd: int,
        *,
        on_clear: Callable[[], object] = lambda: None,
        on_gone: Callable[[], object] = lambda: None,
    ) -> None:
        self._fd = fd
        self._on_clear = on_clear
        self._on_gone = on_gone
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._writing = 0
        self._is_closing = False
        self._is_dropping = False
        self.written = 0
        """Bytes that have left for good."""
        self.is_gone = False
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    @property
    def pending(self) -> int:
        """Bytes that wait for the other end to read."""
        with self._changed:
            return len(self._waiting) + self._writing

    def write(self, data: bytes) -> None:
        """Send `data` after all that was sent before; at once, however the line is."""
        with self._changed:
            if not self.is_gone:
                self._waiting += data
                self._changed.notify_all()

    def is_clear_within(self, seconds: float) -> bool:
        """Wait for the other end to read all there is, for `seconds` at most; whether it has."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.is_gone or (not self._waiting and not self._writing), seconds
            )

    def drop(self) -> None:
        """Forget what has not left yet, wherever that cuts it off."""
        with self._changed:
            self._waiting.clear()
            self._is_dropping = self._writing > 0

    def close(self, seconds: float) -> bool:
        """Write what waits, for `seconds` at most; whether all of it has left."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(seconds)
        return not self.is_gone and self.pending == 0

    def _run(self) -> None:
        while data := self._next():
            if not self._send(data):
                return
            if self.pending == 0:
                self._on_clear()

    def _next(self) -> bytes:
        """What is to be written now; nothing once this is closed."""
        with self._changed:
            while not self._waiting and not self._is_closing:
                self._changed.wait()
            data = bytes(self._waiting)
            self._waiting.clear()
            self._writing = len(data)
            return data

    def _send(self, data: bytes) -> bool:
        view = memoryview(data)
        while view:
            try:
                sent = os.write(self._fd, view[:_PIECE])
            except BlockingIOError:
                select.select([], [self._fd], [], 1.0)
                continue
            except OSError:
                self._lose()
                return False
            view = view[sent:]
            with self._changed:
                self.written += sent
                if self._is_dropping:
                    view = view[:0]
                self._writing = len(view)
                self._is_dropping = False
                self._changed.notify_all()
        return True

    def _lose(self) -> None:
        with self._changed:
            self.is_gone = True
            self._waiting.clear()
            self._writing = 0
            self._changed.notify_all()
        self._on_gone()
