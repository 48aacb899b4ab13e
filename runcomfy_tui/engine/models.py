"""What the engine tells of models. Light to import: the window needs it before the engine runs."""

from __future__ import annotations

from dataclasses import dataclass

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import ModelEntry

STALE_AFTER = 3600.0
"""Seconds after which a listing is no longer taken for the present one."""

_CLOCKS_DIFFER = 60.0


class UnknownModel(EngineError):
    """The server says that it has no such model. It may be used all the same, with plain JSON."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A model whose form is to be shown; `words` say what the user should know about it first."""

    entry: ModelEntry
    words: str = ""


@dataclass(frozen=True, slots=True)
class Models:
    """The models to choose from; `words` tell what went wrong, if anything did.

    `listed_at` is when the server listed `total` of them (epoch seconds), None if never, `origin`
    the API base of which server that was, if not the present one. `unlisted` are the ids of those
    that it did not list. `recent` holds the ids of models that were used, the latest first.
    """

    entries: tuple[ModelEntry, ...]
    words: str = ""
    listed_at: float | None = None
    total: int = 0
    origin: str = ""
    unlisted: frozenset[str] = frozenset()
    favourites: frozenset[str] = frozenset()
    recent: tuple[str, ...] = ()

    def is_stale(self, now: float) -> bool:
        """Whether the catalog should be listed anew."""
        if self.listed_at is None or self.origin:
            return True
        return not -_CLOCKS_DIFFER < now - self.listed_at < STALE_AFTER
