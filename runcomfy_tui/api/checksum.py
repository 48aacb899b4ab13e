"""The checksum of a file that arrives in pieces, and of the part that came before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol

from runcomfy_tui.settings import CHECKSUMS as CHECKSUMS

CHECKSUM: Final = CHECKSUMS[0]
_PIECE = 1024 * 1024
_MAKERS: Final[Mapping[str, Callable[[], Hash]]] = {
    "blake2b": partial(hashlib.blake2b, digest_size=32),
    "sha256": hashlib.sha256,
}


class Hash(Protocol):
    """What `hashlib` makes."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


class Digest:
    """Takes bytes in their order; `str()` is the checksum with its kind: `sha256:5ca1…`.

    blake2b is cut to 256 bits, as `b2sum --length 256` prints it.
    """

    def __init__(self, name: str = CHECKSUM) -> None:
        self.name = name
        self._hash = _MAKERS[name]()

    def take(self, data: bytes | memoryview) -> None:
        """The next bytes."""
        self._hash.update(data)

    def take_file(self, fd: int, size: int) -> None:
        """The first `size` bytes of an open file; blocks. Raises `OSError`."""
        at = 0
        while at < size and (piece := os.pread(fd, min(_PIECE, size - at), at)):
            self.take(piece)
            at += len(piece)

    def __str__(self) -> str:
        return f"{self.name}:{self._hash.hexdigest()}"
