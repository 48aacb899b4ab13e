"""`runcomfy-tui watch`: the engine with no window. It polls, runs the hook, tells changes."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from runcomfy_tui.batch import BatchState
from runcomfy_tui.engine.changes import Changes, DownloadPhase, DownloadState, Facts, Link
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.job_json import job_as_json
from runcomfy_tui.jobs import NOT_YOURS, Job, Status
from runcomfy_tui.outlet import Outlet
from runcomfy_tui.text import visible
from runcomfy_tui.words import count_of, duration, money

if TYPE_CHECKING:
    from runcomfy_tui.engine.changes import Mailbox
    from runcomfy_tui.engine.engine import Engine

MOST_PENDING = 1_000_000
"""Bytes of lines that wait for a reader who does not read; what is more is dropped."""

LAST_WORDS_SECONDS = 1.0

COST_PATIENCE = 30.0
"""Seconds from a job's end in which its cost is waited for: it may be told only later."""

SECONDS_BETWEEN_LOOKS = 5.0
"""How often it is seen whether the end has come without any news."""

_LINKS = {
    Link.ONLINE: "online",
    Link.OFFLINE: "offline, trying again",
    Link.REFUSED: "the token is refused",
    Link.THROTTLED: "rate limited, polling slowed",
}


def watch(
    build: Callable[[Mailbox], Engine],
    *,
    as_json: bool = False,
    quiet: bool = False,
    until_done: bool = False,
) -> Ending:
    """Watch the jobs of a ledger and tell on stdout (and stderr) what changes.

    `build` makes the engine, in its own thread. Raises `EngineError` when it cannot be started.
    """
    out, err = Outlet(1), Outlet(2)
    voice = JsonLines(out) if as_json else Lines(out, err, quiet=quiet)
    out.start()
    err.start()
    try:
        return Watching(build, voice, until_done=until_done).run()
    finally:
        out.close(LAST_WORDS_SECONDS)
        err.close(LAST_WORDS_SECONDS)


class Ending(Enum):
    """Why the watch ended."""

    DONE = "done"
    UNSAVED = "unsaved"  # all jobs have ended, but not all files that were to be saved are
    STOPPED = "stopped"
    REFUSED = "refused"
    UNTOLD = "untold"  # RunComfy refuses to say how the jobs that are left stand


class Voice(Protocol):
    """How changes are told."""

    def job(self, job: Job) -> None: ...
    def download(self, state: DownloadState) -> None: ...
    def note(self, kind: str, word: str, words: str = "") -> None: ...


class Lines:
    """For people and for logs: a line per change on stdout, what else happens on stderr."""

    def __init__(self, out: Outlet, err: Outlet, *, quiet: bool = False) -> None:
        self._out = out
        self._err = err
        self._quiet = quiet

    def job(self, job: Job) -> None:
        """A job came to another state, or its cost is known."""
        place = "" if job.queue_position is None else f"#{job.queue_position}"
        took, cost = duration(job.duration), money(job.cost)
        failure = job.failure.message if job.failure else ""
        urls = [output.url for output in job.outputs]
        said = (job.request_id or "-", job.model_id or "-", place, took, cost, failure, *urls)
        self._say(f"{visible(job.status_word):<12} {'  '.join(visible(w) for w in said if w)}")

    def download(self, state: DownloadState) -> None:
        """A download came to its end."""
        what = state.file or f"{state.url}  {_download_words(state)}"
        self._say(f"{'saved' if state.file else 'not saved':<12} {visible(what)}")

    def note(self, kind: str, word: str, words: str = "") -> None:
        """Something else happened; of these the quiet hear of troubles alone."""
        if self._quiet and kind != "trouble" and word != Link.REFUSED:
            return
        text = _LINKS.get(Link(word), word) if kind == "link" else word
        said = f"{text}: {words}" if words else text
        _send(self._err, f"{_now()}  runcomfy-tui: {visible(said)}\n")

    def _say(self, line: str) -> None:
        if not self._quiet:
            _send(self._out, f"{_now()}  {line}\n")


