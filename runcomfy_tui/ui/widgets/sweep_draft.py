"""What was typed to make many requests of one form, and the requests that it makes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.batch_files import BatchFile
from runcomfy_tui.schema.equality import index_of, value_label, value_text
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind, Form
from runcomfy_tui.schema.sweep import SweepError, choices_of, sweep, values_of_text
from runcomfy_tui.text import clip, visible


@dataclass(frozen=True, slots=True)
class Request:
    """One request that a sweep or a file makes, and how to speak of it (`#3`, `line 3`)."""

    origin: str
    inputs: JsonObject


class SweepDraft:
    """Several values for some fields of a form; all others stay as `inputs` has them."""

    def __init__(self, form: Form, inputs: JsonObject) -> None:
        self.form = form
        self.inputs = inputs
        self.errors: dict[str, str] = {}
        """What is wrong with what was typed, by field name."""
        self._random = Random()
        self._texts: dict[str, str] = {}
        self._values: dict[str, tuple[Any, ...]] = {}

    @classmethod
    def restored(cls, form: Form, inputs: JsonObject, told: JsonObject | None) -> SweepDraft:
        """A draft as `to_json` told it; what was drawn at random stays as it was."""
        draft = cls(form, inputs)
        texts, values = _mapping(told, "texts"), _mapping(told, "values")
        for field in form.fields:
            text, kept = texts.get(field.name), values.get(field.name)
            if isinstance(text, str):
                draft.type(field, text)
            if isinstance(kept, list) and field.name not in draft.errors:
                choices = choices_of(field)
                fitting = (each for each in kept if index_of(each, choices) is not None)
                draft._values[field.name] = tuple(fitting if choices else kept)
        return draft

    def to_json(self) -> JsonObject:
        """All that was typed and ticked, as a JSON object; empty when that is nothing."""
        texts = {name: text for name, text in self._texts.items() if text}
        values = {name: list(each) for name, each in self._values.items() if each}
        return {"texts": texts, "values": values} if texts or values else {}

    def type(self, field: Field, text: str) -> None:
        """Take in what was typed for a field; the same text again draws no other numbers."""
        if text == self.text(field):
            return
        self._texts[field.name] = text
        try:
            self._values[field.name] = values_of_text(field, text, self._random)
        except SweepError as error:
            self._values[field.name] = ()
            self.errors[field.name] = str(error)
        else:
            self.errors.pop(field.name, None)

    def tick(self, field: Field, places: Collection[int]) -> None:
        """Take in which of the choices of a field were ticked."""
        choices = choices_of(field)
        self._values[field.name] = tuple(choices[place] for place in sorted(places))

    def text(self, field: Field) -> str:
        """What was typed for a field."""
        return self._texts.get(field.name, "")

    def values(self, field: Field) -> tuple[Any, ...]:
        """The values of a field; none where it stays as it is."""
        return self._values.get(field.name, ())

    @property
    def sizes(self) -> dict[str, int]:
        """How many values there are for each field that has any, in the form's order."""
        found = {field.name: len(self.values(field)) for field in self.form.fields}
        return {name: size for name, size in found.items() if size}

    def requests(self) -> list[Request]:
        """Every combination, once. Raises `SweepError` while a field's text says nothing."""
        for field in self.form.fields:
            if field.name in self.errors:
                raise SweepError(f"{field.name}: {self.errors[field.name]}")
        combined = sweep(self.form, self.inputs, self._values)
        return [Request(f"#{number}", inputs) for number, inputs in enumerate(combined, 1)]


def _mapping(told: JsonObject | None, name: str) -> Mapping[str, Any]:
    held = (told or {}).get(name)
    return held if isinstance(held, Mapping) else {}


def requests_of_file(file: BatchFile) -> list[Request]:
    """The requests that could be read out of a file."""
    return [Request(f"line {line.number}", line.inputs) for line in file.lines]


def hint_of(field: Field) -> str:
    """What can be typed to give a field several values."""
    match field.kind:
        case FieldKind.CHOICE | FieldKind.BOOLEAN:
            return "space ticks one; none ticked leaves it as in the form"
        case FieldKind.INTEGER:
            return "5, 10 · 1..10 · 1..10 step 3 · 1..10 in 4 · random 4" + _bounds(field)
        case FieldKind.NUMBER:
            return "0.5, 1 · 0..1 step 0.1 · 0..1 in 5" + _bounds(field)
        case FieldKind.TEXT | FieldKind.PROMPT:
            return "one a line; texts of several lines between lines of ---"
        case FieldKind.MEDIA:
            return "one URL a line"
        case _:
            return "one JSON value a line"


def _bounds(field: Field) -> str:
    bounds = [
        word + value_text(bound)
        for word, bound in (("at least ", field.minimum), ("at most ", field.maximum))
        if bound is not None
    ]
    return f" ({', '.join(bounds)})" if bounds else ""


def value_words(value: Any, length: int = 40) -> str:
    """A value on one line, to be told from others."""
    return "unset" if value is UNSET else clip(visible(value_label(value)) or "empty", length)


def telling(request: Request, names: Sequence[str]) -> str:
    """What tells a request from the others: the values of these fields."""
    given: Mapping[str, Any] = request.inputs
    parts = (f"{visible(name)} {value_words(given.get(name, UNSET))}" for name in names)
    return f"{request.origin}  {' · '.join(parts)}"
