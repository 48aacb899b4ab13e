"""One result file on its way: asked for, judged, written, and only when whole given its name."""

from __future__ import annotations

import asyncio
import errno
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from runcomfy_tui.api.encoding import WrongEncoding, decoded
from runcomfy_tui.api.errors import DownloadError
from runcomfy_tui.api.follow import Admit, follow
from runcomfy_tui.api.media_headers import MediaHeader
from runcomfy_tui.api.names import plain_name, safe_name, with_suffix_of_url, with_true_suffix
from runcomfy_tui.api.partfile import PartFile
from runcomfy_tui.api.refusals import retry_after
from runcomfy_tui.api.values import words
from runcomfy_tui.text import visible

_WRITE_SIZE = 2 * 1024 * 1024
_FEW_PIECES = 16
_WRITE_PIECES = 1000
_PROGRESS_SECONDS = 0.5
_MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({401, 403, 404, 410})

_MAKE_ROOM = "Free some space, then try again: it goes on where it stopped."
_ELSEWHERE = "Choose another folder (download_dir in settings.toml) or mend this one's rights."
_OTHER_ADVICE = (
    "Make room or choose another folder (download_dir in settings.toml), then try again."
)
_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _MAKE_ROOM),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _ELSEWHERE),
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes received so far, and of how many; `total` is None while the server has not said."""

    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that is whole and under its name; `header` is None for what is no known medium."""

    file: Path
    size: int
    checksum: str
    header: MediaHeader | None


class Broken(Exception):
    """A try failed in a way that another try may mend, after `pause` seconds if the server said."""

    def __init__(self, why: str, pause: float | None = None) -> None:
        super().__init__(why)
        self.pause = pause


