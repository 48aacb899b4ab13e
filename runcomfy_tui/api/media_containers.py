"""Containers of boxes, read as far as their first bytes go: MP4, MOV, M4A, HEIC, AVIF, WebM. Pure.

What is cut off is read as far as it is there. A box that claims to be larger than it can be costs
nothing: only bytes that are at hand are ever looked at.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from runcomfy_tui.api.media_codecs import codec_of_matroska, codec_of_sample_entry
from runcomfy_tui.jobs import MediaKind


@dataclass(frozen=True, slots=True)
class MediaHeader:
    """A file as its beginning describes it; what it does not tell is None.

    `kind` is FILE for a container of which only more bytes tell whether it holds moving pictures.
    `wants_more` says that more of the file would tell more.
    """

    format: str
    kind: MediaKind
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    wants_more: bool = False
    codec: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    """A part of the head: its name, where its content begins and ends, and whether it is whole."""

    name: bytes
    begin: int
    end: int
    is_whole: bool


# -- ISO base media (MP4, MOV, M4A, 3GP, HEIC, AVIF) ----------------------------------------------

_STILL_BRANDS: Final = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"heim": "HEIC",
    b"heis": "HEIC",
    b"mif1": "HEIF",
    b"msf1": "HEIF",
}
_BLOCK: Final = 64
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A "})


def description_after_content(head: bytes) -> tuple[bytes, int] | None:
    """Where a film goes on behind content that `head` does not hold, and what must stand before it.

    Many encoders write the description last. The bytes that begin at that offset, put behind the
    ones given here, read like a film that begins with its description. None for any other head.
    """
    first = next(_boxes(head, 0, len(head)), None)
    if first is None or not first.is_whole:
        return None
    at = 0
    while at + 16 <= len(head):
        size, name, large = struct.unpack_from(">I4sQ", head, at)
        size = large if size == 1 else size
        if size < 8 or name == b"moov":
            return None
        if name == b"mdat" and at + size > len(head):
            opening = head[: first.end] if first.name == b"ftyp" else b""
            return opening, at + size
        at += size
    return None


def read_iso(head: bytes) -> MediaHeader:
    """What the boxes of an MP4 or one of its relatives say, down to its first tracks."""
    brands = _brands(head, next(_boxes(head, 0, len(head)), None))
    boxes = _boxes(head, 0, len(head))
    for brand in brands:
        if brand in _STILL_BRANDS:
            return _still(head, _STILL_BRANDS[brand], boxes)
    name = "MOV" if brands[:1] == [b"qt  "] else "MP4"
    if _SOUND_BRANDS.intersection(brands[:1]):
        name = "M4A"
    last = None
    for last in boxes:
        if last.name == b"moov":
            return _tracks(head, name, last)
    # Content that the head does not even hold all of: the description after it is too far away.
    is_far = last is not None and last.name == b"mdat" and not last.is_whole
    kind = MediaKind.AUDIO if name == "M4A" else MediaKind.FILE
    return MediaHeader(name, kind, wants_more=not is_far)


def _brands(head: bytes, box: _Box | None) -> list[bytes]:
    """The major brand, then the compatible ones; films older than the box itself have none."""
    if box is None or box.name != b"ftyp":
        return [b"qt  "]
    told = head[box.begin : box.end]
    others = [told[at : at + 4] for at in range(8, min(len(told), 256), 4)]
    return [told[:4], *others]


def _still(head: bytes, name: str, boxes: Iterator[_Box]) -> MediaHeader:
    """The largest picture in it: the others are thumbnails, or tiles of it."""
    meta = next((box for box in boxes if box.name == b"meta"), None)
    if meta is None:
        return MediaHeader(name, MediaKind.IMAGE, wants_more=True)
    properties = [
        box
        for outer in _inside(head, meta, b"iprp", skip=4)
        for container in _inside(head, outer, b"ipco")
        for box in _boxes(head, container.begin, container.end)
        if box.is_whole
    ]
    sizes = [_stored_size(head, box) for box in properties if box.name == b"ispe"]
    if not sizes:
        return MediaHeader(name, MediaKind.IMAGE, wants_more=not meta.is_whole)
    width, height = max(sizes, key=math.prod)
    for box in properties:
        if box.name == b"clap":
            width, height = _without_padding(head, box, width, height)
    return MediaHeader(name, MediaKind.IMAGE, width or None, height or None)


def _stored_size(head: bytes, ispe: _Box) -> tuple[int, int]:
    if ispe.end - ispe.begin < 12:
        return 0, 0
    width, height = struct.unpack_from(">II", head, ispe.begin + 4)
    return width, height


def _without_padding(head: bytes, clap: _Box, width: int, height: int) -> tuple[int, int]:
    """Encoders pad a picture to whole blocks; its clean aperture tells where it really ends."""
    if clap.end - clap.begin < 16:
        return width, height
    across, by_across, down, by_down = struct.unpack_from(">4I", head, clap.begin)
    if not (by_across and by_down):
        return width, height
    inner_width, inner_height = across // by_across, down // by_down
    is_padding = 0 <= width - inner_width < _BLOCK and 0 <= height - inner_height < _BLOCK
    return (inner_width, inner_height) if is_padding else (width, height)


def _tracks(head: bytes, name: str, moov: _Box) -> MediaHeader:
    seconds = next(
        (_seconds(head, box) for box in _inside(head, moov, b"mvhd") if box.is_whole), None
    )
    handlers: set[bytes] = set()
    sound = ""
    for track in _inside(head, moov, b"trak"):
        handler = _handler(head, track)
        handlers.add(handler)
        if handler == b"vide":
            width, height = _frame_size(head, track)
            codec = _codec(head, track)
            return MediaHeader(name, MediaKind.VIDEO, width, height, seconds, codec=codec)
        sound = sound or (_codec(head, track) if handler == b"soun" else "")
    if not moov.is_whole:
        return MediaHeader(name, MediaKind.FILE, seconds=seconds, wants_more=True)
    only_sound = name == "M4A" or b"soun" in handlers
    kind = MediaKind.AUDIO if only_sound else MediaKind.FILE
    return MediaHeader(name, kind, seconds=seconds, codec=sound)


def _seconds(head: bytes, mvhd: _Box) -> float | None:
    if mvhd.end - mvhd.begin < 20:
        return None
    layout, at = (">IQ", 20) if head[mvhd.begin] == 1 else (">II", 12)
    scale, duration = struct.unpack_from(layout, head, mvhd.begin + at)
    unknown = duration in (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return None if unknown or not scale else duration / scale


def _handler(head: bytes, track: _Box) -> bytes:
    for media in _inside(head, track, b"mdia"):
        for box in _inside(head, media, b"hdlr"):
            return head[box.begin + 8 : box.begin + 12]
    return b""


def _codec(head: bytes, track: _Box) -> str:
    """How a track is packed: the code of its first sample entry."""
    boxes = [track]
    for name in (b"mdia", b"minf", b"stbl", b"stsd"):
        boxes = [inner for box in boxes for inner in _inside(head, box, name)]
    for table in boxes:
        for entry in _boxes(head, table.begin + 8, table.end):
            return codec_of_sample_entry(entry.name)
    return ""


def _frame_size(head: bytes, track: _Box) -> tuple[int | None, int | None]:
    """The last two numbers of a track's header, in 16.16 fixed point."""
    for box in _inside(head, track, b"tkhd"):
        if box.is_whole and box.end - box.begin >= 84:
            width, height = struct.unpack_from(">II", head, box.end - 8)
            return (width >> 16) or None, (height >> 16) or None
    return None, None


