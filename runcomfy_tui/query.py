"""The language of filters: what is typed after `/`, and after `runcomfy-tui jobs`. Pure.

    paper boat            both words occur in the id, request_id, model, prompt, status, label, note
    "paper boat" -rain    the two words side by side, and no rain
    status:failed model:runway,kling label:"night shots" cost:>0.5 age:<2d took:>1m rating:>=4

All terms must hold. `-` before one turns it round, a comma in one means "or". No case counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.prompts import prompt_of
from runcomfy_tui.query_fields import FIELDS, UNREADABLE, Condition, Test, Value, fold

Finder: TypeAlias = Callable[[str], Container[str]]
"""Gives the ids of all jobs whose `searched_text` holds a folded word."""

_PARTED = "\x1f"
_HEX = re.compile(r"[0-9a-f]+")


class QueryError(ValueError):
    """An expression that means nothing; `str()` tells what is wrong with it and what would do."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A text that occurs somewhere in a job; folded."""

    text: str

    is_timed = False

    def test(self, find: Finder | None) -> Test:
        return self._test if find is None else self._quick_test(find(self.text))

    def _test(self, job: Job) -> bool:
        return (
            self.text in searched_text(job)
            or self.text in fold(job.model_id or "")
            or self.text in fold(job.status_word)
            or self.text in job.id
            or self._is_in_own_words(job)
        )

    def _is_in_own_words(self, job: Job) -> bool:
        return self.text in fold(job.label) or self.text in fold(job.note)

    def _quick_test(self, found: Container[str]) -> Test:
        """The same at a fraction of the cost: a hundred thousand jobs have few models."""
        models = _Remembered(lambda model: self.text in fold(model or ""))
        words = _Remembered(lambda word: self.text in fold(word))
        may_be_an_id = _HEX.fullmatch(self.text) is not None

        def test(job: Job) -> bool:
            return (
                job.id in found
                or models[job.model_id]
                or words[job.status if job.status is not Status.UNKNOWN else job.status_word]
                or (may_be_an_id and self.text in job.id)
                or (bool(job.label or job.note) and self._is_in_own_words(job))
            )

        return test


class _Remembered(dict[Any, bool]):
    def __init__(self, judge: Callable[[Any], bool]) -> None:
        self._judge = judge

    def __missing__(self, key: Any) -> bool:
        answer = self[key] = self._judge(key)
        return answer


@dataclass(frozen=True, slots=True)
class _Term:
    what: _Word | Condition
    is_negated: bool

    def test(self, now: float, find: Finder | None) -> Test:
        test = self.what.test_at(now) if isinstance(self.what, Condition) else self.what.test(find)
        return (lambda job: not test(job)) if self.is_negated else test


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that has been understood. Without terms it keeps every job."""

    text: str = ""
    terms: tuple[_Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def is_timed(self) -> bool:
        """Whether the passing of time alone can change what it keeps."""
        return any(term.what.is_timed for term in self.terms)

    @property
    def words(self) -> tuple[str, ...]:
        """The words it looks for, folded: what a `Finder` will be asked."""
        return tuple(term.what.text for term in self.terms if isinstance(term.what, _Word))

    def test(self, now: float, find: Finder | None = None) -> Test:
        """Says of a job whether it is kept, as of `now` (epoch seconds).

        A `find` that knows all the jobs makes it quicker, never different.
        """
        tests = [term.test(now, find) for term in self.terms]
        return tests[0] if len(tests) == 1 else lambda job: all(test(job) for test in tests)

    def __and__(self, other: Query) -> Query:
        """Keeps what both keep."""
        return Query(f"{self.text} {other.text}".strip(), self.terms + other.terms)


def searched_text(job: Job) -> str:
    """The part of a job that plain words look at and that is its alone, folded, on one line."""
    return fold(f"{job.request_id or ''}{_PARTED}{prompt_of(job.inputs)}")


def parse(text: str) -> Query:
    """Read an expression; a quote left open ends with the text. Raises `QueryError`."""
    terms = tuple(_terms(text))
    text = " ".join(text.split())
    return Query(text + '"' if text.count('"') % 2 else text, terms)


# Reading

_START = re.compile(r"\s*(-(?=\S))?(?:([A-Za-z_]+):(?!//))?")
_QUOTED = re.compile(r'"([^"]*)"?')
_BARE = re.compile(r'[^\s"]+')
_BARE_VALUE = re.compile(r'[^\s,"]+')


def _terms(text: str) -> Iterator[_Term]:
    at = 0
    while start := _START.match(text, at):
        is_negated, name = bool(start[1]), start[2]
        if name is None:
            match = _QUOTED.match(text, start.end()) or _BARE.match(text, start.end())
            if match is None:
                return
            at = match.end()
            is_quoted = match.re is _QUOTED
            word = fold(" ".join(match[is_quoted].split()))
            if word and (is_quoted or word != "-"):  # a lone one only begins a term
                yield _Term(_Word(word), is_negated)
        else:
            values, at = _values(text, start.end())
            yield _Term(_condition(name, values), is_negated)


def _values(text: str, at: int) -> tuple[list[Value], int]:
    """The comma-separated values from `at` on, and where they end."""
    values: list[Value] = []
    while True:
        if match := _QUOTED.match(text, at):
            values.append(Value(match[1], is_quoted=True))
            at = match.end()
        elif match := _BARE_VALUE.match(text, at):
            values.append(Value(match[0]))
            at = match.end()
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != '"':
            return values, at


def _condition(name: str, values: list[Value]) -> Condition:
    field = FIELDS.get(name.lower())
    if field is None:
        names = ", ".join(sorted(FIELDS))
        raise QueryError(
            f"There is no field '{name}'. Fields: {names}. Quotes look for it as it stands."
        )
    if not values:
        raise QueryError(f"{name}: what? For example {field.example}")
    try:
        conditions = [field.read(value) for value in values]
    except UNREADABLE:
        raise QueryError(
            f"{name}:{values[0].text} is not understood. For example {field.example}"
        ) from None
    return conditions[0] if len(conditions) == 1 else _any_of(conditions)


def _any_of(conditions: list[Condition]) -> Condition:
    def test_at(now: float) -> Test:
        tests = [condition.test_at(now) for condition in conditions]
        return lambda job: any(test(job) for test in tests)

    return Condition(test_at, any(condition.is_timed for condition in conditions))
