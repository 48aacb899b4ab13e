"""How the keys are called that texts speak of: the user may have chosen others for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from textual.binding import Binding
from textual.keys import format_key

_FUNCTION_KEY = re.compile(r"f\d+")


@dataclass(frozen=True, slots=True)
class KeyNames:
    """The keys for what the fields are called, written as in the footer."""

    submit: str = "F5"
    bring_back: str = "F4"
    sweep: str = "F6"
    token: str = "F9"
    mark: str = "space"
    unmark: str = "u"


BINDING_IDS = {
    "submit": "composer.submit",
    "bring_back": "composer.previous",
    "sweep": "composer.sweep",
    "token": "account.token",
    "mark": "table.mark",
    "unmark": "table.unmark",
}
"""What is bound to each of them."""


def key_names(wanted: Mapping[str, str]) -> KeyNames:
    """What the keys are called when `wanted` holds the user's own ones by the ids of bindings."""
    chosen = {
        field.name: wanted[BINDING_IDS[field.name]]
        for field in fields(KeyNames)
        if BINDING_IDS[field.name] in wanted
    }
    return KeyNames(**{name: key_name(keys.split(",")[0].strip()) for name, keys in chosen.items()})


def key_name(key: str) -> str:
    """`ctrl+j` as `^j`, `f5` as it stands on the key."""
    modifiers, key = Binding(key, "").parse_key()
    name = format_key(key)
    name = name.upper() if _FUNCTION_KEY.fullmatch(name) else name
    if "ctrl" in modifiers:
        modifiers.remove("ctrl")
        name = f"^{name}"
    return "+".join([*modifiers, name])
