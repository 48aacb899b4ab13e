"""The user's own tabs: which one to show, and their names, order and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.asking_text import TextScreen
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.widgets.job_views import ARCHIVED, BUILT_IN, PINNED, Tab

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class TabsAnswer:
    """The own tabs as they were left, and which one is to be shown, if any."""

    tabs: Sequence[Tab]
    wanted: Tab | None = None


def refusal(name: str, others: Sequence[Tab]) -> str | None:
    """Why a tab cannot have this name; None when it can."""
    if not name:
        return "A tab needs a name."
    if any(tab.name == name for tab in (*BUILT_IN, PINNED, ARCHIVED)):
        return f"'{name}' is a tab of the program's own. Choose another name."
    if any(tab.name == name for tab in others):
        return f"There is a tab '{name}' already."
    return None


class TabsScreen(QuietModal[TabsAnswer]):
    """Lists the own tabs; dismisses with what became of them."""

    BINDINGS = [
        Binding("r", "rename", "rename", id="tabs.rename", tooltip="Give it another name"),
        Binding("d,delete", "delete", "delete", id="tabs.delete", tooltip="Delete the tab"),
        Binding("K,shift+up", "shift(-1)", "up", id="tabs.up", show=False, tooltip="Further left"),
        Binding(
            "J,shift+down", "shift(1)", "down", id="tabs.down", show=False, tooltip="Further right"
        ),
        Binding("j", "cursor(1)", "down", id="tabs.next", show=False, tooltip="One down"),
        Binding("k", "cursor(-1)", "up", id="tabs.previous", show=False, tooltip="One up"),
        Binding("escape", "leave", "back", id="tabs.back", tooltip="Back to the jobs"),
    ]

    def __init__(self, tabs: Sequence[Tab]) -> None:
        super().__init__()
        self._tabs = list(tabs)
        self._options = OptionList(markup=False)
        self._hint = Static(classes="dialog-hint")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Your tabs"), classes="dialog-title")
            yield self._options
            yield self._hint

    def on_mount(self) -> None:
        self._fill(0)
        self._options.focus()

    @on(OptionList.OptionSelected)
    def show_chosen(self, event: OptionList.OptionSelected) -> None:
        """Enter shows the tab."""
        self.dismiss(TabsAnswer(self._tabs, self._tabs[event.option_index]))

    def action_rename(self) -> None:
        """Ask for another name."""
        at = self._options.highlighted
        if at is None:
            return
        tab = self._tabs[at]
        others = [other for other in self._tabs if other is not tab]

        def answered(name: str | None) -> None:
            if name is not None:
                self._tabs[at] = replace(tab, name=name)
                self._fill(at)

        self.app.push_screen(
            TextScreen(
                "Rename the tab",
                tab.text,
                text=tab.name,
                longest=LONGEST_NAME,
                refuse=lambda name: refusal(name, others),
            ),
            answered,
        )

    def action_delete(self) -> None:
        """Delete the tab. Its jobs stay, and so does the filter until the tab is left."""
        at = self._options.highlighted
        if at is not None:
            del self._tabs[at]
            self._fill(at)

    def action_shift(self, steps: int) -> None:
        """Move the tab."""
        at = self._options.highlighted
        if at is not None and 0 <= at + steps < len(self._tabs):
            self._tabs.insert(at + steps, self._tabs.pop(at))
            self._fill(at + steps)

    def action_cursor(self, steps: int) -> None:
        """Move from tab to tab."""
        if self._tabs:
            at = (self._options.highlighted or 0) + steps
            self._options.highlighted = max(0, min(at, len(self._tabs) - 1))

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(TabsAnswer(self._tabs))

    def _fill(self, at: int) -> None:
        self._options.clear_options()
        self._options.add_options(
            Option(
                Content.assemble(visible(tab.name), (f"  {visible(tab.text)}", "$foreground 60%"))
            )
            for tab in self._tabs
        )
        self._options.display = bool(self._tabs)
        self._options.highlighted = min(at, len(self._tabs) - 1) if self._tabs else None
        self._hint.update(
            Content(
                "enter shows it · r renames · d deletes · J and K move it · escape goes back"
                if self._tabs
                else "None yet: type a filter with /, then S saves it as a tab. escape goes back."
            )
        )
