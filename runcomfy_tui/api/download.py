"""Downloads of result files: from whom, how many at once, how often tried."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from pathlib import Path

import httpx

from runcomfy_tui.api.connections import open_http
from runcomfy_tui.api.errors import ApiError, DownloadError, UntrustedHost
from runcomfy_tui.api.origins import is_trusted, origin_of
from runcomfy_tui.api.transfer import Broken, Progress, Transfer
from runcomfy_tui.text import clip, visible

__all__ = ["MAX_BYTES", "Downloader", "Progress"]

MAX_BYTES = 2 * 1024**3
"""The limit that RunComfy's own clients set for one file."""

_MAX_PAUSE = 30.0


def _nobody(_progress: Progress) -> None:
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
    ) -> None:
        self._model_api_base = model_api_base
        self._at_once = at_once
        self._slots = asyncio.Semaphore(at_once)
        self._max_bytes = max_bytes
        self._connect_timeout = connect_timeout
        self._stall_timeout = stall_timeout
        self._tries = tries
        self._pause = pause
        self._http: httpx.AsyncClient | None = None

    async def download(
        self,
        url: str,
        folder: Path,
        *,
        name: str | None = None,
        trusted_only: bool = True,
        allowed_hosts: Collection[str] = (),
        on_progress: Callable[[Progress], None] = _nobody,
    ) -> Path:
        """Fetch `url` into `folder` and return the file; an existing file is never overwritten.

        `name` is made safe; without one it comes from the URL. `allowed_hosts` are those that the
        user has agreed to (`UntrustedHost.host`); `trusted_only=False` agrees to every host.
        `on_progress` is called at most four times a second and once at the end. Cancelling leaves
        the `.part` for a later try.

        Raises `UntrustedHost` before anything is asked of a host that nobody agreed to, and
        `DownloadError` for everything else, with words on what to do.
        """

        def admit(address: str) -> None:
            origin = origin_of(address)
            if origin is None:
                shown = clip(visible(address), 80)
                raise DownloadError(f"No file can be fetched from such an address: {shown}")
            agreed = not trusted_only or str(origin) in allowed_hosts
            if not agreed and not is_trusted(address, self._model_api_base):
                raise UntrustedHost(str(origin))

        admit(url)
        async with self._slots:
            transfer = Transfer(
                self._opened(),
                url,
                folder,
                name,
                admit=admit,
                max_bytes=self._max_bytes,
                on_progress=on_progress,
            )
            try:
                return await self._persist(transfer)
            finally:
                await transfer.close()

    async def size(self, url: str) -> int | None:
        """How many bytes the file has, without fetching it; None when the host does not say.

        Only hosts that need nobody's agreement are asked.
        """
        if not is_trusted(url, self._model_api_base):
            return None
        try:
            async with self._slots, asyncio.timeout(self._connect_timeout):
                answer = await self._opened().head(url, headers={"Accept-Encoding": "identity"})
        except (httpx.HTTPError, DownloadError, TimeoutError):
            return None
        length = answer.headers.get("content-length", "")
        return int(length) if answer.is_success and length.isdecimal() else None

    async def aclose(self) -> None:
        """Close every connection. The next download opens new ones."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _persist(self, transfer: Transfer) -> Path:
        pause = self._pause
        tries_left = self._tries
        while True:
            try:
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
            try:
                self._http = open_http(
                    connections=self._at_once,
                    keep_alive=True,
                    connect_timeout=self._connect_timeout,
                    stall_timeout=self._stall_timeout,
                    headers={"Accept-Encoding": "identity"},
                )
            except ApiError as error:
                raise DownloadError(str(error)) from None
        return self._http
