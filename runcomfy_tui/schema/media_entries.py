"""Where in a request the addresses of files stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.fields import Field, FieldKind, Form
from runcomfy_tui.schema.local_files import is_local_file

JsonPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class MediaEntry:
    """An address in a request: the way to it, the field that it fills, and the address itself."""

    path: JsonPath
    field: Field
    address: str


def media_entries(form: Form, inputs: JsonObject) -> tuple[MediaEntry, ...]:
    """Every address of a file in `inputs`, in lists and groups too, in the form's order."""
    return tuple(_in_members(form.fields, inputs, ()))


def local_files(form: Form, inputs: JsonObject) -> tuple[MediaEntry, ...]:
    """Those of them that name a file of this machine."""
    return tuple(each for each in media_entries(form, inputs) if is_local_file(each.address))


def with_values(inputs: JsonObject, values: Mapping[JsonPath, Any]) -> dict[str, Any]:
    """A copy of `inputs` in which other values stand at some paths; `inputs` stay as they are."""
    copy: Any = dict(inputs)
    for path, value in values.items():
        copy = _with(copy, path, value)
    result: dict[str, Any] = copy
    return result


def _in_members(
    fields: Iterable[Field], values: Mapping[str, Any], path: JsonPath
) -> Iterator[MediaEntry]:
    for field in fields:
        if field.name in values:
            yield from _in_value(field, values[field.name], (*path, field.name))


def _in_value(field: Field, value: Any, path: JsonPath) -> Iterator[MediaEntry]:
    if field.kind is FieldKind.OBJECT and isinstance(value, Mapping):
        yield from _in_members(field.children, value, path)
    elif field.kind is FieldKind.LIST and field.item is not None and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_value(field.item, item, (*path, index))
    elif field.kind is FieldKind.MEDIA and isinstance(value, str) and value:
        yield MediaEntry(path, field, value)


def _with(holder: Any, path: JsonPath, value: Any) -> Any:
    if not path:
        return value
    step, *rest = path
    copy: Any = dict(holder) if isinstance(holder, Mapping) else list(holder)
    copy[step] = _with(holder[step], tuple(rest), value)
    return copy
