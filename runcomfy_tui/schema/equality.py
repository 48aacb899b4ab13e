"""When two JSON values are the same: `1` and `1.0` are, `1` and `true` are not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def same_value(one: Any, other: Any) -> bool:
    """JSON Schema's equality, which Python's `==` misses for booleans."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_value(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_value, one, other))
    return bool(one == other)


def index_of(value: Any, choices: Iterable[Any]) -> int | None:
    """Where `value` stands among `choices`; None when it does not."""
    return next((i for i, choice in enumerate(choices) if same_value(choice, value)), None)


def value_label(value: Any) -> str:
    """The same to be looked at: text of nothing but blanks stands in quotes, or nobody sees it."""
    text = value_text(value)
    return json.dumps(text, ensure_ascii=False) if text and not text.strip() else text


def value_text(value: Any) -> str:
    """A value as a person would write it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
