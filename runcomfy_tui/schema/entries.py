"""What a person types into one entry, read as a value, and back.

`parse_entry` undoes `entry_text` for every value that `fits_entry` and shows as more than nothing.
An empty entry is `""`, null or no value, as the schema's default has it, so a widget keeps the
value that it was given until its text is edited. So it does with one that does not fit (a number
in a text input, say).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from runcomfy_tui.schema.equality import value_text
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind

_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?")
_MOST_DIGITS: Final = 400
_TEXT_KINDS: Final = frozenset({FieldKind.TEXT, FieldKind.PROMPT, FieldKind.MEDIA})
_NUMBER_KINDS: Final = frozenset({FieldKind.INTEGER, FieldKind.NUMBER})


@dataclass(frozen=True, slots=True)
class EntryError:
    """Why a text is no value of its field, in words to show beside it."""

    message: str


def parse_entry(field: Field, text: str) -> Any:
    """The value of `text` typed into `field`: a JSON value, UNSET, or an EntryError.

    An empty entry is UNSET, unless the schema's default is itself empty (`""` or null). Text is
    taken to the letter; around numbers and URLs blanks are ignored. Numbers keep every digit: a
    whole number stays one of any size, also as `5.0` or `1e3`. Kinds that are no single line are
    read as JSON.
    """
    if field.kind in (FieldKind.TEXT, FieldKind.PROMPT):
        return text or _empty(field)
    stripped = text.strip()
    if not stripped:
        return _empty(field)
    if field.kind is FieldKind.MEDIA:
        return stripped
    if field.kind in _NUMBER_KINDS:
        if stripped == "null" and field.nullable:
            return None
        return _parse_number(stripped.replace("\u2212", "-"), whole=field.kind is FieldKind.INTEGER)
    return parse_json(stripped)


def entry_text(field: Field, value: Any) -> str:
    """How `value` stands in the entry of `field`; UNSET and an empty default are empty."""
    if value is UNSET or (value is None and field.default is None):
        return ""
    if field.kind in _TEXT_KINDS or field.kind in _NUMBER_KINDS:
        return value_text(value)
    return json.dumps(value, ensure_ascii=False, indent=2)


def fits_entry(field: Field, value: Any) -> bool:
    """Whether the one-line (or prompt) entry of `field` shows `value` as what it is."""
    if value is UNSET:
        return True
    if value is None:
        return field.default is None or (field.nullable and field.kind in _NUMBER_KINDS)
    if field.kind in _NUMBER_KINDS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if field.kind not in _TEXT_KINDS:
        return True
    if not isinstance(value, str):
        return False
    if field.kind is FieldKind.MEDIA and value != value.strip():
        return False
    return field.kind is FieldKind.PROMPT or value.splitlines() in ([], [value])


def parse_json(text: str) -> Any:
    """The JSON value that `text` holds, to the digit; an EntryError that says where it is none."""
    try:
        return json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_exact_float,
            object_pairs_hook=_distinct,
        )
    except json.JSONDecodeError as error:
        return EntryError(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})")
    except RecursionError:
        return EntryError("nested too deeply")
    except ValueError as error:
        return EntryError(f"not JSON: {error}")


def _empty(field: Field) -> Any:
    return field.default if field.default in ("", None) else UNSET


def _parse_number(text: str, *, whole: bool) -> int | float | EntryError:
    kind = "a whole number" if whole else "a number"
    if not _NUMBER.fullmatch(text):
        return EntryError(_why_no_number(text, kind))
    exact = Decimal(text)
    if abs(exact.adjusted()) > _MOST_DIGITS:
        return EntryError("too large" if exact.adjusted() > 0 else "too close to zero")
    if exact == exact.to_integral_value() and (whole or text.lstrip("+-").isdigit()):
        return int(exact)
    if whole:
        return EntryError("must be a whole number")
    return _float_of(exact)


def _float_of(exact: Decimal) -> float | EntryError:
    value = float(exact)
    if math.isinf(value):
        return EntryError("too large")
    if value == 0 and exact != 0:
        return EntryError("too close to zero")
    return value


def _why_no_number(text: str, kind: str) -> str:
    with_point = text.replace(",", ".")
    if text.count(",") == 1 and _NUMBER.fullmatch(with_point):
        return f"must be {kind}: write the decimals with a point, {with_point}"
    bare = re.sub(r"[\s,'_]", "", text)
    if bare != text and _NUMBER.fullmatch(bare):
        return f"must be {kind}: write the digits alone, {bare}"
    return f"must be {kind}"


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON value")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; Python would keep the last of two values of one name and lose the other."""
    told = dict(pairs)
    if len(told) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in told if names.count(name) > 1)
        raise ValueError(f"an object names {json.dumps(twice, ensure_ascii=False)} twice")
    return told


def _exact_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large")
    if value == 0 and text.lower().partition("e")[0].strip("-0."):
        raise ValueError("a number is too close to zero")
    return value
