"""Copying a job: its request_id at once, its other forms by one more key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui.clipboard import osc52
from runcomfy_tui.ui.links import told_link
from runcomfy_tui.ui.screens.quiet import QuietModal

PREVIEW = 4_000
"""Characters shown of what is copied: a URL whole, to be selected where OSC 52 is not taken."""


@dataclass(frozen=True, slots=True)
class Copyable:
    """One thing to copy: what it is called and the text itself, which may be a URL to link."""

    name: str
    text: str
    is_link: bool = False


class CopyScreen(QuietModal[None]):
    """Copies the first of `things` as it opens, and each one that is chosen after that.

    The text is shown too: a terminal that takes no OSC 52 still lets one select it.
    """

    BINDINGS = [
        Binding("escape", "dismiss", "close", id="copy.close", tooltip="Back to the table"),
        Binding("y", "next", "copy the next", id="copy.next", tooltip="Copy the next one"),
        Binding("j", "cursor(1)", "down", id="copy.down", show=False, tooltip="One down"),
        Binding("k", "cursor(-1)", "up", id="copy.up", show=False, tooltip="One up"),
    ]

    def __init__(self, things: Sequence[Copyable]) -> None:
        super().__init__()
        self._things = things
        self._options = OptionList(*(Option(Content(thing.name)) for thing in things))
        self._said = Static(classes="dialog-title")
        self._text = Static(classes="copy-text")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self._said
            yield self._options
            with VerticalScroll(classes="copy-scroll", can_focus=False):
                yield self._text
            yield Static(Content("enter or y copies · escape closes"), classes="dialog-hint")

    def on_mount(self) -> None:
        self._options.focus()
        self._options.highlighted = 0
        self._copy(0)

    @on(OptionList.OptionHighlighted)
    def show_text(self, event: OptionList.OptionHighlighted) -> None:
        """Show what would be copied."""
        self._preview(event.option_index)

    @on(OptionList.OptionSelected)
    def copy_chosen(self, event: OptionList.OptionSelected) -> None:
        """Copy what was chosen; stay open for more."""
        self._copy(event.option_index)

    def action_next(self) -> None:
        """Go to the next thing and copy it."""
        index = ((self._options.highlighted or 0) + 1) % len(self._things)
        self._options.highlighted = index
        self._copy(index)

    def action_cursor(self, step: int) -> None:
        """Move without copying."""
        self._options.highlighted = ((self._options.highlighted or 0) + step) % len(self._things)

    def _preview(self, index: int) -> None:
        thing = self._things[index]
        link = told_link(thing.text) if thing.is_link else None
        shown = clip(visible(thing.text), PREVIEW)
        self._text.update(Content.styled(shown, Style(link=link) if link else ""))

    def _copy(self, index: int) -> None:
        thing = self._things[index]
        sequence = osc52(thing.text)
        if sequence is None:
            said = f"{thing.name} is too long for the terminal's clipboard. An export holds it."
        else:
            self.app.write_raw(sequence)  # type: ignore[attr-defined]
            said = f"Copied: {thing.name}"
        self._said.update(Content(said))
        self._preview(index)
