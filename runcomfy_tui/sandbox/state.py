"""A book on the disk, for a sandbox that remembers its jobs.

The whole file is written beside the old one and renamed into its place, so that a kill leaves one
or the other. It is not fsynced: this is play money, and only a power cut could lose any of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from runcomfy_tui.sandbox.book import Request, Snapshot
from runcomfy_tui.sandbox.fate import Fate
from runcomfy_tui.sandbox.queue import Ticket

_VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """What a stopped sandbox leaves behind. Answers hold its port, so it wants that one again."""

    port: int
    book: Snapshot


def save(path: Path, state: State) -> None:
    """Replace the file. Raises OSError when the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(
        orjson.dumps({"version": _VERSION, "port": state.port, "book": state.book})
    )
    temporary.replace(path)


def load(path: Path) -> State | None:
    """The state in the file, None when there is none.

    A file that cannot be read is set aside as `….broken`, never overwritten.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _state(orjson.loads(content))
    except (AttributeError, KeyError, TypeError, ValueError):
        path.replace(path.with_name(f"{path.name}.broken"))
        return None


def _state(data: Any) -> State:
    if data["version"] != _VERSION:
        raise ValueError("a state of another version")
    book = data["book"]
    requests = [_request(one) for one in book.pop("requests")]
    return State(port=int(data["port"]), book=Snapshot(requests=requests, **book))


def _request(data: dict[str, Any]) -> Request:
    fate, ticket = Fate(**data.pop("fate")), Ticket(**data.pop("ticket"))
    return Request(fate=fate, ticket=ticket, **data)
