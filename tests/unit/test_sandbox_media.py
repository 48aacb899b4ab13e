"""The sandbox's result files are what they claim to be."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import Iterator

import pytest

from runcomfy_tui.sandbox.clip import COLUMNS, FRAMES, ROWS
from runcomfy_tui.sandbox.media import HUES, MediaType, media


@pytest.mark.parametrize("kind", MediaType)
def test_each_hue_is_another_file_and_the_same_one_every_time(kind: MediaType) -> None:
    assert len({media(kind, hue) for hue in range(HUES)}) == HUES
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


def test_the_clip_is_an_mp4_whose_index_leads_to_every_picture() -> None:
    content = media(MediaType.MP4, 1)
    boxes = dict(_boxes(content))
    assert list(boxes) == [
        "ftyp",
        "moov",
        "mdat",
    ]
    table = _inside(boxes["moov"], "trak", "mdia", "minf", "stbl")
    parts = dict(_boxes(table))
    count, *sizes = struct.unpack(f">{FRAMES + 1}I", parts["stsz"][8:])
    assert count == FRAMES
    assert sum(sizes) == len(boxes["mdat"])
    (offset,) = struct.unpack(">I", parts["stco"][8:])
    kinds = []
    for size in sizes:
        (length,) = struct.unpack_from(">I", content, offset)
        assert length == size - 4
        kinds.append(content[offset + 4] & 0x1F)
        offset += size
    assert offset == len(content)
    assert kinds == [5] + [1] * (FRAMES - 1), "a key picture, then pictures that build on it"


def test_the_clip_names_its_size_and_codec_where_players_look() -> None:
    boxes = dict(_boxes(media(MediaType.MP4, 1)))
    track = dict(_boxes(_inside(boxes["moov"], "trak")))
    width, height = struct.unpack(">II", track["tkhd"][-8:])
    assert (width >> 16, height >> 16) == (COLUMNS * 16, ROWS * 16)
    table = _inside(boxes["moov"], "trak", "mdia", "minf", "stbl")
    description = dict(_boxes(table))["stsd"][8:]
    assert description[4:8] == b"avc1"
    (decoder,) = (data for name, data in _boxes(description[86:]) if name == "avcC")
    assert decoder[:4] == bytes((1, 66, 0xC0, 30))


def test_the_first_picture_holds_its_pixels_uncompressed() -> None:
    content = media(MediaType.MP4, 1)
    mdat = dict(_boxes(content))["mdat"]
    (length,) = struct.unpack_from(">I", mdat)
    payload = mdat[4 : 4 + length].replace(b"\x00\x00\x03", b"\x00\x00")
    for block in range(COLUMNS * ROWS):
        tail = payload[-1 - 386 * (block + 1) + 2 : -1 - 386 * block]
        assert len(set(tail[:256])) == 1, f"macroblock {block} from the end is one colour"


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
