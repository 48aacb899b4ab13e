"""Fields as they are read from a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runcomfy_tui.schema.fields import Field, Form
from runcomfy_tui.schema.reading import read_form


def field_of(node: Any, name: str = "x", root: Mapping[str, Any] | None = None) -> Field:
    """The one field of a schema whose property `name` is `node`."""
    (field,) = read_form({"type": "object", "properties": {name: node}, **(root or {})}).fields
    return field


def by_name(form: Form) -> dict[str, Field]:
    return {field.name: field for field in form.fields}
