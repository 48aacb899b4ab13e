"""The 256 colours that terminals know by number: a true colour costs twice the bytes. Pure."""

from __future__ import annotations

from rich.color import Color

TOLERANCE = 6
"""How much of 255 each of red, green and blue may be off: no eye sees it, not even in pictures."""

_LEVELS = (0, 95, 135, 175, 215, 255)
_FIRST_GREY, _DARKEST, _STEP, _GREYS = 232, 8, 10, 24
_FIRST_OF_CUBE = 16
_REDEFINED = frozenset(range(_FIRST_OF_CUBE, 22))
"""Some themes for terminals put their own colours here."""


def numbered(colour: Color) -> Color:
    """The colour by the number of one that looks the same; `colour` itself where there is none."""
    if colour.triplet is None:
        return colour
    wanted = tuple(colour.triplet)
    off, number = min((_off(wanted, _rgb(number)), number) for number in _nearest(wanted))
    return Color.from_ansi(number) if off <= TOLERANCE and number not in _REDEFINED else colour


def _nearest(wanted: tuple[int, ...]) -> tuple[int, int]:
    """The nearest grey and the nearest of the cube of colours."""
    grey = round((sum(wanted) / 3 - _DARKEST) / _STEP)
    red, green, blue = (
        min(range(len(_LEVELS)), key=lambda level: abs(_LEVELS[level] - part)) for part in wanted
    )
    return (
        _FIRST_GREY + max(0, min(grey, _GREYS - 1)),
        _FIRST_OF_CUBE + 36 * red + 6 * green + blue,
    )


def _rgb(number: int) -> tuple[int, int, int]:
    if number >= _FIRST_GREY:
        shade = _DARKEST + _STEP * (number - _FIRST_GREY)
        return shade, shade, shade
    place = number - _FIRST_OF_CUBE
    return _LEVELS[place // 36], _LEVELS[place // 6 % 6], _LEVELS[place % 6]


def _off(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))
