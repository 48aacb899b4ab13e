"""TinyDB's files, written so that a kill, a full disk or a second process never costs a document.

TinyDB's own storage rewrites its file in place: a kill in the middle leaves half a file. This one
writes a temporary file beside it, syncs that, and renames it over the old one, whose content stays
behind as a backup. It is plugged in where TinyDB means storages to be plugged in.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

Documents: TypeAlias = dict[str, Any]
"""The documents of one file by their id, as they stand there: none of them is judged yet."""

Guard: TypeAlias = Callable[[], AbstractContextManager[Any]]
"""Makes the (reentrant) lock that every process takes before it changes a file."""

Report: TypeAlias = Callable[[str], None]
"""Hears a sentence for people about a file that was set aside."""

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_TABLE = "documents"


class AtomicStorage(Storage):
    """One file of strict JSON that is whole at every moment.

    A write is not even begun when the file already holds what it would hold. Its caller holds the
    lock; a read needs none, because a file is only ever replaced whole.
    """

    def __init__(self, path: Path, *, guard: Guard, report: Report) -> None:
        self._path = path
        self._backup = path.with_name(path.name + ".bak")
        self._guard = guard
        self._report = report

    @cached_property
    def _new(self) -> Path:
        """What a new content is written as. Named once: a name a write is memory that churns."""
        return _temporary(self._path)

    @cached_property
    def _new_backup(self) -> Path:
        return _temporary(self._backup)

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The tables of the file; None when there is no file yet.

        A file that cannot be understood is set aside under a new name and its backup takes its
        place. Raises OSError.
        """
        raw = _bytes_of(self._path)
        if raw is None and not self._backup.exists():
            return None
        tables = _parsed(raw)
        return self._recovered() if tables is None else tables

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace the file by one with `data`, at the cost of one fsync. Raises OSError."""
        raw = orjson.dumps(data)
        if not _holds(self._path, raw):
            self._replace(raw, keep_backup=True)

    def _replace(self, raw: bytes, *, keep_backup: bool) -> None:
        try:
            _write_synced(self._new, raw)
            if keep_backup:
                self._back_up()
            self._new.replace(self._path)
        except BaseException:
            _remove(self._new)
            raise

    def _back_up(self) -> None:
        """Give the current content a second name: a hard link costs no copying and no fsync."""
        if self._path.exists():
            _remove(self._new_backup)  # a disk in trouble may have kept it
            try:
                _link(self._path, self._new_backup)
                self._new_backup.replace(self._backup)
            finally:
                # Two names of one and the same file are left as they are by a rename.
                _remove(self._new_backup)

    def _recovered(self) -> dict[str, dict[str, Any]] | None:
        with self._guard():
            raw = _bytes_of(self._path)
            if (tables := _parsed(raw)) is not None:
                return tables  # another process was quicker
            aside = None if raw is None else _set_aside(self._path)
            backup = _bytes_of(self._backup)
            tables = _parsed(backup)
            if tables is not None:
                outcome = (
                    "It was recovered from its backup; only its very last change may be missing."
                )
            elif backup is None:
                outcome = "There is no backup of it, so what it held is missing here."
            else:
                outcome = (
                    f"Its backup could not be read either and is kept as "
                    f"{_set_aside(self._backup).name}, so what it held is missing here."
                )
            self._replace(orjson.dumps(tables or {}), keep_backup=False)
            self._report(f"{self._trouble(aside)} {outcome}")
            return tables

    def _trouble(self, aside: Path | None) -> str:
        if aside is None:
            return f"{self._path} was missing."
        return (
            f"{self._path} could not be read. It was set aside, unchanged, as {aside.name}: keep "
            f"it, for it may hold request_ids."
        )


class DocumentTable(Table):
    """A table whose ids are the documents' own, so that nothing counts or scans for the next."""

    document_id_class = str  # type: ignore[assignment] # TinyDB annotates it by its default, int

    def documents(self) -> Documents:
        """Every document as it stands in the file, at the cost of one read."""
        return dict(self._read_table())

    def revise(self, change: Callable[[Documents], None]) -> None:
        """Let `change` alter the documents in place, at the cost of one read and one write."""
        self._update_table(change)  # type: ignore[arg-type] # ids are str here


class DocumentFile(TinyDB):
    """One file on the disk, with the one table that this program keeps in it."""

    table_class = DocumentTable
    default_table_name = _TABLE

    def __init__(self, path: Path, *, guard: Guard, report: Report) -> None:
        super().__init__(path, guard=guard, report=report, storage=AtomicStorage)

    @property
    def documents(self) -> DocumentTable:
        """The file's table."""
        # No cached answers: another process may have changed the file meanwhile.
        table = self.table(_TABLE, cache_size=0)
        assert isinstance(table, DocumentTable)
        return table


def make_folder(folder: Path) -> None:
    """Make `folder` for its owner's eyes alone, unless it is there already. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def sweep(folder: Path, pattern: str) -> None:
    """Remove the temporary files that killed processes left of files named like `pattern`.

    The caller holds the lock under which those files are written.
    """
    with os.scandir(folder) as entries:
        stale = [entry.name for entry in entries if entry.name.endswith(".tmp")]
    for name in stale:
        if fnmatch(name, f".{pattern}.*.tmp"):
            (folder / name).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the renames inside `folder` outlive a power cut.

    Some file systems refuse it; the files themselves are synced anyway.
    """
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _write_synced(path: Path, raw: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, FILE_MODE)
    with os.fdopen(handle, "wb", buffering=0) as file:
        view = memoryview(raw)
        while view:
            view = view[file.write(view) :]
        # The system's own clock for files ticks too slowly to tell two quick writes apart.
        now = time.time_ns()
        os.utime(file.fileno() if os.utime in os.supports_fd else path, ns=(now, now))
        os.fsync(file.fileno())


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _holds(path: Path, raw: bytes) -> bool:
    try:
        return path.stat().st_size == len(raw) and path.read_bytes() == raw
    except FileNotFoundError:
        return False


def _parsed(raw: bytes | None) -> dict[str, dict[str, Any]] | None:
    """The tables in `raw`, or None when they are not the JSON that this program writes."""
    if raw is None:
        return None
    try:
        tables = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if isinstance(tables, dict) and all(isinstance(table, dict) for table in tables.values()):
        return tables
    return None


def _set_aside(path: Path) -> Path:
    """Give a file a second name that nobody writes to; its first is about to be replaced."""
    at = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.unreadable-{at}")
    while aside.exists():
        aside = path.with_name(f"{path.name}.unreadable-{at}-{secrets.token_hex(2)}")
    _link(path, aside)
    return aside


def _link(path: Path, name: Path) -> None:
    try:
        name.hardlink_to(path)
    except FileExistsError:
        raise
    except OSError:
        shutil.copy2(path, name)  # a file system without hard links
