"""What to know of the last minutes before a submit: the jobs they saw, the money they left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.jobs import Balance, Job, JsonObject, Status
from runcomfy_tui.schema.local_files import recalled

RECENT_SECONDS: Final = 600.0
"""How long the same inputs again are rather a slip than a wish."""

_HARMLESS: Final = frozenset({Status.REJECTED, Status.CANCELLED})
"""Of these nothing is paid, so the same again is what one does next."""


class Recent:
    """The jobs of the last minutes, of this window and of others, as a form would name their files.

    Times are epoch seconds.
    """

    def __init__(self) -> None:
        self.balance: Balance | None = None
        """What is left of the money, as far as it was told."""
        self.is_loaded = False
        """Whether the whole history is there."""
        self.heard: Callable[[], None] = lambda: None
        """Called when something of this may have changed."""
        self._jobs: dict[str, Job] = {}

    def take_in(self, changes: Changes, now: float) -> None:
        """Hear what changed; a job that is older than some minutes costs a comparison."""
        since = now - RECENT_SECONDS
        for job in changes.jobs:
            if job.created_at > since and not job.adopted:
                self._jobs[job.id] = job.but(inputs=recalled(job.inputs))
        for job_id in changes.gone:
            self._jobs.pop(job_id, None)
        if changes.facts is not None:
            self.balance = changes.facts.balance
            self.is_loaded = changes.facts.is_loaded
        self.heard()

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