def _inside(head: bytes, outer: _Box, name: bytes, *, skip: int = 0) -> Iterator[_Box]:
    return (box for box in _boxes(head, outer.begin + skip, outer.end) if box.name == name)


def _boxes(head: bytes, at: int, end: int) -> Iterator[_Box]:
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", head, at)
        begin = at + 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", head, begin)
            begin += 8
        elif size == 0:
            size = end - at
        if size < begin - at:
            return
        yield _Box(name, begin, min(at + size, end), at + size <= end)
        at += size


# -- Matroska and WebM ----------------------------------------------------------------------------

_EBML, _DOCTYPE, _SEGMENT = 0x1A45DFA3, 0x4282, 0x18538067
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _TYPE, _CODEC = 0x1654AE6B, 0xAE, 0x83, 0x86
_VIDEO, _WIDTH, _HEIGHT = 0xE0, 0xB0, 0xBA
_CLUSTER = 0x1F43B675
_MOVING, _SOUND = 1, 2


def read_matroska(head: bytes) -> MediaHeader:
    """What a WebM or Matroska file says before its first cluster of content."""
    name, info, tracks, seen_all = "WebM", None, None, False
    for outer in _elements(head, 0, len(head)):
        if outer.id == _EBML:
            told = _find(head, outer, _DOCTYPE)
            name = "MKV" if told and _content(head, told).startswith(b"matroska") else name
        elif outer.id == _SEGMENT:
            for element in _elements(head, outer.begin, outer.end):
                if element.id == _INFO:
                    info = element
                elif element.id == _TRACKS:
                    tracks = element
                seen_all = element.id == _CLUSTER or (bool(info and tracks) and element.is_whole)
                if seen_all:
                    break
    seconds = None if info is None else _length(head, info)
    if tracks is None:
        return MediaHeader(name, MediaKind.FILE, seconds=seconds, wants_more=not seen_all)
    kinds = set()
    sound = ""
    for track in _elements(head, tracks.begin, tracks.end):
        if track.id != _TRACK:
            continue
        kinds.add(_number(head, _find(head, track, _TYPE)))
        picture = _find(head, track, _VIDEO)
        if picture is not None:
            width = _number(head, _find(head, picture, _WIDTH))
            height = _number(head, _find(head, picture, _HEIGHT))
            codec = _codec_of_track(head, track)
            return MediaHeader(
                name, MediaKind.VIDEO, width or None, height or None, seconds, codec=codec
            )
        sound = sound or _codec_of_track(head, track)
    if not tracks.is_whole:
        return MediaHeader(name, MediaKind.FILE, seconds=seconds, wants_more=True)
    kind = MediaKind.VIDEO if _MOVING in kinds else MediaKind.AUDIO
    kind = kind if kinds & {_MOVING, _SOUND} else MediaKind.FILE
    return MediaHeader(name, kind, seconds=seconds, codec=sound)


