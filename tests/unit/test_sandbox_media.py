"""The sandbox's result files are what they claim to be."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import Iterator

import pytest

from runcomfy_tui.sandbox.media import CLIPS, HUES, MediaType, media


@pytest.mark.parametrize("kind", MediaType)
def test_each_hue_is_another_file_and_the_same_one_every_time(kind: MediaType) -> None:
    different = CLIPS if kind is MediaType.MP4 else HUES
    assert len({media(kind, hue) for hue in range(HUES)}) == different
    assert media(kind, 3) == media(kind, 3 + HUES)


def test_the_picture_is_a_png_with_sound_checksums_and_every_pixel() -> None:
    content = media(MediaType.PNG, 1)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        assert checksum == zlib.crc32(name + data)
        chunks[name] = data
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    assert (depth, colour) == (8, 2)
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)


def test_the_sound_is_a_wav_that_can_be_heard() -> None:
    with wave.open(io.BytesIO(media(MediaType.WAV, 1))) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        samples = struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))
    assert len(samples) == file.getnframes() > file.getframerate()
    assert max(samples) > 8_000
    assert min(samples) < -8_000


@pytest.mark.parametrize("hue", range(CLIPS))
def test_the_clip_says_before_its_pictures_what_it_is(hue: int) -> None:
    boxes = dict(_boxes(media(MediaType.MP4, hue)))
    assert list(boxes).index("moov") < list(boxes).index("mdat"), "it plays while it still loads"
    track = dict(_boxes(_inside(boxes["moov"], "trak")))
    width, height = struct.unpack(">II", track["tkhd"][-8:])
    assert (width >> 16, height >> 16) == (320, 176)
    ticks, duration = struct.unpack_from(">II", dict(_boxes(boxes["moov"]))["mvhd"], 12)
    assert duration / ticks == 2.0
    table = dict(_boxes(_inside(boxes["moov"], "trak", "mdia", "minf", "stbl")))
    assert table["stsd"][12:16] == b"avc1"


def _boxes(content: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        assert 8 <= size <= len(content) - at
        yield name.decode(), content[at + 8 : at + size]
        at += size


def _inside(content: bytes, *path: str) -> bytes:
    for name in path:
        content = dict(_boxes(content))[name]
    return content
