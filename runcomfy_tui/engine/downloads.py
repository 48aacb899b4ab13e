"""Result files on their way to the disk; each tells how far it is, and can be stopped."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from runcomfy_tui.api.download import Downloader
from runcomfy_tui.api.errors import DownloadError, UntrustedHost
from runcomfy_tui.api.transfer import Progress
from runcomfy_tui.engine.changes import DownloadPhase, DownloadState, Mailbox

log = logging.getLogger(__name__)


class Downloads:
    """Runs downloads beside everything else; a second wish for one under way changes nothing."""

    def __init__(self, downloader: Downloader, mailbox: Mailbox) -> None:
        self._downloader = downloader
        self._mailbox = mailbox
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}

    def start(self, job_id: str, url: str, folder: Path, *, trusted_only: bool = True) -> None:
        """Fetch `url` into `folder`. What becomes of it is told as `DownloadState`s.

        A host that is not RunComfy's ends in the phase `ASKING`; `trusted_only=False` is the
        user's yes to it.
        """
        key = (job_id, url)
        if key in self._under_way:
            return
        task = asyncio.create_task(self._run(job_id, url, folder, trusted_only))
        self._under_way[key] = task
        task.add_done_callback(lambda _: self._under_way.pop(key, None))

    async def size(self, url: str) -> int | None:
        """How many bytes a file has; None when nobody says."""
        return await self._downloader.size(url)

    def stop(self, job_id: str, url: str) -> None:
        """Stop a download; what has come so far is kept for a later try."""
        task = self._under_way.get((job_id, url))
        if task is not None:
            task.cancel()

    async def aclose(self) -> None:
        """Stop them all."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._downloader.aclose()

    async def _run(self, job_id: str, url: str, folder: Path, trusted_only: bool) -> None:
        last = Progress(0, None)

        def say(phase: DownloadPhase, *, file: str = "", words: str = "") -> None:
            state = DownloadState(job_id, url, phase, last.received, last.total, file, words)
            self._mailbox.post(download=state)

        def progressed(progress: Progress) -> None:
            nonlocal last
            last = progress
            say(DownloadPhase.RUNNING)

        say(DownloadPhase.RUNNING)
        try:
            file = await self._downloader.download(
                url, folder, trusted_only=trusted_only, on_progress=progressed
            )
        except UntrustedHost as error:
            say(DownloadPhase.ASKING, words=error.host)
        except DownloadError as error:
            log.warning("download of %s: %s", url, error)
            say(DownloadPhase.FAILED, words=str(error))
        except Exception as error:
            log.exception("download of %s broke", url)
            say(DownloadPhase.FAILED, words=f"The download broke off: {type(error).__name__}.")
        except asyncio.CancelledError:
            say(DownloadPhase.STOPPED)
            raise
        else:
            say(DownloadPhase.DONE, file=str(file))
