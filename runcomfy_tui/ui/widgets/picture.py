"""A picture in half blocks: two pixels a cell, in the terminal's own characters.

Cells are all that goes to the terminal, so a picture costs what its cells cost, is cut and moved
like text, and is understood by every terminal that has colours.
"""

from __future__ import annotations

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from runcomfy_tui.pixels import Pixels
from runcomfy_tui.ui import words

UPPER_HALF = "▀"


class Picture(Widget):
    """Shows `pixels` in its upper left corner, or `said` where there is nothing to be shown."""

    pixels: reactive[Pixels | None] = reactive(None)
    said: reactive[str] = reactive("")

    def render_line(self, y: int) -> Strip:
        """One row of cells: the upper pixel is the character, the lower one its ground."""
        width = self.size.width
        ground = self.rich_style
        if self.pixels is None:
            lines = words.wrap(self.said, width) if self.said else []
            text = lines[y] if y < len(lines) else ""
            return Strip([Segment(text, ground)]).adjust_cell_length(width, ground)
        if 2 * y >= self.pixels.height:
            return Strip.blank(width, ground)
        segments = list(_cells(self.pixels.row(2 * y), self.pixels.row(2 * y + 1)))
        return Strip(segments).adjust_cell_length(width, ground)


def _cells(upper: bytes, lower: bytes) -> list[Segment]:
    cells: list[Segment] = []
    for at in range(0, len(upper), 3):
        ground = _colour(lower, at)
        # Where both halves are alike, a blank says so in fewer bytes.
        is_plain = upper[at : at + 3] == lower[at : at + 3]
        style = Style(color=None if is_plain else _colour(upper, at), bgcolor=ground)
        cells.append(Segment(" " if is_plain else UPPER_HALF, style))
    return cells


def _colour(row: bytes, at: int) -> Color:
    return Color.from_triplet(ColorTriplet(row[at], row[at + 1], row[at + 2]))
