"""A catalog on a data folder, and what is read off it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from runcomfy_tui.api.client import Client
from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine.catalog import Catalog
from runcomfy_tui.engine.models import Models
from runcomfy_tui.history.catalog import CatalogStore
from runcomfy_tui.history.marks import MarkStore

BUILTIN_IDS = [model.model_id for model in BUILTIN_MODELS]
DEAD = "http://127.0.0.1:9/v1"


@asynccontextmanager
async def open_catalog(
    base: str,
    folder: Path,
    *,
    token: str | None = "good",
    used: Callable[[], Mapping[str, float]] = dict,
) -> AsyncIterator[Catalog]:
    """A catalog on its own, as `runcomfy-tui check` has it, or with the user's marks."""
    client = Client(base, None, token)
    catalog = Catalog(client, CatalogStore(folder), MarkStore(folder), used=used)
    try:
        yield catalog
    finally:
        await catalog.aclose()
        await client.aclose()


def ids(models: Models) -> list[str]:
    """The models that are not built in."""
    return [each.model_id for each in models.entries if each.model_id not in BUILTIN_IDS]


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def names(listed: list[dict[str, Any]]) -> list[str]:
    return [each["model_id"] for each in listed]
