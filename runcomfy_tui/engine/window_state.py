"""How the window was left: what stood in its forms, how its table was arranged."""

from __future__ import annotations

import logging

from runcomfy_tui.engine.book import Book
from runcomfy_tui.history.drafts import Drafts, DraftStore
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.views import TableChoices, ViewStore
from runcomfy_tui.jobs import JsonObject

log = logging.getLogger(__name__)


class WindowState:
    """Saves drafts and table choices in the background; an error of the disk is only logged."""

    def __init__(self, drafts: DraftStore, views: ViewStore, book: Book) -> None:
        self._drafts = drafts
        self._views = views
        self._book = book

    async def load_drafts(self) -> Drafts:
        """What was typed into the forms before, by model_id."""
        return await self._book.on_disk(self._drafts.load)

    async def save_draft(self, model_id: str, draft: JsonObject) -> None:
        """Keep what stands in a model's form; a disk that refuses is logged, typing goes on."""
        try:
            await self._book.on_disk(lambda: self._drafts.save(model_id, draft))
        except LedgerError as error:
            log.warning("draft not saved: %s", error)

    async def load_views(self) -> TableChoices:
        """How the table was left; as if never touched when the disk refuses, which is logged."""
        try:
            return await self._book.on_disk(self._views.load)
        except LedgerError as error:
            log.warning("the table's choices cannot be read: %s", error)
            return TableChoices()

    async def save_views(self, before: TableChoices, after: TableChoices) -> None:
        """Keep how the table is left; a disk that refuses is logged, work goes on."""
        try:
            await self._book.on_disk(lambda: self._views.save(before, after))
        except LedgerError as error:
            log.warning("the table's choices are not saved: %s", error)
