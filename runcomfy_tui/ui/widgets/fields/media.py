"""The URL of an image, a video, a sound or any other file."""

from __future__ import annotations

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events

from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.schema.fields import Field
from runcomfy_tui.schema.paste import FileReference, read_reference
from runcomfy_tui.ui.widgets.fields.line import FactLine, Line, LineRow
from runcomfy_tui.ui.widgets.fields.literal import one_for_one

_MANY = {
    MediaKind.IMAGE: "an image",
    MediaKind.VIDEO: "a video",
    MediaKind.AUDIO: "a sound",
    MediaKind.FILE: "a file",
}


def shortened(url: str, width: int) -> str:
    """`url` on `width` characters: its scheme, then its end, which tells one file from another."""
    if len(url) <= width or width < 16:
        return url
    scheme, separator, rest = url.partition("://")
    if not separator or len(scheme) > 5:
        return url
    head = f"{scheme}://…"
    return head + rest[len(head) - width :]


class _UrlHighlighter(Highlighter):
    """Shows a long URL by both its ends while nobody edits it."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def highlight(self, text: Text) -> None:
        """Replace what is drawn."""
        shown = one_for_one(text.plain)
        if not self._line.has_focus and self._line.is_mounted:
            shown = shortened(shown, self._line.content_size.width)
        text.plain = shown


class UrlLine(FactLine):
    """A line for a URL. The cursor's end of a long one is of no interest once it is left."""

    def __init__(self, value: str, placeholder: str) -> None:
        super().__init__(value, placeholder)
        self.highlighter = _UrlHighlighter(self)

    def on_paste(self, event: events.Paste) -> None:
        """A file that is dropped on a terminal comes in quotes, or with backslashes in its name."""
        dropped = read_reference(event.text)
        if isinstance(dropped, FileReference) and self.request_in(event.text) is None:
            event.prevent_default()
            event.stop()
            self.replace(dropped.path, *self.selection)

    def on_blur(self) -> None:
        """Show the beginning again."""
        self.scroll_to(0, 0, animate=False)


class MediaRow(LineRow):
    """The URL of a file."""

    def make_line(self, field: Field, text: str) -> Line:
        wanted = f"https://… or /path of {_MANY[field.media or MediaKind.FILE]}"
        return UrlLine(text, " · ".join(filter(None, (self._typed.blank_word, wanted))))
