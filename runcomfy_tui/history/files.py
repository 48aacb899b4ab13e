"""The files of one ledger taken together: where a job lies, and the lock around every change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import filelock

from runcomfy_tui.history.documents import BadDocument, job_of, written_at
from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.forgotten import Forgotten
from runcomfy_tui.history.segments import Segments
from runcomfy_tui.history.sessions import Sessions
from runcomfy_tui.history.shelf import Clock, Shelf
from runcomfy_tui.history.storage import FILE_MODE, Documents, make_folder, sweep, sync_folder
from runcomfy_tui.jobs import Job

_LOCK_POLL_SECONDS = 0.005


class LedgerFiles:
    """`live.json`, the segments under `ended/`, `forgotten.json`, and `ledger.lock` over them.

    Opening reads no job. Wherever two files hold the same job, the younger document counts.
    """

    def __init__(self, folder: Path, *, segment_size: int, lock_seconds: float) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.clock = Clock()
        self.sessions = Sessions(folder / "sessions")
        self._lock = filelock.FileLock(folder / "ledger.lock", timeout=lock_seconds, mode=FILE_MODE)
        self._unsettled = False
        with plainly("open the ledger", folder, writing=False):
            make_folder(folder)
            make_folder(folder / "ended")
            self.live = self._shelf("live.json")
            self.ended = Segments(
                folder / "ended",
                self.clock,
                size=segment_size,
                guard=self._guard,
                report=self.report,
            )
            self.forgotten = Forgotten(self._shelf("forgotten.json"))
        self._sweep()

    @contextmanager
    def writing(self, doing: str) -> Iterator[None]:
        """The lock is held inside. Raises `LedgerError`, or `LedgerBusy` for the lock itself."""
        with plainly(doing, self.folder), self._guard():
            self._unsettled = True
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """No lock: files are only ever replaced whole. Raises `LedgerError`."""
        with plainly("read the ledger", self.folder, writing=False):
            yield

    def find(self, job_ids: Collection[str]) -> Documents:
        """The documents of those of these jobs that exist."""
        wanted = set(job_ids) - self.forgotten.listed().keys()
        live = self.still_live(self.live.documents)
        found = {job_id: live[job_id] for job_id in wanted & live.keys()}
        for _, documents in self.ended.finding(wanted - found.keys()):
            found |= documents
        return found

    def still_live(self, read: Callable[[], Documents]) -> Documents:
        """What counts of that which `read` reads from the live file.

        Not what was forgotten, nor what has ended: while a process moves a job, or when it was
        killed over it, the job lies in the newest segment, too, and is younger there. The next job
        that ends clears it up. The segment is read first, because it is written first.
        """
        ended = self.ended.newest().documents()
        documents = read()
        forgotten = self.forgotten.listed()
        return {
            job_id: document
            for job_id, document in documents.items()
            if job_id not in forgotten and not is_younger(ended.get(job_id), document)
        }

    def mentioning(self, texts: Collection[str]) -> Iterator[Documents]:
        """All that lies in the files in which any of these texts may stand, the live one first."""
        yield self.live.documents()
        for _, documents in self.ended.mentioning(texts):
            yield documents

    def jobs(self, documents: Mapping[str, Any], place: Path) -> list[Job]:
        """The jobs in `documents`; one that cannot be read is passed over and reported."""
        jobs = []
        for job_id, document in documents.items():
            try:
                jobs.append(job_of(job_id, document))
            except BadDocument as error:
                self.report(
                    f"One job in {place} is passed over, because {error}. It stays in the file, "
                    f"as {job_id!r}, and may have been written by a newer version."
                )
        return jobs

    def report(self, problem: str) -> None:
        """Take a sentence into `problems`, once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def settle(self) -> None:
        """Make what was written outlive a power cut as well as a kill."""
        if self._unsettled:
            sync_folder(self.folder)
            sync_folder(self.ended.folder)
            self._unsettled = False

    def _shelf(self, name: str) -> Shelf:
        return Shelf(self.folder / name, self.clock, guard=self._guard, report=self.report)

    def _guard(self) -> filelock.AcquireReturnProxy[Any]:
        return self._lock.acquire(poll_interval=_LOCK_POLL_SECONDS)

    def _sweep(self) -> None:
        """Remove what killed processes left; whoever is writing just now has done it."""
        with suppress(OSError), self._lock.acquire(blocking=False):
            sweep(self.folder, "live.json")
            sweep(self.folder, "forgotten.json")
            sweep(self.ended.folder, "*.json")


def is_younger(document: Any, other: Any) -> bool:
    """Whether `document` was written after `other`; False when there is none."""
    return document is not None and written_at(document) > written_at(other)
