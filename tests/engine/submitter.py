"""A program of its own, to be killed: an engine that submits without end, some jobs at a time.

Tells one word a line: `started`, `watching` when its engine runs, then every request_id once its
submit has returned.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import sys
from pathlib import Path

from tests.engine.house import House

STARTED = "started"
WATCHING = "watching"


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(folder: Path, url: str, submitters: int) -> None:
    tell(STARTED)
    async with House(folder, url) as house:
        tell(WATCHING)

        async def submit_without_end() -> None:
            for _ in itertools.count():
                job = await house.submit(promptText=f"quick please {secrets.token_hex(8)}")
                if job.request_id is not None:
                    tell(job.request_id)

        await asyncio.gather(*(submit_without_end() for _ in range(submitters)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
