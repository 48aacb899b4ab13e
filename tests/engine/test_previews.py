"""Small pictures of results: decoded here, or by ffmpeg, from files of this machine alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runcomfy_tui.engine import previews
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import Job
from runcomfy_tui.sandbox.media import png
from tests.engine.house import House
from tests.engine.server import Server

PAINTER = "sandbox/painter-1.0/text-to-image"
FFMPEG = """#!{python}
import pathlib, sys
pathlib.Path({told!r}).write_text(repr(sys.argv[1:]))
sys.stdout.buffer.write(pathlib.Path({poster!r}).read_bytes())
"""


async def completed(server: Server, house: House, job: Job) -> tuple[str, str]:
    server.let_end()
    done = await house.until_job(job, "completed")
    return job.id, done.outputs[0].url


async def painted(server: Server, house: House) -> tuple[str, str]:
    inputs = {"prompt": "a boat", "aspect_ratio": "16:9"}
    return await completed(server, house, await house.engine.submit(PAINTER, inputs))


async def test_a_picture_is_made_small_enough(server: Server, house: House) -> None:
    pytest.importorskip("PIL")
    job_id, url = await painted(server, house)
    pixels = await house.engine.results.previews.picture(job_id, url, 40, 60)
    assert (pixels.width, pixels.height) == (40, 23)
    assert len(pixels.rgb) == 3 * 40 * 23
    bright, dark = pixels.row(0)[:3], pixels.row(0)[-3:]
    assert sum(bright) > sum(dark), "it gets darker to the right"
    assert pixels.row(99) == bytes(120)


async def test_a_film_shows_its_first_frame_where_ffmpeg_is(
    server: Server, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("PIL")
    job_id, url = await completed(server, house, await house.submit())
    picture = house.engine.results.previews.picture
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(EngineError, match="ffmpeg, which is not installed"):
        await picture(job_id, url, 40, 60)
    install_ffmpeg(tmp_path)
    pixels = await picture(job_id, url, 40, 60)
    assert (pixels.width, pixels.height) == (40, 20)
    told = (tmp_path / "told").read_text()
    assert "'file:/" in told
    assert "http" not in told, "ffmpeg never hears of a URL"


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
    pytest.importorskip("PIL")
    monkeypatch.setattr(previews, "MOST_BYTES_UNASKED", 100)
    job_id, url = await painted(server, house)
    picture = house.engine.results.previews.picture
    with pytest.raises(EngineError, match="when it is asked for"):
        await picture(job_id, url, 4, 4, is_asked=False)
    assert (await picture(job_id, url, 4, 4)).width == 4


async def test_without_pillow_the_words_say_what_to_install(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "has_pictures", lambda: False)
    with pytest.raises(EngineError, match=r"runcomfy-tui\[preview\]"):
        await house.engine.results.previews.picture("job", "https://a.b/c.png", 4, 4)
