"""Asking the server how a job stands: one question, and a second one where it has ended."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import ApiError
from runcomfy_tui.engine import transitions
from runcomfy_tui.jobs import Job, Status


async def news_of(
    job: Job, client: Client, in_turn: Callable[[], Awaitable[object]] | None = None
) -> Job:
    """`job` as the server's word leaves it. `in_turn` waits until a second question may leave.

    `completed` on /status is not the end of it: /result has the last word. Raises `ApiError`.
    """
    assert job.request_id is not None
    cancelled = False
    if not job.status.is_final:
        answer = await client.status(job.request_id)
        if not answer.status.is_final:
            return transitions.heard(job, answer, time.time())
        cancelled = answer.status is Status.CANCELLED
        if in_turn is not None:
            await in_turn()
    try:
        result = await client.result(job.request_id)
    except ApiError:
        if cancelled:
            return transitions.cancelled(job, time.time())
        raise
    if cancelled and not result.status.is_final:
        return transitions.cancelled(job, time.time())
    return transitions.collected(job, result, time.time())
