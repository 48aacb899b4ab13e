"""Ledgers with a long past, as long as one likes, the same every time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Failure, Job, Status, new_job

MODELS = (
    "runwayml/runway-gen-4/turbo/image-to-video",
    "runwayml/runway-gen-4/aleph/video-to-video",
    "kling/kling-2-1/master/text-to-video",
    "bytedance/seedream-4/text-to-image",
    "minimax/hailuo-02/pro",
)
WORDS = (  # noqa: SIM905 - a sentence reads better
    "a paper boat drifts along the rainy gutter while neon signs of [an] old cinema flicker over "
    "wet asphalt and children in yellow coats laugh in slow motion behind cats on warm roofs"
).split()
PROMPT_WORDS = 40
DAYS = 60
AT_ONCE = 5_000


def past(count: int) -> Iterator[Job]:
    """Ended jobs of the last months, the oldest first, the last of them an hour old."""
    random = Random(4)
    now = time.time()
    step = (DAYS * 86_400 - 3_600) / count
    for number in range(count):
        made = now - DAYS * 86_400 + number * step
        inputs = {
            "promptText": " ".join(random.choices(WORDS, k=PROMPT_WORDS)),
            "promptImage": "https://example.com/usecase1-1.png",
            "duration": 5,
            "seed": random.randrange(2**31),
        }
        job = new_job(random.choice(MODELS), inputs, now=made).but(
            request_id=f"{random.getrandbits(128):032x}",
            submitted_at=made,
            started_at=made + 9,
            finished_at=made + random.uniform(30, 90),
        )
        if random.random() < 0.9:
            host = "https://playgrounds-storage-public.runcomfy.net"
            yield job.but(
                status=Status.COMPLETED,
                cost=round(random.uniform(0.1, 1.2), 3),
                output={"video": f"{host}/{number}/output/{number}_output.mp4"},
            )
        else:
            yield job.but(status=Status.FAILED, failure=Failure("content moderation"))


def write_past(folder: Path, count: int) -> list[Job]:
    """Make a ledger of so many ended jobs; returns them."""
    ledger = Ledger(folder)
    jobs = list(past(count))
    for begin in range(0, count, AT_ONCE):
        ledger.put(*jobs[begin : begin + AT_ONCE])
    ledger.close()
    return jobs
