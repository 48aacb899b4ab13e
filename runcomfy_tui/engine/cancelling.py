"""Cancelling many jobs: a few at a time, and what went wrong with one keeps no other from it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import CancelOutcome, Job

CANCELS_AT_ONCE = 3
"""Cancels under way at once: the other connections stay free for polls and submits."""

LONGEST_PAUSE = 30.0
"""Seconds for which a 429 is waited out; whoever is asked to wait longer is told."""

TRIES = 3


@dataclass(frozen=True, slots=True)
class CancelReport:
    """What became of a cancel, and the job as the server's word left it."""

    job: Job
    outcome: CancelOutcome


@dataclass(frozen=True, slots=True)
class CancelTally:
    """How many cancels ended how; `unanswered` had no outcome, and `error` is the first reason."""

    outcomes: Mapping[CancelOutcome, int]
    unanswered: int = 0
    error: EngineError | None = None


async def cancel_each(
    cancel: Callable[[str], Awaitable[CancelReport]], job_ids: Iterable[str]
) -> CancelTally:
    """Cancel jobs a few at a time; no more of them once nothing answers or the token is refused."""
    outcomes: Counter[CancelOutcome] = Counter()
    errors: list[EngineError] = []
    slots = asyncio.Semaphore(CANCELS_AT_ONCE)

    async def cancel_one(job_id: str) -> None:
        async with slots:
            if any(error.is_outage or error.is_authorisation for error in errors):
                return
            try:
                report = await _patiently(cancel, job_id)
            except EngineError as error:
                errors.append(error)
            else:
                outcomes[report.outcome] += 1

    ids = list(job_ids)
    await asyncio.gather(*map(cancel_one, ids))
    return CancelTally(outcomes, len(ids) - outcomes.total(), errors[0] if errors else None)


async def _patiently(cancel: Callable[[str], Awaitable[CancelReport]], job_id: str) -> CancelReport:
    """Ask again after a 429: a cancel that was not taken can be repeated, and costs nothing."""
    for _ in range(TRIES - 1):
        try:
            return await cancel(job_id)
        except EngineError as error:
            if error.retry_after is None or error.retry_after > LONGEST_PAUSE:
                raise
            await asyncio.sleep(error.retry_after)
    return await cancel(job_id)
