"""A look at a file that RunComfy is to fetch, the way RunComfy would: as a stranger, over https.

The look carries no token, no cookie and nothing of a netrc; it reads the file's beginning only.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeAlias, cast
from urllib.parse import urljoin, urlsplit

import httpx

from runcomfy_tui.api.connections import open_http
from runcomfy_tui.api.encoding import WrongEncoding, decoded
from runcomfy_tui.api.errors import ApiError
from runcomfy_tui.api.media_headers import MediaHeader, may_become_known, read_header
from runcomfy_tui.api.origins import Origin, origin_of
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.schema.media_rules import MediaFacts
from runcomfy_tui.schema.sightings import Sight, Sighting

MOST_BYTES: Final = 1024 * 1024
"""What is read of one file at most."""

_FIRST_BYTES: Final = 4096
_MAX_REDIRECTS: Final = 5
_MAY_PASS: Final = frozenset({408, 425, 429})
_NOT_FOR_ALL: Final = frozenset({401, 402, 403, 407})
_NOT_THERE: Final = frozenset({404, 410})
_PRIVATE_NAMES: Final = ("localhost", ".localhost", ".local", ".lan", ".internal", ".home.arpa")
_Bytes: TypeAlias = AsyncGenerator[bytes, None]
_RANGE: Final = re.compile(r"bytes (?:(\d{1,19})-\d{1,19}|\*)/(\d{1,19}|\*)")


class MediaProbe:
    """Looks at files, a few at a time. `deadline` is in seconds and bounds one look as a whole.

    `loopback_http` also admits http:// on 127.0.0.1, for tests: RunComfy can fetch nothing there.
    """

    def __init__(
        self,
        *,
        at_once: int = 3,
        connect_timeout: float = 5.0,
        deadline: float = 10.0,
        most_bytes: int = MOST_BYTES,
        loopback_http: bool = False,
    ) -> None:
        self._at_once = at_once
        self._slots = asyncio.Semaphore(at_once)
        self._connect_timeout = connect_timeout
        self._deadline = deadline
        self._most_bytes = most_bytes
        self._loopback_http = loopback_http
        self._http: httpx.AsyncClient | None = None

    async def look(self, url: str) -> Sighting:
        """What is seen of the file at `url`. Nothing is raised: what goes wrong is an answer."""
        async with self._slots:
            try:
                async with asyncio.timeout(self._deadline) as limit:
                    return await self._look(url, limit)
            except TimeoutError:
                return _unseen(f"no answer came within {self._deadline:g} s")
            except httpx.ConnectTimeout:
                return _unseen(f"{_host(url)} could not be reached in {self._connect_timeout:g} s")
            except httpx.ConnectError as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    return _unseen(f"the certificate of {_host(url)} is not accepted here")
                return _unseen(f"{_host(url)} could not be reached from here")
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError):
                return _unseen(f"the connection to {_host(url)} broke")
            except WrongEncoding:
                return _unseen(f"what {_host(url)} sent could not be decoded")
            except ApiError as error:
                return _unseen(str(error))

    async def aclose(self) -> None:
        """Close every connection. The next look opens new ones."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _look(self, url: str, limit: asyncio.Timeout) -> Sighting:
        for hop in range(_MAX_REDIRECTS + 1):
            fault = self._fault(url)
            if fault is not None:
                return _wrong(fault if hop == 0 else f"it leads to an address that is {fault}")
            request = self._opened().build_request("GET", url)
            response = await self._opened().send(request, stream=True)
            try:
                location = response.headers.get("Location")
                if not (300 <= response.status_code < 400 and location):
                    return _judged(response) or await self._examined(response, limit)
            finally:
                await response.aclose()
            url = urljoin(url, location)
        return _wrong("its address only leads to others")

    def _fault(self, url: str) -> str | None:
        """Why RunComfy could not fetch from an address; nothing is asked of it then."""
        origin = origin_of(url)
        if origin is None:
            has_user = "@" in _host(url)
            return "not public: it holds a user name" if has_user else "not a plain https:// URL"
        if self._loopback_http and origin.host == "127.0.0.1":
            return None
        if origin.scheme != "https":
            return "not https"
        if _is_private(origin):
            return f"in a private network ({origin.host}), where RunComfy cannot fetch"
        return None

    async def _examined(self, response: httpx.Response, limit: asyncio.Timeout) -> Sighting:
        """What the beginning of a body tells, read no further than it takes to tell it."""
        encoding = response.headers.get("Content-Encoding", "")
        head, is_all = await self._read(response, encoding, limit)
        header = read_header(head)
        size = len(head) if is_all else _announced_size(response, encoded=bool(encoding))
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if size == 0:
            return _wrong("the file is empty")
        if header is None and _is_page(content_type, head):
            return _wrong("a web page came instead of a file: it may want a login")
        if header is None and _is_text(content_type):
            return _wrong(f"it is no image, video or sound ({content_type})")
        kind = kind_of_type(content_type) if header is None else header.kind
        return Sighting(
            Sight.SEEN,
            facts_of(header, size),
            header.format if header else "",
            kind,
            header.seconds if header else None,
            _oddity(content_type, header),
        )

    async def _read(
        self, response: httpx.Response, encoding: str, limit: asyncio.Timeout
    ) -> tuple[bytes, bool]:
        """The head of the body, and whether that is all of it.

        A slow host's head counts as far as it came: what is known then is still known.
        """
        head = bytearray()
        wanted = _FIRST_BYTES
        ends_at = limit.when()
        try:
            # The inner limit ends first, so that its end can be told from the outer one's.
            async with asyncio.timeout_at(None if ends_at is None else ends_at - 0.2):
                raw = cast(_Bytes, response.aiter_raw())
                pieces = cast(_Bytes, decoded(raw, encoding))
                async with aclosing(raw), aclosing(pieces):
                    async for piece in pieces:
                        head += piece[: self._most_bytes - len(head)]
                        if len(head) >= self._most_bytes:
                            return bytes(head), False
                        if len(head) >= wanted:
                            if _is_settled(bytes(head)):
                                return bytes(head), False
                            wanted = 2 * len(head)
        except TimeoutError:
            if not head:
                raise
            return bytes(head), False
        return bytes(head), response.status_code == 200

    def _opened(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = open_http(
                connections=self._at_once,
                keep_alive=False,
                connect_timeout=self._connect_timeout,
                stall_timeout=self._deadline,
                headers={
                    "Accept-Encoding": "identity",
                    "Range": f"bytes=0-{self._most_bytes - 1}",
                },
            )
        return self._http


def facts_of(header: MediaHeader | None, size: int | None) -> MediaFacts:
    """What the rules of a schema can be held against."""
    if header is None:
        return MediaFacts(size)
    return MediaFacts(size, header.width, header.height)


def kind_of_type(content_type: str) -> MediaKind | None:
    """The medium of a MIME type; None for one that names none."""
    major = content_type.partition("/")[0].lower()
    return {
        "image": MediaKind.IMAGE,
        "video": MediaKind.VIDEO,
        "audio": MediaKind.AUDIO,
    }.get(major)


def _judged(response: httpx.Response) -> Sighting | None:
    """What an answer's status alone says; None when the file is there."""
    status = response.status_code
    if status == 200:
        return None
    told = _content_range(response)
    if status == 206:
        starts_right = told is not None and told[0] == 0
        return None if starts_right else _unseen("the host did not send the file's beginning")
    if status == 416 and told is not None and told[1] == 0:
        return _wrong("the file is empty")
    if status in _NOT_THERE:
        return _wrong(f"there is no file (HTTP {status})")
    if status in _NOT_FOR_ALL:
        return _wrong(f"not for everyone: the host wants a login or turns us away (HTTP {status})")
    if status >= 500 or status in _MAY_PASS:
        return _unseen(f"the host is not able to answer just now (HTTP {status})")
    return _wrong(f"the host does not give it out (HTTP {status})")


def _announced_size(response: httpx.Response, *, encoded: bool) -> int | None:
    if response.status_code == 206:
        told = _content_range(response)
        return told[1] if told else None
    digits = response.headers.get("Content-Length", "")
    return int(digits) if digits.isdecimal() and len(digits) < 20 and not encoded else None


def _content_range(response: httpx.Response) -> tuple[int | None, int | None] | None:
    """Where a part begins and how large the whole is: `bytes 0-1048575/2100000`."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None:
        return None
    begin, total = found.groups()
    return int(begin) if begin else None, None if total == "*" else int(total)


def _is_settled(head: bytes) -> bool:
    header = read_header(head)
    return not may_become_known(head) if header is None else not header.wants_more


def _is_page(content_type: str, head: bytes) -> bool:
    begin = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" in content_type or begin.startswith((b"<!doctype html", b"<html"))


def _is_text(content_type: str) -> bool:
    return content_type.startswith("text/") or content_type.endswith(("json", "xml"))


def _oddity(content_type: str, header: MediaHeader | None) -> str:
    """What a host says of a file against what its bytes say: RunComfy may believe either."""
    if header is None or header.kind is MediaKind.FILE:
        return ""
    said = kind_of_type(content_type)
    is_contradicted = _is_text(content_type) if said is None else said is not header.kind
    # An .ogg or a WebM is often served as its family's other half.
    is_family = {said, header.kind} <= {MediaKind.VIDEO, MediaKind.AUDIO}
    return f"the host calls it {content_type}" if is_contradicted and not is_family else ""


def _is_private(origin: Origin) -> bool:
    host = origin.host
    if host.endswith(_PRIVATE_NAMES[1:]) or host == _PRIVATE_NAMES[0]:
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    try:
        # Shorter spellings of an address, which resolvers take all the same.
        return not ipaddress.IPv4Address(socket.inet_aton(host)).is_global
    except OSError:
        return False


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return "the host"


def _wrong(words: str) -> Sighting:
    return Sighting(Sight.WRONG, words=words)


def _unseen(words: str) -> Sighting:
    return Sighting(Sight.UNSEEN, words=words)
