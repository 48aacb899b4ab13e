"""The values of a choice, over whatever stands below it, for as long as it has the focus."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from runcomfy_tui.ui.widgets.fields.choice import Choice


class ChoiceMenu(OptionList):
    """Typing goes to the first label that begins so; `escape` leaves everything as it was."""

    BINDINGS = [
        Binding(
            "escape",
            "close",
            "Close",
            show=False,
            id="choice.close",
            tooltip="Keep the value as it is",
        )
    ]

    def __init__(
        self, choice: Choice, labels: tuple[str, ...], chosen: int | None, *, optional: bool
    ) -> None:
        unset = [Option(Content("unset"))] if optional else []
        super().__init__(
            *unset, *(Option(Content(label)) for label in labels), markup=False, compact=True
        )
        self._choice = choice
        self._labels = labels
        self._first = len(unset)
        self._chosen = chosen
        self._typed = ""

    def on_mount(self) -> None:
        self.highlighted = 0 if self._chosen is None else self._chosen + self._first
        self.focus(scroll_visible=False)
        # `OptionList` does it when it is shown, of which it is not told where Textual measured it
        # before it was laid out.
        self.call_after_refresh(self.scroll_to_highlight)

    def on_key(self, event: events.Key) -> None:
        """Find what is typed; a letter that fits nothing starts a new word."""
        if event.character is None or not event.is_printable or event.key == "space":
            self._typed = ""
            return
        event.stop()
        event.prevent_default()
        for typed in (self._typed + event.character, event.character):
            found = self._find(typed.casefold())
            if found is not None:
                self._typed = typed
                self.highlighted = found + self._first
                return

    def _find(self, typed: str) -> int | None:
        starts = (i for i, label in enumerate(self._labels) if label.casefold().startswith(typed))
        return next(starts, None)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed here rather than a command of the screen's."""
        return character is not None and character.isprintable()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the value under the cursor."""
        event.stop()
        index = event.option_index - self._first
        self._choice.choose(None if index < 0 else index)
        self.action_close()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Nobody else's business."""
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """A click in the menu is none on the choice."""
        event.stop()

    def on_blur(self) -> None:
        """A menu without the focus is closed."""
        self.remove()

    def action_close(self) -> None:
        """Close and give the focus back."""
        self._choice.focus(scroll_visible=False)
        self.remove()