def _codec_of_track(head: bytes, track: _Element) -> str:
    told = _find(head, track, _CODEC)
    return codec_of_matroska(_content(head, told)) if told else ""


@dataclass(frozen=True, slots=True)
class _Element:
    id: int
    begin: int
    end: int
    is_whole: bool


def _length(head: bytes, info: _Element) -> float | None:
    duration = _find(head, info, _DURATION)
    if duration is None:
        return None
    content = _content(head, duration)
    if len(content) not in (4, 8):
        return None
    (ticks,) = struct.unpack(">f" if len(content) == 4 else ">d", content)
    scale = _number(head, _find(head, info, _SCALE)) or 1_000_000
    seconds = float(ticks) * scale / 1e9
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _find(head: bytes, outer: _Element, wanted: int) -> _Element | None:
    elements = _elements(head, outer.begin, outer.end)
    return next((each for each in elements if each.id == wanted and each.is_whole), None)


def _content(head: bytes, element: _Element) -> bytes:
    return head[element.begin : element.end]


def _number(head: bytes, element: _Element | None) -> int:
    return 0 if element is None else int.from_bytes(_content(head, element)[:8], "big")


def _elements(head: bytes, at: int, end: int) -> Iterator[_Element]:
    while at < end:
        id_length = _vint_length(head[at])
        begin = at + id_length
        if id_length > 4 or begin >= end:
            return
        size_length = _vint_length(head[begin])
        if size_length > 8 or begin + size_length > end:
            return
        size = int.from_bytes(head[begin : begin + size_length], "big")
        size &= (1 << 7 * size_length) - 1
        is_open = size == (1 << 7 * size_length) - 1
        content = begin + size_length
        last = end if is_open else content + size
        element_id = int.from_bytes(head[at:begin], "big")
        yield _Element(element_id, content, min(last, end), last <= end)
        at = last


def _vint_length(first: int) -> int:
    return 9 - first.bit_length()
