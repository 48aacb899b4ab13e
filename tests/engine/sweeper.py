"""A program of its own, to be killed: it plans a sweep once, and goes on with it at every start.

Tells a line each time something of the sweep has changed: how many jobs are tied to an item, and
`done` when none is left.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from runcomfy_tui.batch import BatchState, Item, Progress
from runcomfy_tui.engine import gate, neighbours, release, tracker
from runcomfy_tui.engine.release import Limits
from tests.engine.house import INPUTS, MODEL, House

ITEMS = 200
DONE = "done"


def hurry() -> None:
    """The same pauses, far shorter."""
    gate.FIRST_THROTTLE_PAUSE = gate.FIRST_OFFLINE_PAUSE = 0.02
    gate.SLOWEST_RATE = 100.0
    neighbours.TURN_INTERVAL = release.LOOK_INTERVAL = 0.05
    tracker.YOUNG_INTERVAL = tracker.NEAR_INTERVAL = 0.1


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(folder: Path, url: str) -> None:
    hurry()
    async with House(folder, url, limits=Limits(per_second=400, unfinished=24)) as house:
        house.take()
        if not house.batches:
            items = [Item(INPUTS | {"promptText": f"item {number}"}) for number in range(ITEMS)]
            await house.engine.release.plan(MODEL, "two hundred", items)
        [progress] = await house.until(lambda: list(house.batches.values()), "for the sweep")
        while progress.batch.state is not BatchState.DONE:
            tell(str(sum(progress.statuses.values())))
            if progress.batch.state is BatchState.PAUSED:
                await house.engine.release.resume(progress.batch.id)
            progress = await house.until(partial(_news, house, progress), "for it to go on")
        tell(DONE)


def _news(house: House, before: Progress) -> Progress | None:
    [progress] = house.batches.values()
    return progress if progress != before else None


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
