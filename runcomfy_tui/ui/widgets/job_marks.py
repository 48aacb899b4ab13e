"""Which jobs are marked, to be acted on together. Pure."""

from __future__ import annotations

from collections.abc import Iterable


class JobMarks:
    """Ids of jobs, and the one that a range begins with: the one that was marked last."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self.anchor: str | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._ids

    @property
    def newest_first(self) -> list[str]:
        """The marked jobs, in the order of their time."""
        return sorted(self._ids, reverse=True)

    def toggle(self, job_id: str) -> None:
        """Mark a job, or no longer."""
        if job_id in self._ids:
            self._ids.remove(job_id)
            self.anchor = None
        else:
            self._ids.add(job_id)
            self.anchor = job_id

    def add(self, job_ids: Iterable[str]) -> None:
        """Mark jobs; none of them begins a range."""
        self._ids.update(job_ids)
        self.anchor = None

    def drop(self, job_ids: Iterable[str]) -> None:
        """Mark these jobs no longer."""
        self._ids.difference_update(job_ids)
        if self.anchor not in self._ids:
            self.anchor = None

    def clear(self) -> None:
        """Mark none."""
        self._ids.clear()
        self.anchor = None

    def has_all(self, job_ids: Iterable[str]) -> bool:
        """Whether all of these are marked."""
        return self._ids.issuperset(job_ids)
