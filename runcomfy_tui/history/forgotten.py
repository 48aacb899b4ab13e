"""The jobs that were forgotten on purpose: the difference between forgetting and losing.

A job that is missing from a file may have been lost with it, and a process that still knows it
writes it back. One that is named here was forgotten in some window, and everybody lets it go. One
write names them all, so that a kill in the middle of forgetting cannot forget by halves.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from runcomfy_tui.history.documents import written_at
from runcomfy_tui.history.shelf import Shelf, Signature
from runcomfy_tui.history.storage import Documents

KEEP_SECONDS = 30 * 86_400
"""For so long a sleeping process may still hold a forgotten job for a living one."""


class Forgotten:
    """The list, seen from one process. Every method may raise OSError."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._signature: Signature | None = None
        self._listed: frozenset[str] = frozenset()
        self.known = self.listed()

    known: frozenset[str]
    """Those that this process has been told of: when it puts one again, it means to."""

    def listed(self) -> frozenset[str]:
        """All of them as of now, for one stat when nothing changed."""
        signature = self._shelf.signature()
        if signature != self._signature:
            self._listed = frozenset(self._shelf.documents())
            self._signature = signature
        return self._listed

    def news(self) -> frozenset[str]:
        """Those that this process has not been told of yet; from now on it has."""
        before, self.known = self.known, self.listed()
        return self.known - before

    def outdated(self) -> set[str]:
        """Those so old that nobody can still believe in them."""
        limit = time.time_ns() - KEEP_SECONDS * 1_000_000_000
        documents = self._shelf.documents() if self.listed() else {}
        return {job_id for job_id, document in documents.items() if written_at(document) < limit}

    def add(self, job_ids: Collection[str]) -> None:
        """Name them. The caller holds the lock."""

        def change(documents: Documents) -> None:
            for job_id in job_ids:
                self._shelf.put(documents, job_id, {})

        self._shelf.revise(change)
        self.known |= frozenset(job_ids)

    def take_back(self, job_ids: Collection[str]) -> None:
        """Name them no longer. The caller holds the lock."""
        self._shelf.revise(lambda documents: self._shelf.remove(documents, job_ids))
        self.known -= frozenset(job_ids)
