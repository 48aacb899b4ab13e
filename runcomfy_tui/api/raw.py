"""One HTTP answer as it came, before anyone has read meaning into it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """Status, whole decoded body, and the few headers that mean something to this program."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after: str | None = None
    location: str | None = None