class JsonLines:
    """For programs: one JSON object a line on stdout, each with `at` and `event`."""

    def __init__(self, out: Outlet) -> None:
        self._out = out

    def job(self, job: Job) -> None:
        """A job came to another state, or its cost is known."""
        said = {**job_as_json(job), "queue_position": job.queue_position}
        self._say({"event": "job", "job": said})

    def download(self, state: DownloadState) -> None:
        """A download came to its end."""
        self._say(
            {
                "event": "download",
                "job_id": state.job_id,
                "url": state.url,
                "file": state.file or None,
                "words": _download_words(state),
            }
        )

    def note(self, kind: str, word: str, words: str = "") -> None:
        """Something else happened."""
        self._say({"event": kind, kind: word, "words": words})

    def _say(self, said: dict[str, Any]) -> None:
        _send(self._out, json.dumps({"at": _now(), **said}, default=str) + "\n")


def _send(outlet: Outlet, line: str) -> None:
    if outlet.pending < MOST_PENDING:
        outlet.write(line.encode("utf-8", "replace"))


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _download_words(state: DownloadState) -> str:
    if state.phase is DownloadPhase.ASKING:
        return f"{state.words} is not RunComfy's: download it in the dashboard"
    return state.words


@dataclass(slots=True)
class Follower:
    """Turns the engine's changes into what is told; knows what is still to be waited for."""

    voice: Voice
    began: float = field(default_factory=time.time)
    facts: Facts = field(default_factory=Facts)
    live: set[str] = field(default_factory=set)
    loading: set[tuple[str, str]] = field(default_factory=set)
    sending: set[str] = field(default_factory=set)
    """The batches of which something is still to be sent, unless they are paused."""
    _known: dict[str, Job] = field(default_factory=dict)
    """The jobs that are alive, or whose cost is still to come."""

    @property
    def untold(self) -> set[str]:
        """The jobs of which RunComfy has refused to speak: whose they are, another token shows."""
        failures = {job_id: self._known[job_id].failure for job_id in self.live}
        return {each for each, failure in failures.items() if failure and failure.code == NOT_YOURS}

    def is_done(self, now: float) -> bool:
        """Whether every job is at its end, as far as that is told, every download too, and no
        other job will be sent; `now` is in epoch seconds.
        """
        is_over = self.facts.is_loaded and not (self.loading or self.sending)
        return is_over and self.live == self.untold and not self._awaits_cost(now)

    def _awaits_cost(self, now: float) -> bool:
        return any(
            job.status is Status.COMPLETED and now - (job.finished_at or 0.0) < COST_PATIENCE
            for job in self._known.values()
        )

    def take_in(self, changes: Changes) -> None:
        """Tell what has changed."""
        for job in changes.jobs:
            self._take_job(job)
        for job_id in changes.gone:
            self.live.discard(job_id)
            self._known.pop(job_id, None)
        for state in changes.downloads:
            self._take_download(state)
        for progress in changes.batches:
            is_sent = progress.batch.state is BatchState.RUNNING
            (self.sending.add if is_sent else self.sending.discard)(progress.batch.id)
        if changes.facts is not None:
            self._take_facts(changes.facts)

    def _take_job(self, job: Job) -> None:
        """Tell a change of a job that is worth a line."""
        before = self._known.get(job.id)
        is_live = job.status.is_watched or job.status is Status.SUBMITTING
        (self.live.add if is_live else self.live.discard)(job.id)
        lacks_its_cost = job.status is Status.COMPLETED and job.cost is None
        if is_live or (before is not None and lacks_its_cost):
            self._known[job.id] = job
        else:
            self._known.pop(job.id, None)
        is_history = before is None and not is_live and (job.finished_at or 0.0) < self.began
        is_start = before is None and is_live and not self.facts.is_loaded
        is_told = before is not None and _reads(before) == _reads(job)
        if not (is_history or is_start or is_told):
            self.voice.job(job)

    def _take_download(self, state: DownloadState) -> None:
        key = state.job_id, state.url
        if state.phase.is_under_way:
            self.loading.add(key)
        else:
            self.loading.discard(key)
            self.voice.download(state)

    def _take_facts(self, facts: Facts) -> None:
        before, self.facts = self.facts, facts
        if facts.link is not before.link and facts.link in _LINKS:
            self.voice.note("link", facts.link.value, facts.words)
        if (facts.is_watching, facts.watcher) != (before.is_watching, before.watcher):
            who = "this process polls" if facts.is_watching else f"{facts.watcher} polls"
            self.voice.note("polling", who)
        for trouble in facts.troubles:
            if trouble not in before.troubles:
                self.voice.note("trouble", trouble)
        if facts.is_loaded and not before.is_loaded:
            self.voice.note(
                "watching",
                count_of(len(self.live), "job is being watched", "jobs are being watched"),
            )


