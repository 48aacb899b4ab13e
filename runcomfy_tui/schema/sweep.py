"""One form turned into many requests: several values for some fields, every combination once."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from random import Random
from typing import Any, Final

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.entries import EntryError, parse_entry, parse_json
from runcomfy_tui.schema.fields import Field, FieldKind, Form
from runcomfy_tui.schema.values import inputs_of, values_of

MOST_REQUESTS: Final = 5000
"""Requests that one sweep or file makes at most; more is rather a slip than a wish."""

HIGHEST_SEED: Final = 2**31 - 1
"""Where a schema names no maximum: the largest seed that every model is likely to take."""

_NUMBER_KINDS: Final = frozenset({FieldKind.INTEGER, FieldKind.NUMBER})
_BETWEEN_BLOCKS: Final = "---"
_RANGE: Final = re.compile(
    r"(?P<start>.+?)\s*\.\.\s*(?P<stop>.+?)(?:\s+(?P<how>step|in)\s+(?P<by>.+))?"
)
_RANDOM: Final = re.compile(r"random\s+(?P<count>[0-9]{1,6})")
_SHOWN_DIGITS: Final = Context(prec=6)


class SweepError(ValueError):
    """What was typed makes no list of values; `str()` says why, in words to show beside it."""


def choices_of(field: Field) -> tuple[Any, ...]:
    """The values to tick for `field`, when there are but a few at all; else `()`."""
    if field.kind is FieldKind.CHOICE:
        return field.choices
    if field.kind is FieldKind.BOOLEAN:
        return (True, False, None) if field.nullable else (True, False)
    return ()


def values_of_text(field: Field, text: str, random: Random) -> tuple[Any, ...]:
    """The values that `text` gives `field`, in order. Raises `SweepError`.

    Texts stand one a line or, where they have lines themselves, between lines of `---`. URLs and
    JSON stand one a line. Numbers stand between commas or line breaks, each of them a number, a
    range (`1..10`, `1..10 step 3`, `0..1 in 5`) or, for a whole number, `random 4`: as many
    different ones out of the field's bounds. Blank ones are passed over.
    """
    values: list[Any] = []
    for part in _parts(field, text):
        for value in _values(field, part, random):
            values.append(value)
            if len(values) > MOST_REQUESTS:
                raise SweepError(f"more than {MOST_REQUESTS:,} values")
    return tuple(values)


def sweep(
    form: Form, inputs: JsonObject, several: Mapping[str, Sequence[Any]]
) -> list[dict[str, Any]]:
    """`inputs` once for every combination of the values in `several`, by field name.

    The fields come in the form's order, the last of them changing fastest; a field without values
    stays as it is. Raises `SweepError` for too many.
    """
    names = [field.name for field in form.fields if several.get(field.name)]
    size = math.prod(len(several[name]) for name in names)
    if size > MOST_REQUESTS:
        raise SweepError(f"{size:,} jobs are more than the {MOST_REQUESTS:,} of one sweep")
    values, extras = values_of(form, inputs)
    return [
        inputs_of(form, {**values, **dict(zip(names, combination, strict=True))}, extras)
        for combination in itertools.product(*(several[name] for name in names))
    ]


def repeated(requests: Iterable[JsonObject]) -> int:
    """How many of these requests say the same as an earlier one."""
    texts = [json.dumps(request, sort_keys=True, default=str) for request in requests]
    return len(texts) - len(set(texts))


def _parts(field: Field, text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    if field.kind in _NUMBER_KINDS:
        parts = re.split(r"[,;\n]", "\n".join(lines))
    elif field.kind in (FieldKind.TEXT, FieldKind.PROMPT) and _BETWEEN_BLOCKS in lines:
        parts = [
            "\n".join(block)
            for is_block, block in itertools.groupby(lines, lambda line: line != _BETWEEN_BLOCKS)
            if is_block
        ]
    else:
        parts = lines
    return [part for part in parts if part.strip()]


def _values(field: Field, part: str, random: Random) -> Iterator[Any]:
    if field.kind in _NUMBER_KINDS:
        told = part.strip()
        if drawn := _RANDOM.fullmatch(told):
            yield from _seeds(field, int(drawn["count"]), random)
            return
        if told_range := _RANGE.fullmatch(told):
            yield from _range(field, told_range)
            return
    parsable = field.kind not in (FieldKind.CHOICE, FieldKind.BOOLEAN)
    value = parse_entry(field, part) if parsable else parse_json(part)
    if isinstance(value, EntryError):
        raise SweepError(f"“{_brief(part.strip())}” {value.message}")
    yield value


def _seeds(field: Field, count: int, random: Random) -> list[int]:
    if field.kind is not FieldKind.INTEGER:
        raise SweepError("random draws whole numbers only")
    # -1 asks the server for any seed: drawn here, it could not be told apart afterwards.
    lowest = max(0, math.ceil(_finite(field.minimum, 0)))
    highest = math.floor(_finite(field.maximum, HIGHEST_SEED))
    there = highest - lowest + 1
    if count > min(there, MOST_REQUESTS):
        raise SweepError(f"there are only {max(0, min(there, MOST_REQUESTS)):,} to draw from")
    return random.sample(range(lowest, highest + 1), count)


def _finite(bound: float | None, otherwise: int) -> float:
    return otherwise if bound is None or not math.isfinite(bound) else bound


def _range(field: Field, told: re.Match[str]) -> Iterator[int | float]:
    start, stop = _exact(field, told["start"]), _exact(field, told["stop"])
    if told["how"] == "in":
        yield from _spread(field, start, stop, told["by"])
        return
    if told["by"] is None and field.kind is FieldKind.NUMBER:
        raise SweepError(f"say how: {_plain(start)}..{_plain(stop)} step 0.1, or in 5")
    step = _exact(field, told["by"] or "1")
    if step <= 0:
        raise SweepError("a step must be above 0")
    steps = int(abs(stop - start) / step)
    if steps >= MOST_REQUESTS:
        raise SweepError(f"more than {MOST_REQUESTS:,} values")
    for index in range(steps + 1):
        yield _plain(start + index * (step if stop >= start else -step))


def _spread(field: Field, start: Decimal, stop: Decimal, told: str) -> Iterator[int | float]:
    if not re.fullmatch(r"[0-9]{1,6}", told) or not 2 <= int(told) <= MOST_REQUESTS:
        raise SweepError(f"in how many? A number from 2 to {MOST_REQUESTS:,}")
    last = int(told) - 1
    before: int | float | None = None
    for index in range(last + 1):
        exact = start + (stop - start) * index / last
        if index in (0, last):
            value = _plain(exact)
        elif field.kind is FieldKind.INTEGER:
            value = round(exact)
        else:
            value = _plain(_SHOWN_DIGITS.create_decimal(exact))
        if value != before:
            yield value
        before = value


def _exact(field: Field, text: str) -> Decimal:
    value = parse_entry(field, text)
    if isinstance(value, EntryError):
        raise SweepError(f"“{_brief(text)}” {value.message}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SweepError(f"“{_brief(text)}” is no number")
    return Decimal(repr(value))


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _brief(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:29]}…"
