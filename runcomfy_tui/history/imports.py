"""Taking the jobs of an export into a ledger: merged with what is there, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final, Protocol, TypeAlias

from runcomfy_tui.export_file import BadLine
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.merging import merged
from runcomfy_tui.jobs import Job, new_job
from runcomfy_tui.words import count_of

AT_ONCE: Final = 1_000
"""Lines of a step: few enough that whoever waits for the ledger does not notice."""

MOST_GATHERED: Final = 5_000
"""Ended jobs that are revised together: that takes a look through all segments."""

MOST_TOLD: Final = 100
"""Bad lines that are kept to be told; the others are counted."""

_OWN_WORDS: Final = ("label", "note", "rating", "pinned", "archived")

Step: TypeAlias = Callable[[], list[Job]]
"""A short piece of the work, for the ledger's thread; tells the jobs as they are now."""


@dataclass(slots=True)
class Imported:
    """What came of an import, in numbers of jobs; `filled_in` ones lacked something."""

    new: int = 0
    filled_in: int = 0
    known: int = 0
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)

    @property
    def words(self) -> str:
        """`3 new, 1 filled in, 7 known already`, and how many lines were passed over."""
        bad = f", {count_of(self.bad, 'line')} passed over" if self.bad else ""
        return f"{self.new:,} new, {self.filled_in:,} filled in, {self.known:,} known already{bad}"


class Holder(Protocol):
    """Who knows how the ledger's jobs stand at this moment."""

    def get(self, job_id: str) -> Job | None:
        """The job with this id."""

    def by_request(self, request_id: str) -> Job | None:
        """The job with this request_id, at least of those that have not ended."""


class Import:
    """Takes lines into a ledger. Steps raise what the ledger raises; what was written then stays.

    A job is known by its request_id, else by its id. Of one that is known only what the ledger
    lacks is taken: its words stand. Between two steps others may use the ledger, and an import that
    was broken off can be begun again.
    """

    def __init__(self, ledger: Ledger, known: Iterable[Job], holder: Holder) -> None:
        """`known` are all the jobs of the ledger, which the `holder` has."""
        self.report = Imported()
        self._ledger = ledger
        self._holder = holder
        self._requests = {job.request_id: job.id for job in known if job.request_id is not None}
        self._fresh: dict[str, Job] = {}
        """What the last step has changed: its holder may not have heard of it."""
        self._gathered: dict[str, tuple[Job, Job]] = {}
        """Ended jobs as they were and as they will be."""
        self._said: dict[tuple[tuple[str, Any], ...], list[str]] = {}
        """Jobs by the words of their user that they are to get: no `put` changes those."""

    def steps(self, lines: Iterable[Job | BadLine]) -> Iterator[Step]:
        """The work, in order; each step is to be done before the next one is asked for."""
        lines = iter(lines)
        while some := list(islice(lines, AT_ONCE)):
            yield partial(self._take, some)
            if len(self._gathered) >= MOST_GATHERED:
                yield from self._rest()
        yield from self._rest()

    def _rest(self) -> Iterator[Step]:
        if self._gathered:
            yield self._revise
        if self._said:
            yield self._annotate

    def _take(self, lines: Iterable[Job | BadLine]) -> list[Job]:
        """Write the new jobs and those that have not ended; gather the others."""
        self._fresh = {}
        new: dict[str, Job] = {}
        for line in lines:
            if isinstance(line, BadLine):
                self._pass_over(line)
                continue
            ours = self._same(line)
            job = self._new(line) if ours is None else merged(ours, line)
            if job == ours:
                self.report.known += 1
                continue
            if job.request_id is not None:
                self._requests[job.request_id] = job.id
            if ours is None or job.id in new:
                self.report.new += ours is None
                self.report.filled_in += ours is not None
                new[job.id] = self._fresh[job.id] = job
                continue
            self.report.filled_in += 1
            self._gather(ours, job)
        self._ledger.put(*new.values(), are_new=True)
        live = [job for ours, job in self._gathered.values() if not ours.status.is_final]
        return self._put(live) + list(new.values())

    def _pass_over(self, line: BadLine) -> None:
        self.report.bad += 1
        if len(self.report.bad_lines) < MOST_TOLD:
            self.report.bad_lines.append(line)

    def _gather(self, ours: Job, job: Job) -> None:
        before, _ = self._gathered.get(job.id, (ours, job))
        self._gathered[job.id] = before, job

    def _put(self, jobs: list[Job]) -> list[Job]:
        self._ledger.put(*jobs)
        for job in jobs:
            before, _ = self._gathered.pop(job.id)
            self._fresh[job.id] = job
            words = {name: getattr(job, name) for name in _OWN_WORDS}
            if words != {name: getattr(before, name) for name in _OWN_WORDS}:
                self._said.setdefault(tuple(words.items()), []).append(job.id)
        return jobs

    def _revise(self) -> list[Job]:
        self._fresh = {}
        return self._put([job for _, job in self._gathered.values()])

    def _annotate(self) -> list[Job]:
        for words, job_ids in self._said.items():
            self._ledger.annotate(job_ids, dict(words))
        self._said = {}
        return []

    def _same(self, job: Job) -> Job | None:
        if job.request_id is not None and (ours := self._by_request(job.request_id)) is not None:
            return ours
        ours = self._get(job.id)
        if ours is None or None not in (ours.request_id, job.request_id):
            return None
        return ours

    def _by_request(self, request_id: str) -> Job | None:
        ours = self._get(self._requests.get(request_id, ""))
        return ours or self._holder.by_request(request_id)

    def _get(self, job_id: str) -> Job | None:
        if job_id in self._gathered:
            return self._gathered[job_id][1]
        return self._fresh.get(job_id) or self._holder.get(job_id)

    def _new(self, job: Job) -> Job:
        """A job that is not known, under an id that none has."""
        while self._get(job.id) is not None:
            job = job.but(id=new_job(None, {}, now=job.created_at).id)
        return job


class Held:
    """All the jobs of a ledger that nobody else changes in this process."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs = {job.id: job for job in jobs}

    def get(self, job_id: str) -> Job | None:
        """The job with this id."""
        return self.jobs.get(job_id)

    def by_request(self, request_id: str) -> Job | None:
        """None: the import was given all of them."""
        return None


def take_all(ledger: Ledger, lines: Iterable[Job | BadLine]) -> Imported:
    """Take lines into a ledger, all of them in one go. Raises `LedgerError`."""
    held = Held(all_jobs(ledger))
    work = Import(ledger, held.jobs.values(), held)
    for step in work.steps(lines):
        held.jobs.update((job.id, job) for job in step())
    return work.report


def all_jobs(ledger: Ledger) -> Iterator[Job]:
    """Every job of a ledger, once, read segment by segment: in memory lies one of them at a time.

    Those that have not ended come last. Raises `LedgerError`.
    """
    # Read first, for a job that ends just now is in the ended ones by the time they are read.
    live = {job.id: job for job in ledger.load_live()}
    for batch in ledger.load_ended():
        for job in batch:
            # A job that a kill left in both places has ended.
            live.pop(job.id, None)
        yield from batch
    yield from live.values()
