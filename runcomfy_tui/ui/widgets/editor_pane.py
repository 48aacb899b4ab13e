"""A pane whose texts can be written in the user's own editor, and come back."""

from __future__ import annotations

from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, TextArea

from runcomfy_tui.text import visible


class EditorPane(Vertical):
    """Opens the editor on the text under the cursor, be it one line or many."""

    BINDINGS = [
        Binding(
            "ctrl+o",
            "edit_outside",
            "editor",
            show=False,
            id="composer.editor",
            tooltip="Write the text under the cursor in your own editor ($VISUAL, $EDITOR)",
        )
    ]

    def action_edit_outside(self) -> None:
        """Write the text under the cursor in the user's own editor."""
        focused = self.screen.focused
        if isinstance(focused, Input | TextArea):
            # Not on the pane's own time: messages must be taken while the editor runs.
            self.run_worker(self._edit_outside(focused))
        else:
            self._warn("Go to a text first: your editor opens with what stands in it.")

    async def _edit_outside(self, widget: Input | TextArea) -> None:
        # Imported here because hardly any start of the program needs it.
        from runcomfy_tui.ui.editor import EditorError, edited

        before = widget.value if isinstance(widget, Input) else widget.text
        suffix = ".json" if widget.has_class("json") else ".txt"
        try:
            after = await edited(self.app, before, suffix=suffix)
        except EditorError as error:
            self._warn(str(error))
            return
        if after != before:
            _put(widget, after)

    def _warn(self, words: str) -> None:
        self.notify(visible(words), severity="warning", markup=False)


def _put(widget: Widget, text: str) -> None:
    """Lines in a field of one become one, as when they are pasted."""
    if isinstance(widget, Input):
        widget.value = " ".join(line for line in text.splitlines() if line.strip())
        widget.cursor_position = len(widget.value)
    elif isinstance(widget, TextArea):
        widget.replace(text, (0, 0), widget.document.end)
