from __future__ import annotations

from typing import Any

import pytest

from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.ui.widgets.fields.help import facts_of

TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("node", "facts"),
    [
        ({"type": "integer", "minimum": 64, "multipleOf": 8}, "at least 64 · multiples of 8"),
        ({"type": "number", "maximum": 1, "multipleOf": 0.05}, "at most 1 · multiples of 0.05"),
        ({"type": "array", "items": TEXT, "minItems": 3, "maxItems": 3}, "3 items"),
        ({"type": "array", "items": TEXT, "minItems": 1, "maxItems": 1}, "1 item"),
        ({"type": "array", "items": TEXT, "minItems": 1, "maxItems": 3}, "1 to 3 items"),
        ({"type": "array", "items": TEXT, "maxItems": 3}, "up to 3 items"),
    ],
    ids=str,
)
def test_the_limits_of_a_field_are_told_beside_its_name(node: Any, facts: str) -> None:
    (field,) = read_form({"properties": {"x": node}}).fields
    _, _, *told = facts_of(field).split(" · ")
    assert " · ".join(told) == f"{facts} · optional"
