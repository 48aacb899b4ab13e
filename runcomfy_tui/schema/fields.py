"""The tree of fields that a form is drawn from, read out of a model's `input_schema`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Final, Literal, TypeAlias

from runcomfy_tui.jobs import JsonObject, MediaKind


class _Unset(Enum):
    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset.UNSET
"""No value: the field stays out of the request. Not the same as `""`, `0`, `False` or `None`."""

Unset: TypeAlias = Literal[_Unset.UNSET]


class FieldKind(StrEnum):
    """How a field is drawn."""

    TEXT = "text"  # one line
    PROMPT = "prompt"  # many lines, with a live count
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"  # an enum, of any JSON values
    MEDIA = "media"  # the URL of a file
    LIST = "list"  # an array whose items are all drawn like `item`
    OBJECT = "object"  # an object with known properties
    JSON = "json"  # whatever the form cannot draw, edited as JSON


@dataclass(frozen=True, slots=True)
class MediaRule:
    """One entry of the schema's `validations`, about the file behind a URL."""

    rule: str
    value: Any
    message: str


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a model.

    `schema` is the field's own part of the input_schema, untouched, and `root` the whole of it,
    where a `$ref` leads. `default` is UNSET where the schema has none, or one that the schema
    itself refuses (`-1` below a minimum of 0, `null` where null is not allowed): the field then
    stays out of the request. Lengths count characters, `min_items`/`max_items` count list items.
    `nullable` says that null is allowed and differs from leaving the field out. The `item` of a
    LIST bears the list's name.
    """

    name: str
    kind: FieldKind
    title: str
    help: str
    required: bool
    schema: JsonObject
    default: Any = UNSET
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    media: MediaKind | None = None
    rules: tuple[MediaRule, ...] = ()
    item: Field | None = None
    min_items: int | None = None
    max_items: int | None = None
    children: tuple[Field, ...] = ()
    nullable: bool = False
    root: JsonObject = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Form:
    """A model's inputs, in the order of the schema's `properties`."""

    fields: tuple[Field, ...]
    schema: Mapping[str, Any]
