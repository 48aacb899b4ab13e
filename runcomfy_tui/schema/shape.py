"""Whether two versions of a schema make different forms, and in which fields. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, TypeAlias

from runcomfy_tui.jobs import JsonObject

Shape: TypeAlias = Mapping[str, str]
"""A short digest of each input by its name, and under "" of what holds for all of them."""

_WORDING = frozenset({"title", "description", "examples"})
_ROOT = frozenset({"properties", "required"}) | _WORDING


def shape_of(input_schema: JsonObject | None) -> Shape:
    """What of a schema matters to inputs: all but its wording. Empty when there is none."""
    if input_schema is None:
        return {}
    properties = input_schema.get("properties")
    required = input_schema.get("required")
    needed = set(filter(_is_name, required)) if isinstance(required, list) else set()
    shape = {
        str(name): _digest([_silent(node), name in needed])
        for name, node in (properties.items() if isinstance(properties, Mapping) else ())
    }
    shape[""] = _digest({name: input_schema[name] for name in input_schema if name not in _ROOT})
    return shape


def difference(old: Shape, new: Shape) -> str:
    """What has changed, for people: `new: seed · gone: style · changed: ratio`; empty if nothing.

    The names are the server's own.
    """
    told = {
        "new": [name for name in new if name not in old],
        "gone": [name for name in old if name not in new],
        "changed": [name or "its rules" for name in new if old.get(name, new[name]) != new[name]],
    }
    return " · ".join(f"{what}: {', '.join(names)}" for what, names in told.items() if names)


def _is_name(value: Any) -> bool:
    return isinstance(value, str)


def _silent(node: Any) -> Any:
    if not isinstance(node, Mapping):
        return node
    return {name: value for name, value in node.items() if name not in _WORDING}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
