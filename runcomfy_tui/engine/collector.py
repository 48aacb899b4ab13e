"""The files of jobs that complete, saved without being asked for where the user says so."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

from runcomfy_tui.engine.changes import DownloadPhase, DownloadState
from runcomfy_tui.engine.downloads import Downloads
from runcomfy_tui.engine.hooks import is_an_end
from runcomfy_tui.engine.saved_outputs import SavedOutputs
from runcomfy_tui.engine.saving import Wishes
from runcomfy_tui.engine.tasks import Tasks
from runcomfy_tui.history.collected import Claim, Collected
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.jobs import Job, Status

log = logging.getLogger(__name__)


FIRST_PAUSE: Final = 60.0
LONGEST_PAUSE: Final = 3600.0
MOST_TRIES: Final = 12
"""All in all some eight hours: a disk is cleared, a host comes back."""


class Collector:
    """Has each job's files saved once, whichever process sees its end first.

    What fails is tried again, later and later. What was begun and not ended, because the program
    ended, is gone on with at the next start.
    `trouble` hears a sentence when files could not be saved, and None when they can be again.
    """

    def __init__(
        self,
        wishes: Wishes,
        claims: Collected,
        downloads: Downloads,
        saved: SavedOutputs,
        trouble: Callable[[str | None], None],
    ) -> None:
        self._wishes = wishes
        self._claims = claims
        self._downloads = downloads
        self._saved = saved
        self._trouble = trouble
        self._began = time.time()
        self._tasks: Tasks[None] = Tasks(self._broke)
        self._later: set[asyncio.TimerHandle] = set()
        self._unsaved: set[str] = set()
        """The jobs some of whose files are to be saved and are not, or not yet."""

    def saw(self, before: Job | None, job: Job) -> None:
        """Take note of a change of a job: its end, or a cost that was told late."""
        if job.status is not Status.COMPLETED:
            return
        if before is not None and before.status.is_final:
            if before.cost is None and job.cost is not None:
                self._tasks.spawn(self._saved.renew(job))
        elif is_an_end(before, job, since=self._began) and self._wants(job):
            self._tasks.spawn(self._collect(job))

    async def go_on(self, job_of: Callable[[str], Job | None]) -> None:
        """Collect what an earlier run of the program began to collect and did not get."""
        if self._wishes.is_nothing:
            return
        try:
            await asyncio.to_thread(self._claims.sweep)
            left = await asyncio.to_thread(self._claims.unfinished)
        except LedgerError as error:
            log.warning("collected files: %s", error)
            return
        for job in filter(None, map(job_of, left)):
            if job.status is Status.COMPLETED and self._wants(job):
                self._tasks.spawn(self._collect(job))

    async def finish(self) -> bool:
        """Wait until all that is under way is collected, or has failed; whether nothing failed."""
        await self._tasks.finish()
        return not self._unsaved

    async def aclose(self) -> None:
        """Leave the rest to the next start."""
        for timer in self._later:
            timer.cancel()
        await self._tasks.cancel()

    def _wants(self, job: Job) -> bool:
        return bool(job.outputs) and self._wishes.want(job)

    async def _collect(self, job: Job, pause: float | None = None, tries: int = 1) -> None:
        self._unsaved.add(job.id)
        try:
            claim = await asyncio.to_thread(self._claims.claim, job.id)
        except LedgerError as error:
            # Without a note it might be done twice.
            log.warning("nothing was collected for %s: %s", job.request_id, error)
            self._trouble(f"Files are not saved by themselves: {error}")
            return
        if claim is None:
            self._unsaved.discard(job.id)
            return
        try:
            is_done = await self._save_all(job, claim)
        finally:
            claim.release()
        if not is_done and tries < MOST_TRIES:
            pause = FIRST_PAUSE if pause is None else min(2 * pause, LONGEST_PAUSE)
            self._spawn_later(pause, partial(self._collect, job, pause, tries + 1))

    async def _save_all(self, job: Job, claim: Claim) -> bool:
        """Whether nothing is left to be tried again."""
        there = {each.url for each in await self._saved.of(job.id)}
        wanted = [output.url for output in job.outputs if output.url not in there]
        tasks = [self._downloads.fetch(job.id, url) for url in wanted]
        if tasks:
            await asyncio.wait(tasks)
        states = [task.result() for task in tasks if not task.cancelled()]
        failed = [state for state in states if state.phase is DownloadPhase.FAILED]
        asking = [state for state in states if state.phase is DownloadPhase.ASKING]
        self._tell(failed, asking)
        if not failed and not asking:
            self._unsaved.discard(job.id)
        if not failed:
            # Also of what the user has stopped: that is an answer, too.
            await asyncio.to_thread(claim.done)
        return not failed

    def _tell(self, failed: list[DownloadState], asking: list[DownloadState]) -> None:
        if failed:
            more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
            self._trouble(f"A result was not saved by itself{more}: {failed[0].words}")
        elif asking:
            self._trouble(
                f"A result lies on {asking[0].words}, which is not RunComfy's: it is not saved by "
                "itself. Open the job and press d."
            )
        else:
            self._trouble(None)

    def _spawn_later(self, pause: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        def begin() -> None:
            self._later.discard(timer)
            self._tasks.spawn(work())

        timer = asyncio.get_running_loop().call_later(pause, begin)
        self._later.add(timer)

    def _broke(self, error: BaseException) -> None:
        log.error("collecting files broke", exc_info=error)
        self._trouble(f"Files were not saved by themselves ({type(error).__name__}).")
