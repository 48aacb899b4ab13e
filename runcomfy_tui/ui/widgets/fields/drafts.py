"""A form's whole content as plain JSON, to be kept and put back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.fields import UNSET, Form
from runcomfy_tui.schema.values import initial_values, values_of
from runcomfy_tui.ui.widgets.fields.entries import Entry, entry_of, plain


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry for each field that is set, and one for the inputs that the schema knows not."""

    fields: Mapping[str, Entry]
    others: Entry | None = None
    json: str | None = None
    """The whole request as text, where it is edited as such; the rest is the form behind it."""

    def to_json(self) -> dict[str, Any]:
        """The draft as a JSON object."""
        told: dict[str, Any] = {"fields": dict(self.fields)}
        if self.others is not None:
            told["others"] = self.others
        if self.json is not None:
            told["json"] = self.json
        return told


def draft_to_begin_with(form: Form, inputs: JsonObject | None, kept: JsonObject | None) -> Draft:
    """What a form begins with: what was `kept` of it, or what sends `inputs`, or untouched."""
    if kept is not None:
        return draft_of_json(form, kept)
    return first_draft(form) if inputs is None else draft_of_inputs(form, inputs)


def first_draft(form: Form) -> Draft:
    """What an untouched form holds."""
    return Draft(_entries(initial_values(form)))


def draft_of_inputs(form: Form, inputs: JsonObject) -> Draft:
    """The draft that sends exactly `inputs`."""
    values, extras = values_of(form, inputs)
    return Draft(_entries(values), entry_of(extras) if extras else None)


def draft_of_edited(form: Form, draft: Draft, before: JsonObject, after: JsonObject) -> Draft:
    """`draft`, which sent `before`, as it sends `after`; what is in both stays as it was typed."""
    fresh = draft_of_inputs(form, after)
    values, extras = values_of(form, before)
    new_values, new_extras = values_of(form, after)
    chosen = {
        name: draft if exactly_alike(value, new_values[name]) else fresh
        for name, value in values.items()
    }
    return Draft(
        {name: each.fields[name] for name, each in chosen.items() if name in each.fields},
        draft.others if exactly_alike(extras, new_extras) else fresh.others,
    )


def exactly_alike(one: Any, other: Any) -> bool:
    """Whether nobody could tell the two values apart, in a request or in a form."""
    if one is UNSET or other is UNSET:
        return one is other
    return json.dumps(one) == json.dumps(other)


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
    others, text = told.get("others"), told.get("json")
    return Draft(
        {name: entry for name, entry in entries.items() if name in known},
        _with_strays(others if isinstance(others, Mapping) else None, strays),
        text if isinstance(text, str) else None,
    )


def _with_strays(others: Entry | None, strays: Mapping[str, Any]) -> Entry | None:
    if not strays or (others is not None and not isinstance(others.get("value"), Mapping)):
        return others
    return {"value": {**(others["value"] if others else {}), **strays}}


def _entries(values: Mapping[str, Any]) -> dict[str, Entry]:
    entries = {name: entry_of(value) for name, value in values.items()}
    return {name: entry for name, entry in entries.items() if entry is not None}
