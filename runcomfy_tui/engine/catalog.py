"""The models there are: the two built in, and the server's catalog when it answers."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import ApiError, NotAuthorised, NotFound, Unreachable
from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import ModelEntry

log = logging.getLogger(__name__)

PAGE = 500
"""Models asked for at once; the server allows 1 to 500."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models to choose from; `words` say why there are only the built-in ones."""

    entries: tuple[ModelEntry, ...]
    words: str = ""


class Catalog:
    """Asks the server once for each thing and remembers it while the program runs."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._entries: dict[str, ModelEntry] = {entry.model_id: entry for entry in BUILTIN_MODELS}
        self._is_listed = False

    async def models(self) -> Models:
        """Every model, the built-in ones first; without a net the built-in ones alone."""
        words = ""
        if not self._is_listed:
            try:
                await self._list()
            except ApiError as error:
                log.info("no catalog: %s", error)
                words = error.message
        return Models(tuple(self._entries.values()), words)

    async def model(self, model_id: str) -> ModelEntry:
        """One model with its input_schema.

        Raises `EngineError` when the server does not know it, or cannot be asked.
        """
        known = self._entries.get(model_id)
        if known is not None and known.input_schema is not None:
            return known
        try:
            entry = await self._client.model(model_id)
        except NotFound as error:
            raise EngineError(f"RunComfy has no model called {model_id}.") from error
        except ApiError as error:
            raise EngineError(
                f"{error.message} The fields of {model_id} are not known yet.",
                is_authorisation=isinstance(error, NotAuthorised),
                is_outage=isinstance(error, Unreachable),
            ) from error
        self._entries[model_id] = entry
        return entry

    async def _list(self) -> None:
        offset = 0
        while True:
            page = await self._client.models(limit=PAGE, offset=offset)
            for entry in page.models:
                known = self._entries.get(entry.model_id)
                if known is None or known.input_schema is None:
                    self._entries[entry.model_id] = entry
            offset += len(page.models)
            if not page.models or offset >= page.total:
                break
        self._is_listed = True
