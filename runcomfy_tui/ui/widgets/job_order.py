"""Which jobs are shown, in which order, and where each one stands. Pure, and quick at 100,000."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from runcomfy_tui.jobs import Job
from runcomfy_tui.ui.widgets.sorted_keys import SortedKeys

_Key: TypeAlias = Any  # a time, or (value, time): unique, and sorted by the arrangement


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An order and a choice of jobs.

    `value` gives what jobs are sorted by (comparable with each other, never None), then comes
    their time; without it time alone counts. It must depend on the job alone, so that a job's
    place can be found again. `keep` says which jobs are shown, and `sift`, if there is one, says
    the same of many jobs at once.
    """

    value: Callable[[Job], Any] | None = None
    descending: bool = True
    keep: Callable[[Job], bool] | None = None
    sift: Callable[[list[Job]], list[Job]] | None = None


NEWEST_FIRST = Arrangement()


class JobOrder:
    """Jobs by id, and the rows they take in an arrangement.

    Replacing one job whose place stays is O(1); one that comes, goes or moves costs two searches
    and a small shift.
    """

    def __init__(self, arrangement: Arrangement = NEWEST_FIRST) -> None:
        self._arrangement = arrangement
        self._jobs: dict[str, Job] = {}
        # Ascending; shown from the end when descending. One and the same while all are shown.
        self._all = SortedKeys()
        self._shown = self._all if arrangement.keep is None else SortedKeys()
        self._in_order: list[Job] | None = None  # all of them; kept from key to key while one types
        self._outdated: set[str] = set()  # jobs in it that have changed since, in their places

    def __len__(self) -> int:
        """How many rows are shown."""
        return len(self._shown)

    @property
    def total(self) -> int:
        """How many jobs there are, shown or not."""
        return len(self._jobs)

    @property
    def jobs(self) -> Iterable[Job]:
        """All jobs, shown or not, in no order."""
        return self._jobs.values()

    @property
    def in_order(self) -> list[Job]:
        """All jobs, shown or not, as they are sifted; the same list until one of them changes."""
        jobs = self._jobs
        if self._in_order is None:
            is_by_time = self._arrangement.value is None
            times = self._all if is_by_time else (key[1] for key in self._all)
            self._in_order = [jobs.get(time) or self._job_of(time) for time in times]
        elif self._outdated:
            self._in_order = self._in_order.copy()
            for job_id in self._outdated:
                place = self._all.place_of(self._key(jobs[job_id]))
                assert place is not None
                self._in_order[place] = jobs[job_id]
        self._outdated.clear()
        return self._in_order

    def get(self, job_id: str) -> Job | None:
        """The job of that id, shown or not."""
        return self._jobs.get(job_id)

    def known(self, job_ids: Iterable[str]) -> list[Job]:
        """Those of many jobs that there are, shown or not."""
        jobs = self._jobs
        return [jobs[job_id] for job_id in job_ids if job_id in jobs]

    def row_of(self, job_id: str) -> int | None:
        """The row of a job, None when it is not shown."""
        job = self._jobs.get(job_id)
        place = None if job is None else self._shown.place_of(self._key(job))
        if place is None or not self._arrangement.descending:
            return place
        return len(self._shown) - 1 - place

    def rows(self, start: int, stop: int) -> Sequence[Job]:
        """The jobs of the rows from `start` up to `stop`, as far as there are any."""
        start = max(0, start)
        if self._arrangement.descending:
            count = len(self._shown)
            keys = self._shown.between(max(0, count - stop), count - start)[::-1]
        else:
            keys = self._shown.between(start, stop)
        return [self._job_of(key if isinstance(key, str) else key[1]) for key in keys]

    def replace_all(self, jobs: Iterable[Job]) -> None:
        """Forget what there was and hold these jobs."""
        self._jobs = {job.id: job for job in jobs}
        self._sort()
        self._choose()

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the same jobs in another order or choice."""
        value_before, self._arrangement = self._arrangement.value, arrangement
        if arrangement.value is not value_before:
            self._sort()
        self._choose()

    def update(self, changed: Iterable[Job], gone: Iterable[str] = ()) -> None:
        """Take in jobs that are new or changed and let go of those whose ids are `gone`."""
        is_all = self._shown is self._all
        known = self._jobs
        new: dict[str, Job] = {}
        for job in changed:
            before = known.get(job.id)
            if before is None:
                new[job.id] = job
                continue
            known[job.id] = job
            key, old_key = self._key(job), self._key(before)
            if key == old_key:
                self._outdated.add(job.id)
            else:
                self._in_order = None
                self._all.discard(old_key)
                self._all.add(key)
            if not is_all:
                self._show_or_hide(job, old_key, key)
        gone = list(gone)
        if new or gone:
            self._in_order = None
        if self._in_order is None:
            self._outdated.clear()
        known.update(new)
        self._all.add_many(self._keys(new.values()))
        if not is_all:
            self._shown.add_many(self._keys(filter(self._keeps, new.values())))
        for job_id in gone:
            lost = self._jobs.pop(job_id, None)
            if lost is not None:
                key = self._key(lost)
                self._all.discard(key)
                if not is_all:
                    self._shown.discard(key)

    def _keeps(self, job: Job) -> bool:
        return self._arrangement.keep is None or self._arrangement.keep(job)

    def _show_or_hide(self, job: Job, old_key: _Key, key: _Key) -> None:
        is_kept = self._keeps(job)
        was_shown = old_key in self._shown
        if was_shown and not (is_kept and key == old_key):
            self._shown.discard(old_key)
        if is_kept and not (was_shown and key == old_key):
            self._shown.add(key)

    def _sort(self) -> None:
        self._in_order = None
        self._all = SortedKeys(sorted(self._keys(self._jobs.values())))

    def _choose(self) -> None:
        keep, sift = self._arrangement.keep, self._arrangement.sift
        if keep is None:
            self._shown = self._all
            return
        in_order = self.in_order
        kept = [job for job in in_order if keep(job)] if sift is None else sift(in_order)
        self._shown = SortedKeys(self._keys(kept))

    def _keys(self, jobs: Iterable[Job]) -> list[_Key]:
        if self._arrangement.value is not None:
            return [self._key(job) for job in jobs]
        # Without a helper for most: this runs for every job there is, at every key that is typed.
        return [job.time_key if job.adopted else job.id for job in jobs]

    def _key(self, job: Job) -> _Key:
        value, time = self._arrangement.value, job.time_key
        return time if value is None else (value(job), time)

    def _job_of(self, time: str) -> Job:
        return self._jobs.get(time) or self._jobs[time.partition(" ")[2]]
