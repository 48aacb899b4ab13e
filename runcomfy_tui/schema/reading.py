"""An input_schema read into a form: every property becomes a field, whatever it looks like.

What cannot be drawn becomes a JSON field, alone; nothing raises, and nothing is left out but what
is `readOnly` and not required. Nothing here decides whether a value is valid: that is `judge`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from runcomfy_tui.jobs import JsonObject, MediaKind
from runcomfy_tui.schema.defaults import usable_default
from runcomfy_tui.schema.equality import index_of
from runcomfy_tui.schema.fields import Field, FieldKind, Form
from runcomfy_tui.schema.media import is_plural, media_rules, medium_of
from runcomfy_tui.schema.names import medium_of_name, names_long_text, readable
from runcomfy_tui.schema.views import View, view_of

_DEEPEST_GROUP: Final = 3
_LONG_LIMIT: Final = 200
_LONG_DEFAULT: Final = 80


def read_form(input_schema: Any) -> Form:
    """The form of a model's `input_schema`, in the order of its `properties`.

    A name that is required but described nowhere is a JSON field at the end. Anything that is no
    schema of an object gives a form without fields.
    """
    if input_schema is False:
        return Form((), {"not": {}})
    if not isinstance(input_schema, Mapping):
        return Form((), {})
    return Form(tuple(_members(input_schema, input_schema, 0)), input_schema)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: under which name, in which schema, how deep in groups."""

    name: str
    required: bool
    root: JsonObject
    depth: int


def _members(node: JsonObject, root: JsonObject, depth: int) -> Iterator[Field]:
    """The fields of an object's properties; first those that always apply."""
    view = view_of(node, root) or View(dict(node), nullable=False)
    required = _required_names(view.keywords)
    described = dict(_properties(view.keywords))
    sometimes: dict[str, list[Any]] = {}
    for name, member in _sometimes(view.keywords, root):
        told = sometimes.setdefault(name, [])
        if name not in described and member not in told:
            told.append(member)
    for name, told in sometimes.items():
        if told:
            described[name] = told[0] if len(told) == 1 else {"anyOf": told}
    for name, member in described.items():
        if name not in required and _is_the_servers(member, root):
            continue
        yield _field(member, _Place(name, name in required, root, depth))
    for name in required:
        if name not in described:
            yield _field({}, _Place(name, True, root, depth))


def _is_the_servers(node: Any, root: JsonObject) -> bool:
    """Whether a property is for the server to give: sent by others it is ignored or refused."""
    view = view_of(node, root)
    return view is not None and view.keywords.get("readOnly") is True


def _properties(keywords: JsonObject) -> Iterator[tuple[str, Any]]:
    told = keywords.get("properties")
    if isinstance(told, Mapping):
        for name, node in told.items():
            yield str(name), node


def _sometimes(keywords: JsonObject, root: JsonObject) -> Iterator[tuple[str, Any]]:
    """Properties that only some alternative of the object speaks of."""
    parts = [keywords.get(word) for word in ("if", "then", "else")]
    for word in ("anyOf", "oneOf"):
        told = keywords.get(word)
        parts.extend(told if isinstance(told, list) else ())
    for part in parts:
        view = view_of(part, root)
        if view is not None:
            yield from _properties(view.keywords)


def _required_names(keywords: JsonObject) -> dict[str, None]:
    told = keywords.get("required")
    names = told if isinstance(told, list) else []
    return dict.fromkeys(name for name in names if isinstance(name, str))


def _field(node: Any, place: _Place) -> Field:
    view = view_of(node, place.root)
    told: dict[str, Any] = view.keywords if view is not None else {}
    title = told.get("title")
    described = told.get("description")
    bare = Field(
        name=place.name,
        kind=FieldKind.JSON,
        title=title if isinstance(title, str) and title.strip() else readable(place.name),
        help=described if isinstance(described, str) else "",
        required=place.required,
        schema=node if isinstance(node, Mapping) else {},
        root=place.root,
    )
    if node is False:
        bare = replace(bare, schema={"not": {}})
    if view is None:
        return bare
    drawn = _drawn(replace(bare, nullable=view.nullable), view, place)
    return replace(drawn, default=usable_default(drawn, told))


def _drawn(bare: Field, view: View, place: _Place) -> Field:
    """`bare` with a kind that fits `view`, and what that kind needs."""
    told = view.keywords
    values = [told["const"]] if "const" in told else told.get("enum")
    if isinstance(values, list):
        return _choice(bare, values) if values else bare
    match view.type or _guessed_type(told, bare):
        case "boolean" if view.nullable:
            return _choice(bare, [True, False, None])
        case "boolean":
            return replace(bare, kind=FieldKind.BOOLEAN)
        case "integer":
            return _number(replace(bare, kind=FieldKind.INTEGER), told)
        case "number":
            return _number(replace(bare, kind=FieldKind.NUMBER), told)
        case "string":
            return _string(bare, told)
        case "array":
            return _list(bare, told, place)
        case "object":
            return _group(bare, place)
        case _:
            return bare


