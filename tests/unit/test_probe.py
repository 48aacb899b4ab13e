"""A file is looked at as RunComfy would fetch it: by a stranger, over https, at its beginning."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from runcomfy_tui.api.probe import MediaProbe
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.sandbox.media import MediaType, media, png
from runcomfy_tui.schema.media_rules import MediaFacts
from runcomfy_tui.schema.sightings import Sight, Sighting
from tests.unit.badserver import (
    BadServer,
    Handler,
    Request,
    always,
    hang_up,
    http,
    let_time_jump,
    overdue,
    silence,
)

PICTURE = png(640, 360, 0.5)
CREDENTIALS = {"authorization", "cookie", "proxy-authorization"}


@asynccontextmanager
async def looking(handler: Handler, **settings: Any) -> AsyncIterator[tuple[BadServer, MediaProbe]]:
    async with BadServer(handler) as server:
        probe = MediaProbe(**({"loopback_http": True, "deadline": 5.0} | settings))
        yield server, probe
        await probe.aclose()


async def seen(handler: Handler, **settings: Any) -> Sighting:
    async with looking(handler, **settings) as (server, probe):
        return await probe.look(f"{server.url}/a.png")


def ranged(data: bytes, content_type: str = "image/png") -> Handler:
    """A host that understands ranges."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        first, last = request.headers["range"].removeprefix("bytes=").split("-")
        part = data[int(first) : int(last) + 1]
        where = f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"
        writer.write(http(206, part, content_type, Content_Range=where))

    return handle


async def test_a_picture_is_known_by_its_first_bytes_whatever_its_size() -> None:
    large = PICTURE + bytes(30_000_000)
    async with looking(ranged(large)) as (server, probe):
        sighting = await probe.look(f"{server.url}/a.png?signature=x")
    assert sighting == Sighting(
        Sight.SEEN, MediaFacts(len(large), 640, 360), "PNG", MediaKind.IMAGE
    )
    [request] = server.requests
    assert request.target == "/a.png?signature=x"
    assert request.headers["range"] == "bytes=0-1048575"


async def test_a_look_carries_no_credential(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    monkeypatch.setenv("RUNCOMFY_TOKEN", "secret")
    baked = http(302, Location="/b.png", Set_Cookie="session=secret")

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(baked if request.target == "/a.png" else http(200, PICTURE, "image/png"))

    async with looking(handle) as (server, probe):
        for _ in range(2):
            assert (await probe.look(f"{server.url}/a.png")).sight is Sight.SEEN
    assert len(server.requests) == 4
    for request in server.requests:
        assert not CREDENTIALS & request.headers.keys()
        assert "secret" not in str(request)


async def test_a_host_without_ranges_is_read_no_further_than_it_takes() -> None:
    sent = 0

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(http(200, b"", "image/png").replace(b"Length: 0", b"Length: 90000000"))
        writer.write(PICTURE)
        try:
            while sent < 90_000_000:
                writer.write(bytes(100_000))
                await writer.drain()
                sent += 100_000
        except ConnectionError:
            pass

    sighting = await seen(handle)
    assert sighting.facts == MediaFacts(90_000_000, 640, 360)
    assert sent < 20_000_000  # what fits into the sockets' buffers, and no more


async def test_what_stays_unknown_is_given_up_at_the_cap() -> None:
    endless_exif = b"\xff\xd8" + b"\xff\xe1\xff\xff" * 1_000_000

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + endless_exif)
        writer.close()

    sighting = await seen(handle, most_bytes=200_000)
    assert sighting == Sighting(Sight.SEEN, MediaFacts(None), "JPEG", MediaKind.IMAGE)


async def test_a_film_and_a_sound_tell_their_length() -> None:
    film = await seen(ranged(media(MediaType.MP4, 0), "video/mp4"))
    assert (film.kind, film.format, film.seconds) == (MediaKind.VIDEO, "MP4", 2.0)
    assert (film.facts.width, film.facts.height) == (320, 176)
    sound = await seen(ranged(media(MediaType.WAV, 0), "audio/wav"))
    assert (sound.kind, sound.seconds) == (MediaKind.AUDIO, 2.0)


async def test_the_bytes_are_believed_and_a_host_that_says_otherwise_is_told_of() -> None:
    assert (await seen(ranged(PICTURE, "binary/octet-stream"))).words == ""
    told = await seen(ranged(PICTURE, "text/plain"))
    assert (told.sight, told.kind) == (Sight.SEEN, MediaKind.IMAGE)
    assert told.words == "the host calls it text/plain"
    assert (await seen(ranged(PICTURE, "video/mp4"))).words == "the host calls it video/mp4"
    unheard_of = await seen(ranged(b"\0" * 500, "image/x-new"))
    assert (unheard_of.sight, unheard_of.kind) == (Sight.SEEN, MediaKind.IMAGE)
    assert unheard_of.facts == MediaFacts(500)


