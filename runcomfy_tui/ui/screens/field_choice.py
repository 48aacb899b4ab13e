"""Asking which input of a job is to be another one."""

from __future__ import annotations

import json
from typing import Any

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.jobs import Job
from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.words import fit

LONGEST_NAME = 24
LONGEST_VALUE = 200


class FieldChoiceScreen(QuietModal[str | None]):
    """Dismisses with the name of one of the job's inputs, or with None."""

    BINDINGS = [
        Binding("escape", "leave", "back", id="field_choice.back", tooltip="Change nothing"),
    ]

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._names = list(job.inputs)
        width = min(LONGEST_NAME, max((cell_len(name) for name in self._names), default=0))
        self._list = OptionList(
            *(Option(_line(name, job.inputs[name], width)) for name in self._names),
            markup=False,
            compact=True,
        )

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide", id="field-choice"):
            yield Static(Content("Run it again: which field is to change?"), classes="dialog-title")
            if self._names:
                yield self._list
            else:
                yield Static(Content("This job has no inputs."))
            yield Static(
                Content("enter brings all into the form, the cursor there · escape goes back"),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        if self._names:
            self._list.highlighted = 0
            self._list.focus()

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        """Close with the field's name."""
        self.dismiss(self._names[event.option_index])

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)


def _line(name: str, value: Any, width: int) -> Content:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return Content(fit(visible(name), width) + "  ") + Content.styled(
        clip(visible(text), LONGEST_VALUE), "$foreground 60%"
    )
