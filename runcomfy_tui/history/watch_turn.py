"""Whose turn it is to ask the server: only one process polls for all that share a ledger."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock
import orjson

from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.storage import FILE_MODE, make_folder


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that polls; `since` is in epoch seconds."""

    pid: int
    host: str
    since: float


class WatchTurn:
    """A lock that the system frees when its holder dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._note = folder / "watch.json"
        # Not per thread: it is taken in one thread and let go of in another.
        self._lock = filelock.FileLock(folder / "watch.lock", mode=FILE_MODE, thread_local=False)

    @property
    def is_mine(self) -> bool:
        """Whether this process polls."""
        return self._lock.is_locked

    def try_acquire(self) -> bool:
        """Take the turn if nobody has it; at once, without waiting. Raises `LedgerError`."""
        if self.is_mine:
            return True
        with plainly("ask who polls", self.folder):
            make_folder(self.folder)
            try:
                self._lock.acquire(blocking=False)
            except filelock.Timeout:
                return False
            with suppress(OSError):
                self._write_note()
        return True

    def release(self) -> None:
        """Leave the turn to others."""
        if self.is_mine:
            with plainly("let another process poll", self.folder):
                self._note.unlink(missing_ok=True)
                self._lock.release()

    def holder(self) -> Holder | None:
        """Who polls, to be shown after `try_acquire` said no; None when the note is not there.

        A holder that was killed leaves its note behind, until the next one takes the turn.
        """
        try:
            note = orjson.loads(self._note.read_bytes())
            return Holder(pid=int(note["pid"]), host=str(note["host"]), since=float(note["since"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _write_note(self) -> None:
        """Say who polls, for others to show. Not synced: after a power cut nobody polls.

        The turn counts, not the note: a full disk costs the note alone.
        """
        holder = Holder(pid=os.getpid(), host=socket.gethostname(), since=time.time())
        temporary = self._note.with_name(f".{self._note.name}.{holder.pid}.tmp")
        handle = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(asdict(holder)))
        temporary.replace(self._note)
