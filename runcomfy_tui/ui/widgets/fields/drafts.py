"""A form's whole content as plain JSON, to be kept and put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.schema.values import initial_values, values_of
from runcomfy_tui.ui.widgets.fields.entries import Entry, entry_of, plain


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry for each field that is set, and one for the inputs that the schema knows not."""

    fields: Mapping[str, Entry]
    others: Entry | None = None

    def to_json(self) -> dict[str, Any]:
        """The draft as a JSON object."""
        told = {"fields": dict(self.fields)}
        return told if self.others is None else {**told, "others": self.others}


def first_draft(form: Form) -> Draft:
    """What an untouched form holds."""
    return Draft(_entries(initial_values(form)))


def draft_of_inputs(form: Form, inputs: JsonObject) -> Draft:
    """The draft that sends exactly `inputs`."""
    values, extras = values_of(form, inputs)
    return Draft(_entries(values), entry_of(extras) if extras else None)


def draft_of_json(form: Form, told: JsonObject) -> Draft:
    """A draft read back; what another schema had a field for becomes one of the other inputs."""
    kept = told.get("fields")
    entries = {
        str(name): entry
        for name, entry in (kept.items() if isinstance(kept, Mapping) else ())
        if isinstance(entry, Mapping)
    }
    known = {field.name for field in form.fields}
    strays = {name: plain(entry) for name, entry in entries.items() if name not in known}
    others = told.get("others")
    return Draft(
        {name: entry for name, entry in entries.items() if name in known},
        _with_strays(others if isinstance(others, Mapping) else None, strays),
    )


def _with_strays(others: Entry | None, strays: Mapping[str, Any]) -> Entry | None:
    if not strays or (others is not None and not isinstance(others.get("value"), Mapping)):
        return others
    return {"value": {**(others["value"] if others else {}), **strays}}


def _entries(values: Mapping[str, Any]) -> dict[str, Entry]:
    entries = {name: entry_of(value) for name, value in values.items()}
    return {name: entry for name, entry in entries.items() if entry is not None}
