"""One file of documents, and how much of it this process has already seen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from runcomfy_tui.history.documents import WRITTEN_AT, Document, says_the_same, written_at
from runcomfy_tui.history.storage import (
    DocumentFile,
    Documents,
    DocumentTable,
    Guard,
    Report,
)

Signature: TypeAlias = tuple[int, int, int]
"""Inode, time of change in nanoseconds, bytes: differs whenever the file was written."""


def signature_of(stat: os.stat_result) -> Signature:
    """The signature of a file of which this is the stat."""
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


class Clock:
    """Stamps for documents: the time, but never twice the same and never before one seen."""

    def __init__(self) -> None:
        self._last = 0

    def tick(self) -> int:
        """The next stamp, epoch nanoseconds."""
        self._last = max(time.time_ns(), self._last + 1)
        return self._last

    def saw(self, stamp: int) -> None:
        """Take note of a stamp found in a file: another machine's clock may run ahead."""
        self._last = max(self._last, stamp)


class Shelf:
    """One of the ledger's files, seen from one process.

    What other processes wrote into it since this one last looked is news, and told once, by
    `news`. Every method may raise OSError; `revise` wants the ledger's lock to be held.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        guard: Guard,
        report: Report,
        seen: Signature | None = None,
    ) -> None:
        """With the signature of an earlier time as `seen`, what was there then is no news."""
        self.path = path
        self._clock = clock
        self._guard = guard
        self._report = report
        self._signature = seen
        self._seen_to = 0
        self._untold: Documents = {}

    @cached_property
    def _table(self) -> DocumentTable:
        return DocumentFile(self.path, guard=self._guard, report=self._report).documents

    def signature(self) -> Signature | None:
        """What the file looks like from outside, for one stat; None when it is not there."""
        try:
            return signature_of(self.path.stat())
        except FileNotFoundError:
            return None

    def documents(self) -> Documents:
        """Everything on the shelf; what of it is news stays so."""
        documents = self._table.documents()
        # A clock may have been set back: what is written from now on is younger all the same.
        self._clock.saw(_newest(documents))
        return documents

    def all_seen(self) -> Documents:
        """Everything on the shelf, none of it news any more."""
        self._signature = self.signature()  # before reading: what comes between is read again
        documents = self._table.documents()
        self._take_note(documents)
        self._untold = {}
        return documents

    def has_news(self) -> bool:
        """Whether `news` has anything to look at, for one stat."""
        return bool(self._untold) or self.signature() != self._signature

    def news(self) -> Documents:
        """What others have written since the last look, each once; one stat when it is nothing."""
        signature = self.signature()
        if signature != self._signature:
            documents = self._table.documents()
            self._note_news(documents)
            self._signature = signature
        news, self._untold = self._untold, {}
        return news

    def revise(self, change: Callable[[Documents], None]) -> None:
        """Let `change` alter the documents, through `put` and `remove`.

        One read and, when anything differs then, one write.
        """
        before = self.signature()

        def alter(documents: Documents) -> None:
            if before != self._signature:
                self._note_news(documents)
            change(documents)

        self._table.revise(alter)
        self._signature = self.signature()

    def put(self, documents: Documents, job_id: str, document: Document) -> None:
        """Lay `document` among `documents`, stamped, unless it says what is there already."""
        old = documents.get(job_id)
        self._untold.pop(job_id, None)
        if not says_the_same(old, document):
            self._clock.saw(written_at(old))
            self._seen_to = self._clock.tick()
            documents[job_id] = document | {WRITTEN_AT: self._seen_to}

    def remove(self, documents: Documents, job_ids: Iterable[str]) -> None:
        """Take those of `job_ids` that are there away from `documents`."""
        for job_id in job_ids:
            self._untold.pop(job_id, None)
            documents.pop(job_id, None)

    def _note_news(self, documents: Documents) -> None:
        self._untold |= {
            job_id: document
            for job_id, document in documents.items()
            if written_at(document) > self._seen_to
        }
        self._take_note(documents)

    def _take_note(self, documents: Documents) -> None:
        newest = _newest(documents)
        self._seen_to = max(self._seen_to, newest)
        self._clock.saw(newest)


def _newest(documents: Documents) -> int:
    return max(map(written_at, documents.values()), default=0)
