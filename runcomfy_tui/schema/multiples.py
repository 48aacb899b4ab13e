"""When a number is a multiple of another, as people count: in decimals, not in halves of halves."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def is_multiple(value: float, step: float) -> bool:
    """Whether `value` is a multiple of `step`, as both are written: 0.3 is one of 0.1.

    Divided as doubles they would not be. Raises `OverflowError` for what is not finite.
    """
    return _exact(value) % _exact(step) == 0


def _exact(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(Decimal(repr(number)))
