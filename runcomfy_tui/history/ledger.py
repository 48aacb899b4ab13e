"""The ledger: every job this machine has ever submitted, whatever happens to the process.

Live jobs lie in one small file, ended ones in numbered segments, so that a write costs the same at
a hundred jobs and at a hundred thousand. A job that ends is written to its segment before it
leaves the live file: a kill between the two leaves it in both, and the younger document counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runcomfy_tui.history.documents import (
    BadDocument,
    annotated,
    document_of,
    lacks_words,
    request_id_of,
    session_of,
    written_at,
)
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.files import LedgerFiles, is_younger
from runcomfy_tui.history.shelf import Shelf, Signature
from runcomfy_tui.history.storage import Documents
from runcomfy_tui.jobs import Job, Status

SEGMENT_SIZE = 200
"""Jobs in a segment: few enough that ending a job costs little more than changing a live one."""

LOCK_SECONDS = 10.0
"""How long a write waits for another process to finish its own."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What other processes have done: jobs to show as they are now, ids that were forgotten."""

    jobs: tuple[Job, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.jobs or self.gone)


class Ledger:
    """One folder of jobs, which other processes may have open too.

    Synchronous, and meant for one thread. Opening reads no job. Every method may raise
    `LedgerError`, those that write also `LedgerBusy`; both are sentences for people.
    """

    def __init__(
        self,
        folder: Path,
        *,
        segment_size: int = SEGMENT_SIZE,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self._files = LedgerFiles(folder, segment_size=segment_size, lock_seconds=lock_seconds)
        self._live_ids: set[str] = set()
        """The live jobs as far as this process has heard."""
        self._ended_elsewhere: set[str] = set()
        """Those of them that another process has ended since."""
        self._heard: Documents = {}
        """What `changes` has still to tell: an error may have cut it short."""

    @property
    def problems(self) -> list[str]:
        """What could not be read and was set aside or passed over, in sentences for people."""
        return self._files.problems

    def load_live(self) -> list[Job]:
        """Every job that is not final, in the order in which they were first put."""
        files = self._files
        with files.reading():
            documents = files.still_live(files.live.all_seen)
        jobs = files.jobs(documents, files.live.path)
        self._live_ids = {job.id for job in jobs}
        return jobs

    def load_ended(self) -> Iterator[list[Job]]:
        """Every ended job, the last ones to end first, a batch per segment.

        A job that `load_live` gave and that another process has ended since comes here and,
        lest it be missed, with the next `changes`, too.
        A segment that the system refuses to read is passed over and told in `problems`.
        """
        files = self._files
        told: set[str] = set()
        signature: Signature | None = None
        live: dict[str, int] = {}
        for shelf in files.ended.newest_first():
            try:
                with files.reading():
                    if (now := files.live.signature()) != signature:
                        live, signature = _stamps(files.live.documents()), now
                    documents = shelf.all_seen()
                    forgotten = files.forgotten.listed()
            except LedgerError as error:
                files.report(str(error))
                continue
            alive_again = {
                job_id
                for job_id in documents.keys() & live.keys()
                if live[job_id] > written_at(documents[job_id])
            }
            hidden = documents.keys() & told | documents.keys() & forgotten.keys() | alive_again
            told.update(documents)
            late = documents.keys() & self._live_ids - hidden
            self._hear({job_id: documents[job_id] for job_id in late}, live=False)
            shown = dict(reversed(documents.items()))
            for job_id in hidden:
                del shown[job_id]
            yield files.jobs(shown, shelf.path)

    def get(self, job_id: str) -> Job | None:
        """The job with this id, wherever it lies."""
        with self._files.reading():
            jobs = self._files.jobs(self._files.find([job_id]), self._files.folder)
        return jobs[0] if jobs else None

    def find_request(self, request_id: str) -> Job | None:
        """The job with this request_id, whether ended jobs are loaded or not."""
        return self.find_requests([request_id]).get(request_id)

    def find_requests(self, request_ids: Iterable[str]) -> dict[str, Job]:
        """The jobs with these request_ids, by request_id, at the cost of one look at each file."""
        missing = set(request_ids)
        found: set[str] = set()
        with self._files.reading():
            for documents in self._files.mentioning(frozenset(missing)):
                for job_id, document in documents.items():
                    if (request_id := request_id_of(document)) in missing:
                        missing.discard(request_id)
                        found.add(job_id)
                if not missing:
                    break
            jobs = self._files.jobs(self._files.find(found), self._files.folder)
        return {job.request_id: job for job in jobs if job.request_id is not None}

    def orphaned_submits(self) -> list[Job]:
        """The jobs that were being submitted by a process that is no more.

        Whether the server has heard of them nobody knows. A submit of another process that is
        still running, or of this one, is not among them.
        """
        files = self._files
        with files.writing("look for lost submits"):
            documents = files.still_live(files.live.documents)
            orphans = [
                job
                for job in files.jobs(documents, files.live.path)
                if job.status is Status.SUBMITTING
                and not files.sessions.is_alive(session_of(documents[job.id]))
            ]
            files.sessions.sweep()
        return orphans

    def put(self, *jobs: Job, are_new: bool = False) -> None:
        """Write jobs down, new or changed, each to where its status belongs.

        Live jobs cost one fsync together, ended ones one more per segment; jobs that stand there
        as they are cost none. A change to a job that another process has ended or forgotten
        meanwhile is dropped: `changes` tells what became of it.
        `are_new` saves the look through all segments for jobs that the ledger does not hold; if
        another process has put one just now, the younger document will count.
        """
        for job in jobs:
            _check_id(job.id)
        if jobs:
            with self._files.writing("save the job"):
                wanted = self._still_wanted({job.id: job for job in jobs})
                self._put_ended([job for job in wanted if job.status.is_final], are_new)
                self._put_live([job for job in wanted if not job.status.is_final])

    def annotate(self, job_ids: Iterable[str], said: Mapping[str, Any]) -> None:
        """Change what the user says of jobs: a `label`, a `note`, a `rating`,
        whether they are `pinned` or `archived`.

        Nothing else of them changes, whatever other processes have written meanwhile.
        """
        wanted = set(job_ids)
        with self._files.writing("save what you say of the job"):
            live = wanted & self._files.still_live(self._files.live.documents).keys()
            _annotate(self._files.live, live, said)
            for shelf, found in self._files.ended.finding(wanted - live):
                _annotate(shelf, found, said)

    def forget(self, *job_ids: str) -> None:
        """Remove jobs from the ledger: after a kill in the middle all of them, or none.

        Putting one again brings it back.
        """
        if not job_ids:
            return
        forgotten = self._files.forgotten
        with self._files.writing("forget the job"):
            found = self._files.find(job_ids)
            forgotten.add({job_id: request_id_of(found.get(job_id)) for job_id in job_ids})
            outdated = forgotten.outdated()
            self._remove(outdated.union(job_ids))
            if outdated:
                forgotten.take_back(outdated)
        self._let_go(job_ids)

    def changes(self) -> Changed:
        """What other processes have written since the last look, each once.

        Costs three stats when that is nothing, one per file when this process has just written.
        """
        files = self._files
        with files.reading():
            for segment in files.ended.news():
                self._hear(segment, live=False)
            if files.live.has_news():
                self._hear(files.still_live(files.live.news), live=True)
            gone = files.forgotten.news()
        known = files.forgotten.known
        self._let_go(gone)
        current = {
            job_id: document for job_id, document in self._heard.items() if job_id not in known
        }
        self._heard = {}
        return Changed(tuple(files.jobs(current, files.folder)), tuple(sorted(gone)))

    def settle(self) -> None:
        """Make what was put outlive a power cut as well as a kill.

        Costs two fsyncs, so it is for after the user has got the answer.
        """
        self._files.settle()

    def close(self) -> None:
        """Settle, and end this process's session: its unanswered submits are orphans now."""
        self.settle()
        with self._files.reading():
            self._files.sessions.close()

    def _hear(self, news: Documents, *, live: bool) -> None:
        for job_id, document in news.items():
            if job_id not in self._heard or is_younger(document, self._heard[job_id]):
                self._heard[job_id] = document
                if live:
                    self._live_ids.add(job_id)
                elif job_id in self._live_ids:
                    self._live_ids.discard(job_id)
                    self._ended_elsewhere.add(job_id)

    def _let_go(self, job_ids: Iterable[str]) -> None:
        self._live_ids.difference_update(job_ids)
        self._ended_elsewhere.difference_update(job_ids)

    # The steps of `put` and `forget`. The lock is held.

    def _still_wanted(self, jobs: dict[str, Job]) -> list[Job]:
        """The jobs less those that another process forgot, unless they are meant anew."""
        forgotten = self._files.forgotten
        listed = forgotten.listed().keys() & jobs.keys()
        if anew := {job_id for job_id in listed if forgotten.is_meant_anew(jobs[job_id])}:
            forgotten.take_back(anew)
        return [job for job in jobs.values() if job.id not in listed - anew]

    def _put_ended(self, jobs: list[Job], are_new: bool) -> None:
        if not jobs:
            return
        live = self._files.live.documents()
        ended = [job for job in jobs if job.id not in live]
        absent = ended if are_new else self._not_revised_in_place(ended)
        waiting = {job.id: document_of(job) for job in absent}
        for job in jobs:
            if job.id in live:
                self._files.clock.saw(written_at(live[job.id]))
                waiting[job.id] = document_of(job, old=live[job.id])
                if lacks_words(job, waiting[job.id]):
                    self._heard[job.id] = waiting[job.id]
        for segment in self._files.ended.append(waiting):
            self._leave_live(segment)
        self._live_ids.difference_update(job.id for job in jobs)

    def _not_revised_in_place(self, jobs: list[Job]) -> list[Job]:
        """Revise the segments that hold these jobs; the jobs that none holds are handed back."""
        missing = {job.id: job for job in jobs}
        for shelf, found in self._files.ended.finding(frozenset(missing)):
            self._lay_on(shelf, [missing.pop(job_id) for job_id in found])
        return list(missing.values())

    def _leave_live(self, segment: Documents) -> None:
        """Take off the live shelf what has come to stand in a segment, now or before a kill."""
        shelf = self._files.live

        def change(live: Documents) -> None:
            both = segment.keys() & live.keys()
            shelf.remove(live, {each for each in both if is_younger(segment[each], live[each])})

        shelf.revise(change)

    def _put_live(self, jobs: list[Job]) -> None:
        if not jobs:
            return
        submitting = any(job.status is Status.SUBMITTING for job in jobs)
        session = self._files.sessions.mine() if submitting else None
        ended: set[str] = set()
        ids = {job.id for job in jobs}

        def change(documents: Documents) -> None:
            # Missing though it was live: another process has ended it, or it was lost with a file
            # that was set aside, and then it comes back.
            absent = ids - documents.keys()
            was_live = absent & self._live_ids | absent & self._ended_elsewhere
            for shelf, found in self._files.ended.finding(was_live):
                final = _ended_for_good(found, self._files.jobs(found, shelf.path))
                ended.update(final)
                self._hear(final, live=False)
            still_live = [job for job in jobs if job.id not in ended]
            self._lay(self._files.live, documents, still_live, session)

        self._files.live.revise(change)
        self._live_ids |= ids - ended
        self._ended_elsewhere -= ids - ended

    def _lay_on(self, shelf: Shelf, jobs: list[Job]) -> None:
        shelf.revise(lambda documents: self._lay(shelf, documents, jobs))

    def _lay(
        self, shelf: Shelf, documents: Documents, jobs: list[Job], session: str | None = None
    ) -> None:
        for job in jobs:
            old = documents.get(job.id)
            shelf.put(documents, job.id, document_of(job, session=session, old=old))
            if lacks_words(job, documents[job.id]):
                self._heard[job.id] = documents[job.id]

    def _remove(self, job_ids: Collection[str]) -> None:
        _take_off(self._files.live, job_ids)
        for shelf, found in self._files.ended.holding(job_ids):
            _take_off(shelf, found.keys())


def _annotate(shelf: Shelf, job_ids: Collection[str], said: Mapping[str, Any]) -> None:
    def change(documents: Documents) -> None:
        for job_id in job_ids:
            with suppress(BadDocument, KeyError):
                shelf.put(documents, job_id, annotated(documents[job_id], said))

    if job_ids:
        shelf.revise(change)


def _ended_for_good(documents: Documents, jobs: Iterable[Job]) -> Documents:
    """Without those that may come back: a request that was not found may be found again."""
    may_come_back = {job.id for job in jobs if job.status in (Status.NOT_FOUND, Status.REJECTED)}
    return {job_id: documents[job_id] for job_id in documents.keys() - may_come_back}


def _take_off(shelf: Shelf, job_ids: Collection[str]) -> None:
    shelf.revise(lambda documents: shelf.remove(documents, job_ids))


def _stamps(documents: Documents) -> dict[str, int]:
    return {job_id: written_at(document) for job_id, document in documents.items()}


def _check_id(job_id: str) -> None:
    """Ids are this program's own and stand in files as they are."""
    if not job_id or not job_id.isascii() or not job_id.isprintable() or set(job_id) & {'"', "\\"}:
        raise ValueError(f"not an id for a job: {job_id!r}")
