"""The vocabulary of the program: what a job is and the words for its state. No I/O."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from runcomfy_tui.text import is_path_segment

JsonObject: TypeAlias = Mapping[str, Any]


class Status(StrEnum):
    """Where a job stands, in RunComfy's own words where it has one.

    The first two and `REJECTED` are this program's: they speak of a submit that the server has
    not (or not clearly) answered with a request_id. `NOT_FOUND` is a request_id that the server
    no longer knows; `UNKNOWN` is any word this program has never heard (see `Job.server_word`).
    """

    SUBMITTING = "submitting"
    UNCONFIRMED = "unconfirmed"
    REJECTED = "rejected"
    IN_QUEUE = "in_queue"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__  # an enum's own is slow, and a hundred thousand jobs are counted by it

    @property
    def is_final(self) -> bool:
        """Whether the server will never change this again, so nobody needs to ask."""
        return self in _FINAL

    @property
    def is_watched(self) -> bool:
        """Whether the job exists at the server and its next word is worth a poll."""
        return self in _WATCHED


NOT_YOURS = "403001"
"""RunComfy's code for a request that is not of the account whose token is sent."""

MAY_EXIST = "The job may exist and may be charged"
"""What a lost answer to a submit means for the job and the money."""

_FINAL = frozenset(
    {Status.REJECTED, Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.NOT_FOUND}
)
_WATCHED = frozenset({Status.IN_QUEUE, Status.IN_PROGRESS, Status.UNKNOWN})

_STATUS_OF_WORD = {
    "in_queue": Status.IN_QUEUE,
    "pending": Status.IN_QUEUE,
    "waiting": Status.IN_QUEUE,
    "queued": Status.IN_QUEUE,
    "in_progress": Status.IN_PROGRESS,
    "starting": Status.IN_PROGRESS,
    "processing": Status.IN_PROGRESS,
    "running": Status.IN_PROGRESS,
    "completed": Status.COMPLETED,
    "succeeded": Status.COMPLETED,
    "failed": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "canceled": Status.CANCELLED,
}


def status_of_word(word: str) -> Status:
    """The status for a word the server used; `UNKNOWN` for one never heard before."""
    return _STATUS_OF_WORD.get(word.strip().lower(), Status.UNKNOWN)


class CancelOutcome(StrEnum):
    """What became of a cancel; the documentation says to trust this, not the status beside it."""

    CANCELLED = "cancelled"
    NOT_CANCELLABLE = "not_cancellable"
    UNKNOWN = "unknown"


class MediaKind(StrEnum):
    """What a URL holds."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Something wrong with one input: `path` leads to it (names and list indices), `()` is all."""

    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job was refused or failed, in the server's words where it gave any.

    `request_id` is one that the remains of a lost answer name: likely the job's, but not surely.
    """

    message: str
    code: str | None = None
    problems: tuple[FieldProblem, ...] = ()
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One result file: where it is, what it is, and under which key of `output` it was named."""

    url: str
    kind: MediaKind
    key: str


