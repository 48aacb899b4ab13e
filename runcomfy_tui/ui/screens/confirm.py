"""A question that wants a yes: what will happen, to what, and how to say no."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal


def paragraphs(*told: str) -> str:
    """Those that say something, one below the other."""
    return "\n".join(part for part in told if part)


class ConfirmScreen(QuietModal[bool]):
    """Asks `question`; `consequence` says what it means. Dismisses with whether it was a yes."""

    BINDINGS = [
        Binding("y", "answer(True)", "yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape", "answer(False)", "no", id="confirm.no", tooltip="Leave it as it is"),
    ]

    def __init__(self, question: str, consequence: str = "", *, yes: str, no: str) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._yes = yes
        self._no = no

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(visible(self._question)), classes="dialog-title")
            if self._consequence:
                yield Static(Content(visible(self._consequence, keep_newlines=True)))
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content(f"y  {self._yes}"), id="yes", compact=True)
                yield Button(Content(f"n  {self._no}"), id="no", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click, or enter on a button."""
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)
