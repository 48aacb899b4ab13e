"""The models there are: built in, known from before, and the server's catalog when it answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import ApiError, NotAuthorised, NotFound, Refused, Unreachable
from runcomfy_tui.builtin_models import builtin_model
from runcomfy_tui.engine.catalog_pages import read_catalog, trimmed
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.model_memory import ModelMemory
from runcomfy_tui.engine.models import Choice, Models, UnknownModel
from runcomfy_tui.engine.tasks import Tasks
from runcomfy_tui.history.catalog import CatalogStore
from runcomfy_tui.history.marks import MarkStore
from runcomfy_tui.jobs import ModelEntry

log = logging.getLogger(__name__)


FRESH_FOR = 60.0
"""Seconds for which a schema that was just read is not read again."""


class Catalog:
    """Answers from what is known and asks the server behind the user's back.

    `used` tells when which models were used for jobs (epoch seconds by model_id). Another server's
    catalog in the same folder serves until this one's is there.
    """

    def __init__(
        self,
        client: Client,
        store: CatalogStore | None = None,
        marks: MarkStore | None = None,
        *,
        used: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self._client = client
        self._memory = ModelMemory(client.model_api_base, store, marks)
        self._used = used
        self._has_looked = False
        self._listing: asyncio.Task[str] | None = None
        self._behind: Tasks[Any] = Tasks()
        self._read_at: dict[str, float] = {}

    async def aclose(self) -> None:
        """Ask the server no more, and finish writing."""
        await self._behind.cancel()
        await self._memory.settle()

    async def known(self) -> Models:
        """What is known without asking: the built-in models, and the catalog of last time."""
        await self._look()
        return self._memory.models(self._used())

    async def models(self) -> Models:
        """Every model; the server is asked when it has not been for an hour.

        When it does not answer, the models are those that are known, and `words` say why.
        """
        models = await self.known()
        return await self.refresh() if models.is_stale(time.time()) else models

    async def refresh(self) -> Models:
        """List the server's catalog anew; who asks meanwhile gets the same answer."""
        if self._listing is None or self._listing.done():
            self._listing = self._behind.spawn(self._list())
        words = await asyncio.shield(self._listing)
        return self._memory.models(self._used(), words)

    async def model(self, model_id: str) -> ModelEntry:
        """One model with its input_schema, on the server's present word where that is to be had.

        The built-in models are never asked for. Raises `EngineError` when the server does not
        know the model, or cannot be asked and never was.
        """
        await self._look()
        known = self._memory.entry(model_id)
        has_schema = known is not None and known.input_schema is not None
        if (
            known is not None
            and has_schema
            and (builtin_model(model_id) or self._is_fresh(model_id))
        ):
            return known
        try:
            return await self._read(model_id)
        except NotFound as error:
            raise _unknown(model_id) from error
        except NotAuthorised as error:
            raise _unasked(model_id, error) from error
        except ApiError as error:
            if known is None or not has_schema:
                raise _unasked(model_id, error) from error
            log.info("%s as it was known: %s", model_id, error)
            return known

    async def choose(self, model_id: str, *, unasked: bool = False) -> Choice:
        """The model whose form the user wants, at once when its schema is known.

        The schema is then read again behind the scenes, for the next choice. Where none is to be
        had, or with `unasked`, its inputs are plain JSON. Raises `UnknownModel` when the server
        has no such model, unless the user has taken it before, and `EngineError` for what cannot
        be a model_id.
        """
        if not self._has_looked:
            await self._look()
        known = self._memory.entry(model_id)
        if known is not None and known.input_schema is not None:
            if not self._is_fresh(model_id):
                self._behind.spawn(self._read_again(model_id))
            return self._chosen(known)
        plain = known or ModelEntry(model_id)
        if unasked:
            return self._chosen(plain)
        try:
            entry = await self._read(model_id)
        except NotFound as error:
            if not self._memory.was_taken(model_id):
                raise _unknown(model_id) from error
            return self._chosen(plain, f"{_unknown(model_id)} Its inputs are plain JSON.")
        except Refused as error:
            raise EngineError(error.message) from error
        except ApiError as error:
            return self._chosen(plain, f"{_unasked(model_id, error)} Its inputs are plain JSON.")
        if entry.input_schema is None:
            words = f"RunComfy does not tell the fields of {model_id}. Its inputs are plain JSON."
            return self._chosen(entry, words)
        return self._chosen(entry)

    async def set_favourite(self, model_id: str, is_favourite: bool) -> None:
        """Remember that the user likes this model, or does so no longer."""
        await self._look()
        self._memory.set_favourite(model_id, is_favourite)

    def _chosen(self, entry: ModelEntry, words: str = "") -> Choice:
        changes = self._memory.take(entry)
        if changes:
            words = (
                f"RunComfy has changed the inputs of {entry.model_id} since you used it last: "
                f"{changes}."
            )
        return Choice(entry, words)

    def _is_fresh(self, model_id: str) -> bool:
        read_at = self._read_at.get(model_id)
        return read_at is not None and time.monotonic() - read_at < FRESH_FOR

    async def _look(self) -> None:
        await self._memory.look()
        self._has_looked = True

    async def _read(self, model_id: str) -> ModelEntry:
        read = await self._client.model(model_id)
        entry = trimmed(read if read.model_id == model_id else replace(read, model_id=model_id))
        if entry is None:
            raise Refused("A model_id is at most 500 characters long.")
        self._read_at[model_id] = time.monotonic()
        return self._memory.take_entry(entry)

    async def _read_again(self, model_id: str) -> None:
        try:
            await self._read(model_id)
        except ApiError as error:
            log.info("%s not read again: %s", model_id, error)

    async def _list(self) -> str:
        """List the catalog; returns what went wrong, in words for people."""
        try:
            listing = await read_catalog(self._client)
        except ApiError as error:
            log.info("no catalog: %s", error)
            return error.message
        self._memory.take_listing(listing.entries)
        now = time.monotonic()
        self._read_at |= {
            entry.model_id: now for entry in listing.entries if entry.input_schema is not None
        }
        if not listing.is_cut:
            return ""
        return f"RunComfy lists more models: only the first {len(listing.entries):,} are shown."


def _unknown(model_id: str) -> UnknownModel:
    return UnknownModel(f"RunComfy has no model called {model_id}.")


def _unasked(model_id: str, error: ApiError) -> EngineError:
    # What no server was asked about can be nobody's model.
    is_id = not isinstance(error, Refused) or error.http_status is not None
    unknown = f" The fields of {model_id} are not known yet." if is_id else ""
    return EngineError(
        f"{error.message}{unknown}",
        is_authorisation=isinstance(error, NotAuthorised),
        is_outage=isinstance(error, Unreachable),
    )
