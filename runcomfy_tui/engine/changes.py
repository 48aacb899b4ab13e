"""What the engine tells whoever shows it: coalesced, thread-safe, never waiting for the reader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from runcomfy_tui.jobs import Balance, Job

if TYPE_CHECKING:
    # The first paint tells of no sweeps.
    from runcomfy_tui.batch import Progress


class Link(StrEnum):
    """How things stand with the server."""

    STARTING = "starting"
    NO_TOKEN = "no_token"
    ONLINE = "online"
    OFFLINE = "offline"
    REFUSED = "refused"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Facts:
    """The engine's own state. `since` is epoch seconds, `pace` polls per second.

    `is_watching` is False while another process on this folder does the polling; `troubles` are
    sentences for people about what needs them (a file set aside, a disk that is full). `overdue`
    holds the jobs whose status could not be confirmed for long, by id, each with the time (epoch
    seconds, to the minute) at which it was true, None for never.
    """

    link: Link = Link.STARTING
    since: float | None = None
    words: str = ""
    balance: Balance | None = None
    pace: float = 0.0
    is_watching: bool = True
    watcher: str = ""
    is_loaded: bool = False
    troubles: tuple[str, ...] = ()
    overdue: Mapping[str, float | None] = field(default_factory=dict)


class DownloadPhase(StrEnum):
    """Where a download stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    ASKING = "asking"

    @property
    def is_under_way(self) -> bool:
        """Whether it will be told how this goes on, without anybody's doing."""
        return self in (DownloadPhase.WAITING, DownloadPhase.RUNNING)


@dataclass(frozen=True, slots=True)
class DownloadState:
    """One download: bytes received of `total` (None when the server told none).

    `words` say why it failed or, in `ASKING`, which host wants the user's yes first. `rate` is in
    bytes a second; `seconds_left` is None while nobody can tell.
    """

    job_id: str
    url: str
    phase: DownloadPhase
    received: int = 0
    total: int | None = None
    file: str = ""
    words: str = ""
    rate: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """All that changed since the last look, each job once and as it is now.

    With `has_more` it is only a part, and the rest can be taken at once.
    """

    jobs: tuple[Job, ...] = ()
    gone: tuple[str, ...] = ()
    facts: Facts | None = None
    downloads: tuple[DownloadState, ...] = ()
    batches: tuple[Progress, ...] = ()
    has_more: bool = False


@dataclass(slots=True)
class Mailbox:
    """Holds what changed until somebody looks; a reader that never comes costs nothing more.

    `notify` is called from the engine's thread when something comes that cannot wait, once until
    the next `take`; it must not block.
    """

    notify: Callable[[], object] = field(default=lambda: None)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _gone: dict[str, None] = field(default_factory=dict)
    _downloads: dict[tuple[str, str], DownloadState] = field(default_factory=dict)
    _batches: dict[str, Progress] = field(default_factory=dict)
    _facts: Facts | None = None
    _is_awaited: bool = False
    """Whether the reader has been told, and has not come yet."""

    def post(
        self,
        jobs: Iterable[Job] = (),
        gone: Iterable[str] = (),
        facts: Facts | None = None,
        downloads: Iterable[DownloadState] = (),
        batches: Iterable[Progress] = (),
        *,
        can_wait: bool = False,
    ) -> None:
        """Add to what the reader will see; a newer state of a job replaces the older one.

        What `can_wait` is there for the next `take`, but the reader is not told of it.
        """
        jobs, gone, batches = tuple(jobs), tuple(gone), tuple(batches)
        downloads = tuple(downloads)
        if not (jobs or gone or batches or downloads) and facts is None:
            return
        with self._lock:
            self._jobs.update((job.id, job) for job in jobs)
            if self._gone:
                for job in jobs:
                    self._gone.pop(job.id, None)
            for job_id in gone:
                self._jobs.pop(job_id, None)
                self._gone[job_id] = None
            self._batches.update((each.batch.id, each) for each in batches)
            if facts is not None:
                self._facts = facts
            self._downloads.update(((each.job_id, each.url), each) for each in downloads)
            is_news = not (can_wait or self._is_awaited)
            self._is_awaited |= is_news
        if is_news:
            self.notify()

    def take(self, most: int | None = None) -> Changes:
        """Everything since the last `take`, but no more than `most` of the jobs."""
        with self._lock:
            has_more = most is not None and len(self._jobs) > most
            if has_more:
                jobs = tuple(islice(self._jobs.values(), most))
                for job in jobs:
                    del self._jobs[job.id]
            else:
                jobs = tuple(self._jobs.values())
                self._jobs.clear()
            changes = Changes(
                jobs,
                tuple(self._gone),
                self._facts,
                tuple(self._downloads.values()),
                tuple(self._batches.values()),
                has_more,
            )
            self._gone.clear()
            self._downloads.clear()
            self._batches.clear()
            self._facts = None
            self._is_awaited = has_more
        return changes
