"""NO_COLOR: no colour at all is sent, and what a background told is told by reverse video."""

from __future__ import annotations

from rich.color import Color as RichColor
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


def without_color(filters: list[LineFilter]) -> list[LineFilter]:
    """`filters` with this one in the place of Textual's own, which loses the cursor."""
    return [ReverseInsteadOfColor() if isinstance(each, NoColor) else each for each in filters]


def _plain(style: Style) -> Style:
    ground = style.bgcolor
    return _PLAIN if ground is None or ground.is_default or style.reverse else _REVERSED
