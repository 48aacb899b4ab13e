"""What is planned: the batches, and the inputs of each, kept until the last of them is sent.

`batches.json` holds how far each batch has come, a small file that is written with every item;
what an item sends lies in a file of its batch's own, written once. Which item became which job the
job itself tells.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runcomfy_tui.batch import Batch, BatchState, Item
from runcomfy_tui.history.documents import BadDocument, Document, escaped, opened
from runcomfy_tui.history.errors import LedgerError, plainly
from runcomfy_tui.history.locked_file import LockedFile, to_log
from runcomfy_tui.history.storage import Documents, Report

LIMIT = 50
"""Batches that are kept after their end; what they became is in the ledger anyway."""

STALE_SECONDS = 600.0
"""So long after they were written, inputs without a batch are nobody's."""

LOST = "What it was to send can no longer be read from the disk. Only dropping it is left."

_READING = "read what is planned"
_WRITING = "save what is planned"


class BatchStore:
    """The batches of a folder, which other processes may have open too.

    Synchronous, for one thread at a time; methods raise `LedgerError`.
    """

    def __init__(self, folder: Path, *, limit: int = LIMIT, report: Report = to_log) -> None:
        self._file = LockedFile(folder, "batches", report)
        self._folder = folder / "batches"
        self._limit = limit
        self._report = report
        self._items: dict[str, dict[int, Item]] = {}

    def load(self) -> list[Batch] | None:
        """Every batch, oldest first; None when they are as they were at the last look."""
        documents = self._file.news(_READING)
        return None if documents is None else _batches_in(documents)

    def plan(self, batch: Batch, items: Sequence[Item]) -> None:
        """Keep a new batch of these items."""
        self.plan_all([(batch, items)])

    def plan_all(self, planned: Sequence[tuple[Batch, Sequence[Item]]]) -> None:
        """Keep new batches, each with its items: all of them, or none."""
        for batch, items in planned:
            self._write_items(batch.id, items)
        stale: list[str] = []

        def add(documents: Documents) -> None:
            documents.update((batch.id, _document_of(batch)) for batch, _ in planned)
            over = [each.id for each in _batches_in(documents) if each.state.is_over]
            for batch_id in over[: -self._limit]:
                del documents[batch_id]
                stale.append(batch_id)

        self._file.revise(_WRITING, add)
        for batch_id in stale:
            self._remove_items(batch_id)

    def change(self, batch_id: str, change: Callable[[Batch], Batch]) -> Batch | None:
        """Let `change` make a new batch of the one that is there now; None when there is none.

        The inputs of one that is over then are removed.
        """
        changed: list[Batch] = []

        def alter(documents: Documents) -> None:
            batch = _batch_of(batch_id, documents.get(batch_id))
            if batch is not None:
                changed.append(change(batch))
                documents[batch_id] = _document_of(changed[0])

        self._file.revise(_WRITING, alter)
        if not changed:
            return None
        if changed[0].state.is_over:
            self._remove_items(batch_id)
        return changed[0]

    def take(self, batch_id: str, intend: Callable[[Batch, int, Item], None]) -> Batch | None:
        """Take the next item, if the batch is running and has one; the batch as it is after that.

        `intend` gets the batch, the item's number and the item, and writes down the job that it
        becomes before it is written down as taken: after a kill between the two the job is there
        and tells whose item it is. What `intend` raises leaves the item planned.
        """
        items = self._items_of(batch_id)
        after: list[Batch] = []

        def alter(documents: Documents) -> None:
            batch = _batch_of(batch_id, documents.get(batch_id))
            if batch is None:
                return
            number = batch.next_item
            if batch.state is BatchState.RUNNING and number is not None:
                if number in items:
                    intend(batch, number, items[number])
                    batch = batch.taking([number])
                else:
                    batch = batch.in_state(BatchState.PAUSED, LOST)
                documents[batch_id] = _document_of(batch)
            after.append(batch)

        self._file.revise(_WRITING, alter)
        return after[0] if after else None

    def sweep(self) -> None:
        """Remove inputs that no batch claims: a kill cut their planning short."""
        known: set[str] = set()

        def look(documents: Documents) -> None:
            over = {each.id for each in _batches_in(documents) if each.state.is_over}
            # Also those that a newer version of this program wrote, which nobody can read here.
            known.update(documents.keys() - over)

        self._file.revise(_READING, look)
        with plainly(_WRITING, self._folder):
            for path in list(self._folder.glob("*.json")) if self._folder.is_dir() else ():
                # Younger ones may belong to what another process is planning just now.
                is_old = time.time() - path.stat().st_mtime > STALE_SECONDS
                if is_old and path.stem not in known:
                    self._remove_items(path.stem)

    def _write_items(self, batch_id: str, items: Sequence[Item]) -> None:
        try:
            planned = {str(number): _document_of_item(item) for number, item in enumerate(items)}
        except ValueError as error:
            raise LedgerError(f"Could not {_WRITING}: some of it is nested too deeply.") from error
        self._items_file(batch_id).revise(_WRITING, lambda documents: documents.update(planned))

    def _items_of(self, batch_id: str) -> dict[int, Item]:
        known = self._items.get(batch_id)
        if known is None:
            documents = self._items_file(batch_id).news(_READING) or {}
            known = self._items[batch_id] = dict(_items_in(documents))
        return known

    def _remove_items(self, batch_id: str) -> None:
        self._items.pop(batch_id, None)
        with plainly(_WRITING, self._folder):
            for suffix in (".json", ".json.bak", ".lock"):
                (self._folder / f"{batch_id}{suffix}").unlink(missing_ok=True)

    def _items_file(self, batch_id: str) -> LockedFile:
        return LockedFile(self._folder, batch_id, self._report)


