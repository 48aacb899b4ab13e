"""The models that were found: any number of them, drawn line by line, one under the cursor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.schema.paste import FileReference, read_reference
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas
from runcomfy_tui.ui.widgets.model_search import found_in

_HEADER_LINES = 1
_MARK = 2
_GAP = 2
_PRICE = 16
_NAMES_FROM = 100  # cells; with less the id has them all
_FAVOURITE = "★"


@dataclass(frozen=True, slots=True)
class Found:
    """What the list shows: the matches of `query`, best first.

    `typed` is a model_id that may be taken though it is in no catalog, in a row of its own at the
    end.
    """

    entries: Sequence[ModelEntry] = ()
    query: str = ""
    typed: str = ""
    favourites: Collection[str] = frozenset()

    def __len__(self) -> int:
        return len(self.entries) + bool(self.typed)

    def model_id(self, row: int) -> str | None:
        """The model of a row; None where there is no such row."""
        if 0 <= row < len(self.entries):
            return self.entries[row].model_id
        return self.typed if row == len(self.entries) and self.typed else None

    def row_of(self, model_id: str | None) -> int | None:
        """The row of a model, also of one that was only typed; None when it is not there."""
        rows = range(len(self))
        return next((row for row in rows if self.model_id(row) == model_id), None)


class ModelList(Canvas):
    """Shows what was found; the keys are its screen's, because a search has the focus."""

    COMPONENT_CLASSES = {
        "model-list--header",
        "model-list--favourite",
        "model-list--id",
        "model-list--found",
        "model-list--other",
        "model-list--cursor",
    }

    class Highlighted(Message):
        """Another model is under the cursor; None: there is none."""

        def __init__(self, entry: ModelEntry | None) -> None:
            super().__init__()
            self.entry = entry

    class Pressed(Message):
        """A row was clicked."""

        def __init__(self, model_id: str) -> None:
            super().__init__()
            self.model_id = model_id

    def __init__(self) -> None:
        super().__init__()
        self._found = Found()
        self._cursor = 0

    @property
    def model_id(self) -> str | None:
        """The model_id under the cursor, also one that was only typed."""
        return self._found.model_id(self._cursor)

    @property
    def entry(self) -> ModelEntry | None:
        """The model under the cursor, unless it was only typed."""
        at_entry = 0 <= self._cursor < len(self._found.entries)
        return self._found.entries[self._cursor] if at_entry else None

    @property
    def page(self) -> int:
        """How many rows fit."""
        return max(1, self.canvas_size.height - _HEADER_LINES)

    def show(self, found: Found, model_id: str | None = None) -> None:
        """Show this, the cursor on `model_id` where that is among it, else on the first."""
        before = self.entry
        self._found = found
        self._cursor = found.row_of(model_id) or 0
        self.set_extent(len(found) + _HEADER_LINES)
        self._reveal()
        self.paint()
        self._tell(before)

    def set_favourites(self, favourites: Collection[str]) -> None:
        """Mark these as favourites; every model stays where it is."""
        self._found = replace(self._found, favourites=favourites)
        self.paint()

    def move(self, rows: int) -> None:
        """Move the cursor; a single step leads from one end to the other."""
        last = len(self._found) - 1
        if last < 0:
            return
        before, at = self.entry, self._cursor + rows
        if abs(rows) == 1:
            at %= last + 1
        self._cursor = max(0, min(at, last))
        self._reveal()
        self.paint()
        self._tell(before)

    def on_click(self, event: events.Click) -> None:
        """Choose with the mouse."""
        line = event.y - self.gutter.top - _HEADER_LINES
        model_id = self._found.model_id(line + self.scroll_offset.y)
        if line >= 0 and model_id is not None:
            event.stop()
            self.post_message(self.Pressed(model_id))

    def on_resize(self) -> None:
        self.set_extent(len(self._found) + _HEADER_LINES)
        self._reveal()

    def _tell(self, before: ModelEntry | None) -> None:
        if self.entry is not before:
            self.post_message(self.Highlighted(self.entry))

    def _reveal(self) -> None:
        top = self.scroll_offset.y
        if not self.canvas_size:
            return
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + self.page:
            self.scroll_to(y=self._cursor - self.page + 1, animate=False)

    # Drawing

    def draw(self, size: Size, now: float) -> list[Strip]:
        columns = _columns(size.width)
        header = (" " * _MARK, "model", "", "base price" if columns[2] else "")
        top = self.scroll_offset.y
        rows = range(top, min(top + size.height - _HEADER_LINES, len(self._found)))
        return [
            self._strip(_cells(header, columns), "header", size.width),
            *(self._row(row, columns, size.width) for row in rows),
        ]

    def _row(self, row: int, columns: _Columns, width: int) -> Strip:
        under = self.colour("model-list--cursor") if row == self._cursor else None
        if row == len(self._found.entries):
            typed = visible(self._found.typed)
            is_path = isinstance(read_reference(self._found.typed), FileReference)
            text = f"  the form of {typed}" if is_path else f"  use {typed} as it is typed"
            return self._strip((text,), "other", width, under)
        entry = self._found.entries[row]
        mark = f"{_FAVOURITE} " if entry.model_id in self._found.favourites else "  "
        told = (mark, visible(entry.model_id), visible(entry.display_name), words.unit_price(entry))
        mark, model_id, *others = _cells(told, columns)
        segments = [
            Segment(mark, self.colour("model-list--favourite")),
            *self._with_letters(model_id),
            *(Segment(text, self.colour("model-list--other")) for text in others),
        ]
        return _on(segments, under, width)

    def _with_letters(self, text: str) -> list[Segment]:
        """A model_id with the letters of the query set off."""
        places = found_in(text, self._found.query)
        runs = groupby(range(len(text)), key=lambda place: place in places)
        return [
            Segment(
                "".join(text[place] for place in run),
                self.colour("model-list--found" if is_found else "model-list--id"),
            )
            for is_found, run in runs
        ]

    def _strip(
        self, texts: Sequence[str], tone: str, width: int, under: Style | None = None
    ) -> Strip:
        text = words.fit("".join(texts), width)
        return _on([Segment(text, self.colour(f"model-list--{tone}"))], under, width)


_Columns = tuple[int, int, int]


def _columns(width: int) -> _Columns:
    """The cells of id, name and price; 0 for what there is no room for."""
    price = _PRICE if width >= 3 * _PRICE else 0
    rest = max(0, width - _MARK - price)
    name = rest * 2 // 5 if width >= _NAMES_FROM else 0
    return rest - name, name, price


def _cells(texts: tuple[str, str, str, str], columns: _Columns) -> tuple[str, ...]:
    mark, model_id, name, price = texts
    of_id, of_name, of_price = columns
    return (
        mark,
        words.fit(model_id, of_id - _GAP) + " " * _GAP,
        words.fit(name, of_name - _GAP) + " " * _GAP if of_name else "",
        words.fit(price, of_price, right=True) if of_price else "",
    )


def _on(segments: Sequence[Segment], under: Style | None, width: int) -> Strip:
    """Segments on exactly `width` cells, on the cursor's ground if it is there."""
    if under is not None:
        ground = Style(bgcolor=under.bgcolor)
        segments = [Segment(text, (style or Style()) + ground) for text, style, _ in segments]
    return Strip(segments).adjust_cell_length(width)
