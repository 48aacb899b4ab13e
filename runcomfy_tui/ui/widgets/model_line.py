"""The line that names the form's model, what it costs, and what such jobs have cost."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.text import visible
from runcomfy_tui.ui.words import unit_price


class ModelLine(Static, can_focus=True):
    """Which model the form is for and what it costs at least; pressed to choose another."""

    ALLOW_SELECT = False

    BINDINGS = [
        Binding(
            "enter,space",
            "choose",
            "Choose a model",
            show=False,
            id="model_line.choose",
            tooltip="Choose another model",
        )
    ]

    class Wanted(Message):
        """Somebody wants another model."""

    _entry: ModelEntry | None = None
    _estimate = _past = ""

    def show(self, entry: ModelEntry) -> None:
        """Draw another model."""
        self._entry = entry
        self._estimate = self._past = ""
        self._draw()

    def tell_cost(self, estimate: str, past: str) -> None:
        """Draw what the form's job will cost by the base price, and what such jobs have cost."""
        self._estimate, self._past = estimate, past
        self._draw()

    def on_resize(self) -> None:
        """A name and a price that do not fit on one line stand on two."""
        self._draw()

    def _draw(self) -> None:
        if self._entry is None:
            return
        price = unit_price(self._entry)
        price = self._joined(f"base price {price}" if price else "", self._estimate)
        facts = self._joined(visible(self._entry.display_name), price)
        is_low = any(node.has_class("-low") for node in self.ancestors)
        if is_low and "\n" in facts:
            facts = price  # the id tells the model, too; every line is a line less for the form
        facts = "\n".join(filter(None, (facts, self._past)))
        name = Content.styled(visible(self._entry.model_id), "bold")
        told = name + "\n" + facts if facts else name
        if str(told) != str(self.content):
            self.update(told)

    def _joined(self, one: str, other: str) -> str:
        """Both on one line where they fit on it."""
        line = " · ".join(filter(None, (one, other)))
        fits = len(line) <= self.content_size.width
        return line if fits else "\n".join(filter(None, (one, other)))

    def action_choose(self) -> None:
        """Ask for another model."""
        self.post_message(self.Wanted())

    def on_click(self) -> None:
        """The same with a mouse."""
        self.action_choose()