def _guessed_type(told: JsonObject, bare: Field) -> str | None:
    """The type of a node that names none, from what else it says."""
    if "type" in told:
        return None
    if isinstance(told.get("properties"), Mapping):
        return "object"
    if "items" in told or is_plural(told.get("format")):
        return "array"
    default = told.get("default")
    if isinstance(default, bool):
        return "boolean"
    if isinstance(default, int | float) or _says(told, "minimum", "maximum"):
        return "number"
    if isinstance(default, str) or _says(told, "maxLength", "minLength", "pattern"):
        return "string"
    if isinstance(default, list | Mapping):
        return None
    speaks_of_text = medium_of(told, bare) is not None or names_long_text(bare.name)
    return "string" if speaks_of_text else None


def _says(told: JsonObject, *keywords: str) -> bool:
    return any(keyword in told for keyword in keywords)


def _choice(bare: Field, values: list[Any]) -> Field:
    choices: list[Any] = []
    for value in values:
        if index_of(value, choices) is None:
            choices.append(value)
    return replace(bare, kind=FieldKind.CHOICE, choices=tuple(choices))


def _number(bare: Field, told: JsonObject) -> Field:
    low, high = _bound(told.get("minimum")), _bound(told.get("maximum"))
    if bare.kind is FieldKind.INTEGER:
        above, below = _bound(told.get("exclusiveMinimum")), _bound(told.get("exclusiveMaximum"))
        low = _pick(max, low, None if above is None else math.floor(above) + 1)
        high = _pick(min, high, None if below is None else math.ceil(below) - 1)
    return replace(bare, minimum=low, maximum=high)


def _pick(choose: Any, one: float | None, other: float | None) -> float | None:
    told = [bound for bound in (one, other) if bound is not None]
    return choose(told) if told else None


def _bound(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _count(value: Any) -> int | None:
    bound = _bound(value)
    return int(bound) if bound is not None and bound >= 0 else None


def _string(bare: Field, told: JsonObject) -> Field:
    limited = replace(bare, max_length=_count(told.get("maxLength")))
    media = medium_of(told, bare)
    if media is not None:
        return replace(limited, kind=FieldKind.MEDIA, media=media, rules=media_rules(told))
    long = _is_long(limited, told.get("default"))
    return replace(limited, kind=FieldKind.PROMPT if long else FieldKind.TEXT)


def _is_long(field: Field, default: Any) -> bool:
    if names_long_text(field.name) or names_long_text(field.title):
        return True
    if field.max_length is not None and field.max_length > _LONG_LIMIT:
        return True
    return isinstance(default, str) and ("\n" in default or len(default) > _LONG_DEFAULT)


def _list(bare: Field, told: JsonObject, place: _Place) -> Field:
    if "prefixItems" in told:
        return bare
    item = _item(bare, told, place)
    if item is None or item.kind in (FieldKind.JSON, FieldKind.LIST):
        return bare
    return replace(
        bare,
        kind=FieldKind.LIST,
        item=item,
        media=item.media,
        rules=item.rules,
        min_items=_count(told.get("minItems")),
        max_items=_count(told.get("maxItems")),
    )


def _item(bare: Field, told: JsonObject, place: _Place) -> Field | None:
    """How each line of a list is drawn; a list of media often says nothing about its items."""
    node = told.get("items", {})
    if not isinstance(node, Mapping):
        node = {} if node is True else None
    if node is None:
        return None
    item = _field(node, replace(place, required=True, depth=place.depth + 1))
    if "title" not in node:
        item = replace(item, title=bare.title)
    media = _medium_of_list(told, bare)
    plain = item.kind in (FieldKind.TEXT, FieldKind.PROMPT) or not node
    if media is not None and plain:
        item = replace(item, kind=FieldKind.MEDIA, media=media)
    if item.kind is FieldKind.MEDIA:
        item = replace(item, rules=(*media_rules(told), *item.rules))
    return item


def _medium_of_list(told: JsonObject, bare: Field) -> MediaKind | None:
    if "format" in told or "validations" in told:
        return medium_of(told, bare)
    return medium_of_name(bare.name)


def _group(bare: Field, place: _Place) -> Field:
    if place.depth >= _DEEPEST_GROUP:
        return bare
    children = tuple(_members(bare.schema, place.root, place.depth + 1))
    if not children:
        return bare
    return replace(bare, kind=FieldKind.OBJECT, children=children)
