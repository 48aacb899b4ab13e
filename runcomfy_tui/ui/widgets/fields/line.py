"""Fields that are typed on one line: texts, numbers and URLs."""

from __future__ import annotations

from textual import events
from textual.actions import SkipAction
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input

from runcomfy_tui.schema.fields import Field
from runcomfy_tui.text import visible
from runcomfy_tui.ui.widgets.fields.entries import Entry, Reading, TypedText
from runcomfy_tui.ui.widgets.fields.literal import LiteralHighlighter
from runcomfy_tui.ui.widgets.fields.pasting import (
    RequestPasted,
    RequestReferred,
    any_request,
    whole_request,
)
from runcomfy_tui.ui.widgets.fields.row import FieldRow


class Line(Input):
    """An `Input` without a box, without a blinking cursor, that draws its value literally."""

    # In `Widget` a change of it lays the whole screen out again: for a line, which is always one
    # row high, that would be two thirds of what a keystroke costs, and for nothing.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)

    class Pasted(Message):
        """Several lines were pasted into a field of one; nothing was inserted yet."""

        def __init__(self, line: Line, lines: tuple[str, ...]) -> None:
            self.line = line
            self.lines = lines
            super().__init__()

    def __init__(self, value: str, placeholder: str = "") -> None:
        super().__init__(
            value,
            visible(placeholder),
            highlighter=LiteralHighlighter(),
            validate_on=(),
        )
        self.set_reactive(Input.cursor_blink, False)

    def enter(self, *, at_end: bool) -> None:
        """Take the cursor, at the end or the beginning, with nothing selected."""
        self.screen.set_focus(self)
        self.call_later(self.action_end if at_end else self.action_home)

    def action_delete_left(self) -> None:
        """With nothing to delete, `backspace` is left to the list that the line may be part of."""
        if not self.value:
            raise SkipAction
        super().action_delete_left()

    def request_in(self, text: str) -> RequestPasted | RequestReferred | None:
        """What is told of a `text` that cannot be meant for this field."""
        return whole_request(text)

    def on_paste(self, event: events.Paste) -> None:
        """`Input` keeps the first line of a paste and drops the rest; here nothing is dropped.

        A request is not meant for this field.
        """
        if (message := self.request_in(event.text)) is not None:
            event.prevent_default()
            event.stop()
            self.post_message(message)
            return
        lines = tuple(line for line in event.text.splitlines() if line.strip())
        if len(lines) > 1:
            event.prevent_default()
            event.stop()
            self.post_message(self.Pasted(self, lines))


class FactLine(Line):
    """A line for what is no prose, such as a URL or a number: no request is meant for it."""

    def request_in(self, text: str) -> RequestPasted | RequestReferred | None:
        paste = any_request(text)
        return whole_request(text) if paste is None else RequestPasted(paste)


class LineRow(FieldRow):
    """A field whose value is typed on one line."""

    def __init__(self, field: Field, entry: Entry | None, *, title: str = "") -> None:
        self._typed = TypedText(field, entry)
        self.line = self.make_line(field, self._typed.start)
        self._last = self._typed.start
        super().__init__(field, self.line, title=title)

    def make_line(self, field: Field, text: str) -> Line:
        """The editor, with a word in it that says what is wanted while it is empty."""
        return Line(text, self._typed.blank_word)

    def read(self) -> Reading:
        return self._typed.read(self.line.value)

    @property
    def entry(self) -> Entry | None:
        return self._typed.entry(self.line.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the form, but for the value the line began with."""
        event.stop()
        if self.line.value != self._last:
            self._last = self.line.value
            self.changed()


class TextRow(LineRow):
    """A text of one line; taken to the letter, blanks and all."""


class NumberRow(LineRow):
    """A number. Whatever is typed stays in the line, and what is wrong with it is said below."""

    def make_line(self, field: Field, text: str) -> Line:
        return FactLine(text, self._typed.blank_word)
