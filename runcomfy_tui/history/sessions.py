"""Which of this program's processes are still running, told without process numbers.

Each process that submits holds a lock on a file of its own for as long as it lives; the system
lets go of it when the process dies, however it dies. A process number would be reused one day.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

import filelock

from runcomfy_tui.history.storage import FILE_MODE, make_folder

_NAME = re.compile(r"\d+-[0-9a-f]{8}")


class Sessions:
    """The folder of these files, and this process's own. Every method may raise OSError.

    The caller holds the ledger's lock, so that nobody sweeps a file that is just being made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: filelock.BaseFileLock | None = None

    def mine(self) -> str:
        """The name of this process's session, which is alive from now on until `close`."""
        if self._lock is None:
            make_folder(self._folder)
            lock = self._lock_of(self._name)
            lock.acquire(blocking=False)
            self._lock = lock
        return self._name

    def is_alive(self, name: str | None) -> bool:
        """Whether the process of this session still runs; what a dead one left is removed."""
        if name == self._name and self._lock is not None:
            return True
        if name is None or not _NAME.fullmatch(name) or not self._path(name).exists():
            return False
        lock = self._lock_of(name)
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            return True
        lock.release()
        self._path(name).unlink(missing_ok=True)
        return False

    def sweep(self) -> None:
        """Remove what dead processes have left."""
        with suppress(FileNotFoundError):
            for path in list(self._folder.iterdir()):
                self.is_alive(path.stem)

    def close(self) -> None:
        """End this process's session."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
            self._path(self._name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"

    def _lock_of(self, name: str) -> filelock.BaseFileLock:
        # Not per thread: it is taken in one thread and let go of in another.
        return filelock.FileLock(self._path(name), mode=FILE_MODE, thread_local=False)
