"""Yes or no; or neither, where neither is allowed."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.message import Message

from runcomfy_tui.schema.fields import UNSET, Field, Unset
from runcomfy_tui.ui.widgets.fields.entries import Entry, Reading, entry_of
from runcomfy_tui.ui.widgets.fields.row import FieldRow
from runcomfy_tui.ui.widgets.fields.unscrolled import Unscrolled

_SHOWN = {True: "● true", False: "○ false", UNSET: "· unset"}


class Toggle(Unscrolled, can_focus=True):
    """One line that `space` turns to the other value."""

    ALLOW_SELECT = False

    BINDINGS = [
        Binding(
            "enter,space",
            "turn",
            "Turn",
            show=False,
            id="toggle.turn",
            tooltip="Turn it to the other value",
        ),
        Binding(
            "delete,backspace",
            "unset",
            "Unset",
            show=False,
            id="toggle.unset",
            tooltip="Leave this input out of the request",
        ),
    ]

    class Changed(Message):
        """It was turned."""

    def __init__(self, value: bool | Unset, *, optional: bool) -> None:
        super().__init__()
        self.value: bool | Unset = value
        self._optional = optional

    def on_mount(self) -> None:
        self.set_class(self.value is UNSET, "-unset")

    def render(self) -> Content:
        return Content(_SHOWN[self.value])

    def turn_to(self, value: bool | Unset) -> None:
        """Take another value."""
        if value is self.value:
            return
        self.value = value
        self.set_class(value is UNSET, "-unset")
        self.refresh()
        self.post_message(self.Changed())

    def action_turn(self) -> None:
        """To true, to false, and to true again."""
        self.turn_to(self.value is not True)

    def action_unset(self) -> None:
        """To neither, where neither is allowed."""
        if self._optional:
            self.turn_to(UNSET)

    def on_click(self) -> None:
        """Turn with a mouse."""
        self.action_turn()


class BooleanRow(FieldRow):
    """A boolean. An optional one may be unset, which is neither true nor false."""

    def __init__(self, field: Field, entry: Entry | None, *, title: str = "") -> None:
        value = UNSET if entry is None else entry.get("value", UNSET)
        self.toggle = Toggle(value, optional=not field.required)
        super().__init__(field, self.toggle, title=title)

    def read(self) -> Reading:
        return Reading(self.toggle.value)

    @property
    def entry(self) -> Entry | None:
        return entry_of(self.toggle.value)

    def on_toggle_changed(self, event: Toggle.Changed) -> None:
        """Tell the form."""
        event.stop()
        self.changed()
