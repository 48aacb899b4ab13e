"""Text that somebody edits, drawn literally: each character by exactly one that can be seen."""

from __future__ import annotations

from rich.highlighter import Highlighter
from rich.text import Text

from runcomfy_tui.text import visible


def one_for_one(text: str) -> str:
    """`text` with every character that must not reach a terminal shown by another, in place.

    Unlike `visible` it never joins characters, so that a cursor stands where it is drawn.
    """
    if text.isprintable():
        return text
    return "".join(character if character == "\t" else visible(character) for character in text)


class LiteralHighlighter(Highlighter):
    """Draws the value of an `Input` literally; the value itself stays as it is."""

    def highlight(self, text: Text) -> None:
        """Replace what is drawn."""
        text.plain = one_for_one(text.plain)
