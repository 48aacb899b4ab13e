"""What many jobs have in common is held once: 100,000 of them are to fit into little memory."""

from __future__ import annotations

from typing import Any

_COMMON: dict[str, str] = {}
_COMMON_LIMIT = 4096
_COMMON_LENGTH = 100
_LAST: dict[str, str] = {}
_COSTS: dict[float, float] = {}
_SHAPES: dict[tuple[str, ...], type] = {}
_MOST_SHAPES = 500
_MOST_NAMES = 24  # Python shares the names of up to some thirty


def interned_cost(cost: float) -> float:
    """`cost`, held once: a model's jobs cost mostly the same."""
    if type(cost) is not float or not cost:  # 1 and 0.0 have doubles that are written otherwise
        return cost
    return (_COSTS.setdefault if len(_COSTS) < _COMMON_LIMIT else _COSTS.get)(cost, cost)


def interned_inputs(inputs: dict[str, Any]) -> dict[str, Any]:
    """`inputs`, with the names and the values that many jobs have in common held once.

    Short strings (ratios, media URLs) come back at any time; a long prompt with the next job.
    """
    for name, value in inputs.items():
        if type(value) is str:
            inputs[name] = _short(value) if len(value) < _COMMON_LENGTH else _long(name, value)
    return with_shared_names(inputs)


def with_shared_names(fields: dict[str, Any]) -> dict[str, Any]:
    """`fields` in a dict that holds no names of its own, a third of the weight, where that can be.

    Python shares the names of attributes between all instances of a class: an instance of a class
    that is made for just these names lends its dict.
    """
    names = tuple(fields)
    shape = _SHAPES.get(names)
    if shape is None:
        if len(_SHAPES) >= _MOST_SHAPES or len(names) > _MOST_NAMES or not _are_plain(names):
            return fields
        shape = _SHAPES[names] = type("_Shape", (), {})
    holder = shape()
    for name, value in fields.items():
        setattr(holder, name, value)
    shared: dict[str, Any] = holder.__dict__
    return shared


def _short(text: str) -> str:
    common = _COMMON.get(text)
    if common is not None:
        return common
    if len(_COMMON) < _COMMON_LIMIT:
        _COMMON[text] = text
    return text


def _long(name: str, text: str) -> str:
    last = _LAST.get(name)
    if last == text:
        return last
    if last is not None or len(_LAST) < _COMMON_LIMIT:
        _LAST[name] = text
    return text


def _are_plain(names: tuple[str, ...]) -> bool:
    """Whether all of them can be attributes that mean nothing to Python."""
    return all(name.isidentifier() and not name.startswith("__") for name in names)
