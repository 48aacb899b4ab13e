"""The files that were saved: what is known of them, what lies beside them, whether they are there.

A disk that refuses here costs a note or a sidecar, never the file, and is told in the log.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from runcomfy_tui.api.download import Arrived, Glance
from runcomfy_tui.api.glance import glance_at_file
from runcomfy_tui.engine.sidecar import (
    SUFFIX,
    read_sidecar,
    renew_sidecar,
    sidecar_of,
    write_sidecar,
)
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.saved import SavedFile, SavedFiles
from runcomfy_tui.jobs import Job

T = TypeVar("T")

log = logging.getLogger(__name__)


class SavedOutputs:
    """Keeps the records of saved files and their sidecars."""

    def __init__(self, records: SavedFiles, *, sidecars: bool = True) -> None:
        self._records = records
        self._sidecars = sidecars

    async def put(
        self, job_id: str, job_of: Callable[[], Job | None], arrived: Arrived, url: str
    ) -> None:
        """Write down where a file of the job lies, and its sidecar beside it."""
        at = time.time()
        job = job_of()
        sidecar = ""
        if job is not None and self._sidecars:
            sidecar = await self._on_disk(lambda: _write_sidecar(job, arrived, url, at)) or ""
        saved = SavedFile(url, str(arrived.file), arrived.size, arrived.checksum, at, sidecar)
        await self._on_disk(lambda: self._records.add(job_id, saved))
        now = job_of()
        if sidecar and now is not None and now is not job:
            # Its cost came just now, when there was no record yet by which to find the sidecar.
            await self.renew(now)

    async def of(self, job_id: str) -> tuple[SavedFile, ...]:
        """The job's files that were saved and still lie there."""

        def look() -> tuple[SavedFile, ...]:
            return tuple(each for each in self._records.of(job_id) if Path(each.file).is_file())

        return await self._on_disk(look) or ()

    async def look(self, job_id: str, url: str) -> Glance | None:
        """What the saved file of a URL is; None where there is none."""

        def look(path: str) -> Glance:
            fd = os.open(path, os.O_RDONLY)
            try:
                return Glance(os.fstat(fd).st_size, glance_at_file(fd))
            finally:
                os.close(fd)

        for each in await self.of(job_id):
            if each.url == url:
                return await self._on_disk(lambda: look(each.file))  # noqa: B023
        return None

    async def renew(self, job: Job) -> None:
        """Bring the sidecars of a job's files up to date, such as when its cost is told at last."""

        def renew() -> None:
            for each in self._records.of(job.id):
                if each.sidecar:
                    renew_sidecar(Path(each.sidecar), job)

        await self._on_disk(renew)

    async def sidecar_at(self, path: Path) -> dict[str, Any] | None:
        """What the sidecar at a path says, or the one that lies beside the file at it."""

        def read() -> dict[str, Any] | None:
            there = path.expanduser()
            if there.suffix.lower() == SUFFIX and (told := read_sidecar(there)) is not None:
                return told
            beside = there.with_name(there.name + SUFFIX)
            return read_sidecar(beside) if beside.is_file() else None

        return await self._on_disk(read)

    def _on_disk(self, work: Callable[[], T]) -> Coroutine[Any, Any, T | None]:
        async def run() -> T | None:
            try:
                return await asyncio.to_thread(work)
            except (LedgerError, OSError, ValueError) as error:
                log.warning("saved files: %s", error)
                return None

        return run()


def _write_sidecar(job: Job, arrived: Arrived, url: str, at: float) -> str:
    return str(write_sidecar(arrived.file, sidecar_of(job, arrived, url, at)))
