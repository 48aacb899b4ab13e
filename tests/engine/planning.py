"""Plans of many jobs, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runcomfy_tui.batch import Batch, BatchState, Item, Progress
from runcomfy_tui.engine.release import Limits
from runcomfy_tui.jobs import Status
from tests.engine.house import INPUTS, MODEL, House
from tests.engine.server import Server

FAST = Limits(per_second=500, unfinished=1000)


def prompts(count: int, word: str = "boat") -> list[dict[str, Any]]:
    return [INPUTS | {"promptText": f"{word} {number}"} for number in range(count)]


async def plan(house: House, inputs: Sequence[dict[str, Any]], label: str = "boats") -> Batch:
    return await house.engine.release.plan(MODEL, label, [Item(each) for each in inputs])


async def until_over(house: House, batch: Batch, *states: BatchState) -> Progress:
    """Wait until the batch runs no longer, and no submit of it is on its way."""
    wanted = states or (BatchState.DONE,)

    def there() -> Progress | None:
        progress = house.batches.get(batch.id)
        if progress is None or progress.batch.state not in wanted:
            return None
        return None if progress.statuses.get(Status.SUBMITTING) else progress

    return await house.until(there, f"for the batch to be {wanted}: {house.batches}")


def planned_in(folder: Path) -> list[Path]:
    return list(folder.glob("batches/*.json"))


def sent(server: Server) -> list[str]:
    """The prompts that the server has taken, in order."""
    return [str(made["inputs"]["promptText"]) for made in server.requests()]


def sent_of(house: House, batch: Batch) -> int:
    progress = house.batches.get(batch.id)
    return progress.sent if progress else 0
