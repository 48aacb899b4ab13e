"""A picture in the cells it was drawn for.

It is made of cells whatever the terminal shows in them: it is cut, covered and cleared like text.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from runcomfy_tui.drawing import Drawing
from runcomfy_tui.ui import words
from runcomfy_tui.ui.pictures import style_of


class Picture(Widget):
    """Shows `drawing` in its upper left corner, or `said` where there is nothing to be shown."""

    class Resized(Message):
        """There is more room for it now, or less."""

    drawing: reactive[Drawing | None] = reactive(None)
    said: reactive[str] = reactive("")

    def on_resize(self) -> None:
        """It was drawn for the room it had."""
        self.post_message(self.Resized())

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        width = self.size.width
        ground = self.rich_style
        if self.drawing is None:
            lines = words.wrap(self.said, width) if self.said else []
            text = lines[y] if y < len(lines) else ""
            return Strip([Segment(text, ground)]).adjust_cell_length(width, ground)
        if y >= len(self.drawing.rows):
            return Strip.blank(width, ground)
        drawing = self.drawing
        cells = [Segment(run.text, ground + style_of(run, drawing)) for run in drawing.rows[y]]
        return Strip(cells).adjust_cell_length(width, ground)
