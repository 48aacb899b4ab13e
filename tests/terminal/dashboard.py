"""The whole program in a real terminal, and what a reader of its screen can tell about the jobs."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.engine.server import Server
from tests.terminal.pty_screen import PtyScreen

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "runcomfy_tui")
MODEL = "runwayml/runway-gen-4/turbo/image-to-video"
FIELDS = ("promptText", "promptImage", "ratio", "duration", "seed")
"""The inputs of `MODEL`, as its form has them from top to bottom."""

IN_THE_FORM, IN_THE_TABLE = " F5 submit", " ⏎ open"
"""What the bottom line begins with while the focus is there."""

TOKEN = "a-token-that-nobody-may-see"

_ROW = re.compile(r"(?P<mark>[▌ ])(?P<shape>\S) (?P<word>\S+)")


def write_settings(home: Path, text: str) -> None:
    """Make these the user's settings."""
    file = home / ".config" / "runcomfy-tui" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


class Dashboard(PtyScreen):
    """`runcomfy-tui` on a data folder; against `server` if one is given, with `token` if any."""

    def __init__(
        self,
        folder: Path,
        server: Server | None = None,
        *,
        token: str | None = TOKEN,
        arguments: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        columns: int = 140,
        rows: int = 40,
        answers: Mapping[bytes, bytes] | None = None,
        cell: tuple[int, int] = (0, 0),
    ) -> None:
        told = {"PYTHONPATH": str(ROOT), **(environ or {})}
        if server is not None:
            told |= {
                "RUNCOMFY_MODEL_API_BASE": server.url,
                "RUNCOMFY_SERVERLESS_API_BASE": server.serverless_url,
            }
        if token is not None:
            told["RUNCOMFY_TOKEN"] = token
        super().__init__(
            [*PROGRAM, "--data-dir", str(folder), *arguments],
            columns=columns,
            rows=rows,
            environ=told,
            cwd=folder.parent,  # keys at random may write a file
            answers=answers,
            cell=cell,
        )

    @property
    def job_rows(self) -> list[str]:
        """The rows of the table of jobs, without the panes beside and below it."""
        lines = iter(self.lines)
        left = -1
        for line in lines:
            left = line.find("   status  ")
            if left >= 0:
                break
        rows: list[str] = []
        for line in lines if left >= 0 else ():
            if line[left] == "─":
                break
            if _ROW.match(line, left):
                rows.append(line[left:].rstrip())
        return rows

    @property
    def statuses(self) -> list[str]:
        """The status words of the rows, top to bottom."""
        return [match["word"] for row in self.job_rows if (match := _ROW.match(row))]

    @property
    def cursor_row(self) -> int | None:
        """Which row the cursor is on, from 0; None while there is no row."""
        marks = [row[0] for row in self.job_rows]
        return marks.index("▌") if "▌" in marks else None

    def wait_for_form(self) -> None:
        """Read until the form is there and, there being no jobs, has the focus."""
        self.wait_for(MODEL)
        self.wait_for_keys(IN_THE_FORM)

    def go_to_table(self) -> None:
        """Leave the form for the table."""
        self.press("escape")
        self.wait_for_keys(IN_THE_TABLE)

    def wait_for_keys(self, keys: str) -> None:
        """Read until the bottom line begins with these keys."""
        self.wait_until(lambda: self.lines[-1].startswith(keys), what=f"the keys {keys}")

    def wait_for_statuses(self, *words: str) -> None:
        """Read until the rows show these status words, top to bottom."""
        self.wait_until(
            lambda: self.statuses == list(words), what=f"the rows to say {', '.join(words)}"
        )

    def wait_for_cursor(self, row: int) -> None:
        """Read until the cursor is on this row."""
        self.wait_until(lambda: self.cursor_row == row, what=f"the cursor on row {row}")

    def go_to_field(self, name: str) -> None:
        """Go to the form, and from the field where the cursor is down to the one called `name`."""
        self.press("ctrl+n")
        self.wait_for_keys(IN_THE_FORM)
        self.wait_until(lambda: self._field in FIELDS, what="a field with the cursor in it")
        for field in FIELDS[FIELDS.index(self._field) + 1 : FIELDS.index(name) + 1]:
            self.press("tab")
            self.wait_until(lambda: self._field == field, what=f"the cursor in {field}")  # noqa: B023

    @property
    def _field(self) -> str:
        """The field that the help speaks of."""
        said = re.search(r"│ (\w+) · ", self.text)
        return said[1] if said else ""

    def submit(self, *then: str) -> None:
        """Press F5 and read until the rows say `then`."""
        self.press("f5")
        self.wait_for_statuses(*then)

    def quit(self) -> int:
        """Leave as a user does; the exit code."""
        self.press("ctrl+q")
        return self.wait_exit()
