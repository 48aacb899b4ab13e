"""The queue of result files on their way to the disk, a few at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from runcomfy_tui.api.download import Arrived, Downloader, Glance
from runcomfy_tui.api.errors import DownloadError, UntrustedHost
from runcomfy_tui.api.transfer import Progress
from runcomfy_tui.engine.changes import DownloadPhase, DownloadState, Mailbox
from runcomfy_tui.engine.rate import Rate
from runcomfy_tui.engine.saved_outputs import SavedOutputs
from runcomfy_tui.engine.saving import Saving
from runcomfy_tui.jobs import Job

log = logging.getLogger(__name__)

TELL_SECONDS = 0.5
"""How often at most it is told how far the downloads are, all of them together."""

MOST_GLANCES = 500


@dataclass(slots=True)
class _Download:
    """One in the queue, as it was told last."""

    state: DownloadState
    task: asyncio.Task[DownloadState] | None = None


class Downloads:
    """Fetches files beside everything else; a second wish for one under way changes nothing.

    `job_of` tells a job by its id. What becomes of a download is told as `DownloadState`s.
    """

    def __init__(
        self,
        downloader: Downloader,
        mailbox: Mailbox,
        job_of: Callable[[str], Job | None],
        saving: Saving,
        saved: SavedOutputs,
    ) -> None:
        self._downloader = downloader
        self._mailbox = mailbox
        self._job_of = job_of
        self._saving = saving
        self._saved = saved
        self._queue: dict[tuple[str, str], _Download] = {}
        self._unsaid: set[tuple[str, str]] = set()
        self._said_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._glances: dict[str, Glance] = {}
        self.on_saved: Callable[[str, str], None] = lambda job_id, url: None
        """Called with a job's id and the URL of its file once that lies on the disk."""

    def start(self, job_id: str, url: str, *, trusted_only: bool = True) -> None:
        """Have `url`, a file of the job, saved.

        A host that is not RunComfy's ends in the phase `ASKING`; `trusted_only=False` is the
        user's yes to it.
        """
        self.fetch(job_id, url, trusted_only=trusted_only)

    def fetch(
        self, job_id: str, url: str, *, trusted_only: bool = True
    ) -> asyncio.Task[DownloadState]:
        """The same, as a task that ends with what came of it."""
        key = job_id, url
        there = self._queue.get(key)
        if there is not None and there.task is not None and not there.task.done():
            return there.task
        download = _Download(DownloadState(job_id, url, DownloadPhase.WAITING))
        self._queue[key] = download
        self._say(download)
        download.task = asyncio.create_task(self._run(download, trusted_only))
        download.task.add_done_callback(partial(self._done, download))
        return download.task

    async def start_missing(self, *job_ids: str) -> list[tuple[str, str]]:
        """Have all files of these jobs saved that are not on the disk yet.

        Returns which those are, as ids of jobs with URLs.
        """
        started: list[tuple[str, str]] = []
        for job_id in job_ids:
            job = self._job_of(job_id)
            outputs = job.outputs if job is not None else ()
            there = await self._known(job_id) if outputs else {}
            for output in outputs:
                if output.url not in there:
                    self.start(job_id, output.url)
                    started.append((job_id, output.url))
        return started

    def stop(self, job_id: str, url: str) -> None:
        """Stop a download; what has come so far is kept for a later try."""
        download = self._queue.get((job_id, url))
        if download is not None and download.task is not None:
            download.task.cancel()

    async def told(self, job_id: str) -> tuple[DownloadState, ...]:
        """How the job's files stand: those under way, and those of which anything is on the disk.

        Of one that an earlier try left unfinished it is told how far that came.
        """
        states = await self._known(job_id)
        job = self._job_of(job_id)
        for output in job.outputs if job is not None else ():
            if job is not None and output.url not in states:
                folder, name = self._saving.place(job, output.url)
                if begun := await self._downloader.begun(output.url, folder, name=name):
                    states[output.url] = DownloadState(
                        job_id, output.url, DownloadPhase.STOPPED, begun.size, begun.total
                    )
        return tuple(states.values())

    async def _known(self, job_id: str) -> dict[str, DownloadState]:
        """Those under way, and those that lie on the disk whole, by URL."""
        saved = await self._saved.of(job_id)
        states = {
            each.url: DownloadState(
                job_id, each.url, DownloadPhase.DONE, each.size, each.size, each.file
            )
            for each in saved
        }
        return states | {
            each.state.url: each.state for (of, _), each in self._queue.items() if of == job_id
        }

    async def look(self, job_id: str, url: str) -> Glance:
        """What a file is: read from the disk where it was saved, else from its beginning."""
        known = self._glances.get(url)
        if known is not None:
            return known
        glance = await self._saved.look(job_id, url) or await self._downloader.look(url)
        if glance != Glance():
            self._glances[url] = glance
            while len(self._glances) > MOST_GLANCES:
                del self._glances[next(iter(self._glances))]
        return glance

    async def aclose(self) -> None:
        """Stop them all; what has come so far is kept."""
        tasks = [each.task for each in self._queue.values() if each.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        await self._downloader.aclose()

    async def _run(self, download: _Download, trusted_only: bool) -> DownloadState:
        job_id, url = download.state.job_id, download.state.url
        rate = Rate()

        def progressed(progress: Progress) -> None:
            rate.add(progress.received, time.monotonic())
            download.state = replace(
                download.state,
                phase=DownloadPhase.RUNNING,
                received=progress.received,
                total=progress.total,
                rate=rate.bytes_a_second,
                seconds_left=rate.seconds_left(progress.total),
            )
            self._say_soon(download)

        def started() -> None:
            if download.state.phase is DownloadPhase.WAITING:
                download.state = replace(download.state, phase=DownloadPhase.RUNNING)
                self._say_soon(download)

        ended = partial(self._ended, download)
        try:
            arrived = await self._fetch(job_id, url, trusted_only, progressed, started)
            size = arrived.size
            download.state = replace(download.state, received=size, total=size)
            self.on_saved(job_id, url)
            return ended(DownloadPhase.DONE, file=str(arrived.file))
        except UntrustedHost as error:
            return ended(DownloadPhase.ASKING, words=error.host)
        except DownloadError as error:
            log.warning("download of %s: %s", url, error)
            return ended(DownloadPhase.FAILED, words=str(error))
        except Exception as error:
            log.exception("download of %s broke", url)
            return ended(
                DownloadPhase.FAILED, words=f"The download broke off: {type(error).__name__}."
            )

    def _ended(
        self, download: _Download, phase: DownloadPhase, *, file: str = "", words: str = ""
    ) -> DownloadState:
        state = download.state = replace(
            download.state, phase=phase, file=file, words=words, rate=0.0, seconds_left=None
        )
        # First of all: whoever hears of the end may wish for it anew, at once.
        if self._queue.get((state.job_id, state.url)) is download:
            del self._queue[state.job_id, state.url]
            self._say(download)
        return state

    def _done(self, download: _Download, task: asyncio.Task[DownloadState]) -> None:
        if task.cancelled():  # perhaps before it had even begun
            self._ended(download, DownloadPhase.STOPPED)

    async def _fetch(
        self,
        job_id: str,
        url: str,
        trusted_only: bool,
        progressed: Callable[[Progress], None],
        started: Callable[[], None],
    ) -> Arrived:
        job = self._job_of(job_id)
        folder: Path = self._saving.folder
        name: str | None = None
        if job is not None:
            folder, name = self._saving.place(job, url)
        arrived = await self._downloader.download(
            url,
            folder,
            name=name,
            trusted_only=trusted_only,
            on_progress=progressed,
            on_start=started,
        )
        self._glances[url] = Glance(arrived.size, arrived.header)
        # The cost, a label: what was told while it came belongs into its sidecar.
        await self._saved.put(job_id, lambda: self._job_of(job_id), arrived, url)
        return arrived

    def _say(self, download: _Download) -> None:
        key = download.state.job_id, download.state.url
        self._unsaid.discard(key)
        self._mailbox.post(downloads=[download.state])

    def _say_soon(self, download: _Download) -> None:
        self._unsaid.add((download.state.job_id, download.state.url))
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._said_at + TELL_SECONDS - loop.time()
            self._timer = loop.call_later(max(0.0, wait), self._say_unsaid)

    def _say_unsaid(self) -> None:
        self._timer = None
        self._said_at = asyncio.get_running_loop().time()
        unsaid = [self._queue[key].state for key in self._unsaid if key in self._queue]
        self._unsaid.clear()
        self._mailbox.post(downloads=unsaid)
