"""The least that polling can cost: `python -m tests.benchmarks.bare_polls URL RATE SECONDS`.

The program's own transport in a bare loop, at the same pace, with nothing around it. Prints the
milliseconds of processor time a poll.
"""

from __future__ import annotations

import asyncio
import sys
import time

from runcomfy_tui.api.connections import open_http
from runcomfy_tui.api.encoding import ACCEPTED
from runcomfy_tui.engine.gate import Pace

WARM_UP = 20
REQUESTS = 1_000


async def main(url: str, rate: float, seconds: float) -> None:
    http = open_http(
        connections=Pace().connections,
        keep_alive=True,
        connect_timeout=10,
        stall_timeout=None,
        headers={"Accept": "application/json", "Accept-Encoding": ACCEPTED},
    )
    slots = asyncio.Semaphore(Pace().connections)

    async def poll(number: int) -> None:
        async with slots:
            answer = await http.get(
                f"{url}/v1/requests/req-{number % REQUESTS}/status",
                headers={"Authorization": "Bearer any"},
            )
            answer.json()

    for number in range(WARM_UP):
        await poll(number)
    count = int(rate * seconds)
    used, began = time.process_time(), time.monotonic()
    async with asyncio.TaskGroup() as polls:
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            polls.create_task(poll(number))
    sys.stdout.write(f"{(time.process_time() - used) / count * 1e3}\n")
    await http.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
