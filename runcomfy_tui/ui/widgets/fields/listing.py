"""A list of values: each line is a field of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from textual.actions import SkipAction
from textual.binding import Binding
from textual.events import DescendantFocus
from textual.widgets import Input

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind
from runcomfy_tui.schema.values import initial_value
from runcomfy_tui.ui.widgets.fields.action import Action
from runcomfy_tui.ui.widgets.fields.entries import Entry, Reading, entry_of
from runcomfy_tui.ui.widgets.fields.line import Line, LineRow
from runcomfy_tui.ui.widgets.fields.row import FieldRow, Path, RowMaker
from runcomfy_tui.ui.widgets.fields.unscrolled import Bar, Column

_NUMBER_WIDTH = 4


class Items(Column):
    """The lines of a list."""


class ListRow(FieldRow):
    """An array. Lines that nothing was typed into are not part of it.

    `enter` goes to the next line and makes one after the last; `backspace` in an empty line takes
    it away; several pasted lines become as many items.
    """

    inline = False

    BINDINGS = [
        Binding(
            "alt+up,ctrl+up",
            "move(-1)",
            "Item up",
            show=False,
            id="list.up",
            tooltip="Move this item towards the beginning of its list",
        ),
        Binding(
            "alt+down,ctrl+down",
            "move(1)",
            "Item down",
            show=False,
            id="list.down",
            tooltip="Move this item towards the end of its list",
        ),
        Binding(
            "ctrl+r",
            "remove",
            "Remove item",
            show=False,
            id="list.remove",
            tooltip="Take this item out of its list",
        ),
        Binding(
            "backspace",
            "remove_empty",
            "Remove empty item",
            show=False,
            id="list.remove_empty",
            tooltip="Take an empty line out of its list",
        ),
    ]

    def __init__(
        self, field: Field, entry: Entry | None, make_row: RowMaker, *, title: str = ""
    ) -> None:
        assert field.item is not None
        self._item = field.item
        self._make_row = make_row
        self._edited = entry is not None and "items" in entry
        self._empty: Any = UNSET if entry is None else []
        self._current = 0
        self._places: list[FieldRow] = []
        self.items = [self._new_row(item) for item in _item_entries(entry)]
        if not self.items and self._starts_with_a_line:
            self.items.append(self._new_row(None))
        self._number()
        self._list = Items(*self.items)
        self._add = Action("+ add", name="add", tooltip="Add an item")
        self._handling = (
            Action("× remove", name="remove", tooltip="Remove the item (ctrl+r)"),
            Action("↑ up", name="up", tooltip="Move the item up (alt+up)"),
            Action("↓ down", name="down", tooltip="Move the item down (alt+down)"),
        )
        for action in self._handling:
            action.is_passed = True
        bar = Bar(self._add, *self._handling, classes="list--bar")
        super().__init__(field, Column(self._list, bar, classes="list--body"), title=title)
        self._offer()

    # -- what it holds ------------------------------------------------------------------------

    def read(self) -> Reading:
        readings = [(row, row.read()) for row in self.items]
        self._places = [row for row, reading in readings if reading.value is not UNSET]
        values: list[Any] = []
        problems: list[FieldProblem] = []
        for _, reading in readings:
            if reading.value is not UNSET:
                problems.extend(reading.under(len(values)))
                values.append(reading.value)
        if values:
            return Reading(values, tuple(problems))
        if self._edited:
            return Reading([] if self.field.default == [] else UNSET)
        return Reading(self._empty)

    @property
    def entry(self) -> Entry | None:
        if not self._edited:
            return entry_of(self.read().value)
        return {"items": [row.entry for row in self.items]}

    @property
    def is_blank(self) -> bool:
        return self.read().value in (UNSET, [])

    def rows(self) -> Iterator[FieldRow]:
        yield self
        for row in self.items:
            yield from row.rows()

    def locate(self, path: Path) -> tuple[FieldRow, Path]:
        """Items are counted as the request counts them, without the empty lines."""
        if path and isinstance(path[0], int) and 0 <= path[0] < len(self._places):
            return self._places[path[0]].locate(path[1:])
        return self, path

    # -- how it looks -------------------------------------------------------------------------

    @property
    def aside(self) -> str:
        """How many there are, and how many there may be: `2 of 1–9`."""
        least, most = self.field.min_items, self.field.max_items
        count = len(self._places)
        if most is not None:
            if least == most:
                return f"{count} of {most}"
            return f"{count} of {least}–{most}" if least else f"{count} of up to {most}"
        return f"{count} of at least {least}" if least else str(count or "")

    def align(self, width: int) -> None:
        super().align(width)
        self._item_width = width - 2
        for row in self.items:
            row.align(self._width_of(row))

    def _width_of(self, row: FieldRow) -> int:
        return _NUMBER_WIDTH if row.inline else max(_NUMBER_WIDTH, self._item_width)

    def focus_editor(self) -> None:
        """The first line, or the button that adds one."""
        if self.items:
            self.items[0].focus_editor()
        else:
            self._add.focus()

    def changed(self) -> None:
        self._edited = True
        super().changed()
        self.read()
        self._offer()
        self.refresh()

    # -- what can be done to it ---------------------------------------------------------------

    @property
    def _is_full(self) -> bool:
        most = self.field.max_items
        return most is not None and len(self.items) >= most

    @property
    def _starts_with_a_line(self) -> bool:
        """A line to type into costs nothing where an empty one is not sent; a group would be."""
        return self._item.kind is not FieldKind.OBJECT

    async def add(self, at: int, entries: list[Entry | None]) -> None:
        """Put new lines before the one at `at` and the cursor into the last of them."""
        rows = [self._new_row(entry) for entry in entries]
        before = self.items[at] if at < len(self.items) else None
        self.items[at:at] = rows
        self._number()
        for row in rows:
            row.align(self._width_of(row))
        await self._list.mount_all(rows, before=before)
        rows[-1].focus_editor()
        self.changed()

    async def action_remove(self) -> None:
        """Take the current line away; the cursor goes to the one that takes its place."""
        if not self.items:
            return
        at = min(self._current, len(self.items) - 1)
        row = self.items.pop(at)
        self._offer()
        if self.items:
            self.items[min(at, len(self.items) - 1)].focus_editor()
        else:
            self._add.focus()
        await self._take_away(row)

    async def action_remove_empty(self) -> None:
        """`backspace` in an empty line takes it away, if it is not the only one.

        The cursor goes to the end of the line before. Nothing is selected there: the key may still
        be down.
        """
        at = self._current
        if len(self.items) < 2 or at >= len(self.items):
            raise SkipAction
        row = self.items[at]
        if not (isinstance(row, LineRow) and row.line.has_focus):
            raise SkipAction
        self.items.pop(at)
        neighbour = self.items[max(at - 1, 0)]
        assert isinstance(neighbour, LineRow)
        neighbour.line.enter(at_end=at > 0)
        await self._take_away(row)

    async def _take_away(self, row: FieldRow) -> None:
        self._number()
        await row.remove()
        self.changed()

    def action_move(self, step: int) -> None:
        """Move the current line by `step`."""
        at, to = self._current, self._current + step
        if not (0 <= at < len(self.items) and 0 <= to < len(self.items)):
            return
        row, other = self.items[at], self.items[to]
        self.items[at], self.items[to] = other, row
        if step < 0:
            self._list.move_child(row, before=other)
        else:
            self._list.move_child(row, after=other)
        self._current = to
        self._number()
        self.changed()

    # -- what comes from below ----------------------------------------------------------------

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Remember which line the buttons speak of."""
        for index, row in enumerate(self.items):
            if row in event.widget.ancestors_with_self:
                self._current = index

    def on_field_row_edited(self, event: FieldRow.Edited) -> None:
        """A line was edited, so the list was."""
        if event.row is not self:
            event.stop()
            self.changed()

    async def on_action_pressed(self, event: Action.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        match event.action.name:
            case "add":
                await self.add(len(self.items), [self._fresh()])
            case "remove":
                await self.action_remove()
            case "up":
                self.action_move(-1)
            case "down":
                self.action_move(1)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """`enter` in the last line makes another, as long as something stands in it."""
        last = self.items[-1] if self.items else None
        is_last = isinstance(last, LineRow) and event.input is last.line
        if is_last and event.value and not self._is_full:
            event.stop()
            await self.add(len(self.items), [None])

    async def on_line_pasted(self, event: Line.Pasted) -> None:
        """Several lines are as many items."""
        row = next((row for row in self.items if row.editor is event.line), None)
        if row is None:
            return
        event.stop()
        first, *rest = event.lines if not event.line.value else ("", *event.lines)
        if first:
            event.line.value = first.strip()
        await self.add(
            self.items.index(row) + 1, [{"text": line.strip()} for line in rest if line.strip()]
        )

    # -- parts --------------------------------------------------------------------------------

    _item_width = 0

    def _new_row(self, entry: Entry | None) -> FieldRow:
        return self._make_row(self._item, entry, title="1")

    def _fresh(self) -> Entry | None:
        return entry_of(initial_value(self._item))

    def _number(self) -> None:
        for index, row in enumerate(self.items, 1):
            row.title = str(index)
            row.marked = False

    def _offer(self) -> None:
        """Offer what can be done: a full list takes no more, in a list of one nothing moves, an
        empty one loses nothing.
        """
        self._add.display = not self._is_full
        self._add.is_passed = bool(self.items) and self._starts_with_a_line
        remove, *moves = self._handling
        remove.display = len(self.items) > 1 or not self.is_blank
        for action in moves:
            action.display = len(self.items) > 1


def _item_entries(entry: Entry | None) -> list[Entry | None]:
    if entry is None:
        return []
    if "items" in entry:
        return [item if isinstance(item, Mapping) else None for item in entry["items"]]
    return [{"value": value} for value in entry["value"]]
