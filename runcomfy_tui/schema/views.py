"""A schema node seen without its detours: references followed, parts joined, null set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from runcomfy_tui.jobs import JsonObject

_MOST_DETOURS: Final = 16

_DRAWN_ALIKE: Final = frozenset({"string", "integer", "number", "boolean", "object"})


@dataclass(frozen=True, slots=True)
class View:
    """The keywords that say how a node is drawn, and whether null is a value of its own there.

    `type` is None, one of JSON Schema's words, or a list of several of them; `float` has become
    `number` and `null` has been taken out.
    """

    keywords: dict[str, Any]
    nullable: bool

    @property
    def type(self) -> str | list[str] | None:
        """The types allowed besides null."""
        return self.keywords.get("type")


def lookup(root: JsonObject, ref: Any) -> Any:
    """What a local `$ref` (`#`, `#/$defs/x`) points at; None when it leads nowhere or elsewhere."""
    if not isinstance(ref, str) or not (ref == "#" or ref.startswith("#/")):
        return None
    node: Any = root
    for part in unquote(ref[1:]).split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and step in node:
            node = node[step]
        elif isinstance(node, list) and step.isascii() and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node


def view_of(node: Any, root: JsonObject, trail: tuple[Any, ...] = ()) -> View | None:
    """How to draw `node`, or None when it is no object or its references run in a circle.

    `trail` holds the nodes that led here.
    """
    if not isinstance(node, Mapping) or len(trail) > _MOST_DETOURS or _holds(trail, node):
        return None
    trail = (*trail, node)
    keywords = dict(node)
    nullable = keywords.get("nullable") is True
    if "$ref" in keywords:
        target = view_of(lookup(root, keywords.pop("$ref")), root, trail)
        if target is None:
            return None
        keywords = _joined(keywords, target.keywords)
        nullable = target.nullable
    for part in _nodes(keywords.pop("allOf", None)):
        seen = view_of(part, root, trail)
        if seen is not None:
            keywords = _joined(keywords, seen.keywords)
    for keyword in ("anyOf", "oneOf"):
        alternatives = [view_of(a, root, trail) for a in _nodes(keywords.get(keyword))]
        if alternatives and None not in alternatives:
            told = [a for a in alternatives if a is not None]
            keywords, null_allowed = _with_alternatives(keywords, told)
            nullable = nullable or null_allowed
    null_in_type = _normalise_type(keywords)
    values = keywords.get("enum")
    if keywords.get("nullable") is True and isinstance(values, list) and None not in values:
        keywords["enum"] = [*values, None]
    return View(keywords, nullable or null_in_type)


def _holds(trail: tuple[Any, ...], node: Any) -> bool:
    return any(passed is node for passed in trail)


def _nodes(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _joined(ours: dict[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Both nodes' keywords; ours win, but properties and required names add up."""
    both = {**theirs, **ours}
    for keyword in ("properties", "required"):
        mine, other = ours.get(keyword), theirs.get(keyword)
        if isinstance(mine, Mapping) and isinstance(other, Mapping):
            both[keyword] = {**other, **mine}
        elif isinstance(mine, list) and isinstance(other, list):
            both[keyword] = [*other, *mine]
    return both


def _with_alternatives(keywords: dict[str, Any], told: list[View]) -> tuple[dict[str, Any], bool]:
    """`keywords` drawn as the alternatives allow, and whether null is one of them."""
    nullable = any(_is_null(view) or view.nullable for view in told)
    others = [view for view in told if not _is_null(view)]
    if not others or "enum" in keywords:
        return keywords, nullable
    values = _offered(others)
    if values is not None:
        return {**keywords, "enum": [*values, None] if nullable else values}, nullable
    if len(others) == 1:
        return _joined(keywords, others[0].keywords), nullable
    if "type" in keywords or "properties" in keywords:
        return keywords, nullable
    types = {str(view.type) for view in others}
    if len(types) == 1 and types <= _DRAWN_ALIKE:
        return {**keywords, "type": types.pop()}, nullable
    if types <= {"integer", "number"}:
        return {**keywords, "type": "number"}, nullable
    return {**keywords, "type": sorted(types)}, nullable


def _offered(views: Iterable[View]) -> list[Any] | None:
    """The values of alternatives that are all enums or constants; None when one is not."""
    values: list[Any] = []
    for view in views:
        if "const" in view.keywords:
            values.append(view.keywords["const"])
        elif isinstance(view.keywords.get("enum"), list):
            values.extend(view.keywords["enum"])
        else:
            return None
    return values


def _is_null(view: View) -> bool:
    told = view.keywords
    if told.get("type") == "null" or ("const" in told and told["const"] is None):
        return True
    return told.get("enum") == [None]


def _normalise_type(keywords: dict[str, Any]) -> bool:
    """Put `type` into its plain form in place; whether it allowed null beside other types."""
    told = keywords.get("type")
    if isinstance(told, list):
        words = [_plain(word) for word in told if isinstance(word, str)]
        rest = list(dict.fromkeys(word for word in words if word != "null"))
        if rest and set(rest) <= {"integer", "number"} and len(rest) > 1:
            rest = ["number"]
        if rest:
            keywords["type"] = rest[0] if len(rest) == 1 else rest
            return "null" in words
        keywords["type"] = "null" if words else None
    elif isinstance(told, str):
        keywords["type"] = _plain(told)
    elif told is not None:
        keywords["type"] = None
    return False


def _plain(word: str) -> str:
    return "number" if word == "float" else word
