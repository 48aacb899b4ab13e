"""What was submitted in the last minutes, so that nobody pays twice by a slip. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from runcomfy_tui.jobs import Job, JsonObject, Status

RECENT_SECONDS: Final = 600.0
"""How long the same inputs again are rather a slip than a wish."""

_HARMLESS: Final = frozenset({Status.REJECTED, Status.CANCELLED})
"""Of these nothing is paid, so the same again is what one does next."""


class RecentJobs:
    """The jobs of the last minutes, of this window and of others. Times are epoch seconds."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def take_in(self, jobs: Iterable[Job], gone: Iterable[str], now: float) -> None:
        """Hear what changed; a job that is older than some minutes costs a comparison."""
        since = now - RECENT_SECONDS
        for job in jobs:
            if job.created_at > since and not job.adopted:
                self._jobs[job.id] = job
        for job_id in gone:
            self._jobs.pop(job_id, None)

    def same(self, model_id: str, inputs: JsonObject, now: float) -> Job | None:
        """The last job that sent just this and may be paid for."""
        since = now - RECENT_SECONDS
        self._jobs = {job_id: job for job_id, job in self._jobs.items() if job.created_at > since}
        alike = (
            job
            for job in self._jobs.values()
            if job.model_id == model_id and job.status not in _HARMLESS and job.inputs == inputs
        )
        return max(alike, key=lambda job: job.created_at, default=None)
