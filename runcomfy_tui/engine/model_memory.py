"""What is known of models without asking: built in, listed before, used before; kept on disk."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from runcomfy_tui.builtin_models import BUILTIN_MODELS, builtin_model
from runcomfy_tui.engine.models import Models
from runcomfy_tui.engine.tasks import Tasks
from runcomfy_tui.history.catalog import CachedCatalog, CatalogStore
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.marks import Mark, MarkStore
from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.schema.shape import difference, shape_of

log = logging.getLogger(__name__)

T = TypeVar("T")

RECENT = 50
"""Models that count as used recently."""


class ModelMemory:
    """Models and marks in memory, in step with the disk, where other windows write, too.

    The disk is never waited for but by `look` and `settle`; one that refuses is logged, and
    everything goes on from memory. Without stores nothing outlives the process.
    """

    def __init__(
        self, origin: str, catalog: CatalogStore | None = None, marks: MarkStore | None = None
    ) -> None:
        """`origin` is the API's base URL."""
        self._catalog_store = catalog
        self._mark_store = marks
        self._origin = origin
        self._catalog = CachedCatalog(origin=origin)
        self._entries: dict[str, ModelEntry] = {}
        self._marks: dict[str, Mark] = {}
        self._disk = asyncio.Lock()
        self._writing: Tasks[None] = Tasks()
        self._lay_out(())

    async def look(self) -> None:
        """Take in what is on the disk and was not seen yet: two stats when that is nothing."""
        await self.settle()
        if self._catalog_store is not None:
            catalog = await self._on_disk(self._catalog_store.load)
            if catalog is not None:
                self._catalog = catalog
                self._lay_out(catalog.entries)
        if self._mark_store is not None:
            marks = await self._on_disk(self._mark_store.load)
            self._marks = self._marks if marks is None else marks

    async def settle(self) -> None:
        """Wait until everything is written."""
        await self._writing.finish()

    def entry(self, model_id: str) -> ModelEntry | None:
        """What is known of a model."""
        return self._entries.get(model_id)

    def was_taken(self, model_id: str) -> bool:
        """Whether the user has chosen this model before."""
        return self._mark(model_id).taken_at is not None

    def models(self, used: Mapping[str, float], words: str = "") -> Models:
        """Everything to choose from; `used` tells when which models were used for jobs."""
        recent = self._recent(used)
        strangers = [each for each in recent if each not in self._entries]
        catalog = self._catalog
        return Models(
            entries=(*self._entries.values(), *map(ModelEntry, strangers)),
            words=words,
            listed_at=catalog.listed_at,
            total=catalog.total,
            origin=catalog.origin if catalog.origin != self._origin else "",
            unlisted=catalog.unlisted.union(strangers),
            favourites=frozenset(
                model_id for model_id, mark in self._marks.items() if mark.is_favourite
            ),
            recent=recent,
        )

    def take_listing(self, entries: Iterable[ModelEntry]) -> None:
        """The server has just listed its catalog: these are all the models it has.

        What was known of others stays for those that the user has used or likes.
        """
        listed = {entry.model_id: self._with_schema(entry) for entry in entries}
        others = {
            model_id: entry
            for model_id, entry in self._entries.items()
            if model_id not in listed and model_id in self._marks and not builtin_model(model_id)
        }
        self._catalog = catalog = CachedCatalog(
            entries=(*listed.values(), *others.values()),
            unlisted=frozenset(others),
            listed_at=time.time(),
            total=len(listed),
            origin=self._origin,
        )
        self._lay_out(catalog.entries)
        if (store := self._catalog_store) is not None:
            self._write(lambda: store.save(catalog, first=self._marks.keys()))

    def take_entry(self, entry: ModelEntry) -> ModelEntry:
        """The server has just told this of one model; returns all that is known of it now."""
        known = self._with_schema(entry)
        before = self._entries.get(entry.model_id)
        if before is None:
            unlisted = self._catalog.unlisted | {entry.model_id}
            self._catalog = replace(self._catalog, unlisted=unlisted)
        if known != before:
            self._entries[entry.model_id] = _filled(known)
            if (store := self._catalog_store) is not None:
                self._write(lambda: store.save_entry(known))
        return self._entries[entry.model_id]

    def take(self, entry: ModelEntry) -> str:
        """The user has chosen this model: how its inputs differ from the last time, if they do."""
        shape = shape_of(entry.input_schema)
        before = self._mark(entry.model_id)
        now = time.time()
        self._revise_mark(
            entry.model_id,
            lambda mark: replace(mark, taken_at=now, shape=shape or mark.shape),
        )
        return difference(before.shape, shape) if before.shape and shape else ""

    def set_favourite(self, model_id: str, is_favourite: bool) -> None:
        """The user likes this model, or does so no longer."""
        self._revise_mark(model_id, lambda mark: replace(mark, is_favourite=is_favourite))

    def _mark(self, model_id: str) -> Mark:
        return self._marks.get(model_id, Mark())

    def _revise_mark(self, model_id: str, change: Callable[[Mark], Mark]) -> None:
        self._marks[model_id] = change(self._mark(model_id))
        if (store := self._mark_store) is not None:
            self._write(lambda: store.revise(model_id, change))

    def _recent(self, used: Mapping[str, float]) -> tuple[str, ...]:
        at = dict(used)
        for model_id, mark in self._marks.items():
            if mark.taken_at is not None:
                at[model_id] = max(mark.taken_at, at.get(model_id, 0.0))
        return tuple(sorted(at, key=at.__getitem__, reverse=True)[:RECENT])

    def _lay_out(self, entries: Iterable[ModelEntry]) -> None:
        self._entries = {entry.model_id: entry for entry in BUILTIN_MODELS}
        self._entries.update((entry.model_id, _filled(entry)) for entry in entries)

    def _with_schema(self, entry: ModelEntry) -> ModelEntry:
        """An answer without a schema says nothing about the one that is known."""
        before = self._entries.get(entry.model_id)
        if entry.input_schema is not None or before is None:
            return entry
        return replace(entry, input_schema=before.input_schema)

    async def _on_disk(self, work: Callable[[], T]) -> T | None:
        async with self._disk:
            try:
                return await asyncio.to_thread(work)
            except LedgerError as error:
                log.warning("%s", error)
                return None

    def _write(self, work: Callable[[], None]) -> None:
        self._writing.spawn(self._on_disk(work))


def _filled(entry: ModelEntry) -> ModelEntry:
    """A built-in model as the server tells of it, blanks filled by what is built in."""
    known = builtin_model(entry.model_id)
    if known is None:
        return entry
    return replace(
        entry,
        display_name=entry.display_name or known.display_name,
        description=entry.description or known.description,
        categories=entry.categories or known.categories,
        input_schema=known.input_schema if entry.input_schema is None else entry.input_schema,
        **({} if entry.base_price_usd is not None else _price_of(known)),
    )


def _price_of(entry: ModelEntry) -> dict[str, Any]:
    return {
        "base_price_usd": entry.base_price_usd,
        "price_unit": entry.price_unit,
        "pricing_note": entry.pricing_note,
    }
