"""JSON in both directions: tolerant when read, strict when written. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

from runcomfy_tui.api.errors import Refused
from runcomfy_tui.jobs import FieldProblem, JsonObject

MAX_DEPTH = 100
"""Levels of nesting that are read; far beyond any answer, and well within everyone's stack."""

MAX_REQUEST = 64 * 1024 * 1024
"""Bytes of a request's body: the limit that RunComfy's own nodes keep to."""


class NotJson(Exception):
    """A body is no JSON that this program can keep."""


def read_json(body: bytes) -> Any:
    """The value of a JSON body, made so that it can be written again as JSON by anyone.

    orjson reads what is correct; the rest (a byte order mark, wrong UTF-8, NaN, half of a
    surrogate pair as left by servers that cut strings) is mended by a slower second reading.
    Raises `NotJson`, also for values nested deeper than `MAX_DEPTH`.
    """
    value = _parsed(body)
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _deeper_than(MAX_DEPTH, value):
        raise NotJson("nested too deeply")
    return value


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return _mended(
            json.loads(
                body.decode("utf-8-sig", "replace"),
                parse_int=_small_int,
                parse_float=_finite,
                parse_constant=lambda _name: None,
            )
        )
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _deeper_than(levels: int, value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(
        _deeper_than(levels - 1, inner) for inner in value if isinstance(inner, dict | list)
    )


def _small_int(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= 18 else _finite(digits)


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mended(inner) for inner in value]
    return value


def write_json(inputs: JsonObject) -> bytes:
    """The body of a submit. Raises `Refused` with the inputs that JSON cannot express."""
    try:
        body = json.dumps(
            dict(inputs),
            allow_nan=False,
            ensure_ascii=False,
            separators=(",", ":"),
            default=_plain_mapping,
        ).encode()
    except (ValueError, TypeError, RecursionError):
        problems = tuple(_unsendable(inputs, (), set()))
        what = "; ".join(f"{_dotted(problem.path)}: {problem.message}" for problem in problems)
        raise Refused(
            f"The inputs cannot be written as JSON, so nothing was sent: {what or 'unknown value'}",
            problems=problems,
        ) from None
    if len(body) > MAX_REQUEST:
        raise Refused(
            f"The request would be {len(body) / 1e6:.0f} MB and the limit is "
            f"{MAX_REQUEST / 1e6:.0f} MB, so nothing was sent. Give large files as URLs."
        )
    return body


def _plain_mapping(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _unsendable(value: Any, path: tuple[str | int, ...], above: set[int]) -> list[FieldProblem]:
    if len(path) > MAX_DEPTH or id(value) in above:
        return [FieldProblem(path[:3], "is nested too deeply")]
    if isinstance(value, Mapping):
        inner: list[tuple[str | int, Any]] = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, list | tuple):
        inner = list(enumerate(value))
    else:
        fault = _fault(value)
        return [FieldProblem(path, fault)] if fault else []
    within = above | {id(value)}
    found: list[FieldProblem] = []
    for name, item in inner:
        if isinstance(name, str) and (fault := _fault(name)):
            found.append(FieldProblem(path, f"has a name that {fault}"))
        else:
            found += _unsendable(item, (*path, name), within)
    return found


def _fault(value: Any) -> str | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else "must be a finite number"
    if isinstance(value, str):
        broken = any("\ud800" <= char <= "\udfff" for char in value)
        return "holds half a character (a lone surrogate)" if broken else None
    if value is None or isinstance(value, int):
        return None
    return f"is a {type(value).__name__}, which JSON does not know"


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path) or "inputs"
