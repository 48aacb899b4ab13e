"""Help: every key that does something here, and what the status words mean."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
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
    Status.REJECTED: "refused, or never left: nothing was created, nothing is charged",
    Status.NOT_FOUND: "RunComfy knows this request no longer",
    Status.UNKNOWN: "not asked about yet; any other word is shown as RunComfy wrote it",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key as help shows it; `is_own`: the program's, and not one that all lists or texts have."""

    display: str
    description: str
    tooltip: str
    is_own: bool = True


class Explained(Widget):
    """Names with an explanation each, which hangs beside its name where it takes several lines."""

    NARROWEST = 16

    def __init__(self, rows: Sequence[tuple[Content, str]]) -> None:
        super().__init__()
        self._rows = rows
        self._indent = max((name.cell_length for name, _ in rows), default=0) + 2

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes."""
        return sum(len(self._wrapped(words, width)) for _, words in self._rows)

    def render(self) -> Content:
        """The names, and what they mean."""
        lines: list[Content] = []
        for name, words in self._rows:
            first, *others = self._wrapped(words, self.content_size.width)
            gap = Content(" " * (self._indent - name.cell_length))
            lines.append(name + gap + Content.styled(first, "$foreground 60%"))
            lines += [
                Content.styled(" " * self._indent + line, "$foreground 60%") for line in others
            ]
        return Content("\n").join(lines)

    def _wrapped(self, words: str, width: int) -> list[str]:
        return textwrap.wrap(words, max(self.NARROWEST, width - self._indent)) or [""]


class HelpScreen(QuietModal[None]):
    """Lists `keys` and the status words; any of its keys closes it."""

    BINDINGS = [
        Binding("escape,question_mark", "dismiss", "close", id="help.close", tooltip="Go back"),
    ]

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        own = [key for key in self._keys if key.is_own]
        others = [key for key in self._keys if not key.is_own]
        with VerticalScroll(classes="dialog", id="help") as scroll:
            scroll.border_title = "Help"
            scroll.border_subtitle = "escape closes"
            yield Static(Content("Keys"), classes="dialog-title")
            yield Explained(key_rows(own))
            yield Static(Content("Status"), classes="dialog-title")
            yield Explained(
                [
                    (Content(f"{shape(status)} {status.value}"), meaning)
                    for status, meaning in MEANINGS.items()
                ]
            )
            yield Static(Content("Keys can be remapped"), classes="dialog-title")
            yield Static(
                Content(
                    "In settings.toml, under [keys], by the id that the command palette shows:\n"
                    '"job.cancel" = "x"'
                )
            )
            if others:
                yield Static(Content("Where the cursor is"), classes="dialog-title")
                yield Explained(key_rows(others))

    def on_mount(self) -> None:
        self.query_one("#help").focus()


def key_rows(keys: Sequence[Key]) -> list[tuple[Content, str]]:
    """Each key and its name, the keys flush right and the names flush left."""
    width = max((len(key.display) for key in keys), default=0)
    names = max((len(key.description) for key in keys), default=0)
    return [
        (
            Content.assemble(
                (key.display.rjust(width), "$text-primary"), f"  {key.description.ljust(names)}"
            ),
            key.tooltip,
        )
        for key in keys
    ]
