"""The language of filters: what is typed after `/`, and after `runcomfy-tui jobs`. Pure.

    paper boat            both words occur in the id, request_id, model, prompt, status, label, note
    "paper boat" -rain    the two words side by side, and no rain
    status:failed model:runway,kling label:"night shots" cost:>0.5 age:<2d took:>1m rating:>=4

All terms must hold. `-` before one turns it round, a comma in one means "or". No case counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from operator import contains, not_

from runcomfy_tui.jobs import Job
from runcomfy_tui.query.fields import FIELDS, UNREADABLE, Condition, Test, Value, fold
from runcomfy_tui.query.texts import Part, SearchTexts, bytewise, searched_text


class QueryError(ValueError):
    """An expression that means nothing; `str()` tells what is wrong with it and what would do.

    `understood` is what stands before the term that is wrong.
    """

    understood = ""


@dataclass(frozen=True, slots=True)
class _Word:
    """A text that occurs somewhere in a job; folded."""

    text: str

    is_timed = False

    def test(self, job: Job) -> bool:
        return self.text in searched_text(job)

    def found(self, row: list[str]) -> list[bool]:
        """What `test` says of jobs, of which these are the texts."""
        return list(map(contains, row, repeat(bytewise(self.text))))


@dataclass(frozen=True, slots=True)
class Term:
    """One of the things that must hold; `source` is how it was typed, `field` what it asks."""

    what: _Word | Condition
    is_negated: bool
    source: str
    field: str = ""

    def test(self, now: float) -> Test:
        """Says of a job whether it is let through, as of `now` (epoch seconds)."""
        test = self.what.test_at(now) if isinstance(self.what, Condition) else self.what.test
        return (lambda job: not test(job)) if self.is_negated else test

    def sift(self, part: Part, now: float, texts: SearchTexts) -> Part:
        """Those of the jobs that it lets through."""
        jobs, row = part.jobs, part.row
        if isinstance(self.what, Condition):
            found = list(map(self.what.test_at(now), jobs))
        else:
            row = texts.row(jobs) if row is None else row
            found = self.what.found(row)
        kept = map(not_, found) if self.is_negated else found
        return part.only(list(kept), row)

    def is_same(self, other: Term) -> bool:
        """Whether it lets the same jobs through, now and later."""
        return self.source == other.source and not self.what.is_timed

    def narrows(self, other: Term) -> bool:
        """Whether it surely lets through none that the other does not."""
        return (
            isinstance(self.what, _Word)
            and isinstance(other.what, _Word)
            and not (self.is_negated or other.is_negated)
            and other.what.text in self.what.text
        )


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that has been understood. Without terms it keeps every job."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def is_timed(self) -> bool:
        """Whether the passing of time alone can change what it keeps."""
        return any(term.what.is_timed for term in self.terms)

    @property
    def has_words(self) -> bool:
        """Whether it looks for plain words."""
        return any(isinstance(term.what, _Word) for term in self.terms)

    def asks_for(self, field: str) -> bool:
        """Whether a term asks this field."""
        return any(term.field == field for term in self.terms)

    def test(self, now: float) -> Test:
        """Says of a job whether it is kept, as of `now` (epoch seconds)."""
        tests = [term.test(now) for term in self.terms]
        return tests[0] if len(tests) == 1 else lambda job: all(test(job) for test in tests)

    def sift(self, jobs: list[Job], now: float, texts: SearchTexts) -> list[Job]:
        """Those of many jobs that are kept, in their order.

        It says the same as `test`, provided that `texts` knows the jobs when there are words.
        """
        part = Part(jobs)
        # What is asked of a field is quicker told.
        for term in sorted(self.terms, key=lambda term: isinstance(term.what, _Word)):
            part = term.sift(part, now, texts)
        return part.jobs

    def __and__(self, other: Query) -> Query:
        """Keeps what both keep."""
        return Query(f"{self.text} {other.text}".strip(), self.terms + other.terms)


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


def _terms(text: str) -> Iterator[Term]:
    at = 0
    while start := _START.match(text, at):
        is_negated, name = bool(start[1]), start[2]
        if name is None:
            match = _QUOTED.match(text, start.end()) or _BARE.match(text, start.end())
            if match is None:
                return
            at = match.end()
            is_quoted = match.re is _QUOTED
            word = fold(match[is_quoted].strip())
            if word and (is_quoted or word != "-"):  # a lone one only begins a term
                yield Term(_Word(word), is_negated, text[start.start() : at].strip())
        else:
            values, at = _values(text, start.end())
            try:
                condition = _condition(name, values)
            except QueryError as error:
                error.understood = text[: start.start()]
                raise
            yield Term(condition, is_negated, text[start.start() : at].strip(), name.lower())


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
        raise QueryError(f"{name}: what? Try {field.example}")
    try:
        conditions = [field.read(value) for value in values]
    except UNREADABLE:
        raise QueryError(f"{name}:{values[0].text} means nothing. Try {field.example}") from None
    return conditions[0] if len(conditions) == 1 else _any_of(conditions)


def _any_of(conditions: list[Condition]) -> Condition:
    def test_at(now: float) -> Test:
        tests = [condition.test_at(now) for condition in conditions]
        return lambda job: any(test(job) for test in tests)

    return Condition(test_at, any(condition.is_timed for condition in conditions))


_IN_SIGHT = parse("archived:no")


def in_sight(query: Query) -> Query:
    """`query`, less the archived jobs: they are out of sight where no term asks for them."""
    return query if query.asks_for("archived") else _IN_SIGHT & query
