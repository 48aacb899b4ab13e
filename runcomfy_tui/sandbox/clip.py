"""A two-second MP4 clip of a square that wanders over a gradient: H.264 written by hand.

Only what H.264 can say without compression is used: the first picture is made of raw (I_PCM)
macroblocks, every later one repeats the one before it except where the square moved. So a bit
writer and a few headers are a whole encoder, and every player can decode the result.
Section numbers are those of ITU-T H.264 and ISO/IEC 14496-12 and -15.
"""

from __future__ import annotations

import colorsys
import struct
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

COLUMNS, ROWS = 20, 11
"""The size in macroblocks of 16×16 pixels: 320×176."""

FRAMES = 24
FRAMES_PER_SECOND = 12

_WIDTH, _HEIGHT = COLUMNS * 16, ROWS * 16
_TICK = 1000  # of a frame, in units of the time scale
_TIME_SCALE = FRAMES_PER_SECOND * _TICK
_DURATION = FRAMES * _TICK
_UNITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

Colour: TypeAlias = tuple[int, int, int]
"""Y, Cb, Cr in the limited range, so never 0."""


def mp4(hue: float) -> bytes:
    """The whole file, its index before its pictures, so that it plays while it still loads."""
    samples = [_sample(unit) for unit in _pictures(hue)]
    type_box = _box(b"ftyp", b"isom", _u32(0x200), b"isomiso2avc1mp41")
    # The index holds the offset of the pictures, which depends on the index's length only.
    index = _movie(samples, offset=0)
    index = _movie(samples, offset=len(type_box) + len(index) + 8)
    return type_box + index + _box(b"mdat", *samples)


class _Bits:
    """Writes single bits and Exp-Golomb codes (H.264, 9.1)."""

    def __init__(self) -> None:
        self._done = bytearray()
        self._bits = ""

    def fixed(self, value: int, width: int) -> None:
        self._bits += f"{value:0{width}b}"
        whole = len(self._bits) // 8 * 8
        if whole:
            self._done += int(self._bits[:whole], 2).to_bytes(whole // 8, "big")
            self._bits = self._bits[whole:]

    def golomb(self, *values: int) -> None:
        for value in values:
            code = f"{value + 1:b}"
            self.fixed(int(code, 2), 2 * len(code) - 1)

    def raw(self, data: bytes) -> None:
        """Whole bytes, after zero bits up to the next byte."""
        if self._bits:
            self.fixed(0, 8 - len(self._bits))
        self._done += data

    def ended(self) -> bytes:
        """All of it, closed by the stop bit."""
        self.fixed(1, 1)
        self.raw(b"")
        return bytes(self._done)


def _unit(header: int, payload: bytes) -> bytes:
    """A NAL unit (7.4.1), with an escape byte wherever the payload looks like a start code."""
    escaped = bytearray((header,))
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)


def _sequence_parameters() -> bytes:
    bits = _Bits()
    bits.fixed(66, 8)  # baseline profile
    bits.fixed(0b11000000, 8)  # … its constrained subset
    bits.fixed(30, 8)  # level 3.0
    bits.golomb(0, 0, 2, 1)  # id, 4-bit frame numbers, output in coded order, one reference
    bits.fixed(0, 1)
    bits.golomb(COLUMNS - 1, ROWS - 1)
    bits.fixed(0b1100, 4)  # frames only, direct 8×8, no cropping, no display hints
    return _unit(0x67, bits.ended())


def _picture_parameters() -> bytes:
    bits = _Bits()
    bits.golomb(0, 0)
    bits.fixed(0, 2)  # CAVLC, no field order
    bits.golomb(0, 0, 0)
    bits.fixed(0, 3)  # no weighted prediction
    bits.golomb(0, 0, 0)
    bits.fixed(0b100, 3)  # slices may switch the deblocking filter off
    return _unit(0x68, bits.ended())


def _pictures(hue: float) -> Iterable[bytes]:
    """One coded picture a frame."""

    def gradient(block: int) -> Colour:
        column, row = block % COLUMNS, block // COLUMNS
        return _colour(hue, 1.0 - 0.6 * column / COLUMNS - 0.2 * row / ROWS)

    square = _colour(hue + 0.5, 1.0)
    places = [_place(frame) for frame in range(FRAMES)]
    yield _whole_picture(lambda block: square if block == places[0] else gradient(block))
    for frame, (before, now) in enumerate(pairwise(places), start=1):
        yield _changed_picture(frame, {before: gradient(before)} | {now: square})


