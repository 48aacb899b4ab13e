"""A long text with a live count of its characters."""

from __future__ import annotations

from textual.geometry import Region
from textual.style import Style

from runcomfy_tui.ui.widgets.fields.block import BlockRow


class PromptRow(BlockRow):
    """A prompt, lyrics, a script: many lines, counted against `maxLength` where there is one."""

    COMPONENT_CLASSES = {"field--count", "field--over"}

    @property
    def aside(self) -> str:
        """`312/1000`; empty where nothing limits the text."""
        limit = self.field.max_length
        return "" if limit is None else f"{len(self.area.text)}/{limit}"

    def aside_style(self) -> Style | str:
        over = len(self.area.text) > (self.field.max_length or 0)
        return self.get_visual_style("field--over" if over else "field--count", partial=True)

    def changed(self) -> None:
        super().changed()
        if self.field.max_length is not None:
            # The count stands at the right end of the first line; nothing else is painted again.
            room = len(self.aside) + 2
            self.refresh(Region(self.content_size.width - room, 0, room, 1))
