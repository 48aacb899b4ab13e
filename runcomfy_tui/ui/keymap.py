"""What is wrong with the keys that the user wants, in sentences."""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from runcomfy_tui import ui
from runcomfy_tui.text import visible

_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_NAMES = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())
_MAIN_WINDOW = ("MainScreen", "JobsPane", "JobTable")
"""The classes whose keys work together with the app's, while the table has the focus."""


def complaints(wanted: Mapping[str, str]) -> list[str]:
    """What keeps the keys under `[keys]` from doing what they should; nothing where all is well.

    It looks at every screen there is, so it is not for the first paint.
    """
    classes = list(_classes())
    known = {binding.id for kind in classes for binding in _bindings(kind) if binding.id}
    told = [_about_id(each, known) for each in wanted if each not in known]
    for each, keys in wanted.items():
        told += [_about_key(each, key) for key in _parts(keys) if not is_key(key)]
    return told + list(_clashes(wanted, classes))


def is_key(name: str) -> bool:
    """Whether a key can be called so: `x`, `?`, `question_mark`, `ctrl+x`, `f5`, `shift+up`."""
    if len(name) == 1 or name in _NAMES:
        return True
    *modifiers, last = name.split("+")
    if modifiers:
        return set(modifiers) <= _MODIFIERS and is_key(last)
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def _about_id(each: str, known: Iterable[str]) -> str:
    near = get_close_matches(each, known, n=1)
    hint = f" Is {near[0]} meant?" if near else " The command palette shows what there is."
    return f"Nothing is called '{visible(each)}'.{hint}"


def _about_key(each: str, key: str) -> str:
    return f"{each}: '{visible(key)}' is no key. Keys are called x, ctrl+x, f5 or shift+up."


def _clashes(wanted: Mapping[str, str], classes: Iterable[type[DOMNode]]) -> Iterator[str]:
    """A key that is wanted for one thing and does another one in the same place."""
    kinds = {kind.__name__: kind for kind in classes}
    apps = [kind for kind in kinds.values() if issubclass(kind, App)]
    places = [[kinds[name] for name in _MAIN_WINDOW], *([kind] for kind in kinds.values())]
    found: dict[str, set[str]] = defaultdict(set)
    for place in places:
        users: dict[str, set[str]] = defaultdict(set)
        for kind in [*apps, *place]:
            for binding in _bindings(kind):
                if binding.id:
                    for key in _parts(wanted.get(binding.id, binding.key)):
                        users[key].add(binding.id)
        for key, ids in users.items():
            if len(ids) > 1 and not ids.isdisjoint(wanted):
                found[key] |= ids
    for key, ids in found.items():
        yield f"'{visible(key)}' is wanted by {' and '.join(sorted(ids))}: one of them gets it."


def _parts(keys: str) -> list[str]:
    return [_long_name(key.strip()) for key in keys.split(",")]


def _long_name(key: str) -> str:
    """`question_mark` for `?`, as bindings call it."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _classes() -> Iterator[type[DOMNode]]:
    """Every screen, widget and app of this program that binds keys."""
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        for thing in vars(importlib.import_module(module.name)).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, DOMNode)
                and thing.__module__ == module.name
                and _bindings(thing)
            ):
                yield thing


def _bindings(kind: type[DOMNode]) -> list[Binding]:
    merged = kind._merged_bindings
    return [] if merged is None else [one for _, one in merged]
