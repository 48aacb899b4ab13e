"""The presets of the forms, asked for from the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.presets import NameTaken, Preset, PresetStore
from runcomfy_tui.jobs import JsonObject

T = TypeVar("T")


class PresetNameTaken(EngineError):
    """The model has a preset of that name already."""


class Presets:
    """The store, from the engine's loop. Methods raise `EngineError`."""

    def __init__(self, store: PresetStore, book: Book) -> None:
        self._store = store
        self._book = book

    async def of_model(self, model_id: str) -> list[Preset]:
        """The presets of a model, by name."""
        return await self._on_disk(lambda: self._store.of_model(model_id))

    async def save(
        self, model_id: str, name: str, draft: JsonObject, *, replacing: bool = False
    ) -> None:
        """Keep `draft` under a name. Raises `PresetNameTaken`, unless it may replace that one."""
        await self._on_disk(lambda: self._store.save(model_id, name, draft, replacing=replacing))

    async def rename(self, preset_id: str, name: str) -> None:
        """Give a preset another name. Raises `PresetNameTaken`."""
        await self._on_disk(lambda: self._store.rename(preset_id, name))

    async def delete(self, preset_id: str) -> None:
        """Keep a preset no longer."""
        await self._on_disk(lambda: self._store.delete(preset_id))

    async def _on_disk(self, work: Callable[[], T]) -> T:
        try:
            return await self._book.on_disk(work)
        except NameTaken as error:
            raise PresetNameTaken(str(error)) from error
        except LedgerError as error:
            raise EngineError(str(error)) from error
