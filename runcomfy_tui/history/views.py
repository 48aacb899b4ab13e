"""How the table was left: its order, its columns, its tab and its user's own filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runcomfy_tui.history.documents import Document, escaped, fields_of
from runcomfy_tui.history.locked_file import LockedFile, to_log
from runcomfy_tui.history.storage import Documents, Report

_TABLE = "table"
_FILTER = "filter "


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter that its user gave a name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column that is shown; `width` in cells, None for its own."""

    name: str
    width: int | None = None


@dataclass(frozen=True, slots=True)
class TableChoices:
    """All that the table remembers. Without `columns` it shows its usual ones."""

    sort: str = "when"
    is_descending: bool = True
    columns: tuple[ColumnChoice, ...] = ()
    tab: str = ""
    filters: tuple[SavedFilter, ...] = ()


class ViewStore:
    """`views.json` in the data folder. Synchronous; methods raise `LedgerError`."""

    def __init__(self, folder: Path, *, report: Report = to_log) -> None:
        self._file = LockedFile(folder, "views", report)
        self._choices = TableChoices()

    def load(self) -> TableChoices:
        """What is on the disk; what of it cannot be read is as if it had never been chosen."""
        documents = self._file.news("read how the table was left")
        if documents is not None:
            self._choices = _choices(documents)
        return self._choices

    def save(self, before: TableChoices, after: TableChoices) -> None:
        """Write what differs between the two; what another window has saved stays."""
        self._file.revise("save how the table was left", lambda file: _change(file, before, after))


def _change(documents: Documents, before: TableChoices, after: TableChoices) -> None:
    if _table_document(before) != _table_document(after):
        documents[_TABLE] = _table_document(after)
    for saved in before.filters:
        if saved.name not in {other.name for other in after.filters}:
            documents.pop(_key(saved.name), None)
    old = dict(_filter_documents(before))
    for key, document in _filter_documents(after):
        if old.get(key) != document:
            documents[key] = document


def _table_document(choices: TableChoices) -> Document:
    return {
        "sort": choices.sort,
        "is_descending": choices.is_descending,
        "columns": [{"name": each.name, "width": each.width} for each in choices.columns],
        "tab": choices.tab.encode("utf-8", "replace").decode(),
    }


def _filter_documents(choices: TableChoices) -> Iterator[tuple[str, Document]]:
    for place, saved in enumerate(choices.filters):
        yield _key(saved.name), escaped({"name": saved.name, "text": saved.text, "place": place})


def _key(name: str) -> str:
    return _FILTER + name.encode("utf-8", "backslashreplace").decode()


def _choices(documents: Documents) -> TableChoices:
    table = fields_of(documents.get(_TABLE))
    usual = TableChoices()
    return TableChoices(
        sort=_text(table.get("sort")) or usual.sort,
        is_descending=table.get("is_descending") is not False,
        columns=tuple(_columns(table.get("columns"))),
        tab=_text(table.get("tab")) or usual.tab,
        filters=tuple(saved for _place, saved in sorted(_filters(documents), key=_order)),
    )


def _columns(value: Any) -> Iterator[ColumnChoice]:
    for each in value if isinstance(value, list) else ():
        fields = each if isinstance(each, dict) else {}
        name, width = fields.get("name"), fields.get("width")
        if isinstance(name, str):
            yield ColumnChoice(name, width if type(width) is int and width > 0 else None)


def _filters(documents: Documents) -> Iterator[tuple[int, SavedFilter]]:
    for key, document in documents.items():
        if key.startswith(_FILTER):
            fields = fields_of(document)
            name, place = _text(fields.get("name")), fields.get("place")
            if name:
                saved = SavedFilter(name, _text(fields.get("text")))
                yield place if type(place) is int else len(documents), saved


def _order(placed: tuple[int, SavedFilter]) -> tuple[int, str]:
    return placed[0], placed[1].name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
