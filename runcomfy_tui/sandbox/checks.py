"""The server's own judgement of inputs, told the way FastAPI tells it.

Deliberately not the program's judge: a stand-in that asked the program what is valid would never
disagree with it, and the real server may.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.text import clip

_MEDIA_STARTS = ("http://", "https://", "data:")


def problem(loc: list[str | int], message: str, kind: str) -> dict[str, Any]:
    """One entry of a 422's `detail`: `{loc, msg, type}`."""
    return {"loc": loc, "msg": message, "type": kind}


def input_problems(schema: JsonObject, inputs: Any) -> list[dict[str, Any]]:
    """Everything that is wrong with the inputs, `loc` beginning with `body`; empty when nothing."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for error in _validator(schema).iter_errors(inputs):
        for one in _told(error):
            # One entry a place and kind: `format` and `validations` may both find the same fault.
            found.setdefault((*one["loc"], one["type"]), one)
    return list(found.values())


def _is_float(checker: object, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _media_format(
    validator: Validator, form: str, value: Any, schema: JsonObject
) -> Iterator[ValidationError]:
    """A media field takes URLs that someone could fetch; an empty one is left to the schema."""
    if not form.endswith(("_uri", "_uris")):
        return
    for index, url in enumerate(value) if isinstance(value, list) else ((None, value),):
        where = [] if index is None else [index]
        if not isinstance(url, str):
            if index is not None:
                yield ValidationError("Input should be a URL", path=where)
        elif url and not url.startswith(_MEDIA_STARTS):
            yield ValidationError("Input should be a URL that begins with https://", path=where)


def _media_rules(
    validator: Validator, rules: Any, value: Any, schema: JsonObject
) -> Iterator[ValidationError]:
    """`validations` speak of the file behind a URL, so what has them is a media field."""
    if "format" not in schema:
        yield from _media_format(validator, "any_uri", value, schema)


_Checker = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"format": _media_format, "validations": _media_rules},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("float", _is_float),
)


def _validator(schema: JsonObject) -> Validator:
    return cast(Validator, _Checker(schema))


def _told(error: ValidationError) -> Iterator[dict[str, Any]]:
    loc = ["body", *error.absolute_path]
    limit = cast(Any, error.validator_value)
    match error.validator:
        case "required":
            held = cast(dict[str, Any], error.instance)
            for name in limit:
                if name not in held:
                    yield problem([*loc, name], "Field required", "missing")
        case "type":
            words = [limit] if isinstance(limit, str) else limit
            kinds = " or ".join("number" if word == "float" else word for word in words)
            yield problem(loc, f"Input should be a valid {kinds}", f"{words[0]}_type")
        case "enum":
            offered = ", ".join(repr(value) for value in limit)
            yield problem(loc, f"Input should be one of {clip(offered, 300)}", "enum")
        case "maxLength":
            words = f"String should have at most {limit} characters"
            yield problem(loc, words, "string_too_long")
        case "minimum":
            words = f"Input should be greater than or equal to {limit}"
            yield problem(loc, words, "greater_than_equal")
        case "exclusiveMinimum":
            yield problem(loc, f"Input should be greater than {limit}", "greater_than")
        case "maximum":
            yield problem(loc, f"Input should be less than or equal to {limit}", "less_than_equal")
        case "minItems":
            yield problem(loc, f"List should have at least {limit} items", "too_short")
        case "maxItems":
            yield problem(loc, f"List should have at most {limit} items", "too_long")
        case _:
            yield problem(loc, clip(error.message, 300), "value_error")
