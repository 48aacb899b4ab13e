"""What the language of filters can ask a job for by name. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as day_time
from functools import cache
from operator import attrgetter
from typing import TypeAlias

from runcomfy_tui.jobs import Job, Status, status_of_word
from runcomfy_tui.prompts import prompt_of
from runcomfy_tui.words import local_time

Test: TypeAlias = Callable[[Job], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field is asked for. `test_at` is given the present time, which some depend on."""

    test_at: Callable[[float], Test]
    is_timed: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """One of the values behind the colon."""

    text: str
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """`read` makes a condition of a value, or raises `ValueError` (or one of `UNREADABLE`)."""

    read: Callable[[Value], Condition]
    example: str


UNREADABLE = (ValueError, OverflowError, OSError)


def fold(text: str) -> str:
    """`text` as it is compared: case does not count, nor how many blanks or lines part words."""
    text = text.casefold()
    is_even = not ("  " in text or "\n" in text or "\t" in text)
    # Among the signs of all scripts there are blanks, too, and none of them is printable.
    is_even = is_even and (text.isascii() or text.isprintable())
    return text if is_even else " ".join(text.split())


_OPERATED = re.compile(r"(>=|<=|>|<|=|)(.*)", re.DOTALL)
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_NUMBER = re.compile(r"\$?([0-9]+(?:\.([0-9]*))?|\.([0-9]+))")
_SPAN = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhdw])+|[0-9]+(?:\.[0-9]+)?")
_SPAN_PART = re.compile(r"([0-9.]+)([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

_GROUPS: Mapping[str, frozenset[Status]] = {
    "active": frozenset({Status.SUBMITTING, Status.IN_QUEUE, Status.IN_PROGRESS, Status.UNKNOWN}),
    "ended": frozenset(status for status in Status if status.is_final),
    "done": frozenset({Status.COMPLETED}),
}


def _timeless(test: Test) -> Condition:
    return Condition(lambda _now: test)


def _text_field(text_of: Callable[[Job], str | None]) -> Callable[[Value], Condition]:
    def read(value: Value) -> Condition:
        is_like = _likeness(value)
        return _timeless(lambda job: is_like(text_of(job) or ""))

    return read


def _model(value: Value) -> Condition:
    # A hundred thousand jobs have few models.
    is_like = cache(_likeness(value))
    return _timeless(lambda job: is_like(job.model_id or ""))


def _likeness(value: Value) -> Callable[[str], bool]:
    """Whether a text is what is asked for."""
    wanted = fold(value.text.strip())
    if value.is_quoted and not wanted:
        return lambda text: not text
    if wanted.startswith("="):
        return lambda text: fold(text) == wanted[1:]
    if " " not in wanted:  # so the blanks of the text do not matter, and the rest is quicker
        return lambda text: wanted in text.casefold()
    return lambda text: wanted in fold(text)


def _status(value: Value) -> Condition:
    word = fold(value.text.strip())
    known = status_of_word(word)
    group = _GROUPS.get(word) or (frozenset({known}) if known is not Status.UNKNOWN else None)
    if group is not None:
        return _timeless(lambda job: job.status in group)
    alike = frozenset(status for status in Status if word in status.value)
    unknown = Status.UNKNOWN

    def test(job: Job) -> bool:
        if job.status is unknown:
            return word in fold(job.status_word)
        return job.status in alike

    return _timeless(test)


def _number_field(number_of: Callable[[Job], float | None]) -> Callable[[Value], Condition]:
    def read(value: Value) -> Condition:
        sign, text = _operated(value)
        number = _NUMBER.fullmatch(text)
        if number is None:
            raise ValueError
        wanted = float(number[1])
        # Without a sign it means the number as it is shown, which is rounded.
        decimals = max(2, len(number[2] or number[3] or ""))
        compare = _COMPARISONS.get(sign) or _nearly(0.5 / 10**decimals)

        def test(job: Job) -> bool:
            number = number_of(job)
            return number is not None and compare(number, wanted)

        return _timeless(test)

    return read


def _nearly(tolerance: float) -> Callable[[float, float], bool]:
    return lambda one, other: abs(one - other) <= tolerance


def _span_field(
    seconds_of: Callable[[Job, float], float | None],
) -> Callable[[Value], Condition]:
    def read(value: Value) -> Condition:
        sign, text = _operated(value)
        if sign not in _COMPARISONS or not _SPAN.fullmatch(text):
            raise ValueError
        wanted = sum(float(part) * _SECONDS[unit] for part, unit in _SPAN_PART.findall(text))
        compare = _COMPARISONS[sign]

        def test_at(now: float) -> Test:
            def test(job: Job) -> bool:
                seconds = seconds_of(job, now)
                return seconds is not None and compare(seconds, wanted)

            return test

        return Condition(test_at, is_timed=True)

    return read


def _took(job: Job, now: float) -> float | None:
    if job.status is Status.IN_PROGRESS and job.started_at is not None:
        return now - job.started_at
    return job.duration


def _created(value: Value) -> Condition:
    sign, text = _operated(value)
    if text in ("today", "yesterday"):
        days_ago = 1 if text == "yesterday" else 0

        def test_at(now: float) -> Test:
            today = local_time(now).date()
            day = today - timedelta(days=days_ago)
            return _within(sign, day, day + timedelta(days=1))

        return Condition(test_at, is_timed=True)
    parts = [int(part) for part in text.split("-")]
    match parts:
        case [year]:
            first, after = date(year, 1, 1), date(year + 1, 1, 1)
        case [year, month]:
            first = date(year, month, 1)
            after = date(year + month // 12, month % 12 + 1, 1)
        case [year, month, day]:
            first = date(year, month, day)
            after = first + timedelta(days=1)
        case _:
            raise ValueError
    return _timeless(_within(sign, first, after))


def _within(sign: str, first: date, after: date) -> Test:
    """In the days from `first` up to `after`, in local time, or before or behind them."""
    start, end = (datetime.combine(day, day_time.min).timestamp() for day in (first, after))
    match sign:
        case ">":
            return lambda job: job.created_at >= end
        case ">=":
            return lambda job: job.created_at >= start
        case "<":
            return lambda job: job.created_at < start
        case "<=":
            return lambda job: job.created_at < end
        case _:
            return lambda job: start <= job.created_at < end


def _operated(value: Value) -> tuple[str, str]:
    match = _OPERATED.match(fold(value.text.strip()))
    assert match is not None
    return match[1], match[2].strip()


def _flag(flag_of: Callable[[Job], bool]) -> Callable[[Value], Condition]:
    def read(value: Value) -> Condition:
        wanted = {"yes": True, "true": True, "no": False, "false": False}.get(fold(value.text))
        if wanted is None:
            raise ValueError
        return _timeless(lambda job: flag_of(job) is wanted)

    return read


FIELDS: Mapping[str, Field] = {
    "status": Field(_status, "status:failed, status:active or status:failed,cancelled"),
    "model": Field(_model, "model:runway"),
    "prompt": Field(_text_field(lambda job: prompt_of(job.inputs)), 'prompt:"paper boat"'),
    "label": Field(_text_field(attrgetter("label")), 'label:kites, or label:"" for none'),
    "note": Field(_text_field(attrgetter("note")), "note:client"),
    "error": Field(
        _text_field(lambda job: job.failure.message if job.failure else ""), "error:nsfw"
    ),
    "id": Field(_text_field(attrgetter("id")), "id:01a1fb8f"),
    "request": Field(_text_field(attrgetter("request_id")), "request:7f3a"),
    "batch": Field(_text_field(attrgetter("batch")), "batch:01a1fb8f"),
    "cost": Field(_number_field(attrgetter("cost")), "cost:>0.5"),
    "rating": Field(_number_field(attrgetter("rating")), "rating:>=4"),
    "pinned": Field(_flag(attrgetter("pinned")), "pinned:yes"),
    "archived": Field(_flag(attrgetter("archived")), "archived:yes"),
    "age": Field(_span_field(lambda job, now: now - job.created_at), "age:<2d (s, m, h, d, w)"),
    "took": Field(_span_field(_took), "took:>1m (s, m, h, d, w)"),
    "created": Field(_created, "created:2025-11-19, created:>2025-11 or created:today"),
}
"""Every field by the name it is asked by."""
