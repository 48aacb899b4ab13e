"""Taking the jobs of an export into a ledger: merged with what is there, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from runcomfy_tui.exchange import BadLine
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.merging import merged
from runcomfy_tui.jobs import Job, new_job

AT_ONCE: Final = 5_000
"""Jobs that go into one write: each write looks through all segments for jobs that are known."""

MOST_TOLD: Final = 100
"""Bad lines that are kept to be told; the others are counted."""

_OWN_WORDS: Final = ("label", "note", "rating", "pinned", "archived")


@dataclass(slots=True)
class Imported:
    """What came of an import, in numbers of jobs; `jobs` are the new and the completed ones."""

    new: int = 0
    completed: int = 0
    known: int = 0
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)


class Import:
    """Takes lines into a ledger. Raises what the ledger raises; what was taken in until then stays.

    A job is known by its request_id, else by its id. Of one that is known only what the ledger
    lacks is taken: its words stand.
    """

    def __init__(self, ledger: Ledger, known: Iterable[Job]) -> None:
        """`known` are all the jobs of the ledger."""
        self._ledger = ledger
        self._ids: dict[str, Job] = {}
        self._requests: dict[str, Job] = {}
        for job in known:
            self._know(job)

    def take(self, lines: Iterable[Job | BadLine]) -> Imported:
        """Take all of them in."""
        report = Imported()
        lines = iter(lines)
        while some := list(islice(lines, AT_ONCE)):
            self._write(dict(self._changes(some, report)))
        report.jobs = list({job.id: self._ids[job.id] for job in report.jobs}.values())
        return report

    def _changes(
        self, lines: Iterable[Job | BadLine], report: Imported
    ) -> Iterator[tuple[str, tuple[Job | None, Job]]]:
        """Each job that is new or has become another, by id, with what it was before."""
        before: dict[str, Job | None] = {}
        for line in lines:
            if isinstance(line, BadLine):
                report.bad += 1
                report.bad_lines += [line] if len(report.bad_lines) < MOST_TOLD else []
                continue
            ours = self._same(line)
            job = self._new(line) if ours is None else merged(ours, line)
            if job == ours:
                report.known += 1
                continue
            if ours is None:
                report.new += 1
            else:
                report.completed += 1
            before.setdefault(job.id, ours)
            self._know(job)
            report.jobs.append(job)
            yield job.id, (before[job.id], job)

    def _same(self, job: Job) -> Job | None:
        if job.request_id is not None and (ours := self._requests.get(job.request_id)):
            return ours
        ours = self._ids.get(job.id)
        if ours is None or None not in (ours.request_id, job.request_id):
            return None
        return ours

    def _new(self, job: Job) -> Job:
        """A job that is not known, under an id that none has."""
        while job.id in self._ids:
            job = job.but(id=new_job(None, {}, now=job.created_at).id)
        return job

    def _know(self, job: Job) -> None:
        self._ids[job.id] = job
        if job.request_id is not None:
            self._requests[job.request_id] = job

    def _write(self, changes: dict[str, tuple[Job | None, Job]]) -> None:
        if not changes:
            return
        self._ledger.put(*(job for _, job in changes.values()))
        said: dict[tuple[tuple[str, Any], ...], list[str]] = {}
        for job_id, (ours, job) in changes.items():
            words = {name: getattr(job, name) for name in _OWN_WORDS}
            if ours is not None and words != {name: getattr(ours, name) for name in _OWN_WORDS}:
                # Once a job is written, only `annotate` changes its user's words.
                said.setdefault(tuple(words.items()), []).append(job_id)
        for words_of, job_ids in said.items():
            self._ledger.annotate(job_ids, dict(words_of))


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
