"""The jobs that a key acts on, and how a question names them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runcomfy_tui.jobs import Job
from runcomfy_tui.words import count_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """The marked jobs, newest first, or else the one under the cursor, as `is_at_cursor` tells.

    `hidden` are the ids of those that have no row: the tab or the filter leaves them out.
    """

    jobs: tuple[Job, ...] = ()
    is_at_cursor: bool = False
    hidden: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """`this job`, `the marked job (not shown)` or `12 jobs`."""
        if len(self.jobs) != 1:
            return count_of(len(self.jobs), "job")
        if self.is_at_cursor:
            return "this job"
        return f"the marked job{' (not shown)' if self.hidden else ''}"

    def hidden_words(self, jobs: Sequence[Job] | None = None) -> str:
        """How many of these, or of all, cannot be seen; nothing where all can."""
        jobs = self.jobs if jobs is None else jobs
        count = sum(job.id in self.hidden for job in jobs)
        if not count:
            return ""
        if len(jobs) == 1:
            return "It is not shown: another tab or filter shows it."
        if count == len(jobs):
            return "None of them is shown: another tab or filter shows them."
        verb = "is" if count == 1 else "are"
        return f"{count:,} of them {verb} not shown: another tab or filter shows them."
