"""A validator's errors in words for the person who fills in the form.

Messages never hold the value itself, which may be a whole file, nor anything of Python's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.alternatives import (
    Branch,
    Complaint,
    in_all,
    is_other_type,
    lacking_names,
    meant_branches,
    misfit_names,
    misfits,
    missing_names,
    speaks_of_the_whole,
)
from runcomfy_tui.schema.equality import same_value, value_text
from runcomfy_tui.schema.views import lookup
from runcomfy_tui.text import clip, visible

Path: TypeAlias = tuple[str | int, ...]

_MOST_CHOICES: Final = 8
_LONGEST_CHOICE: Final = 40
_MOST_JOINED: Final = 3

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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong at one place; of several at the same place the lowest rank tells the most."""

    path: Path
    message: str
    rank: int


def findings(error: Complaint, root: JsonObject) -> Iterator[Finding]:
    """What `error` says, led to the inputs that it speaks of; `root` is where references lead."""
    path: Path = tuple(error.absolute_path)
    match error.validator:
        case "required":
            for name in missing_names(error.validator_value, error.instance):
                yield Finding((*path, name), "required", 0)
        case "dependentRequired":
            yield from _dependents(error, path)
        case "additionalProperties" | "unevaluatedProperties":
            yield from _unknown_names(error, path, root)
        case "anyOf" | "oneOf":
            yield from _alternatives(error, path, root)
        case "not" if names := _forbidden_names(error.validator_value):
            for name in names:
                others = " and ".join(_shown(other) for other in names if other != name)
                words = f"not together with {others}" if others else "not accepted here"
                yield Finding((*path, name), words, 3)
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


def _dependents(error: Complaint, path: Path) -> Iterator[Finding]:
    for name, needed in error.validator_value.items():
        if name in error.instance:
            for missing in missing_names(needed, error.instance):
                yield Finding((*path, missing), f"required where {_shown(name)} is given", 0)


def _forbidden_names(forbidden: Any) -> list[str]:
    """The names of which a `not` says that they are never given together."""
    is_about_names = isinstance(forbidden, Mapping) and forbidden.keys() == {"required"}
    return list(dict.fromkeys(forbidden["required"])) if is_about_names else []


def _unknown_names(error: Complaint, path: Path, root: JsonObject) -> Iterator[Finding]:
    """A finding for each name that no property describes."""
    if error.validator == "additionalProperties":
        described = set(error.schema.get("properties", {}))
    else:
        described = set(_described(error.schema, root))
    unknown = [name for name in error.instance if name not in described]
    if error.validator_value is not False or not unknown or "patternProperties" in error.schema:
        yield Finding(path, "holds a name that is not allowed here", 4)
        return
    for name in unknown:
        yield Finding((*path, name), "not an input of this model", 4)


def _described(node: Any, root: JsonObject) -> Iterator[str]:
    """The properties that any part of a schema speaks of."""
    if not isinstance(node, Mapping):
        return
    yield from node.get("properties", {})
    parts = [lookup(root, node.get("$ref")), *(node.get(word) for word in ("if", "then", "else"))]
    for word in ("allOf", "anyOf", "oneOf"):
        parts.extend(node.get(word, ()))
    for part in (*parts, *node.get("dependentSchemas", {}).values()):
        yield from _described(part, root)


def _alternatives(error: Complaint, path: Path, root: JsonObject) -> Iterator[Finding]:
    """The errors of the one alternative that was meant, or what all of them ask for."""
    branches: dict[int, Branch] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    if not branches:
        yield Finding(path, "fits more than one of the shapes of which only one is allowed", 3)
        return
    meant = list(meant_branches(branches, error.validator_value, root).values())
    if len(meant) == 1:
        for inner in meant[0]:
            yield from findings(inner, root)
        return
    lacking, other = in_all(meant, lacking_names), in_all(meant, misfit_names)
    for name in lacking:
        yield Finding((*path, name), "required", 0)
    for name in other:
        errors = [e for inner in meant for e in misfits(inner) if e.relative_path[0] == name]
        yield Finding((*path, name), _choice_of_all(errors), 1)
    if not lacking and not other:
        yield Finding(path, _common_message(meant, error.instance, root), 3)


def _common_message(branches: list[Branch], value: Any, root: JsonObject) -> str:
    """What several alternatives ask for."""
    firsts = [inner[0] for inner in branches]
    asked = {str(first.validator) for first in firsts}
    is_about_the_whole = all(map(speaks_of_the_whole, branches))
    if asked <= {"enum", "const"} and is_about_the_whole:
        return _choice_of_all(firsts)
    if asked == {"type"} and all(map(is_other_type, firsts)):
        return _type_message([first.validator_value for first in firsts], value)
    if asked == {"required"} and isinstance(value, dict):
        names = dict.fromkeys(name for branch in branches for name in lacking_names(branch))
        return f"needs one of: {', '.join(map(_shown, names))}"
    if len(branches) <= _MOST_JOINED and is_about_the_whole:
        said = (finding.message for first in firsts for finding in findings(first, root))
        return ", or ".join(dict.fromkeys(said))
    return "fits none of the shapes that are allowed here"


def _choice_of_all(errors: list[Complaint]) -> str:
    offered: list[Any] = []
    for error in errors:
        told = error.validator_value
        offered.extend(told if error.validator == "enum" else [told])
    return choice_message(offered, errors[0].instance)


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
