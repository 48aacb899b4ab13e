"""The inputs that a model's schema says nothing about, as one JSON object."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind
from runcomfy_tui.ui.widgets.fields.block import JsonRow
from runcomfy_tui.ui.widgets.fields.entries import Entry

OTHERS_PATH = ("",)
"""Where problems of the whole object stand; no input of a model has an empty name."""

_FIELD = Field(
    name="other inputs",
    kind=FieldKind.JSON,
    title="Other inputs",
    help="Inputs that the model's schema does not describe. They are sent along as they stand.",
    required=False,
    schema={"type": "object"},
)
_ALL = replace(
    _FIELD,
    name="inputs",
    title="Inputs",
    help="What the model takes is not told, so nothing is checked here. They are sent as they "
    "stand.",
)


class OthersRow(JsonRow):
    """Sent along with the rest, so that no input is lost for being unknown."""

    wanted = 'JSON, as {"prompt": "a boat"}'

    def __init__(self, entry: Entry | None, *, alone: bool) -> None:
        super().__init__(_ALL if alone else _FIELD, entry)

    def extras(self, fields: Container[str]) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
        """The inputs by name but for those in `fields`, and what is wrong with the object."""
        reading = self.read()
        if reading.problems:
            return {}, reading_problems(*(each.message for each in reading.problems))
        if reading.value is UNSET:
            return {}, ()
        if not isinstance(reading.value, Mapping):
            return {}, reading_problems('must be a JSON object, as {"name": "value"}')
        twice = [name for name in reading.value if name in fields]
        extras = {name: value for name, value in reading.value.items() if name not in fields}
        if twice:
            return extras, reading_problems(f"has a field of its own: {', '.join(twice)}")
        return extras, ()


def reading_problems(*messages: str) -> tuple[FieldProblem, ...]:
    """Problems of the object as a whole."""
    return tuple(FieldProblem(OTHERS_PATH, message) for message in messages)
