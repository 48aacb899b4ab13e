"""Which jobs came of which batch, and how they stand; kept up to date job by job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from runcomfy_tui.batch import is_unfinished
from runcomfy_tui.jobs import Job, Status


class BatchIndex:
    """The jobs that belong to batches, of all that are loaded.

    `changed` is called whenever one of them comes, goes, or changes its state.
    """

    def __init__(self) -> None:
        self.changed: Callable[[], object] = lambda: None
        self.unfinished = 0
        """Jobs of all batches that are on their way, queue or run."""
        self._jobs: dict[str, dict[str, Job]] = {}
        self._statuses: dict[str, Counter[Status]] = {}

    def see(self, job: Job) -> None:
        """A job as it is now."""
        if job.batch is None:
            return
        before = self._jobs.setdefault(job.batch, {}).get(job.id)
        self._jobs[job.batch][job.id] = job
        if before is None or before.status is not job.status:
            self._count(before, -1)
            self._count(job, 1)
            self.changed()

    def lose(self, job: Job) -> None:
        """A job that the ledger has no longer."""
        if job.batch is not None:
            self._count(self._jobs.get(job.batch, {}).pop(job.id, None), -1)
            self.changed()

    def statuses(self, batch_id: str) -> Mapping[Status, int]:
        """How many jobs of a batch are in which state, as of now."""
        return dict(+self._statuses.get(batch_id, Counter()))

    def jobs(self, batch_id: str) -> list[Job]:
        """The jobs of a batch, in no order."""
        return list(self._jobs.get(batch_id, {}).values())

    def has(self, batch_id: str, item: int) -> bool:
        """Whether an item of a batch has become a job, whatever became of that."""
        return any(job.batch_item == item for job in self._jobs.get(batch_id, {}).values())

    def _count(self, job: Job | None, step: int) -> None:
        if job is None or job.batch is None:
            return
        self._statuses.setdefault(job.batch, Counter())[job.status] += step
        if is_unfinished(job.status):
            self.unfinished += step
