"""A form's values and the request they make: nothing is dropped, nothing changed on its way.

Values are kept by name, as plain JSON, with UNSET for what stays out of the request. Each function
takes a whole form or the field of an object, whose children are a form of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, TypeAlias

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind, Form

Values: TypeAlias = dict[str, Any]


def fields_of(form: Form | Field) -> tuple[Field, ...]:
    """The fields of a form, or those of an object inside one."""
    return form.fields if isinstance(form, Form) else form.children


def initial_values(form: Form | Field) -> Values:
    """What an untouched form holds: defaults, what admits one value only, and UNSET otherwise."""
    return {field.name: initial_value(field) for field in fields_of(form)}


def initial_value(field: Field) -> Any:
    """What an untouched field holds; a required object begins with its members' own defaults."""
    if field.default is not UNSET:
        return deepcopy(field.default)
    if not field.required:
        return UNSET
    if field.kind is FieldKind.CHOICE and len(field.choices) == 1:
        return deepcopy(field.choices[0])
    if field.kind is FieldKind.OBJECT:
        return inputs_of(field, initial_values(field)) or UNSET
    return UNSET


def inputs_of(
    form: Form | Field, values: Mapping[str, Any], extras: JsonObject | None = None
) -> Values:
    """The request: every value that is set, in the form's order, then what the form knows not."""
    names = [field.name for field in fields_of(form)]
    known = {name: values[name] for name in names if values.get(name, UNSET) is not UNSET}
    others = {name: value for name, value in values.items() if name not in names}
    return {**known, **{k: v for k, v in others.items() if v is not UNSET}, **(extras or {})}


def values_of(form: Form | Field, inputs: JsonObject) -> tuple[Values, Values]:
    """A request taken apart: the form's values (UNSET where it says nothing), and the extras.

    Extras are inputs that the schema does not describe. They are sent along like the rest.
    """
    names = [field.name for field in fields_of(form)]
    values = {name: inputs.get(name, UNSET) for name in names}
    return values, {name: value for name, value in inputs.items() if name not in values}
