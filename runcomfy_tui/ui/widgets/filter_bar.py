"""Where a filter is typed, and beside it what it keeps or what is wrong with it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas

_LEAST = 24
"""Cells for what is said, however narrow the bar is."""


class _Said(Canvas):
    """One line at the right of the bar, drawn only where it differs."""

    COMPONENT_CLASSES = {"filter-bar--said", "filter-bar--error"}

    def __init__(self) -> None:
        super().__init__()
        self._told = "", "filter-bar--said"
        self._cells = self._usual_width = _LEAST

    def say(self, text: str, *, is_error: bool) -> None:
        """Show this."""
        self._told = visible(text), "filter-bar--error" if is_error else "filter-bar--said"
        room = self.parent.size.width if isinstance(self.parent, Widget) else 0
        if is_error:
            cells = min(cell_len(self._told[0]), max(_LEAST, 2 * room // 3))
        else:
            # A layout costs time: none for a count of fewer digits, from key to key.
            needed = min(cell_len(self._told[0]), room // 2)
            cells = self._usual_width = max(self._usual_width, needed)
        if cells != self._cells:
            self._cells = cells
            self.styles.width = cells
        self.paint()

    def draw(self, size: Size, now: float) -> list[Strip]:
        text, component = self._told
        return [Strip([Segment(words.fit(text, size.width), self.colour(component))])]


class _Words(Input):
    """Where one types; Textual's own would scroll with the arrow down."""

    BINDINGS = [
        Binding(
            "enter,down",
            "submit",
            "to the jobs",
            id="filter.keep",
            tooltip="Go to the jobs; the filter stays",
            key_display="⏎",
        ),
    ]


class FilterBar(Horizontal):
    """An input of one line. It tells every change of its text, and when one leaves it."""

    BINDINGS = [
        Binding(
            "escape",
            "leave(False)",
            "no filter",
            id="filter.clear",
            tooltip="Leave the filter and show all jobs of the tab",
        ),
    ]

    class Typed(Message):
        """The text of the filter is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The user goes back to the jobs; `keeps` says whether the filter stays."""

        def __init__(self, keeps: bool) -> None:
            super().__init__()
            self.keeps = keeps

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._input = _Words(
            compact=True,
            select_on_focus=False,
            placeholder='words  status:failed  model:…  cost:>0.5  age:<2d  -not  "as it stands"',
        )
        self._input.cursor_blink = False
        self._said = _Said()

    def compose(self) -> ComposeResult:
        yield Static(Content("/"), classes="filter-bar--slash")
        yield self._input
        yield self._said

    @property
    def text(self) -> str:
        """What is typed."""
        return self._input.value

    def open(self, text: str) -> None:
        """Type into it, beginning with `text`."""
        with self._input.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)
        self._input.focus()

    def say(self, text: str) -> None:
        """Tell what the filter keeps."""
        self._said.say(text, is_error=False)

    def complain(self, text: str) -> None:
        """Tell what is wrong with the expression."""
        self._said.say(text, is_error=True)

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        """Tell what is typed now."""
        event.stop()
        self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Enter goes to the jobs."""
        event.stop()
        self.action_leave(True)

    def action_leave(self, keeps: bool) -> None:
        """Go back to the jobs."""
        self.post_message(self.Left(keeps))
