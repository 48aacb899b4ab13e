"""A value that no other field can draw, edited as JSON."""

from __future__ import annotations

from dataclasses import replace

from runcomfy_tui.schema.fields import Field, FieldKind
from runcomfy_tui.ui.widgets.fields.block import BlockRow


class JsonRow(BlockRow):
    """JSON, with the place where it stops being JSON told below.

    Besides fields of kind JSON this draws any field whose value its own kind cannot show (a number
    where a text belongs, say), so that no value is lost or changed by being shown.
    """

    tag = "json"
    wanted = "JSON"

    def parsed_as(self, field: Field) -> Field:
        return replace(field, kind=FieldKind.JSON)
