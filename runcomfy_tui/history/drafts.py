"""What stood in the composer: a closed window, a dropped line, another model cost no text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock

from runcomfy_tui.history.documents import BadDocument, escaped, opened, says_the_same, written_at
from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.locked_file import to_log
from runcomfy_tui.history.shelf import Clock, Shelf
from runcomfy_tui.history.storage import FILE_MODE, Documents, Report, make_folder, sweep
from runcomfy_tui.jobs import JsonObject

LIMIT = 200
"""Models whose draft is kept; the one not touched for longest gives way."""

_LOCK_SECONDS = 2.0
_LOCK_POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Drafts:
    """The last inputs of each model, by model_id, and which model was shown last."""

    model_id: str | None = None
    inputs: Mapping[str, JsonObject] = field(default_factory=dict)


class DraftStore:
    """`drafts.json` in the data folder. Synchronous; methods raise `LedgerError`."""

    def __init__(self, folder: Path, *, limit: int = LIMIT, report: Report = to_log) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = filelock.FileLock(
            folder / "drafts.lock", timeout=_LOCK_SECONDS, mode=FILE_MODE
        )
        self._shelf = Shelf(folder / "drafts.json", Clock(), guard=self._guard, report=report)

    def load(self) -> Drafts:
        """Every draft; one that cannot be read is left out. Raises `LedgerError`."""
        with plainly("read the drafts", self._folder, writing=False):
            documents = self._shelf.documents()
        inputs: dict[str, JsonObject] = {}
        for document in sorted(documents.values(), key=written_at):
            try:
                fields = opened(document)
            except BadDocument:
                continue
            model_id, values = fields.get("model_id"), fields.get("inputs")
            if isinstance(model_id, str) and isinstance(values, dict):
                inputs[model_id] = values
        return Drafts(model_id=next(reversed(inputs), None), inputs=inputs)

    def save(self, model_id: str, inputs: JsonObject) -> None:
        """Keep `inputs` as the draft of this model, which was shown last from now on.

        Nothing is written when that is so already. Raises `LedgerError`.
        """
        draft = escaped({"model_id": model_id, "inputs": dict(inputs)}, spare=("inputs",))
        key = model_id.encode("utf-8", "backslashreplace").decode()

        def change(documents: Documents) -> None:
            newest = max(documents, key=lambda each: written_at(documents[each]), default=None)
            if key == newest and says_the_same(documents[key], draft):
                return
            documents.pop(key, None)
            self._shelf.put(documents, key, draft)
            oldest_first = sorted(documents, key=lambda each: written_at(documents[each]))
            self._shelf.remove(documents, oldest_first[: -self._limit])

        with plainly("save the draft", self._folder):
            make_folder(self._folder)
            with self._guard():
                sweep(self._folder, "drafts.json")
                self._shelf.revise(change)

    def _guard(self) -> filelock.AcquireReturnProxy[Any]:
        return self._lock.acquire(poll_interval=_LOCK_POLL_SECONDS)
