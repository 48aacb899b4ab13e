"""Which defaults a form can start from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.equality import index_of
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind
from runcomfy_tui.schema.local_files import is_local_file
from runcomfy_tui.schema.multiples import is_multiple
from runcomfy_tui.schema.urls import url_problem


def usable_default(field: Field, told: JsonObject) -> Any:
    """The default of `field`, whose keywords are `told`; UNSET for one its own schema refuses.

    Such defaults exist (`null` for a text, `-1` below a minimum of 0, no URL for a URL). Sent along
    they would have the untouched form refused; left out, the server applies its own. And a text
    that is required with `""` for its default is one that nobody has written yet: RunComfy's own
    nodes ask for it, too, before they submit.
    """
    if "default" not in told or (field.required and told["default"] == ""):
        return UNSET
    default = told["default"]
    if default is None and field.kind is not FieldKind.CHOICE:
        return None if field.nullable or told.get("type") in (None, "null") else UNSET
    return default if _fits(field, told, default) else UNSET


def _fits(field: Field, told: JsonObject, value: Any) -> bool:
    match field.kind:
        case FieldKind.CHOICE:
            return index_of(value, field.choices) is not None
        case FieldKind.BOOLEAN:
            return isinstance(value, bool)
        case FieldKind.INTEGER | FieldKind.NUMBER:
            return _is_in_range(field, told, value)
        case FieldKind.MEDIA:
            # A path of this machine is nothing that a schema from elsewhere can speak of.
            return isinstance(value, str) and not (url_problem(value) or is_local_file(value))
        case FieldKind.TEXT | FieldKind.PROMPT:
            return (
                isinstance(value, str)
                and _has_length(len(value), told.get("minLength"), field.max_length)
                and _is_like(value, told.get("pattern"))
            )
        case FieldKind.LIST:
            return (
                isinstance(value, list)
                and _has_length(len(value), field.min_items, field.max_items)
                and all(field.item is None or _fits_inside(field.item, each) for each in value)
            )
        case FieldKind.OBJECT:
            return isinstance(value, Mapping) and all(
                _fits_inside(child, value[child.name])
                if child.name in value
                else not child.required
                for child in field.children
            )
        case FieldKind.JSON:
            return True


def _fits_inside(field: Field, value: Any) -> bool:
    return (value is None and field.nullable) or _fits(field, field.schema, value)


def _is_like(value: str, pattern: Any) -> bool:
    try:
        return not isinstance(pattern, str) or re.search(pattern, value) is not None
    except (re.error, RecursionError, OverflowError):
        return True


def _is_in_range(field: Field, told: JsonObject, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if field.kind is FieldKind.INTEGER and isinstance(value, float) and not value.is_integer():
        return False
    return not (
        (field.minimum is not None and value < field.minimum)
        or (field.maximum is not None and value > field.maximum)
        or (_is_number(told.get("exclusiveMinimum")) and value <= told["exclusiveMinimum"])
        or (_is_number(told.get("exclusiveMaximum")) and value >= told["exclusiveMaximum"])
        or (_is_step(told.get("multipleOf")) and not is_multiple(value, told["multipleOf"]))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_step(value: Any) -> bool:
    return _is_number(value) and math.isfinite(value) and value > 0


def _has_length(length: int, least: Any, most: int | None) -> bool:
    return not (_is_number(least) and length < least) and not (most is not None and length > most)
