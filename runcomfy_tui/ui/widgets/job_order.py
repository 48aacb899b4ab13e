"""Which jobs are shown, in which order, and where each one stands. Pure, and quick at 100,000."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from runcomfy_tui.jobs import Job

_Key: TypeAlias = Any  # a job's id, or (value, id): unique, and sorted by the arrangement

# One insertion moves the tail of a list in C; a good number of them are dearer than one more
# sort, which on a list that is nearly sorted costs little more than a look at each entry.
_MANY = 32


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An order and a choice of jobs.

    `value` gives what jobs are sorted by (comparable with each other, never None), then comes
    their time; without it time alone counts. `keep` says which jobs are shown. Both must depend on
    the job alone, so that a job's place can be found again.
    """

    value: Callable[[Job], Any] | None = None
    descending: bool = True
    keep: Callable[[Job], bool] | None = None


NEWEST_FIRST = Arrangement()


class JobOrder:
    """Jobs by id, and the rows they take in an arrangement.

    Replacing one job whose place stays is O(1); one that comes, goes or moves costs a binary
    search and one shift in C.
    """

    def __init__(self, arrangement: Arrangement = NEWEST_FIRST) -> None:
        self._arrangement = arrangement
        self._jobs: dict[str, Job] = {}
        self._keys: list[_Key] = []  # ascending; shown from its end when descending

    def __len__(self) -> int:
        """How many rows are shown."""
        return len(self._keys)

    @property
    def total(self) -> int:
        """How many jobs there are, shown or not."""
        return len(self._jobs)

    def get(self, job_id: str) -> Job | None:
        """The job of that id, shown or not."""
        return self._jobs.get(job_id)

    def row_of(self, job_id: str) -> int | None:
        """The row of a job, None when it is not shown."""
        job = self._jobs.get(job_id)
        if job is None:
            return None
        key = self._key(job)
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return None
        return len(self._keys) - 1 - at if self._arrangement.descending else at

    def rows(self, start: int, stop: int) -> Sequence[Job]:
        """The jobs of the rows from `start` up to `stop`, as far as there are any."""
        count = len(self._keys)
        start, stop = max(0, start), min(stop, count)
        if self._arrangement.descending:
            keys = self._keys[max(0, count - stop) : max(0, count - start)][::-1]
        else:
            keys = self._keys[start : max(start, stop)]
        return [self._jobs[_id_of(key)] for key in keys]

    def replace_all(self, jobs: Iterable[Job]) -> None:
        """Forget what there was and hold these jobs."""
        self._jobs = {job.id: job for job in jobs}
        self.arrange(self._arrangement)

    def arrange(self, arrangement: Arrangement) -> None:
        """Show the same jobs in another order or choice."""
        self._arrangement = arrangement
        self._keys = sorted(self._key(job) for job in self._jobs.values() if self._keeps(job))

    def update(self, changed: Iterable[Job], gone: Iterable[str] = ()) -> None:
        """Take in jobs that are new or changed and let go of those whose ids are `gone`."""
        leaving: list[_Key] = []
        arriving: set[_Key] = set()

        def leaves(key: _Key) -> None:
            if key in arriving:
                arriving.remove(key)
            else:
                leaving.append(key)

        for job in changed:
            before = self._key_shown(self._jobs.get(job.id))
            after = self._key_shown(job)
            self._jobs[job.id] = job
            if before == after:
                continue
            if before is not None:
                leaves(before)
            if after is not None:
                arriving.add(after)
        for job_id in gone:
            key = self._key_shown(self._jobs.pop(job_id, None))
            if key is not None:
                leaves(key)
        self._take_out(leaving)
        self._put_in(arriving)

    def _take_out(self, keys: list[_Key]) -> None:
        if len(keys) > _MANY:
            leaving = set(keys)
            self._keys = [key for key in self._keys if key not in leaving]
            return
        for key in keys:
            del self._keys[bisect_left(self._keys, key)]

    def _put_in(self, keys: set[_Key]) -> None:
        if len(keys) > _MANY:
            self._keys += keys
            self._keys.sort()
            return
        for key in keys:
            insort(self._keys, key)

    def _keeps(self, job: Job) -> bool:
        return self._arrangement.keep is None or self._arrangement.keep(job)

    def _key_shown(self, job: Job | None) -> _Key | None:
        return self._key(job) if job is not None and self._keeps(job) else None

    def _key(self, job: Job) -> _Key:
        value = self._arrangement.value
        return job.id if value is None else (value(job), job.id)


def _id_of(key: _Key) -> str:
    return key if isinstance(key, str) else key[1]
