"""Small pictures of result files, to look at before one opens them.

Pillow decodes them (the extra `preview`), ffmpeg gives a film's first frame where it is installed.
Both work on a file of this machine alone: neither is ever told a URL.
"""

from __future__ import annotations

import asyncio
import io
import logging
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from runcomfy_tui.api.download import Downloader, Glance
from runcomfy_tui.api.errors import DownloadError, UntrustedHost
from runcomfy_tui.engine.downloads import Downloads
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.pixels import Pixels

log = logging.getLogger(__name__)

MOST_BYTES: Final = 50_000_000
"""A larger file is not fetched just to be looked at."""

MOST_BYTES_UNASKED: Final = 5_000_000
"""What is fetched for a look that nobody has asked for."""

MOST_PIXELS: Final = 120_000_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_FFMPEG_SECONDS: Final = 20.0
_POSTER_WIDTH: Final = 480

NO_PILLOW: Final = "Pictures need the extra 'preview': pip install 'runcomfy-tui[preview]'"


def has_pictures() -> bool:
    """Whether pictures can be decoded here."""
    return find_spec("PIL") is not None


class Previews:
    """Makes pictures small. What was fetched for it lies in a folder that goes with the program."""

    def __init__(self, downloader: Downloader, downloads: Downloads) -> None:
        self._downloader = downloader
        self._downloads = downloads
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._fetched: dict[str, Path] = {}
        self._turn = asyncio.Lock()

    async def picture(
        self, job_id: str, url: str, columns: int, rows: int, *, is_asked: bool = True
    ) -> Pixels:
        """The file's picture within that many pixels. Raises `EngineError` with words on why not.

        A file that was not saved is fetched, from RunComfy's hosts alone, and only a small one
        where nobody has asked for it (`is_asked`).
        """
        if not has_pictures():
            raise EngineError(NO_PILLOW)
        async with self._turn:
            glance = await self._downloads.look(job_id, url)
            kind = glance.header.kind if glance.header else None
            if kind not in (MediaKind.IMAGE, MediaKind.VIDEO):
                raise EngineError("There is no picture in this file, as far as its bytes tell.")
            if kind is MediaKind.VIDEO and shutil.which("ffmpeg") is None:
                raise EngineError("A film's first picture needs ffmpeg, which is not installed.")
            file = await self._file(job_id, url, glance, is_asked)
            return await asyncio.to_thread(_small, file, kind, columns, rows)

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


def _small(file: Path, kind: MediaKind, columns: int, rows: int) -> Pixels:
    try:
        if kind is MediaKind.VIDEO:
            return _decoded(io.BytesIO(_first_frame(file)), columns, rows)
        with file.open("rb") as picture:
            return _decoded(picture, columns, rows)
    except EngineError:
        raise
    except Exception as error:
        # Decoders meet files that nobody has thought of, and raise whatever they like.
        log.warning("no picture of %s: %r", file, error)
        raise EngineError("The picture in this file cannot be decoded here.") from error


def _decoded(file: IO[bytes], columns: int, rows: int) -> Pixels:
    from PIL import Image, ImageOps

    with Image.open(file, formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise EngineError(f"{width}×{height} pixels are too many to be looked at here.")
        picture.draft("RGB", (columns * 2, rows * 2))
        small = ImageOps.exif_transpose(picture)
        small.thumbnail((columns, rows))
        if small.mode != "RGB":
            ground = Image.new("RGBA", small.size, (24, 24, 24, 255))
            ground.alpha_composite(small.convert("RGBA"))
            small = ground.convert("RGB")
        return Pixels(small.width, small.height, small.tobytes())


def _first_frame(file: Path) -> bytes:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"]
    command += ["-i", f"file:{file}", "-frames:v", "1", "-vf", f"scale={_POSTER_WIDTH}:-2"]
    command += ["-f", "image2pipe", "-c:v", "png", "pipe:1"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_FFMPEG_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise EngineError("ffmpeg took too long over this file.") from None
    if done.returncode or not done.stdout:
        log.warning("ffmpeg on %s: %s", file, done.stderr[-2000:].decode("utf-8", "replace"))
        raise EngineError("ffmpeg finds no picture in this file.")
    return done.stdout