@pytest.mark.parametrize(
    ("answer", "sight", "words"),
    [
        (http(404), Sight.WRONG, "there is no file (HTTP 404)"),
        (http(410), Sight.WRONG, "there is no file (HTTP 410)"),
        (http(401), Sight.WRONG, "not for everyone: the host wants a login or turns us away"),
        (http(403), Sight.WRONG, "not for everyone: the host wants a login or turns us away"),
        (http(400), Sight.WRONG, "the host does not give it out (HTTP 400)"),
        (http(304), Sight.WRONG, "the host does not give it out (HTTP 304)"),
        (http(429), Sight.UNSEEN, "the host is not able to answer just now (HTTP 429)"),
        (http(503), Sight.UNSEEN, "the host is not able to answer just now (HTTP 503)"),
        (http(200, "<!DOCTYPE html>", "text/html"), Sight.WRONG, "a web page came instead"),
        (http(200, " <html>", "image/png"), Sight.WRONG, "a web page came instead"),
        (http(200, "{}", "application/json"), Sight.WRONG, "it is no image, video or sound"),
        (http(200, "", "image/png"), Sight.WRONG, "the file is empty"),
        (http(416, Content_Range="bytes */0"), Sight.WRONG, "the file is empty"),
        (http(206, PICTURE, Content_Range="bytes 9-20/30"), Sight.UNSEEN, "the host did not send"),
        (http(302, Location="/a.png"), Sight.WRONG, "its address only leads to others"),
        (http(302, Location="http://example.com/"), Sight.WRONG, "it leads to an address that"),
        (http(302, Location="file:///etc/passwd"), Sight.WRONG, "it leads to an address that"),
        (http(302, Location="https://10.0.0.1/a"), Sight.WRONG, "it leads to an address that is "
         "in a private network (10.0.0.1), where RunComfy cannot fetch"),
        (b"HTTP/1.1 nonsense\r\n\r\n", Sight.UNSEEN, "the connection to 127.0.0.1:"),
    ],
)  # fmt: skip
async def test_what_a_host_answers(answer: bytes, sight: Sight, words: str) -> None:
    sighting = await seen(always(answer, then_close=answer.startswith(b"HTTP/1.1 non")))
    assert sighting.sight is sight
    assert sighting.words.startswith(words)


async def test_a_host_that_hangs_up_or_says_nothing_proves_nothing() -> None:
    assert (await seen(hang_up)).sight is Sight.UNSEEN
    silent = await seen(overdue(silence, 60), deadline=50)
    assert silent == Sighting(Sight.UNSEEN, words="no answer came within 50 s")
    probe = MediaProbe(loopback_http=True)
    nobody_there = await probe.look("http://127.0.0.1:9/a.png")
    assert nobody_there.words == "127.0.0.1:9 could not be reached from here"
    assert nobody_there.sight is Sight.UNSEEN


async def test_a_slow_host_is_known_as_far_as_it_came() -> None:
    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        head = http(206, PICTURE[:100], "image/png", Content_Range="bytes 0-1048575/3000000")
        writer.write(head.replace(b"Length: 100", b"Length: 1048576"))
        await asyncio.Event().wait()

    let_time_jump(0)
    sighting = await seen(overdue(handle, 49.9), deadline=50)
    assert sighting.sight is Sight.SEEN
    assert sighting.facts == MediaFacts(3_000_000, 640, 360)


async def test_a_compressed_answer_is_read_but_its_length_is_nobodys_size() -> None:
    packed = gzip.compress(PICTURE)
    sighting = await seen(always(http(200, packed, "image/png", Content_Encoding="gzip")))
    assert sighting.facts == MediaFacts(None, 640, 360)
    brotli = await seen(always(http(200, packed, "image/png", Content_Encoding="br")))
    assert brotli.sight is Sight.UNSEEN
    assert brotli.words.endswith("could not be decoded")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/a.png", "not https"),
        ("https://me:secret@example.com/a.png", "not public: it holds a user name"),
        ("https://exa mple.com/a.png", "not a plain https:// URL"),
        ("ftp://example.com/a.png", "not a plain https:// URL"),
        ("https://localhost/a.png", "in a private network (localhost)"),
        ("https://nas.local/a.png", "in a private network (nas.local)"),
        ("https://192.168.1.5/a.png", "in a private network (192.168.1.5)"),
        ("https://[::1]/a.png", "in a private network (::1)"),
        ("https://2130706433/a.png", "in a private network (2130706433)"),
        ("https://169.254.169.254/latest", "in a private network (169.254.169.254)"),
    ],
)
async def test_what_runcomfy_could_not_fetch_is_not_asked_for(url: str, words: str) -> None:
    sighting = await MediaProbe().look(url)
    assert sighting.sight is Sight.WRONG
    assert sighting.words.startswith(words)
    assert "secret" not in sighting.words


async def test_loopback_is_looked_at_by_tests_alone() -> None:
    async with BadServer(always(http(200, PICTURE, "image/png"))) as server:
        assert (await MediaProbe().look(f"{server.url}/a.png")).words == "not https"
    assert server.requests == []


async def test_only_some_are_looked_at_at_once() -> None:
    second_came = asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.connection == 2:
            second_came.set()
        await second_came.wait()
        writer.write(http(200, PICTURE, "image/png"))

    async with looking(handle, at_once=2) as (server, probe):
        looks = (probe.look(f"{server.url}/{number}") for number in range(5))
        sightings = await asyncio.gather(*looks)
    assert [each.sight for each in sightings] == [Sight.SEEN] * 5
    assert server.most_open == 2
