"""Keys in ascending order, any number of them, where one comes or goes in microseconds. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

_PART = 512  # keys in one part when it is made; it is halved when it has doubled


class SortedKeys:
    """Unique, comparable keys in parts of some hundreds: nothing ever moves a whole long list."""

    def __init__(self, ascending: Iterable[Any] = ()) -> None:
        """Take keys that are sorted already."""
        keys = list(ascending)
        self._parts = [keys[at : at + _PART] for at in range(0, len(keys), _PART)]
        self._lasts = [part[-1] for part in self._parts]
        self._count = len(keys)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self._parts)

    def __contains__(self, key: Any) -> bool:
        return self.place_of(key) is not None

    def place_of(self, key: Any) -> int | None:
        """How many keys stand before this one; None when it is not there."""
        found = self._find(key)
        return None if found is None else sum(map(len, self._parts[: found[0]])) + found[1]

    def between(self, start: int, stop: int) -> list[Any]:
        """The keys from place `start` up to place `stop`, which may lie outside."""
        keys: list[Any] = []
        for part in self._parts:
            if stop <= 0:
                break
            if start < len(part):
                keys += part[max(0, start) : stop]
            start, stop = start - len(part), stop - len(part)
        return keys

    def add(self, key: Any) -> None:
        """Take in a key that is not there."""
        if not self._parts:
            self._parts.append([])
            self._lasts.append(key)
        at = min(bisect_left(self._lasts, key), len(self._parts) - 1)
        part = self._parts[at]
        insort(part, key)
        self._lasts[at] = part[-1]
        self._count += 1
        if len(part) == 2 * _PART:
            self._parts[at : at + 1] = part[:_PART], part[_PART:]
            self._lasts.insert(at, part[_PART - 1])

    def add_many(self, keys: list[Any]) -> None:
        """Take in keys that are not there; many that stand together cost little more than one."""
        keys = sorted(keys)
        start = 0
        while start < len(keys):
            if not self._parts:
                self.add(keys[start])
                start += 1
                continue
            at = min(bisect_left(self._lasts, keys[start]), len(self._parts) - 1)
            is_last = at == len(self._parts) - 1
            stop = len(keys) if is_last else bisect_left(keys, self._lasts[at], start)
            part = sorted(self._parts[at] + keys[start:stop])
            pieces = [part[cut : cut + _PART] for cut in range(0, len(part), _PART)]
            self._parts[at : at + 1] = pieces
            self._lasts[at : at + 1] = [piece[-1] for piece in pieces]
            self._count += stop - start
            start = stop

    def discard(self, key: Any) -> bool:
        """Let go of a key; False when it is not there."""
        found = self._find(key)
        if found is None:
            return False
        at, place = found
        part = self._parts[at]
        del part[place]
        self._count -= 1
        if part:
            self._lasts[at] = part[-1]
        else:
            del self._parts[at], self._lasts[at]
        return True

    def _find(self, key: Any) -> tuple[int, int] | None:
        """The part that holds the key, and its place there."""
        at = bisect_left(self._lasts, key)
        if at == len(self._parts):
            return None
        part = self._parts[at]
        place = bisect_left(part, key)
        return (at, place) if part[place] == key else None
