"""Reading the server's whole catalog, page by page, while it may change under the reader."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import ApiError, Unreachable, UnreadableAnswer
from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.text import clip

log = logging.getLogger(__name__)

PAGE = 500
"""Models asked for at once; the server allows 1 to 500."""

MOST_MODELS = 5_000
"""Models that are taken in, some thirteen times as many as there were in September 2026."""

_OVERLAP = 10
_PASSES = 3
_MOST_PAGES = 60
_LONGEST_ID = 500
_LONGEST_LINE = 200
_LONGEST_TEXT = 2_000
_MOST_CATEGORIES = 20
_HIGHEST_PRICE = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Listing:
    """The models of the catalog, each once, in the server's order.

    `is_cut` says that there are more, which were not taken.
    """

    entries: tuple[ModelEntry, ...]
    is_cut: bool = False


async def read_catalog(client: Client) -> Listing:
    """The whole catalog, schemas included where the server can send them. Raises `ApiError`.

    384 models with their schemas are about 1 MB in one answer, so that any of them can be composed
    for offline. A server that chokes on it is asked again without.
    """
    try:
        return await _listing(client, include_schema=True)
    except (UnreadableAnswer, Unreachable) as error:
        if not _answered(error):
            raise
        log.info("no catalog with schemas: %s", error)
        return await _listing(client, include_schema=False)


def trimmed(entry: ModelEntry) -> ModelEntry | None:
    """`entry` with its texts cut to what anyone reads; None when its id could never be sent."""
    if len(entry.model_id) > _LONGEST_ID:
        return None
    price = entry.base_price_usd
    is_price = price is not None and 0 <= price < _HIGHEST_PRICE
    return replace(
        entry,
        display_name=clip(entry.display_name, _LONGEST_LINE),
        description=clip(entry.description, _LONGEST_TEXT),
        kind=clip(entry.kind, _LONGEST_LINE),
        categories=tuple(clip(name, _LONGEST_LINE) for name in entry.categories[:_MOST_CATEGORIES]),
        base_price_usd=price if is_price else None,
        price_unit=clip(entry.price_unit, _LONGEST_LINE) if entry.price_unit else None,
        pricing_note=clip(entry.pricing_note, _LONGEST_TEXT),
        # Half a URL leads nowhere.
        model_url=entry.model_url if len(entry.model_url) <= _LONGEST_TEXT else "",
    )


def _answered(error: ApiError) -> bool:
    return isinstance(error, UnreadableAnswer) or error.http_status is not None


async def _listing(client: Client, *, include_schema: bool) -> Listing:
    """Read until one pass saw the catalog stand still; if none did, what all of them saw."""
    seen: dict[str, ModelEntry] = {}
    for _ in range(_PASSES):
        reading = _Pass()
        while reading.wants_more:
            page = await client.models(
                include_schema=include_schema, limit=PAGE, offset=reading.offset
            )
            reading.take(page.models, page.listed, page.total)
        if reading.was_steady:
            return _cut(reading.entries)
        seen |= reading.entries
    log.info("the catalog changed during each of %s readings", _PASSES)
    return _cut(seen)


def _cut(entries: dict[str, ModelEntry]) -> Listing:
    whole = tuple(entries.values())
    return Listing(whole[:MOST_MODELS], is_cut=len(whole) > MOST_MODELS)


class _Pass:
    """One reading from the first page to the last.

    Pages overlap: when a model is added or removed before the place that was reached, all later
    ones move, and the end of one page is no longer found where the next one begins.
    """

    def __init__(self) -> None:
        self.entries: dict[str, ModelEntry] = {}
        self.offset = 0
        self.wants_more = True
        self.was_steady = True
        self._pages = 0
        self._end = 0
        self._overlap = 0
        self._total: int | None = None
        self._last_page: list[str] = []

    def take(self, models: tuple[ModelEntry, ...], listed: int, total: int) -> None:
        """Take in a page of `listed` items, of which `models` could be read."""
        ids = [model.model_id for model in models]
        if self._pages and not (total == self._total and self._joins(ids)):
            self.was_steady = False
        known = len(self.entries)
        for model in models:
            if (entry := trimmed(model)) is not None:
                self.entries.setdefault(entry.model_id, entry)
        self._pages += 1
        self._total, self._last_page = total, ids
        before, self._end = self._end, self.offset + listed
        self._overlap = min(_OVERLAP, listed // 2)
        self.offset = self._end - self._overlap
        says_nothing_new = bool(ids) and len(self.entries) == known
        self.wants_more = (
            before < self._end
            and not says_nothing_new
            and (self._end < total or listed == PAGE)
            and self._pages < _MOST_PAGES
            and len(self.entries) <= MOST_MODELS
        )

    def _joins(self, ids: list[str]) -> bool:
        """Whether a page begins as the one before it ended; items without an id count for none."""
        shared = ids[: self._overlap]
        return not shared or any(
            self._last_page[-count:] == shared[:count] for count in range(len(shared), 0, -1)
        )
