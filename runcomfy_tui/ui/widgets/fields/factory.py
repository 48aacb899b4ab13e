"""Which row draws which field."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from runcomfy_tui.schema.entries import fits_entry
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind
from runcomfy_tui.ui.widgets.fields.block import JsonRow, PromptRow
from runcomfy_tui.ui.widgets.fields.boolean import BooleanRow
from runcomfy_tui.ui.widgets.fields.choice import ChoiceRow
from runcomfy_tui.ui.widgets.fields.entries import Entry, plain
from runcomfy_tui.ui.widgets.fields.group import GroupRow
from runcomfy_tui.ui.widgets.fields.line import NumberRow, TextRow
from runcomfy_tui.ui.widgets.fields.listing import ListRow
from runcomfy_tui.ui.widgets.fields.media import MediaRow
from runcomfy_tui.ui.widgets.fields.row import FieldRow

_ROWS: Mapping[FieldKind, type[FieldRow]] = {
    FieldKind.TEXT: TextRow,
    FieldKind.PROMPT: PromptRow,
    FieldKind.INTEGER: NumberRow,
    FieldKind.NUMBER: NumberRow,
    FieldKind.BOOLEAN: BooleanRow,
    FieldKind.CHOICE: ChoiceRow,
    FieldKind.MEDIA: MediaRow,
    FieldKind.LIST: ListRow,
    FieldKind.OBJECT: GroupRow,
    FieldKind.JSON: JsonRow,
}

_STATED_AS_JSON = {"value", "json", "text"}


def make_row(field: Field, entry: Entry | None, *, title: str = "") -> FieldRow:
    """The row for `field` with `entry` in it: the one of its kind, or JSON where that kind could
    not show what stands in it.
    """
    kind = _kind_for(field, entry)
    if kind is FieldKind.JSON and entry is not None and not _STATED_AS_JSON & entry.keys():
        entry = {"json": json.dumps(plain(entry), ensure_ascii=False)}
    row: Callable[..., FieldRow] = _ROWS[kind]
    if kind in (FieldKind.LIST, FieldKind.OBJECT):
        return row(field, entry, make_row, title=title)
    return row(field, entry, title=title)


def is_inline(field: Field) -> bool:
    """Whether the editor of `field` stands beside its title, not under it."""
    return _ROWS[field.kind].inline


def _kind_for(field: Field, entry: Entry | None) -> FieldKind:
    if entry is None:
        return field.kind
    if "json" in entry:
        return FieldKind.JSON
    if "value" in entry:
        return _kind_for_value(field, entry["value"])
    fits = {
        FieldKind.LIST: "items" in entry,
        FieldKind.OBJECT: "fields" in entry,
        FieldKind.BOOLEAN: False,
        FieldKind.CHOICE: False,
    }.get(field.kind, "text" in entry)
    return field.kind if fits else FieldKind.JSON


def _kind_for_value(field: Field, value: Any) -> FieldKind:
    names = {child.name for child in field.children}
    match field.kind:
        case FieldKind.LIST:
            fits = isinstance(value, list)
        case FieldKind.OBJECT:
            fits = isinstance(value, Mapping) and names.issuperset(value)
        case FieldKind.BOOLEAN:
            fits = isinstance(value, bool)
        case FieldKind.TEXT if isinstance(value, str) and not fits_entry(field, value):
            return FieldKind.PROMPT
        case FieldKind.CHOICE:
            fits = True
        case _:
            fits = value is UNSET or fits_entry(field, value)
    return field.kind if fits else FieldKind.JSON
