"""The same request with another seed. Pure."""

from __future__ import annotations

import re
from random import Random
from typing import Any, Final

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.fields import FieldKind, Form
from runcomfy_tui.schema.sweep import HIGHEST_SEED, SweepError, values_of_text

_SEED: Final = re.compile(r"(^|_)seed$|Seed$", re.IGNORECASE)


def is_seed(name: str) -> bool:
    """Whether an input of this name is a seed: `seed`, `noise_seed`, `imageSeed`."""
    return _SEED.search(name) is not None


def with_new_seed(form: Form, inputs: JsonObject, random: Random) -> dict[str, Any] | None:
    """`inputs` with another whole number in each of their seeds; None where there is no seed.

    A seed that the schema knows is drawn out of its bounds; one that only the inputs know, out of
    what every model is likely to take.
    """
    drawn: dict[str, Any] = {}
    for field in form.fields:
        if is_seed(field.name) and field.kind is FieldKind.INTEGER:
            try:
                drawn[field.name] = next(
                    value
                    for value in values_of_text(field, "random 2", random)
                    if value != inputs.get(field.name)
                )
            except SweepError:
                continue  # its bounds leave nothing to choose
    known = {field.name for field in form.fields}
    for name, value in inputs.items():
        if name not in known and is_seed(name) and type(value) is int:
            drawn[name] = random.randrange(HIGHEST_SEED)
    return {**inputs, **drawn} if drawn else None
