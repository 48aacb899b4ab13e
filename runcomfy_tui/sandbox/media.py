"""Small result files: a PNG picture and a WAV tone, made by code, and an H.264 clip kept here.

All are truly what their names say and open in any viewer. A hue tells one result from another.
"""

from __future__ import annotations

import colorsys
import io
import math
import struct
import wave
import zlib
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

HUES = 12
"""How many different pictures and tones there are."""

CLIPS = 3
"""How many different clips: `clip-0.mp4` and so on, of 320×176 pixels and two seconds."""

_IMAGE_SIZE = (512, 288)
_TONE_SECONDS = 2
_TONE_RATE = 16_000


class MediaType(StrEnum):
    """What a result file is; the value is its file name's ending."""

    PNG = "png"
    MP4 = "mp4"
    WAV = "wav"

    @property
    def content_type(self) -> str:
        """Its MIME type."""
        return {"png": "image/png", "mp4": "video/mp4", "wav": "audio/wav"}[self.value]


@lru_cache(maxsize=len(MediaType) * HUES)
def media(kind: MediaType, hue: int) -> bytes:
    """The whole file; `hue` runs from 0 to `HUES` - 1 and goes round."""
    match kind:
        case MediaType.PNG:
            return png(*_IMAGE_SIZE, hue % HUES / HUES)
        case MediaType.MP4:
            return files(__package__).joinpath(f"clip-{hue % CLIPS}.mp4").read_bytes()
        case MediaType.WAV:
            return wav(220.0 * 2 ** (hue % HUES / HUES))


def png(width: int, height: int, hue: float) -> bytes:
    """An 8-bit RGB picture: a colour of that hue (0 to 1), getting darker to the right."""
    line = bytearray(b"\0")  # filter type "none"
    for x in range(width):
        red, green, blue = colorsys.hsv_to_rgb(hue, 0.55, 1.0 - 0.8 * x / width)
        line += bytes((int(red * 255), int(green * 255), int(blue * 255)))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _png_chunk(b"IHDR", header),
            _png_chunk(b"IDAT", zlib.compress(bytes(line) * height)),
            _png_chunk(b"IEND", b""),
        )
    )


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def wav(frequency: float) -> bytes:
    """A mono 16-bit tone of that many hertz, fading out."""
    count = _TONE_SECONDS * _TONE_RATE
    samples = (
        int(12_000 * (1 - i / count) * math.sin(2 * math.pi * frequency * i / _TONE_RATE))
        for i in range(count)
    )
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_TONE_RATE)
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return buffer.getvalue()
