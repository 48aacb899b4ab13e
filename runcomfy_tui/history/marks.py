"""What the user has to do with each model: a favourite, when it was used, how its form was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runcomfy_tui.history.documents import Document, escaped, fields_of
from runcomfy_tui.history.locked_file import LockedFile, to_log
from runcomfy_tui.history.storage import Documents, Report

LIMIT = 500
"""Models that are kept beside the favourites; the one not used for longest gives way."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`taken_at` is when the model was last chosen (epoch seconds).

    `shape` is its schema's (`schema.shape.shape_of`) as the user saw it last, empty if never.
    """

    is_favourite: bool = False
    taken_at: float | None = None
    shape: Mapping[str, str] = field(default_factory=dict)


class MarkStore:
    """`model_marks.json` in the data folder.

    Synchronous, for one thread at a time; methods raise `LedgerError`.
    """

    def __init__(self, folder: Path, *, limit: int = LIMIT, report: Report = to_log) -> None:
        self._file = LockedFile(folder, "model_marks", report)
        self._limit = limit

    def load(self) -> dict[str, Mark] | None:
        """Every mark by model_id; None when they are as they were before."""
        documents = self._file.news("read the marks of models")
        if documents is None:
            return None
        read = (_mark_of(document) for document in documents.values())
        return {model_id: mark for model_id, mark in read if model_id}

    def revise(self, model_id: str, change: Callable[[Mark], Mark]) -> None:
        """Let `change` make a new mark of the one that is there, which another window may have
        changed meanwhile.
        """
        key = model_id.encode("utf-8", "backslashreplace").decode()

        def alter(documents: Documents) -> None:
            documents[key] = _document_of(model_id, change(_mark_of(documents.get(key))[1]))
            self._keep_within_limit(documents)

        self._file.revise("save the marks of models", alter)

    def _keep_within_limit(self, documents: Documents) -> None:
        marks = {key: _mark_of(document)[1] for key, document in documents.items()}
        plain = [key for key, mark in marks.items() if not mark.is_favourite]
        plain.sort(key=lambda key: marks[key].taken_at or 0.0)
        for key in plain[: -self._limit]:
            del documents[key]


def _document_of(model_id: str, mark: Mark) -> Document:
    fields = {
        "model_id": model_id,
        "favourite": mark.is_favourite or None,
        "taken_at": mark.taken_at,
        "shape": dict(mark.shape) or None,
    }
    return escaped({name: value for name, value in fields.items() if value is not None})


def _mark_of(document: Any) -> tuple[str, Mark]:
    """The model_id and the mark in a document; empty ones where they cannot be read."""
    fields = fields_of(document)
    model_id, taken_at, shape = (fields.get(name) for name in ("model_id", "taken_at", "shape"))
    return (
        model_id if isinstance(model_id, str) else "",
        Mark(
            is_favourite=fields.get("favourite") is True,
            taken_at=taken_at if type(taken_at) in (int, float) else None,
            shape={
                name: value
                for name, value in (shape.items() if isinstance(shape, dict) else ())
                if isinstance(value, str)
            },
        ),
    )
