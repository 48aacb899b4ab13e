"""Places in the queue, from the process that polls to those that read.

They change with every poll and are worth nothing after a minute, so they are no part of the
ledger: one small file, never synced, written only while somebody reads it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import orjson

from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.storage import FILE_MODE, make_folder

READER_SECONDS = 10.0
"""A reader that has not shown itself for so long is gone."""


class Positions:
    """The file and the sign that somebody reads it. The methods may raise `LedgerError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "positions.json"
        self._sign = folder / "readers"
        self._written: Mapping[str, int] | None = None
        self._shown_at = float("-inf")
        self._seen: tuple[int, int] | None = None

    def show_interest(self) -> None:
        """Say that this process reads; cheap to say often."""
        now = time.monotonic()
        if now - self._shown_at < READER_SECONDS / 3:
            return
        self._shown_at = now
        with plainly("ask for places in the queue", self._folder, writing=False):
            make_folder(self._folder)
            os.close(os.open(self._sign, os.O_CREAT | os.O_WRONLY, FILE_MODE))
            os.utime(self._sign)

    def is_wanted(self) -> bool:
        """Whether another process reads, for one stat."""
        try:
            return time.time() - self._sign.stat().st_mtime < READER_SECONDS
        except OSError:
            return False

    def write(self, positions: Mapping[str, int]) -> None:
        """Tell the place of every queued job by its id; what was told last is not told again."""
        if positions == self._written:
            return
        with plainly("tell places in the queue", self._folder, writing=False):
            temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.tmp")
            handle = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, FILE_MODE)
            with os.fdopen(handle, "wb") as file:
                file.write(orjson.dumps(positions))
            temporary.replace(self._file)
        self._written = dict(positions)

    def read(self) -> dict[str, int] | None:
        """What the polling process told last; None when that is nothing new, for one stat."""
        try:
            stat = self._file.stat()
            signature = (stat.st_ino, stat.st_mtime_ns)
            if signature == self._seen:
                return None
            told = orjson.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return None
        self._seen = signature
        if not isinstance(told, dict):
            return None
        return {name: place for name, place in told.items() if type(place) is int}
