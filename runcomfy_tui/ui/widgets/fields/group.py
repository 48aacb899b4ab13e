"""An object with known members: a group of fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.fields import UNSET, Field
from runcomfy_tui.schema.values import initial_values, inputs_of
from runcomfy_tui.ui.widgets.fields.action import Action
from runcomfy_tui.ui.widgets.fields.entries import Entry, Reading, entry_of
from runcomfy_tui.ui.widgets.fields.row import FieldRow, Path, RowMaker
from runcomfy_tui.ui.widgets.fields.unscrolled import Column


class GroupRow(FieldRow):
    """An object. An optional one may be left out as a whole; what was typed into it stays."""

    inline = False

    def __init__(
        self, field: Field, entry: Entry | None, make_row: RowMaker, *, title: str = ""
    ) -> None:
        self._given = entry is None or "value" in entry
        self._on = field.required or (entry is not None and bool(entry.get("on", True)))
        self._absent = entry is None
        entries = _member_entries(field, entry)
        self.members = [make_row(child, entries.get(child.name)) for child in field.children]
        self._switch = None if field.required else Action("", name="switch")
        self._body = Column(*self.members, classes="group--members")
        self._body.display = self._on
        parts = [self._body] if self._switch is None else [self._switch, self._body]
        super().__init__(field, Column(*parts, classes="group--body"), title=title)
        self._label()

    # -- what it holds ------------------------------------------------------------------------

    def read(self) -> Reading:
        if not self._on or (self._absent and self._given):
            return Reading(UNSET)
        values: dict[str, Any] = {}
        problems: list[FieldProblem] = []
        for row in self.members:
            reading = row.read()
            values[row.field.name] = reading.value
            problems.extend(reading.under(row.field.name))
        return Reading(inputs_of(self.field, values), tuple(problems))

    @property
    def entry(self) -> Entry | None:
        if self._given:
            return entry_of(self.read().value)
        members = {row.field.name: row.entry for row in self.members}
        return {"fields": {k: v for k, v in members.items() if v is not None}, "on": self._on}

    @property
    def is_blank(self) -> bool:
        return self.read().value is UNSET

    def rows(self) -> Iterator[FieldRow]:
        yield self
        for row in self.members:
            yield from row.rows()

    def locate(self, path: Path) -> tuple[FieldRow, Path]:
        for row in self.members:
            if path and row.field.name == path[0]:
                return row.locate(path[1:])
        return self, path

    # -- how it looks -------------------------------------------------------------------------

    def align(self, width: int) -> None:
        super().align(width)
        for row in self.members:
            row.align(max(8, width - 2))

    def focus_editor(self) -> None:
        """The first member, or the switch that makes the group part of the request."""
        if self._on and self.members:
            self.members[0].focus_editor()
        elif self._switch is not None:
            self._switch.focus()

    def _label(self) -> None:
        if self._switch is not None:
            self._switch.relabel(
                "● set, press to leave out" if self._on else "· unset, press to set"
            )

    # -- what comes from below ----------------------------------------------------------------

    def on_action_pressed(self, event: Action.Pressed) -> None:
        """Make the group part of the request, or leave it out."""
        event.stop()
        self._on = not self._on
        self._body.display = self._on
        self._given = False
        self._label()
        self.changed()

    def on_field_row_edited(self, event: FieldRow.Edited) -> None:
        """A member was edited, so the group was."""
        if event.row is not self:
            event.stop()
            self._given = False
            self.changed()


def _member_entries(field: Field, entry: Entry | None) -> Mapping[str, Entry | None]:
    if entry is None:
        return {name: entry_of(value) for name, value in initial_values(field).items()}
    if "fields" in entry:
        return dict(entry["fields"])
    return {name: {"value": value} for name, value in entry["value"].items()}
