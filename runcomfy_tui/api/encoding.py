"""Bodies as they were meant: gzip undone in small pieces, so that a bomb never goes off. Pure."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

ACCEPTED = "gzip"
"""What is offered as `Accept-Encoding`: the one encoding that is undone here."""

_PIECE = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class WrongEncoding(Exception):
    """A body is encoded in a way that was not offered, or is no valid gzip."""


def decoded(raw: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The pieces of a body whose `Content-Encoding` is `encoding`, each of bounded size.

    Raises `WrongEncoding`. A reader that stops early has spent no more memory than one piece.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return raw
    if name not in ("gzip", "x-gzip"):
        raise WrongEncoding(f"the encoding {name!r} was not asked for")
    return _inflated(raw)


async def _inflated(raw: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(_GZIP)
    async for piece in raw:
        rest = piece
        while rest:
            try:
                opened = inflater.decompress(rest, _PIECE)
            except zlib.error:
                raise WrongEncoding("it is no valid gzip") from None
            rest = inflater.unconsumed_tail
            if opened:
                yield opened
            elif not rest:
                break
    if not inflater.eof:
        raise WrongEncoding("the gzip breaks off")
