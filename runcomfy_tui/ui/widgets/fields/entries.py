"""What stands in a field, as plain JSON: rows are made from it and give it back.

An entry is one of
- `{"value": …}`: a value as it was filled in, kept to the digit until it is edited;
- `{"text": …}`: what somebody typed, which may be no value at all and is kept all the same;
- `{"json": …}`: the same in a field that is edited as JSON;
- `{"items": […]}`: the lines of a list;
- `{"fields": {…}, "on": …}`: a group, and whether it is part of the request;
- `None`: a field that is not set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.entries import EntryError, entry_text, parse_entry
from runcomfy_tui.schema.fields import UNSET, Field

Entry: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a field would send, and what in it is no value at all (paths start at the field).

    A text that is no value stands in `value` as it was typed, so that nothing moves around it.
    """

    value: Any
    problems: tuple[FieldProblem, ...] = ()

    def under(self, step: str | int) -> tuple[FieldProblem, ...]:
        """The problems as they are called one level further out."""
        return tuple(FieldProblem((step, *each.path), each.message) for each in self.problems)


def entry_of(value: Any) -> Entry | None:
    """The entry for a value; None for UNSET."""
    return None if value is UNSET else {"value": value}


def plain(entry: Entry | None) -> Any:
    """What an entry holds as far as it can be told without knowing its field."""
    match entry:
        case {"value": value}:
            return value
        case {"items": list(items)}:
            return [plain(item) for item in items]
        case {"fields": Mapping() as members}:
            return {name: plain(member) for name, member in members.items()}
        case {"text": text} | {"json": text}:
            return text
        case _:
            return None


class TypedText:
    """The text of a field and the value it was filled in with, which holds until it is edited.

    So nothing that came in changes on its way out, be it `1.0` in a whole number or `""` in a
    field that would otherwise be unset.
    """

    def __init__(self, field: Field, entry: Entry | None, tag: str = "text") -> None:
        self._field = field
        self._tag = tag
        self._given = entry is None or "value" in entry
        self._value: Any = UNSET if entry is None else entry.get("value", UNSET)
        self.start = (
            entry_text(field, self._value)
            if entry is None or "value" in entry
            else str(entry.get(tag, entry.get("text", "")))
        )

    def starts_as(self, shown: str) -> None:
        """Take what the editor made of the text (it may know fewer line ends) for unedited."""
        self.start = shown

    def read(self, text: str) -> Reading:
        """The value of the field when `text` stands in it."""
        if self._given and text == self.start:
            return Reading(self._value)
        value = parse_entry(self._field, text)
        if isinstance(value, EntryError):
            return Reading(text, (FieldProblem((), value.message),))
        return Reading(value)

    @property
    def blank_word(self) -> str:
        """What an empty text stands for: `unset`, `empty`, `null`; no word where it is a lack."""
        match self.read("").value:
            case "":
                return "empty"
            case None:
                return "null"
            case _:
                return "" if self._field.required else "unset"

    def entry(self, text: str) -> Entry | None:
        """What to keep of it in a draft."""
        if self._given and text == self.start:
            return entry_of(self._value)
        return {self._tag: text}
