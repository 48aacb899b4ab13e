"""Downloads of result files: from whom, how many at once, how often tried."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from runcomfy_tui.api.checksum import CHECKSUM
from runcomfy_tui.api.connections import open_http
from runcomfy_tui.api.errors import ApiError, DownloadError, UntrustedHost
from runcomfy_tui.api.follow import Admit
from runcomfy_tui.api.glance import Glance, glance_at_url
from runcomfy_tui.api.origins import is_trusted, origin_of
from runcomfy_tui.api.partfile import Begun, begun
from runcomfy_tui.api.transfer import Arrived, Broken, Progress, Transfer, name_on_its_way
from runcomfy_tui.text import clip, visible

__all__ = ["MAX_BYTES", "Arrived", "Downloader", "Glance", "Progress"]

MAX_BYTES = 2 * 1024**3
"""The limit that RunComfy's own clients set for one file."""

_MAX_PAUSE = 30.0
_GLANCES_AT_ONCE = 2
_GLANCE_SECONDS = 15.0
_READ_BYTES = 256 * 1024


def _nobody(_progress: Progress) -> None:
    pass


def _nothing() -> None:
    pass


class Downloader:
    """Fetches result files, without any token, a few at a time.

    `stall_timeout` is how many seconds may pass without a byte; `pause` is the first wait between
    tries, doubled each time. A download is free to repeat, so a broken one is tried `tries` times
    in all, going on where it broke when the server can.
    """

    def __init__(
        self,
        model_api_base: str,
        *,
        at_once: int = 3,
        max_bytes: int = MAX_BYTES,
        connect_timeout: float = 10.0,
        stall_timeout: float = 60.0,
        tries: int = 5,
        pause: float = 1.0,
        checksum: str = CHECKSUM,
    ) -> None:
        self._model_api_base = model_api_base
        self._at_once = at_once
        self._slots = asyncio.Semaphore(at_once)
        self._max_bytes = max_bytes
        self._connect_timeout = connect_timeout
        self._stall_timeout = stall_timeout
        self._tries = tries
        self._pause = pause
        self._checksum = checksum
        self._glances = asyncio.Semaphore(_GLANCES_AT_ONCE)
        self._http: httpx.AsyncClient | None = None

    async def download(
        self,
        url: str,
        folder: Path,
        *,
        name: str | None = None,
        trusted_only: bool = True,
        on_progress: Callable[[Progress], None] = _nobody,
        on_start: Callable[[], None] = _nothing,
    ) -> Arrived:
        """Fetch `url` into `folder`; an existing file is never overwritten.

        `name` is made safe; without one it comes from the URL. Its extension becomes the one of
        what the bytes are. `trusted_only=False` is the user's word that every host is agreed to.
        `on_start` is called whenever it is this file's turn, `on_progress` at most twice a second
        and once at the end. Cancelling leaves the `.part` for a later try.

        Raises `UntrustedHost` before anything is asked of a host that nobody agreed to, and
        `DownloadError` for everything else, with words on what to do.
        """

        admit = self._admitting(trusted_only)
        admit(url)
        transfer = Transfer(
            self._opened(),
            url,
            folder,
            name,
            admit=admit,
            max_bytes=self._max_bytes,
            checksum=self._checksum,
            on_progress=on_progress,
        )
        try:
            return await self._persist(transfer, on_start)
        finally:
            await transfer.close()

    async def begun(self, url: str, folder: Path, *, name: str | None = None) -> Begun | None:
        """What `download` would go on with; None where it would begin at the first byte."""
        if origin_of(url) is None:
            return None
        return await asyncio.to_thread(begun, folder, name_on_its_way(name, url), url)

    async def look(self, url: str) -> Glance:
        """What the file is, without fetching it whole; what cannot be found out is None.

        Only hosts that need nobody's agreement are asked; redirects to others are not followed.
        """
        if not is_trusted(url, self._model_api_base):
            return Glance()
        try:
            async with self._glances, asyncio.timeout(_GLANCE_SECONDS):
                return await glance_at_url(self._opened(), url, self._admitting(trusted_only=True))
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, DownloadError):
            return Glance()
        except ValueError:
            return Glance()  # an address that cannot even be written down, such as half a letter

    async def aclose(self) -> None:
        """Close every connection. The next download opens new ones."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    def _admitting(self, trusted_only: bool) -> Admit:
        def admit(address: str) -> None:
            origin = origin_of(address)
            if origin is None:
                shown = clip(visible(address), 80)
                raise DownloadError(f"No file can be fetched from such an address: {shown}")
            if trusted_only and not is_trusted(address, self._model_api_base):
                raise UntrustedHost(str(origin))

        return admit

    async def _persist(self, transfer: Transfer, on_start: Callable[[], None]) -> Arrived:
        pause = self._pause
        tries_left = self._tries
        while True:
            try:
                # Between tries others have their turn: one host that is down holds up nobody.
                async with self._slots:
                    on_start()
                    return await transfer.attempt()
            except Broken as broken:
                tries_left -= 1
                if tries_left <= 0:
                    raise DownloadError(
                        f"The download broke off: {broken}. {transfer.what_is_kept()}"
                    ) from None
                wait = min(pause if broken.pause is None else broken.pause, _MAX_PAUSE)
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))
            pause *= 2

    def _opened(self) -> httpx.AsyncClient:
        if self._http is None:
            _read_widely()
            try:
                self._http = open_http(
                    connections=self._at_once + _GLANCES_AT_ONCE,
                    keep_alive=True,
                    connect_timeout=self._connect_timeout,
                    stall_timeout=self._stall_timeout,
                    headers={"Accept-Encoding": "identity"},
                )
            except ApiError as error:
                raise DownloadError(str(error)) from None
        return self._http


def _read_widely() -> None:
    """Have httpcore read as much as asyncio hands over at once.

    200 MB over loopback, checksum and disk included, take 2.3 ms of the processor a MB instead of
    4.2. It reads 64 kB by a constant of its own that it offers nobody; where a later version has
    none, downloads take more of the processor and nothing else changes.
    """
    with suppress(ImportError):
        from httpcore._async import http11

        if hasattr(http11.AsyncHTTP11Connection, "READ_NUM_BYTES"):
            http11.AsyncHTTP11Connection.READ_NUM_BYTES = _READ_BYTES
