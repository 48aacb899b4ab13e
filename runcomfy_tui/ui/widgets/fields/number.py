"""A number, whole or not."""

from __future__ import annotations

from runcomfy_tui.schema.fields import Field
from runcomfy_tui.ui.widgets.fields.line import FactLine, Line, LineRow


class NumberRow(LineRow):
    """A number. Whatever is typed stays in the line, and what is wrong with it is said below."""

    def make_line(self, field: Field, text: str) -> Line:
        return FactLine(text, self._typed.blank_word)
