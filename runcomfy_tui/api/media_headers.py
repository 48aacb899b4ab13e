"""What a media file says of itself in its first bytes: its format, its pixels, its length. Pure.

Pixels are those stored: a rotation that EXIF or a container asks for is not applied. Nothing here
raises, whatever the bytes are.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from runcomfy_tui.api.media_containers import MediaHeader as MediaHeader
from runcomfy_tui.api.media_containers import read_iso, read_matroska
from runcomfy_tui.jobs import MediaKind

_LONGEST_PREAMBLE: Final = 64
"""Bytes after which a file that has not said what it is will not say it any more."""


def read_header(head: bytes) -> MediaHeader | None:
    """What `head`, the first bytes of a file, says of it; None when it is no medium known here."""
    for magic, offset, read in _FORMATS:
        if head.startswith(magic, offset):
            return _read(read, head)
    return _sound_frame(head)


def mime_type(header: MediaHeader) -> str | None:
    """What a file is called in a data URI; None where that is best told from its name."""
    subtype = _SUBTYPES.get(header.format)
    if subtype is None or header.kind is MediaKind.FILE:
        return None
    return f"{header.kind.value}/{subtype}"


def may_become_known(head: bytes) -> bool:
    """Whether a `head` that is nothing yet is too short to be given up."""
    return len(head) < _LONGEST_PREAMBLE


def _read(read: _Reader, head: bytes) -> MediaHeader | None:
    try:
        return read(head)
    except (struct.error, IndexError, ValueError, ArithmeticError):
        # The head ends, or lies, in the middle of what was to be read.
        return _without_details(read, head)


def _without_details(read: _Reader, head: bytes) -> MediaHeader | None:
    known = _NAMES.get(read)
    return None if known is None else MediaHeader(*known, wants_more=True)


_SUBTYPES: Final = {
    "AAC": "aac",
    "AVIF": "avif",
    "BMP": "bmp",
    "FLAC": "flac",
    "GIF": "gif",
    "HEIC": "heic",
    "HEIF": "heif",
    "JPEG": "jpeg",
    "M4A": "mp4",
    "MOV": "quicktime",
    "MP3": "mpeg",
    "MP4": "mp4",
    "OGG": "ogg",
    "PNG": "png",
    "SVG": "svg+xml",
    "TIFF": "tiff",
    "WAV": "wav",
    "WEBP": "webp",
    "WebM": "webm",
}

_Reader = Callable[[bytes], MediaHeader | None]


def _image(name: str, width: int, height: int) -> MediaHeader:
    if not (width and height):
        return MediaHeader(name, MediaKind.IMAGE)
    return MediaHeader(name, MediaKind.IMAGE, width, height)


def _png(head: bytes) -> MediaHeader:
    return _image("PNG", *struct.unpack_from(">II", head, 16))


def _gif(head: bytes) -> MediaHeader:
    return _image("GIF", *struct.unpack_from("<HH", head, 6))


def _bmp(head: bytes) -> MediaHeader:
    if struct.unpack_from("<I", head, 14)[0] == 12:
        return _image("BMP", *struct.unpack_from("<HH", head, 18))
    width, height = struct.unpack_from("<ii", head, 18)
    return _image("BMP", abs(width), abs(height))


_NO_SIZE_IN: Final = frozenset({0xC4, 0xC8, 0xCC})
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


def _jpeg(head: bytes) -> MediaHeader:
    at = 2
    while True:
        if head[at] != 0xFF:
            return MediaHeader("JPEG", MediaKind.IMAGE)
        while head[at] == 0xFF:
            at += 1
        marker = head[at]
        at += 1
        if marker in _STANDALONE:
            continue
        if marker in (0xD9, 0xDA):
            return MediaHeader("JPEG", MediaKind.IMAGE)
        (length,) = struct.unpack_from(">H", head, at)
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE_IN:
            height, width = struct.unpack_from(">HH", head, at + 3)
            return _image("JPEG", width, height)
        at += max(2, length)


def _tiff(head: bytes) -> MediaHeader:
    order = "<" if head.startswith(b"II") else ">"
    (at,) = struct.unpack_from(f"{order}I", head, 4)
    (count,) = struct.unpack_from(f"{order}H", head, at)
    sides: dict[int, int] = {}
    for entry in range(at + 2, at + 2 + 12 * min(count, 64), 12):
        tag, form = struct.unpack_from(f"{order}HH", head, entry)
        if tag in (0x100, 0x101):
            layout = "H" if form == 3 else "I"
            (sides[tag],) = struct.unpack_from(order + layout, head, entry + 8)
    return _image("TIFF", sides.get(0x100, 0), sides.get(0x101, 0))


def _riff(head: bytes) -> MediaHeader | None:
    match head[8:12]:
        case b"WEBP":
            return _webp(head)
        case b"WAVE":
            return _wav(head)
        case b"AVI ":
            return MediaHeader("AVI", MediaKind.VIDEO)
        case _:
            return MediaHeader("RIFF", MediaKind.FILE, wants_more=True) if len(head) < 12 else None


def _webp(head: bytes) -> MediaHeader:
    try:
        chunk = _exactly(head, 12, 4)
        if chunk == b"VP8X":
            width = int.from_bytes(_exactly(head, 24, 3), "little") + 1
            height = int.from_bytes(_exactly(head, 27, 3), "little") + 1
        elif chunk == b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif chunk == b"VP8 ":
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 26))
        else:
            width = height = 0
    except struct.error:
        return MediaHeader("WEBP", MediaKind.IMAGE, wants_more=True)
    return _image("WEBP", width, height)


def _exactly(head: bytes, at: int, count: int) -> bytes:
    """`count` bytes at `at`; a slice would quietly give fewer."""
    part: bytes = struct.unpack_from(f"{count}s", head, at)[0]
    return part


def _wav(head: bytes) -> MediaHeader:
    found = MediaHeader("WAV", MediaKind.AUDIO)
    at, bytes_a_second = 12, 0
    try:
        while True:
            name, size = struct.unpack_from("<4sI", head, at)
            if name == b"fmt ":
                (bytes_a_second,) = struct.unpack_from("<I", head, at + 16)
            if name == b"data":
                known = bytes_a_second and size != 0xFFFFFFFF
                return replace(found, seconds=size / bytes_a_second) if known else found
            at += 8 + size + size % 2
    except struct.error:
        return replace(found, wants_more=True)


def _flac(head: bytes) -> MediaHeader:
    (bits,) = struct.unpack_from(">Q", head, 18)
    rate, samples = bits >> 44, bits & 0xFFFFFFFFF
    return MediaHeader("FLAC", MediaKind.AUDIO, seconds=samples / rate if samples else None)


def _ogg(head: bytes) -> MediaHeader:
    begin = head[28:36]
    if begin.startswith((b"\x80theora", b"fishead")):
        return MediaHeader("OGG", MediaKind.VIDEO)
    return MediaHeader("OGG", MediaKind.AUDIO, wants_more=len(head) < 36)


def _svg_or_xml(head: bytes) -> MediaHeader | None:
    return MediaHeader("SVG", MediaKind.IMAGE) if b"<svg" in head[:1024] else None


def _named(name: str, kind: MediaKind) -> _Reader:
    return lambda head: MediaHeader(name, kind)


_FORMATS: Final[tuple[tuple[bytes, int, _Reader], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"GIF87a", 0, _gif),
    (b"GIF89a", 0, _gif),
    (b"RIFF", 0, _riff),
    (b"RF64", 0, _named("WAV", MediaKind.AUDIO)),
    (b"ftyp", 4, read_iso),
    (b"moov", 4, read_iso),
    (b"wide", 4, read_iso),
    (b"\x1a\x45\xdf\xa3", 0, read_matroska),
    (b"fLaC", 0, _flac),
    (b"OggS", 0, _ogg),
    (b"ID3", 0, _named("MP3", MediaKind.AUDIO)),
    (b"II*\x00", 0, _tiff),
    (b"MM\x00*", 0, _tiff),
    (b"BM", 0, _bmp),
    (b"\xff\x0a", 0, _named("JPEG XL", MediaKind.IMAGE)),
    (b"\x00\x00\x00\x0cJXL ", 0, _named("JPEG XL", MediaKind.IMAGE)),
    (b"FORM", 0, _named("AIFF", MediaKind.AUDIO)),
    (b"FLV\x01", 0, _named("FLV", MediaKind.VIDEO)),
    (b"\x00\x00\x01\xba", 0, _named("MPEG", MediaKind.VIDEO)),
    (b"#!AMR", 0, _named("AMR", MediaKind.AUDIO)),
    (b"<svg", 0, _svg_or_xml),
    (b"<?xml", 0, _svg_or_xml),
)

_NAMES: Final[dict[_Reader, tuple[str, MediaKind]]] = {
    _png: ("PNG", MediaKind.IMAGE),
    _jpeg: ("JPEG", MediaKind.IMAGE),
    _gif: ("GIF", MediaKind.IMAGE),
    _bmp: ("BMP", MediaKind.IMAGE),
    _tiff: ("TIFF", MediaKind.IMAGE),
    _flac: ("FLAC", MediaKind.AUDIO),
    read_iso: ("MP4", MediaKind.FILE),
    read_matroska: ("WebM", MediaKind.FILE),
}


def _sound_frame(head: bytes) -> MediaHeader | None:
    """MP3 and AAC have no beginning of their own: they start with their first frame."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer = head[1] >> 1 & 3
    if head[1] & 0xF0 == 0xF0 and layer == 0:
        return MediaHeader("AAC", MediaKind.AUDIO)
    is_reserved = head[1] >> 3 & 3 == 1 or head[2] >> 4 in (0, 15) or head[2] >> 2 & 3 == 3
    return None if layer == 0 or is_reserved else MediaHeader("MP3", MediaKind.AUDIO)
