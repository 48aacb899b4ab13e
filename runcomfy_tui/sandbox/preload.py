"""Requests that are there before anyone has asked for one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle, islice

from runcomfy_tui.sandbox.book import Book
from runcomfy_tui.sandbox.fate import ERROR_OBJECT, ERROR_TEXT, Fate
from runcomfy_tui.sandbox.models import MICRODOLLARS, SandboxModel, sample_inputs

_APART_SECONDS = 45.0
_RECENT_SECONDS = 30.0
_DEAREST = 10 * MICRODOLLARS
_ENDS = (Fate(), Fate(), Fate(error=ERROR_TEXT), None, Fate(error=ERROR_OBJECT))
"""How the old ones ended, in turn; None was cancelled."""


def preload(
    book: Book, models: Iterable[SandboxModel], count: int, *, speed: float, now: float
) -> None:
    """Put `count` requests of all sorts into a book, at no cost to its account.

    The first half is long over: done, failed, cancelled. The rest came within the last half minute
    (at speed 1), so some of those run and the others queue. In a book that already holds requests
    all of them come now, behind what is there.
    """
    balance, created, told = book.balance, book.created, book.on_change
    book.on_change = lambda: None
    old = count // 2
    recent = count - old
    affordable = [model for model in models if model.price(sample_inputs(model.schema)) < _DEAREST]
    for index, model in enumerate(islice(cycle(affordable), count)):
        if index < old:
            at = now - (_RECENT_SECONDS + (old - index) * _APART_SECONDS) / speed
            fate = _ENDS[index % len(_ENDS)]
        else:
            at = now - _RECENT_SECONDS / speed * (1 - (index - old + 1) / recent)
            fate = Fate()
        inputs = sample_inputs(model.schema)
        book.balance += model.price(inputs)
        request = book.submit(model, inputs, fate or Fate(), at=at)
        if fate is None:
            book.cancel(request, at=at + 1 / speed)
    book.balance, book.created, book.on_change = balance, created, told
    book.on_change()
