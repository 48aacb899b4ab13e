"""How the keys are called that texts speak of: the user may have chosen others for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class KeyNames:
    """The keys for what the fields are called, written as in the footer."""

    submit: str = "F5"
    bring_back: str = "F4"
    sweep: str = "F6"
    sweeps: str = "F7"
    token: str = "F9"
    mark: str = "space"
    unmark: str = "u"


BINDING_IDS = {
    "submit": "composer.submit",
    "bring_back": "composer.previous",
    "sweep": "composer.sweep",
    "sweeps": "jobs.sweeps",
    "token": "account.token",
    "mark": "table.mark",
    "unmark": "table.unmark",
}
"""What is bound to each of them."""


def key_names(wanted: Mapping[str, str], display: Callable[[Binding], str]) -> KeyNames:
    """What the keys are called when `wanted` holds the user's own ones by the ids of bindings.

    `display` is the app's way to write a key.
    """
    chosen = {
        field.name: wanted[BINDING_IDS[field.name]]
        for field in fields(KeyNames)
        if BINDING_IDS[field.name] in wanted
    }
    return KeyNames(
        **{name: display(Binding(keys.split(",")[0].strip(), "")) for name, keys in chosen.items()}
    )
