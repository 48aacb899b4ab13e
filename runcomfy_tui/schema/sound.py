"""A schema that can be judged by, out of one that may be broken in parts.

A validator stops at the first keyword it cannot understand. Here every such keyword is taken out,
alone, so that everything else is still judged. What older drafts of JSON Schema and OpenAPI wrote
in another way is put into the words of 2020-12.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.views import lookup

Sound: TypeAlias = dict[str, Any] | bool
"""A schema of which every keyword is understood."""

_DEEPEST: Final = 48

_TYPES: Final = frozenset(
    {"string", "integer", "number", "float", "boolean", "array", "object", "null"}
)
_ONE_SCHEMA: Final = frozenset(
    {
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_MEMBERS_LEFT: Final = frozenset(
    {"additionalProperties", "items", "unevaluatedItems", "unevaluatedProperties"}
)
_LIST_OF_SCHEMAS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SCHEMAS_BY_NAME: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})

_EXCLUSIVES: Final = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))

_SAME_VALUE: Final = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas speak of the same value: a reference in them can run in a circle."""

_MORE_THAN_A_TYPE: Final = frozenset({*_SAME_VALUE, "$ref", "const"})


def sound(schema: Any) -> Sound:
    """`schema` mended, with everything that its references need inside it: nothing is fetched."""
    return _Mender(schema if isinstance(schema, Mapping) else {}).whole(schema)


class _Mender:
    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._names: dict[str, str] = {}
        self._unmended: list[tuple[str, Any]] = []

    def whole(self, node: Any) -> Sound:
        mended = self._schema(node, 0)
        definitions: dict[str, Any] = {}
        while self._unmended:
            name, target = self._unmended.pop()
            definitions[name] = self._schema(target, 0)
        for name in _circular(definitions):
            definitions[name] = True
        if definitions and isinstance(mended, dict):
            mended["$defs"] = definitions
        return mended

    def _schema(self, node: Any, depth: int) -> Sound:
        if isinstance(node, bool):
            # jsonschema forgets the path of what a bare `false` refuses.
            return True if node else {"not": {}}
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return True
        mended: dict[str, Any] = {}
        for keyword, value in _as_today(node).items():
            found, kept = self._keyword(keyword, value, depth + 1)
            if found:
                mended[keyword] = kept
        return mended

    def _keyword(self, keyword: str, value: Any, depth: int) -> tuple[bool, Any]:
        """Whether `keyword` takes part in judging, and its value with its own parts mended."""
        if keyword == "$ref":
            return self._reference(value)
        if keyword == "required" and isinstance(value, list):
            return True, [name for name in value if isinstance(name, str)]
        if keyword in _MEMBERS_LEFT and isinstance(value, bool):
            return True, value
        if keyword in _ONE_SCHEMA and isinstance(value, bool | Mapping):
            return True, self._schema(value, depth)
        if keyword in _LIST_OF_SCHEMAS and isinstance(value, list) and value:
            return True, [self._schema(part, depth) for part in value]
        if keyword in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            return True, dict(self._by_name(keyword, value, depth))
        if keyword in _SHAPES and _SHAPES[keyword](value):
            return True, value
        return False, None

    def _by_name(self, keyword: str, schemas: JsonObject, depth: int) -> Iterator[tuple[str, Any]]:
        for name, part in schemas.items():
            if keyword != "patternProperties" or _is_pattern(name):
                yield name, self._schema(part, depth)

    def _reference(self, ref: Any) -> tuple[bool, Any]:
        target = lookup(self._root, ref)
        if not isinstance(target, bool | Mapping):
            return False, None
        if ref not in self._names:
            self._names[ref] = f"part-{len(self._names)}"
            self._unmended.append((self._names[ref], target))
        return True, f"#/$defs/{self._names[ref]}"


def _as_today(node: JsonObject) -> JsonObject:
    """`node` without what only others know: exclusive bounds, tuples, dependencies, `nullable`."""
    if node.get("nullable") is True:
        return _as_today(_with_null({word: node[word] for word in node if word != "nullable"}))
    today = dict(node)
    for exclusive, bound in _EXCLUSIVES:
        if today.get(exclusive) is True and bound in today:
            today[exclusive] = today.pop(bound)
    if isinstance(today.get("items"), list):
        today["prefixItems"] = today.pop("items")
        today["items"] = today.get("additionalItems", True)
    needs = today.get("dependencies")
    if isinstance(needs, Mapping):
        names = {name: told for name, told in needs.items() if isinstance(told, list)}
        today.setdefault("dependentRequired", names)
        schemas = {name: told for name, told in needs.items() if name not in names}
        today.setdefault("dependentSchemas", schemas)
    return today


def _with_null(node: dict[str, Any]) -> JsonObject:
    """What `node` allows, or null; in its own words where they can say so."""
    told = node.get("type")
    words = [told] if isinstance(told, str) else told
    if not isinstance(words, list) or node.keys() & _MORE_THAN_A_TYPE:
        return {"anyOf": [{"type": "null"}, node]}
    node = {**node, "type": [*words, "null"]}
    if isinstance(node.get("enum"), list):
        node["enum"] = [*node["enum"], None]
    return node


def _circular(definitions: JsonObject) -> list[str]:
    """The definitions that lead back to themselves without going into the value."""
    leads = {name: set(_references(node)) for name, node in definitions.items()}
    return [name for name in leads if name in _reached(name, leads)]


def _reached(name: str, leads: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = set(leads[name])
    while ahead:
        step = ahead.pop()
        reached.add(step)
        ahead |= leads[step] - reached
    return reached


def _references(node: Any) -> Iterator[str]:
    if not isinstance(node, Mapping):
        return
    if "$ref" in node:
        yield node["$ref"].rpartition("/")[2]
    for keyword in _SAME_VALUE:
        inner = node.get(keyword)
        if keyword == "dependentSchemas" and isinstance(inner, Mapping):
            inner = list(inner.values())
        for part in inner if isinstance(inner, list) else [inner]:
            yield from _references(part)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_pattern(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_type(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(word, str) and word in _TYPES for word in value)
    return isinstance(value, str) and value in _TYPES


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


_SHAPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "type": _is_type,
    "enum": lambda value: isinstance(value, list),
    "const": lambda value: True,
    "dependentRequired": lambda value: (
        isinstance(value, Mapping) and all(map(_is_names, value.values()))
    ),
    "pattern": _is_pattern,
    "uniqueItems": lambda value: isinstance(value, bool),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _is_count),
}
