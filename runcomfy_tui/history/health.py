"""How the files of a ledger are, looked at from outside: nothing here changes one of them."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import filelock
import orjson

from runcomfy_tui.history.documents import BadDocument, job_of, request_id_of, session_of
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job, Status, is_request_id

STALE_SECONDS: Final = 3600.0
"""A temporary file that nobody has written to for so long is what a killed process left."""

LITTLE_SPACE: Final = 100_000_000
"""Bytes free on the disk below which it is worth a word."""

_SEGMENT: Final = re.compile(r"(\d{6,})\.json")
_REQUEST_ID: Final = re.compile(rb'"request_id"\s*:\s*"([A-Za-z0-9_.:-]{1,200})"')


@dataclass(slots=True)
class Health:
    """What was found in a data folder. Names of files are relative to it."""

    folder: Path
    exists: bool = True
    is_writable: bool = True
    free_bytes: int | None = None
    live: int = 0
    ended: int = 0
    segments: int = 0
    forgotten: int = 0
    backups: int = 0
    bad_documents: int = 0
    in_both_places: int = 0
    unreadable: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    lost_request_ids: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    dead_sessions: int = 0
    is_locked: bool = False
    watcher: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether no job is lost, hidden or in doubt for a reason that lies in the files."""
        return not (
            self.unreadable
            or self.missing
            or self.bad_documents
            or self.orphans
            or self.lost_request_ids
            or not self.is_writable
        )


def examine(folder: Path) -> Health:
    """Look at all files of a data folder. Raises `OSError` where it cannot even be listed."""
    health = Health(folder)
    health.exists = folder.is_dir()
    health.is_writable = _is_writable(folder)
    if not health.exists:
        return health
    health.free_bytes = shutil.disk_usage(folder).free
    live = _documents(health, folder / "live.json")
    ended = _ended(health)
    forgotten = _documents(health, folder / "forgotten.json")
    live = {job_id: live[job_id] for job_id in live.keys() - forgotten.keys()}
    health.in_both_places = len(live.keys() & ended.keys())
    health.live = len(live.keys() - ended.keys())
    health.ended = len(ended.keys() - forgotten.keys())
    health.forgotten = len(forgotten)
    _look_at_live(health, live)
    _look_at_others(health)
    known = {
        request_id_of(document)
        for documents in (live, ended, forgotten)
        for document in documents.values()
    }
    for name in health.set_aside:
        raw = _bytes(folder / name) or b""
        found = {match.decode() for match in _REQUEST_ID.findall(raw)} - known
        health.lost_request_ids += sorted(filter(is_request_id, found))
    health.lost_request_ids = list(dict.fromkeys(health.lost_request_ids))
    return health


def _is_writable(folder: Path) -> bool:
    """Whether files can be made in it, or it itself where it is not there."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _ended(health: Health) -> dict[str, Any]:
    """The ended jobs' documents, without what makes them heavy."""
    folder = health.folder / "ended"
    ended: dict[str, Any] = {}
    if not folder.is_dir():
        return ended
    numbers = sorted(
        int(match[1]) for each in folder.iterdir() if (match := _SEGMENT.fullmatch(each.name))
    )
    health.segments = len(numbers)
    for number in range(1, max(numbers, default=0) + 1):
        path = folder / f"{number:06}.json"
        if not path.exists():
            health.missing.append(f"ended/{path.name}")
            continue
        documents = _documents(health, path)
        for job_id, job in _jobs(health, documents):
            ended[job_id] = {"request_id": job.request_id}
    return ended


def _look_at_live(health: Health, live: dict[str, Any]) -> None:
    for job_id, job in _jobs(health, live):
        if job.status is Status.SUBMITTING and not _is_alive(health, session_of(live[job_id])):
            health.orphans.append(job_id)


def _jobs(health: Health, documents: dict[str, Any]) -> Iterator[tuple[str, Job]]:
    for job_id, document in documents.items():
        try:
            yield job_id, job_of(job_id, document)
        except BadDocument:
            health.bad_documents += 1


def _look_at_others(health: Health) -> None:
    """All other files: those that cannot be read, were set aside or left behind; the locks."""
    now = time.time()
    looked_at = {"live.json", "forgotten.json"}
    for path in sorted(health.folder.rglob("*")):
        name = str(path.relative_to(health.folder))
        if not path.is_file() or name.startswith("sandbox" + os.sep):
            continue
        if ".unreadable-" in path.name:
            health.set_aside.append(name)
        elif path.name.endswith(".bak"):
            health.backups += 1
        elif path.name.endswith(".tmp"):
            if now - path.stat().st_mtime > STALE_SECONDS:
                health.stale.append(name)
        elif path.name.endswith(".json") and name not in looked_at and path.parent.name != "ended":
            _documents(health, path)
    sessions = health.folder / "sessions"
    if sessions.is_dir():
        names = [each.stem for each in sessions.iterdir() if each.suffix == ".lock"]
        health.dead_sessions = sum(not _is_alive(health, name) for name in names)
    health.is_locked = _is_held(health.folder / "ledger.lock")
    if _is_held(health.folder / "watch.lock"):
        holder = WatchTurn(health.folder).holder()
        health.watcher = f"process {holder.pid}" if holder else "another process"


def _documents(health: Health, path: Path) -> dict[str, Any]:
    """The documents of a file; one that cannot be read is noted, one that is not there is none."""
    name = str(path.relative_to(health.folder))
    try:
        raw = _bytes(path)
    except OSError:
        health.unreadable.append(name)
        return {}
    if raw is None:
        if path.with_name(path.name + ".bak").exists():
            health.missing.append(name)
        return {}
    try:
        tables = orjson.loads(raw)
    except orjson.JSONDecodeError:
        health.unreadable.append(name)
        return {}
    documents = tables.get("documents") if isinstance(tables, dict) else None
    return documents if isinstance(documents, dict) else {}


def _is_alive(health: Health, session: str | None) -> bool:
    if session is None or "/" in session:
        return False
    path = health.folder / "sessions" / f"{session}.lock"
    return path.exists() and _is_held(path)


def _is_held(path: Path) -> bool:
    """Whether a process holds this lock; asked without leaving a file where none was."""
    if not path.exists():
        return False
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
