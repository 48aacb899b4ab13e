"""Small pictures of result files, to look at before one opens them.

A process draws them (the extra `preview`), ffmpeg gives a film's first frame where it is
installed. Both work on a file of this machine alone: neither is ever told a URL.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Final, NamedTuple

from runcomfy_tui.api.download import Downloader, Glance
from runcomfy_tui.api.errors import DownloadError, UntrustedHost
from runcomfy_tui.credentials import environ_without_token
from runcomfy_tui.drawing import Drawing, Surface
from runcomfy_tui.engine.downloads import Downloads
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.picture_process import NoDrawing, can_draw, draw
from runcomfy_tui.jobs import MediaKind

log = logging.getLogger(__name__)

MOST_BYTES: Final = 50_000_000
"""A larger file is not fetched just to be looked at."""

MOST_BYTES_UNASKED: Final = 5_000_000
"""What is fetched for a look that nobody has asked for."""

_FFMPEG_SECONDS: Final = 20.0
_POSTER_WIDTH: Final = 960

NO_EXTRA: Final = "Pictures need the extra 'preview': pip install 'runcomfy-tui[preview]'"


class Found(NamedTuple):
    """A file of this machine with a picture in it."""

    file: Path
    kind: MediaKind


class Previews:
    """Makes pictures small. What was fetched for it lies in a folder that goes with the program."""

    def __init__(self, downloader: Downloader, downloads: Downloads) -> None:
        self._downloader = downloader
        self._downloads = downloads
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._fetched: dict[str, Path] = {}
        self._turn = asyncio.Lock()

    async def find(self, job_id: str, url: str, *, is_asked: bool = True) -> Found:
        """The file's picture. Raises `EngineError` with words on why there is none.

        A file that was not saved is fetched, from RunComfy's hosts alone, and only a small one
        where nobody has asked for it (`is_asked`).
        """
        if not can_draw():
            raise EngineError(NO_EXTRA)
        async with self._turn:
            glance = await self._downloads.look(job_id, url)
            kind = glance.header.kind if glance.header else None
            if kind not in (MediaKind.IMAGE, MediaKind.VIDEO):
                raise EngineError("There is no picture in this file, as far as its bytes tell.")
            if kind is MediaKind.VIDEO and shutil.which("ffmpeg") is None:
                raise EngineError("A film's first picture needs ffmpeg, which is not installed.")
            return Found(await self._file(job_id, url, glance, is_asked), kind)

    async def draw(self, found: Found, surface: Surface) -> Drawing:
        """The picture, as large as the surface lets it be. Raises `EngineError` with words."""
        async with self._turn:
            return await asyncio.to_thread(_drawn, found.file, found.kind, surface)

    async def aclose(self) -> None:
        """Remove what was fetched."""
        folder, self._folder = self._folder, None
        if folder is not None:
            await asyncio.to_thread(folder.cleanup)

    async def _file(self, job_id: str, url: str, glance: Glance, is_asked: bool) -> Path:
        for state in await self._downloads.told(job_id):
            if state.url == url and state.file:
                return Path(state.file)
        if url in self._fetched:
            return self._fetched[url]
        if glance.size is None or glance.size > MOST_BYTES:
            raise EngineError("It is too large to be fetched for a look: save it first (d).")
        if not is_asked and glance.size > MOST_BYTES_UNASKED:
            raise EngineError("It is fetched for a look only when it is asked for.")
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="runcomfy-tui-look-")
        try:
            arrived = await self._downloader.download(url, Path(self._folder.name))
        except UntrustedHost as error:
            raise EngineError(f"{error.message} Save it (d), then look at it.") from error
        except DownloadError as error:
            raise EngineError(error.message) from error
        self._fetched[url] = arrived.file
        return arrived.file


def _drawn(file: Path, kind: MediaKind, surface: Surface) -> Drawing:
    try:
        if kind is MediaKind.VIDEO:
            with tempfile.TemporaryFile() as frame:
                _write_first_frame(file, frame)
                frame.seek(0)
                return draw(frame, surface)
        with file.open("rb") as picture:
            return draw(picture, surface)
    except (NoDrawing, OSError) as error:
        log.warning("no picture of %s: %s", file, error)
        raise EngineError("The picture in this file cannot be decoded here.") from error


def _write_first_frame(file: Path, frame: IO[bytes]) -> None:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"]
    command += ["-i", f"file:{file}", "-frames:v", "1"]
    command += ["-vf", f"scale='min({_POSTER_WIDTH},iw)':-2"]
    command += ["-f", "image2pipe", "-c:v", "png", "pipe:1"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=frame,
            stderr=subprocess.PIPE,
            timeout=_FFMPEG_SECONDS,
            env=environ_without_token(),
        )
    except subprocess.TimeoutExpired:
        raise EngineError("ffmpeg took too long over this file.") from None
    if done.returncode or not frame.seek(0, os.SEEK_END):
        log.warning("ffmpeg on %s: %s", file, done.stderr[-2000:].decode("utf-8", "replace"))
        raise EngineError("ffmpeg finds no picture in this file.")
