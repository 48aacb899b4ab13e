"""What a schema says about one input, for the person who is about to fill it in."""

from __future__ import annotations

import json
from collections.abc import Iterator

from runcomfy_tui.schema.equality import value_label
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind, MediaRule
from runcomfy_tui.text import clip, visible
from runcomfy_tui.words import count_of

_LONGEST_VALUE = 32
_WORDS = {
    FieldKind.TEXT: "text",
    FieldKind.PROMPT: "text",
    FieldKind.INTEGER: "whole number",
    FieldKind.NUMBER: "number",
    FieldKind.BOOLEAN: "true or false",
    FieldKind.CHOICE: "one of",
    FieldKind.MEDIA: "URL",
    FieldKind.LIST: "list",
    FieldKind.OBJECT: "group",
    FieldKind.JSON: "JSON",
}

_RULES = {
    "file_size_mb<": "under {} MB",
    "width_pixels<": "width under {}",
    "width_pixels>": "width over {}",
    "height_pixels<": "height under {}",
    "height_pixels>": "height over {}",
    "width/height<": "width/height under {}",
    "width/height>": "width/height over {}",
}


def facts_of(field: Field) -> str:
    """The input's own name, its type, its limits and its default, on one line."""
    return " · ".join(part for part in (visible(field.name), *_facts(field)) if part)


def description_of(field: Field) -> str:
    """What the schema says in prose, on one line; empty where it says nothing."""
    return visible(" ".join(field.help.split()))


def rules_of(field: Field) -> str:
    """What is asked of the file behind a URL; most schemas say so in their prose, too."""
    return " · ".join(map(_rule, field.rules))


def _facts(field: Field) -> Iterator[str]:
    yield _kind(field)
    if field.minimum is not None or field.maximum is not None:
        yield _range(field.minimum, field.maximum)
    if isinstance(step := field.schema.get("multipleOf"), int | float):
        yield f"multiples of {_number(step)}"
    if field.max_length is not None:
        yield f"at most {field.max_length} characters"
    if field.kind is FieldKind.LIST:
        yield _items(field.min_items, field.max_items)
    if field.default is not UNSET and field.kind is not FieldKind.MEDIA:
        if field.kind is not FieldKind.PROMPT or len(str(field.default)) <= _LONGEST_VALUE:
            yield f"default {_short(field.default) or 'empty'}"
    elif not field.required:
        yield "optional"
    examples = field.schema.get("examples")
    if isinstance(examples, list) and examples:
        yield "e.g. " + ", ".join(_short(example) for example in examples[:3])


def _kind(field: Field) -> str:
    word = _WORDS[field.kind]
    if field.kind is FieldKind.CHOICE:
        return f"{word} {len(field.choices)}" if len(field.choices) > 1 else "one value only"
    if field.media is not None:
        medium = {"image": "image", "video": "video", "audio": "audio"}.get(field.media, "file")
        return f"{medium} {word}" if field.kind is FieldKind.MEDIA else f"{word} of {medium} URLs"
    return word


def _rule(rule: MediaRule) -> str:
    """A rule about the file, in words where its name is one of those that are known."""
    value = _short(rule.value)
    words = _RULES.get(rule.rule)
    return words.format(value) if words else visible(f"{rule.rule} {value}")


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    return f"at least {_number(low)}" if low is not None else f"at most {_number(high)}"


def _number(bound: float | None) -> str:
    if isinstance(bound, float) and bound.is_integer() and abs(bound) < 1e15:
        return str(int(bound))
    return json.dumps(bound)


def _items(least: int | None, most: int | None) -> str:
    if least and most is not None:
        return f"{least} to {most} items" if least < most else count_of(most, "item")
    if most is not None:
        return f"up to {count_of(most, 'item')}"
    return f"at least {count_of(least, 'item')}" if least else ""


def _short(value: object) -> str:
    return clip(visible(value_label(value)), _LONGEST_VALUE)
