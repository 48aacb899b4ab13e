"""One model in words: what it does, what it costs at least, what it wants to be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas
from runcomfy_tui.ui.words import unit_price

_BLANKS_FROM = 12  # lines; where there are fewer, none is left blank

Line = tuple[str, str]
"""A text and its tone, which names a component class."""


class ModelFacts(Canvas):
    """Shows one model; another one costs the cells that differ."""

    COMPONENT_CLASSES = {
        "model-facts--title",
        "model-facts--text",
        "model-facts--price",
        "model-facts--note",
        "model-facts--link",
    }

    def __init__(self) -> None:
        super().__init__()
        self._facts: tuple[Line, ...] = ()
        self._wrapped: tuple[Size, list[Line]] | None = None

    def show(self, entry: ModelEntry | None, *, is_listed: bool = True) -> None:
        """Show this model, None for none."""
        self._facts = () if entry is None else tuple(facts(entry, is_listed=is_listed))
        self._wrapped = None
        self.set_extent(len(self._lines(self.canvas_size)))
        self.scroll_to(y=0, animate=False)
        self.paint()

    def on_resize(self) -> None:
        self.set_extent(len(self._lines(self.canvas_size)))

    def draw(self, size: Size, now: float) -> list[Strip]:
        top = self.scroll_offset.y
        return [
            Strip([Segment(words.fit(text, size.width), self.colour(f"model-facts--{tone}"))])
            for text, tone in self._lines(size)[top : top + size.height]
        ]

    def _lines(self, size: Size) -> list[Line]:
        if self._wrapped is None or self._wrapped[0] != size:
            self._wrapped = (size, _wrap(self._facts, size))
        return self._wrapped[1]


def _wrap(told: Iterable[Line], size: Size) -> list[Line]:
    return [
        (part, tone)
        for text, tone in told
        if text or size.height >= _BLANKS_FROM
        for part in words.wrap(visible(text, keep_newlines=True), size.width)
    ]


def facts(entry: ModelEntry, *, is_listed: bool) -> Iterator[Line]:
    """All there is to tell of a model, the weightiest first; blank lines part it."""
    yield entry.model_id, "title"
    if entry.display_name:
        yield entry.display_name, "text"
    if not is_listed:
        yield "not in RunComfy's catalog", "note"
    price = unit_price(entry)
    yield (f"base price {price}" if price else "price not told"), "price"
    if entry.pricing_note:
        yield entry.pricing_note, "note"
    yield "", "text"
    if entry.description:
        yield entry.description, "text"
        yield "", "text"
    yield " · ".join((entry.kind, *entry.categories)), "note"
    if entry.model_url:
        yield entry.model_url, "link"
    if names := inputs_of(entry):
        yield f"inputs: {names}", "note"


def inputs_of(entry: ModelEntry) -> str:
    """The names of a model's inputs, those that must be given marked with `*`."""
    schema = entry.input_schema or {}
    properties, required = schema.get("properties"), schema.get("required")
    names = properties if isinstance(properties, Mapping) else {}
    needed = required if isinstance(required, list) else []
    return ", ".join(f"{name}*" if name in needed else str(name) for name in names)
