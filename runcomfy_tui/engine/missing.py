"""Whether a request that RunComfy does not find is gone, or not there yet. Pure; no clock.

Every `now` is in epoch seconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from runcomfy_tui.api.errors import ApiError, is_said_gone
from runcomfy_tui.jobs import Job

GRACE = 60.0
"""Seconds: a request younger than this may be unknown to the server's readers for a moment."""

IN_A_ROW = 3
"""404 answers in a row, without RunComfy's own code, after which a request is gone."""


@dataclass(slots=True)
class Missing:
    """Counts how often in a row a job was not found."""

    _times: Counter[str] = field(default_factory=Counter)

    def found(self, job_id: str) -> None:
        """RunComfy knows the job, or nobody asks about it any more."""
        self._times.pop(job_id, None)

    def is_gone(self, job: Job, error: ApiError, now: float) -> bool:
        """Whether this answer says so; one without RunComfy's code may come of what is between."""
        if young_until(job) > now:
            return False
        self._times[job.id] += 1
        return is_said_gone(error) or self._times[job.id] >= IN_A_ROW


def young_until(job: Job) -> float:
    """When a request that is not found is so no longer because it is young."""
    return 0.0 if job.submitted_at is None else job.submitted_at + GRACE
