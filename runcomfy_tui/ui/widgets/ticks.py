"""A list of which any number of lines can be ticked; told by a sign, not by a colour alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from runcomfy_tui.text import visible


class Ticks(OptionList):
    """`space` or `enter` ticks the line under the cursor, or does so no longer."""

    BINDINGS = [
        Binding(
            "space", "select", "tick", id="ticks.tick", show=False, tooltip="Tick it, or no longer"
        ),
    ]

    class Changed(Message):
        """Another set of lines is ticked: `places` in the list."""

        def __init__(self, places: frozenset[int]) -> None:
            super().__init__()
            self.places = places

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)
        self._labels: Sequence[str] = ()
        self._ticked: frozenset[int] = frozenset()

    def fill(self, labels: Sequence[str], ticked: Collection[int]) -> None:
        """Offer other lines, some of them ticked already."""
        self._labels, self._ticked = labels, frozenset(ticked)
        self.clear_options()
        self.add_options(Option(self._line(place)) for place in range(len(labels)))
        self.highlighted = 0 if labels else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tick the line, or no longer."""
        event.stop()
        self._ticked ^= {event.option_index}
        self.replace_option_prompt_at_index(event.option_index, self._line(event.option_index))
        self.post_message(self.Changed(self._ticked))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Where its cursor is concerns nobody else."""
        event.stop()

    def _line(self, place: int) -> Content:
        label = Content(visible(self._labels[place]))
        if place in self._ticked:
            return Content.styled("[x] ", "$text-primary") + label
        return Content.styled("[ ] ", "$foreground 60%") + label