def _document_of_item(item: Item) -> Document:
    fields: Document = {"inputs": dict(item.inputs)}
    if item.files:
        fields["files"] = [list(path) for path in item.files]
    if item.estimate is not None:
        fields["estimate"] = item.estimate
    return escaped(fields)


def _items_in(documents: Documents) -> list[tuple[int, Item]]:
    found: list[tuple[int, Item]] = []
    for key, document in documents.items():
        try:
            told = opened(document)
        except BadDocument:
            continue
        inputs, files = told.get("inputs"), told.get("files", [])
        if key.isascii() and key.isdecimal() and isinstance(inputs, dict):
            estimate = _number(told.get("estimate"))
            found.append((int(key), Item(inputs, tuple(map(tuple, files)), estimate)))
    return found


def _document_of(batch: Batch) -> Document:
    fields = asdict(batch)
    del fields["id"]
    return escaped({**fields, "state": batch.state.value, "returned": list(batch.returned)})


def _batches_in(documents: Documents) -> list[Batch]:
    found = (_batch_of(batch_id, documents[batch_id]) for batch_id in sorted(documents))
    return [batch for batch in found if batch is not None]


def _batch_of(batch_id: str, document: Any) -> Batch | None:
    """The batch in a document; None where one cannot be read, which then sends nothing."""
    try:
        told = opened(document).get
        state = BatchState(str(told("state")))
    except (BadDocument, ValueError):
        return None
    model_id, count, cursor = told("model_id"), told("count"), told("cursor")
    created_at, returned = told("created_at"), told("returned")
    if not isinstance(model_id, str) or type(count) is not int or type(cursor) is not int:
        return None
    return Batch(
        id=batch_id,
        model_id=model_id,
        label=label if isinstance(label := told("label"), str) else "",
        count=count,
        created_at=created_at if isinstance(created_at, int | float) else 0.0,
        state=state,
        words=words if isinstance(words := told("words"), str) else "",
        cursor=cursor,
        returned=tuple(item for item in returned if type(item) is int)
        if isinstance(returned, list)
        else (),
        estimate=_number(told("estimate")) or 0.0,
    )


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) else None
