"""The inputs that a refusal speaks of, read from the shapes that servers use for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runcomfy_tui.api.values import words
from runcomfy_tui.jobs import FieldProblem

MAX_PROBLEMS = 100
_MAX_LEVELS = 20

_WHERE = ("loc", "path", "field", "param", "name", "instancePath", "pointer")
_WHAT = ("msg", "message", "error", "reason", "description", "detail")
_ENVELOPES = ("body", "inputs", "input")

Path = tuple[str | int, ...]


def problems_of(payload: Any, hide: str | None = None) -> tuple[FieldProblem, ...]:
    """Every input that a refusal's body names, with what is wrong with it, at most 100.

    Read are FastAPI's `detail: [{loc, msg}]`, lists of `{field, message}` and the like under
    `detail`, `errors` or `error`, and `{field: message or [messages]}` under the same names.
    """
    found: list[FieldProblem] = []
    for where in _candidates(payload):
        for path, text in _entries(where):
            named = tuple(words(part, hide) if isinstance(part, str) else part for part in path)
            found.append(FieldProblem(named, words(text, hide)))
            if len(found) == MAX_PROBLEMS:
                return tuple(found)
        if found:
            break
    return tuple(found)


def _candidates(payload: Any) -> Iterator[Any]:
    if isinstance(payload, list):
        yield payload
    if isinstance(payload, Mapping):
        for name in ("detail", "details", "errors", "error", "message", "error_message"):
            inner = payload.get(name)
            if isinstance(inner, Mapping):
                yield from _candidates(inner)
            if isinstance(inner, list | Mapping):
                yield inner


def _entries(where: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(where, list):
        for item in where:
            if isinstance(item, Mapping):
                yield from _located(item)
    elif isinstance(where, Mapping) and not _first(where, _WHAT) and "code" not in where:
        for name, said in where.items():
            for text in said if isinstance(said, list) else [said]:
                if isinstance(text, str):
                    yield _path(name), text
                elif isinstance(text, Mapping) and (inner := _first(text, _WHAT)):
                    yield _path(name), inner


def _located(item: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    text = _first(item, _WHAT)
    where = next((item[name] for name in _WHERE if item.get(name) is not None), None)
    if text and where is not None:
        yield _path(where), text


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((item[name] for name in names if isinstance(item.get(name), str)), "")


def _path(where: Any) -> Path:
    """`["body", "a", 0]`, `"body.a[0]"` and `"/a/0"` all lead to `("a", 0)`."""
    parts: list[str | int]
    if isinstance(where, list):
        parts = [part for part in where if isinstance(part, str | int) and part != ""]
    else:
        split = [part for part in re.split(r"[./\[\]]+", str(where)) if part]
        parts = [int(part) if part.isdecimal() and len(part) < 6 else part for part in split]
    if len(parts) > 1 and parts[0] == "body":
        parts = parts[1:]
    if len(parts) > 1 and parts[0] in _ENVELOPES:
        parts = parts[1:]
    if parts == ["body"]:
        parts = []
    return tuple(parts[:_MAX_LEVELS])
