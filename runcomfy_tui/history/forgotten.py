"""The jobs that were forgotten on purpose: the difference between forgetting and losing.

A job that is missing from a file may have been lost with it, and a process that still knows it
writes it back. One that is named here was forgotten in some window, and everybody lets it go. One
write names them all, so that a kill in the middle of forgetting cannot forget by halves.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from runcomfy_tui.history.documents import document_of_forgotten, request_id_of, written_at
from runcomfy_tui.history.shelf import Shelf, Signature
from runcomfy_tui.history.storage import Documents
from runcomfy_tui.jobs import Job

KEEP_SECONDS = 30 * 86_400
"""For so long a sleeping process may still hold a forgotten job for a living one."""


class Forgotten:
    """The list, seen from one process. Every method may raise OSError."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._signature: Signature | None = None
        self._listed: dict[str, str | None] = {}
        self._known = set(self.listed())

    def listed(self) -> Mapping[str, str | None]:
        """All of them as of now, with the request_id each had; one stat when nothing changed."""
        signature = self._shelf.signature()
        if signature != self._signature:
            documents = self._shelf.documents()
            self._listed = {each: request_id_of(documents[each]) for each in documents}
            self._signature = signature
        return self._listed

    @property
    def known(self) -> Collection[str]:
        """Those that this process has been told of."""
        return self._known

    def news(self) -> set[str]:
        """Those that this process has not been told of yet; from now on it has."""
        before, self._known = self._known, set(self.listed())
        return self._known - before

    def is_meant_anew(self, job: Job) -> bool:
        """Whether a listed job that is put again is to come back.

        It is when this process knew that it had been forgotten, or when it brings a request_id
        that nobody knew then: what the server has answered with is never thrown away unseen. Else
        it is but a late word on a job that the user no longer wants.
        """
        return job.id in self._known or job.request_id not in (None, self.listed()[job.id])

    def outdated(self) -> set[str]:
        """Those so old that nobody can still believe in them."""
        limit = time.time_ns() - KEEP_SECONDS * 1_000_000_000
        documents = self._shelf.documents() if self.listed() else {}
        return {job_id for job_id, document in documents.items() if written_at(document) < limit}

    def add(self, request_ids: Mapping[str, str | None]) -> None:
        """Name jobs, with their request_ids. The caller holds the lock."""

        def change(documents: Documents) -> None:
            for job_id, request_id in request_ids.items():
                self._shelf.put(documents, job_id, document_of_forgotten(request_id))

        self._shelf.revise(change)
        self._known.update(request_ids)

    def take_back(self, job_ids: Collection[str]) -> None:
        """Name jobs no longer. The caller holds the lock."""
        self._shelf.revise(lambda documents: self._shelf.remove(documents, job_ids))
        self._known.difference_update(job_ids)
