"""A yes that is not pressed by mistake: the number of jobs has to be typed."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.words import count_of


class ConfirmCountScreen(QuietModal[bool]):
    """Says what `count` jobs mean; dismisses with True once that number was typed."""

    BINDINGS = [
        Binding("escape", "leave", "no", id="confirm_count.no", tooltip="Send nothing"),
    ]

    def __init__(self, count: int, meaning: str) -> None:
        super().__init__()
        self._count = count
        self._meaning = meaning
        self._input = Input(placeholder="the number of jobs", compact=True)
        self._input.cursor_blink = False
        self._error = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(f"Send {count_of(self._count, 'job')}?"), classes="dialog-title")
            yield Static(Content(visible(self._meaning, keep_newlines=True)))
            yield self._input
            yield self._error
            yield Static(
                Content(f"type {self._count}, then enter · escape sends nothing"),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        self._input.focus()

    @on(Input.Submitted)
    def answer(self) -> None:
        """Close with a yes if it is the number."""
        if self._input.value.strip() == str(self._count):
            self.dismiss(True)
        else:
            self._error.update(Content(f"That is not {self._count}: nothing is sent yet."))

    @on(Input.Changed)
    def forget_error(self) -> None:
        """It is being typed anew."""
        self._error.update(Content(""))

    def action_leave(self) -> None:
        """Close with a no."""
        self.dismiss(False)
