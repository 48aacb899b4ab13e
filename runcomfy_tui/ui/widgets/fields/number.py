"""A number, whole or not."""

from __future__ import annotations

from runcomfy_tui.schema.fields import Field
from runcomfy_tui.ui.widgets.fields.line import LineRow


class NumberRow(LineRow):
    """A number. Whatever is typed stays in the line, and what is wrong with it is said below."""

    def hint(self, field: Field) -> str:
        if field.default is None:
            return "null"
        return "" if field.required else "unset"
