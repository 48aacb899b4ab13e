"""What files say of themselves in their first bytes, held against files that encoders made."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.api.media_headers import MediaHeader, may_become_known, read_header
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.sandbox.media import MediaType, media

IMAGE, VIDEO, AUDIO, FILE = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.FILE

_PACKED = {
    "photo.jpg": (
        "eNr7f+P/AwYBLzdPNwZGRgYGRiBk+H+bwZmBg42NnY2Vg52dnZOTg4tHhJeHm5tHUkiYX0RWSl5OVkpGRkFF"
        "T11BSUdZRkbDXFPHwNDExERe3dLWwshGz9jECGQIIycnJw83jwQvr4SRooyiEcng/wEGQQ6GjYyOzIxKDEyC"
        "jMyCjP+PMMgD3cnKCAYMUMAIAJNqIEw="
    ),
    "picture.gif": "eNpz93SzME90ZNzIAAAOsQKa",
    "lossy.webp": "eNoL8nRzS5rDwBDu6hQQFmChEAZkT3jOMJdRy5FxIwMAhRsIdg==",
    "lossless.webp": "eNoL8nRzOzaTiSHc1SkgLMDCZyeQre/AqMMAAGUJBtE=",
    "extended.webp": "eNoL8nRza5jDwBDu6hQQFmARwcXAwMABxA6MDBsYGABt9QWr",
    "picture.bmp": "eNpz8t01i4kBBMyAWAOIHRkZGDYCaQA32AM3",
    "picture.avif": (
        "eNpjYGBQSCupLEgsy0xjAAIQnZuZZpibmZjm62joBBR6nZtaksgAAYoZKTlFUDZDQWZyCQMa4CvILMkFsxiB"
        "WC4zJz8ZxHEB8RkhoozCDAyzw4BsjczMvDS4WikgJ5UJykssMzB0zs/JB9uVlVlQVACkvTMLkvOBtEhmcUEq"
        "xDpGRyCxEYgBSp4hug=="
    ),
    "padded.heic": (
        "eNpjYGCQSCupLMhIzUxmAILczDRDCJuxMTe1JJEBAhQzUnKKoGyGgszkEgY0oJSZkw82wMWBgREIgYBxIYRm"
        "YJjpCCSUMzPz0sBckKgokJPKBOVllCUbgph8BZkluTAljIyZBUUFQPbDzILkfCBdBVTmzMgMEpoAVmTzgeHP"
        "3x8/GBj4mROAOiQcGHkY//8HKWAGqWAGIZtdTA6JQEldJ0ZGNJkFXB7ccyal7prklT27oa2ZCSRoBCKYBJKA"
        "OthdGA8WbUhyAFoknJyfU5SXnFMBFOZlYGsAColkFhekQnzH6AQkNgGxRnJOItAKRkeoHzeC6P9AAKSZYDQQ"
        "AwCDhkX0"
    ),
    "film.mov": (
        "eNpjYGAQSSupLCgsUVBgYGBigNCsjrn5+WUMDAw5uWUZKQwogPkFAwP7BQZGBhBCAEZUVeh8Bwa8gImBgWVN"
        "SVFiNpAdU5INtpMZ0zSgvQz47cFmLyOI2ADmqqSmlBQDaZnUnOIShA6QuSxQvSwquSmZiUCGQm4Kut+NgDiF"
        "of4/mKObkZJTBGLkZuQUlWWmpMJUAQAIIyAQ"
    ),
    "film.mp4": (
        "eNpjYGBQSCupLMgszs9lYGBiANFAbJRYlmyYW2BiyMDAmpWbn1/GwMCQk1uWkcKAAphfMDCwX2BgZAAhBGBE"
        "VYXOd2DAC5gYGFimlBQlZgPZMSXZYDuZMU0D2suA3x5s9jKCiA1grkpqSkkxkJZJzSkuQegAmcsC1cvCk5uS"
        "mQhkKOSmoPvdCIhTGEKPgDm6GSk5RTCZssyUVAgLAM3QI00="
    ),
    "sound.mp4": (
        "eNrtU81Kw0AQnqStP+ChYqUgESq0x4ot0nOPHryJHkSUpJu0obtJyG4LKkjuXvoAvoAPIB68+hC+gOIDeK+z"
        "m5RsWxA8eXHIZGZnZ3Zn9psBAMsT15HPQwZggpTIbRYdtgCK9ywMxwBA2XhAYI4KnwCrH2CA/HIy5r0W1134"
        "kUw890nE9hD1CzFUdxaWT8N7NZvx+3vrLhEcpeVSLvKI7FwVW2gy4tuo1BhZrP0lAeMWTl/VojkgNJ7t8HAU"
        "6J4nuCZHdkCoK33MN+YHHiplzuYOrZPUbpHY9bQSNkYxraW6+cCFQ1G/44ITzSdAsOylsk0oZ6lK6riccFVW"
        "kiQNdCuirHa3VcwX/ta3SmgpbU7O3mEFNQOhgIoj4vR5Mh/5HFyop8vggktsk+xmhZSF2fW0bCRfpdKY4N6N"
        "VrW0V5FX/vlPuMJFL8yxKj6j3OH9iEjQ4pDSDGNjOlXIOv0I8h0NWXBGRMgePGeumPXinj4YOEyxHUVUH46m"
        "n05f41GEMo1dYqtg1cTH9tjrtPdb+B20cb32DXZubsE="
    ),
    "sound.webm": (
        "eNqTcr2/eL5TWyOj03cg/tTI4vS5kcOpqaU8NSnXqR3IbW1kkghuSGdkAAHWcEHf2SW7fHd3B69uEfVcmRa8"
        "pnEhhCcWsi4byLvhu7sHyBMKOZwevKaJ0QnClQneDZRsYnV8AzGHIZKBVgDkqk1a1zc28zs5+Db0+iSWpZkZ"
        "6RkCkYFRuCMq36Wzw2F+BVgbyPlP10FdF3O9kbH4aAfT7snp8vx6vXMaGZS2zmkuzUvpaGRoa3OM9w8IDQ5b"
        "1ZystyBsdwvLkS0MzY1MDyfOb2Ta2uHwvABsRFJKo0Dyosn+BaXFHqmJKYxMFowNu8EyQiEA8PJkQw=="
    ),
    "film.webm": (
        "eNqTcr2/eL5TWyOj03cg/tTI4vS5kcOpqaU8NSnXqb2Ryam1kUkiuCGdkQEE2KsFfWeX7PLd3R28ukXUc2Va"
        "8JrGhRCeWMi6bCDvhu/uHiBPKORwevCaJkYZCFcmeDdQsok99Q3EHIZIBloBkKs2aV3f2Mzv5ODb0OuTWJZm"
        "ZqRnCEQGRuGOqHyXzg6H+Q5gbSDn718HdZ3Z9UbG4qMdaemRJRPFyg7PaWRQ2jqnuTQvpaORoa01LD4swLK5"
        "kVH5cXMLU1IUw4P2DU2MDrsaNwA9DQAtk1oP"
    ),
    "film.mkv": (
        "eNqTcr2/eLFTWyOj03cg/tTI4vS5kcOpqSM3saQovzg70akdKNTayCQR3JDOyAACwksFfWeXHNjfErb10W7f"
        "3d3Bq1tEPVemBa9pXAjhiYWsywbyPvru7gHyhEIOpwevaWLshHBlgncDJZuEO99ATGMIZqA+ALnn9P4WhrIn"
        "eVrXNzbzOzn4NvT6JJalmRnpGQKRgVG4Iyq/eMmETL8mx6wPUnVJU25d3/dpGaNLZ4fDfAeweSAfOUza3+Ib"
        "YpC2Duru5uuNjMVHO/ge//yT7r12/ZxGBqWtc5pL81I6Ghna+sPifQNc3U30PYP99R3DnJsbGZUfN7cwJUUx"
        "POje0MTosKtxQ8imRpbQdwC5o3aE"
    ),
    "sound.flac": "eNpL80l0ZmBgUBJiEAJSfAwMAtw7mD4wMJYzAAAyLgPo",
    "sound.opus": "eNrzT08PZmBigAI5lr0nQXTtquezGIX9C0qLPVITUwCCJAjw",
    "tagged.mp3": "eNrzdDFmAQACXgDF",
    "frames.mp3": "eNr7/3tKCgAIfQLz",
    "sound.aac": "eNr7/9GnAQAH6wK9",
}
"""The beginnings of real files, made by Pillow, libheif and FFmpeg: 321×177 or 320×176 pixels."""

HEADS = {name: zlib.decompress(base64.b64decode(text)) for name, text in _PACKED.items()}


def told(header: MediaHeader | None) -> tuple[Any, ...]:
    assert header is not None
    return header.format, header.kind, header.width, header.height, header.seconds


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.jpg", ("JPEG", IMAGE, 321, 177, None)),
        ("picture.gif", ("GIF", IMAGE, 321, 177, None)),
        ("lossy.webp", ("WEBP", IMAGE, 321, 177, None)),
        ("lossless.webp", ("WEBP", IMAGE, 321, 177, None)),
        ("extended.webp", ("WEBP", IMAGE, 321, 177, None)),
        ("picture.bmp", ("BMP", IMAGE, 321, 177, None)),
        ("picture.avif", ("AVIF", IMAGE, 321, 177, None)),
        ("padded.heic", ("HEIC", IMAGE, 321, 177, None)),
        ("film.mov", ("MOV", VIDEO, 320, 176, 2.0)),
        ("film.mp4", ("MP4", VIDEO, 320, 176, 2.0)),
        ("sound.mp4", ("MP4", AUDIO, None, None, 2.022)),
        ("sound.webm", ("WebM", AUDIO, None, None, 2.014)),
        ("film.webm", ("WebM", VIDEO, 320, 176, 2.0)),
        ("film.mkv", ("MKV", VIDEO, 320, 176, 2.0)),
        ("sound.flac", ("FLAC", AUDIO, None, None, 2.0)),
        ("sound.opus", ("OGG", AUDIO, None, None, None)),
        ("tagged.mp3", ("MP3", AUDIO, None, None, None)),
        ("frames.mp3", ("MP3", AUDIO, None, None, None)),
        ("sound.aac", ("AAC", AUDIO, None, None, None)),
    ],
)
def test_the_first_bytes_tell(name: str, expected: tuple[Any, ...]) -> None:
    header = read_header(HEADS[name])
    assert told(header) == expected
    assert header is not None
    assert not header.wants_more


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (MediaType.PNG, ("PNG", IMAGE, 512, 288, None)),
        (MediaType.MP4, ("MP4", VIDEO, 320, 176, 2.0)),
        (MediaType.WAV, ("WAV", AUDIO, None, None, 2.0)),
    ],
)
def test_so_do_the_sandboxs_own_files(kind: MediaType, expected: tuple[Any, ...]) -> None:
    assert told(read_header(media(kind, 3))) == expected


def test_a_picture_behind_large_metadata_is_found_once_enough_is_read() -> None:
    photo = HEADS["photo.jpg"]
    with_profile = photo[:2] + b"\xff\xe2\xff\xff" + bytes(65_533) + photo[2:]
    assert read_header(with_profile[:60_000]) == MediaHeader("JPEG", IMAGE, wants_more=True)
    assert told(read_header(with_profile)) == ("JPEG", IMAGE, 321, 177, None)


def test_a_tiff_tells_in_either_byte_order() -> None:
    for order, magic in (("<", b"II*\0"), (">", b"MM\0*")):
        entries = struct.pack(f"{order}HHIHH", 0x100, 3, 1, 321, 0)
        entries += struct.pack(f"{order}HHII", 0x101, 4, 1, 177)
        tiff = magic + struct.pack(f"{order}IH", 8, 2) + entries
        assert told(read_header(tiff)) == ("TIFF", IMAGE, 321, 177, None)


def test_a_film_described_after_its_content_is_not_searched_for() -> None:
    film = media(MediaType.MP4, 0)
    at = film.index(b"moov") - 4
    (length,) = struct.unpack_from(">I", film, at)
    description, rest = film[at : at + length], film[:at] + film[at + length :]
    assert told(read_header(rest + description)) == ("MP4", VIDEO, 320, 176, 2.0)
    assert read_header(rest[:200]) == MediaHeader("MP4", FILE)
    large = struct.pack(">I4s", 1, b"mdat") + struct.pack(">Q", 5_000_000_000)
    assert read_header(film[:at] + large + bytes(100)) == MediaHeader("MP4", FILE)


def test_what_is_no_medium_is_said_to_be_none() -> None:
    for text in (b"<!DOCTYPE html><html>", b"{}", b"", b"PK\x03\x04", b"\xff" * 40, b"\0" * 40):
        assert read_header(text) is None
    assert may_become_known(b"\x89P")
    assert not may_become_known(bytes(200))


@given(st.sampled_from(sorted(HEADS)), st.data())
def test_no_bytes_can_break_it(name: str, data: st.DataObject) -> None:
    head = bytearray(HEADS[name])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(head) - 1))
        head[at] = data.draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFE, 0xFF)))
    cut = data.draw(st.integers(0, len(head)))
    header = read_header(bytes(head[:cut]))
    if header is not None:
        assert header.width is None or header.width > 0
        assert header.seconds is None or header.seconds >= 0


# A HEIC that is cut off right before its padding is told with it: its place is one byte in 400.
@given(st.sampled_from(sorted(HEADS.keys() - {"padded.heic"})), st.data())
def test_more_bytes_never_take_back_what_fewer_told(name: str, data: st.DataObject) -> None:
    whole = told(read_header(HEADS[name]))
    cut = data.draw(st.integers(0, len(HEADS[name])))
    early = read_header(HEADS[name][:cut])
    if early is not None and not early.wants_more:
        assert told(early) == whole
