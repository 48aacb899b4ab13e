"""Reverse video tells what a background told: under NO_COLOR, and where the terminal's own sixteen
colours are used, of which nobody knows how one looks on the other, nor which one the ground is."""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, NoColor

_PLAIN = Style.from_color(RichColor.default(), RichColor.default())
_REVERSED = _PLAIN + Style(reverse=True)


class ReverseInsteadOfColor(LineFilter):
    """Takes the colours away; cells with a background of their own (a cursor, a choice) are
    reversed. It needs a theme whose ground is the terminal's own."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, None if style is None else style + _plain(style), control)
            for text, style, control in segments
        ]


class ReverseInsteadOfGround(LineFilter):
    """Takes the colours from cells with a background out of the sixteen, and reverses them.

    The ones of a picture are true colours, and stay. It needs a theme whose ground is the
    terminal's own.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, style + _REVERSED if style and _is_set_off(style) else style, control)
            for text, style, control in segments
        ]


def without_color(filters: list[LineFilter]) -> list[LineFilter]:
    """`filters` with this one in the place of Textual's own, which loses the cursor."""
    return [ReverseInsteadOfColor() if isinstance(each, NoColor) else each for each in filters]


def _plain(style: Style) -> Style:
    ground = style.bgcolor
    return _PLAIN if ground is None or ground.is_default or style.reverse else _REVERSED


def _is_set_off(style: Style) -> bool:
    ground = style.bgcolor
    return bool(style.reverse) or (ground is not None and ground.type is ColorType.STANDARD)
