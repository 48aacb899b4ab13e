"""The laptop slept, or the net is another: what was under way is dead, and nobody waits for it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from runcomfy_tui.api.route import way_out
from runcomfy_tui.engine import gate, watch
from runcomfy_tui.engine.awake import LATE_SECONDS, SleepDetector
from runcomfy_tui.engine.changes import Link
from tests.engine.house import A_WHILE, INPUTS, House
from tests.unit.badserver import BadServer, Request, as_json

Way = tuple[str, ...]
HERE: Way = ("10.0.0.2",)
ELSEWHERE: Way = ("10.9.9.9",)
NOWHERE: Way = ()


class World:
    """Clocks and a net that a test moves."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.way = HERE
        self._looked = asyncio.Event()

    def time(self) -> float:
        return time.monotonic() + self.slept

    def way_out(self) -> Way:
        self._looked.set()
        return self.way

    async def looked_at(self) -> None:
        """Wait until the engine has looked twice: once for sure at what is there now."""
        for _ in range(2):
            self._looked.clear()
            await self._looked.wait()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(watch, "world_time", world.time)
    monkeypatch.setattr(watch, "way_out", world.way_out)
    monkeypatch.setattr(watch, "SLEEP_CHECK_INTERVAL", 0.05)
    return world


def test_the_detector_tells_a_sleep_from_work_and_another_net_from_none() -> None:
    now = {"world": 1000.0, "own": 0.0}
    way = [HERE]
    detector = SleepDetector(1.0, lambda: way[0], lambda: now["world"], lambda: now["own"])

    def after(world: float, own: float) -> float | None:
        now["world"] += world
        now["own"] += own
        return detector.look()

    assert after(1.0, 1.0) is None
    assert after(1.0 + LATE_SECONDS, 1.0 + LATE_SECONDS) is None, "a busy machine"
    assert after(3600.0, 1.0) == pytest.approx(3599.0)
    assert after(600.0, 600.0) == 0.0, "stopped, not asleep: this clock went on"
    way[0] = NOWHERE
    assert after(1.0, 1.0) is None, "nothing can be done without a net"
    way[0] = HERE
    assert after(1.0, 1.0) == 0.0
    way[0] = ELSEWHERE
    assert after(1.0, 1.0) == 0.0
    assert after(1.0, 1.0) is None


def test_the_way_out_is_told_without_sending_anything() -> None:
    assert way_out() == way_out()


async def test_after_a_sleep_a_poll_that_hangs_is_asked_again_at_once(
    ledger_folder: Path, world: World
) -> None:
    polls: list[Request] = []
    hangs, again = asyncio.Event(), asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.write(as_json({"request_id": "req-1"}))
            return
        if not request.target.endswith("/status"):
            writer.write(as_json({"models": [], "total": 0}))
            return
        polls.append(request)
        if len(polls) == 1:
            hangs.set()
            await asyncio.Event().wait()
        again.set()
        writer.write(as_json({"status": "in_progress"}))

    async with BadServer(handle) as server, House(ledger_folder, f"{server.url}/v1") as house:
        job = await house.engine.submit("a/b", INPUTS)
        async with asyncio.timeout(20):  # the poll itself is given up after 30
            await hangs.wait()
            world.slept += 3600.0
            await again.wait()
        await house.until_job(job, "in_progress")
        assert polls[1].connection != polls[0].connection
        assert house.facts.link is not Link.OFFLINE


@pytest.mark.parametrize("how", ["slept", "other net", "same net again"])
async def test_an_outage_is_over_as_soon_as_the_net_is_back(
    ledger_folder: Path, world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(gate, "FIRST_OFFLINE_PAUSE", 600.0)
    monkeypatch.setattr(gate, "LONGEST_OFFLINE_PAUSE", 600.0)
    is_down = False

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.write(as_json({"request_id": "req-1"}))
        elif is_down:
            writer.close()
        elif request.target.endswith("/status"):
            writer.write(as_json({"status": "in_progress"}))
        else:
            writer.write(as_json({"models": [], "total": 0}))

    async with BadServer(handle) as server, House(ledger_folder, f"{server.url}/v1") as house:
        await house.until(lambda: house.facts.link is Link.ONLINE)
        is_down = True
        job = await house.engine.submit("a/b", INPUTS)
        await house.until(lambda: house.facts.link is Link.OFFLINE)
        if how == "same net again":
            world.way = NOWHERE
            await world.looked_at()
        is_down = False
        world.slept += 3600.0 if how == "slept" else 0.0
        world.way = ELSEWHERE if how == "other net" else HERE
        await house.until_job(job, "in_progress")
        assert house.facts.link is Link.ONLINE


async def test_a_submit_under_way_is_left_alone_by_a_sleep(
    ledger_folder: Path, world: World
) -> None:
    arrived, answer = asyncio.Event(), asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            arrived.set()
            await answer.wait()
            writer.write(as_json({"request_id": "req-1"}))
        else:
            writer.write(as_json({"models": [], "total": 0}))

    async with BadServer(handle) as server, House(ledger_folder, f"{server.url}/v1") as house:
        submit = asyncio.create_task(house.engine.submit("a/b", INPUTS))
        async with asyncio.timeout(A_WHILE):
            await arrived.wait()
            world.slept += 3600.0
            world.way = ELSEWHERE
            await world.looked_at()
            answer.set()
            job = await submit
        assert job.request_id == "req-1"
        assert len(server.of("POST")) == 1
