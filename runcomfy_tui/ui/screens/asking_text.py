"""Asking for a line of text: a label, a note, the name of a filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal


def anything(_text: str) -> str | None:
    """Refuses no text."""
    return None


class TextScreen(QuietModal[str]):
    """Asks for one line; dismisses with it, without the blanks around it, or with None.

    `refuse` gives the reason why a text cannot be taken. `known` texts are offered as one types.
    """

    BINDINGS = [
        Binding("escape", "leave", "back", id="text.back", tooltip="Change nothing"),
    ]

    def __init__(
        self,
        title: str,
        explanation: str = "",
        *,
        text: str = "",
        longest: int = 200,
        known: Sequence[str] = (),
        refuse: Callable[[str], str | None] = anything,
    ) -> None:
        super().__init__()
        self._title = title
        self._explanation = explanation
        self._refuse = refuse
        self._input = Input(
            text,
            compact=True,
            max_length=longest,
            suggester=SuggestFromList(known, case_sensitive=False) if known else None,
        )
        self._input.cursor_blink = False
        self._error = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(visible(self._title)), classes="dialog-title")
            if self._explanation:
                yield Static(Content(visible(self._explanation, keep_newlines=True)))
            yield self._input
            yield self._error
            hint = "enter takes it · escape goes back"
            yield Static(Content(hint), classes="dialog-hint")

    def on_mount(self) -> None:
        self._input.focus()

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Close with the text, or say why it cannot be taken."""
        text = event.value.strip()
        reason = self._refuse(text)
        if reason is None:
            self.dismiss(text)
        else:
            self._error.update(Content(visible(reason)))

    @on(Input.Changed)
    def forget_error(self) -> None:
        """What was wrong is being mended."""
        self._error.update(Content(""))

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
