"""Asking which jobs to export, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.jobs import Job
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal


@dataclass(frozen=True, slots=True)
class Export:
    """These jobs, into this file."""

    jobs: Sequence[Job]
    file: Path


class ExportScreen(QuietModal[Export | None]):
    """Offers `choices`, each in words and with its jobs; dismisses with what is wanted, or None."""

    BINDINGS = [
        Binding("escape", "leave", "back", id="export.back", tooltip="Write nothing"),
        Binding("up", "choose(-1)", "before", id="export.up", show=False, tooltip="Fewer jobs"),
        Binding("down", "choose(1)", "next", id="export.down", show=False, tooltip="More jobs"),
    ]

    def __init__(self, choices: Sequence[tuple[str, Sequence[Job]]], file: Path) -> None:
        super().__init__()
        self._choices = choices
        self._list = OptionList(
            *(Option(words) for words, _ in choices),
            markup=False,
            compact=True,
        )
        self._list.can_focus = False
        self._input = Input(str(file), compact=True)
        self._input.cursor_blink = False
        self._error = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content("Export jobs"), classes="dialog-title")
            yield self._list
            yield self._input
            yield self._error
            yield Static(
                Content(
                    "↑ ↓ choose which · .csv for a spreadsheet · enter writes · escape goes back"
                ),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        if self._choices:
            self._list.highlighted = 0
        self._input.focus()

    def action_choose(self, step: int) -> None:
        """Other jobs."""
        if self._choices:
            at = (self._list.highlighted or 0) + step
            self._list.highlighted = max(0, min(len(self._choices) - 1, at))

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Close with what is wanted."""
        text = event.value.strip()
        if not self._choices:
            self._complain("There is no job to export.")
        elif not text or "\0" in text or Path(text).expanduser().is_dir():
            self._complain("Name a file.")
        else:
            jobs = self._choices[self._list.highlighted or 0][1]
            self.dismiss(Export(jobs, Path(text).expanduser()))

    def _complain(self, words: str) -> None:
        self._error.update(Content(visible(words)))

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
