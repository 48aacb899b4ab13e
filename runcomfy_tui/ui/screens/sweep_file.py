"""Asking for a file of requests, and reading it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from runcomfy_tui.schema.batch_files import BatchFile, read_batch_file
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal

MOST_BYTES: Final = 50_000_000
_CSV: Final = (".csv", ".tsv")


class FileProblem(Exception):
    """The file cannot be read at all; `str()` says why, in words for people."""


def read_file(form: Form, name: str) -> BatchFile:
    """The requests in the file called `name`; CSV by its suffix, else JSONL. Blocks.

    Raises `FileProblem`.
    """
    path = Path(name).expanduser()
    try:
        if not path.is_file():
            raise FileProblem("there is no such file" if not path.exists() else "it is no file")
        if path.stat().st_size > MOST_BYTES:
            raise FileProblem(f"it is larger than {MOST_BYTES / 1e6:.0f} MB")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise FileProblem("it is no UTF-8 text") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise FileProblem(reason or "it cannot be read") from None
    return read_batch_file(form, text, is_csv=path.suffix.lower() in _CSV)


class SweepFileScreen(QuietModal[tuple[str, BatchFile]]):
    """Asks for a path; dismisses with it and what the file holds, or None."""

    BINDINGS = [
        Binding("escape", "leave", "back", id="sweep_file.back", tooltip="Read no file"),
    ]

    def __init__(self, form: Form, name: str = "") -> None:
        super().__init__()
        self._form = form
        self._input = Input(name, placeholder="path of a .jsonl or .csv file", compact=True)
        self._input.cursor_blink = False
        self._error = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Requests from a file"), classes="dialog-title")
            yield Static(
                Content(
                    "JSONL: the inputs of one job a line, as a JSON object.\n"
                    "CSV: the fields' names in the first line, then a job a line; an empty cell "
                    "leaves its field out, lists and objects are JSON."
                )
            )
            yield self._input
            yield self._error
            yield Static(Content("enter reads it · escape goes back"), classes="dialog-hint")

    def on_mount(self) -> None:
        self._input.focus()

    @on(Input.Submitted)
    def take(self) -> None:
        """Read the file that was named."""
        if self._input.value.strip():
            self._read(self._input.value.strip())

    @on(Input.Changed)
    def forget_error(self) -> None:
        """What was wrong is being mended."""
        self._error.update(Content(""))

    @work(exclusive=True)
    async def _read(self, name: str) -> None:
        try:
            file = await asyncio.to_thread(read_file, self._form, name)
        except FileProblem as error:
            self._error.update(Content(visible(f"{name}: {error}.")))
        else:
            self.dismiss((name, file))

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
