"""Asking for request_ids: to take in jobs from elsewhere, or for a job whose answer was lost."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from runcomfy_tui.jobs import read_request_ids
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal


class RequestIdsScreen(QuietModal[tuple[str, ...]]):
    """Asks for one or (with `many`) several request_ids; dismisses with them, or with None.

    One that is `offered` stands there already.
    """

    BINDINGS = [
        Binding("escape", "cancel", "back", id="request_ids.back", tooltip="Change nothing"),
    ]

    def __init__(self, title: str, explanation: str, *, many: bool, offered: str = "") -> None:
        super().__init__()
        self._title = title
        self._explanation = explanation
        self._many = many
        self._input = Input(visible(offered), placeholder="request_id", compact=True)
        self._input.cursor_blink = False
        self._error = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield Static(Content(self._explanation))
            yield self._input
            yield self._error
            yield Static(Content("enter takes it · escape goes back"), classes="dialog-hint")

    def on_mount(self) -> None:
        self._input.focus()

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Close with the ids, or say what is wrong with them."""
        try:
            request_ids = read_request_ids(event.value)
        except ValueError as error:
            self._error.update(Content(visible(str(error))))
            return
        if not request_ids:
            self._error.update(Content("Paste a request_id first."))
        elif len(request_ids) > 1 and not self._many:
            self._error.update(Content("One request_id only, please."))
        else:
            self.dismiss(request_ids)

    @on(Input.Changed)
    def forget_error(self) -> None:
        """What was wrong is being mended."""
        self._error.update(Content(""))

    def action_cancel(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