def _reads(job: Job) -> tuple[object, ...]:
    """What of a job is worth a line when it changes; its place in the queue moves too often."""
    return job.status_word, job.cost, job.failure


class Watching:
    """Runs an engine until it is told to stop or, if so wished, until every job has ended.

    SIGINT and SIGTERM stop it; SIGHUP does not: the watch outlives the terminal it was started
    in. Nothing waits for whoever reads the lines.
    """

    def __init__(
        self,
        build: Callable[[Mailbox], Engine],
        voice: Voice,
        *,
        until_done: bool = False,
    ) -> None:
        self._engine = EngineThread(build)
        self._follower = Follower(voice)
        self._news: asyncio.Queue[Changes] = asyncio.Queue()
        self._until_done = until_done

    def run(self) -> Ending:
        """Watch; blocks."""
        try:
            return asyncio.run(self._run())
        finally:
            self._engine.stop()
            while not self._news.empty():
                self._follower.take_in(self._news.get_nowait())

    async def _run(self) -> Ending:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def news_came() -> None:
            # Taken in the engine's thread, change by change: of two states that follow each other
            # quickly both are told.
            changes = self._engine.take()
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(self._news.put_nowait, changes)

        with _signals(loop, stop.set):
            self._engine.start(news_came)
            stopped = asyncio.create_task(_wait(stop))
            await self._engine.ready()
            while not stopped.done():
                news = asyncio.create_task(self._news.get())
                await asyncio.wait(
                    (stopped, news),
                    timeout=SECONDS_BETWEEN_LOOKS if self._until_done else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if news.done():
                    self._follower.take_in(news.result())
                else:
                    news.cancel()
                ending = await self._ending(stopped)
                if ending is not None:
                    stopped.cancel()
                    return ending
            return Ending.STOPPED

    async def _ending(self, stopped: asyncio.Task[None]) -> Ending | None:
        if not self._until_done or not self._news.empty():
            return None
        if self._follower.facts.link is Link.REFUSED:
            return Ending.REFUSED
        if not self._follower.is_done(time.time()):
            return None
        last_look = asyncio.create_task(self._last_look())
        await asyncio.wait((stopped, last_look), return_when=asyncio.FIRST_COMPLETED)
        last_look.cancel()
        if not self._news.empty() or stopped.done():
            return None
        ending = last_look.result()
        if ending is Ending.UNTOLD:
            jobs = count_of(len(self._follower.untold), "job stands", "jobs stand")
            words = f"RunComfy refuses to say, with this token, how {jobs} (code {NOT_YOURS})."
            self._follower.voice.note("trouble", words)
        return ending

    async def _last_look(self) -> Ending | None:
        """How it ends, once hooks and files are through; None where something may still come."""
        is_saved = await self._engine.ask(lambda engine: engine.settle())
        untold = sorted(self._follower.untold)
        for job_id in untold:
            # What the ledger has of a refusal may be of another day, and of another token.
            if not await self._is_refused(job_id):
                return None
        if untold:
            return Ending.UNTOLD
        return Ending.DONE if is_saved else Ending.UNSAVED

    async def _is_refused(self, job_id: str) -> bool:
        try:
            await self._engine.ask(lambda engine: engine.collect(job_id))
        except EngineError as error:
            return error.is_authorisation
        return False


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


@contextmanager
def _signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], object]) -> Iterator[None]:
    """Inside, SIGINT and SIGTERM call `stop`, and SIGHUP does nothing."""
    handlers = {"SIGINT": stop, "SIGTERM": stop, "SIGHUP": lambda: None}
    numbers = {getattr(signal, name): call for name, call in handlers.items()}
    for number, call in numbers.items():
        loop.add_signal_handler(number, call)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
