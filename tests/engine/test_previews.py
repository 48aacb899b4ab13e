"""Small pictures of results: decoded here, or by ffmpeg, from files of this machine alone."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from runcomfy_tui.drawing import Drawing, Graphics, Surface, drawn
from runcomfy_tui.engine import previews
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.picture_process import NoDrawing, draw
from runcomfy_tui.jobs import Job
from runcomfy_tui.sandbox.media import png
from tests.engine.house import House
from tests.engine.server import Server

PAINTER = "sandbox/painter-1.0/text-to-image"
FFMPEG = """#!{python}
import os, pathlib, sys
pathlib.Path({told!r}).write_text(repr((sys.argv[1:], dict(os.environ))))
sys.stdout.buffer.write(pathlib.Path({poster!r}).read_bytes())
"""


async def picture_of(
    house: House, job_id: str, url: str, surface: Surface, *, is_asked: bool = True
) -> Drawing:
    previews = house.engine.results.previews
    return await previews.draw(await previews.find(job_id, url, is_asked=is_asked), surface)


async def completed(server: Server, house: House, job: Job) -> tuple[str, str]:
    server.let_end()
    done = await house.until_job(job, "completed")
    return job.id, done.outputs[0].url


async def painted(server: Server, house: House) -> tuple[str, str]:
    inputs = {"prompt": "a boat", "aspect_ratio": "16:9"}
    return await completed(server, house, await house.engine.submit(PAINTER, inputs))


async def test_a_picture_is_made_small_enough(server: Server, house: House) -> None:
    pytest.importorskip("textual_image")
    job_id, url = await painted(server, house)
    drawing = await picture_of(house, job_id, url, Surface(40, 30))
    assert (drawing.columns, len(drawing.rows)) == (40, 11)
    assert {len(row) for row in drawing.rows} == {40}
    bright, dark = drawing.rows[0][0].foreground, drawing.rows[0][-1].foreground
    assert brightness(bright) > brightness(dark), "it gets darker to the right"


def brightness(colour: str | None) -> int:
    return sum(bytes.fromhex((colour or "").removeprefix("#")))


@pytest.mark.parametrize("graphics", Graphics)
@pytest.mark.parametrize("size", [(2000, 1), (1, 2000), (3, 3), (900, 600)])
async def test_a_picture_of_any_shape_fits_the_surface(
    graphics: Graphics, size: tuple[int, int], tmp_path: Path
) -> None:
    pytest.importorskip("textual_image")
    file = tmp_path / "picture.png"
    file.write_bytes(png(*size, 0.3))
    with file.open("rb") as picture:
        drawing = draw(picture, Surface(30, 10, graphics, 9, 19))
    assert 1 <= drawing.columns <= 30
    assert 1 <= len(drawing.rows) <= 10
    assert drawing.columns == 30 or len(drawing.rows) == 10
    text = "".join(run.text for run in drawing.rows[0])
    assert cell_len(text) == drawing.columns
    assert bool(drawing.before) == bool(drawing.after) == (graphics is Graphics.KITTY)
    assert bool(drawing.over) == (graphics is Graphics.SIXEL)


async def test_a_file_that_is_no_picture_or_too_large_a_one_is_not_drawn(tmp_path: Path) -> None:
    pytest.importorskip("textual_image")
    wide = png(4, 4, 0.1).replace(struct.pack(">II", 4, 4), struct.pack(">II", 90_000, 90_000))
    for content in (b"", b"GIF89a", wide, b"%!PS-Adobe-3.0 EPSF-3.0"):
        file = tmp_path / "picture"
        file.write_bytes(content)
        with file.open("rb") as picture, pytest.raises(NoDrawing):
            draw(picture, Surface(30, 10))


@pytest.mark.parametrize(
    "said",
    [
        b'\x1b]0;title\x07\n{"columns":1,"rows":[],"over":""}',
        b'\n{"columns":1,"rows":[],"over":"\\u001bP0q\\u001b[2J\\u001b\\\\"}',
        b'\n{"columns":1,"rows":[[["\\u001b[2J",null,null]]],"over":""}',
        b"no words at all",
    ],
)
def test_of_what_the_drawing_process_says_nothing_but_pixels_is_believed(said: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        drawn(said)


async def test_a_film_shows_its_first_frame_where_ffmpeg_is(
    server: Server, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("textual_image")
    job_id, url = await completed(server, house, await house.submit())
    surface = Surface(40, 30)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("RUNCOMFY_TOKEN", "a-secret-token")
    with pytest.raises(EngineError, match="ffmpeg, which is not installed"):
        await picture_of(house, job_id, url, surface)
    install_ffmpeg(tmp_path)
    drawing = await picture_of(house, job_id, url, surface)
    assert (drawing.columns, len(drawing.rows)) == (40, 10)
    told = (tmp_path / "told").read_text()
    assert "'file:/" in told
    assert url not in told, "ffmpeg never hears of a URL"
    assert "a-secret-token" not in told


def install_ffmpeg(folder: Path) -> None:
    poster = folder / "poster.png"
    poster.write_bytes(png(64, 32, 0.3))
    (folder / "bin").mkdir()
    program = folder / "bin" / "ffmpeg"
    text = FFMPEG.format(python=sys.executable, told=str(folder / "told"), poster=str(poster))
    program.write_text(text)
    program.chmod(0o755)


async def test_what_is_large_is_fetched_only_when_asked_for(
    server: Server, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("textual_image")
    monkeypatch.setattr(previews, "MOST_BYTES_UNASKED", 100)
    job_id, url = await painted(server, house)
    with pytest.raises(EngineError, match="when it is asked for"):
        await picture_of(house, job_id, url, Surface(4, 4), is_asked=False)
    assert (await picture_of(house, job_id, url, Surface(4, 4))).columns == 4


async def test_without_the_extra_the_words_say_what_to_install(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "can_draw", lambda: False)
    with pytest.raises(EngineError, match=r"runcomfy-tui\[preview\]"):
        await picture_of(house, "job", "https://a.b/c.png", Surface(4, 4))
