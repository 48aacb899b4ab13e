"""The ended jobs: numbered files of a few hundred each, so that a write never grows with history.

The newest takes what ends now; the others are only read, or revised when something about an ended
job comes to light (its cost, say). Where two of them hold the same job, the newer one is right.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from runcomfy_tui.history.documents import Document
from runcomfy_tui.history.shelf import Clock, Shelf, Signature, signature_of
from runcomfy_tui.history.storage import Documents, Guard, Report

SEGMENT_BYTES = 256 * 1024
"""A segment of this many bytes takes no more jobs: prompts may be long."""

_NAME = re.compile(r"(\d{6,})\.json")
_FEW = 16
_TICK_NS = 3_000_000_000  # coarser than any file system's clock


class Segments:
    """The folder of the segments, numbered from 1 without a gap. Methods may raise OSError."""

    def __init__(
        self, folder: Path, clock: Clock, *, size: int, guard: Guard, report: Report
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._size = size
        self._guard = guard
        self._report = report
        self._shelves: dict[int, Shelf] = {}
        self._at_opening = _signatures(folder)
        self._newest = max(self._at_opening, default=1)
        self._looked_at: int | None = None

    def newest_first(self) -> Iterator[Shelf]:
        """Every segment that exists now, the one that takes what ends now first."""
        for number in range(self._newest_number(), 0, -1):
            yield self._shelf(number)

    def newest(self) -> Shelf:
        """The segment that takes what ends now; it may not exist yet."""
        return self._shelf(self._newest_number())

    def news(self) -> Iterator[Documents]:
        """What others have written since the last look, by segment, newest first.

        One stat when the folder has been left alone since: every write renames a file in it.
        """
        changed_at = self.folder.stat().st_mtime_ns
        if changed_at == self._looked_at:
            return
        for shelf in self.newest_first():
            yield shelf.news()
        # A write in the same tick of the file system's clock would not show next time.
        self._looked_at = changed_at if time.time_ns() - changed_at > _TICK_NS else None

    def holding(self, job_ids: Collection[str]) -> Iterator[tuple[Shelf, Documents]]:
        """The segments that hold any of these jobs, newest first, with what they hold of them."""
        for shelf, documents in self.mentioning(job_ids):
            if found := {job_id: documents[job_id] for job_id in job_ids if job_id in documents}:
                yield shelf, found

    def finding(self, job_ids: Collection[str]) -> Iterator[tuple[Shelf, Documents]]:
        """Like `holding`, but each job in its newest segment only, and no further than needed."""
        missing = set(job_ids)
        if not missing:
            return
        for shelf, found in self.holding(job_ids):
            if new := {job_id: found[job_id] for job_id in missing & found.keys()}:
                yield shelf, new
            missing -= found.keys()
            if not missing:
                return

    def mentioning(self, texts: Collection[str]) -> Iterator[tuple[Shelf, Documents]]:
        """The segments, newest first, in which any of these texts may stand, with all they hold."""
        for shelf in self.newest_first():
            if _may_mention(shelf.path, texts):
                yield shelf, shelf.documents()

    def append(self, waiting: dict[str, Document]) -> Iterator[Documents]:
        """Add documents to the newest segment, and to new ones when it is full.

        After each segment's write, and before the next one is begun, yields all that it holds.
        The caller holds the lock.
        """
        entries = list(waiting.items())
        while entries:
            number = self._newest_number()
            batch = dict(entries[: self._size])
            documents = self._fill(self._shelf(number), batch)
            yield documents
            left = [(job_id, batch[job_id]) for job_id in batch if job_id not in documents]
            entries = left + entries[self._size :]
            if entries:
                self._newest = number + 1

    def _fill(self, shelf: Shelf, waiting: dict[str, Document]) -> Documents:
        signature = shelf.signature()
        room = self._size if signature is None or signature[2] < SEGMENT_BYTES else 0
        held: Documents = {}

        def lay(documents: Documents) -> None:
            for job_id, document in waiting.items():
                if job_id in documents or len(documents) < room:
                    # One that ended the same way once more is younger than its life between.
                    documents.pop(job_id, None)
                    shelf.put(documents, job_id, document)
            held.update(documents)

        shelf.revise(lay)
        return held

    def _newest_number(self) -> int:
        """Found by asking for the next one, not by listing: the cost is the same at any size."""
        while self._shelf(self._newest + 1).path.exists():
            self._newest += 1
        return self._newest

    def _shelf(self, number: int) -> Shelf:
        shelf = self._shelves.get(number)
        if shelf is None:
            shelf = Shelf(
                self.folder / f"{number:06}.json",
                self._clock,
                guard=self._guard,
                report=self._report,
                seen=self._at_opening.get(number),
            )
            self._shelves[number] = shelf
        return shelf


def _signatures(folder: Path) -> dict[int, Signature]:
    """What every segment looks like now, by number: a path for each would cost milliseconds."""
    with os.scandir(folder) as entries:
        return {
            int(match[1]): signature_of(entry.stat())
            for entry in entries
            if (match := _NAME.fullmatch(entry.name))
        }


def _may_mention(path: Path, texts: Collection[str]) -> bool:
    """Whether a file is worth reading whole: a few plain texts are quickly found missing."""
    if len(texts) > _FEW or not all(
        text.isascii() and text.isalnum() for text in map(_bare, texts)
    ):
        return True
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return True  # its backup may answer
    return any(text.encode() in raw for text in texts)


def _bare(text: str) -> str:
    return text.replace("-", "").replace("_", "").replace(".", "")