@dataclass(frozen=True, slots=True)
class Job:
    """One paid request as the ledger keeps it. Times are seconds since the epoch, cost is in USD.

    `id` is this program's own and exists before the POST; `request_id` is RunComfy's and exists
    only once the server has answered. `model_id` is None for an adopted request whose model the
    server did not tell. `queue_position` lives in memory alone: it changes with every poll.
    `label`, `note`, `rating` (1 to 5), `pinned` and `archived` are the user's own; RunComfy never
    hears of them. A job that was planned with others names its `batch` and which `batch_item` of
    it this one is. `estimate` is what its base price came to when it was submitted, in USD.
    """

    id: str
    model_id: str | None
    inputs: JsonObject
    status: Status
    created_at: float
    request_id: str | None = None
    submitted_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    queue_position: int | None = None
    server_word: str | None = None
    output: Any = None
    cost: float | None = None
    failure: Failure | None = None
    adopted: bool = False
    label: str = ""
    note: str = ""
    rating: int | None = None
    batch: str | None = None
    batch_item: int | None = None
    estimate: float | None = None
    pinned: bool = False
    archived: bool = False

    @property
    def status_word(self) -> str:
        """The status as it is shown: an unknown word stands as the server wrote it."""
        if self.status is Status.UNKNOWN and self.server_word:
            return self.server_word
        return self.status.value

    @property
    def time_key(self) -> str:
        """A text that sorts as the times at which jobs were made; the id, but for a job from
        elsewhere: its id tells when it was taken in, and stands behind a space."""
        if not self.adopted or not isfinite(self.created_at):
            return self.id
        return f"{max(0, int(self.created_at * 1000)):012x} {self.id}"

    @property
    def asked_at(self) -> float:
        """When the server was asked for it, as far as that is known."""
        return self.created_at if self.submitted_at is None else self.submitted_at

    @property
    def state_since(self) -> float:
        """When it came into the state it is in, as far as that is known."""
        if self.status is Status.IN_PROGRESS and self.started_at is not None:
            return self.started_at
        return self.asked_at

    @property
    def duration(self) -> float | None:
        """Seconds from start (or creation, when the start was not seen) to the end, if ended."""
        if self.finished_at is None:
            return None
        return max(0.0, self.finished_at - (self.started_at or self.created_at))

    @property
    def rerun_model_id(self) -> str | None:
        """The model to send its inputs to again; None for a job from elsewhere, of which nobody
        knows what it was made of."""
        return None if self.adopted else self.model_id

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The result files, read from `output` only: a result may echo its inputs."""
        return outputs_of(self.output)

    def but(self, **changes: Any) -> Job:
        """This job with some fields changed."""
        return replace(self, **changes)


def new_job(model_id: str | None, inputs: JsonObject, *, now: float | None = None) -> Job:
    """A job that is about to be submitted; its id sorts by time."""
    at = time.time() if now is None else now
    return Job(
        id=f"{int(at * 1000):012x}{os.urandom(5).hex()}",
        model_id=model_id,
        inputs=dict(inputs),
        status=Status.SUBMITTING,
        created_at=at,
    )


MAX_REQUEST_ID = 200


def is_request_id(text: str) -> bool:
    """Whether `text` can be a request_id: RunComfy may make them of anything that can stand, once
    it is percent-encoded, as one segment of a path."""
    return len(text) <= MAX_REQUEST_ID and is_path_segment(text)


_TYPED_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]+")
_REQUEST_URL = re.compile(r"/requests/([^/\s?#]+)")


def read_request_ids(text: str) -> tuple[str, ...]:
    """The request_ids in `text`, split at blanks and commas, each once; a status URL will do too.

    Raises `ValueError`, in words for people, for what is hardly a request_id: what people paste may
    be any text, and a job is made of each word.
    """
    request_ids: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", text):
        url = _REQUEST_URL.search(word)
        request_id = url.group(1) if url else word.strip("\"'")
        if not request_id:
            continue
        if not _TYPED_REQUEST_ID.fullmatch(request_id) or not is_request_id(request_id):
            raise ValueError(f"'{request_id[:80]}' is not a request_id.")
        request_ids[request_id] = None
    return tuple(request_ids)


_KIND_OF_KEY = {
    "image": MediaKind.IMAGE,
    "images": MediaKind.IMAGE,
    "video": MediaKind.VIDEO,
    "videos": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
    "audios": MediaKind.AUDIO,
}

_KIND_OF_SUFFIX = {
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "gif", "avif", "bmp", "tiff"), MediaKind.IMAGE),
    **dict.fromkeys(("mp4", "webm", "mov", "mkv", "m4v", "avi"), MediaKind.VIDEO),
    **dict.fromkeys(("mp3", "wav", "flac", "ogg", "m4a", "aac", "opus"), MediaKind.AUDIO),
}


def outputs_of(output: Any) -> tuple[Output, ...]:
    """Every http(s) URL inside a result's `output`, in order, each once, at any depth."""
    seen: dict[str, Output] = {}
    for key, url in _urls(output, ""):
        seen.setdefault(url, Output(url, _kind_of(key, url), key))
    return tuple(seen.values())


_DEEPEST = 50
"""No result is nested this deep; one that is comes from a broken or hostile server."""


def _urls(value: Any, key: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        if value.lower().startswith(("http://", "https://")):
            yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _urls(inner, f"{key}.{name}" if key else str(name), depth + 1)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _urls(inner, f"{key}[{index}]", depth + 1)


def _kind_of(key: str, url: str) -> MediaKind:
    for part in reversed(key.replace("[", ".").split(".")):
        if part in _KIND_OF_KEY:
            return _KIND_OF_KEY[part]
    try:
        path = urlsplit(url).path
    except ValueError:
        return MediaKind.FILE
    return _KIND_OF_SUFFIX.get(path.rpartition(".")[2].lower(), MediaKind.FILE)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the catalog. The price is a base price in USD per `price_unit`."""

    model_id: str
    display_name: str = ""
    description: str = ""
    kind: str = "model"
    categories: tuple[str, ...] = ()
    base_price_usd: float | None = None
    price_unit: str | None = None
    pricing_note: str = ""
    model_url: str = ""
    input_schema: JsonObject | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left in the account, in USD, and when the server said so (epoch seconds)."""

    usd: float
    at: float
