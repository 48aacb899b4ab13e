"""What a file is, read from a few of its bytes: on the disk and at its host."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from runcomfy_tui.api.download import Downloader, Glance
from runcomfy_tui.api.glance import glance_at_file
from runcomfy_tui.api.media_headers import MediaHeader, read_header
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.sandbox.media import MediaType, media, png
from tests.unit.downloading import Ranged, downloading

CLIP = media(MediaType.MP4, 0)
FILM = MediaHeader("MP4", MediaKind.VIDEO, 320, 176, 2.0, codec="H.264")


def boxes(film: bytes) -> dict[bytes, bytes]:
    found, at = {}, 0
    while at < len(film):
        size, name = struct.unpack_from(">I4s", film, at)
        found[name] = film[at : at + size]
        at += size
    return found


def with_its_description_last(padding: int) -> bytes:
    """A film as many encoders write it: content first, and a lot of that."""
    parts = boxes(CLIP)
    content = bytes(padding)
    mdat = struct.pack(">I4s", 8 + len(content), b"mdat") + content
    return parts[b"ftyp"] + mdat + parts[b"moov"]


def test_a_film_tells_its_codec() -> None:
    assert read_header(CLIP) == FILM


def test_a_saved_film_is_known_wherever_its_description_stands(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    for film in (CLIP, with_its_description_last(3_000_000)):
        file.write_bytes(film)
        fd = os.open(file, os.O_RDONLY)
        assert glance_at_file(fd) == FILM
        os.close(fd)


@pytest.mark.parametrize("lie", [2**63, 2**64 - 1, 3_000_000_000])
def test_a_box_that_lies_about_its_size_costs_nothing(tmp_path: Path, lie: int) -> None:
    file = tmp_path / "a.mp4"
    head = boxes(CLIP)[b"ftyp"] + struct.pack(">I4sQ", 1, b"mdat", lie) + bytes(100)
    file.write_bytes(head)
    fd = os.open(file, os.O_RDONLY)
    told = glance_at_file(fd)
    os.close(fd)
    assert told is not None
    assert told.width is None


async def test_a_film_at_a_host_is_known_from_its_beginning_and_its_end() -> None:
    film = with_its_description_last(3_000_000)
    async with downloading(Ended(film)) as (server, downloader):
        assert await downloader.look(f"{server.url}/a.mp4") == Glance(len(film), FILM)
        asked = [request.headers["range"] for request in server.requests]
        assert len(asked) == 2
        assert int(asked[1].removeprefix("bytes=").partition("-")[0]) > 3_000_000


async def test_a_host_that_knows_no_ranges_is_not_read_to_its_end() -> None:
    picture = png(64, 32, 0.2) + bytes(3_000_000)
    async with downloading(Ranged([], etag="", data=picture)) as (server, downloader):
        told = await downloader.look(f"{server.url}/a.png")
        assert told.header == MediaHeader("PNG", MediaKind.IMAGE, 64, 32)
        assert told.size == len(picture)


async def test_a_host_that_is_not_runcomfys_is_not_looked_at() -> None:
    async with downloading(Ranged([])) as (server, _):
        downloader = Downloader("https://model-api.runcomfy.net/v1")
        assert await downloader.look(f"{server.url}/a.png") == Glance()
        assert not server.connections
        await downloader.aclose()


class Ended(Ranged):
    """Honours every range, with no condition."""

    def __init__(self, data: bytes) -> None:
        super().__init__([], data=data)

    async def __call__(self, request, writer) -> None:  # type: ignore[no-untyped-def]
        first, _, last = request.headers["range"].removeprefix("bytes=").partition("-")
        begin, end = int(first), min(int(last) + 1, len(self.data))
        head = f"HTTP/1.1 206 Part\r\nContent-Length: {end - begin}\r\n"
        head += f"Content-Range: bytes {begin}-{end - 1}/{len(self.data)}\r\n\r\n"
        writer.write(head.encode() + self.data[begin:end])
