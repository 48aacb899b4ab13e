"""A short text."""

from __future__ import annotations

from runcomfy_tui.ui.widgets.fields.line import LineRow


class TextRow(LineRow):
    """A text of one line; taken to the letter, blanks and all."""
