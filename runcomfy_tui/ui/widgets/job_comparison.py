"""Two jobs side by side: what differs between them, and their outputs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from runcomfy_tui.jobs import Job
from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui import words

LONGEST: Final = 4_000
"""Characters of one value; the result screen has them all."""

_LABEL: Final = 18
_ABSENT: Final = "(left out)"
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Beside:
    """A line of the comparison; `is_same` where there was nothing to tell apart."""

    name: str
    one: str
    other: str
    is_same: bool = False


def comparison(one: Job, other: Job) -> list[Beside]:
    """What differs in inputs, cost, times and the rest, and always both outputs."""
    lines = list(_facts(one, other))
    names = dict.fromkeys((*one.inputs, *other.inputs))
    for name in names:
        values = one.inputs.get(name, _MISSING), other.inputs.get(name, _MISSING)
        if _text(values[0]) != _text(values[1]):
            lines.append(Beside(name, _text(values[0]), _text(values[1])))
    outputs = one.outputs, other.outputs
    for place in range(max(map(len, outputs))):
        urls = [each[place].url if place < len(each) else "" for each in outputs]
        key = next(each[place].key for each in outputs if place < len(each))
        lines.append(Beside(key or "output", urls[0], urls[1], is_same=urls[0] == urls[1]))
    return lines


def _facts(one: Job, other: Job) -> Iterator[Beside]:
    told = (
        ("status", one.status_word, other.status_word),
        ("model", one.model_id or "", other.model_id or ""),
        ("cost", words.money(one.cost), words.money(other.cost)),
        ("took", words.duration(one.duration), words.duration(other.duration)),
        ("created", words.moment(one.created_at), words.moment(other.created_at)),
        ("error", _error(one), _error(other)),
        ("label", one.label, other.label),
        ("note", one.note, other.note),
        ("rating", _rating(one), _rating(other)),
    )
    yield from (Beside(name, left, right) for name, left, right in told if left != right)


def _error(job: Job) -> str:
    return job.failure.message if job.failure else ""


def _rating(job: Job) -> str:
    return "" if job.rating is None else f"{job.rating}/5"


def _text(value: Any) -> str:
    if value is _MISSING:
        return _ABSENT
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def lines_beside(told: Beside, width: int) -> list[tuple[str, str, str]]:
    """A line of the comparison, wrapped: name and both values, each as wide as its column."""
    label = min(_LABEL, width // 5)
    half = max(4, (width - label - 4) // 2)
    sides = [
        words.wrap(visible(clip(text, LONGEST), keep_newlines=True), half) or [""]
        for text in (told.one, told.other)
    ]
    return [
        (
            words.fit(visible(told.name) if number == 0 else "", label),
            words.fit(sides[0][number] if number < len(sides[0]) else "", half),
            words.fit(sides[1][number] if number < len(sides[1]) else "", half),
        )
        for number in range(max(map(len, sides)))
    ]
