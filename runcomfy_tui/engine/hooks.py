"""The user's own command, run once for every job that comes to its end."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from runcomfy_tui.engine.tasks import Tasks
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.job_json import job_as_json
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.text import visible

log = logging.getLogger(__name__)

SECONDS = 60.0
"""How long a hook may run; after that it is ended, and what it started with it."""

AT_ONCE = 4
LAST_WORDS = 4_000
"""How many bytes of a hook's output are kept, from its end."""

UNCLAIMED_SECONDS = 600.0
"""How long an end is remembered that another process should have told."""

_LOOK_SECONDS = 0.1
_LAST_READS = 16
_SECONDS_TO_OBEY = 2.0
_OBEYS_SECONDS = 0.02

OnDisk = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]
Trouble = Callable[[str | None], None]


class Claims(Protocol):
    """Decides between processes."""

    def expect(self, *job_ids: str) -> None: ...

    def due(self) -> list[str]: ...

    def claim(self, job_id: str) -> bool: ...

    def sweep(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a hook ended: its exit code, negative for a signal, None when it had to be ended."""

    code: int | None
    output: str


class HookNotStarted(Exception):
    """The command cannot be run at all; `str()` says why."""


class Hooks:
    """Runs `command` for ends of jobs while this process has the turn, a few at once.

    A process without the turn remembers the ends that it sees: when the other one dies before it
    has told them, this one does. `claims` see to it that nobody tells an end twice.
    """

    def __init__(
        self,
        command: Sequence[str],
        claims: Claims,
        on_disk: OnDisk,
        trouble: Trouble,
        *,
        is_sandbox: bool = False,
        seconds: float = SECONDS,
    ) -> None:
        self._command = tuple(command)
        self._claims = claims
        self._on_disk = on_disk
        self._trouble = trouble
        self._is_sandbox = is_sandbox
        self._seconds = seconds
        self._began = time.time()
        self._has_turn = False
        self._unclaimed: dict[str, tuple[float, Job]] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hook")
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stop = threading.Event()
        self._tasks: Tasks[None] = Tasks()

    def expect(self, *jobs: Job) -> None:
        """Leave a note, before these ends are written: who dies then has told nobody of them.

        Callable from any thread.
        """
        if self._command:
            try:
                self._claims.expect(*(job.id for job in jobs))
            except LedgerError as error:
                log.warning("the hook may be forgotten: %s", error)

    async def go_on(self, job_of: Callable[[str], Job | None]) -> None:
        """Tell the ends that were written and that nobody has lived to tell."""
        if not (self._command and self._has_turn):
            return
        try:
            due = await self._on_disk(self._claims.due)
        except LedgerError as error:
            log.warning("hooks: %s", error)
            return
        for job in filter(None, map(job_of, due)):
            if _is_to_be_told(job):
                self._start(job)

    def saw(self, before: Job | None, job: Job) -> None:
        """Take note of a change of a job; only an end is told, and never one of history."""
        if self._command and is_an_end(before, job, since=self._began):
            if self._has_turn:
                self._start(job)
            else:
                self._remember(job)

    def take_turn(self) -> None:
        """This process polls from now on: tell what the one before it left untold."""
        self._has_turn = True
        if self._command:
            self._tasks.spawn(self._sweep())
        oldest = time.monotonic() - UNCLAIMED_SECONDS
        left, self._unclaimed = self._unclaimed, {}
        for at, job in left.values():
            if at >= oldest:
                self._start(job)

    def leave_turn(self) -> None:
        """Another process may poll from now on."""
        self._has_turn = False

    async def finish(self) -> None:
        """Wait until every hook under way has ended."""
        await self._tasks.finish()

    async def aclose(self, grace: float) -> None:
        """Let hooks under way end within `grace` seconds, then end them."""
        await self._tasks.wait(grace)
        self._stop.set()
        await self._tasks.finish()
        self._threads.shutdown(wait=False)

    def _remember(self, job: Job) -> None:
        now = time.monotonic()
        self._unclaimed[job.id] = (now, job)
        for job_id, (at, _) in list(self._unclaimed.items()):
            if at >= now - UNCLAIMED_SECONDS:
                break
            del self._unclaimed[job_id]

    def _start(self, job: Job) -> None:
        self._tasks.spawn(self._tell(job))

    async def _sweep(self) -> None:
        try:
            await self._on_disk(self._claims.sweep)
        except LedgerError as error:
            log.warning("old notes about hooks are left: %s", error)

    async def _tell(self, job: Job) -> None:
        async with self._slots:
            if self._stop.is_set():
                log.warning("the hook was not run for %s: the program ends", job.request_id)
                return
            try:
                if not await self._on_disk(lambda: self._claims.claim(job.id)):
                    return
            except LedgerError as error:
                # Without a note it might be run twice.
                log.warning("the hook was not run for %s: %s", job.request_id, error)
                self._trouble(f"The hook was not run: {error}")
                return
            said = {**job_as_json(job), "sandbox": self._is_sandbox}
            await self._run(job, json.dumps(said, default=str).encode())

    async def _run(self, job: Job, payload: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            outcome = await loop.run_in_executor(
                self._threads, run_hook, self._command, payload, self._seconds, self._stop
            )
        except HookNotStarted as error:
            log.warning("no hook: %s", error)
            self._trouble(str(error))
            return
        output = visible(outcome.output, keep_newlines=True).strip()
        if outcome.code == 0:
            log.info("the hook ran for %s%s", job.request_id, f":\n{output}" if output else "")
            self._trouble(None)
            return
        if outcome.code is not None:
            ended = f"ended with {outcome.code}"
        elif self._stop.is_set():
            ended = "was ended with the program"
        else:
            ended = f"was ended after {self._seconds:g} s"
        log.warning("the hook %s for %s:\n%s", ended, job.request_id, output)
        self._trouble(f"The hook {ended}: its output is in the log.")


def is_an_end(before: Job | None, job: Job, *, since: float = math.inf) -> bool:
    """Whether a job that the server knew has come to its end.

    Without `before`, another process took it in and saw it end before this one heard of it: that
    is news if it was not earlier than `since`.
    """
    if not _is_to_be_told(job):
        return False
    if before is None:
        return job.finished_at is not None and job.finished_at >= since
    return not before.status.is_final


def _is_to_be_told(job: Job) -> bool:
    is_known = job.request_id is not None and job.status is not Status.REJECTED
    return is_known and job.status.is_final


def run_hook(
    command: Sequence[str], payload: bytes, seconds: float, stop: threading.Event
) -> Outcome:
    """Run `command`, with no shell, `payload` on its stdin; blocks for `seconds` at most.

    It gets this process's environment as it is and a session of its own, so that the terminal's
    signals do not reach it. Raises `HookNotStarted`.
    """
    with tempfile.TemporaryFile() as stdin:
        stdin.write(payload)
        stdin.seek(0)
        try:
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise HookNotStarted(f"The hook cannot be started: {error}") from error
    assert process.stdout is not None
    with process.stdout:
        return _watch(process, process.stdout.fileno(), seconds, stop)


def _watch(
    process: subprocess.Popen[bytes], fd: int, seconds: float, stop: threading.Event
) -> Outcome:
    """Read what it says until it has ended; not until its output has, which others may hold."""
    deadline = time.monotonic() + seconds
    said = bytearray()
    is_open = True
    while process.poll() is None:
        if stop.is_set() or time.monotonic() >= deadline:
            _end(process)
            return Outcome(None, _text(said))
        is_open = is_open and _listen(fd, said, _LOOK_SECONDS)
        if not is_open:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_SECONDS)
    for _ in range(_LAST_READS):
        if not is_open or not select.select([fd], [], [], 0)[0]:
            break
        is_open = _listen(fd, said, 0)
    return Outcome(process.returncode, _text(said))


def _listen(fd: int, said: bytearray, seconds: float) -> bool:
    """Add what is said within that time; False when nobody can say anything any more."""
    if not select.select([fd], [], [], seconds)[0]:
        return True
    data = os.read(fd, 65536)
    said += data
    del said[:-LAST_WORDS]
    return bool(data)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started; each of them may obey, and has the same time for it."""
    _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS_TO_OBEY
    while _signal(process, 0) and time.monotonic() < deadline:
        process.poll()  # who has ended is there until somebody has heard of it
        time.sleep(_OBEYS_SECONDS)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> bool:
    """Whether there is anybody left of those whom it was sent to."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):  # macOS may not signal who has just ended
        return False
    return True


def _text(said: bytearray) -> str:
    return said.decode("utf-8", "replace")