class Transfer:
    """One file, over as many tries as it takes.

    `admit` is asked before every request, redirects too, and raises when the address is not to be
    fetched from.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        folder: Path,
        name: str | None,
        *,
        admit: Admit,
        max_bytes: int,
        checksum: str,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._http = http
        self._url = url
        self._folder = folder
        self._name = name_on_its_way(name, url)
        self._admit = admit
        self._max_bytes = max_bytes
        self._checksum = checksum
        self._content_type = ""
        self._on_progress = on_progress
        self._told_at = float("-inf")
        self._part: PartFile | None = None

    async def attempt(self) -> Arrived:
        """Try once. Raises `Broken` when another try may help, `DownloadError` when none will."""
        if self._part is None:
            await self._claim()
        try:
            response = await self._ask()
            try:
                part, total = await self._begin(response)
                await self._receive(response, part, total)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
            raise Broken(words(str(error)).rstrip(".") or type(error).__name__) from None
        if not part.size:
            raise Broken("the file came empty")
        if total is not None and part.size != total:
            raise Broken(f"{part.size:,} bytes came where {total:,} were announced")
        arrived = await self._on_disk(lambda: self._finish(part))
        self._on_progress(Progress(part.size, part.size))
        return arrived

    def _finish(self, part: PartFile) -> Arrived:
        header = part.look()
        name = with_true_suffix(part.name, header.format if header else None, self._content_type)
        return Arrived(part.finish(name), part.size, part.checksum, header)

    def what_is_kept(self) -> str:
        """What a user whose download failed can do."""
        if self._part is None or not self._part.size:
            return "Try again."
        return (
            f"{self._part.size:,} bytes are kept in {self._part.path.name}. Try again: it goes on "
            "from there if the server can."
        )

    async def close(self) -> None:
        """Let go of the file, whatever happened."""
        if self._part is not None:
            await self._on_disk(self._part.close)

    async def _claim(self) -> PartFile:
        def claim() -> PartFile:
            # Kept from within the thread, so that a cancel in between leaves nothing open.
            self._part = PartFile.claim(self._folder, self._name, self._url, self._checksum)
            return self._part

        return await self._on_disk(claim)

    async def _ask(self) -> httpx.Response:
        """The answer to a GET, behind at most five redirects, each to an address admitted."""
        headers = {}
        if self._part is not None and self._part.etag is not None:
            headers = {"Range": f"bytes={self._part.size}-", "If-Range": self._part.etag}
        return await follow(self._http, self._url, headers, self._admit)

    async def _begin(self, response: httpx.Response) -> tuple[PartFile, int | None]:
        """Judge an answer before its body is read: where its bytes belong and how many it will be.

        The total is None where the server did not say, or speaks of encoded bytes.
        """
        await self._judge_status(response)
        headers = response.headers
        kind = headers.get("Content-Type", "")
        if "html" in kind.lower() and not urlsplit(self._url).path.endswith((".html", ".htm")):
            raise DownloadError(
                "A web page came instead of the file. Its address may have expired: open the "
                "result again for a fresh one."
            )
        self._content_type = kind
        part = self._part or await self._claim()
        length = _length(headers.get("Content-Length", ""))
        if response.status_code == 206:
            begin, total = _content_range(headers.get("Content-Range", ""))
            if begin != part.size:
                await self._on_disk(part.restart)
                raise Broken("the server did not go on where the last try ended")
        else:
            encoded = bool(headers.get("Content-Encoding"))
            total = None if encoded else length
            etag = headers.get("ETag", "")
            resumable = etag.startswith('"') and etag.isascii() and not encoded
            await self._on_disk(lambda: part.begin(etag if resumable else None, total))
        if max(total or 0, length or 0) > self._max_bytes:
            raise await self._too_large(part)
        return part, total

    async def _judge_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status == 416 and self._part is not None and self._part.size:
            await self._on_disk(self._part.restart)
            raise Broken("the server could not go on where the last try ended", pause=0.0)
        if status in _MAY_PASS:
            raise Broken(
                f"the server is not able to answer just now (HTTP {status})",
                retry_after(response.headers.get("Retry-After")),
            )
        if status in _GONE:
            raise DownloadError(
                f"The file is not there, or not for everyone (HTTP {status}). Its address may have "
                "expired: open the result again for a fresh one."
            )
        raise DownloadError(f"The file could not be fetched: the server answered HTTP {status}.")

    async def _receive(self, response: httpx.Response, part: PartFile, total: int | None) -> None:
        waiting: list[bytes] = []
        received = part.size
        try:
            pieces = decoded(response.aiter_raw(), response.headers.get("Content-Encoding", ""))
            async for piece in pieces:
                received += len(piece)
                if received > self._max_bytes:
                    waiting.clear()
                    raise await self._too_large(part)
                waiting.append(piece)
                if received - part.size >= _WRITE_SIZE or len(waiting) >= _WRITE_PIECES:
                    full, waiting = waiting, []
                    await self._write(part, full)
                self._tell(received, total)
        except WrongEncoding as error:
            raise DownloadError(f"The file could not be decoded: {error}.") from None
        finally:
            # Also when the line broke or the user cancelled: what has come need not come again.
            if waiting:
                await self._write(part, waiting)

    async def _write(self, part: PartFile, pieces: list[bytes]) -> None:
        # Large pieces are written as they are: to join them would be to copy the whole file once.
        whole = pieces if len(pieces) <= _FEW_PIECES else [b"".join(pieces)]

        def write() -> None:
            for piece in whole:
                part.write(piece)

        await self._on_disk(write)

    async def _too_large(self, part: PartFile) -> DownloadError:
        await self._on_disk(part.discard)
        return DownloadError(
            f"The file is larger than {self._max_bytes / 2**30:.3g} GiB, the most that is fetched."
        )

    def _tell(self, received: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            self._on_progress(Progress(received, total))

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread, to its end even when cancelled: the file is in its hands."""
        running = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()
            raise
        except OSError as error:
            raise DownloadError(
                f"The file could not be saved in {visible(str(self._folder))}: "
                f"{error.strerror or error}. {_ADVICE.get(error.errno or 0, _OTHER_ADVICE)}"
            ) from None


def name_on_its_way(name: str | None, url: str) -> str:
    """What a file is called while nobody has seen its bytes."""
    return with_suffix_of_url(plain_name(name), url) if name else safe_name(url)


def _length(digits: str) -> int | None:
    return int(digits) if digits.isdecimal() and len(digits) < 20 else None


def _content_range(header: str) -> tuple[int | None, int | None]:
    """Where a 206 begins and how large the whole file is: `bytes 100-199/200`."""
    found = re.fullmatch(r"bytes (\d{1,19})-\d{1,19}/(\d{1,19}|\*)", header.strip())
    return (int(found[1]), _length(found[2])) if found else (None, None)
