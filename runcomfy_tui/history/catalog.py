"""The server's catalog as it was listed last, so that models can be found without the server."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from runcomfy_tui.history.documents import (
    Document,
    escaped,
    fields_of,
    says_the_same,
)
from runcomfy_tui.history.locked_file import LockedFile, to_log
from runcomfy_tui.history.storage import Documents, Report
from runcomfy_tui.jobs import ModelEntry

LARGEST = 8_000_000
"""Bytes that the catalog may take; what does not fit is asked for again when it is needed."""

LARGEST_SCHEMA = 256_000
"""Bytes of one input_schema; the largest of RunComfy's own have a few thousand."""

_LISTING = ""  # no model_id is empty
_TEXTS = ("display_name", "description", "kind", "pricing_note", "model_url")


@dataclass(frozen=True, slots=True)
class CachedCatalog:
    """What was kept: `entries` in the server's order, when it listed them (epoch seconds).

    `unlisted` are the ids of entries that the listing did not hold: the server knew them when it
    was asked for them, or did so once. `total` is how many models the listing held and `origin`
    the server it came from.
    """

    entries: tuple[ModelEntry, ...] = ()
    unlisted: frozenset[str] = frozenset()
    listed_at: float | None = None
    total: int = 0
    origin: str = ""


class CatalogStore:
    """`catalog.json` in the data folder: a cache, which may be deleted at any time.

    Synchronous, for one thread at a time; methods raise `LedgerError`.
    """

    def __init__(self, folder: Path, *, largest: int = LARGEST, report: Report = to_log) -> None:
        self._file = LockedFile(folder, "catalog", report)
        self._largest = largest

    def load(self) -> CachedCatalog | None:
        """The catalog, an entry that cannot be read left out; None when it is as it was before."""
        documents = self._file.news("read the catalog")
        return None if documents is None else _catalog_of(documents)

    def save(self, catalog: CachedCatalog, *, first: Collection[str] = ()) -> None:
        """Keep this catalog in place of the one before, within `LARGEST` bytes.

        Where they do not suffice for everything, entries come before schemas and the schemas of
        the models in `first` before those of others.
        """
        kept = _fitting(catalog, self._largest, first)

        def change(documents: Documents) -> None:
            documents.clear()
            documents.update(kept)

        self._file.revise("save the catalog", change)

    def save_entry(self, entry: ModelEntry) -> None:
        """Keep one entry, in its place if it has one; nothing is written that is there already."""
        key = _key(entry.model_id)

        def change(documents: Documents) -> None:
            before = documents.get(key)
            document = _document_of(entry, unlisted=before is None or _is_unlisted(before))
            if says_the_same(before, document):
                return
            room = self._largest - sum(map(_size, documents.values())) + _size(before)
            if _size(document) > room:
                document.pop("input_schema", None)
            if _size(document) <= room:
                documents[key] = document

        self._file.revise("save the catalog", change)


def _fitting(catalog: CachedCatalog, room: int, first: Collection[str]) -> Documents:
    listing = {
        "listed_at": catalog.listed_at,
        "total": catalog.total,
        "origin": catalog.origin,
    }
    documents: Documents = {_LISTING: listing}
    kept: list[ModelEntry] = []
    for entry in catalog.entries:
        bare = replace(entry, input_schema=None)
        document = _document_of(bare, unlisted=entry.model_id in catalog.unlisted)
        room -= _size(document)
        if room < 0:
            break
        documents[_key(entry.model_id)] = document
        kept.append(entry)
    for entry in sorted(kept, key=lambda each: each.model_id not in first):
        document = _document_of(entry, unlisted=entry.model_id in catalog.unlisted)
        key = _key(entry.model_id)
        more = _size(document) - _size(documents[key])
        if more <= room:
            room -= more
            documents[key] = document
    return documents


def _document_of(entry: ModelEntry, *, unlisted: bool) -> Document:
    """The document of an entry, without what is absent and without a schema that is too large."""
    fields: Document = {
        "model_id": entry.model_id,
        "display_name": entry.display_name,
        "description": entry.description,
        "kind": entry.kind,
        "categories": list(entry.categories),
        "base_price_usd": entry.base_price_usd,
        "price_unit": entry.price_unit,
        "pricing_note": entry.pricing_note,
        "model_url": entry.model_url,
        "unlisted": unlisted or None,
        "input_schema": None if entry.input_schema is None else dict(entry.input_schema),
    }
    told = {name: value for name, value in fields.items() if value not in (None, "", [])}
    document = escaped(told, spare=("input_schema",))
    if _size(document) <= LARGEST_SCHEMA or "input_schema" not in told:
        return document
    return escaped({name: told[name] for name in told if name != "input_schema"})


def _catalog_of(documents: Documents) -> CachedCatalog:
    listing = fields_of(documents.get(_LISTING))
    read = [(_entry_of(document), document) for document in documents.values()]
    entries = {entry.model_id: entry for entry, _ in read if entry is not None}
    total = listing.get("total")
    return CachedCatalog(
        entries=tuple(entries.values()),
        unlisted=frozenset(
            entry.model_id for entry, document in read if entry and _is_unlisted(document)
        ),
        listed_at=_number(listing.get("listed_at")),
        total=total if type(total) is int and total >= 0 else 0,
        origin=_text(listing.get("origin")),
    )


def _entry_of(document: Any) -> ModelEntry | None:
    fields = fields_of(document)
    model_id = _text(fields.get("model_id"))
    if not model_id:
        return None
    schema = fields.get("input_schema")
    texts = {name: _text(fields.get(name)) for name in _TEXTS}
    return ModelEntry(
        model_id=model_id,
        categories=tuple(_texts(fields.get("categories"))),
        base_price_usd=_number(fields.get("base_price_usd")),
        price_unit=_text(fields.get("price_unit")) or None,
        input_schema=schema if isinstance(schema, dict) else None,
        **texts,
    )


def _key(model_id: str) -> str:
    return model_id.encode("utf-8", "backslashreplace").decode()


def _is_unlisted(document: Any) -> bool:
    return fields_of(document).get("unlisted") is True


def _size(document: Any) -> int:
    return 0 if document is None else len(orjson.dumps(document))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> Iterable[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _number(value: Any) -> float | None:
    is_number = type(value) in (int, float) and math.isfinite(value)
    return float(value) if is_number else None
