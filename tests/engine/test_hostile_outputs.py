"""Whatever a result names, nothing is written outside the folder, no token sent, nothing breaks."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from pathlib import Path

import pytest

from runcomfy_tui.engine.saving import Saving, Wishes
from runcomfy_tui.jobs import Status
from tests.engine.house import A_WHILE, House
from tests.hostile_outputs import ALL, HERE, put_in
from tests.unit.badserver import BadServer, Request, always, as_json, http

TOKEN = "a-token-that-nobody-may-see"
EVERYTHING = Wishes(everything=True)


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 60


def below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.is_dir()}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def texts(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in below(folder))


@pytest.mark.parametrize("name", ALL)
async def test_a_hostile_output_is_collected_safely(name: str, tmp_path: Path) -> None:
    hostile = ALL[name]
    home = tmp_path / "home"
    home.mkdir()
    results, ledger = home / "results", home / "ledger"
    async with BadServer(always(http(200, "stolen", "image/png"))) as elsewhere:

        async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
            if "/status" in request.target:
                writer.write(as_json({"request_id": "r", "status": "completed"}))
            elif "/result" in request.target:
                output = put_in(hostile.output, bad.url, elsewhere.url)
                said = {"request_id": "r", "status": "succeeded", "output": output, "cost": 0.1}
                writer.write(as_json(said))
            elif request.target.startswith(("/v1/", "/prod/")):
                writer.write(as_json({"models": [], "total": 0, "balance_usd": 1.0}))
            else:
                writer.write(hostile.answer)
                writer.close()

        async with BadServer(handle) as bad:
            saving = Saving(results, "{name}/{key}/{name}-{n}.{ext}", wishes=EVERYTHING)
            base = f"{bad.url}/v1"
            async with House(ledger, base, token=TOKEN, saving=saving) as house:
                [job] = await house.engine.adopt("req-1")
                done = await house.until_job(job, "completed")
                async with asyncio.timeout(A_WHILE):
                    are_saved = await house.engine.settle()
                saved = {each.url for each in await house.engine.results.downloads.told(job.id)}
                assert are_saved is (saved >= {output.url for output in done.outputs})
                for output in done.outputs:
                    # The same by hand, and a look at it, as the result screen has one.
                    house.engine.results.downloads.start(job.id, output.url)
                    await house.engine.results.downloads.look(job.id, output.url)
                house.take()
                again = await house.engine.collect(job.id)
                assert again.status is Status.COMPLETED
            files = [request for request in bad.requests if not request.target.startswith("/v1")]
    assert not elsewhere.connections
    assert not [request for request in files if TOKEN in json.dumps(request.headers)]
    assert not [request for request in files if "cookie" in request.headers]
    assert names_in(tmp_path) == {"home"}
    assert names_in(home) <= {"results", "ledger"}
    assert "root:" not in texts(results)
    assert TOKEN not in texts(home)
    if name.startswith("name:"):
        assert any(path.suffix == ".png" for path in below(results)), "it is only named oddly"
    for path in below(results):
        assert path.resolve().is_relative_to(results.resolve())
        assert not path.is_symlink()
        assert len(path.name.encode()) < 200
        assert not path.name.startswith((".", "-", "~"))
        assert not {unicodedata.category(char) for char in path.name} & {"Cc", "Cf", "Cs"}
        assert not path.stat().st_mode & 0o111


async def test_a_name_that_is_only_odd_is_saved_once_with_its_sidecar(tmp_path: Path) -> None:
    """What the test above must not hide: an honest file does arrive."""
    results = tmp_path / "results"

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if "/status" in request.target:
            writer.write(as_json({"status": "completed"}))
        elif "/result" in request.target:
            output = put_in({"image": f"{HERE}/output/..%2f..%2fescaped"}, bad.url, "")
            writer.write(as_json({"status": "succeeded", "output": output, "cost": 0.1}))
        else:
            writer.write(ALL["name: 'con.png'"].answer)

    async with BadServer(handle) as bad:
        saving = Saving(results, "{name}.{ext}", wishes=EVERYTHING)
        async with House(tmp_path / "ledger", f"{bad.url}/v1", saving=saving) as house:
            [job] = await house.engine.adopt("req-1")
            await house.until_job(job, "completed")
            await house.engine.settle()
    assert sorted(path.name for path in below(results)) == ["escaped.png", "escaped.png.json"]
