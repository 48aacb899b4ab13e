"""What the server said, read into frozen shapes; every field as `api/client.py` documents it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runcomfy_tui.jobs import CancelOutcome, Failure, ModelEntry, Status


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One HTTP answer as it came: status, whole decoded body, and the headers that are of use."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """`GET /requests/{request_id}/status`. `completed` here does not yet mean success."""

    status: Status
    word: str
    queue_position: int | None = None


@dataclass(frozen=True, slots=True)
class ResultAnswer:
    """`GET /requests/{request_id}/result`. Times are epoch seconds, None where unread or absent."""

    status: Status
    word: str
    output: Any = None
    created_at: float | None = None
    finished_at: float | None = None
    cost: float | None = None
    failure: Failure | None = None
    model_id: str | None = None
    raw: Any = None


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """`POST /requests/{request_id}/cancel`. Believe `outcome`, not `word` (its status)."""

    outcome: CancelOutcome
    word: str


@dataclass(frozen=True, slots=True)
class ModelPage:
    """One page of `GET /models`; `listed` counts what it holds, readable as a model or not."""

    models: tuple[ModelEntry, ...]
    total: int
    offset: int
    listed: int
