"""Files of this machine on their way to RunComfy: read at the last moment, sent as data URIs.

What is sent are the bytes; what is kept is the path and their SHA-256. Everything here blocks on
the disk and belongs into a thread.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from runcomfy_tui.api.media_headers import mime_type, read_header
from runcomfy_tui.api.payload import MAX_REQUEST
from runcomfy_tui.api.probe import MOST_BYTES, facts_of
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.local_files import kept_as, local_path
from runcomfy_tui.schema.media_entries import JsonPath, with_values
from runcomfy_tui.schema.sightings import Sight, Sighting

MOST_ATTACHED: Final = MAX_REQUEST // 4 * 3
"""Bytes of files that fit into one request: base64 makes four of three."""

_TOO_LARGE: Final = (
    f"too large to be sent from here: a request holds {MOST_ATTACHED / 1e6:.0f} MB of files "
    "at most. Give it as a URL"
)


class _Unreadable(Exception):
    """Why a file cannot be read, in words for people."""


@dataclass(frozen=True, slots=True)
class Attached:
    """One request in its two forms: what goes to RunComfy, and what the ledger keeps of it."""

    sent: JsonObject
    kept: JsonObject


def look_at_file(address: str) -> Sighting:
    """What the beginning of a file of this machine tells; what goes wrong is an answer, too."""
    try:
        head, size = _read(local_path(address), MOST_BYTES)
    except (_Unreadable, ValueError) as error:
        return _unusable(str(error))
    if not size:
        return _unusable("the file is empty")
    if size > MOST_ATTACHED:
        return _unusable(_TOO_LARGE)
    header = read_header(head)
    return Sighting(
        Sight.SEEN,
        facts_of(header, size),
        header.format if header else "",
        header.kind if header else None,
        header.seconds if header else None,
        is_embedded=True,
        is_local=True,
    )


def attach(inputs: JsonObject, files: Sequence[JsonPath]) -> Attached:
    """`inputs` with the files that are named at these paths in it.

    Raises `EngineError`, before anything was sent, when one cannot be read or all together are
    too large for a request.
    """
    data_uris: dict[Path, str] = {}
    kept_names: dict[Path, str] = {}
    sent: dict[JsonPath, str] = {}
    kept: dict[JsonPath, str] = {}
    room = MOST_ATTACHED
    for place in files:
        address = _at(inputs, place)
        try:
            path = local_path(address)
            if path not in data_uris:
                content, size = _read(path, room)
                if size > room:
                    raise _Unreadable(_TOO_LARGE)
                data_uris[path] = _data_uri(path, content)
                kept_names[path] = kept_as(path, hashlib.sha256(content).hexdigest())
        except (_Unreadable, ValueError) as error:
            raise EngineError(f"Nothing was sent. {address}: {error}.") from None
        # A file that is named twice is sent twice.
        room -= len(data_uris[path]) * 3 // 4
        sent[place], kept[place] = data_uris[path], kept_names[path]
    return Attached(with_values(inputs, sent), with_values(inputs, kept))


def _read(path: Path, most: int) -> tuple[bytes, int]:
    """The first `most` bytes of a file, and its size: more than `most` if there is more of it."""
    try:
        # A pipe or a device would keep whoever opens it waiting.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            told = os.fstat(descriptor)
            if stat.S_ISDIR(told.st_mode):
                raise _Unreadable("it is a folder")
            if not stat.S_ISREG(told.st_mode):
                raise _Unreadable("it is no ordinary file")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(most), told.st_size
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise _Unreadable("there is no such file") from None
    except PermissionError:
        raise _Unreadable("it may not be read") from None
    except OSError as error:
        raise _Unreadable(error.strerror or type(error).__name__) from None


def _data_uri(path: Path, content: bytes) -> str:
    header = read_header(content[:MOST_BYTES])
    mime = (header and mime_type(header)) or mimetypes.guess_type(path.name)[0]
    encoded = base64.b64encode(content).decode("ascii")
    return f"data:{mime or 'application/octet-stream'};base64,{encoded}"


def _at(inputs: JsonObject, place: JsonPath) -> str:
    value: Any = inputs
    for step in place:
        value = value[step]
    return str(value)


def _unusable(words: str) -> Sighting:
    return Sighting(Sight.WRONG, words=words, is_embedded=True, is_local=True)
