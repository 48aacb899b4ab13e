"""Which jobs' files are collected without being asked for: each once, whichever process does it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import filelock

from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.saved import file_name_of
from runcomfy_tui.history.storage import FILE_MODE, make_folder

KEPT_SECONDS = 7 * 24 * 3600.0
"""How long it is known that a job was dealt with, and what was begun is gone on with."""


class Claim:
    """The right to collect one job's files, until it is done, let go of, or the process dies."""

    def __init__(self, lock: filelock.BaseFileLock, done: Path) -> None:
        self._lock = lock
        self._done = done

    def done(self) -> None:
        """Everything was collected: nobody need do it again. Raises `LedgerError`."""
        with plainly("note that files were collected", self._done):
            self._done.touch(FILE_MODE)
            self.release()
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def release(self) -> None:
        """Leave the rest to the next start."""
        self._lock.release()


class Collected:
    """The folder of these claims. Every method may raise `LedgerError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "collected"

    def claim(self, job_id: str) -> Claim | None:
        """The right to collect this job's files; None when another has it, or all is done."""
        name = file_name_of(job_id)
        done = self._folder / f"{name}.done"
        with plainly("note that files are collected", self._folder):
            make_folder(self._folder)
            # Not per thread: it is taken in one thread and let go of in another.
            lock = filelock.FileLock(
                self._folder / f"{name}.lock", mode=FILE_MODE, thread_local=False
            )
            try:
                lock.acquire(blocking=False)
            except filelock.Timeout:
                return None
            if done.exists():
                lock.release()
                Path(lock.lock_file).unlink(missing_ok=True)
                return None
        return Claim(lock, done)

    def expect(self, job_id: str) -> None:
        """Note that this job's files are to be collected: its end is about to be written."""
        with plainly("note that files are to be collected", self._folder):
            make_folder(self._folder)
            (self._folder / f"{file_name_of(job_id)}.lock").touch(FILE_MODE)

    def unfinished(self) -> list[str]:
        """The jobs whose files somebody meant to collect in the last days and did not get all."""
        return [path.stem for path in self._young("*.lock") if not _done_of(path).exists()]

    def sweep(self) -> None:
        """Remove what is old."""
        young = set(self._young("*"))
        with plainly("tidy the notes about collected files", self._folder, writing=False):
            for path in self._folder.glob("*"):
                if path not in young:
                    path.unlink(missing_ok=True)

    def _young(self, pattern: str) -> Iterator[Path]:
        oldest = time.time() - KEPT_SECONDS
        with plainly("look for collected files", self._folder, writing=False):
            for path in self._folder.glob(pattern):
                if path.stat().st_mtime >= oldest:
                    yield path


def _done_of(lock: Path) -> Path:
    return lock.with_suffix(".done")
