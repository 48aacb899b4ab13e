"""One of several values, of any JSON type.

`Select` would be six widgets for each such field, which alone makes a form slow to open, and it
knows no value outside its options, which a rerun may well bring. This is one widget; the menu is
mounted while it is open.
"""

from __future__ import annotations

import json
from typing import Any

from rich.cells import set_cell_size
from textual.binding import Binding
from textual.content import Content
from textual.message import Message

from runcomfy_tui.schema.equality import index_of, value_label
from runcomfy_tui.schema.fields import UNSET, Field
from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui.widgets.fields.entries import Entry, Reading, entry_of
from runcomfy_tui.ui.widgets.fields.row import FieldRow
from runcomfy_tui.ui.widgets.fields.unscrolled import Unscrolled

_ARROW = "▾"


def labels_of(values: tuple[Any, ...]) -> tuple[str, ...]:
    """How each value is shown; text that looks like another type's value stands in quotes."""
    texts = [value_label(value) for value in values]
    return tuple(
        visible(json.dumps(value, ensure_ascii=False) if texts.count(text) > 1 else text)
        for value, text in zip(values, texts, strict=True)
    )


class Choice(Unscrolled, can_focus=True):
    """Shows the chosen value on one line and opens a menu below it."""

    ALLOW_SELECT = False

    BINDINGS = [
        Binding(
            "enter,space",
            "open",
            "Choose",
            show=False,
            id="choice.open",
            tooltip="Open the list of values",
        ),
        Binding(
            "delete,backspace",
            "unset",
            "Unset",
            show=False,
            id="choice.unset",
            tooltip="Leave this input out of the request",
        ),
    ]

    class Changed(Message):
        """Another value was chosen."""

    def __init__(self, values: tuple[Any, ...], value: Any, *, optional: bool) -> None:
        super().__init__()
        foreign = value is not UNSET and index_of(value, values) is None
        self._values = (*values, value) if foreign else values
        self._labels = labels_of(self._values)
        self._index = index_of(value, self._values) if value is not UNSET else None
        self._given = value
        self._optional = optional

    @property
    def value(self) -> Any:
        """The chosen value, just as the schema (or whoever filled it in) writes it; or UNSET."""
        if self._index is None:
            return UNSET
        if self._given is not UNSET and index_of(self._given, self._values) == self._index:
            return self._given
        return self._values[self._index]

    @property
    def label(self) -> str:
        """The chosen value as it is shown."""
        if self._index is None:
            return "unset" if self._optional else "choose one"
        return self._labels[self._index] or "(empty)"

    def choose(self, index: int | None) -> None:
        """Take the value at `index`; None is no value."""
        if index == self._index:
            return
        self._index = index
        self.set_class(index is None, "-unset")
        self.refresh()
        self.post_message(self.Changed())

    def on_mount(self) -> None:
        self.set_class(self._index is None, "-unset")

    def render(self) -> Content:
        room = max(1, self.content_size.width - 2)
        shown = clip(self.label, room)
        return Content(f"{set_cell_size(shown, room)} {_ARROW}")

    async def action_open(self) -> None:
        """Show the values."""
        # Imported when first needed: it costs the first form 10 ms and most forms are sent as is.
        from runcomfy_tui.ui.widgets.fields.choice_menu import ChoiceMenu

        if not self.query(ChoiceMenu):
            labels = tuple(label or "(empty)" for label in self._labels)
            await self.mount(ChoiceMenu(self, labels, self._index, optional=self._optional))
            # What waits for the menu's first refresh keeps Textual from laying it out before a key.
            self.screen.refresh(layout=True)

    def action_unset(self) -> None:
        """Choose nothing, where nothing is allowed."""
        if self._optional:
            self.choose(None)

    async def on_click(self) -> None:
        """Open or close the menu."""
        await self.action_open()


class ChoiceRow(FieldRow):
    """An enum."""

    def __init__(self, field: Field, entry: Entry | None, *, title: str = "") -> None:
        value = UNSET if entry is None else entry.get("value", UNSET)
        self.choice = Choice(field.choices, value, optional=not field.required)
        super().__init__(field, self.choice, title=title)

    def read(self) -> Reading:
        return Reading(self.choice.value)

    @property
    def entry(self) -> Entry | None:
        return entry_of(self.choice.value)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Tell the form."""
        event.stop()
        self.changed()
