"""Help: every key that does something here, and what the status words mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from runcomfy_tui.jobs import Status
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.words import shape

MEANINGS = {
    Status.SUBMITTING: "on its way; RunComfy has not answered yet",
    Status.IN_QUEUE: "waits its turn; it can still be cancelled, free of charge",
    Status.IN_PROGRESS: "runs; it can no longer be cancelled",
    Status.COMPLETED: "done; open it for its files",
    Status.FAILED: "RunComfy tried and failed; open it for the reason",
    Status.CANCELLED: "cancelled before it ran",
    Status.UNCONFIRMED: "the answer was lost: it may exist and may be charged",
    Status.REJECTED: "refused: nothing was created, nothing is charged",
    Status.NOT_FOUND: "RunComfy knows this request no longer",
    Status.UNKNOWN: "any other word is shown as RunComfy wrote it",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key as help shows it."""

    display: str
    description: str
    tooltip: str


class HelpScreen(QuietModal[None]):
    """Lists `keys` and the status words; any of its keys closes it."""

    BINDINGS = [
        Binding("escape,question_mark", "dismiss", "close", id="help.close", tooltip="Go back"),
    ]

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", id="help") as scroll:
            scroll.border_title = "Help"
            scroll.border_subtitle = "escape closes"
            yield Static(Content("Keys"), classes="dialog-title")
            yield Static(self._key_lines())
            yield Static(Content("Status"), classes="dialog-title")
            yield Static(self._status_lines())
            yield Static(Content("Keys can be remapped"), classes="dialog-title")
            yield Static(
                Content(
                    "In settings.toml, under [keys], by the id that the command palette shows:\n"
                    '"job.cancel" = "x"'
                )
            )

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def _key_lines(self) -> Content:
        width = max((len(key.display) for key in self._keys), default=0)
        names = max((len(key.description) for key in self._keys), default=0)
        return Content("\n").join(
            Content.assemble(
                (key.display.rjust(width), "$text-primary"),
                f"  {key.description.ljust(names)}",
                (f"  {key.tooltip}" if key.tooltip else "", "$foreground 60%"),
            )
            for key in self._keys
        )

    def _status_lines(self) -> Content:
        return Content("\n").join(
            Content.assemble(
                f"{shape(status)} {status.value:<12}", (f"  {meaning}", "$foreground 60%")
            )
            for status, meaning in MEANINGS.items()
        )
