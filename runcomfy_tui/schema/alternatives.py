"""Which of several alternatives of a schema a value was meant for, by what they say against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeAlias

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.views import view_of


class Complaint(Protocol):
    """What is read of a `jsonschema.ValidationError`."""

    validator: Any
    validator_value: Any
    instance: Any
    schema: Any
    context: Any
    relative_path: Any
    relative_schema_path: Any

    @property
    def absolute_path(self) -> Any: ...
    @property
    def absolute_schema_path(self) -> Any: ...


Branch: TypeAlias = list[Complaint]
"""What one alternative says against a value."""


def meant_branches(
    branches: dict[int, Branch], alternatives: list[Any], root: JsonObject
) -> dict[int, Branch]:
    """The alternatives that a value comes closest to: of its type, with its constants, complete.

    A constant tells alternatives apart where another one holds it under the same name, as the
    `type` of `{"type": "image", …}` does.
    """
    left = {at: inner for at, inner in branches.items() if not any(map(is_other_type, inner))}
    branches = left or branches
    other = {at: set(misfit_names(inner)) for at, inner in branches.items()}
    told = {at: _names_of_constants(alternatives[at], root) - other[at] for at in branches}
    held = {name for names in told.values() for name in names}
    left = {at: inner for at, inner in branches.items() if not other[at] & held}
    branches = left or branches
    if in_all(branches.values(), misfit_names):
        return branches
    left = {at: inner for at, inner in branches.items() if not any(lacking_names(inner))}
    return left or branches


def misfits(branch: Branch) -> Iterator[Complaint]:
    """The errors that say that a property holds another constant."""
    for inner in branch:
        at = list(inner.relative_path)
        if inner.validator in ("const", "enum") and len(at) == 1 and isinstance(at[0], str):
            yield inner


def misfit_names(branch: Branch) -> Iterator[str]:
    """The properties that hold another constant."""
    for inner in misfits(branch):
        yield inner.relative_path[0]


def _names_of_constants(alternative: Any, root: JsonObject) -> set[str]:
    """The properties that an alternative fixes to some values."""
    view = view_of(alternative, root)
    properties = view.keywords.get("properties", {}) if view is not None else {}
    seen = {name: view_of(node, root) for name, node in properties.items()}
    return {
        name
        for name, told in seen.items()
        if told is not None and {"const", "enum"} & told.keywords.keys()
    }


def lacking_names(branch: Branch) -> Iterator[str]:
    """The names that an alternative misses in the value itself."""
    for inner in branch:
        if inner.validator == "required" and not inner.relative_path:
            yield from missing_names(inner.validator_value, inner.instance)


def in_all(branches: Iterable[Branch], names_in: Callable[[Branch], Iterator[str]]) -> list[str]:
    """What `names_in` finds in every one of the alternatives."""
    first, *others = (dict.fromkeys(names_in(branch)) for branch in branches)
    return [name for name in first if all(name in names for names in others)]


def is_other_type(error: Complaint) -> bool:
    """Whether it says that the value itself is of another type."""
    return error.validator == "type" and not error.relative_path


def speaks_of_the_whole(branch: Branch) -> bool:
    """Whether it says one thing, and that of the value itself."""
    return len(branch) == 1 and not branch[0].relative_path and not branch[0].context


def missing_names(names: Iterable[str], instance: Any) -> list[str]:
    """Those of `names` that an object does not hold."""
    return [name for name in names if name not in instance]
