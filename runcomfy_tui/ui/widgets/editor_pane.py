"""A pane whose texts can be written in the user's own editor, and come back."""

from __future__ import annotations

from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget

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
        text = None if focused is None else _text_of(focused)
        if focused is None or text is None:
            self._warn("Go to a text first: your editor opens with what stands in it.")
        else:
            # Not on the pane's own time: messages must be taken while the editor runs.
            self.run_worker(self._edit_outside(focused, text))

    async def _edit_outside(self, widget: Widget, before: str) -> None:
        # Imported here because hardly any start of the program needs it.
        from runcomfy_tui.ui.editor import EditorError, edited

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


def _text_of(widget: Widget) -> str | None:
    """What is written in the widget; None where nothing can be."""
    from textual.widgets import Input, TextArea

    if isinstance(widget, Input):
        return widget.value
    return widget.text if isinstance(widget, TextArea) else None


def _put(widget: Widget, text: str) -> None:
    """Lines in a field of one become one, as when they are pasted."""
    from textual.widgets import Input, TextArea

    if isinstance(widget, Input):
        widget.value = " ".join(line for line in text.splitlines() if line.strip())
        widget.cursor_position = len(widget.value)
    elif isinstance(widget, TextArea):
        widget.replace(text, (0, 0), widget.document.end)
