"""Finding models by what one remembers of them: part of a name, initials, a word of the text. Pure.

Every word of a query must be found in a model's id, name, categories, kind or description. Letters
may be left out (`gen4turbo`), but of an id or a name only: anything can be picked out of a long
text letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from runcomfy_tui.jobs import ModelEntry

LONGEST_QUERY = 200
"""Characters of a query that are looked at."""


class Fit(IntEnum):
    """How well a word was found, best first."""

    START = 0  # a word of the id or the name begins with it
    INSIDE = 1
    INITIALS = 2  # beginnings of words of the id or the name, in order
    CATEGORY = 3
    TEXT = 4  # somewhere in the description
    LETTERS = 5  # letter by letter in the id or the name


_EXACT = -1


class _Word:
    """One word of a query and the patterns that look for it."""

    def __init__(self, word: str) -> None:
        self.text = word
        self.start = re.compile(rf"(?<![a-z0-9]){re.escape(word)}")
        self.letters = re.compile("".join(f"[^{each}]*{each}" for each in map(re.escape, word)))

    def fit(self, subject: _Subject) -> Fit | None:
        """How well this word is found in a model; None when it is not."""
        if self.text in subject.names:
            return Fit.START if self.start.search(subject.names) else Fit.INSIDE
        if self.text in subject.categories:
            return Fit.CATEGORY
        letters = self._letters_in(subject.model_id) or self._letters_in(subject.name)
        if letters is Fit.INITIALS:
            return letters
        if self.text in subject.description:
            return Fit.TEXT
        return letters

    def _letters_in(self, text: str) -> Fit | None:
        places = self.places(text)
        if not places:
            return None
        strays = _strays(text, places)
        if not strays:
            return Fit.INITIALS
        return Fit.LETTERS if strays <= max(1, len(self.text) // 3) else None

    def places(self, text: str) -> Sequence[int]:
        """Where in `text` the letters of the word stand in order, as near to words' beginnings as
        can be; none when they do not.
        """
        if (at := text.find(self.text)) >= 0:
            found = self.start.search(text)
            at = found.start() if found else at
            return range(at, at + len(self.text))
        if not self.letters.match(text):
            return ()
        starts = (at for at, letter in enumerate(text) if letter == self.text[0])
        ways = (_way(self.text, text, at) for at in starts)
        return min(filter(None, ways), key=lambda way: _strays(text, way), default=())


def _way(word: str, text: str, at: int) -> Sequence[int]:
    """The places of the letters from `at` on: the next one each, or a word's beginning if not."""
    way = [at]
    for letter in word[1:]:
        after = way[-1] + 1
        if text[after : after + 1] == letter:
            way.append(after)
            continue
        places = [place for place in range(after, len(text)) if text[place] == letter]
        if not places:
            return ()
        way.append(next((place for place in places if _begins(text, place)), places[0]))
    return way


def _begins(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()


def _strays(text: str, places: Sequence[int]) -> int:
    """How many runs of letters begin in the middle of a word."""
    return sum(
        not _begins(text, place)
        for number, place in enumerate(places)
        if number == 0 or place != places[number - 1] + 1
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """What of a model is searched, in small letters."""

    entry: ModelEntry
    model_id: str
    name: str
    names: str
    categories: str
    description: str
    favour: int


class ModelSearch:
    """Models in the order in which they are worth showing.

    Favourites come first, then those used recently (`recent`, the latest first), then the rest as
    they came; among the matches of a query that holds for those that fit equally well.
    """

    def __init__(
        self,
        entries: Iterable[ModelEntry],
        favourites: Collection[str] = (),
        recent: Sequence[str] = (),
    ) -> None:
        self._entries = tuple(entries)
        self._favourites = favourites
        self._recent = {model_id: place for place, model_id in enumerate(recent)}

    @cached_property
    def _subjects(self) -> list[_Subject]:
        return sorted(map(self._subject, self._entries), key=lambda subject: subject.favour)

    def find(self, query: str) -> list[ModelEntry]:
        """The models that fit `query`, best first; all of them when it is blank."""
        whole = query[:LONGEST_QUERY].strip().lower()
        words = [_Word(word) for word in whole.split()]
        if not words:
            return [subject.entry for subject in self._subjects]
        found: list[tuple[int, ModelEntry]] = []
        for subject in self._subjects:
            rank = _rank(subject, whole, words)
            if rank is not None:
                found.append((rank, subject.entry))
        # Sorting keeps equals in the order of favour.
        found.sort(key=lambda ranked: ranked[0])
        return [entry for _, entry in found]

    def _subject(self, entry: ModelEntry) -> _Subject:
        model_id, name = entry.model_id.lower(), entry.display_name.lower()
        return _Subject(
            entry=entry,
            model_id=model_id,
            name=name,
            names=f"{model_id}\n{name}",
            categories="\n".join((*entry.categories, entry.kind)).lower(),
            description=entry.description.lower(),
            favour=self._favour(entry.model_id),
        )

    def _favour(self, model_id: str) -> int:
        place = self._recent.get(model_id, len(self._recent))
        return place - len(self._recent) - 1 if model_id in self._favourites else place


def _rank(subject: _Subject, whole: str, words: Sequence[_Word]) -> int | None:
    if whole in (subject.model_id, subject.name):
        return _EXACT
    rank = 0
    for word in words:
        fit = word.fit(subject)
        if fit is None:
            return None
        rank += fit
    return rank


def found_in(text: str, query: str) -> frozenset[int]:
    """The characters of `text` that a query was found at, for drawing them apart."""
    small = text.lower()
    if len(small) != len(text):
        return frozenset()
    words = (_Word(word) for word in query[:LONGEST_QUERY].lower().split())
    return frozenset(place for word in words for place in word.places(small))