def _place(frame: int) -> int:
    """The macroblock on which the square stands."""
    row = abs((frame // 2) % (2 * ROWS - 2) - (ROWS - 1))
    return row * COLUMNS + frame % COLUMNS


def _colour(hue: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, 0.55, value)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    blueness, redness = (blue - luma) / 1.772, (red - luma) / 1.402
    return round(16 + 219 * luma), round(128 + 224 * blueness), round(128 + 224 * redness)


def _whole_picture(colour_of: Callable[[int], Colour]) -> bytes:
    bits = _Bits()
    bits.golomb(0, 7, 0)  # from the first macroblock, intra slice
    bits.fixed(0, 4)
    bits.golomb(0)
    bits.fixed(0, 2)
    _end_slice_header(bits)
    for block in range(COLUMNS * ROWS):
        bits.golomb(25)  # I_PCM, in an intra slice
        bits.raw(_block(colour_of(block)))
    return _unit(0x65, bits.ended())


def _changed_picture(frame: int, changes: dict[int, Colour]) -> bytes:
    bits = _Bits()
    bits.golomb(0, 5, 0)  # from the first macroblock, predicted slice
    bits.fixed(frame % 16, 4)
    bits.fixed(0, 3)
    _end_slice_header(bits)
    next_block = 0
    for block in sorted(changes):
        bits.golomb(block - next_block, 30)  # skipped ones, then I_PCM in a predicted slice
        bits.raw(_block(changes[block]))
        next_block = block + 1
    if next_block < COLUMNS * ROWS:
        bits.golomb(COLUMNS * ROWS - next_block)
    return _unit(0x41, bits.ended())


def _end_slice_header(bits: _Bits) -> None:
    bits.golomb(0, 1)  # no change of quality, deblocking off


def _block(colour: Colour) -> bytes:
    luma, blueness, redness = colour
    return bytes((luma,)) * 256 + bytes((blueness,)) * 64 + bytes((redness,)) * 64


def _sample(unit: bytes) -> bytes:
    return _u32(len(unit)) + unit


def _u32(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def _u16(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _u32(len(body) + 8) + name + body


def _movie(samples: list[bytes], *, offset: int) -> bytes:
    times = _u32(0, 0)
    movie_header = _box(
        b"mvhd",
        _u32(0) + times + _u32(_TIME_SCALE, _DURATION, 0x10000),
        _u16(0x100) + bytes(10) + _UNITY_MATRIX + bytes(24) + _u32(2),
    )
    track_header = _box(
        b"tkhd",
        _u32(3) + times + _u32(1, 0, _DURATION) + bytes(16) + _UNITY_MATRIX,
        _u32(_WIDTH << 16, _HEIGHT << 16),
    )
    media_header = _box(b"mdhd", _u32(0) + times + _u32(_TIME_SCALE, _DURATION) + _u16(0x55C4, 0))
    handler = _box(b"hdlr", _u32(0, 0) + b"vide" + bytes(12) + b"video\0")
    source = _box(b"dinf", _box(b"dref", _u32(0, 1), _box(b"url ", _u32(1))))
    information = _box(b"minf", _box(b"vmhd", _u32(1), bytes(8)), source, _table(samples, offset))
    media = _box(b"mdia", media_header, handler, information)
    return _box(b"moov", movie_header, _box(b"trak", track_header, media))


def _table(samples: list[bytes], offset: int) -> bytes:
    sequence, picture = _sequence_parameters(), _picture_parameters()
    decoder = _box(
        b"avcC",
        bytes((1, *sequence[1:4], 0xFF, 0xE1)) + _u16(len(sequence)) + sequence,
        b"\x01" + _u16(len(picture)) + picture,
    )
    description = _box(
        b"avc1",
        bytes(6) + _u16(1) + bytes(16) + _u16(_WIDTH, _HEIGHT),
        _u32(0x480000, 0x480000, 0) + _u16(1) + bytes(32) + _u16(24, 0xFFFF),
        decoder,
    )
    return _box(
        b"stbl",
        _box(b"stsd", _u32(0, 1), description),
        _box(b"stts", _u32(0, 1, len(samples), _TICK)),
        _box(b"stss", _u32(0, 1, 1)),
        _box(b"stsc", _u32(0, 1, 1, len(samples), 1)),
        _box(b"stsz", _u32(0, 0, len(samples)), *(_u32(len(sample)) for sample in samples)),
        _box(b"stco", _u32(0, 1, offset)),
    )
