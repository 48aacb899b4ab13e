"""One request and its answer: bounded in time and size, sent once, never redirected."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from runcomfy_tui.api.answers import RawAnswer
from runcomfy_tui.api.connections import open_http
from runcomfy_tui.api.deadline import at_most
from runcomfy_tui.api.encoding import ACCEPTED, WrongEncoding, decoded
from runcomfy_tui.api.errors import ApiError, Unreachable, UnreadableAnswer
from runcomfy_tui.api.values import words

_STALE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_NO_HTTP = re.compile(r"bytearray\(b(['\"])(.*)\1\)")
"""How h11 shows bytes that it could not read."""


class Departure:
    """Whether a request may have been `sent`, and what was `received` before the line broke.

    When in doubt, it was sent: only what httpcore reports as an unfinished connect (TCP, TLS or
    through a proxy) counts as "nothing was sent".
    """

    def __init__(self) -> None:
        self.sent = False
        self.received = b""

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore's `trace` extension: called as each step of a request begins and ends."""
        _, _, step = event.partition(".")
        request = info.get("request")
        if step in ("connect_tcp.started", "start_tls.started"):
            self.sent = False
        elif step in ("connect_tcp.complete", "start_tls.complete"):
            self.sent = True
        elif step == "send_request_headers.started" and request is not None:
            # A proxy is asked for a tunnel first; that CONNECT carries nothing of ours.
            self.sent = request.method != b"CONNECT"


class Lane:
    """Calls over a pool of connections; the next caller waits here, never in httpcore's pool."""

    def __init__(
        self, *, connections: int, keep_alive: bool, connect_timeout: float, max_answer: int
    ) -> None:
        self._connections = connections
        self._keep_alive = keep_alive
        self._connect_timeout = connect_timeout
        self._max_answer = max_answer
        self._slots = asyncio.Semaphore(connections)
        self._http: httpx.AsyncClient | None = None
        self._calls: Counter[httpx.AsyncClient] = Counter()

    async def call(
        self,
        method: str,
        url: str,
        *,
        token: str,
        deadline: float,
        content: bytes | None = None,
        departure: Departure | None = None,
    ) -> RawAnswer:
        """Send one request and read its whole answer, whatever its status, within `deadline` s.

        The deadline is wall-clock time for everything together: waiting for a free connection,
        connecting, sending, and the last byte of the body; what came while the program was stopped
        is still read. A GET whose connection turns out to have been closed is asked once more;
        nothing else is ever repeated.

        Raises `Unreachable` when no whole answer came and `UnreadableAnswer` for one that is too
        large or wrongly encoded.
        """
        try:
            async with at_most(deadline), self._slots:
                return await self._exchange(method, url, token, content, departure)
        except TimeoutError:
            raise Unreachable(f"{_host(url)} gave no whole answer within {deadline:g} s.") from None
        except ApiError:
            raise
        except httpx.ConnectTimeout:
            limit = f"{self._connect_timeout:g} s"
            raise Unreachable(f"{_host(url)} could not be reached within {limit}.") from None
        except httpx.ConnectError as error:
            raise Unreachable(
                f"{_host(url)} could not be reached: {_reason(error, token)}."
            ) from None
        except Exception as error:
            # Not only httpx.HTTPError: the stack below lets others slip through, and no caller
            # can be left guessing whether a paid request was sent.
            raise Unreachable(
                f"The connection to {_host(url)} broke: {_reason(error, token)}."
            ) from None

    async def renew(self) -> None:
        """Use none of the present connections for the next calls; calls on them may end there."""
        http, self._http = self._http, None
        if http is not None and not self._calls[http]:
            await http.aclose()

    async def aclose(self) -> None:
        """Close every connection. The next call opens new ones."""
        http, self._http = self._http, None
        for each in {*self._calls} | ({http} if http is not None else set()):
            await each.aclose()

    async def _exchange(
        self,
        method: str,
        url: str,
        token: str,
        content: bytes | None,
        departure: Departure | None,
    ) -> RawAnswer:
        http = self._opened()
        self._calls[http] += 1
        try:
            return await self._exchange_over(http, method, url, token, content, departure)
        finally:
            self._calls[http] -= 1
            if not self._calls[http]:
                del self._calls[http]
                if http is not self._http:
                    await http.aclose()

    async def _exchange_over(
        self,
        http: httpx.AsyncClient,
        method: str,
        url: str,
        token: str,
        content: bytes | None,
        departure: Departure | None,
    ) -> RawAnswer:
        headers = {"Authorization": f"Bearer {token}"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = http.build_request(method, url, headers=headers, content=content)
        if departure is not None:
            request.extensions["trace"] = departure.trace
            departure.sent = True
        try:
            response = await http.send(request, stream=True)
        except _STALE:
            if method != "GET":
                raise
            response = await http.send(request, stream=True)
        try:
            return await self._read(response, departure)
        finally:
            await response.aclose()

    def _opened(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = open_http(
                connections=self._connections,
                keep_alive=self._keep_alive,
                connect_timeout=self._connect_timeout,
                stall_timeout=None,
                headers={"Accept": "application/json", "Accept-Encoding": ACCEPTED},
            )
        return self._http

    async def _read(self, response: httpx.Response, departure: Departure | None) -> RawAnswer:
        headers = response.headers
        body = bytearray()
        try:
            async for piece in decoded(response.aiter_raw(), headers.get("Content-Encoding", "")):
                body += piece
                if len(body) > self._max_answer:
                    raise UnreadableAnswer(
                        f"The answer is larger than {self._max_answer / 2**20:g} MiB, "
                        "more than any answer of this API.",
                        http_status=response.status_code,
                    )
        except WrongEncoding as error:
            raise UnreadableAnswer(
                f"The answer could not be decoded: {words(str(error))}.",
                http_status=response.status_code,
            ) from None
        finally:
            if departure is not None:
                departure.received = bytes(body[: 64 * 1024])
        return RawAnswer(
            status=response.status_code,
            body=bytes(body),
            content_type=headers.get("Content-Type", ""),
            retry_after=headers.get("Retry-After"),
            location=headers.get("Location"),
        )


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _reason(error: BaseException, token: str) -> str:
    """The innermost cause: "Connection refused" says more than "All connection attempts failed"."""
    while True:
        if isinstance(error, BaseExceptionGroup):
            inner: BaseException | None = error.exceptions[0]
        else:
            inner = error.__cause__ or error.__context__
        if inner is None or not str(inner):
            break
        error = inner
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno:
        # "Connect call failed ('10.0.0.1', 443)" is asyncio's way to say it; the number is clear.
        text = os.strerror(error.errno) if error.errno > 0 else text
    if _NO_HTTP.search(text):
        told = _NO_HTTP.sub(r"“\2”", text)
        text = f"what came is no HTTP ({told})"
    return words(text.rstrip("."), hide=token) or type(error).__name__
