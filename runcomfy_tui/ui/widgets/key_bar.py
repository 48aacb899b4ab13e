"""The line at the bottom: what the keys do just now.

Textual's `Footer` mounts a widget for each key anew whenever the focus moves, which lays out the
whole screen twice and costs some ten kilobytes; this one repaints the cells that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip

from runcomfy_tui.ui.widgets.canvas import Canvas

_GAP = 2


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the line shows it: `key` is what is pressed, `display` how it is written."""

    key: str
    display: str
    name: str

    @property
    def width(self) -> int:
        """How many cells it takes."""
        return cell_len(self.display) + 1 + cell_len(self.name)


def placed(keys: Sequence[Key], always: Sequence[Key], width: int) -> list[tuple[int, Key]]:
    """Where the keys stand on `width` cells: as many of `keys` as fit, `always` at the right."""
    right = width - sum(key.width + _GAP for key in always) + bool(always) * (_GAP - 1)
    places: list[tuple[int, Key]] = []
    at = 1
    for key in keys:
        if at + key.width + _GAP > right:
            break
        places.append((at, key))
        at += key.width + _GAP
    at = max(right, at)
    for key in always:
        places.append((at, key))
        at += key.width + _GAP
    return places


class KeyBar(Canvas):
    """Shows the keys that do something where the focus is; the program's own stand at the right.

    A click on a key presses it.
    """

    COMPONENT_CLASSES = {"key-bar--key", "key-bar--name"}

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Key] = []
        self._always: list[Key] = []

    def on_mount(self) -> None:
        """Look again whenever other keys are bound."""
        self.screen.bindings_updated_signal.subscribe(self, self._take)

    def draw(self, size: Size, now: float) -> list[Strip]:
        segments: list[Segment] = []
        at = 0
        for place, key in placed(self._keys, self._always, size.width):
            segments += [
                Segment(" " * (place - at), self.rich_style),
                Segment(key.display, self.colour("key-bar--key")),
                Segment(f" {key.name}", self.colour("key-bar--name")),
            ]
            at = place + key.width
        segments.append(Segment(" " * max(0, size.width - at), self.rich_style))
        return [Strip(segments).crop(0, size.width)]

    def on_click(self, event: events.Click) -> None:
        """Press the key that stands there."""
        for place, key in placed(self._keys, self._always, self.canvas_size.width):
            if place <= event.x < place + key.width:
                event.stop()
                self.app.simulate_key(key.key)

    def _take(self, screen: Screen[object]) -> None:
        shown: dict[str, tuple[bool, Key]] = {}
        for active in _in_order(screen.active_bindings.values()):
            binding = active.binding
            if binding.show and active.enabled:
                key = Key(binding.key, self.app.get_key_display(binding), binding.description)
                shown.setdefault(binding.action, (active.node is self.app, key))
        keys = [key for of_app, key in shown.values() if not of_app]
        always = [key for of_app, key in shown.values() if of_app]
        if (keys, always) != (self._keys, self._always):
            self._keys, self._always = keys, always
            self.paint()


def _in_order(active: Iterable[ActiveBinding]) -> list[ActiveBinding]:
    """Keys of the user's own where the usual ones stood: Textual puts them behind all others."""
    by_node: dict[DOMNode, list[ActiveBinding]] = {}
    for each in active:
        by_node.setdefault(each.node, []).append(each)
    return [each for node, own in by_node.items() for each in _as_declared(type(node), own)]


def _as_declared(kind: type[DOMNode], active: list[ActiveBinding]) -> list[ActiveBinding]:
    declared = [each for each in kind.BINDINGS if isinstance(each, Binding)]
    usual = {each.id: each.key.split(",") for each in declared}
    if all(each.binding.key in usual.get(each.binding.id, [each.binding.key]) for each in active):
        return active
    place = {each.id: number for number, each in enumerate(declared)}
    return sorted(active, key=lambda each: place.get(each.binding.id, -1))  # inherited ones first
