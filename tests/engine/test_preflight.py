"""Files are looked at once however many ask, and go along only whole and only when told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from runcomfy_tui.api.probe import MediaProbe
from runcomfy_tui.engine import local_files
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.local_files import attach, look_at_file
from runcomfy_tui.engine.preflight import FORGIVEN_SECONDS, REMEMBERED_SECONDS, Preflight
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.sandbox.media import MediaType, media, png
from runcomfy_tui.schema.local_files import recalled
from runcomfy_tui.schema.media_rules import MediaFacts
from runcomfy_tui.schema.sightings import Sight, Sighting
from tests.engine.house import INPUTS, MODEL, House, on_disk
from tests.engine.server import Server
from tests.unit.badserver import BadServer, Request, always, as_json, http, silence

PICTURE = png(640, 360, 0.5)
SEEN = Sighting(Sight.SEEN, MediaFacts(len(PICTURE), 640, 360), "PNG", MediaKind.IMAGE)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def all_bytes_in(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def preflight(clock: Clock | None = None) -> Preflight:
    return Preflight(MediaProbe(loopback_http=True), clock=clock or Clock())


async def test_a_file_is_asked_for_once_and_remembered_for_some_minutes() -> None:
    clock = Clock()
    looking = preflight(clock)
    async with BadServer(always(http(200, PICTURE, "image/png"))) as server:
        url = f"{server.url}/a.png"
        assert await asyncio.gather(*(looking.look(url) for _ in range(5))) == [SEEN] * 5
        assert len(server.requests) == 1
        clock.now = REMEMBERED_SECONDS - 1
        assert await looking.look(url) == SEEN
        assert len(server.requests) == 1
        clock.now = REMEMBERED_SECONDS
        assert await looking.look(url) == SEEN
        assert len(server.requests) == 2
    await looking.aclose()


async def test_a_file_that_was_not_there_is_soon_looked_for_again() -> None:
    clock = Clock()
    looking = preflight(clock)
    answers = [http(404), http(200, PICTURE, "image/png")]

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    async with BadServer(handle) as server:
        url = f"{server.url}/a.png"
        assert (await looking.look(url)).sight is Sight.WRONG
        assert (await looking.look(url)).sight is Sight.WRONG
        clock.now = FORGIVEN_SECONDS
        assert await looking.look(url) == SEEN
    await looking.aclose()


async def test_a_look_that_nobody_wants_any_more_ends_and_can_begin_again() -> None:
    looking = preflight()
    async with BadServer(silence) as server:
        url = f"{server.url}/a.png"
        asked = asyncio.create_task(looking.look(url))
        await server.asked.wait()
        looking.stop(url)
        assert (await asked).sight is Sight.UNSEEN
        server.handler = always(http(200, PICTURE, "image/png"))
        assert await looking.look(url) == SEEN
    await looking.aclose()


async def test_an_asker_that_leaves_takes_the_look_from_nobody() -> None:
    looking = preflight()
    go_on = asyncio.Event()

    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(http(200, PICTURE, "image/png"))

    async with BadServer(handle) as server:
        first, second = (asyncio.create_task(looking.look(f"{server.url}/a.png")) for _ in range(2))
        await server.asked.wait()
        first.cancel()
        go_on.set()
        assert await second == SEEN
        assert len(server.requests) == 1
    await looking.aclose()


async def test_closing_ends_what_is_under_way() -> None:
    looking = preflight()
    async with BadServer(silence) as server:
        asked = asyncio.create_task(looking.look(f"{server.url}/a.png"))
        await server.asked.wait()
        await looking.aclose()
        assert (await asked).sight is Sight.UNSEEN


async def test_bytes_in_a_data_uri_are_read_where_they_are() -> None:
    coded = base64.b64encode(PICTURE).decode()
    looking = preflight()
    assert await looking.look(f"data:image/png;base64,{coded}") == replace(SEEN, is_embedded=True)
    assert (await looking.look("data:,%41%42")).facts.size_bytes == 2
    for broken in ("data:image/png;base64,@@@@", "data:image/png;base64,", "data:nothing"):
        sighting = await looking.look(broken)
        assert (sighting.sight, sighting.is_embedded) == (Sight.WRONG, True)


async def test_a_file_of_this_machine_is_looked_at_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.png"
    file.write_bytes(PICTURE)
    looking = preflight()
    there = await looking.look("./a.png")
    assert there == replace(SEEN, is_embedded=True, is_local=True)
    file.write_bytes(media(MediaType.MP4, 0))
    assert (await looking.look("./a.png")).kind is MediaKind.VIDEO


@pytest.mark.parametrize("name", ["missing.png", "folder", "pipe", "empty", "secret", "large"])
def test_what_cannot_be_sent_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "secret").chmod(0)
    (tmp_path / "large").write_bytes(bytes(101))
    monkeypatch.setattr(local_files, "MOST_ATTACHED", 100)
    words = {
        "missing.png": "there is no such file",
        "folder": "it is a folder",
        "pipe": "it is no ordinary file",
        "empty": "the file is empty",
        "secret": "it may not be read",
        "large": "too large to be sent from here",
    }[name]
    if name == "secret" and os.access(tmp_path / "secret", os.R_OK):
        pytest.skip("root may read everything")
    sighting = look_at_file(str(tmp_path / name))
    assert (sighting.sight, sighting.is_local) == (Sight.WRONG, True)
    assert sighting.words.startswith(words)


def test_one_request_in_two_forms(tmp_path: Path) -> None:
    file = tmp_path / "a b.png"
    file.write_bytes(PICTURE)
    same = f"file://{tmp_path}/a%20b.png"
    inputs = {"prompt": "x", "images": [str(file), "https://a/b.png", same]}
    attached = attach(inputs, [("images", 0), ("images", 2)])
    data = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    assert attached.sent == {"prompt": "x", "images": [data, "https://a/b.png", data]}
    kept = f"{file.as_uri()}#sha256={hashlib.sha256(PICTURE).hexdigest()}"
    assert attached.kept == {"prompt": "x", "images": [kept, "https://a/b.png", kept]}
    assert recalled(attached.kept)["images"][0] == str(file)


def test_files_of_unknown_kinds_are_called_by_their_name(tmp_path: Path) -> None:
    for name, mime in (("a.txt", "text/plain"), ("a.b7q", "application/octet-stream")):
        (tmp_path / name).write_text("something")
        attached = attach({"file": str(tmp_path / name)}, [("file",)])
        assert str(attached.sent["file"]).startswith(f"data:{mime};base64,")


def test_files_that_are_too_large_together_are_not_read_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "MOST_ATTACHED", 100)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(bytes(60))
    inputs = {"images": [str(tmp_path / "a"), str(tmp_path / "b")]}
    attach(inputs, [("images", 0)])
    with pytest.raises(EngineError, match=r"Nothing was sent.*too large"):
        attach(inputs, [("images", 0), ("images", 1)])


async def test_the_bytes_are_sent_and_the_path_is_kept(ledger_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "boat.png"
    file.write_bytes(PICTURE)
    inputs = INPUTS | {"promptImage": str(file)}
    async with (
        BadServer(always(as_json({"request_id": "r1"}))) as server,
        House(ledger_folder, f"{server.url}/v1") as house,
    ):
        job = await house.engine.submit(MODEL, inputs, [("promptImage",)])
    coded = base64.b64encode(PICTURE).decode()
    [post] = server.of("POST")
    assert json.loads(post.body) == INPUTS | {"promptImage": f"data:image/png;base64,{coded}"}
    kept = f"{file.as_uri()}#sha256={hashlib.sha256(PICTURE).hexdigest()}"
    assert on_disk(ledger_folder)[job.id].inputs == INPUTS | {"promptImage": kept}
    assert coded[:60].encode() not in all_bytes_in(ledger_folder)


async def test_a_file_that_is_gone_by_then_sends_and_keeps_nothing(
    server: Server, house: House, ledger_folder: Path, tmp_path: Path
) -> None:
    inputs = INPUTS | {"promptImage": str(tmp_path / "gone.png")}
    with pytest.raises(EngineError, match=r"Nothing was sent.*there is no such file"):
        await house.engine.submit(MODEL, inputs, [("promptImage",)])
    assert server.created() == 0
    assert on_disk(ledger_folder) == {}


async def test_an_engine_looks_with_a_probe_that_knows_no_loopback(house: House) -> None:
    sighting = await house.engine.preflight.look("http://127.0.0.1:9/a.png")
    assert sighting.words == "not https"
