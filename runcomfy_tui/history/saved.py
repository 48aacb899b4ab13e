"""Which result files were saved, and where: one small file per job, written line by line."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.storage import FILE_MODE, make_folder

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{6,80}")
_SHARD = 5
"""Of an id's leading digits, which tell its time: a folder for every three days."""


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A result that lies on the disk. `at` is epoch seconds; without a `sidecar` it is empty."""

    url: str
    file: str
    size: int
    checksum: str
    at: float
    sidecar: str = ""


_FIELDS = {field.name for field in fields(SavedFile)}


class SavedFiles:
    """The records of one ledger. Every method may raise `LedgerError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "saved"

    def add(self, job_id: str, saved: SavedFile) -> None:
        """Keep a record; one write of one line, so that processes do not meet in it."""
        path = self._path(job_id)
        # Behind a line that a full disk cut short, a new one begins.
        line = b"\n" + orjson.dumps(asdict(saved)) + b"\n"
        with plainly("note where the file was saved", path):
            make_folder(path.parent)
            handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, FILE_MODE)
            try:
                if os.write(handle, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(handle)

    def of(self, job_id: str) -> tuple[SavedFile, ...]:
        """The records of a job, the newest of each URL; a line that cannot be read is left out."""
        path = self._path(job_id)
        with plainly("read where files were saved", path, writing=False):
            try:
                lines = path.read_bytes().splitlines()
            except FileNotFoundError:
                return ()
        found: dict[str, SavedFile] = {}
        for line in lines:
            if (saved := _read(line)) is not None:
                found[saved.url] = saved
        return tuple(found.values())

    def _path(self, job_id: str) -> Path:
        name = file_name_of(job_id)
        return self._folder / name[:_SHARD] / f"{name}.jsonl"


def file_name_of(job_id: str) -> str:
    """An id as part of a file's name; one that could mean more to a disk gives way to its hash."""
    if _PLAIN_ID.fullmatch(job_id):
        return job_id
    return hashlib.blake2b(job_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _read(line: bytes) -> SavedFile | None:
    try:
        told: dict[str, Any] = orjson.loads(line)
        return SavedFile(**{name: told[name] for name in _FIELDS & told.keys()})
    except (ValueError, TypeError, AttributeError):
        return None
