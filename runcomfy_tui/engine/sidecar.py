"""The JSON file beside a saved one: which job made it, of what, when, for how much. Blocks."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from runcomfy_tui.api.download import Arrived
from runcomfy_tui.api.names import numbered
from runcomfy_tui.job_json import iso, job_as_json
from runcomfy_tui.jobs import Job
from runcomfy_tui.schema.sidecars import MARK, is_sidecar

log = logging.getLogger(__name__)

SUFFIX = ".json"
MOST_BYTES = 32 * 1024 * 1024
_MOST_NUMBER = 1000
_MODE = 0o666


def sidecar_of(job: Job, arrived: Arrived, url: str, at: float) -> dict[str, Any]:
    """What stands in a sidecar: the job as it is exported, and the file it made."""
    header = arrived.header
    return {
        **MARK,
        **job_as_json(job),
        "file": {
            "name": arrived.file.name,
            "url": url,
            "size": arrived.size,
            "checksum": arrived.checksum,
            "saved_at": iso(at),
            "format": header.format if header else None,
            "codec": (header.codec or None) if header else None,
            "width": header.width if header else None,
            "height": header.height if header else None,
            "seconds": header.seconds if header else None,
        },
    }


def write_sidecar(file: Path, told: dict[str, Any]) -> Path:
    """Write it beside `file`, over nothing that exists; returns where. Raises `OSError`."""
    wanted = f"{file.name}{SUFFIX}"
    data = _as_bytes(told)
    for number in range(_MOST_NUMBER):
        path = file.with_name(numbered(wanted, number))
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(path, flags, _MODE)
        except FileExistsError:
            continue
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
        except OSError:
            path.unlink(missing_ok=True)  # half of one would be read as none
            raise
        return path
    raise FileExistsError(f"there are {_MOST_NUMBER} files named like {wanted} already")


def renew_sidecar(path: Path, job: Job) -> None:
    """Bring what a sidecar says of its job up to date; one that is not this job's is left alone."""
    try:
        told = read_sidecar(path)
        if told is None or told.get("id") != job.id:
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(_as_bytes({**told, **job_as_json(job)}))
            Path(name).chmod(path.stat().st_mode & 0o777)
            Path(name).replace(path)
        except OSError:
            with suppress(OSError):
                Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        log.warning("the sidecar %s is not brought up to date: %s", path, error)


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """What a sidecar says; None for a file that is none. Raises `OSError`."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        return None
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return told if is_sidecar(told) else None


def _as_bytes(told: dict[str, Any]) -> bytes:
    text = json.dumps(told, indent=2, ensure_ascii=False, default=str)
    return (text + "\n").encode("utf-8", "backslashreplace")
