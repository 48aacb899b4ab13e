"""What a media file is, from as few of its bytes as tell it: here on the disk, or at its host."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import httpx

from runcomfy_tui.api.follow import Admit, follow
from runcomfy_tui.api.media_containers import description_after_content
from runcomfy_tui.api.media_headers import MediaHeader, may_become_known, read_header

FIRST_BYTES = 64 * 1024
MOST_BYTES = 1024 * 1024

_TOTAL = re.compile(r"bytes \d{1,19}-\d{1,19}/(\d{1,19})")


@dataclass(frozen=True, slots=True)
class Glance:
    """What is known of a file that was not read whole; None for what it did not tell."""

    size: int | None = None
    header: MediaHeader | None = None


def glance_at_file(fd: int) -> MediaHeader | None:
    """What the file behind a descriptor is; its position is left alone. Raises `OSError`."""
    head = os.pread(fd, MOST_BYTES, 0)
    behind = description_after_content(head)
    if behind is not None and behind[1] < os.fstat(fd).st_size:
        opening, at = behind
        told = read_header(opening + os.pread(fd, MOST_BYTES, at))
        if told is not None and not told.wants_more:
            return told
    return read_header(head)


async def glance_at_url(http: httpx.AsyncClient, url: str, admit: Admit) -> Glance:
    """What the file at a URL is, by ranged requests for its beginning and, if need be, its end.

    Raises what `admit` raises, and httpx's own.
    """

    async def part(at: int, enough: Callable[[bytes], bool]) -> tuple[bytes, int | None]:
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={at}-{at + MOST_BYTES - 1}"}
        response = await follow(http, url, headers, admit)
        try:
            if response.status_code not in ((200, 206) if at == 0 else (206,)):
                return b"", None
            if response.headers.get("Content-Encoding"):
                return b"", None
            return await _read(response, enough), _size(response)
        finally:
            await response.aclose()

    head, size = await part(0, _is_settled)
    header = read_header(head)
    behind = description_after_content(head)
    if behind is not None and (size is None or behind[1] < size):
        header = await _with_end(header, behind, part)
    return Glance(size, header)


_Part = Callable[[int, Callable[[bytes], bool]], Awaitable[tuple[bytes, int | None]]]


async def _with_end(
    header: MediaHeader | None, behind: tuple[bytes, int], part: _Part
) -> MediaHeader | None:
    opening, at = behind
    tail, _ = await part(at, lambda tail: _is_settled(opening + tail))
    told = read_header(opening + tail)
    return header if told is None or told.wants_more else told


async def _read(response: httpx.Response, enough: Callable[[bytes], bool]) -> bytes:
    got = bytearray()
    looked_at = 0
    raw = response.aiter_raw()
    async with aclosing(raw):  # type: ignore[type-var]
        async for piece in raw:
            got += piece[: MOST_BYTES - len(got)]
            if len(got) >= MOST_BYTES:
                break
            if len(got) >= max(FIRST_BYTES, 2 * looked_at):
                looked_at = len(got)
                if enough(bytes(got)):
                    break
    return bytes(got)


def _is_settled(head: bytes) -> bool:
    header = read_header(head)
    if header is None:
        return not may_become_known(head)
    return not header.wants_more


def _size(response: httpx.Response) -> int | None:
    if response.status_code == 206:
        told = _TOTAL.fullmatch(response.headers.get("Content-Range", "").strip())
        return int(told[1]) if told else None
    digits = response.headers.get("Content-Length", "")
    return int(digits) if digits.isdecimal() and len(digits) < 20 else None
