"""A validator's errors in words for the person who fills in the form.

Messages never hold the value itself, which may be a whole file, nor anything of Python's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from runcomfy_tui.schema.equality import same_value, value_text
from runcomfy_tui.text import clip, visible

Path: TypeAlias = tuple[str | int, ...]

_MOST_CHOICES: Final = 8
_LONGEST_CHOICE: Final = 40

_TYPE_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "float": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong at one place; of several at the same place the lowest rank tells the most."""

    path: Path
    message: str
    rank: int


def findings(error: Complaint) -> Iterator[Finding]:
    """What `error` says, led to the inputs that it speaks of."""
    path: Path = tuple(error.absolute_path)
    match error.validator:
        case "required":
            for name in _missing(error.validator_value, error.instance):
                yield Finding((*path, name), "required", 0)
        case "dependentRequired":
            yield from _dependents(error, path)
        case "additionalProperties" | "unevaluatedProperties":
            yield from _unknown_names(error, path)
        case "anyOf" | "oneOf":
            yield from _alternatives(error, path)
        case "enum":
            yield Finding(path, choice_message(error.validator_value, error.instance), 1)
        case "const":
            yield Finding(path, choice_message([error.validator_value], error.instance), 1)
        case "type":
            yield Finding(path, _type_message([error.validator_value], error.instance), 2)
        case _:
            yield Finding(path, _about_a_name(error) + _plain_message(error), 3)


def choice_message(choices: list[Any], value: Any) -> str:
    """What a value outside of `choices` should have been; told apart from its look-alikes."""
    if not choices:
        return "no value is accepted here"
    look_alike = any(
        value_text(choice) == value_text(value) and not same_value(choice, value)
        for choice in choices
    )
    quoted = look_alike and not isinstance(value, str)
    labels = [json.dumps(choice) if quoted else value_text(choice) for choice in choices]
    shown = ", ".join(map(_shown, labels[:_MOST_CHOICES]))
    more = " …" if len(labels) > _MOST_CHOICES else ""
    unquoted = " (not as text)" if look_alike and not quoted else ""
    return f"must be {'one of ' if len(labels) > 1 else ''}{shown}{more}{unquoted}"


def _shown(text: str) -> str:
    return clip(visible(text), _LONGEST_CHOICE)


def _missing(names: Iterable[str], instance: Any) -> list[str]:
    return [name for name in names if name not in instance]


def _dependents(error: Complaint, path: Path) -> Iterator[Finding]:
    for name, needed in error.validator_value.items():
        if name in error.instance:
            for missing in _missing(needed, error.instance):
                yield Finding((*path, missing), f"required where {_shown(name)} is given", 0)


def _unknown_names(error: Complaint, path: Path) -> Iterator[Finding]:
    """A finding for each name that no plain property describes."""
    described = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    unknown = [name for name in error.instance if name not in described]
    if error.validator_value is not False or not unknown or "patternProperties" in error.schema:
        yield Finding(path, "holds a name that is not allowed here", 4)
        return
    for name in unknown:
        yield Finding((*path, name), "not an input of this model", 4)


def _alternatives(error: Complaint, path: Path) -> Iterator[Finding]:
    """The errors of the one alternative that was meant, or what all of them ask for."""
    branches: dict[Any, list[Complaint]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    if not branches:
        yield Finding(path, "fits more than one of the shapes of which only one is allowed", 3)
        return
    meant = [inner for inner in branches.values() if not any(map(_is_other_type, inner))]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from findings(inner)
        return
    yield Finding(path, _common_message(meant or list(branches.values()), error.instance), 3)


def _is_other_type(error: Complaint) -> bool:
    return error.validator == "type" and not error.relative_path


def _common_message(branches: list[list[Complaint]], value: Any) -> str:
    firsts = [inner[0] for inner in branches]
    asked = {str(first.validator) for first in firsts}
    if asked <= {"enum", "const"}:
        offered: list[Any] = []
        for first in firsts:
            told = first.validator_value
            offered.extend(told if first.validator == "enum" else [told])
        return choice_message(offered, value)
    if asked == {"type"} and all(map(_is_other_type, firsts)):
        return _type_message([first.validator_value for first in firsts], value)
    if asked == {"required"} and isinstance(value, dict):
        names = [name for first in firsts for name in _missing(first.validator_value, value)]
        return f"needs one of: {', '.join(_shown(name) for name in dict.fromkeys(names))}"
    return "fits none of the shapes that are allowed here"


def _type_message(wanted: list[Any], value: Any) -> str:
    words = [word for told in wanted for word in (told if isinstance(told, list) else [told])]
    asked = list(dict.fromkeys(_TYPE_WORDS[word] for word in words))
    joined = asked[0] if len(asked) == 1 else f"{', '.join(asked[:-1])} or {asked[-1]}"
    got = _word_for(value)
    return f"must be {joined}" if got is None or got in asked else f"must be {joined}, not {got}"


def _word_for(value: Any) -> str | None:
    match value:
        case str():
            return "text"
        case bool():
            return "true or false"
        case None:
            return "null"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return None if isinstance(value, float) else "a number"


def _about_a_name(error: Complaint) -> str:
    named = "propertyNames" in error.absolute_schema_path and isinstance(error.instance, str)
    return f"the name {_shown(error.instance)}: " if named else ""


def _plain_message(error: Complaint) -> str:
    limit, value, schema = error.validator_value, error.instance, error.schema
    match error.validator:
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return _range_message(schema)
        case "maxLength":
            return f"at most {_count(limit, 'character')} ({len(value)} now)"
        case "minLength":
            return f"at least {_count(limit, 'character')}"
        case "maxItems":
            return f"at most {_count(limit, 'item')} ({len(value)} now)"
        case "minItems":
            return f"at least {_count(limit, 'item')}"
        case "maxProperties":
            return f"at most {_count(limit, 'entry', 'entries')}"
        case "minProperties":
            return f"at least {_count(limit, 'entry', 'entries')}"
        case "uniqueItems":
            return "no item may appear twice"
        case "multipleOf":
            return f"must be a multiple of {_number(limit)}"
        case "pattern":
            return f"must fit the pattern {_shown(limit)}"
        case "contains" | "minContains":
            return "too few of its items are of the kind that is asked for"
        case "maxContains":
            return "too many of its items are of one kind"
        case "items" | "unevaluatedItems":
            return "holds more items than are allowed"
        case _:
            return "not accepted here"


def _range_message(schema: Any) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None and above is None and below is None:
        return f"must be between {_number(low)} and {_number(high)}"
    said = [
        f"{words} {_number(bound)}"
        for words, bound in (
            ("at least", low),
            ("more than", above),
            ("at most", high),
            ("less than", below),
        )
        if bound is not None
    ]
    return f"must be {' and '.join(said)}"


def _count(limit: float, one: str, many: str | None = None) -> str:
    return f"{_number(limit)} {one if limit == 1 else many or one + 's'}"


def _number(value: float) -> str:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else json.dumps(value)
