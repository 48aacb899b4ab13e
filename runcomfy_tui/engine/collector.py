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
    ended, is gone on with at the next start, and by who polls next.
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
        self._under_way: set[str] = set()
        """The jobs whose files are being saved, or are to be tried again."""
        self._unsaved: dict[str, set[str]] = {}
        """The URLs of what was to be saved and is not, by the ids of the jobs."""

    def expect(self, *jobs: Job) -> None:
        """Leave a note, before these ends are written: who dies then has saved nothing.

        Callable from any thread.
        """
        for job in jobs:
            if job.status is Status.COMPLETED and self._wants(job):
                try:
                    self._claims.expect(job.id)
                except LedgerError as error:
                    log.warning("collecting may be forgotten: %s", error)

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
        """Collect what another run of the program was to collect and did not get."""
        if self._wishes.is_nothing:
            return
        try:
            await asyncio.to_thread(self._claims.sweep)
            left = await asyncio.to_thread(self._claims.unfinished)
        except LedgerError as error:
            log.warning("collected files: %s", error)
            return
        for job in filter(None, map(job_of, left)):
            is_left = job.status is Status.COMPLETED and job.id not in self._under_way
            if is_left and self._wants(job):
                self._tasks.spawn(self._collect(job))

    def saved(self, job_id: str, url: str) -> None:
        """Take note of a file that lies on the disk now, whoever asked for it."""
        unsaved = self._unsaved.get(job_id, set())
        if url in unsaved:
            unsaved.discard(url)
            if not unsaved:
                self._is_settled(job_id)

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
        self._under_way.add(job.id)
        if await self._is_dealt_with(job):
            self._under_way.discard(job.id)
        elif tries < MOST_TRIES:
            pause = FIRST_PAUSE if pause is None else min(2 * pause, LONGEST_PAUSE)
            self._spawn_later(pause, partial(self._collect, job, pause, tries + 1))

    async def _is_dealt_with(self, job: Job) -> bool:
        """Try to save its files; whether nothing is left that another try may mend."""
        try:
            claim = await asyncio.to_thread(self._claims.claim, job.id)
        except LedgerError as error:
            # Without a note it might be done twice.
            log.warning("nothing was collected for %s: %s", job.request_id, error)
            urls = {output.url for output in job.outputs}
            self._lacks(job.id, urls, f"Files are not saved by themselves: {error}")
            return True
        if claim is None:
            self._unsaved.pop(job.id, None)
            return True
        try:
            return await self._save_all(job, claim)
        finally:
            claim.release()

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
        if failed or asking:
            urls = {state.url for state in (*failed, *asking)}
            self._lacks(job.id, urls, _why_not_saved(failed, asking))
        else:
            # Also what the user has stopped: that is an answer, too.
            self._is_settled(job.id)
        if not failed:
            await asyncio.to_thread(claim.done)
        return not failed

    def _lacks(self, job_id: str, urls: set[str], words: str) -> None:
        self._unsaved[job_id] = urls
        self._trouble(words)

    def _is_settled(self, job_id: str) -> None:
        self._unsaved.pop(job_id, None)
        self._trouble(None)

    def _spawn_later(self, pause: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        def begin() -> None:
            self._later.discard(timer)
            self._tasks.spawn(work())

        timer = asyncio.get_running_loop().call_later(pause, begin)
        self._later.add(timer)

    def _broke(self, error: BaseException) -> None:
        log.error("collecting files broke", exc_info=error)
        self._lacks("", {""}, f"Files were not saved by themselves ({type(error).__name__}).")


def _why_not_saved(failed: list[DownloadState], asking: list[DownloadState]) -> str:
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return f"A result was not saved by itself{more}: {failed[0].words}"
    return (
        f"A result lies on {asking[0].words}, which is not RunComfy's: it is not saved by itself. "
        "Open the job and press d."
    )
