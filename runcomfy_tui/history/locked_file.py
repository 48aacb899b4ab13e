"""A file of documents beside the ledger, with a lock of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import filelock

from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.shelf import Signature, signature_of
from runcomfy_tui.history.storage import (
    FILE_MODE,
    DocumentFile,
    Documents,
    DocumentTable,
    Report,
    make_folder,
    sweep,
)

log = logging.getLogger(__name__)

_LOCK_SECONDS = 2.0
_LOCK_POLL_SECONDS = 0.005


def to_log(problem: str) -> None:
    """Write down a problem for which there is nobody to tell it to."""
    log.warning("%s", problem)


class LockedFile:
    """`<name>.json` in `folder`, which several processes may read and revise at any time.

    Synchronous, for one thread at a time; methods raise `LedgerError`. Reading makes no file.
    `report` hears what could not be read and was set aside, in sentences for people.
    """

    def __init__(self, folder: Path, name: str, report: Report = to_log) -> None:
        self._folder = folder
        self._path = folder / f"{name}.json"
        self._lock = filelock.FileLock(
            folder / f"{name}.lock", timeout=_LOCK_SECONDS, mode=FILE_MODE
        )
        self._report = report
        self._seen: Signature | None = None

    @cached_property
    def _table(self) -> DocumentTable:
        return DocumentFile(self._path, guard=self._guard, report=self._report).documents

    def news(self, doing: str) -> Documents | None:
        """All documents, or None when the file is as it was at the last look or revision.

        `doing` completes "could not …", here and below.
        """
        with plainly(doing, self._folder, writing=False):
            signature = self._signature()
            if signature == self._seen:
                return None
            documents = self._table.documents()
            self._seen = signature
            return documents

    def revise(self, doing: str, change: Callable[[Documents], None]) -> None:
        """Let `change` alter the documents, at the cost of one write when anything differs then."""
        with plainly(doing, self._folder):
            make_folder(self._folder)
            with self._guard():
                sweep(self._folder, self._path.name)
                was_seen = self._signature() == self._seen
                self._table.revise(change)
                if was_seen:
                    self._seen = self._signature()

    def _signature(self) -> Signature | None:
        try:
            return signature_of(self._path.stat())
        except FileNotFoundError:
            return None

    def _guard(self) -> filelock.AcquireReturnProxy[Any]:
        return self._lock.acquire(poll_interval=_LOCK_POLL_SECONDS)
