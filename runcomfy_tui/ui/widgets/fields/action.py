"""A word that does something: a button of one line, reached with tab."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from runcomfy_tui.ui.widgets.fields.unscrolled import Unscrolled


class Action(Static, Unscrolled, can_focus=True):
    """A button without a box. It is drawn literally and posts `Pressed`."""

    ALLOW_SELECT = False

    BINDINGS = [
        Binding(
            "enter,space",
            "press",
            "Press",
            show=False,
            id="action.press",
            tooltip="Do what the words say",
        )
    ]

    class Pressed(Message):
        """Somebody wants it done."""

        def __init__(self, action: Action) -> None:
            self.action = action
            super().__init__()

        @property
        def control(self) -> Action:
            """The button itself."""
            return self.action

    is_passed = False
    """Whether `enter` in a line above goes past it, to a field."""

    def __init__(self, label: str, *, name: str = "", tooltip: str = "") -> None:
        super().__init__(Content(label), markup=False, name=name, classes="action")
        if tooltip:
            self.tooltip = Content(tooltip)

    def relabel(self, label: str) -> None:
        """Show other words."""
        self.update(Content(label))

    def action_press(self) -> None:
        """Tell whoever is above."""
        self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """The same with a mouse."""
        self.action_press()
